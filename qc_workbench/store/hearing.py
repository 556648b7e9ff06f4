"""Heard seconds: rows to values and back."""

from __future__ import annotations

from collections.abc import Collection

from qc_workbench.domain.hearing import Heard
from qc_workbench.store.database import Reader, Row, Statement, Write, from_json, insert, to_json


def heard_of(row: Row) -> Heard:
    ranges = tuple((start, end) for start, end in from_json(row["ranges"]))
    return Heard(**{**row, "ranges": ranges})


def heard_by(reader: Reader, call_id: str, person_id: str) -> Heard | None:
    row = reader.row("select * from heard where call_id = ? and person_id = ?", call_id, person_id)
    return heard_of(row) if row else None


def heard_of_calls(reader: Reader, call_ids: Collection[str]) -> dict[tuple[str, str], Heard]:
    """(call_id, person_id) -> what that person heard of the call."""
    rows = reader.rows("select * from heard where call_id in (select unnest(?::varchar[]))", list(call_ids))
    return {(row["call_id"], row["person_id"]): heard_of(row) for row in rows}


def heard_written(now: Heard, before: Heard | None) -> Write:
    """The write of what is heard now. It is refused (:class:`~qc_workbench.errors.WriteRefused`) when another window
    has told something since ``before`` was read.
    """
    row = {
        "call_id": now.call_id,
        "person_id": now.person_id,
        "ranges": to_json([[round(start, 2), round(end, 2)] for start, end in now.ranges]),
        "heard_s": now.heard_s,
        "spent_s": now.spent_s,
        "last_report": now.last_report,
        "updated_at": now.updated_at,
    }
    key = (now.call_id, now.person_id)
    still = (
        Statement("select 1 where not exists (select 1 from heard where call_id = ? and person_id = ?)", key)
        if before is None
        else Statement(
            "select 1 from heard where call_id = ? and person_id = ? and updated_at = ?", (*key, before.updated_at)
        )
    )
    return Write((insert("heard", row, replace=True),), require=(still,))
