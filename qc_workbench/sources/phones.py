"""Telephone numbers as people and telephone systems write them, to E.164."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

from qc_workbench.sources.problems import BadValueError

#: What telephone systems write instead of a number that the caller withheld.
HIDDEN = frozenset(
    {
        "", "anonymous", "unknown", "private", "hidden", "withheld", "restricted", "unavailable", "none", "null",
        "n/a", "na", "-", "—", "скрыт", "скрытый", "скрытый номер", "номер скрыт", "неизвестен", "неизвестный",
        "аноним", "анонимный", "anonymous caller", "private number",
    }
)  # fmt: skip

_SCIENTIFIC = re.compile(r"^\d([.,]\d+)?[eEеЕ]\+?\d+$")
_DIGITS_ONLY = re.compile(r"^\d{11,15}$")


def is_hidden(text: str) -> bool:
    """Whether the telephone system says that the number was withheld."""
    return text.strip().strip("<>\"'").casefold() in HIDDEN


@lru_cache(maxsize=100_000)
def e164(text: str, region: str) -> str:
    """One number in E.164; an extension («доб. 12», ``ext. 12``) is dropped, it is not part of the client.

    ``region`` (ISO 3166) completes numbers written without the country. Numbers only need to be *possible*
    (a length that exists), because numbering plans change faster than programs. Raises
    :class:`BadValueError` ``phone_scientific``, ``phone_several`` or ``phone_format``.
    """
    written = text.strip().removeprefix("tel:").removeprefix("sip:").split("@")[0].strip("'\"<> ")
    if _SCIENTIFIC.match(written):
        raise BadValueError("phone_scientific")
    if ";" in written.strip(";"):
        raise BadValueError("phone_several")
    found = _parse(written, region)
    if found is None and _DIGITS_ONLY.match(written):
        # exports often lose the plus of an international number
        found = _parse("+" + written, region)
    if found is None:
        raise BadValueError("phone_format", region=region)
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def _parse(written: str, region: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_possible_number(number) else None


def several_e164(text: str, region: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Numbers separated by ``;``: those understood (in order, each once), and those that were not."""
    good: dict[str, None] = {}
    bad: list[str] = []
    for part in text.split(";"):
        if not part.strip():
            continue
        try:
            good[e164(part.strip(), region)] = None
        except BadValueError:
            bad.append(part.strip())
    return tuple(good), tuple(bad)
