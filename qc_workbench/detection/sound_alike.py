"""How alike two Russian words sound: what recognition confuses is written with one sign.

Speech models on telephone Russian keep the consonants' places and lose voicing, unstressed vowels and word
borders: «потревожьте» comes as «по тревожке», «ноябрьских» as «на ябриски». Comparing spellings alone calls
such pairs strangers; comparing these keys does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from rapidfuzz import fuzz, process

#: Unstressed о sounds as а, е and я as и; a voiced consonant at the end or before another as its voiceless twin.
#: Signs that only soften have no sound of their own.
_SOUNDS = str.maketrans(
    {"о": "а", "ё": "и", "е": "и", "э": "и", "ы": "и", "й": "и", "я": "и", "ю": "у", "ь": "", "ъ": "",
     "б": "п", "в": "ф", "г": "к", "д": "т", "ж": "ш", "з": "с", "щ": "ш"}
)  # fmt: skip


@lru_cache(maxsize=100_000)
def sound_key(word: str) -> str:
    """The word as it sounds on a bad line; equal neighbours are one. A word in Latin letters is returned as it is."""
    if not word or not "а" <= word[0] <= "я":
        return word
    sounds = word.replace("ться", "ца").replace("тся", "ца").replace("тс", "ц").replace("дс", "ц").translate(_SOUNDS)
    return "".join(sign for index, sign in enumerate(sounds) if index == 0 or sounds[index - 1] != sign)


def sound_table(words: Sequence[str]) -> Mapping[str, str]:
    """Sound key -> the first of the words with it."""
    table: dict[str, str] = {}
    for word in words:
        table.setdefault(sound_key(word), word)
    return table


def alike(word: str, table: Mapping[str, str], at_least: float) -> str | None:
    """The word of a :func:`sound_table` that sounds most like ``word``; None below ``at_least`` (0..100).

    The first sound must agree: recognition rarely loses it, and it keeps strangers apart.
    """
    key = sound_key(word)
    found = process.extractOne(key, table.keys(), scorer=fuzz.ratio, score_cutoff=at_least)
    return table[found[0]] if found is not None and found[0][0] == key[0] else None
