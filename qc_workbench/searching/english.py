"""English words without endings: step 1 of Porter's stemmer (M. F. Porter, An algorithm for suffix stripping, 1980).

Plurals, -ed and -ing, and no more: later steps join words that people keep apart (*general* and *generate*).
"""

from __future__ import annotations

import re
from typing import Final

_VOWEL: Final = re.compile(r"[aeiou]|(?<=[^aeiou])y")
_SHORT: Final = re.compile(r"^[^aeiou]*(?:[aeiou]|(?<=[^aeiou])y)[^aeiouwxy]$")
_DOUBLE: Final = re.compile(r"([^aeioulsz])\1$")


def stem(word: str) -> str:
    """The stem of a word in lower case: ``calls``, ``called`` and ``calling`` are ``call``."""
    if len(word) < 4:
        return word
    return _without_y(_without_tense(_without_plural(word)))


def _without_plural(word: str) -> str:
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("ies"):
        return word[:-2] if len(word) > 4 else word[:-1]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _without_tense(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _VOWEL.search(word[:-3]) else word
    for ending in ("ed", "ing"):
        body = word[: -len(ending)]
        if word.endswith(ending) and _VOWEL.search(body):
            if body.endswith(("at", "bl", "iz")):
                return body + "e"
            if _DOUBLE.search(body):
                return body[:-1]
            return body + "e" if _SHORT.match(body) else body
    return word


def _without_y(word: str) -> str:
    if word.endswith("y") and _VOWEL.search(word[:-1]) and word[-2] not in "aeiou":
        return word[:-1] + "i"
    return word
