"""Clips for those who choose among them, and whether their sound is still there."""

from __future__ import annotations

from collections.abc import Collection

from qc_workbench.domain.coaching import Clip
from qc_workbench.store.coaching import clip_of
from qc_workbench.store.database import Reader


def clips_for(reader: Reader, question: str, text: str, limit: int) -> tuple[list[Clip], int]:
    """Clips in the library whose title has ``text``, case aside: those kept for this question first, then the newest;
    and how many there are."""
    condition = "retired_at is null and contains(lower(title), lower(?))"
    rows = reader.rows(
        f"select * from clips where {condition} "  # noqa: S608 - literal of this function
        "order by question is not distinct from ? desc, kept_at desc, clip_id limit ?",
        text.strip(),
        question,
        limit,
    )
    total = reader.value(f"select count(*) from clips where {condition}", text.strip())  # noqa: S608 - literal of this function
    return [clip_of(row) for row in rows], int(total)


def clips_of_calls(reader: Reader, calls: Collection[str]) -> list[Clip]:
    """Clips in the library that are passages of these calls."""
    rows = reader.rows(
        "select * from clips where retired_at is null and call_id in (select unnest(?::varchar[])) order by clip_id",
        sorted(calls),
    )
    return [clip_of(row) for row in rows]
