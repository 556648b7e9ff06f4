"""Names and kinds of the exported fields: the public contract, apart from the code that fills them in.

Imports nothing heavy: the command line offers these names before anything else is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class What(StrEnum):
    """What can be exported."""

    CALLS = "calls"
    TRANSCRIPTS = "transcripts"
    FLAGS = "flags"
    COMMITMENTS = "commitments"
    REFUSALS = "refusals"
    RECALLS = "recalls"
    SAMPLE = "sample"
    EVALUATIONS = "evaluations"
    VIOLATIONS = "violations"


class Format(StrEnum):
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


class Kind(StrEnum):
    """What a field holds; ``*_LIST`` are nested."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    DATE = "date"
    TIME = "time"
    TEXTS = "texts"
    TURNS = "turns"
    EVIDENCE = "evidence"
    REVIEW = "review"
    ANSWERS = "answers"


T, N, I, B, M, D = Kind.TEXT, Kind.NUMBER, Kind.INTEGER, Kind.BOOLEAN, Kind.MOMENT, Kind.DATE  # noqa: E741 - a table

#: Field names and kinds in their order, also for an export without a row.
FIELDS: Mapping[What, Mapping[str, Kind]] = {
    What.CALLS: {
        "call_id": T, "started_at": M, "direction": T, "manager_id": T, "client_phone": T, "talk_s": N, "outcome": T,
        "crm_effective": B, "verified_effective": B, "conversation_s": N, "answered_by": T, "message_left": B,
        "language": T,
    },
    What.TRANSCRIPTS: {"call_id": T, "language": T, "engine": T, "model": T, "turns": Kind.TURNS},
    What.FLAGS: {
        "call_id": T, "kind": T, "verdict": T, "score": N, "evidence": Kind.EVIDENCE, "detector": T, "version": T,
        "review": Kind.REVIEW, "flag_id": T, "reasons": Kind.TEXTS,
    },
    What.COMMITMENTS: {
        "call_id": T, "by": T, "action": T, "quote": T, "start": N, "end": N, "due_from": D, "due_to": D,
        "time_from": Kind.TIME, "time_to": Kind.TIME, "outcome": T, "activity_id": T, "kept_by_call_id": T,
        "commitment_id": T, "moves": I, "reasons": Kind.TEXTS, "due_precision": T,
    },
    What.REFUSALS: {
        "call_id": T, "client_said": T, "deal_id": T, "deal_status": T, "false_refusal": B, "quote": T, "start": N,
        "end": N, "deal_finding": T,
    },
    What.RECALLS: {
        "deal_id": T, "client_phone": T, "manager_id": T, "amount": N, "currency": T, "lost_reason": T, "closed_at": M,
        "finding": T, "reason": T, "certainty": N, "call_id": T, "quote": T, "start": N, "end": N, "result": T,
        "comment": T, "buy_from": D, "called_by": T, "called_at": M,
    },
    What.SAMPLE: {
        "plan": T, "period": T, "stratum": T, "call_id": T, "inclusion_probability": N, "drawn_at": M,
        "assigned_to": T, "status": T, "queue": T, "draw_id": T, "replaces": T, "reason": T,
    },
    What.EVALUATIONS: {
        "evaluation_id": T, "call_id": T, "form": T, "version": T, "reviewer": T, "submitted_at": M, "percentage": N,
        "automatic_fail": B, "answers": Kind.ANSWERS,
    },
    What.VIOLATIONS: {
        "violation_id": T, "kind": T, "manager_id": T, "call_id": T, "deal_id": T, "activity_id": T, "happened_at": M,
        "status": T, "confirmed_by": T, "deduction": N, "detail": T,
    },
}  # fmt: skip
