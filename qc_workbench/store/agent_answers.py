"""Agents' answers: rows to domain values and back. Nothing here changes or removes one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from qc_workbench.domain.agent_answer import AgentAnswer
from qc_workbench.domain.flag import Finding, Flag, FlagKind
from qc_workbench.store.database import Reader, Row
from qc_workbench.store.verdicts import STANDING_FINDINGS, finding_of

#: ``answered``: when agents last answered about a call and kind of suspicion.
ANSWERED = "select call_id, kind, max(given_at) as answered_at from agent_answers group by call_id, kind"


def answer_row(answer: AgentAnswer) -> Mapping[str, Any]:
    return {
        "answer_id": answer.answer_id,
        "call_id": answer.call_id,
        "kind": answer.kind.value,
        "flag_id": answer.flag_id,
        "answer": answer.text,
        "given_by": answer.by,
        "given_at": answer.at,
    }


def answer_of(row: Row) -> AgentAnswer:
    return AgentAnswer(
        answer_id=row["answer_id"],
        call_id=row["call_id"],
        kind=FlagKind(row["kind"]),
        flag_id=row["flag_id"],
        text=row["answer"],
        by=row["given_by"],
        at=row["given_at"],
    )


def answers_of_calls(reader: Reader, call_ids: Collection[str]) -> list[AgentAnswer]:
    """Every answer about these calls, oldest first."""
    rows = reader.rows(
        "select * from agent_answers where call_id in (select unnest(?::varchar[])) order by given_at, answer_id",
        list(call_ids),
    )
    return [answer_of(row) for row in rows]


def rulings_replaced(reader: Reader, flag: Flag) -> list[Finding]:
    """Standing rulings on flags about the same call and suspicion that a newer detection replaced, oldest first."""
    rows = reader.rows(
        f"""
        with old as (
            select flag_id from flags
            where call_id = ? and kind = ? and retired_at is not null and verdict = ? and flag_id <> ?
        )
        select * from ({STANDING_FINDINGS}) where flag_id in (select flag_id from old) order by ruled_at, finding_id
        """,  # noqa: S608 - a constant of the store
        flag.call_id,
        flag.kind.value,
        flag.verdict.value,
        flag.flag_id,
    )
    return [finding_of(row) for row in rows]
