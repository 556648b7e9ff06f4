"""Where the table of a sheet begins and which rows belong to it. Pure: rows of raw cells in, names and kinds out.

What people export has titles above the header, headers in two rows, headings of groups, «Итого», and the header again
on every page.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from qc_workbench.domain.file_mapping import RowKind

Raw = str | int | float | bool | datetime | date | time | timedelta | None

MOST_ROWS: Final = 1_000_000
#: Columns further to the right are not read: a stray space in the last column of a sheet is common.
MOST_COLUMNS: Final = 200
#: Rows in which a header is looked for.
HEADER_WITHIN: Final = 60
#: Share of the header's names that a row must repeat to be the header again.
REPEATED_SHARE: Final = 0.6
#: Between the rows of a header that has two.
JOINT: Final = " / "

_TOTAL: Final = re.compile(
    r"^\s*(итого|всего|общий итог|підсумок|разом|усього|grand total|total|totals|subtotal)\b", re.I
)
_NUMERIC: Final = re.compile(r"^[\s\d.,:+\-−()/%\u00a0\u202f]+$")


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged range; rows from 1, columns from 0, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True, slots=True)
class RawRow:
    """``number``: as the sheet shows it. ``level``: how deep it is grouped. ``heads_group``: rows below are deeper.

    ``problem``: why a line could not be split into cells; then there are none.
    """

    number: int
    cells: tuple[Raw, ...]
    level: int = 0
    heads_group: bool = False
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """``row``: number of its first row; ``rows``: one or two; ``keys``: as they are compared; ``shown``: as written."""

    row: int
    rows: int
    keys: tuple[str, ...]
    shown: tuple[str, ...]

    @property
    def last_row(self) -> int:
        return self.row + self.rows - 1

    @property
    def print(self) -> str:
        """The same for the same set of columns in any order."""
        return hashlib.sha256("\0".join(sorted(key for key in self.keys if key)).encode()).hexdigest()[:24]


def text_of(value: Raw) -> str:
    """A cell as text: no spaces at its ends, none doubled."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value).replace("\u00a0", " ").replace("\u202f", " ").strip()


@lru_cache(maxsize=65_536)
def header_key(written: str) -> str:
    """A header as it is compared: no case, no doubled spaces, no marks at its ends."""
    text = unicodedata.normalize("NFKC", written).replace("\ufeff", "").replace("\u200b", "")
    return re.sub(r"\s+", " ", text).strip(" *:.").casefold().replace("ё", "е")


def header_of(rows: Sequence[RawRow], place: int, count: int) -> Header:
    """The header that ``count`` rows from ``place`` of these make. Cells of a merged upper row reach to the right."""
    chosen = rows[place : place + count]
    width = max((len(row.cells) for row in chosen), default=0)
    texts = [[text_of(cell) for cell in (*row.cells, *([None] * (width - len(row.cells))))] for row in chosen]
    if len(texts) == 2:
        upper, lower = texts
        upper = _to_the_right(upper, lower)
        shown = [
            f"{above}{JOINT}{below}" if above and below and above != below else below or above
            for above, below in zip(upper, lower, strict=True)
        ]
    else:
        shown = [re.sub(r"\s+", " ", text) for text in (texts[0] if texts else [])]
    while shown and not shown[-1]:
        shown.pop()
    keys: list[str] = []
    for text in shown:
        key = header_key(text)
        times = sum(other == key or other.startswith(f"{key} (") for other in keys) if key else 0
        keys.append(f"{key} ({times + 1})" if times else key)
    return Header(chosen[0].number if chosen else 0, count, tuple(keys), tuple(shown))


def _to_the_right(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """An upper cell stands over the empty ones to its right, as far as something stands below them."""
    found: list[str] = []
    for place, text in enumerate(upper):
        is_under = not text and bool(lower[place]) and place > 0
        found.append(found[place - 1] if is_under else text)
    return found


def guess_header(rows: Sequence[RawRow], knows: Callable[[str], bool]) -> tuple[int, int]:
    """(place in ``rows``, number of rows) of what is most like a header; (0, 1) for a sheet without anything like it.

    ``knows``: whether a header's text is one that files of departments have. A header has several different short
    texts, known ones above all, and data below it; a title has one cell.
    """
    best, best_score = (0, 1), 0.0
    first = RawRow(0, ())
    for place, row in enumerate(rows[:HEADER_WITHIN]):
        score = _likeness(row, rows[place + 1 : place + 6], knows)
        # The first of several equal ones: below it the header stands again on each page.
        if score > best_score and row.cells != first.cells:
            best, best_score, first = (place, 1), score, row
    place = best[0]
    if best_score and _has_second_row(rows, place, knows):
        return place, 2
    if best_score and place > 0 and _has_second_row(rows, place - 1, knows):
        return place - 1, 2
    return best


def _likeness(row: RawRow, below: Sequence[RawRow], knows: Callable[[str], bool]) -> float:
    texts = [text_of(cell) for cell in row.cells]
    filled = [text for text in texts if text]
    if len(filled) < 2 or any(_NUMERIC.match(text) for text in filled) or not _all_texts(row):
        return 0.0
    known = sum(knows(text) for text in filled)
    short = sum(len(text) <= 40 for text in filled) / len(filled)
    different = len(set(filled)) / len(filled)
    widths = [sum(cell not in (None, "") for cell in other.cells) for other in below]
    goes_on = sum(width >= len(filled) / 2 for width in widths) / len(widths) if widths else 0.0
    return (3.0 * known + min(len(filled), 12) * 0.3) * short * different + goes_on


def _all_texts(row: RawRow) -> bool:
    return all(isinstance(cell, str) for cell in row.cells if cell is not None)


def _has_second_row(rows: Sequence[RawRow], place: int, knows: Callable[[str], bool]) -> bool:
    """Whether the row under this one names columns that stand empty, or under one wide cell, above."""
    if place + 1 >= len(rows):
        return False
    upper, lower = ([text_of(cell) for cell in rows[at].cells] for at in (place, place + 1))
    filled = [text for text in lower if text]
    if not filled or not _all_texts(rows[place]) or not _all_texts(rows[place + 1]):
        return False
    if any(_NUMERIC.match(text) for text in (*filled, *upper) if text) or len({text for text in upper if text}) < 2:
        return False
    width = max(len(upper), len(lower))
    upper += [""] * (width - len(upper))
    lower += [""] * (width - len(lower))
    new = [below for above, below in zip(upper, lower, strict=True) if below and (not above or above != below)]
    gaps = sum(bool(below) and not above for above, below in zip(upper, lower, strict=True))
    repeats = len([text for text in upper if text]) > len({text for text in upper if text})
    empty_below = sum(bool(above) and not below for above, below in zip(upper, lower, strict=True))
    if not (gaps or repeats):
        return False
    if not (empty_below or repeats or sum(knows(text) for text in upper if text) >= 2):
        return False  # a line about the report above a header of one row
    return bool(new) and (empty_below > 0 or any(knows(text) for text in new))


def find_header(rows: Sequence[RawRow], wanted: Iterable[str], hint_row: int, hint_rows: int) -> Header | None:
    """The header that has all of ``wanted``: where it stood, else the first such row or pair of rows."""
    needed = set(wanted)
    by_number = {row.number: place for place, row in enumerate(rows)}
    tries = [(by_number[hint_row], hint_rows)] if hint_row in by_number else []
    tries += [(place, count) for place in range(min(len(rows), HEADER_WITHIN)) for count in (1, 2)]
    for place, count in tries:
        header = header_of(rows, place, count)
        if needed and needed <= set(header.keys):
            return header
    return None


@lru_cache(maxsize=64)
def _names(shown: tuple[str, ...]) -> frozenset[str]:
    """The header's texts, whole and in parts, as a row that repeats them has them."""
    return frozenset(header_key(part) for text in shown for part in (text, *text.split(JOINT)) if part)


def kind_of(row: RawRow, header: Header, used: Sequence[int]) -> RowKind:
    """What a row below the header is. ``used``: places of the columns that are read.

    A heading of a group is a row with deeper rows below it, or one with a single filled cell where three and more
    columns are read.
    """
    texts = [text_of(cell) for cell in row.cells[: len(header.keys)]]
    filled = [text for text in texts if text]
    if not filled:
        return RowKind.BLANK
    if _TOTAL.match(filled[0]) and _stands_for_total(texts, filled):
        return RowKind.TOTAL
    names = _names(header.shown)
    if sum(header_key(text) in names for text in filled) >= max(2, REPEATED_SHARE * len(filled)):
        return RowKind.HEADER_AGAIN
    if row.heads_group:
        return RowKind.GROUP
    if len(used) >= 3 and len(filled) == 1 and not _NUMERIC.match(filled[0]):
        return RowKind.GROUP
    return RowKind.DATA


def _stands_for_total(texts: Sequence[str], filled: Sequence[str]) -> bool:
    """«Итого» itself, or with numbers beside it: a client called «Тотал» in a full row is a client."""
    others = [text for text in filled[1:] if not _NUMERIC.match(text)]
    return not others and (len(filled) < len(texts) or len(filled) <= 2)


def heading_text(row: RawRow) -> str:
    """The text of a heading of a group: its first filled cell."""
    return next((text for text in map(text_of, row.cells) if text), "")
