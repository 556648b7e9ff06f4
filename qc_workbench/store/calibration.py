"""Calibration: draws, sessions, steps and the evaluations made for them. Rows are only added.

What belongs to a session, who may see it and where it stands are rules (:mod:`qc_workbench.review.calibrating`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from qc_workbench.domain.calibration import (
    Blindness,
    CalibrationDraw,
    CalibrationSession,
    CalibrationStep,
    FrameCall,
    StepKind,
)
from qc_workbench.domain.evaluation import Evaluation, Reply, SavedReply
from qc_workbench.store.database import Reader, Row, Statement, Write, from_json, insert, insert_all, to_json
from qc_workbench.store.scoring import evaluation_of, step_of

#: Calls of a frame at most, the newest: a session is about how people score today.
FRAME_AT_MOST: Final = 2000
_OF_CALIBRATION: Final = "select * from evaluations where purpose = 'calibration' and call_id in (select unnest(?))"


# Rows ----------------------------------------------------------------------------------------------------------------


def draw_row(draw: CalibrationDraw) -> Mapping[str, Any]:
    frame = [[call.call_id] if call.number is None else [call.call_id, call.number] for call in draw.frame]
    row = {name: getattr(draw, name) for name in CalibrationDraw.__slots__}
    return row | {"frame": to_json(frame)}


def draw_of(row: Row) -> CalibrationDraw:
    return CalibrationDraw(**{**row, "frame": tuple(FrameCall(*item) for item in from_json(row["frame"]))})


def session_row(session: CalibrationSession) -> Mapping[str, Any]:
    row = {name: getattr(session, name) for name in CalibrationSession.__slots__}
    return row | {"participants": to_json(list(session.participants)), "blindness": session.blindness.value}


def session_of(row: Row) -> CalibrationSession:
    return CalibrationSession(
        **{**row, "participants": tuple(from_json(row["participants"])), "blindness": Blindness(row["blindness"])}
    )


def step_row(step: CalibrationStep) -> Mapping[str, Any]:
    reply = step.reply
    return {
        "session_id": step.session_id,
        "step": step.step,
        "kind": step.kind.value,
        "question": step.question,
        "reply": None if reply is None else to_json({"values": list(reply.values), "cause": reply.cause}),
        "note": step.note,
        "made_by": step.by,
        "made_at": step.at,
    }


def calibration_step_of(row: Row) -> CalibrationStep:
    reply = from_json(row["reply"])
    return CalibrationStep(
        session_id=row["session_id"],
        step=row["step"],
        kind=StepKind(row["kind"]),
        question=row["question"],
        reply=None if reply is None else Reply(row["question"], tuple(reply["values"]), reply["cause"]),
        note=row["note"],
        by=row["made_by"],
        at=row["made_at"],
    )


# Writes --------------------------------------------------------------------------------------------------------------


def called(sessions: Sequence[CalibrationSession], draw: CalibrationDraw | None, *also: Statement) -> Write:
    """New sessions with the draw their calls come from. Refused while a call has a session on the same form that is
    not closed: an evaluation must belong to one."""
    free = tuple(
        Statement(
            "select 1 where not exists (select 1 from calibration_sessions s where call_id = ? and form_code = ? "
            "and coalesce((select arg_max(kind, step) from calibration_steps t where t.session_id = s.session_id "
            "and kind in ('closed', 'reopened')), 'reopened') = 'reopened')",
            (session.call_id, session.form_code),
        )
        for session in sessions
    )
    return Write(
        (
            *([] if draw is None else [insert("calibration_draws", draw_row(draw))]),
            *insert_all("calibration_sessions", [session_row(session) for session in sessions]),
            *also,
        ),
        require=free,
    )


def written(steps: Sequence[CalibrationStep], *also: Statement) -> Write:
    """Further steps of one session, in order. Refused when somebody else has made a step since they were decided on."""
    first = steps[0]
    still = Statement(
        "select 1 where (select count(*) from calibration_steps where session_id = ?) = ?",
        (first.session_id, first.step - 1),
    )
    return Write((*insert_all("calibration_steps", [step_row(step) for step in steps]), *also), require=(still,))


# Reads ---------------------------------------------------------------------------------------------------------------


def session(reader: Reader, session_id: str) -> CalibrationSession | None:
    row = reader.row("select * from calibration_sessions where session_id = ?", session_id)
    return session_of(row) if row else None


def draw(reader: Reader, draw_id: str) -> CalibrationDraw | None:
    row = reader.row("select * from calibration_draws where draw_id = ?", draw_id)
    return draw_of(row) if row else None


def sessions_of_call(reader: Reader, call_id: str) -> list[CalibrationSession]:
    """Newest first."""
    rows = reader.rows(
        "select * from calibration_sessions where call_id = ? order by called_at desc, session_id", call_id
    )
    return [session_of(row) for row in rows]


def sessions_of_person(
    reader: Reader, person_id: str, closed: int, *, everybodys: bool = False
) -> list[CalibrationSession]:
    """Those that this person called or takes part in, whether they know of it or not, or ``everybodys``: all that are
    not closed, and the newest ``closed`` ones of the others; the newest first."""
    rows = reader.rows(
        """
        with mine as (
            select s.*, coalesce(arg_max(t.kind, t.step) filter (t.kind in ('closed', 'reopened')) = 'closed', false)
                   as is_closed
            from calibration_sessions s left join calibration_steps t using (session_id)
            where ? or led_by = ? or list_contains(from_json(participants, '["VARCHAR"]'), ?)
            group by all
        )
        select * exclude (is_closed) from mine
        qualify not is_closed or row_number() over (partition by is_closed order by called_at desc, session_id) <= ?
        order by called_at desc, session_id
        """,
        everybodys,
        person_id,
        person_id,
        closed,
    )
    return [session_of(row) for row in rows]


def sessions_between(reader: Reader, since: datetime, until: datetime) -> list[CalibrationSession]:
    """Called from ``since`` to before ``until``, oldest first."""
    rows = reader.rows(
        "select * from calibration_sessions where called_at >= ? and called_at < ? order by called_at, session_id",
        since,
        until,
    )
    return [session_of(row) for row in rows]


def steps_of_sessions(
    reader: Reader, session_ids: Collection[str], *, with_agreed: bool = True
) -> dict[str, list[CalibrationStep]]:
    """Session -> its steps in order. Without the agreed answers it is what tells the state, and little to read."""
    rows = reader.rows(
        "select * from calibration_steps where session_id in (select unnest(?)) and (? or kind <> 'agreed') "
        "order by session_id, step",
        list(session_ids),
        with_agreed,
    )
    found: dict[str, list[CalibrationStep]] = {}
    for row in rows:
        found.setdefault(row["session_id"], []).append(calibration_step_of(row))
    return found


def evaluations_for_calibration(reader: Reader, call_ids: Collection[str]) -> list[Evaluation]:
    """Of these calls, in the order begun."""
    rows = reader.rows(f"{_OF_CALIBRATION} order by begun_at, evaluation_id", list(call_ids))
    return [evaluation_of(row) for row in rows]


def answers_of(reader: Reader, evaluation_ids: Collection[str]) -> dict[str, list[SavedReply]]:
    """Evaluation -> every answer ever given in it, in order."""
    rows = reader.rows(
        "select * from evaluation_answers where evaluation_id in (select unnest(?)) order by evaluation_id, place",
        list(evaluation_ids),
    )
    found: dict[str, list[SavedReply]] = {}
    for row in rows:
        found.setdefault(row["evaluation_id"], []).append(step_of(row))
    return found


def who_scored(reader: Reader, call_ids: Collection[str]) -> dict[str, set[str]]:
    """Call -> accounts that have scored it, or begun to, for whatever purpose."""
    found: dict[str, set[str]] = {}
    for row in reader.rows(
        "select distinct call_id, reviewer from evaluations where call_id in (select unnest(?))", list(call_ids)
    ):
        found.setdefault(row["call_id"], set()).add(row["reviewer"])
    return found


def frame(
    reader: Reader,
    since: datetime,
    until: datetime,
    *,
    agents: Collection[str] | None,
    directions: Collection[str],
    not_scored_by: Collection[str],
    least_talk_s: float,
) -> list[str]:
    """Calls that may be drawn: begun from ``since`` to before ``until``, with words, long enough, of these agents
    (None: of all) and directions (none: any), in nobody's queue, never calibrated, scored by none of these people. The
    newest :data:`FRAME_AT_MOST`.
    """
    rows = reader.rows(
        """
        select c.call_id from calls c
        where c.started_at >= ? and c.started_at < ? and c.talk_s >= ?
          and (?::varchar[] is null or list_contains(?::varchar[], c.manager_id))
          and (len(?::varchar[]) = 0 or list_contains(?::varchar[], c.direction))
          and exists (select 1 from transcripts t where t.call_id = c.call_id)
          and not exists (select 1 from calibration_sessions s where s.call_id = c.call_id)
          and not exists (select 1 from sample d where d.call_id = c.call_id and d.status in ('waiting', 'in_progress'))
          and not exists (select 1 from evaluations e where e.call_id = c.call_id
                          and list_contains(?::varchar[], e.reviewer))
        order by c.started_at desc, c.call_id limit ?
        """,
        since,
        until,
        least_talk_s,
        *[None if agents is None else sorted(agents)] * 2,
        *[list(directions)] * 2,
        list(not_scored_by),
        FRAME_AT_MOST,
    )
    return [row["call_id"] for row in rows]


# What is measured ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ScoredCall:
    """A submitted evaluation and the agent of its call."""

    evaluation: Evaluation
    agent: str


def scored_between(reader: Reader, since: datetime, until: datetime, limit: int) -> list[ScoredCall]:
    """Submitted from ``since`` to before ``until``, for whatever purpose: the newest ``limit``, oldest first."""
    rows = reader.rows(
        """
        select e.*, c.manager_id as agent from evaluations e join calls c using (call_id)
        where e.state = 'submitted' and e.submitted_at >= ? and e.submitted_at < ?
        order by e.submitted_at desc, e.evaluation_id limit ?
        """,
        since,
        until,
        limit,
    )
    return [ScoredCall(evaluation_of({k: v for k, v in row.items() if k != "agent"}), row["agent"]) for row in rows][
        ::-1
    ]


def firsts_of_second_looks(reader: Reader, since: datetime, until: datetime) -> list[ScoredCall]:
    """The scores that the second looks submitted in this time look at again, from whenever they are; oldest first."""
    rows = reader.rows(
        """
        select distinct e.*, c.manager_id as agent from evaluations e join calls c using (call_id)
        join evaluations again on again.call_id = e.call_id and again.form_code = e.form_code
        where e.state = 'submitted' and e.purpose = 'score' and again.state = 'submitted'
          and again.purpose = 'second_look' and again.submitted_at >= ? and again.submitted_at < ?
        order by e.submitted_at, e.evaluation_id
        """,
        since,
        until,
    )
    return [ScoredCall(evaluation_of({k: v for k, v in row.items() if k != "agent"}), row["agent"]) for row in rows]


def content_key(reader: Reader, since: datetime, until: datetime) -> str:
    """A hash of everything the figures of this time are made of: figures with the same key are the same."""
    row = reader.row(
        """
        select (select count(*) || '-' || coalesce(bit_xor(hash(evaluation_id, submitted_at)), 0)
                from evaluations where state = 'submitted' and submitted_at >= ? and submitted_at < ?) as scores,
               (select count(*) || '-' || coalesce(bit_xor(hash(session_id, call_id)), 0)
                from calibration_sessions where called_at >= ? and called_at < ?) as sessions,
               (select count(*) || '-' || coalesce(bit_xor(hash(t.session_id, step)), 0)
                from calibration_steps t join calibration_sessions s using (session_id)
                where s.called_at >= ? and s.called_at < ?) as steps,
               (select coalesce(max(changed_at), max(published_at))::varchar || count(*) from form_versions) as forms
        """,
        *[since, until] * 3,
    )
    return ":".join(str(value) for value in (row or {}).values())
