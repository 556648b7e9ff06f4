"""Saved mappings of files, imports of files, and the rows that each made. Rows to values and back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from qc_workbench.domain.file_mapping import FileMapping, ImportBatch, SavedMapping
from qc_workbench.store.database import Reader, Row, Statement, from_json, to_json

#: Tables a file is read into, and their keys.
KEYS: Final[Mapping[str, str]] = {
    "calls": "call_id",
    "deals": "deal_id",
    "activities": "activity_id",
    "sales": "sale_id",
    "notes": "note_id",
    "managers": "manager_id",
}
#: Not part of what an import says of a row.
_OF_THE_STORE: Final = frozenset({"imported_at"})
#: Where somebody did something with a row, or something else rests on it: then it is not taken back.
_USED_IN: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "calls": tuple(
        (table, "call_id")
        for table in (
            "agent_answers", "answer_checks", "calibration_sessions", "case_words", "clips", "comments",
            "deal_findings", "dispute_moves", "evaluations", "evening_items", "flags",
            "heard", "sample", "second_looks", "transcripts",
            "violation_findings", "source_calls",
        )
    ),
    "deals": tuple(
        (table, "deal_id")
        for table in (
            "activities", "deal_findings", "evening_items", "notes", "recalls", "refusal_decisions", "stage_changes",
            "violation_findings",
        )
    ),
    "activities": (
        ("activity_changes", "activity_id"), ("evening_items", "activity_id"), ("violation_findings", "activity_id"),
    ),
    "sales": (),
    "notes": (),
    "managers": (
        ("calls", "manager_id"), ("deals", "manager_id"), ("activities", "manager_id"), ("sales", "manager_id"),
        ("notes", "author_id"), ("people", "agent_id"), ("team_agents", "agent_id"),
    ),
}  # fmt: skip
#: What steps worked out of a call alone: goes with it.
_DERIVED: Final = ("recordings", "conversations", "detected", "search_calls")


def mapping_row(saved: SavedMapping, *, removed: bool = False) -> Mapping[str, Any]:
    return {
        "name": saved.name,
        "version": saved.version,
        "header_print": saved.header_print,
        "body": to_json(saved.mapping.as_json()),
        "saved_at": saved.saved_at,
        "saved_by": saved.saved_by,
        "removed": removed,
    }


def _mapping_of(row: Row) -> SavedMapping:
    body = FileMapping.from_json(from_json(row["body"]))
    return SavedMapping(row["name"], row["version"], row["header_print"], body, row["saved_at"], row["saved_by"])


_CURRENT: Final = (
    "select * from file_mappings latest "
    "where version = (select max(version) from file_mappings every where every.name = latest.name)"
)


def mappings(reader: Reader) -> list[SavedMapping]:
    """The newest version of each that was not removed, by name."""
    return [_mapping_of(row) for row in reader.rows(f"{_CURRENT} and not removed order by name")]


def mapping_named(reader: Reader, name: str) -> SavedMapping | None:
    row = reader.row(f"{_CURRENT} and not removed and name = ?", name)
    return None if row is None else _mapping_of(row)


def last_version(reader: Reader, name: str) -> int:
    """Of removed ones too; 0 for a new name."""
    return int(reader.value("select coalesce(max(version), 0) from file_mappings where name = ?", name))


def batch_row(batch: ImportBatch, reading: str) -> Mapping[str, Any]:
    return {
        "batch_id": batch.batch_id,
        "mapping": batch.mapping,
        "reading": reading,
        "entity": batch.entity,
        "file": batch.file,
        "file_print": batch.file_print,
        "began_at": batch.began_at,
        "began_by": batch.began_by,
        "ended_at": batch.ended_at,
        "counts": to_json(dict(batch.counts)),
        "undone_at": batch.undone_at,
        "undone_by": batch.undone_by,
    }


def _batch_of(row: Row) -> ImportBatch:
    return ImportBatch(
        **{name: value for name, value in row.items() if name not in ("reading", "counts")},
        counts=from_json(row["counts"]),
    )


def batches(reader: Reader, limit: int) -> list[ImportBatch]:
    """The newest first."""
    rows = reader.rows("select * from import_batches order by began_at desc, batch_id limit ?", limit)
    return [_batch_of(row) for row in rows]


def batch(reader: Reader, batch_id: str) -> ImportBatch | None:
    row = reader.row("select * from import_batches where batch_id = ?", batch_id)
    return None if row is None else _batch_of(row)


def unfinished(reader: Reader, reading: str, file_print: str) -> ImportBatch | None:
    """An import of the same file in the same way that was stopped."""
    row = reader.row(
        "select * from import_batches where reading = ? and file_print = ? and ended_at is null and undone_at is null "
        "order by began_at limit 1",
        reading,
        file_print,
    )
    return None if row is None else _batch_of(row)


def was_read(reader: Reader, reading: str, file_print: str) -> bool:
    """Whether this file was read in this way to its end, also where a person took that back."""
    found = reader.value(
        "select count(*) from import_batches where reading = ? and file_print = ? "
        "and (ended_at is not null or undone_at is not null)",
        reading,
        file_print,
    )
    return bool(found)


def created_row(batch_id: str, entity: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"batch_id": batch_id, "entity": entity, "row_id": row[KEYS[entity]], "digest": digest_of(row)}


def created_rows(reader: Reader, batch_id: str) -> list[tuple[str, str, str]]:
    """(table, id, digest) of what an import made."""
    rows = reader.rows("select * from import_batch_rows where batch_id = ? order by entity, row_id", batch_id)
    return [(row["entity"], row["row_id"], row["digest"]) for row in rows]


def digest_of(row: Mapping[str, Any]) -> str:
    """The same for the values of a row as they are written and as they are read."""
    said = {name: _plain(value) for name, value in row.items() if name not in _OF_THE_STORE}
    return hashlib.sha256(to_json(said).encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value


def phones_by_name(reader: Reader) -> list[tuple[str, str]]:
    """(name, phone) of every client whose name and number are known: of a deal its first number."""
    rows = reader.rows(
        "select distinct client_name as name, client_phones ->> 0 as phone from deals where client_name is not null "
        "union select distinct client_name, client_phone from sales where client_name is not null"
    )
    return [(row["name"], row["phone"]) for row in rows if row["phone"]]


def untouched(reader: Reader, entity: str, made: Mapping[str, str]) -> list[str]:
    """Of these ids (with their digests), those that are as they were written and that nothing rests on."""
    key = KEYS[entity]
    found = reader.rows(
        f"select * from {entity} where {key} in (select unnest(?::varchar[]))",  # noqa: S608 - KEYS
        sorted(made),
    )
    same = {row[key] for row in found if digest_of(row) == made[row[key]]}
    for table, column in _USED_IN[entity]:
        if not same:
            break
        used = reader.rows(
            f"select distinct {column} as id from {table} where {column} in (select unnest(?::varchar[]))",  # noqa: S608
            sorted(same),
        )
        same -= {row["id"] for row in used}
    if entity == "calls" and same:
        heard = reader.rows(
            "select call_id from recordings "
            "where content_hash is not null and call_id in (select unnest(?::varchar[]))",
            sorted(same),
        )
        same -= {row["call_id"] for row in heard}
    return sorted(same)


def removal(entity: str, ids: Sequence[str]) -> list[Statement]:
    """Takes rows away, with what was worked out of them."""
    tables = (*(_DERIVED if entity == "calls" else ()), entity)
    return [
        Statement(f"delete from {table} where {KEYS[entity]} in (select unnest(?::varchar[]))", (list(ids),))  # noqa: S608
        for table in tables
    ]


def without_memory(ids: Sequence[str]) -> Statement:
    """Forgets that imports made these rows: a person they are about was erased."""
    return Statement("delete from import_batch_rows where row_id in (select unnest(?::varchar[]))", (list(ids),))
