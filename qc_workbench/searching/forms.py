"""Words as search compares them: cut out of text, and the dictionary words they may be forms of.

A word is a run of letters and digits; a hyphen or an apostrophe inside it belongs to it. Case does not count, nor does
ё beside е. Two words are *forms of one word* when they share a dictionary word (:func:`dictionary_words`).
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from qc_workbench.detection.spoken_words import morphology
from qc_workbench.searching.english import stem

_WORD: Final = re.compile(r"[^\W_]+(?:['’‑-][^\W_]+)*")
#: A reading of a Russian word rarer than this share of its uses is none: «стали» is «стать» and hardly ever «сталь».
LEAST_SHARE: Final = 0.1
_RUSSIAN: Final = re.compile(r"[а-я]")
_LATIN: Final = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A word of a text: as it is compared, and where it stands in the text (characters)."""

    word: str
    start: int
    end: int


def comparable(text: str) -> str:
    """Text as it is compared, letter by letter: the length stays, so places in it are places in the original."""
    lowered = "".join(low if len(low := char.lower()) == 1 else char for char in text)
    return lowered.replace("ё", "е").replace("’", "'").replace("‑", "-")


def pieces(text: str) -> list[Piece]:
    """The words of a text in order."""
    low = comparable(text)
    return [Piece(low[found.start() : found.end()], found.start(), found.end()) for found in _WORD.finditer(low)]


@lru_cache(maxsize=200_000)
def dictionary_words(word: str) -> tuple[str, ...]:
    """What a word (lower case, е for ё) may be a form of, the likeliest first; never empty.

    Russian: normal forms of pymorphy3 with at least :data:`LEAST_SHARE` of the word's uses. English: its stem.
    Anything else (numbers, mixed names) stands for itself.
    """
    if _RUSSIAN.search(word):
        shares: dict[str, float] = defaultdict(float)
        for reading in morphology().parse(word):
            shares[comparable(reading.normal_form)] += reading.score
        likely = sorted(shares, key=lambda name: (-shares[name], name))
        return tuple(name for name in likely if shares[name] >= LEAST_SHARE) or (likely[0],)
    if _LATIN.fullmatch(word.split("'")[0]):
        return (stem(word.split("'")[0]),)
    return (word,)


@lru_cache(maxsize=200_000)
def word_number(word: str) -> int:
    """The number of a word in the index, of 63 bits: the upper half comes from its likeliest dictionary word.

    So the forms of a word lie beside each other when rows are sorted by number, and a search for all of them reads one
    stretch. No table hands numbers out: two indexing runs at once, on two machines, give the same ones.
    """
    return _digest(dictionary_words(word)[0]) >> 1 << 32 | _digest(word)


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")
