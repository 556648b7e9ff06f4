"""Suggested breaches of order of one agent, counted and paged where the rows are."""

from __future__ import annotations

from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.store.database import Reader
from qc_workbench.store.scoping import Stretch
from qc_workbench.store.verdicts import violation_of

_OF_AGENT = "from violations where manager_id = ? and happened_at >= ? and happened_at < ?"


def violation_counts(reader: Reader, manager_id: str, within: Stretch) -> dict[ViolationKind, int]:
    """Kind -> how many, the commonest first."""
    rows = reader.rows(
        f"select kind, count(*) as n {_OF_AGENT} group by kind order by n desc, kind",
        manager_id,
        *within,
    )
    return {ViolationKind(row["kind"]): int(row["n"]) for row in rows}


def violations_listed(
    reader: Reader, manager_id: str, within: Stretch, kind: ViolationKind | None, limit: int, offset: int
) -> list[Violation]:
    """Those of a kind, or of all kinds; the newest first."""
    code = None if kind is None else kind.value
    rows = reader.rows(
        f"select * {_OF_AGENT} and (? is null or kind = ?) order by happened_at desc, violation_id limit ? offset ?",
        manager_id,
        *within,
        code,
        code,
        limit,
        offset,
    )
    return [violation_of(row) for row in rows]
