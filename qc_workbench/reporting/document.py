"""A report as a document: what it says in order, in one language, before it becomes HTML, PDF or XLSX.

One content and several forms, so that the page, the file and the sheet never disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol


class Words(Protocol):
    """The catalogue and the formats of one language; :class:`qc_workbench.ui.i18n.Translator` is one."""

    @property
    def language(self) -> str: ...

    def __call__(self, code: str, **params: object) -> str: ...

    def knows(self, code: str) -> bool: ...

    def number(self, value: float | Decimal, digits: int = 0) -> str: ...

    def percent(self, share: float, digits: int = 0) -> str: ...

    @property
    def percent_sign(self) -> str: ...

    def money(self, amount: Decimal | float, currency: str = "RUB") -> str: ...

    def day(self, value: date | datetime, form: str = "d MMMM") -> str: ...

    def moment(self, value: datetime, form: str = "d MMM, HH:mm") -> str: ...


class Form(StrEnum):
    """How a value is written in a spreadsheet."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    PERCENT = "percent"
    MONEY = "money"
    MOMENT = "moment"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Link:
    """What a number opens in the app: a room with its address."""

    room: str
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cell:
    """``text`` for people who read, ``value`` for those who calculate (None: nothing to show).

    ``is_said``: words of a person, which go when the person is forgotten.
    """

    text: str
    value: str | int | float | Decimal | datetime | date | None = None
    form: Form = Form.TEXT
    is_said: bool = False

    @property
    def is_numeric(self) -> bool:
        return self.form not in (Form.TEXT, Form.MOMENT, Form.DATE)


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader must know about the report itself: a part not configured, a month not over."""

    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Tile:
    """One number that matters. ``change``: against the period before, in words, or None. ``proof``: the code of the
    definition in the appendix; ``opens`` the list that it counts.
    """

    label: str
    cell: Cell
    note: str | None = None
    change: str | None = None
    proof: str | None = None
    opens: Link | None = None


@dataclass(frozen=True, slots=True)
class Tiles:
    tiles: tuple[Tile, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """``sheet``: its name in a workbook. An empty table shows ``empty`` instead.

    ``opens``: of each row what it opens, where rows open anything. ``proofs``: of each row the code that tiles name.
    ``on_paper``: so many rows are printed, and ``cut`` says how many there are; a workbook has them all.
    """

    sheet: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = ""
    widths: tuple[float, ...] = ()  # relative widths of the columns on paper; equal where not given
    opens: tuple[Link | None, ...] = ()
    proofs: tuple[str, ...] = ()
    on_paper: int | None = None
    cut: str = ""

    @property
    def printed(self) -> tuple[tuple[Cell, ...], ...]:
        return self.rows[: self.on_paper]

    @property
    def is_cut(self) -> bool:
        return len(self.printed) < len(self.rows)

    @property
    def numeric_columns(self) -> frozenset[int]:
        return frozenset(
            position for position in range(len(self.columns)) if self.rows and self.rows[0][position].is_numeric
        )


@dataclass(frozen=True, slots=True)
class Chart:
    """The same plot for a workbook, which draws its own: bars of ``series`` in ``groups``."""

    title: str
    groups: tuple[str, ...]
    series: Mapping[str, tuple[float | None, ...]]
    colours: tuple[str, ...]
    is_lying: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """A Vega-Lite specification with its data inside; ``description`` says it in words for those who don't see it."""

    specification: Mapping[str, Any]
    description: str
    chart: Chart | None = None


Block = Paragraph | Notice | Heading | Tiles | Table | Plot


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """``made``: as of when and by what, for the foot of the page."""

    language: str
    title: str
    subtitle: str
    made: str
    sections: tuple[Section, ...]


def text(value: str | None) -> Cell:
    return Cell(value or "—", value)


def said(value: str | None) -> Cell:
    """Words of a person, in quotes."""
    return Cell(f"«{value}»" if value else "—", f"«{value}»" if value else None, is_said=True)


def whole(words: Words, value: int) -> Cell:
    return Cell(words.number(value), value, Form.INTEGER)


def number(words: Words, value: float | None, digits: int = 1) -> Cell:
    if value is None:
        return Cell("—", None, Form.NUMBER)
    return Cell(words.number(value, digits), round(value, 6), Form.NUMBER)


def percent(words: Words, share: float | None) -> Cell:
    return Cell("—", None, Form.PERCENT) if share is None else Cell(words.percent(share), share, Form.PERCENT)


def hundredth(words: Words, value: float | None) -> Cell:
    """A number with the digits that matter: whole from ten on."""
    return number(words, value, 0 if value is not None and abs(value) >= 10 else 1)


def sum_of(words: Words, amount: Decimal | float | None, currency: str) -> Cell:
    """One amount of one currency."""
    if amount is None:
        return Cell("—", None, Form.MONEY)
    value = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    return Cell(words.money(value, currency) if currency else words.number(value), value, Form.MONEY)


def money(words: Words, amounts: Mapping[str, Decimal]) -> Cell:
    """Amounts by currency. A sheet gets a number only where there is one currency: sums of two mean nothing."""
    written = ", ".join(
        words.money(amount, currency) if currency else words.number(amount) for currency, amount in amounts.items()
    )
    if len(amounts) == 1:
        return Cell(written, next(iter(amounts.values())), Form.MONEY)
    return Cell(written, written, Form.TEXT) if amounts else Cell("—", None, Form.MONEY)


def moment(words: Words, value: datetime) -> Cell:
    return Cell(words.moment(value), value, Form.MOMENT)


def day(words: Words, value: date) -> Cell:
    return Cell(words.day(value, "d MMM"), value, Form.DATE)


def interval(words: Words, share_interval: tuple[float, float]) -> str:
    """An interval of shares for reading: «9–53 %»."""
    low, high = share_interval
    return f"{words.number(low * 100)}–{words.percent(high)}"


def clock(seconds: float) -> str:
    """Seconds as m:ss, the way players show them."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def named(words: Words, *codes: str) -> str:
    """The text of the first code that the catalogue knows, or the last part of the last code."""
    for code in codes:
        if words.knows(code):
            return words(code)
    return codes[-1].rpartition(".")[2].replace("_", " ")
