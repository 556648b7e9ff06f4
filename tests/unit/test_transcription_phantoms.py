"""Text the speech model invents is recognised; what people say is not."""

from __future__ import annotations

import pytest

from qc_workbench.domain.transcript import Suspicion, Word
from qc_workbench.transcription.phantoms import is_looping, suspicion


def said(text: str, probability: float = 0.9) -> list[Word]:
    return [Word(index * 0.4, index * 0.4 + 0.3, " " + word, probability) for index, word in enumerate(text.split())]


@pytest.mark.parametrize(
    "text",
    [
        "Продолжение следует...",
        "Субтитры сделал DimaTorzok",
        "Субтитры создавал кто-то",
        "Редактор субтитров А. Семкин Корректор А. Егорова",
        "Спасибо за просмотр!",
        "Подписывайтесь на канал",
        "Thanks for watching!",
        "Thank you for watching.",
        "Please subscribe to my channel.",
        "Subtitles by the community",
        "Телефонный звонок",
    ],
)
def test_what_subtitles_end_with_is_a_phantom(text: str) -> None:
    assert suspicion(said(text), 5.0) is Suspicion.PHANTOM_PHRASE


@pytest.mark.parametrize(
    "text",
    [
        "Спасибо, до свидания.",
        "Спасибо за внимание к нашему предложению, я перезвоню.",
        "Продолжение следует после подписания договора, это второй этап.",
        "Да, да, да, конечно.",
        "Thank you, bye.",
        "I will send you the subtitles brochure tomorrow.",
        "У нас музыка на фоне, подождите секунду.",
    ],
)
def test_what_people_say_is_not(text: str) -> None:
    assert suspicion(said(text), 5.0) is None


def test_a_polite_word_is_suspect_only_when_the_model_doubts() -> None:
    assert suspicion(said("Спасибо."), 0.3) is None
    assert suspicion(said("Спасибо.", 0.4), 0.3) is Suspicion.PHANTOM_PHRASE


def test_words_without_voice_are_suspect_whatever_they_say() -> None:
    assert suspicion(said("Я перезвоню вам завтра"), 0.0) is Suspicion.NO_VOICE
    assert suspicion([], 3.0) is Suspicion.NO_VOICE


def test_a_guess_is_marked() -> None:
    assert suspicion(said("окно дом", 0.1), 1.0) is Suspicion.LOW_PROBABILITY
    assert suspicion(said("окно дом"), 1.0, no_speech=0.9, mean_log_probability=-1.4) is Suspicion.LOW_PROBABILITY


def test_a_loop_is_marked_and_emphasis_is_not() -> None:
    assert suspicion(said("и вот так " * 6), 5.0) is Suspicion.REPETITIVE
    assert is_looping("да " * 12)
    assert not is_looping("да да да да нет нет не надо не надо")
