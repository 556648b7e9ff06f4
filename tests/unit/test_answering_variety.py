"""Machines and people that the rules were not written for one by one: other operators, assistants, companies, clients.

The padded calls hold prompts as various services say them; the innocent ones hold the same words, sounds and
silences in the mouths of people.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle

import pytest

from qc_workbench.config import Effective
from qc_workbench.detection.effective import examine
from qc_workbench.detection.phrases import family_scores, opens_with_backchannel
from qc_workbench.domain.acoustics import SoundKind
from qc_workbench.domain.flag import AnsweredBy, Verdict
from qc_workbench.domain.transcript import Party
from tests.answering_cases import AGENT, CUSTOMER, Story

MACHINES = ("voicemail", "operator_announcement", "voice_assistant", "ivr")

PROMPTS = {
    "Аппарат абонента выключен или находится вне зоны действия сети": "operator_announcement",
    "Обонент не может принять вызов, вам придёт сообщение, когда он появится в сети": "operator_announcement",
    "Вы набрали несуществующий номер": "operator_announcement",
    "В настоящее время связь с абонентом невозможна": "operator_announcement",
    "Извините, линия перегружена, попробуйте позвонить позднее": "operator_announcement",
    "Соединение не может быть установлено, проверьте номер и наберите снова": "operator_announcement",
    "The customer you are calling is unavailable, please try again later": "operator_announcement",
    "All circuits are busy now": "operator_announcement",
    "Your call cannot be completed as dialled, please check the number": "operator_announcement",
    "The number you have reached has been disconnected": "operator_announcement",
    "Всё, что вы наговорите, будет записано": "voicemail",
    "После окончания записи положите трубку или нажмите решётку": "voicemail",
    "At the tone please record, and when you have finished recording simply hang up": "voicemail",
    "The customer has not set up a voicemail box yet": "voicemail",
    "Это автосекретарь абонента, кто его спрашивает?": "voice_assistant",
    "Я умный секретарь, слушаю и передам владельцу номера": "voice_assistant",
    "Хозяин телефона занят, могу передать сообщение, сообщите цель звонка": "voice_assistant",
    "Go ahead and say your name and the reason, you will get a copy of this conversation": "voice_assistant",
    "I'm an AI assistant answering on behalf of Joan": "voice_assistant",
    "К сожалению, свободных операторов сейчас нет": "ivr",
    "Все консультанты разговаривают с другими клиентами": "ivr",
    "В целях повышения качества обслуживания разговоры записываются": "ivr",
    "Please listen carefully as our menu options have changed": "ivr",
    "We are experiencing high call volumes, your call will be answered shortly": "ivr",
    "Your patience is appreciated": "ivr",
}


@pytest.mark.parametrize("text", PROMPTS)
def test_a_prompt_is_known_whoever_says_it(text: str) -> None:
    assert family_scores(text)[PROMPTS[text]] >= 0.7


@pytest.mark.parametrize("text", ["Абонент не доступен", "Это авто ответчик", "He is using a voice mail"])
def test_a_word_cut_in_two_by_recognition_is_still_known(text: str) -> None:
    assert max(family_scores(text)[name] for name in MACHINES) >= 0.7


@pytest.mark.parametrize(
    "text",
    [
        "Я за рулём, давайте попозже",
        "Вы оставляли заявку на нашем сайте, удобно сейчас говорить?",
        "Спасибо, что позвонили, меня зовут Инна, чем могу помочь?",
        "Скажите, как вас зовут и на какое число записать?",
        "Когда вам удобно, чтобы приехал замерщик?",
        "Вам придёт уведомление, когда дверь будет готова",
        "Вы неправильно набрали номер",
        "Я всё записала, передам мастеру",
        "Did you know we fit them for free?",
        "I'm calling on behalf of the workshop, is this a good time?",
        "My phone was off, sorry",
        "Sorry for the wait, I had to find the drawing",
        "We're out of the office on Monday",
    ],
)
def test_what_people_say_about_calls_is_no_machine(text: str) -> None:
    assert max(family_scores(text)[name] for name in MACHINES) < 0.7


@pytest.mark.parametrize(
    "text", ["М-м-м, понятно", "Mmm-hm", "Вот как? И давно?", "You're kidding!", "Fair point, yes"]
)
def test_more_ways_to_answer_are_heard(text: str) -> None:
    assert opens_with_backchannel(text)


def queue_with_music(*, mono: bool = False, agent: str = "") -> Story:
    """A queue whose prompts recognition garbled beyond knowing."""
    story = Story(mono=mono)
    story.far("Сана тори сонная бух тора звам куста трудников").sound(SoundKind.MUSIC, 14)
    story.far("Узна стки тках смотри на стра нице").sound(SoundKind.MUSIC, 13)
    if agent:
        story.agent(agent)
    return story.far("При носи взвине не").sound(SoundKind.MUSIC, 10)


def test_garbled_prompts_between_music_are_a_queue_when_the_agent_takes_no_part() -> None:
    found = queue_with_music().examined()
    assert found.flag is not None
    assert found.flag.verdict is Verdict.FLAG
    assert found.conversation.answered_by is AnsweredBy.IVR


def test_the_same_sounds_with_an_agent_who_talks_accuse_nobody() -> None:
    found = queue_with_music(agent="Да, я подожду, скажите только, когда придёт ваш завхоз").examined()
    assert found.flag is None or found.flag.verdict is not Verdict.FLAG
    assert found.conversation.answered_by is AnsweredBy.HUMAN


def test_an_agents_channel_that_was_not_recorded_proves_no_silence_of_the_agent() -> None:
    story = queue_with_music()
    sounds = story.acoustics(digital_channels=(AGENT,))
    found = examine(story.call(), story.recording(), sounds, story.transcript(), Effective())
    assert found.flag is None or found.flag.verdict is not Verdict.FLAG


def assistant_that_goes_on(*, mono: bool) -> Story:
    """No sentence of it is sure alone, all together are; nobody answers for seconds after each."""
    return (
        Story(mono=mono)
        .far("Добрый день, хозяйка номера занята, слушаю")
        .silence(11)
        .far("Можете и промолчать, ваше право")
        .silence(10)
        .far("Тогда просто отмечу, что звонили. Хотите что-нибудь добавить?")
        .silence(15)
    )


@pytest.mark.parametrize("mono", [False, True])
def test_prompts_that_nobody_answers_are_judged_together(mono: bool) -> None:
    found = assistant_that_goes_on(mono=mono).examined()
    assert found.flag is not None
    assert found.flag.verdict is Verdict.FLAG
    assert found.conversation.answered_by is AnsweredBy.VOICE_ASSISTANT


def test_a_menu_that_starts_again_is_a_menu_in_mono_too() -> None:
    menu = (
        "Благодарим за звонок в мастерскую. Для связи с отделом продаж нажмите один. Для связи со складом нажмите "
        "два. Чтобы узнать адрес и часы работы, нажмите три. Чтобы прослушать меню ещё раз, нажмите звёздочку."
    )
    found = Story(mono=True).far(menu, 19).far(menu.replace("складом", "слодом"), 19, gap_s=5).silence(25).examined()
    assert found.flag is not None
    assert found.flag.verdict is Verdict.FLAG
    assert found.conversation.answered_by is AnsweredBy.IVR


def test_questions_to_a_voicemail_with_room_for_answers_are_acted() -> None:
    story = Story().far("You've reached the voicemail of Oscar").beep()
    for line in (
        "Hello Oscar, have you got a second?",
        "Where did we stop last time, the locks?",
        "You're kidding, on a Sunday?",
        "A cylinder with a thumb turn is the standard one",
        "And what does your wife think about the colour?",
    ):
        story.agent(line, gap_s=2.6)
    found = story.silence(12).examined()
    assert found.flag is not None
    assert found.flag.reasons == ("voicemail", "acted_conversation")


def test_a_slow_message_that_asks_to_call_back_is_a_message_or_nothing() -> None:
    story = Story().far("Оставьте сообщение после сигнала").beep()
    for line in (
        "Здравствуйте, Захар, это Пётр из мастерской",
        "Хотел сообщить, что беседка готова",
        "Да, и счёт я вам отправил",
        "Перезвоните мне, пожалуйста, на этот номер",
        "Хорошо, буду ждать вашего звонка",
    ):
        story.agent(line, gap_s=1.9)
    found = story.silence(12).examined()
    assert found.flag is None or found.flag.verdict is not Verdict.FLAG


def _talk(lines: list[str], *, mono: bool, first: int = CUSTOMER, gap_s: float = 0.4) -> Story:
    story = Story(mono=mono)
    for line, side in zip(lines, cycle([first, 1 - first]), strict=False):
        story.says(side, line, gap_s=gap_s)
    return story


_REST = [
    "Да, слушаю вас внимательно, рассказывайте",
    "Беседка шесть на четыре выходит восемьдесят тысяч с доставкой",
    "Дороговато, а если без пола и с простой крышей?",
    "Тогда шестьдесят пять, и срок будет на неделю короче",
    "Это уже лучше, я посоветуюсь с женой и решу",
    "Хорошо, пришлю вам оба расчёта, чтобы было что сравнить",
    "Присылайте, почта у вас в заявке записана",
    "Вижу её, спасибо, хорошего вам вечера",
]
_REST_EN = [
    "Right, go on, I'm listening",
    "The six by four one comes to eight thousand with delivery",
    "That is a bit steep, what about a plain roof and no floor?",
    "Then it would be six and a half, and a week sooner",
    "That is better, I will ask my wife and decide",
    "Good, you will have both quotes to compare them",
    "Send them over, you have the address in the order",
    "I can see it, thank you, have a nice evening",
]
INNOCENT_OPENINGS: dict[str, list[str]] = {
    "a busy person": ["Алло, я за рулём, не могу говорить, только быстро", "Понял, я коротко, это мастерская беседок"],
    "a receptionist": ["Спасибо за звонок в клинику, меня зовут Инна, чем помочь?", "Добрый день, это по беседке"],
    "a secretary": ["Приёмная, как вас представить?", "Пётр, мастерская беседок, по договору с вашим завхозом"],
    "a joke about robots": ["Вы что, робот? Голос как у автоответчика", "Нет, живой человек, мастерская беседок"],
    "a message heard": ["Слушаю, вы мне оставляли голосовое сообщение?", "Да, это я звонил вам по поводу беседки"],
    "a wrong name": ["Вы неправильно набрали номер, тут нет Инны", "Простите, а вы сами беседку не заказывали?"],
    "a phone out of reach": ["Извините, телефон был выключен, я вне зоны ездил", "Ничего страшного, звоню по беседке"],
    "a secretary who takes the number": [
        "Оставьте ваш номер, Инна вам перезвонит",
        "Лучше я подожду, это мастерская беседок",
    ],
    "a phone that died": ["Мой телефон разрядился, вы не могли дозвониться", "Ничего, я по поводу вашей беседки звоню"],
    "a concierge": ["Добро пожаловать в клуб Атлет, меня зовут Инна", "Добрый день, Инна, это мастерская беседок"],
    "a person who asks who it is": ["Представьтесь, пожалуйста, по какому вы вопросу?", "Пётр, мастерская, по беседке"],
    "hours of an office": [
        "Мы сегодня работаем до шести, слушаю вас",
        "Я быстро, это мастерская беседок, насчёт расчёта",
    ],
    "a recorded line": ["Здравствуйте, разговор записывается?", "Да, для контроля качества, если вы не против"],
}
INNOCENT_OPENINGS_EN: dict[str, list[str]] = {
    "a returned call": ["Hello, you left me a voicemail yesterday", "Yes, I did, it was about the summer house"],
    "a receptionist in English": [
        "Thanks for calling Harbour Dental, Ann speaking",
        "Hello Ann, it's the workshop here",
    ],
    "a busy person in English": ["I can't talk now, well, be quick", "Sure, just the price for the summer house"],
    "a colleague who takes a message": ["She's not in, can I take a message?", "Maybe you can help, it's the workshop"],
    "a person who asks the reason": [
        "Who's calling, please, and what is it about?",
        "It's the workshop about the summer house",
    ],
    "a phone that was off in English": [
        "My phone was switched off, you couldn't reach me",
        "No worries, I have the price now",
    ],
    "a front desk": ["Welcome to Parkside, this is Ann, how can I help?", "Hello Ann, it's the workshop here"],
    "a client on hold": ["Please hold the line, I'll get a pen", "No problem, take your time, I will wait"],
}
INNOCENT = {
    **{name: [*opening, *_REST] for name, opening in INNOCENT_OPENINGS.items()},
    **{name: [*opening, *_REST_EN] for name, opening in INNOCENT_OPENINGS_EN.items()},
}

#: How the parties of a mono transcript may come out.
PARTIES: dict[str, Callable[[int], Party]] = {
    "right": lambda index: Party.CUSTOMER if index % 2 == 0 else Party.AGENT,
    "unknown": lambda index: Party.UNKNOWN,
    "mixed up": lambda index: (Party.AGENT, Party.AGENT, Party.CUSTOMER)[index * 7 % 3],
}


@pytest.mark.parametrize("name", INNOCENT)
def test_a_person_who_sounds_like_a_machine_for_a_sentence_is_not_accused(name: str) -> None:
    found = _talk(INNOCENT[name], mono=False).silence(15).examined(talk_s=46)
    assert found.flag is None or found.flag.verdict is not Verdict.FLAG
    assert found.conversation.answered_by is AnsweredBy.HUMAN
    assert found.conversation.verified_effective is True


@pytest.mark.parametrize("parties", PARTIES)
@pytest.mark.parametrize("alike", [False, True])
@pytest.mark.parametrize("gap_s", [0.4, 1.8])
@pytest.mark.parametrize("name", INNOCENT)
def test_nor_in_mono_whoever_is_thought_to_speak_and_however_alike_the_voices(
    name: str, gap_s: float, alike: bool, parties: str
) -> None:
    story = Story(mono=True)
    for index, line in enumerate(INNOCENT[name]):
        pitch = 190.0 if alike else (190.0, 115.0)[index % 2]
        story.says(CUSTOMER, line, gap_s=gap_s, pitch_hz=pitch, party=PARTIES[parties](index))
    found = story.silence(14).examined(talk_s=46)
    assert found.flag is None or found.flag.verdict is not Verdict.FLAG


def test_a_vowel_taken_for_a_beep_makes_no_voicemail_of_a_talk_in_mono() -> None:
    story = Story(mono=True)
    lines = ["Слушаю вас", "Добрый день, это мастерская, хотим уточнить размеры беседки", *_REST]
    for index, line in enumerate(lines):
        story.says(index % 2, line, pitch_hz=(190.0, 115.0)[index % 2])
        if index == 1:
            story.sound(SoundKind.BEEP, 0.18, 411.0)
    found = story.examined(talk_s=story.at)
    assert found.conversation.answered_by is AnsweredBy.HUMAN
    assert not found.conversation.message_left


def test_a_client_whom_the_agent_does_not_answer_is_not_taken_for_a_machine() -> None:
    """A dead microphone: the client asks whether anybody is there."""
    story = Story()
    for line in ("Алло?", "Алло, вас не слышно", "Вы меня слышите? Вы ещё на линии?", "Ничего не слышу, повторите"):
        story.far(line, gap_s=5)
    found = story.silence(4).examined(talk_s=45)
    assert found.flag is None or found.flag.verdict is not Verdict.FLAG


def test_a_queue_in_mono_needs_less_wording_when_it_is_mostly_music() -> None:
    def call(second: str) -> Story:
        story = Story(mono=True).far("Добрый день, компания Тихий створ").sound(SoundKind.MUSIC, 16).silence(2)
        return story.far(second).sound(SoundKind.MUSIC, 16).silence(6)

    queue = call("Приносим извинения за долгое ожидание").examined()
    assert queue.flag is not None
    assert queue.flag.verdict is Verdict.FLAG
    assert queue.conversation.answered_by is AnsweredBy.IVR
    person = call("Инна вышла, кажется, во двор за досками").examined()
    assert person.conversation.answered_by is AnsweredBy.HUMAN


def test_a_client_who_talks_with_a_radio_on_to_an_agent_of_few_words_is_a_person() -> None:
    story = Story().agent("Алло").far("Здравствуйте, это насчёт беседки, которую вы нам на той неделе считали", 5)
    story.agent("Ага").far("Так вот, мы с мужем подумали и решили брать без пола", 5).sound(SoundKind.MUSIC, 9)
    story.agent("Угу").far("И крышу попроще, и чтобы до сентября успеть, если можно", 5).sound(SoundKind.MUSIC, 6)
    found = story.agent("Хорошо").far("Тогда всего доброго").agent("До свидания").silence(6).examined(talk_s=45)
    assert found.flag is None or found.flag.verdict is not Verdict.FLAG
    assert found.conversation.answered_by is AnsweredBy.HUMAN
