"""Words compared as they sound."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.detection.sound_alike import alike, sound_key, sound_table


@pytest.mark.parametrize(
    ("heard", "said"),
    [("позваните", "позвоните"), ("атправлю", "отправлю"), ("наибрьских", "ноябрьских"), ("сдвиг", "здвик")],
)
def test_words_that_sound_alike_have_nearly_one_key(heard: str, said: str) -> None:
    assert alike(heard, sound_table([said, "суббота"]), 86.0) == said


@pytest.mark.parametrize("stranger", ["холодильник", "пенопласт", "подоконник", "аллоните"])
def test_strangers_stay_strangers(stranger: str) -> None:
    assert alike(stranger, sound_table(["позвоните", "отправлю", "ноябрьских"]), 86.0) is None


def test_latin_words_are_compared_as_they_are_spelt() -> None:
    assert sound_key("tomorrow") == "tomorrow"


@given(st.text(alphabet="абвгдежзийклмнопрстуфхцчшщъыьэюя", max_size=12))
def test_a_key_has_no_doubled_sounds_and_no_voiced_consonants(word: str) -> None:
    key = sound_key(word)
    assert all(first != second for first, second in pairwise(key))
    assert not set(key) & set("бвгджзщьъ")
