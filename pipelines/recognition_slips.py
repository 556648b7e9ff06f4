"""Slips of speech recognition, learned from calls whose words are known, and made on purpose in clean text.

A classifier trained on clean sentences alone does not know what «звякните» looks like after a bad line. The channel
model is the simplest that shows it: a word is hit with some probability; in a word that is hit each letter may be
replaced, lost, or followed by another, as often as in the aligned words of the development calls; words are lost,
glued together or cut in two. The table (``pipelines/corpora/recognition_slips.json``) ships with the repository, so
training needs no recordings. Everything is drawn from a seeded generator.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Final

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

#: Words less alike than this (0..100) are other words, not misheard ones.
_SAME_WORD = 45.0
#: Replacements of one letter that are kept, by frequency.
_KEPT: Final = 6
SLIPS_FILE: Final = Path(__file__).parent / "corpora" / "recognition_slips.json"


@dataclass(frozen=True)
class Slips:
    """Shares of words that are hit, lost, glued to the next, cut in two; per letter what becomes of it in a word
    that was hit: replacement (empty: lost; two signs: another follows) -> probability."""

    hit: float
    lost: float
    glued: float
    cut: float
    letters: Mapping[str, Mapping[str, float]]

    @classmethod
    def read(cls, path: Path = SLIPS_FILE) -> Slips:
        return cls(**json.loads(path.read_text(encoding="utf-8")))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def learned(pairs: Iterable[tuple[Sequence[str], Sequence[str]]]) -> Slips:
    """The table from (words said, words recognised) of whole calls, in lower case without punctuation."""
    counts: Counter[str] = Counter()
    letters: dict[str, Counter[str]] = defaultdict(Counter)
    for said, heard in pairs:
        for op, a, b, c, d in SequenceMatcher(None, said, heard, autojunk=False).get_opcodes():
            counts["words"] += b - a
            if op == "delete":
                counts["lost"] += b - a
            if op != "replace":
                continue
            first, second = said[a:b], heard[c:d]
            if len(first) == 2 and len(second) == 1 and fuzz.ratio("".join(first), second[0]) > _SAME_WORD:
                counts["glued"] += 1
            elif len(first) == 1 and len(second) == 2 and fuzz.ratio(first[0], "".join(second)) > _SAME_WORD:
                counts["cut"] += 1
            elif len(first) == len(second):
                for one, other in zip(first, second, strict=True):
                    if fuzz.ratio(one, other) > _SAME_WORD:
                        counts["hit"] += 1
                        _count_letters(one, other, letters)
            else:
                counts["hit"] += min(len(first), len(second))
    words = max(1, counts["words"])
    table = {
        letter: {to: round(n / seen.total(), 4) for to, n in seen.most_common(_KEPT + 1) if to != letter and n >= 2}
        for letter, seen in sorted(letters.items())
        if seen.total() >= 10
    }
    rates = {name: round(counts[name] / words, 4) for name in ("hit", "lost", "glued", "cut")}
    return Slips(letters=table, **rates)


def _count_letters(one: str, other: str, letters: dict[str, Counter[str]]) -> None:
    for step in Levenshtein.opcodes(one, other):
        op, a, b, c, d = step.tag, step.src_start, step.src_end, step.dest_start, step.dest_end
        if op == "insert":
            if a:
                letters[one[a - 1]][one[a - 1] + other[c:d][:1]] += 1
            continue
        for offset in range(b - a):
            to = other[c + offset] if op in ("equal", "replace") and c + offset < d else ""
            letters[one[a + offset]][to] += 1


def misheard(text: str, slips: Slips, chance: random.Random, strength: float = 1.0) -> str:
    """The text as a bad line might give it; ``strength`` multiplies all shares."""
    out: list[str] = []
    glue = False
    for word in text.split():
        if chance.random() < slips.lost * strength * 0.5:
            continue
        if chance.random() < slips.hit * strength:
            word = "".join(_letter(letter, slips, chance) for letter in word) or word
        if len(word) > 6 and chance.random() < slips.cut * strength:
            at = chance.choice((2, 3))
            word = f"{word[:at]} {word[at:]}"
        if glue:
            out[-1] += word
        else:
            out.append(word)
        glue = chance.random() < slips.glued * strength
    return " ".join(out)


def _letter(letter: str, slips: Slips, chance: random.Random) -> str:
    drawn = chance.random()
    for to, probability in slips.letters.get(letter.lower(), {}).items():
        if drawn < probability:
            return to
        drawn -= probability
    return letter
