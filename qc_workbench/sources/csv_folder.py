"""The generic file import: a folder of tables (docs/data-formats.md) to domain values and problems.

Reads files, decides nothing about the store. Whatever is wrong with the contents becomes a
:class:`~qc_workbench.sources.problems.Problem`; only a folder that cannot be read or has no calls is an error.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from qc_workbench.domain.call import Call, Manager
from qc_workbench.domain.crm import Activity, ActivityChange, Deal, Note, Sale, StageChange
from qc_workbench.errors import ImportFailed
from qc_workbench.sources import rows
from qc_workbench.sources.cells import Conventions
from qc_workbench.sources.problems import Problem, Severity, shown
from qc_workbench.sources.rows import Entity, Entries, read_entries
from qc_workbench.sources.tables import Table, column_name, header_problems, is_workbook, read_csv, read_workbook
from qc_workbench.sources.values import nearest

Entry = TypeVar("Entry")

#: Every table of the format, in the order in which references point.
ENTITIES: tuple[Entity[Any], ...] = (
    rows.MANAGERS,
    rows.CALLS,
    rows.DEALS,
    rows.STAGE_CHANGES,
    rows.ACTIVITIES,
    rows.ACTIVITY_CHANGES,
    rows.NOTES,
    rows.SALES,
)
_NAMES = tuple(entity.name for entity in ENTITIES)


@dataclass(frozen=True, slots=True)
class KnownIds:
    """What the store has already, so that a reference to it is not reported as unknown."""

    managers: frozenset[str] = frozenset()
    deals: frozenset[str] = frozenset()
    activities: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FolderContents:
    """Everything a folder holds. ``problems`` are those of whole files and of references between them."""

    managers: Entries[Manager] = field(default_factory=Entries)
    calls: Entries[Call] = field(default_factory=Entries)
    deals: Entries[Deal] = field(default_factory=Entries)
    stage_changes: Entries[StageChange] = field(default_factory=Entries)
    activities: Entries[Activity] = field(default_factory=Entries)
    activity_changes: Entries[ActivityChange] = field(default_factory=Entries)
    notes: Entries[Note] = field(default_factory=Entries)
    sales: Entries[Sale] = field(default_factory=Entries)
    problems: tuple[Problem, ...] = ()

    def by_name(self) -> Mapping[str, Entries[Any]]:
        return {name: getattr(self, name) for name in _NAMES}


def table_files(folder: Path) -> tuple[Path, ...]:
    """The CSV files and workbooks of a folder, sorted.

    Raises :class:`ImportFailed` ``import_folder_missing``, ``import_folder_unreadable`` or, when there is
    neither a calls.csv nor a workbook, ``import_calls_missing``.
    """
    try:
        if not folder.is_dir():
            raise ImportFailed("import_folder_missing", folder=str(folder))
        files = tuple(sorted(item for item in folder.iterdir() if _is_table(item)))
    except OSError as error:
        raise ImportFailed(
            "import_folder_unreadable", folder=str(folder), detail=error.strerror or str(error)
        ) from error
    if not any(_table_name(item) == "calls" or is_workbook(item) for item in files):
        raise _calls_missing(folder, files)
    return files


def _is_table(path: Path) -> bool:
    # is_file() also keeps pipes and devices out, which would hang the reader
    return (path.suffix.lower() == ".csv" or is_workbook(path)) and path.is_file() and not path.name.startswith(".")


def _leads_out(path: Path) -> bool:
    """By a link: whoever may put one into the folder need not be one who may read what it leads to."""
    return not path.resolve().is_relative_to(path.parent.resolve())


def _table_name(path: Path) -> str:
    return column_name(path.stem) if path.suffix.lower() == ".csv" else ""


def _calls_missing(folder: Path, files: tuple[Path, ...]) -> ImportFailed:
    found = shown(", ".join(item.name for item in files)) or "—"
    return ImportFailed("import_calls_missing", folder=str(folder), found=found)


def contents_fingerprint(folder: Path) -> str:
    """sha256 over the names and bytes of all table files: equal means that there is nothing new to read."""
    digest = hashlib.sha256()
    for path in table_files(folder):
        digest.update(path.name.encode("utf-8", "surrogateescape") + b"\0")
        if _leads_out(path):
            continue
        try:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        except OSError as error:
            digest.update(str(error).encode())
    return digest.hexdigest()


def read_folder(folder: Path, conventions: Conventions, known: KnownIds | None = None) -> FolderContents:
    """Read all tables of a folder. Raises what :func:`table_files` raises."""
    files = table_files(folder)
    tables, problems = _tables(files)
    if "calls" not in tables and not any(_table_name(path) == "calls" for path in files):
        raise _calls_missing(folder, files)
    contents = FolderContents(
        managers=_entries(rows.MANAGERS, tables, conventions),
        calls=_entries(rows.CALLS, tables, conventions),
        deals=_entries(rows.DEALS, tables, conventions),
        stage_changes=_entries(rows.STAGE_CHANGES, tables, conventions),
        activities=_entries(rows.ACTIVITIES, tables, conventions),
        activity_changes=_entries(rows.ACTIVITY_CHANGES, tables, conventions),
        notes=_entries(rows.NOTES, tables, conventions),
        sales=_entries(rows.SALES, tables, conventions),
        problems=tuple(problems),
    )
    return _with_references(contents, known or KnownIds())


def _tables(files: tuple[Path, ...]) -> tuple[dict[str, Table], list[Problem]]:
    tables: dict[str, Table] = {}
    problems: list[Problem] = []
    for path in files:
        name = _table_name(path)
        if is_workbook(path):
            continue
        if name not in _NAMES:
            similar = nearest(name, _NAMES)
            if similar and similar not in {_table_name(item) for item in files}:
                params = {"similar": f"{similar}.csv"}
                problems.append(Problem(path.name, None, None, path.name, "file_unknown", params, Severity.WARNING))
            continue
        entity = next(item for item in ENTITIES if item.name == name)
        if name in tables:
            # Calls.csv beside calls.csv: which one is meant cannot be told
            problems.append(Problem(path.name, None, None, path.name, "file_twice", {"used": tables[name].file}))
            continue
        if _leads_out(path):
            problems.append(Problem(path.name, None, None, path.name, "file_elsewhere"))
            continue
        try:
            tables[name] = read_csv(path.name, path.read_bytes(), entity.columns)
        except OSError as error:
            detail = error.strerror or str(error)
            problems.append(Problem(path.name, None, None, path.name, "file_unreadable", {"detail": detail}))
    for path in (item for item in files if is_workbook(item)):
        if _leads_out(path):
            problems.append(Problem(path.name, None, None, path.name, "file_elsewhere"))
            continue
        sheets, wrong = read_workbook(path.name, path, _NAMES)
        problems.extend(wrong)
        for name, table in sheets.items():
            if name in tables:
                params = {"used": tables[name].file}
                problems.append(Problem(table.file, None, None, name, "file_twice", params))
            else:
                tables[name] = table
    return tables, problems


def _entries(entity: Entity[Entry], tables: Mapping[str, Table], conventions: Conventions) -> Entries[Entry]:
    table = tables.get(entity.name)
    if table is None:
        return Entries()
    if not table.columns:
        return Entries(table.file, problems=table.problems)
    wrong = header_problems(table, entity.required, entity.columns)
    if wrong:
        # without a required column no row of the file can be good
        return Entries(table.file, problems=wrong, rejected_rows=len(table.rows))
    return read_entries(entity, table, conventions)


def _with_references(contents: FolderContents, known: KnownIds) -> FolderContents:
    """Add a warning for each id that is referred to but known nowhere: once per table and id, with the count.

    The rows stay: a call by an agent whom nobody listed is still a call.
    """
    managers = known.managers | {manager.manager_id for manager in contents.managers.values}
    deals = known.deals | {deal.deal_id for deal in contents.deals.values}
    activities = known.activities | {activity.activity_id for activity in contents.activities.values}
    found: list[Problem] = []
    by_name = contents.by_name()
    for name, column, targets, code in (
        ("calls", "manager_id", managers, "manager_unknown"),
        ("deals", "manager_id", managers, "manager_unknown"),
        ("activities", "manager_id", managers, "manager_unknown"),
        ("activities", "deal_id", deals, "deal_unknown"),
        ("notes", "deal_id", deals, "deal_unknown"),
        ("stage_changes", "deal_id", deals, "deal_unknown"),
        ("activity_changes", "activity_id", activities, "activity_unknown"),
    ):
        if not targets and code == "manager_unknown":
            continue  # managers.csv is optional: where there is none, nobody is unknown
        found.extend(_unknown(by_name[name], column, targets, code))
    if not found:
        return contents
    return replace(contents, problems=(*contents.problems, *found))


def _unknown(entries: Entries[Any], column: str, targets: frozenset[str], code: str) -> list[Problem]:
    rows_of: dict[str, list[int]] = {}
    for item in entries.placed:
        reference = getattr(item.entry, column)
        if reference and reference not in targets:
            rows_of.setdefault(reference, []).append(item.row)
    file = entries.file or ""
    return [
        Problem(file, places[0], column, shown(reference), code, {"n": len(places)}, Severity.WARNING)
        for reference, places in rows_of.items()
    ]
