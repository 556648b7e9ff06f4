"""Rows of the exports, in an order that is the same every time, without ever holding them all.

Each iterator reads one moment and holds its reader while it is consumed, but for transcripts: those are read in
pages by :func:`transcripts_after`, because sorting all that was ever said costs more than finding it page by page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from qc_workbench.domain.acoustics import Acoustics
from qc_workbench.domain.call import Call, Direction, Outcome, Recording
from qc_workbench.domain.commitment import Commitment, Refusal
from qc_workbench.domain.evaluation import Evaluation, SavedReply
from qc_workbench.domain.flag import AnsweredBy, Conversation, Finding, Flag
from qc_workbench.domain.lost_deal import DealFinding
from qc_workbench.domain.sampling import SampledCall
from qc_workbench.domain.transcript import Transcript, Turn
from qc_workbench.domain.violation import Violation
from qc_workbench.store.calls import recording_of
from qc_workbench.store.database import Reader, Row, from_json, rows_of
from qc_workbench.store.listening import acoustics_of, hidden_of_calls, turn_of
from qc_workbench.store.samples import sampled_of
from qc_workbench.store.scoring import evaluation_of, step_of
from qc_workbench.store.verdicts import (
    STANDING_FINDINGS,
    STANDING_VIOLATION_FINDINGS,
    commitment_of,
    finding_of,
    flag_of,
    refusal_of,
    violation_of,
)

T = TypeVar("T")

#: A call with what was measured in it and the language heard in it, each None where there is nothing.
ExportedCall = tuple[Call, Conversation | None, str | None]
#: A transcript with the recording and the sound it was made from, where they are still the same.
Listened = tuple[Transcript, Recording | None, Acoustics | None]


def _stream(reader: Reader, sql: str, of_row: Callable[[Row], T]) -> Iterator[T]:
    for batch in reader.batches(sql):
        yield from map(of_row, rows_of(batch))


def calls(reader: Reader) -> Iterator[ExportedCall]:
    """Every call with what the export says of it, oldest first; other fields of the call are left empty."""
    return _stream(
        reader,
        """
        select c.call_id, c.started_at, c.direction, c.manager_id, c.client_phone, c.talk_s, c.outcome, c.language,
               v.fingerprint, v.answered_by, v.message_left, v.conversation_s, v.agent_speech_s, v.customer_speech_s,
               v.verified_effective, t.language as heard_language
        from calls c left join conversations v using (call_id) left join transcripts t using (call_id)
        order by c.started_at, c.call_id
        """,
        _call_of,
    )


def _call_of(row: Row) -> ExportedCall:
    call = Call(
        call_id=row["call_id"],
        started_at=row["started_at"],
        direction=Direction(row["direction"]),
        manager_id=row["manager_id"],
        client_phone=row["client_phone"],
        talk_s=row["talk_s"],
        outcome=Outcome(row["outcome"]),
        language=row["language"],
    )
    if row["fingerprint"] is None:
        return call, None, row["heard_language"]
    conversation = Conversation(
        call_id=row["call_id"],
        fingerprint=row["fingerprint"],
        answered_by=AnsweredBy(row["answered_by"]),
        message_left=row["message_left"],
        conversation_s=row["conversation_s"],
        agent_speech_s=row["agent_speech_s"],
        customer_speech_s=row["customer_speech_s"],
        verified_effective=row["verified_effective"],
    )
    return call, conversation, row["heard_language"]


def flags(reader: Reader) -> Iterator[tuple[Flag, Finding | None]]:
    """The flags that stand now, each with the ruling that stands."""
    return _stream(
        reader,
        f"""
        with ruled as ({STANDING_FINDINGS})
        select f.*, r.finding_id, r.ruling, r.ruled_by, r.ruled_at, r.reason, r.supersedes
        from flags f left join ruled r using (flag_id)
        where f.retired_at is null order by f.call_id, f.kind, f.flag_id
        """,  # noqa: S608 - a constant of the store
        _ruled_of,
    )


def _ruled_of(row: Row) -> tuple[Flag, Finding | None]:
    if row["finding_id"] is None:
        return flag_of(row), None
    return flag_of(row), finding_of(row)


def commitments(reader: Reader) -> Iterator[Commitment]:
    return _stream(reader, "select * from commitments order by due_to, call_id, start_s, commitment_id", commitment_of)


def refusals(reader: Reader) -> Iterator[tuple[Refusal, DealFinding | None]]:
    """What was said in each call, with what was found of its deal where that is lost."""
    sql = "select r.*, f.finding from refusals r left join deal_findings f using (deal_id) order by r.call_id"
    return _stream(reader, sql, _judged_refusal_of)


def _judged_refusal_of(row: Row) -> tuple[Refusal, DealFinding | None]:
    finding = row.pop("finding")
    return refusal_of(row), DealFinding(finding) if finding is not None else None


def sampled(reader: Reader) -> Iterator[SampledCall]:
    sql = "select * from sample order by drawn_at, plan, period, stratum, call_id, draw_id"
    return _stream(reader, sql, sampled_of)


def violations(reader: Reader) -> Iterator[tuple[Violation, Finding | None]]:
    """Those that stand or were ruled on, with the ruling that stands."""
    return _stream(
        reader,
        f"""
        with ruled as ({STANDING_VIOLATION_FINDINGS})
        select v.*, r.finding_id, r.ruling, r.ruled_by, r.ruled_at, r.reason, r.supersedes
        from violations v left join ruled r using (violation_id)
        where v.cleared_at is null or r.ruling is not null order by v.happened_at, v.violation_id
        """,  # noqa: S608 - a constant of the store
        _ruled_violation_of,
    )


def _ruled_violation_of(row: Row) -> tuple[Violation, Finding | None]:
    finding = None if row["finding_id"] is None else finding_of({**row, "flag_id": row["violation_id"]})
    for name in ("finding_id", "ruling", "ruled_by", "ruled_at", "reason", "supersedes"):
        del row[name]
    return violation_of(row), finding


def evaluations(reader: Reader) -> Iterator[tuple[Evaluation, list[SavedReply]]]:
    """Scores of calls that were submitted, with every step of theirs; the first submitted first.

    Second looks and calibration measure reviewers and are nobody's score.
    """
    rows = reader.batches(
        """
        select e.*, a.place, a.question, a.given, a.cause, a.comment, a.at_s, a.undoes, a.saved_by, a.saved_at
        from evaluations e left join evaluation_answers a using (evaluation_id)
        where e.state = 'submitted' and e.purpose = 'score' order by e.submitted_at, e.evaluation_id, a.place
        """
    )
    every = (row for batch in rows for row in rows_of(batch))
    for _, group in groupby(every, key=itemgetter("evaluation_id")):
        found = list(group)
        names = Evaluation.__slots__
        evaluation = evaluation_of({name: found[0][name] for name in names})
        yield evaluation, [step_of(row) for row in found if row["place"] is not None]


def transcripts_after(reader: Reader, call_id: str, limit: int) -> list[Listened]:
    """The first ``limit`` transcripts whose call comes after ``call_id`` ("" for the first), by call.

    Acoustics come without the waveform, which says nothing about who speaks.
    """
    heads = reader.rows("select * from transcripts where call_id > ? order by call_id limit ?", call_id, limit)
    if not heads:
        return []
    first, last = heads[0]["call_id"], heads[-1]["call_id"]
    turns: dict[str, list[Turn]] = {}
    for row in reader.rows("select * from turns where call_id between ? and ? order by call_id, position", first, last):
        turns.setdefault(row["call_id"], []).append(turn_of(row))
    hidden = hidden_of_calls(reader, [row["call_id"] for row in heads])
    recordings = {
        row["call_id"]: recording_of(row)
        for row in reader.rows("select * from recordings where call_id between ? and ?", first, last)
    }
    hashes = sorted({row["content_hash"] for row in heads})
    sounds = {
        row["content_hash"]: acoustics_of(row)
        for row in reader.rows(
            "select * replace ('[]' as peaks) from acoustics where content_hash in (select unnest(?::varchar[]))",
            hashes,
        )
    }
    found: list[Listened] = []
    for row in heads:
        transcript = Transcript(
            call_id=row["call_id"],
            content_hash=row["content_hash"],
            fingerprint=row["fingerprint"],
            language=row["language"],
            engine=row["engine"],
            model=row["model"],
            turns=tuple(turns.get(row["call_id"], ())),
            settings=from_json(row["settings"]),
            hidden=hidden.get(row["call_id"], ()),
            redacted_by=row["redacted_by"],
        )
        recording = recordings.get(transcript.call_id)
        if recording is None or recording.content_hash != transcript.content_hash:
            found.append((transcript, None, None))
        else:
            found.append((transcript, recording, sounds.get(transcript.content_hash)))
    return found
