"""Measures that a repeat check proposed and what people decided: rows to domain values and back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from qc_workbench.domain.measure import Decided, Measure, MeasureDecision, MeasureKind, MeasureReason
from qc_workbench.store.database import Reader, Row, from_json, to_json


def measure_row(measure: Measure) -> Mapping[str, Any]:
    return {
        "measure_id": measure.measure_id,
        "month": measure.month,
        "agent": measure.agent,
        "proposed": measure.proposed.value,
        "because": measure.because.value,
        "hypothesis_ids": to_json(list(measure.hypothesis_ids)),
        "letter_id": measure.letter_id,
        "proposed_at": measure.proposed_at,
    }


def measures_of_month(reader: Reader, month: date) -> list[Measure]:
    """Proposals of the month's last repeat check, by agent, undecided; see :func:`decisions_on`."""
    return [_measure_of(row) for row in _proposals(reader, "month = ?", month)]


def measures_of_agent(reader: Reader, agent: str) -> list[Measure]:
    return [_measure_of(row) for row in _proposals(reader, "agent = ?", agent)]


def all_measures(reader: Reader) -> list[Measure]:
    """Of all months and agents: a handful a month."""
    return [_measure_of(row) for row in _proposals(reader, "true")]


def measure_with_id(reader: Reader, measure_id: str) -> Measure | None:
    row = reader.row("select * from measures where measure_id = ?", measure_id)
    return _measure_of(row) if row else None


def _proposals(reader: Reader, where: str, *values: object) -> list[Row]:
    """Of each agent and month the latest one: a check made again may propose something else."""
    return reader.rows(
        f"select * from measures where {where} "  # noqa: S608 - literals of this module
        "qualify row_number() over (partition by month, agent order by proposed_at desc, measure_id) = 1 "
        "order by month, agent",
        *values,
    )


def _measure_of(row: Row) -> Measure:
    return Measure(
        measure_id=row["measure_id"],
        month=row["month"],
        agent=row["agent"],
        proposed=MeasureKind(row["proposed"]),
        because=MeasureReason(row["because"]),
        hypothesis_ids=tuple(from_json(row["hypothesis_ids"])),
        letter_id=row["letter_id"],
        proposed_at=row["proposed_at"],
    )


def with_decisions(measures: Iterable[Measure], standing: Mapping[str, Decided]) -> tuple[Measure, ...]:
    return tuple(replace(item, decided=standing.get(item.measure_id)) for item in measures)


def decision_row(decision: Decided) -> Mapping[str, Any]:
    return {
        "decision_id": decision.decision_id,
        "measure_id": decision.measure_id,
        "decision": decision.decision.value,
        "kind": decision.kind.value,
        "reason": decision.reason,
        "decided_by": decision.by,
        "decided_at": decision.at,
        "supersedes": decision.supersedes,
    }


def decisions_on(reader: Reader, measure_ids: Collection[str]) -> list[Decided]:
    """Every decision on these measures, oldest first: which of them stand is a rule."""
    rows = reader.rows(
        "select * from measure_decisions where measure_id in (select unnest(?::varchar[])) "
        "order by decided_at, decision_id",
        list(measure_ids),
    )
    return [
        Decided(
            row["decision_id"], row["measure_id"], MeasureDecision(row["decision"]), MeasureKind(row["kind"]),
            row["reason"], row["decided_by"], row["decided_at"], row["supersedes"],
        )
        for row in rows
    ]  # fmt: skip
