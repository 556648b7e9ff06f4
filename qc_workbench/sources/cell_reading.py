"""One cell as people write it to the text that the import format has. Pure; what can't be understood is told in words.

Formats of Excel and 1C: ``dd.mm.yyyy``, numbers with no-break spaces and a comma, several phones in a cell, lengths as
``0:03:25``. Lenient where one reading is possible; where there are two, the mapping says which.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from qc_workbench.domain.file_mapping import DateOrder
from qc_workbench.sources import phones, values
from qc_workbench.sources.problems import BadValueError
from qc_workbench.sources.sheet_layout import Raw, text_of

#: Days of Excel's calendar between 1954 and 2119: a number in a column of dates is one of them.
FIRST_SERIAL: Final = 20_000
LAST_SERIAL: Final = 80_000
#: The day that Excel counts from, its imagined 29 February 1900 allowed for.
_EXCEL_BEGAN: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - of no zone
#: Two digits of a year are of this century: nobody has exports of the last one.
_CENTURY: Final = 2000

_MONTHS: Final = {
    name: place
    for place, names in enumerate(
        (
            "янв|january|січ", "фев|february|лют", "мар|march|бер", "апр|april|кві", "мая|май|may|трав",
            "июн|june|черв", "июл|july|лип", "авг|august|серп", "сен|september|вер", "окт|october|жов",
            "ноя|november|лис", "дек|december|груд",
        ),
        start=1,
    )
    for name in names.split("|")
}  # fmt: skip
_PARTS: Final = re.compile(r"^(\d{1,4})[./\-\s](\d{1,2})[./\-\s](\d{1,4})(?:\s*г\.?)?(?:[\s,T]+(.+))?$")
_NAMED: Final = re.compile(
    r"^(\d{1,2})[\s.\-]+([a-zа-яіїєґ]{3,9})\.?[\s.,\-]+(\d{4})(?:\s*[гр]\.?)?(?:[\s,]+(.+))?$", re.I
)
_CLOCK: Final = re.compile(r"^(\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:[.,]\d+)?)?\s*([ap]\.?m\.?)?$", re.I)
_LENGTH: Final = re.compile(r"^(?:(\d{1,2}):)?(\d{1,3}):(\d{2})(?:[.,]\d+)?$")
_WORDED: Final = re.compile(
    r"^(?:(\d+)\s*(?:ч|час\w*|h|hr?s?|hours?|год)\.?)?\s*(?:(\d+)\s*(?:м|мин\w*|m|min\w*|хв\w*)\.?)?\s*"
    r"(?:(\d+)\s*(?:с|сек\w*|s|sec\w*)\.?)?$",
    re.I,
)
_CURRENCY: Final = re.compile(
    r"(руб(лей|ля|ль|\.)?|р\.|₽|rub|rur|грн\.?|₴|uah|\$|usd|€|eur|тг\.?|₸|kzt|byn|бел\.?\s*руб\.?|сум|uzs|br)\s*$|^\s*[$€₽₴₸]",
    re.I,
)
_ONE_COMMA: Final = re.compile(r"^[+-]?\d{1,3},\d{3}$")
_ONE_POINT: Final = re.compile(r"^[+-]?\d{1,3}\.\d{3}$")
#: Between phones of one cell: marks, a line's end, or a blank before the next one's plus or 8.
_BETWEEN: Final = re.compile(r"[;,/|\n\r\t]+|\s+(?:и|или|and|or|та|або)\s+|(?<=\d)\s+(?=\+)|(?<=[\d)])\s{2,}(?=[\d(+])")
_WORDS_ABOUT: Final = re.compile(
    r"\b(тел\w*|моб\w*|раб\w*|дом\w*|сот\w*|факс|phone|mob\w*|work|home|fax|whatsapp|viber|telegram|основной)\b\.?:?",
    re.I,
)
_ROUNDED: Final = re.compile(r"^\d[.,]\d+[eEеЕ]\+?\d+$")
_EXTENSION: Final = re.compile(r"\s*(?:,\s*)?(?:доб\w*|вн\w*|ext\w*|#)\.?:?\s*\d{1,6}\)?\s*$", re.I)


def day_of(raw: Raw, order: DateOrder) -> tuple[date, time | None]:
    """A date, and its time of day where there is one. Raises ``cell_date``, ``cell_date_order``, ``moment_range``."""
    if isinstance(raw, datetime):
        return _within(raw.date()), raw.time()
    if isinstance(raw, date):
        return _within(raw), None
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        if not FIRST_SERIAL <= raw < LAST_SERIAL:
            raise BadValueError("cell_date", example=_example(order))
        found = _EXCEL_BEGAN + timedelta(seconds=round(float(raw) * 86_400))
        return found.date(), (found.time() if raw != int(raw) else None)
    text = re.sub(r"\s+", " ", text_of(raw)).strip()
    named = _NAMED.match(text)
    if named:
        month = next((place for name, place in _MONTHS.items() if named[2].casefold().startswith(name[:3])), 0)
        return _date(int(named[3]), month, int(named[1]), order), _clock_or_none(named[4], order)
    parts = _PARTS.match(text)
    if not parts:
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise BadValueError("cell_date", example=_example(order)) from None
        return _within(found.date()), found.time()
    first, second, third = parts[1], parts[2], parts[3]
    if len(first) > 2:
        year, month, day = int(first), int(second), int(third)
    elif order is DateOrder.YEAR_FIRST and len(third) <= 2:
        year, month, day = _CENTURY + int(first), int(second), int(third)
    elif order is DateOrder.MONTH_FIRST:
        month, day, year = int(first), int(second), int(third)
    else:
        day, month, year = int(first), int(second), int(third)
    if year < 100:
        year += _CENTURY
    return _date(year, month, day, order), _clock_or_none(parts[4], order)


def _date(year: int, month: int, day: int, order: DateOrder) -> date:
    try:
        return _within(date(year, month, day))
    except ValueError:
        if month > 12 >= day:
            raise BadValueError("cell_date_order", example=_example(order)) from None
        raise BadValueError("cell_date", example=_example(order)) from None


def _within(found: date) -> date:
    if not values.EARLIEST_YEAR <= found.year <= values.LATEST_YEAR:
        raise BadValueError("moment_range", earliest=values.EARLIEST_YEAR, latest=values.LATEST_YEAR)
    return found


def _example(order: DateOrder) -> str:
    return {"dmy": "31.12.2026", "mdy": "12/31/2026", "ymd": "2026-12-31"}[order.value]


def _clock_or_none(text: str | None, order: DateOrder) -> time | None:
    if text is None or not text.strip():
        return None
    try:
        return clock_of(text)
    except BadValueError:
        raise BadValueError("cell_date", example=f"{_example(order)} 10:25") from None


def clock_of(raw: Raw) -> time:
    """A time of day. Raises ``cell_time``."""
    if isinstance(raw, datetime):
        return raw.time()
    if isinstance(raw, time):
        return raw
    if isinstance(raw, timedelta) and timedelta() <= raw < timedelta(days=1):
        return (_EXCEL_BEGAN + raw).time()
    if isinstance(raw, float) and 0 <= raw < 1:
        return (_EXCEL_BEGAN + timedelta(seconds=round(raw * 86_400) % 86_400)).time()
    found = _CLOCK.match(text_of(raw))
    if not found:
        raise BadValueError("cell_time")
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    half = (found[4] or "").lower()
    if half:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        raise BadValueError("cell_time") from None


def moment_text(raw: Raw, clock: Raw, order: DateOrder, zone: ZoneInfo) -> str:
    """ISO 8601 in UTC; a time that the cell has no offset for is of ``zone``. ``clock``: the cell with the time of day.

    An ISO time with an offset is taken as it is. Of the hour that comes twice in autumn the first is taken.
    """
    if isinstance(raw, str):
        try:
            exact = datetime.fromisoformat(raw.strip())
        except ValueError:
            exact = None
        if exact is not None and exact.tzinfo is not None:
            _within(exact.date())
            return exact.astimezone(UTC).isoformat()
    day, found = day_of(raw, order)
    if clock not in (None, ""):
        found = clock_of(clock)
    return datetime.combine(day, found or time(), zone).astimezone(UTC).isoformat()


def money_text(raw: Raw, decimal: str) -> str:
    """A number without its currency; ``decimal`` decides where a mark could stand for thousands or for the fraction.

    ``(1 200)`` is a negative number, as bookkeepers write it. Raises what :func:`values.number` raises.
    """
    if isinstance(raw, bool) or raw is None:
        raise BadValueError("number_format")
    if isinstance(raw, int):
        return str(raw)
    if isinstance(raw, float):
        return format(Decimal(repr(raw)), "f")
    text = re.sub(r"[\u00a0\u202f\u2009]", " ", str(raw)).strip()
    negative = text.startswith("(") and text.endswith(")")
    text = text.strip("()").strip()
    text = _CURRENCY.sub("", text).strip()
    if decimal == "," and _ONE_COMMA.match(text):
        text = text.replace(",", ".")
    elif decimal == "." and _ONE_COMMA.match(text):
        text = text.replace(",", "")
    elif decimal == "," and _ONE_POINT.match(text) and not text.lstrip("+-").startswith("0"):
        text = text.replace(".", "")
    number = values.number(text)
    return format(-number if negative else number, "f")


def seconds_text(raw: Raw) -> str:
    """A length in seconds out of ``205``, ``0:03:25``, ``3:25`` (minutes and seconds), «3 мин 25 с», a cell of time.

    Raises ``cell_length``.
    """
    if isinstance(raw, bool) or raw is None:
        raise BadValueError("cell_length")
    if isinstance(raw, timedelta):
        return str(round(raw.total_seconds(), 3))
    if isinstance(raw, datetime):  # Excel's own way to keep a length over a day
        return str((raw - _EXCEL_BEGAN).total_seconds())
    if isinstance(raw, time):
        return str(raw.hour * 3600 + raw.minute * 60 + raw.second)
    if isinstance(raw, int | float):
        # a part of a day, as Excel keeps times that nobody formatted; whole seconds otherwise
        return str(round(raw * 86_400) if isinstance(raw, float) and 0 < raw < 1 else raw)
    text = text_of(raw)
    found = _LENGTH.match(text)
    if found:
        return str(int(found[1] or 0) * 3600 + int(found[2]) * 60 + int(found[3]))
    worded = _WORDED.match(text)
    if worded and text:
        return str(int(worded[1] or 0) * 3600 + int(worded[2] or 0) * 60 + int(worded[3] or 0))
    try:
        return format(values.number(text), "f")
    except BadValueError:
        raise BadValueError("cell_length") from None


@lru_cache(maxsize=50_000)
def phones_of(text: str, region: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(E.164 of each number of a cell in their order, parts that are none).

    Parts are separated by marks, a line's end, «и», or where the next number begins. A whole cell that is one number
    with spaces inside stays one. Raises ``phone_scientific`` for a number that Excel has rounded.
    """
    if _ROUNDED.match(text.strip()):
        raise BadValueError("phone_scientific")
    cleaned = _WORDS_ABOUT.sub(" ", text).replace("\u00a0", " ").strip()
    whole = _EXTENSION.sub("", cleaned).strip()
    if not re.search(r"[;,/|\n\r\t]", whole):
        try:
            return (phones.e164(whole, region),), ()
        except BadValueError as error:
            if error.code == "phone_scientific":
                raise
    good: dict[str, None] = {}
    bad: list[str] = []
    for part in _BETWEEN.split(cleaned):
        trimmed = _EXTENSION.sub("", part).strip(" .:()" if part.count("(") != part.count(")") else " .:")
        if not trimmed:
            continue
        if re.fullmatch(r"(?i)(доб|вн|ext)\w*\.?\s*\d{1,6}", trimmed):
            continue
        try:
            good[phones.e164(trimmed, region)] = None
        except BadValueError:
            bad.append(trimmed)
    return tuple(good), tuple(bad)
