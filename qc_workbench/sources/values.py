"""One cell to one value: times, numbers, money, words of a fixed list. Pure; :class:`BadValueError` says what is wrong.

Lenient where only one reading is possible (a comma for the decimal point, spaces between
thousands, capital letters), strict where there are two.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz, process

from qc_workbench.sources.problems import BadValueError

Choice = TypeVar("Choice", bound=StrEnum)

#: Years a date of a sales department can lie in; anything else is a damaged value.
EARLIEST_YEAR = 1990
LATEST_YEAR = 2100
#: Longest connected time of one call: a day.
LONGEST_CALL_S = 86_400.0
#: The column holds 18 digits, two of them after the point.
LARGEST_AMOUNT = Decimal(10) ** 15
LONGEST_ID = 200

_PLAIN = re.compile(r"^[+-]?(\d+([.,]\d*)?|[.,]\d+)$")
_COMMA_GROUPS = re.compile(r"^[+-]?\d{1,3}(,\d{3}){2,}(\.\d*)?$|^[+-]?\d{1,3}(,\d{3})+\.\d*$")
_DOT_GROUPS = re.compile(r"^[+-]?\d{1,3}(\.\d{3}){2,}(,\d*)?$|^[+-]?\d{1,3}(\.\d{3})+,\d*$")
_SPACED = re.compile(r"^[+-]?\d{1,3}([ \u00a0\u202f\u2009']\d{3})+([.,]\d*)?$")
_AMBIGUOUS = re.compile(r"^[+-]?[1-9]\d{0,2},\d{3}$")
_LANGUAGE = re.compile(r"^([a-z]{2,3})([-_][a-z0-9]{2,8})*$", re.ASCII)
_TRUE = frozenset({"true", "1", "yes", "y", "да", "истина", "t"})
_FALSE = frozenset({"false", "0", "no", "n", "нет", "ложь", "f", ""})


def moment(text: str, zone: ZoneInfo, *, day_is_enough: bool = False) -> datetime:
    """ISO 8601 with an offset, to UTC.

    ``day_is_enough``: for facts that are known to the day (hired, left, sold) a date alone is the
    midnight of the company's ``zone``. Raises ``moment_format``, ``moment_no_offset``, ``moment_range``.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadValueError("moment_format", example=_example(zone)) from None
    if not EARLIEST_YEAR <= found.year <= LATEST_YEAR:
        raise BadValueError("moment_range", earliest=EARLIEST_YEAR, latest=LATEST_YEAR)
    if found.tzinfo is None:
        if not day_is_enough or not _is_day(text):
            raise BadValueError("moment_no_offset", example=found.replace(tzinfo=zone, microsecond=0).isoformat())
        found = found.replace(tzinfo=zone)
    return found.astimezone(UTC)


def believable(moment: datetime, name: str = "") -> datetime:
    """A moment that a connected system told, of years in which a sales department can have worked: in others neither
    zones nor lengths can be reckoned with. Raises :class:`BadValueError` ``vendor_time``."""
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise BadValueError("vendor_time", name=name) if name else BadValueError("vendor_time")
    return moment


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _example(zone: ZoneInfo) -> str:
    return datetime.combine(date(2026, 9, 2), time(10, 25), zone).isoformat()


def number(text: str) -> Decimal:
    """A decimal number. ``12,5``, ``1 234,50``, ``1.234,50`` and ``1,234.50`` have one reading each;
    ``1,234`` has two and raises ``number_ambiguous``; anything else raises ``number_format``.
    """
    if not text.isascii():
        text = text.replace("−", "-").replace("\u00a0", " ").replace("\u202f", " ").replace("\u2009", " ")
    if _AMBIGUOUS.match(text):
        raise BadValueError("number_ambiguous", decimal=text.replace(",", "."), whole=text.replace(",", ""))
    if _SPACED.match(text):
        text = re.sub(r"[ ']", "", text)
    elif _COMMA_GROUPS.match(text):
        text = text.replace(",", "")
    elif _DOT_GROUPS.match(text):
        text = text.replace(".", "")
    elif not _PLAIN.match(text):
        raise BadValueError("number_format")
    if not text.isascii():  # digits of other scripts pass \d
        raise BadValueError("number_format")
    return Decimal(text.replace(",", "."))


def seconds(text: str) -> float:
    """A length in seconds: zero to a day."""
    value = number(text)
    if value < 0:
        raise BadValueError("number_negative")
    if value > Decimal(LONGEST_CALL_S):
        raise BadValueError("number_too_large", limit=int(LONGEST_CALL_S))
    return float(value)


def money(text: str, *, may_be_negative: bool = False) -> Decimal:
    """An amount, rounded to hundredths. Returns of goods make sales negative; deals never are."""
    value = number(text)
    if value < 0 and not may_be_negative:
        raise BadValueError("number_negative")
    if abs(value) >= LARGEST_AMOUNT:
        raise BadValueError("number_too_large", limit=str(int(LARGEST_AMOUNT)))
    return value.quantize(Decimal("0.01"))


def choice(text: str, choices: type[Choice], allowed: tuple[Choice, ...] = ()) -> Choice:
    """A word of a fixed list, in any case. Raises ``choice_unknown`` with the list and the nearest word."""
    known = {item.value: item for item in allowed or tuple(choices)}
    found = known.get(text.casefold())
    if found is None:
        raise BadValueError("choice_unknown", choices=", ".join(known), similar=nearest(text.casefold(), tuple(known)))
    return found


def yes_or_no(text: str) -> bool:
    """``true``/``false`` and their usual spellings; empty means no. Raises ``boolean``."""
    word = text.casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise BadValueError("boolean")


def language(text: str) -> str:
    """A language code; the country is dropped (``ru-RU`` is ``ru``). Raises ``language``."""
    found = _LANGUAGE.match(text.lower())
    if found is None:
        raise BadValueError("language")
    return found.group(1)


def identifier(text: str) -> str:
    """A key of a row; kept exactly as written. Raises ``text_too_long``."""
    if len(text) > LONGEST_ID:
        raise BadValueError("text_too_long", limit=LONGEST_ID, length=len(text))
    return text


def nearest(word: str, candidates: tuple[str, ...], cutoff: float = 70) -> str:
    """The candidate a person most likely meant, or an empty text when none is close."""
    found = process.extractOne(word, candidates, scorer=fuzz.ratio, score_cutoff=cutoff)
    return found[0] if found else ""
