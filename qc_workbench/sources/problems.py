"""What was wrong in what we were given: the place, the value, a code that says what was expected."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

#: Longest value repeated in a report; longer ones are cut, the place says where to look.
VALUE_SHOWN = 200


class Severity(StrEnum):
    REJECTED = "rejected"  # the row (or the whole file, when ``row`` is None) was not imported
    WARNING = "warning"  # imported, but something about it needs a look


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in one place.

    ``row`` is the line number an editor shows (the first one of a record that spans several;
    in a workbook the row of the sheet), None when the whole file is meant. ``code`` names
    the texts ``reject.<code>`` (what is wrong, what happens, the next step) and
    ``expected.<code>`` of the catalogue; ``params`` fill them in together with ``value`` and ``column``.
    """

    file: str
    row: int | None
    column: str | None
    value: str
    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    severity: Severity = Severity.REJECTED

    @classmethod
    def of(cls, error: BadValueError, source: str, place: int, row: Mapping[str, Any], key: object) -> Problem:
        """A row of a connected system that could not be read; ``key``: what the system calls it."""
        column = str(error.params.get("name", "")) or None
        value = shown(row.get(column, "")) if column else ""
        return cls(source, place, column, value, error.code, {"id": shown(key), **error.params})

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "params": dict(self.params), "severity": self.severity.value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Problem:
        return cls(**{**data, "severity": Severity(data["severity"])})


class BadValueError(Exception):
    """A value that cannot be understood; ``code`` and ``params`` as in :class:`Problem`."""

    def __init__(self, code: str, **params: str | int) -> None:
        self.code = code
        self.params = params
        super().__init__(code)


#: What Python raises where a module stumbles over a value that it did not expect, beside what modules raise on purpose.
STUMBLES: Final = (
    BadValueError, LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError, csv.Error,
)  # fmt: skip


def shown(value: object) -> str:
    """A value as a report repeats it: one line, printable, not endless."""
    text = "".join(char if char.isprintable() else "�" for char in str(value).replace("\n", " ").replace("\r", ""))
    return text if len(text) <= VALUE_SHOWN else text[: VALUE_SHOWN - 1] + "…"
