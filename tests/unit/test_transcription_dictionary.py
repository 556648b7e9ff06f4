"""Words of the company come into a transcript only in the place of what sounds like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.transcription.dictionary import known_words, prompt_of, put_in

WORDS = ("Фрамугин", "Тихий створ", "Полина", "Глеб", "Quillmarsh Windows", "ПВХ")
KNOWN = known_words(WORDS)


@pytest.mark.parametrize(
    ("heard", "with_list", "expected"),
    [
        ("Компания фрамогин, здравствуйте.", "Компания Фрамугин, здравствуйте.", "Компания Фрамугин, здравствуйте."),
        ("Это Тихие твор, Палина.", "Это Тихий створ, Полина.", "Это Тихий створ, Полина."),
        ("В компании фрамогине окна.", "В компании Фрамугине окна.", "В компании Фрамугине окна."),
        ("Hello, Quill Marsh windows.", "Hello, Quillmarsh Windows.", "Hello, Quillmarsh windows."),
    ],
)
def test_a_misheard_word_of_the_company_is_put_right(heard: str, with_list: str, expected: str) -> None:
    assert put_in(heard, with_list, KNOWN) == expected


@pytest.mark.parametrize(
    ("heard", "with_list"),
    [
        ("Да, слушаю.", "Да, слушаю. Фрамугин, Тихий створ, Полина, Глеб."),  # recited at the end
        ("", "Фрамугин, Полина"),  # recited into nothing
        ("Угу.", "Полина."),  # not alike at all
        ("Я хлеб купил в субботу.", "Я хлеб купил в воскресенье."),  # another word, but none of the dictionary
        ("Окна пвх.", "Окна ПВХ!"),
        ("Полина, добрый день.", "Глеб, добрый день."),  # one name of the list for another
        ("Мы вчера говорили про замер", "Фрамугин Полина Глеб Тихий створ"),
    ],
)
def test_a_word_that_was_not_said_does_not_come_in(heard: str, with_list: str) -> None:
    assert put_in(heard, with_list, KNOWN) == heard


@given(st.text(alphabet="абвг дежз,.!", max_size=40), st.lists(st.sampled_from(("да", "нет", "окно", "Полина"))))
def test_without_a_dictionary_nothing_changes_and_with_one_no_word_is_added_or_lost_but_by_it(
    heard: str, others: list[str]
) -> None:
    with_list = " ".join(others)
    assert put_in(heard, with_list, frozenset()) == " ".join(heard.split())
    kept = put_in(heard, with_list, KNOWN).split()
    assert set(kept) <= set(heard.split()) | {"Полина", "да", "нет", "окно"}
    if "Полина" not in others:
        assert kept == heard.split()


def test_the_prompt_is_the_list_and_short_words_are_left_to_the_model() -> None:
    assert prompt_of(("Фрамугин", "Глеб")) == "Фрамугин, Глеб"
    assert known_words(("ПВХ", "ООО Окна")) == {"окна"}
