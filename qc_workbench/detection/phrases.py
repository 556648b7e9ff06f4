"""Fuzzy phrase families: how much a text sounds like a voicemail greeting, an operator, a menu, a message."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from typing import Final

from rapidfuzz.distance import Levenshtein

_WORD: Final = re.compile(r"[a-zа-я0-9']+")
#: Words that may stand between the stems of an entry.
_BETWEEN: Final = 5
#: Recognition errs on about one letter in a word; short stems must be exact, or everything would match.
_ONE_WRONG_FROM: Final = 6
_TWO_WRONG_FROM: Final = 10
#: Two words joined may stand for a stem of this length at least; the first letter must be right.
_JOINED_FROM: Final = 8
#: Hums of somebody who listens, however many letters were recognised.
_HUM: Final = re.compile(r"m+|h+m+|m+h+m*|м+|х+м+|г+м+|у+г+у+|а+г+а+")

#: Stems that may stand for one another, such as («оставьте», «запишите»).
Options = tuple[str, ...]
Stems = tuple[Options, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """Stems that must all occur with at most ``between`` other words among them, and what that weighs."""

    stems: Stems
    weight: float
    between: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """``families``: name -> entries; ``backchannels``: words that open an answer, longest first."""

    families: Mapping[str, tuple[Entry, ...]]
    backchannels: tuple[tuple[str, ...], ...]


@cache
def lexicon() -> Lexicon:
    """The lexicon that ships with the program (``models/lexicons/answering.toml``)."""
    text = (resources.files("models") / "lexicons" / "answering.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(text)
    openings = raw.pop("backchannel")["words"]
    families = {
        name: tuple(
            Entry(
                tuple(tuple(words_of(stem)[0] for stem in stem_set.split("|")) for stem_set in entry),
                block["weight"],
                block.get("between", _BETWEEN),
            )
            for block in blocks
            for entry in block["stems"]
        )
        for name, blocks in raw.items()
    }
    ordered = sorted((words_of(opening) for opening in openings), key=len, reverse=True)
    return Lexicon(families, tuple(ordered))


@lru_cache(maxsize=8_000)
def words_of(text: str) -> tuple[str, ...]:
    """Words in lower case, ё as е, curly apostrophes straight, parted at hyphens, without punctuation."""
    flat = text.lower().replace("ё", "е").replace("’", "'")
    return tuple(word.strip("'") for word in _WORD.findall(flat) if word.strip("'"))


@lru_cache(maxsize=4_000)
def family_scores(text: str) -> Mapping[str, float]:
    """For each family 0..1: how much the text sounds like it. Entries found add up as 1 - product of (1 - weight)."""
    words = words_of(text)
    heard = [_matching(word) for word in words]
    for index, (word, following) in enumerate(pairwise(words)):  # "не доступен", «авто ответчик»: one word cut in two
        heard[index] |= _matching_joined(word + following)
    scores: dict[str, float] = {}
    for name, entries in lexicon().families.items():
        rest = 1.0
        for entry in entries:
            if _occurs(entry, heard):
                rest *= 1 - entry.weight
        scores[name] = round(1 - rest, 6)  # one entry of 0.45 is 0.45, not a little less
    return scores


def opens_with_backchannel(text: str) -> bool:
    """Whether a text begins the way people answer what they have just heard («ага», «понял вас», "right")."""
    words = words_of(text)
    if words and _HUM.fullmatch(words[0]):
        return True
    return any(words[: len(opening)] == opening for opening in lexicon().backchannels)


def _occurs(entry: Entry, heard: Sequence[frozenset[Options]]) -> bool:
    places = []
    for options in entry.stems:
        found = [index for index, matching in enumerate(heard) if options in matching]
        if not found:
            return False
        places.append(found)
    span = len(entry.stems) + entry.between
    for first in range(len(heard)):
        inside = [[index for index in found if first <= index < first + span] for found in places]
        if all(inside) and _distinct(inside, frozenset()):
            return True
    return False


def _distinct(places: list[list[int]], used: frozenset[int]) -> bool:
    """Whether each stem can have a word of its own."""
    if not places:
        return True
    return any(_distinct(places[1:], used | {index}) for index in places[0] if index not in used)


@cache
def _all_options() -> frozenset[Options]:
    return frozenset(options for entries in lexicon().families.values() for entry in entries for options in entry.stems)


@lru_cache(maxsize=20_000)
def _matching(word: str) -> frozenset[Options]:
    """The stem sets of the lexicon that a word belongs to: looked up once a word, not once an entry."""
    return frozenset(options for options in _all_options() if any(_is_stem(stem, word) for stem in options))


@lru_cache(maxsize=40_000)
def _matching_joined(word: str) -> frozenset[Options]:
    """The stem sets that two neighbouring words written as one belong to."""
    if len(word) < _JOINED_FROM - 1:
        return frozenset()
    return frozenset(
        options for stem, sets in _long_stems().get(word[0], ()) if _is_stem(stem, word) for options in sets
    )


@cache
def _long_stems() -> Mapping[str, Sequence[tuple[str, tuple[Options, ...]]]]:
    """By first letter: stems of ``_JOINED_FROM`` letters and more with the stem sets they are in."""
    sets: dict[str, list[Options]] = {}
    for options in _all_options():
        for stem in options:
            if len(stem) >= _JOINED_FROM:
                sets.setdefault(stem, []).append(options)
    letters: dict[str, list[tuple[str, tuple[Options, ...]]]] = {}
    for stem, found in sets.items():
        letters.setdefault(stem[0], []).append((stem, tuple(found)))
    return letters


def _is_stem(stem: str, word: str) -> bool:
    if len(stem) <= 3:  # «не», «вы», "for": short words, not beginnings
        return word == stem
    if word.startswith(stem):
        return True
    wrong = 2 if len(stem) >= _TWO_WRONG_FROM else 1 if len(stem) >= _ONE_WRONG_FROM else 0
    if not wrong or len(word) < len(stem) - wrong:
        return False
    return any(
        Levenshtein.distance(stem, word[:length], score_cutoff=wrong) <= wrong
        for length in (len(stem) - 1, len(stem), len(stem) + 1)
    )
