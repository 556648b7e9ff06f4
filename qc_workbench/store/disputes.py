"""Moves of disputes: rows to domain values and back. Nothing here changes or removes one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from qc_workbench.domain.dispute import DisputeMove, Move
from qc_workbench.domain.evaluation import Reply
from qc_workbench.store.database import Reader, Row, Statement, Write, from_json, insert_all, to_json


def move_row(move: DisputeMove) -> Mapping[str, Any]:
    return {
        "evaluation_id": move.evaluation_id,
        "question": move.question,
        "step": move.step,
        "call_id": move.call_id,
        "move": move.move.value,
        "reply": None if move.reply is None else to_json(_plain(move.reply)),
        "reason": move.reason,
        "made_by": move.by,
        "made_at": move.at,
    }


def move_of(row: Row) -> DisputeMove:
    reply = from_json(row["reply"])
    return DisputeMove(
        evaluation_id=row["evaluation_id"],
        call_id=row["call_id"],
        question=row["question"],
        step=row["step"],
        move=Move(row["move"]),
        reply=None
        if reply is None
        else Reply(row["question"], tuple(reply["values"]), reply["cause"], reply["comment"]),
        reason=row["reason"],
        by=row["made_by"],
        at=row["made_at"],
    )


def _plain(reply: Reply) -> Mapping[str, Any]:
    return {"values": list(reply.values), "cause": reply.cause, "comment": reply.comment}


def written(moves: Sequence[DisputeMove], *also: Statement) -> Write:
    """The write of these moves and of what belongs to them (a line of the audit log).

    It is refused (:class:`~qc_workbench.errors.WriteRefused`) when somebody else has moved since they were decided on.
    """
    still = tuple(
        Statement(
            "select 1 where (select count(*) from dispute_moves where evaluation_id = ? and question = ?) = ?",
            (move.evaluation_id, move.question, move.step - 1),
        )
        for move in moves
    )
    return Write((*insert_all("dispute_moves", [move_row(move) for move in moves]), *also), require=still)


def moves_of(reader: Reader, evaluation_ids: Collection[str]) -> list[DisputeMove]:
    """Every move about these evaluations, in the order of their steps."""
    rows = reader.rows(
        "select * from dispute_moves where evaluation_id in (select unnest(?::varchar[])) "
        "order by evaluation_id, question, step",
        list(evaluation_ids),
    )
    return [move_of(row) for row in rows]


def waiting_for_ruling(reader: Reader) -> list[str]:
    """Evaluations with a question that somebody has to rule on, the one that waits longest first."""
    rows = reader.rows(
        """
        with latest as (
            select evaluation_id, arg_max(move, step) as move, max(made_at) as since
            from dispute_moves group by evaluation_id, question
        )
        select evaluation_id, min(since) as since from latest where move in ('dispute', 'appeal')
        group by evaluation_id order by since, evaluation_id
        """
    )
    return [row["evaluation_id"] for row in rows]
