"""Questions to agents and what they answered: what the right of reply is read from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from qc_workbench.domain.agent_answer import FaultAnswer
from qc_workbench.domain.flag import Finding, FlagKind, Ruling
from qc_workbench.store.database import Reader
from qc_workbench.store.faults import Batch, answered_at, suspicion_id
from qc_workbench.store.scoping import Agents, among
from qc_workbench.store.verdicts import STANDING_VIOLATION_FINDINGS, finding_of


def fault_answer_row(answer: FaultAnswer) -> Mapping[str, Any]:
    return {
        "answer_id": answer.answer_id,
        "batch": answer.batch,
        "manager_id": answer.agent_id,
        "answer": answer.text,
        "given_by": answer.by,
        "given_at": answer.at,
    }


def fault_answers(reader: Reader, batches: Collection[str]) -> dict[str, list[FaultAnswer]]:
    """By question, the oldest first."""
    rows = reader.rows(
        "select * from fault_answers where list_contains(?::varchar[], batch) order by given_at, answer_id",
        sorted(batches),
    )
    found: dict[str, list[FaultAnswer]] = defaultdict(list)
    for row in rows:
        found[row["batch"]].append(
            FaultAnswer(
                row["answer_id"], row["batch"], row["manager_id"], row["answer"], row["given_by"], row["given_at"]
            )
        )
    return dict(found)


def asked_batches(reader: Reader, agents: Agents) -> list[Batch]:
    """Questions about breaches and promises that still stand and are not ruled on, the oldest first."""
    mine, parameters = among(agents)
    rows = reader.rows(
        f"""
        select batch, manager_id, kind, ruled_by, ruled_at, count(*) as faults
        from ({STANDING_VIOLATION_FINDINGS}) where ruling = 'asked' and {mine}
        group by all order by ruled_at, batch
        """,  # noqa: S608 - constants of the program
        *parameters,
    )
    return [
        Batch(row["batch"], row["manager_id"], row["kind"], Ruling.ASKED, row["ruled_by"], row["ruled_at"],
              int(row["faults"]))
        for row in rows
    ]  # fmt: skip


def asked_faults(reader: Reader, batch: str) -> list[str]:
    """The faults of a question that nobody has ruled on since."""
    rows = reader.rows(
        f"""
        select violation_id from ({STANDING_VIOLATION_FINDINGS}) where ruling = 'asked' and batch = ?
        order by happened_at, violation_id
        """,  # noqa: S608 - constants of the program
        batch,
    )
    return [row["violation_id"] for row in rows]


def suspicion_history(reader: Reader, kind: FlagKind, call_id: str) -> tuple[list[Finding], tuple[datetime, ...]]:
    """All rulings on flags of this kind about a call, also on those a newer detection replaced; and when the agent
    answered."""
    rows = reader.rows(
        "select x.* from findings x join flags f using (flag_id) where f.kind = ? and f.call_id = ? "
        "order by x.ruled_at, x.finding_id",
        kind.value,
        call_id,
    )
    name = suspicion_id(kind, call_id)
    return [finding_of(row) for row in rows], answered_at(reader, [name]).get(name, ())
