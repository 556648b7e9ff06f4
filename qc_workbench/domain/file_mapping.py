"""How a file that somebody exported is read: which column is what, and what was made of it.

A mapping names columns by their header as it is compared (:func:`qc_workbench.sources.sheet_layout.header_key`), never
by their place: a column that moved is still found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final


class CellKind(StrEnum):
    """What is expected in the cells of a field."""

    TEXT = "text"
    KEY = "key"
    MOMENT = "moment"
    DAY = "day"  # a date is enough: the midnight of the zone
    MONEY = "money"
    SECONDS = "seconds"
    PHONE = "phone"
    PHONES = "phones"
    CHOICE = "choice"
    MANAGER = "manager"  # an id, a name or an extension


class Made(StrEnum):
    """How a required value is come by where no column has it."""

    NOTHING = ""
    FROM_ROW = "from_row"  # an id: the hash of what the row says
    FROM_TALK = "from_talk"  # the outcome of a call: answered where somebody talked


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the import format that a column of a file can be read into."""

    name: str
    kind: CellKind
    required: bool = False
    made: Made = Made.NOTHING
    choices: tuple[str, ...] = ()


class DateOrder(StrEnum):
    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
    YEAR_FIRST = "ymd"


_DIRECTIONS: Final = ("inbound", "outbound", "internal")
_OUTCOMES: Final = ("answered", "missed", "busy", "failed")
_ROLES: Final = ("manager", "head", "owner", "qc")
_K: Final = CellKind

#: What can be read from a file: the tables of the import format, without what makes no sense in a file of one table.
FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {
    "calls": (
        Field("started_at", _K.MOMENT, required=True),
        Field("client_phone", _K.PHONE, required=True),
        Field("manager_id", _K.MANAGER, required=True),
        Field("direction", _K.CHOICE, required=True, choices=_DIRECTIONS),
        Field("talk_s", _K.SECONDS, required=True),
        Field("outcome", _K.CHOICE, required=True, made=Made.FROM_TALK, choices=_OUTCOMES),
        Field("wait_s", _K.SECONDS),
        Field("source", _K.TEXT),
        Field("medium", _K.TEXT),
        Field("campaign", _K.TEXT),
        Field("keyword", _K.TEXT),
        Field("call_id", _K.KEY, required=True, made=Made.FROM_ROW),
    ),
    "deals": (
        Field("client_phone", _K.PHONES, required=True),
        Field("manager_id", _K.MANAGER, required=True),
        Field("stage", _K.TEXT, required=True),
        Field("status", _K.CHOICE, required=True, choices=("open", "won", "lost")),
        Field("client_name", _K.TEXT),
        Field("amount", _K.MONEY),
        Field("currency", _K.TEXT),
        Field("created_at", _K.MOMENT),
        Field("closed_at", _K.MOMENT),
        Field("stage_since", _K.MOMENT),
        Field("lost_reason", _K.TEXT),
        Field("source", _K.TEXT),
        Field("deal_id", _K.KEY, required=True, made=Made.FROM_ROW),
    ),
    "activities": (
        Field("created_at", _K.MOMENT, required=True),
        Field("type", _K.CHOICE, required=True, choices=("call", "task", "meeting", "proposal")),
        Field("manager_id", _K.MANAGER, required=True),
        Field("client_phone", _K.PHONE),
        Field("client_name", _K.TEXT),  # finds the phone of a known client
        Field("deal_id", _K.KEY),
        Field("subject", _K.TEXT),
        Field("due_at", _K.MOMENT),
        Field("done_at", _K.MOMENT),
        Field("result", _K.TEXT),
        Field("activity_id", _K.KEY, required=True, made=Made.FROM_ROW),
    ),
    "sales": (
        Field("sold_at", _K.DAY, required=True),
        Field("amount", _K.MONEY, required=True),
        Field("client_name", _K.TEXT),
        Field("client_phone", _K.PHONE),
        Field("manager_id", _K.MANAGER),
        Field("sale_id", _K.KEY, required=True, made=Made.FROM_ROW),
    ),
    "notes": (
        Field("created_at", _K.MOMENT, required=True),
        Field("text", _K.TEXT, required=True),
        Field("client_phone", _K.PHONE),
        Field("client_name", _K.TEXT),
        Field("deal_id", _K.KEY),
        Field("author_id", _K.MANAGER),
        Field("note_id", _K.KEY, required=True, made=Made.FROM_ROW),
    ),
    "managers": (
        Field("name", _K.TEXT, required=True),
        Field("manager_id", _K.KEY, required=True, made=Made.FROM_ROW),
        Field("role", _K.CHOICE, choices=_ROLES),
        Field("extension", _K.TEXT),
        Field("group", _K.TEXT),
        Field("hired_at", _K.DAY),
        Field("left_at", _K.DAY),
    ),
}  # fmt: skip

#: Tables that keep columns nobody has a name for.
KEEPS_THE_REST: Final = frozenset({"calls", "deals", "activities", "managers"})


def field_of(entity: str, name: str) -> Field | None:
    return next((item for item in FIELDS.get(entity, ()) if item.name == name), None)


@dataclass(frozen=True, slots=True)
class FileMapping:
    """``columns``: field to header; ``times``: field to the header of the column that holds its time of day.

    ``constants``: field to a text that every row gets. ``words``: field to what is written to what is meant.
    ``decimal``: the mark before hundredths where a number can be read in two ways; "" refuses such numbers.
    ``timezone``, ``phone_region``: "" is the company's. ``encoding``, ``delimiter``: of a CSV file, "" finds out.
    ``group_field``: where the text of a heading of a group goes, for the rows below it. ``header_row`` and
    ``header_rows``: where the header stood; looked at first, then it is looked for.
    """

    entity: str
    columns: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sheet: str = ""
    header_row: int = 0
    header_rows: int = 1
    date_order: DateOrder = DateOrder.DAY_FIRST
    decimal: str = ","
    timezone: str = ""
    phone_region: str = ""
    encoding: str = ""
    delimiter: str = ""
    group_field: str = ""
    keep_rest: bool = True

    def as_json(self) -> dict[str, Any]:
        names = self.__dataclass_fields__
        found = {name: getattr(self, name) for name in names}
        return {
            **found,
            "columns": dict(self.columns),
            "times": dict(self.times),
            "constants": dict(self.constants),
            "words": {name: dict(words) for name, words in self.words.items()},
            "date_order": self.date_order.value,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> FileMapping:
        known = {name: value for name, value in data.items() if name in cls.__dataclass_fields__}
        return cls(**{**known, "date_order": DateOrder(data.get("date_order", "dmy"))})

    @property
    def headers(self) -> frozenset[str]:
        """Every column that it needs."""
        return frozenset((*self.columns.values(), *self.times.values()))

    def missing_fields(self) -> tuple[str, ...]:
        """Required fields that nothing is said about and that can't be made."""
        told = {*self.columns, *self.constants, self.group_field}
        if self.entity == "calls" and "talk_s" not in told:
            told.discard("outcome")
        return tuple(
            item.name
            for item in FIELDS.get(self.entity, ())
            if item.required and item.made is Made.NOTHING and item.name not in told
        )


@dataclass(frozen=True, slots=True)
class SavedMapping:
    """A mapping under a name. Saving again makes a new ``version``; the earlier ones stay."""

    name: str
    version: int
    header_print: str
    mapping: FileMapping
    saved_at: datetime
    saved_by: str


class RowKind(StrEnum):
    """Rows of a sheet that are no rows of the table; counted and left out."""

    DATA = "data"
    BLANK = "blank"
    TOTAL = "total"
    HEADER_AGAIN = "header_again"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """One import of a file. ``counts``: numbers by name; ``created`` rows can be taken back.

    ``ended_at`` is None while it runs, or when it was stopped: importing the file again goes on.
    """

    batch_id: str
    mapping: str
    entity: str
    file: str
    file_print: str
    began_at: datetime
    began_by: str
    ended_at: datetime | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    undone_at: datetime | None = None
    undone_by: str | None = None
