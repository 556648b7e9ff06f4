"""The cells of one row of a table, read by column; every bad one is noted with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from qc_workbench.sources import phones, values
from qc_workbench.sources.problems import BadValueError, Problem, Severity, shown
from qc_workbench.sources.tables import Table, TableRow

Value = TypeVar("Value")
Word = TypeVar("Word", bound=StrEnum)

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Conventions:
    """What the company's settings say about reading: the country of short phones, the zone of bare days."""

    phone_region: str
    zone: ZoneInfo


class Cells:
    """The cells of one row by column; every bad one is noted and reading goes on.

    A required value that is missing or bad comes back as a stand-in: the row is
    discarded anyway when :attr:`rejected` is true, but its other cells get checked too.
    """

    def __init__(self, table: Table, row: TableRow, conventions: Conventions) -> None:
        self.cells = dict(zip(table.columns, row.cells, strict=True))
        self.conventions = conventions
        self.problems: list[Problem] = []
        self._file = table.file
        self._row = row.number

    @property
    def rejected(self) -> bool:
        return any(problem.severity is Severity.REJECTED for problem in self.problems)

    def note(self, column: str, code: str, **params: str | int) -> None:
        """A reason to reject the row."""
        self._add(column, code, params, Severity.REJECTED)

    def warn(self, column: str, code: str, **params: str | int) -> None:
        """Something to look at; the row stays."""
        self._add(column, code, params, Severity.WARNING)

    def _add(self, column: str, code: str, params: Mapping[str, str | int], severity: Severity) -> None:
        value = shown(self.cells.get(column, ""))
        self.problems.append(Problem(self._file, self._row, column, value, code, params, severity))

    def optional(self, column: str, read: Callable[[str], Value]) -> Value | None:
        text = self.cells.get(column, "")
        if not text:
            return None
        try:
            return read(text)
        except BadValueError as bad:
            self.note(column, bad.code, **bad.params)
            return None

    def required(self, column: str, read: Callable[[str], Value], stand_in: Value) -> Value:
        if not self.cells.get(column, ""):
            self.note(column, "value_missing")
            return stand_in
        found = self.optional(column, read)
        return stand_in if found is None else found

    def key(self, column: str) -> str:
        return self.required(column, values.identifier, "")

    def reference(self, column: str) -> str | None:
        return self.optional(column, values.identifier)

    def text(self, column: str) -> str | None:
        return self.cells.get(column, "") or None

    def required_text(self, column: str) -> str:
        return self.required(column, str, "")

    def moment(self, column: str) -> datetime | None:
        return self.optional(column, lambda text: values.moment(text, self.conventions.zone))

    def required_moment(self, column: str) -> datetime:
        return self.required(column, lambda text: values.moment(text, self.conventions.zone), _NEVER)

    def day(self, column: str) -> datetime | None:
        return self.optional(column, lambda text: values.moment(text, self.conventions.zone, day_is_enough=True))

    def required_day(self, column: str) -> datetime:
        zone = self.conventions.zone
        return self.required(column, lambda text: values.moment(text, zone, day_is_enough=True), _NEVER)

    def seconds(self, column: str) -> float | None:
        return self.optional(column, values.seconds)

    def choice(self, column: str, choices: type[Word], *allowed: Word) -> Word | None:
        return self.optional(column, lambda text: values.choice(text, choices, allowed))

    def required_choice(self, column: str, stand_in: Word) -> Word:
        return self.required(column, lambda text: values.choice(text, type(stand_in)), stand_in)

    def phone(self, column: str) -> str | None:
        """One number, or None when it is hidden."""
        text = self.cells.get(column, "")
        if phones.is_hidden(text):
            return None
        return self.optional(column, lambda text: phones.e164(text, self.conventions.phone_region))

    def attributes(self, known: tuple[str, ...]) -> Mapping[str, str]:
        return {name: text for name, text in self.cells.items() if text and name not in known}
