"""What the detectors suggest and what people ruled: rows to domain values and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from qc_workbench.domain.commitment import (
    Action,
    ClientSaid,
    Commitment,
    CommitmentOutcome,
    DueWindow,
    Promiser,
    PromiseStory,
    Refusal,
    SpokenCommitment,
)
from qc_workbench.domain.flag import AnsweredBy, Conversation, Evidence, Finding, Flag, FlagKind, Ruling, Side, Verdict
from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.store.database import Reader, Row, from_json, to_json


def _columns(value: Conversation | Refusal | Violation) -> dict[str, Any]:
    """The fields of a flat value. ``asdict`` would copy each deeply: ten times slower, for nothing."""
    return {field.name: getattr(value, field.name) for field in fields(value)}


def conversation_row(conversation: Conversation) -> Mapping[str, Any]:
    return {**_columns(conversation), "answered_by": conversation.answered_by.value}


def conversation_of(row: Row) -> Conversation:
    return Conversation(**{**row, "answered_by": AnsweredBy(row["answered_by"])})


def conversations(reader: Reader) -> dict[str, Conversation]:
    rows = reader.rows("select * from conversations order by call_id")
    return {row["call_id"]: conversation_of(row) for row in rows}


def flag_row(flag: Flag, created_at: datetime) -> Mapping[str, Any]:
    return {
        "flag_id": flag.flag_id,
        "call_id": flag.call_id,
        "kind": flag.kind.value,
        "verdict": flag.verdict.value,
        "score": flag.score,
        "evidence": to_json([{**asdict(item), "side": item.side.value} for item in flag.evidence]),
        "reasons": to_json(list(flag.reasons)),
        "detector": flag.detector,
        "version": flag.version,
        "created_at": created_at,
        "retired_at": None,
    }


def flag_of(row: Row) -> Flag:
    evidence = tuple(Evidence(**{**item, "side": Side(item["side"])}) for item in from_json(row["evidence"]))
    return Flag(
        flag_id=row["flag_id"],
        call_id=row["call_id"],
        kind=FlagKind(row["kind"]),
        verdict=Verdict(row["verdict"]),
        score=row["score"],
        evidence=evidence,
        detector=row["detector"],
        version=row["version"],
        reasons=tuple(from_json(row["reasons"])),
    )


def flags(reader: Reader) -> list[Flag]:
    """The flags that stand now: those of the newest detection of each call."""
    rows = reader.rows("select * from flags where retired_at is null order by call_id, kind, flag_id")
    return [flag_of(row) for row in rows]


def finding_row(finding: Finding) -> Mapping[str, Any]:
    return {
        "finding_id": finding.finding_id,
        "flag_id": finding.flag_id,
        "ruling": finding.ruling.value,
        "ruled_by": finding.by,
        "ruled_at": finding.at,
        "reason": finding.reason,
        "supersedes": finding.supersedes,
    }


def finding_of(row: Row) -> Finding:
    return Finding(
        finding_id=row["finding_id"],
        flag_id=row["flag_id"],
        ruling=Ruling(row["ruling"]),
        by=row["ruled_by"],
        at=row["ruled_at"],
        reason=row["reason"],
        supersedes=row["supersedes"],
    )


def findings(reader: Reader) -> list[Finding]:
    """Every ruling ever made, oldest first; the last one of a flag counts."""
    return [finding_of(row) for row in reader.rows("select * from findings order by ruled_at, finding_id")]


def standing_sql(
    table: str, about: str, *, said: str = "ruling", entry_id: str = "finding_id", at: str = "ruled_at"
) -> str:
    """``review.undoing.last_standing`` in SQL: of each thing (column ``about``) the last entry that no later withdrawal
    took back. Things whose every entry was withdrawn are absent. ``tests/property`` holds the two equal.
    """
    return f"""
    select f.* from {table} f
    where f.{said} <> 'withdrawn' and not exists (
        select 1 from {table} w
        where w.{said} = 'withdrawn' and w.{about} = f.{about} and w.supersedes = f.{entry_id}
          and (w.{at}, w.{entry_id}) > (f.{at}, f.{entry_id}))
    qualify row_number() over (partition by f.{about} order by f.{at} desc, f.{entry_id} desc) = 1"""  # noqa: S608 - names of the program


STANDING_FINDINGS = standing_sql("findings", "flag_id")
STANDING_VIOLATION_FINDINGS = standing_sql("violation_findings", "violation_id")


def commitment_row(commitment: Commitment, as_of: datetime) -> Mapping[str, Any]:
    spoken = commitment.spoken
    return {
        "commitment_id": spoken.commitment_id,
        "call_id": spoken.call_id,
        "promised_by": spoken.by.value,
        "action": spoken.action.value,
        "quote": spoken.quote,
        "start_s": spoken.start_s,
        "end_s": spoken.end_s,
        "due_from": spoken.due.due_from,
        "due_to": spoken.due.due_to,
        "time_from": spoken.due.time_from,
        "time_to": spoken.due.time_to,
        "date_phrase": spoken.date_phrase,
        "rule": spoken.rule,
        "outcome": commitment.outcome.value,
        "activity_id": commitment.activity_id,
        "kept_by_call_id": commitment.kept_by_call_id,
        "moves": commitment.moves,
        "reasons": to_json(list(commitment.reasons)),
        "as_of": as_of,
        "story": to_json(_story_json(commitment.story)) if commitment.story is not None else None,
    }


_STORY_MOMENTS = ("due_at", "first_due_at", "done_at", "call_at")


def _story_json(story: PromiseStory) -> dict[str, Any]:
    return {
        field.name: value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
        for field in fields(story)
        for value in [getattr(story, field.name)]
    }


def _story_of(text: str) -> PromiseStory:
    values = from_json(text)
    moments = {name: datetime.fromisoformat(values[name]) if values[name] else None for name in _STORY_MOMENTS}
    return PromiseStory(**{**values, **moments})


def commitment_of(row: Row) -> Commitment:
    spoken = SpokenCommitment(
        commitment_id=row["commitment_id"],
        call_id=row["call_id"],
        by=Promiser(row["promised_by"]),
        action=Action(row["action"]),
        quote=row["quote"],
        start_s=row["start_s"],
        end_s=row["end_s"],
        due=DueWindow(row["due_from"], row["due_to"], row["time_from"], row["time_to"]),
        rule=row["rule"],
        date_phrase=row["date_phrase"],
    )
    return Commitment(
        spoken=spoken,
        outcome=CommitmentOutcome(row["outcome"]),
        activity_id=row["activity_id"],
        kept_by_call_id=row["kept_by_call_id"],
        moves=row["moves"],
        reasons=tuple(from_json(row["reasons"])),
        story=_story_of(row["story"]) if row["story"] is not None else None,
    )


def commitments(reader: Reader) -> list[Commitment]:
    return [
        commitment_of(row)
        for row in reader.rows("select * from commitments order by due_to, call_id, start_s, commitment_id")
    ]


def refusal_row(refusal: Refusal) -> Mapping[str, Any]:
    return {**_columns(refusal), "client_said": refusal.client_said.value}


def refusal_of(row: Row) -> Refusal:
    return Refusal(**{**row, "client_said": ClientSaid(row["client_said"])})


def refusals(reader: Reader) -> list[Refusal]:
    return [refusal_of(row) for row in reader.rows("select * from refusals order by call_id")]


def violation_row(violation: Violation) -> Mapping[str, Any]:
    return {**_columns(violation), "kind": violation.kind.value}


def violation_of(row: Row) -> Violation:
    return Violation(**{**row, "kind": ViolationKind(row["kind"])})


#: A breach that reports count: it stands, or was put right since and a standing ruling confirmed that it happened.
COUNTED_VIOLATION = f"""
    (cleared_at is null or violation_id in (
        select violation_id from ({STANDING_VIOLATION_FINDINGS}) where ruling = 'confirmed'))"""  # noqa: S608 - constants of this module


def violations(reader: Reader) -> list[Violation]:
    """Those that stand or were confirmed."""
    sql = f"select * from violations where {COUNTED_VIOLATION} order by happened_at, violation_id"  # noqa: S608 - as above
    return [violation_of(row) for row in reader.rows(sql)]
