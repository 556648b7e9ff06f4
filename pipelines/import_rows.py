"""Imported values against what the store has: what is new, what differs, and writing just that."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qc_workbench.sources.csv_folder import KnownIds
from qc_workbench.store import calls, crm
from qc_workbench.store.database import Reader, Store, insert_all

Row = Mapping[str, Any]

#: Rows written in one transaction: few transactions, and none that holds up others for long.
ROWS_A_COMMIT = 5_000


@dataclass(frozen=True, slots=True)
class Destination:
    """A table that imports write to. ``kept``: columns that a later import does not overwrite."""

    table: str
    key: tuple[str, ...]
    to_row: Callable[[Any, datetime], Row]
    kept: tuple[str, ...] = ()


DESTINATIONS: Mapping[str, Destination] = {
    "managers": Destination("managers", ("manager_id",), lambda entry, _: calls.manager_row(entry)),
    "deals": Destination("deals", ("deal_id",), lambda entry, _: crm.deal_row(entry)),
    "stage_changes": Destination(
        "stage_changes", ("deal_id", "changed_at"), lambda entry, _: crm.stage_change_row(entry)
    ),
    "activities": Destination("activities", ("activity_id",), lambda entry, _: crm.activity_row(entry)),
    "activity_changes": Destination(
        "activity_changes", ("activity_id", "changed_at", "field"), lambda entry, _: crm.activity_change_row(entry)
    ),
    "notes": Destination("notes", ("note_id",), lambda entry, _: crm.note_row(entry)),
    "sales": Destination("sales", ("sale_id",), lambda entry, _: crm.sale_row(entry)),
    # last: a call is worked on as soon as it is there, and its client's deals should be there by then
    "calls": Destination("calls", ("call_id",), calls.call_row, kept=("imported_at",)),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows to write, and how many of each kind there are. ``made``: those of them that were not there."""

    rows: tuple[Row, ...]
    new: int
    updated: int
    unchanged: int
    made: tuple[Row, ...] = ()


def difference(reader: Reader, destination: Destination, entries: Sequence[Any], imported_at: datetime) -> Difference:
    """Compare by key. A row that differs only in ``kept`` columns is unchanged and keeps them."""
    rows: list[Row] = []
    made: list[Row] = []
    updated = 0
    for start in range(0, len(entries), ROWS_A_COMMIT):
        given = [destination.to_row(entry, imported_at) for entry in entries[start : start + ROWS_A_COMMIT]]
        stored = _stored(reader, destination, given)
        for row in given:
            before = stored.get(_key(destination, row))
            if before is None:
                made.append(row)
                rows.append(row)
                continue
            row = {**row, **{name: before[name] for name in destination.kept}}
            if row != before:
                updated += 1
                rows.append(row)
    return Difference(tuple(rows), len(made), updated, len(entries) - len(made) - updated, tuple(made))


def _key(destination: Destination, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in destination.key)


def _stored(reader: Reader, destination: Destination, given: Sequence[Row]) -> dict[tuple[Any, ...], Row]:
    """The rows that are kept under the first part of these rows' keys: a table may hold years, an import a night."""
    first = destination.key[0]
    found = reader.rows(
        f"select * from {destination.table} where {first} in (select unnest(?::varchar[]))",  # noqa: S608 - DESTINATIONS
        sorted({row[first] for row in given}),
    )
    return {_key(destination, row): row for row in found}


def write_rows(store: Store, destination: Destination, found: Difference) -> Iterator[int]:
    """Insert and replace in a few transactions; yields how many rows each had."""
    for start in range(0, len(found.rows), ROWS_A_COMMIT):
        part = found.rows[start : start + ROWS_A_COMMIT]
        store.write(*insert_all(destination.table, part, replace=True))
        yield len(part)


def known_ids(reader: Reader) -> KnownIds:
    """Ids that references in an import may point to without being in it."""

    def ids(sql: str) -> frozenset[str]:
        return frozenset(str(next(iter(row.values()))) for row in reader.rows(sql))

    return KnownIds(
        managers=ids("select manager_id from managers"),
        deals=ids("select deal_id from deals"),
        activities=ids("select activity_id from activities"),
    )
