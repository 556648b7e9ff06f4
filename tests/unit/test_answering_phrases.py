"""Phrase families on sentences of the tests' own, with the errors that speech recognition makes."""

from __future__ import annotations

import pytest

from qc_workbench.detection.phrases import family_scores, opens_with_backchannel

MACHINES = ("voicemail", "operator_announcement", "voice_assistant", "ivr")


@pytest.mark.parametrize(
    ("family", "text"),
    [
        ("voice_assistant", "Good day, you have reached the virtual receptionist of Doctor Hale"),
        ("voicemail", "Это Семён, я в отпуске. Оставьте мне сообщение, вернусь и отвечу."),
        ("voicemail", "Говорите после звукового сигнала"),
        ("voicemail", "Оставьте сообшение после сегнала"),
        ("voicemail", "Надиктуйте, что хотели, после писка."),
        ("voicemail", "Вас слушает автоответчик мастерской"),
        ("voicemail", "Sorry I missed you, leave your name and a short message and I'll ring you"),
        ("voicemail", "Please speak after the beep"),
        ("operator_announcement", "Телефон абонента выключен или находится вне зоны обслуживания"),
        ("operator_announcement", "Набранный вами номер не существует"),
        ("operator_announcement", "Абонинт временно не доступен"),
        ("operator_announcement", "The number you are calling is not in service"),
        ("operator_announcement", "The mobile you have dialled is switched off"),
        ("voice_assistant", "Я виртуальный ассистент Ольги, чем могу помочь?"),
        ("voice_assistant", "Вас приветствует голосовая помощница абонента, что ему передать?"),
        ("voice_assistant", "I'm the virtual assistant for Mister Grey, why are you calling?"),
        ("ivr", "Для связи с отделом продаж нажмите два"),
        ("ivr", "Ваш звонок очень важен для нас, оставайтесь на линии"),
        ("ivr", "К сожалению, все менеджеры сейчас заняты"),
        ("ivr", "For the workshop, press three"),
        ("ivr", "You are number four in the queue"),
    ],
)
def test_a_machine_sentence_is_recognised_as_its_family(family: str, text: str) -> None:
    scores = family_scores(text)
    assert scores[family] >= 0.7
    assert scores[family] == max(scores[name] for name in MACHINES)


@pytest.mark.parametrize(
    "text",
    [
        "Да, алло, слушаю вас",
        "Сколько будет стоить установка двух окон?",
        "Я подумаю и посоветуюсь с мужем",
        "Мне бы на следующей неделе замер",
        "Нет, спасибо, мы уже купили в другом месте",
        "Yes, hello, who is it?",
        "We would like the oak one, how much is it with fitting?",
        "Could you come on Tuesday after lunch?",
        "",
    ],
)
def test_what_people_say_is_no_machine(text: str) -> None:
    scores = family_scores(text)
    assert max(scores[name] for name in MACHINES) < 0.7


def test_letters_io_and_case_and_dashes_do_not_matter() -> None:
    assert (
        family_scores("ОСТАВЬТЕ — СВОЁ СООБЩЕНИЕ!")["voicemail"]
        == family_scores("оставьте свое сообщение")["voicemail"]
    )
    assert family_scores("You’ve reached Ann")["voicemail"] == family_scores("You've reached Ann")["voicemail"] > 0


@pytest.mark.parametrize(
    "text", ["Ага, ясно", "Понял вас, записываю", "Mm-hmm, right", "Got it. And the price?", "Да-да"]
)
def test_words_that_answer_something_are_heard_at_the_beginning(text: str) -> None:
    assert opens_with_backchannel(text)


@pytest.mark.parametrize("text", ["Дача готова", "Это Пётр по поводу ага", "Norman speaking", "Даниил, здравствуйте"])
def test_other_beginnings_answer_nothing(text: str) -> None:
    assert not opens_with_backchannel(text)
