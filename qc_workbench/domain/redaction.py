"""Secrets said aloud that nobody has to read or hear: numbers of cards, passwords, codes from messages.

They are taken out of the transcript before it is kept: the words are replaced by a mark in the language of what was
said, and the seconds are kept as :class:`Hidden`, so that whoever plays the sound hears a tone over them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Secret(StrEnum):
    CARD = "card"
    CARD_CODE = "card_code"  # CVV, CVC
    CARD_EXPIRY = "card_expiry"
    ONE_TIME_CODE = "one_time_code"
    PASSWORD = "password"  # noqa: S105 - the name of a kind: passwords, PINs and code words
    PASSPORT = "passport"


@dataclass(frozen=True, slots=True)
class Hidden:
    """Seconds of a recording in which a secret is said. ``channel``: the one it is on, None for all of them."""

    kind: Secret
    start_s: float
    end_s: float
    channel: int | None = None


#: What stands in a transcript instead of the words, by language of the words.
MARKS: Final[Mapping[Secret, Mapping[str, str]]] = {
    Secret.CARD: {"ru": "[номер карты скрыт]", "en": "[card number hidden]"},
    Secret.CARD_CODE: {"ru": "[код карты скрыт]", "en": "[card code hidden]"},
    Secret.CARD_EXPIRY: {"ru": "[срок карты скрыт]", "en": "[card expiry hidden]"},
    Secret.ONE_TIME_CODE: {"ru": "[код из сообщения скрыт]", "en": "[one-time code hidden]"},
    Secret.PASSWORD: {"ru": "[пароль скрыт]", "en": "[password hidden]"},
    Secret.PASSPORT: {"ru": "[номер паспорта скрыт]", "en": "[passport number hidden]"},
}
KIND_OF_MARK: Final[Mapping[str, Secret]] = {
    mark: kind for kind, languages in MARKS.items() for mark in languages.values()
}


class Masked(StrEnum):
    """What is masked in a transcript for some readers and stands in it for others."""

    NAME = "name"
    PHONE = "phone"


MASKS: Final[Mapping[Masked, Mapping[str, str]]] = {
    Masked.NAME: {"ru": "[имя]", "en": "[name]"},
    Masked.PHONE: {"ru": "[телефон]", "en": "[phone]"},
}
_KIND_OF_MASK: Final = {mask: kind for kind, languages in MASKS.items() for mask in languages.values()}
#: A mark in a text. Nobody said it: it is no words for detectors and for the search.
MARK: Final = re.compile("|".join(re.escape(mark) for mark in (*KIND_OF_MARK, *_KIND_OF_MASK)))


def kind_of_mark(text: str) -> Secret | Masked | None:
    """What a word of a transcript hides; None for a word that somebody said."""
    if "[" not in text:
        return None
    found = MARK.search(text)
    return None if found is None else KIND_OF_MARK.get(found.group()) or _KIND_OF_MASK[found.group()]


def language_of_marks(text: str, around: str = "") -> str:
    """The language of a turn; of digits alone, that of the talk around it."""
    letters = text if re.search(r"[^\W\d_]", text) else around
    return "ru" if re.search(r"[а-яё]", letters.lower()) else "en"


def without_marks(text: str) -> str:
    """A text of a transcript with the words that somebody said: marks are blanks, everything keeps its place."""
    return MARK.sub(lambda mark: " " * len(mark.group()), text) if "[" in text else text
