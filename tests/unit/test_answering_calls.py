"""Whole calls, told line by line: who answered, was it a conversation, is anybody to be accused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qc_workbench.config import Effective
from qc_workbench.detection.answering import listen, machine_spans, with_machine_parties
from qc_workbench.detection.effective import examine
from qc_workbench.detection.triage import looks_padded
from qc_workbench.domain.acoustics import SoundKind
from qc_workbench.domain.flag import AnsweredBy, Side, Verdict
from qc_workbench.domain.transcript import Party, Suspicion
from qc_workbench.ui.i18n import catalogue
from tests.answering_cases import AGENT, CUSTOMER, Story


def greeting(*, mono: bool = False) -> Story:
    return (
        Story(mono=mono).far("Вы позвонили Захару, подойти не могу").far("Оставьте своё сообщение после сигнала").beep()
    )


def dialogue(story: Story) -> Story:
    return (
        story.far("Слушаю, кто это звонит?")
        .agent("Добрый день, это мастерская, вы просили посчитать беседку")
        .far("А, да, просила, и сколько вышло в итоге?")
        .agent("Вышло восемьдесят тысяч вместе с доставкой и сборкой")
        .far("Дороговато, конечно, но давайте подумаем вместе с мужем")
        .agent("Хорошо, смету отправлю вам на почту сегодня")
    )


def padded_calls() -> dict[str, Story]:
    return {
        "voicemail": greeting().silence(35),
        "voicemail in mono": greeting(mono=True).silence(35),
        "operator": Story().far("Абонент сейчас недоступен, попробуйте перезвонить позднее").silence(45),
        "operator repeats itself": Story()
        .far("Связь с этим клиентом сейчас никак нельзя получить")
        .far("Связь с этим клиентом сейчас никак нельзя получить", gap_s=5)
        .silence(40),
        "assistant": Story()
        .far("Я голосовой помощник Инны, что ей передать?")
        .silence(6)
        .far("Вы меня слышите? Назовите себя")
        .agent("Угу")
        .far("Говорите, я вас внимательно слушаю")
        .silence(30),
        "menu and music": Story()
        .far("Для связи со складом нажмите три")
        .sound(SoundKind.MUSIC, 25)
        .far("Все сотрудники заняты, оставайтесь на линии")
        .sound(SoundKind.MUSIC, 20),
        "ringback": Story().sound(SoundKind.RINGBACK, 55, 425.0),
        "busy": Story().sound(SoundKind.BUSY, 50, 425.0),
        "silence": Story().silence(50),
        "hung up": Story().agent("Добрый день, мастерская").far("Не надо").sound(SoundKind.BUSY, 12, 425.0).silence(35),
        "acted": greeting()
        .agent("Да, Захар, приветствую, это мастерская")
        .agent("Ага, ага, понимаю вас", gap_s=2.4)
        .agent("Нет, крышу мы тоже делаем сами", gap_s=2.6)
        .agent("Понятно, ну да, это дороже", gap_s=2.5)
        .agent("Хорошо, договорились, всего доброго", gap_s=2.8)
        .silence(15),
        "english voicemail": Story().far("You've reached Oscar, leave a message after the tone").beep().silence(40),
    }


def quiet_client(reply: str) -> Story:
    story = Story()
    for line in range(9):
        story.agent(f"Рассказываю дальше про беседку, вот пункт номер {line}, он важный").far(reply, 0.5)
    return story


def innocent_calls() -> dict[str, Story]:
    message = (
        greeting()
        .agent("Захар, это Пётр из мастерской, хотел сообщить, что беседка готова")
        .agent("Перезвоните мне, пожалуйста, на этот номер, я сегодня на месте до шести вечера")
    )
    return {
        "conversation": dialogue(dialogue(Story())),
        "conversation in mono": dialogue(dialogue(Story(mono=True))),
        "message": message.silence(20),
        "menu, then a person": dialogue(
            Story().far("Для связи со складом нажмите три").sound(SoundKind.MUSIC, 25)
        ).silence(3),
        "assistant, then a person": dialogue(
            Story()
            .far("Я голосовой помощник Инны, представьтесь, пожалуйста")
            .agent("Это Пётр из мастерской по поводу беседки")
            .far("Не кладите трубку, уточняю, сможет ли она ответить")
            .silence(9)
        ),
        "client looks for papers": dialogue(
            Story().agent("Добрый день, продиктуете размеры?").far("Секунду, сейчас рулетку возьму").silence(25)
        ),
        "quiet client": quiet_client("Угу"),
        "quiet client whose words are not recognised": quiet_client(""),
        "talk about a voicemail": dialogue(
            Story()
            .far("Девушка, я с живым человеком говорю?")
            .agent("С живым, здравствуйте, чем могу помочь?")
            .far("А то вчера мне говорят: оставьте сообщение после сигнала")
            .agent("Это автоответчик, вечером он включён")
        ),
        "secretary": dialogue(
            Story()
            .far("Приёмная, по какому вопросу звоните?")
            .agent("По поводу беседки, нужен ваш завхоз Инна")
            .far("Представьтесь, пожалуйста, сейчас соединю")
            .agent("Пётр, мастерская беседок, она меня ждёт")
            .sound(SoundKind.MUSIC, 8)
        ),
    }


@pytest.mark.parametrize("name", padded_calls())
def test_a_padded_call_is_flagged_with_evidence_against(name: str) -> None:
    story = padded_calls()[name]
    found = story.examined()
    assert found.flag is not None
    assert found.flag.verdict is Verdict.FLAG
    assert found.conversation.verified_effective is False
    assert any(item.side is Side.AGAINST for item in found.flag.evidence)
    assert found.flag.score >= 0.5
    assert looks_padded(story.call(), story.acoustics(), Effective())


@pytest.mark.parametrize("name", innocent_calls())
def test_an_innocent_call_is_not_accused(name: str) -> None:
    found = innocent_calls()[name].examined(talk_s=45)
    assert found.flag is None or found.flag.verdict is not Verdict.FLAG
    assert found.conversation.message_left == (name == "message")


@pytest.mark.parametrize(
    ("name", "who"),
    [
        ("voicemail", AnsweredBy.VOICEMAIL),
        ("voicemail in mono", AnsweredBy.VOICEMAIL),
        ("operator", AnsweredBy.OPERATOR_ANNOUNCEMENT),
        ("operator repeats itself", AnsweredBy.OPERATOR_ANNOUNCEMENT),
        ("assistant", AnsweredBy.VOICE_ASSISTANT),
        ("menu and music", AnsweredBy.IVR),
        ("ringback", AnsweredBy.NOBODY),
        ("silence", AnsweredBy.NOBODY),
        ("hung up", AnsweredBy.HUMAN),
        ("english voicemail", AnsweredBy.VOICEMAIL),
    ],
)
def test_who_answered_is_told(name: str, who: AnsweredBy) -> None:
    assert padded_calls()[name].examined().conversation.answered_by is who


@pytest.mark.parametrize("name", [name for name in innocent_calls() if name != "message"])
def test_a_person_who_came_to_the_line_answered(name: str) -> None:
    if "not recognised" not in name:
        assert innocent_calls()[name].examined().conversation.answered_by is AnsweredBy.HUMAN


def test_a_long_conversation_verifies_the_call_and_a_short_call_is_never_flagged() -> None:
    assert innocent_calls()["conversation"].examined(talk_s=45).conversation.verified_effective is True
    short = greeting().silence(10).examined(talk_s=25)
    assert short.flag is None
    assert short.conversation.answered_by is AnsweredBy.VOICEMAIL
    assert short.conversation.verified_effective is False


def test_swapped_channels_change_the_verdict() -> None:
    """The greeting on the agent's channel is no machine at the far end."""
    story = greeting().silence(35)
    swapped = Story()
    swapped.at = story.at
    swapped.sounds = [type(s)(1 - s.channel, s.start_s, s.end_s, s.kind, s.score) for s in story.sounds]
    swapped.turns = [type(t)(Party.AGENT, AGENT, t.start_s, t.end_s, t.text, t.confidence) for t in story.turns]
    assert swapped.examined().conversation.answered_by is not AnsweredBy.VOICEMAIL


@pytest.mark.parametrize(
    ("story", "arguments", "reason"),
    [
        (greeting().silence(35), {"words": False}, "no_transcript"),
        (greeting().silence(35), {"talk_s": 120.0}, "recording_too_short"),
        (Story().agent("Добрый день, рассказываю про беседку и доставку", 12).silence(35), {}, "customer_not_heard"),
        (Story().far("", 9).agent("Ну и ну, вот это да", 3).silence(35), {}, "words_not_recognised"),
    ],
)
def test_too_little_evidence_is_an_abstention_with_its_reason(
    story: Story, arguments: dict[str, float], reason: str
) -> None:
    found = story.examined(**arguments)  # type: ignore[arg-type]
    assert found.flag is not None
    assert (found.flag.verdict, found.flag.reasons) == (Verdict.UNSURE, (reason,))
    assert found.flag.score < 0.5
    assert found.conversation.verified_effective is None


def test_a_call_that_was_not_transcribed_and_sounds_like_talk_is_left_alone() -> None:
    found = innocent_calls()["conversation in mono"].examined(talk_s=45, words=False)
    assert found.flag is None
    assert found.conversation.verified_effective is None


def test_a_recording_of_nothing_at_all_accuses_nobody() -> None:
    story = Story().silence(50)
    found = examine(
        story.call(), story.recording(), story.acoustics(digital_channels=(0, 1)), story.transcript(), Effective()
    )
    assert found.flag is not None
    assert found.flag.reasons == ("nothing_recorded",)


def test_suspect_words_are_never_quoted_but_still_tell_the_machine() -> None:
    story = Story().says(
        CUSTOMER, "Абонент временно недоступен, перезвоните позднее", 6, suspicion=Suspicion.REPETITIVE
    )
    story.silence(40).says(AGENT, "Продолжение следует", 1, suspicion=Suspicion.PHANTOM_PHRASE).silence(3)
    found = story.examined()
    assert found.conversation.answered_by is AnsweredBy.OPERATOR_ANNOUNCEMENT
    assert found.flag is not None
    assert found.flag.verdict is Verdict.FLAG
    assert [item.quote for item in found.flag.evidence if item.quote] == []


def test_machine_turns_are_relabelled_and_those_of_people_are_not() -> None:
    story = innocent_calls()["assistant, then a person"]
    answering = listen(story.recording(), story.acoustics(), story.transcript())
    parties = [turn.party for turn in with_machine_parties(story.transcript(), answering).turns]
    assert parties[:3] == [Party.MACHINE, Party.AGENT, Party.MACHINE]
    assert Party.MACHINE not in parties[3:]
    assert {channel for channel, _, _ in machine_spans(answering)} == {CUSTOMER}


def test_the_examination_is_repeatable_and_its_fingerprint_follows_its_sources() -> None:
    story = padded_calls()["voicemail"]
    first, again = story.examined(), story.examined()
    assert first == again
    assert first.conversation.fingerprint != story.examined(words=False).conversation.fingerprint


def test_every_code_of_evidence_and_reason_has_its_text() -> None:
    texts = catalogue()
    for story in [*padded_calls().values(), *innocent_calls().values(), greeting().silence(35)]:
        for words in (True, False):
            found = story.examined(talk_s=45, words=words)
            codes = [f"answered_by.{found.conversation.answered_by.value}"]
            if found.flag is not None:
                codes += [f"evidence.{item.kind}" for item in found.flag.evidence]
                codes += [f"reason.{reason}" for reason in found.flag.reasons]
            assert [code for code in codes if code not in texts] == []


def test_what_a_codec_left_of_the_agents_voice_is_no_person_at_the_far_end() -> None:
    story = greeting().agent("Захар, это Пётр из мастерской, хотел сообщить, что беседка готова")
    story.agent("Перезвоните мне, пожалуйста, на этот номер, я сегодня на месте до шести вечера").silence(20)
    for number, sound in enumerate(list(story.sounds)):
        if sound.kind is SoundKind.VOICE:
            loud = replace(sound, features={**sound.features, "level_db": -20.0})
            story.sounds[number] = loud
            if sound.channel == AGENT:
                story.sounds.append(replace(loud, channel=CUSTOMER, features={"level_db": -45.0}))
    found = story.examined()
    assert found.conversation.answered_by is AnsweredBy.VOICEMAIL
    assert found.conversation.message_left
