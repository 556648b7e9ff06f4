"""Words of the company (names of agents, the firm, products) put where the model heard something like them. Pure.

A list of words given to Whisper as its prompt makes it hear them, and now and then recite them: on some calls the
whole list was written where nobody said it (measured in docs/transcription.md). So the text with the list is never
taken as it is. Both texts are laid side by side, and from the second comes only a word of the dictionary, and only in
the place of words of the first that are written nearly alike: «фрамуген» becomes «Фрамугин», «да» stays «да».
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Final

from rapidfuzz.distance import Levenshtein

from qc_workbench.transcription.phantoms import plain

#: Least likeness of the letters of both readings (1: the same); below it the list was heard into other words.
ALIKE_FROM: Final = 0.5
#: A place in which more words than this differ was misheard altogether.
_MOST_WORDS: Final = 3
#: Endings may differ by this many letters («Фрамугина», «Глебу»), where at least ``_STEM`` stay.
_ENDING: Final = 2
_STEM: Final = 4
_CYRILLIC: Final = re.compile("[а-яё]", re.IGNORECASE)


def in_script_of(language: str, words: Iterable[str]) -> tuple[str, ...]:
    """The words that speech in this language is written with: a list in two scripts makes the model mix them."""
    wants_cyrillic = language == "ru"
    return tuple(word for word in words if bool(_CYRILLIC.search(word)) == wants_cyrillic)


def prompt_of(words: Iterable[str]) -> str:
    """The list as the model is told it."""
    return ", ".join(words)


def known_words(words: Iterable[str]) -> frozenset[str]:
    """Single words of the dictionary as they are compared; short ones («ПВХ», "Ltd") are left to the model."""
    return frozenset(word for entry in words for word in plain(entry).split() if len(word) >= _STEM)


def put_in(heard: str, with_list: str, known: frozenset[str]) -> str:
    """``heard`` with words of the dictionary from ``with_list`` in the place of what is written nearly alike."""
    first, second = heard.split(), with_list.split()
    matcher = SequenceMatcher(None, [plain(word) for word in first], [plain(word) for word in second], autojunk=False)
    parts: list[str] = []
    for what, a, b, c, d in matcher.get_opcodes():
        takes = what == "replace" and _takes(first[a:b], second[c:d], known)
        parts += second[c:d] if takes else first[a:b]
    return " ".join(parts)


def _takes(first: Sequence[str], second: Sequence[str], known: frozenset[str]) -> bool:
    if max(len(first), len(second)) > _MOST_WORDS:
        return False
    old, new = plain(" ".join(first)), plain(" ".join(second))
    # One name of the list for another is a guess of the list, not of the sound.
    if not _entries(old, known) < _entries(new, known):
        return False
    return Levenshtein.normalized_similarity(old.replace(" ", ""), new.replace(" ", "")) >= ALIKE_FROM


def _entries(text: str, known: frozenset[str]) -> set[str]:
    """The words of the dictionary that a text has, in any of their forms."""
    return {entry for word in text.split() for entry in known if _is_form_of(word, entry)}


def _is_form_of(word: str, entry: str) -> bool:
    """Whether two words differ in their endings only."""
    same = 0
    for one, other in zip(word, entry, strict=False):
        if one != other:
            break
        same += 1
    return same >= _STEM and max(len(word), len(entry)) - same <= _ENDING
