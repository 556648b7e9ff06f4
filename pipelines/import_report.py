"""What an import did, and the two tables a person corrects their export by: rejects.csv and warnings.csv."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import get_ident
from typing import Any, Final

from qc_workbench.reporting.exports import safe_cell
from qc_workbench.sources.csv_folder import ENTITIES
from qc_workbench.sources.problems import Problem
from qc_workbench.ui.i18n import Translator

#: Tables in the order of reports.
TABLES = tuple(entity.name for entity in ENTITIES)
COLUMNS = ("file", "row", "column", "value", "expected", "message")


@dataclass(frozen=True, slots=True)
class EntityCounts:
    """Rows of one table. ``rejected`` counts rows; one row may have several problems."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0

    @property
    def read(self) -> int:
        return self.new + self.updated + self.unchanged


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one import of one folder did.

    ``counts``: by table (``managers``, ``calls``, ``deals`` …; texts ``entity.<name>``).
    ``recording_states``: calls of this import by :class:`~qc_workbench.domain.call.RecordingState`.
    ``rejects``: what was not imported; ``warnings``: imported, but worth a look (missing recordings …).
    ``duplicate_ids``: rows whose id had been read before; ``duplicate_sounds``: recordings kept once for
    several calls. ``nothing_new``: this import is the same as the last one and changed nothing.
    """

    source: str
    folder: str
    counts: Mapping[str, EntityCounts]
    recording_states: Mapping[str, int]
    rejects: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    duplicate_ids: int = 0
    duplicate_sounds: int = 0
    new_sounds: int = 0
    nothing_new: bool = False
    rejects_file: Path | None = None
    warnings_file: Path | None = None

    @property
    def rejected(self) -> int:
        """Rows (and whole files) that were not imported."""
        return len({(problem.file, problem.row) for problem in self.rejects})

    def stored_counts(self) -> dict[str, Any]:
        return {
            "entities": {name: asdict(counts) for name, counts in self.counts.items()},
            "recording_states": dict(self.recording_states),
            "duplicate_ids": self.duplicate_ids,
            "duplicate_sounds": self.duplicate_sounds,
        }


@dataclass(frozen=True, slots=True)
class StoredCounts:
    """The counts of an import that ended, as the ``imports`` table keeps them."""

    entities: Mapping[str, EntityCounts] = field(default_factory=dict)
    recording_states: Mapping[str, int] = field(default_factory=dict)
    duplicate_ids: int = 0
    duplicate_sounds: int = 0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StoredCounts:
        return cls(**{**data, "entities": {name: EntityCounts(**item) for name, item in data["entities"].items()}})

    def nothing_new(self) -> dict[str, EntityCounts]:
        """The same rows met again: all of them unchanged."""
        return {
            name: EntityCounts(unchanged=self.entities[name].read, rejected=self.entities[name].rejected)
            for name in TABLES
            if name in self.entities
        }


def place(problem: Problem, t: Translator) -> str:
    """«calls.csv, строка 5, столбец talk_s»."""
    parts = [problem.file]
    if problem.row is not None:
        parts.append(t("import.place.row", row=problem.row))
    if problem.column is not None:
        parts.append(t("import.place.column", column=problem.column))
    return ", ".join(parts)


def message(problem: Problem, t: Translator) -> str:
    """What is wrong, what happened to the row, and what to do next; without the place."""
    return t(f"reject.{problem.code}", **_params(problem, t))


def expected(problem: Problem, t: Translator) -> str:
    return t(f"expected.{problem.code}", **_params(problem, t))


def describe(problem: Problem, t: Translator) -> str:
    """Place and message in one line, for a terminal."""
    return f"{place(problem, t)}: {message(problem, t)}"


def _params(problem: Problem, t: Translator) -> dict[str, object]:
    params: dict[str, object] = {"value": problem.value, "column": problem.column or "", **problem.params}
    if "similar" in params:
        similar = params["similar"]
        params["hint"] = t("import.did_you_mean", similar=similar) if similar else ""
    if params.get("detail_code"):
        params["detail"] = t(f"recording_detail.{params['detail_code']}", value=params.get("detail_value", ""))
    return params


def write_problems(path: Path, problems: Iterable[Problem], t: Translator) -> None:
    """Write the table anew, all or nothing. UTF-8 with a BOM, because it is opened in Excel."""
    temporary = path.with_name(f".{path.name}.{get_ident()}.new")  # sources are read side by side
    with temporary.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for problem in problems:
            row = (problem.file, problem.row or "", problem.column or "", problem.value)
            writer.writerow([_harmless(str(cell)) for cell in (*row, expected(problem, t), message(problem, t))])
    temporary.replace(path)


def _harmless(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula is quoted; signed numbers and phones are left alone."""
    return cell if _SIGNED.fullmatch(cell) else safe_cell(cell)


_SIGNED: Final = re.compile(r"[+-][\d ().,-]*")
