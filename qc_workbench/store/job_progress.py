"""The ledger in figures for people: how far each step is, what was done when, whose unit a unit is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from qc_workbench.domain.job import FARTHEST_LEASE, Job, JobState
from qc_workbench.domain.progress import RECENT, Pace, StepProgress, in_order, pace
from qc_workbench.store.database import Reader, Statement
from qc_workbench.store.job_board import EVERY_STEP
from qc_workbench.store.ledger import job_of

#: Width of a bar of the plot of work done.
SLICE: Final = timedelta(minutes=5)
#: Calls named beside a unit; a recording that more calls share says how many.
_CALLS_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Pause:
    step: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class WorkSlice:
    """What a step finished within :data:`SLICE` from ``at``: units and their seconds of sound."""

    at: datetime
    step: str
    units: int
    cost_s: float


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and the calls it is about: those that share its recording, or the call itself; ``calls`` counts all."""

    job: Job
    call_ids: tuple[str, ...]
    calls: int


@dataclass(frozen=True, slots=True)
class Reason:
    """How many units of a step ended with the same error."""

    step: str
    code: str
    units: int


def step_progress(reader: Reader, now: datetime) -> list[StepProgress]:
    """Every step the ledger knows, along the way of a call."""
    paused = {pause.step for pause in standing_pauses(reader)}
    # Three narrow questions: one that answers all of them reads every moment of every row of a large ledger.
    amounts = reader.rows(
        "select step, state, count(*) as units, coalesce(sum(cost_s), 0) as cost_s, min(created_at) as since, "
        "max(finished_at) as last_at from jobs group by step, state"
    )
    steps = sorted({row["step"] for row in amounts}, key=in_order)
    of_step = {step: {JobState(row["state"]): row for row in amounts if row["step"] == step} for step in steps}
    since = {
        step: min(row["since"] for row in open_rows)
        for step, rows in of_step.items()
        if (open_rows := [rows[state] for state in (JobState.WAITING, JobState.RUNNING) if state in rows])
    }
    finished = _finished(reader, since)
    paces = _paces(reader, now)
    return [
        StepProgress(
            step=step,
            counts={state: int(rows[state]["units"]) if state in rows else 0 for state in JobState},
            finished=finished.get(step, 0),
            left_cost_s=sum(
                float(rows[state]["cost_s"]) for state in (JobState.WAITING, JobState.RUNNING) if state in rows
            ),
            pace=paces.get(step, pace(0, 0, None, now)),
            is_paused=bool(paused & {step, EVERY_STEP}),
            last_done_at=rows[JobState.DONE]["last_at"] if JobState.DONE in rows else None,
        )
        for step, rows in of_step.items()
    ]


def _finished(reader: Reader, since: Mapping[str, datetime]) -> dict[str, int]:
    """Units of each of these steps that were finished from its moment on."""
    if not since:
        return {}
    rows = reader.rows(
        "select j.step, count(*) as units from jobs j "
        "join (select unnest($1::varchar[]) as step, unnest($2::timestamptz[]) as since) o on o.step = j.step "
        "where finished_at >= $3 and finished_at >= since and state in ('done', 'failed', 'poisoned') group by j.step",
        list(since),
        list(since.values()),
        min(since.values()),
    )
    return {row["step"]: int(row["units"]) for row in rows}


def _paces(reader: Reader, now: datetime) -> dict[str, Pace]:
    """What was finished lately; of a unit that began before that the part of its time that lies inside."""
    share = """case when finished_at > started_at and started_at < $1
        then (epoch(finished_at) - epoch($1::timestamptz)) / (epoch(finished_at) - epoch(started_at)) else 1 end"""
    rows = reader.rows(
        f"select step, sum({share}) as units, sum(cost_s * {share}) as cost_s, min(started_at) as first_began "  # noqa: S608
        "from jobs where finished_at >= $1 and finished_at <= $2 and state in ('done', 'failed', 'poisoned') "
        "group by step",
        now - RECENT,
        now,
    )
    return {row["step"]: pace(float(row["units"]), float(row["cost_s"]), row["first_began"], now) for row in rows}


def standing_pauses(reader: Reader) -> list[Pause]:
    rows = reader.rows("select step, paused_at as at, paused_by as by from job_pauses order by step")
    return [Pause(**row) for row in rows]


def work_by_time(reader: Reader, since: datetime) -> list[WorkSlice]:
    """What was done in each slice of time, the oldest first; slices without work are left out."""
    width = int(SLICE.total_seconds())
    rows = reader.rows(
        f"select cast(floor(epoch(finished_at) / {width}) as bigint) * {width} as at, step, count(*) as units, "  # noqa: S608
        "sum(cost_s) as cost_s from jobs where state = 'done' and finished_at >= ? group by all order by all",
        since,
    )
    return [
        WorkSlice(datetime.fromtimestamp(row["at"], UTC), row["step"], int(row["units"]), float(row["cost_s"]))
        for row in rows
    ]


def units(
    reader: Reader, states: Collection[JobState], limit: int, offset: int = 0, step: str = EVERY_STEP
) -> list[Unit]:
    """Units in these states with their calls; the latest first."""
    # States as literals: the store skips what can't match; a list as a parameter is compared row by row.
    chosen = ", ".join(f"'{state.value}'" for state in states)
    rows = reader.rows(
        f"select * from jobs where state in ({chosen}) and ($1 = '*' or step = $1) "  # noqa: S608 - our own codes
        "order by coalesce(finished_at, started_at, created_at) desc, step, place, subject limit $2 offset $3",
        step,
        limit,
        offset,
    )
    jobs = [job_of(row) for row in rows]
    named, counted = _calls_of(reader, {job.subject for job in jobs})
    return [Unit(job, named.get(job.subject, ()), counted.get(job.subject, 0)) for job in jobs]


def _calls_of(reader: Reader, subjects: Collection[str]) -> tuple[dict[str, tuple[str, ...]], dict[str, int]]:
    if not subjects:
        return {}, {}
    rows = reader.rows(
        f"""
        with wanted as (select unnest($1::varchar[]) as subject),
        known as (
            select subject, call_id from wanted join recordings on content_hash = subject
            union select subject, call_id from wanted join calls on call_id = subject
        )
        select subject, list(call_id order by call_id)[:{_CALLS_NAMED}] as call_ids, count(*) as n
        from known group by subject
        """,  # noqa: S608 - a constant
        sorted(subjects),
    )
    return {row["subject"]: tuple(row["call_ids"]) for row in rows}, {row["subject"]: int(row["n"]) for row in rows}


def reasons(reader: Reader, step: str = EVERY_STEP) -> list[Reason]:
    """Why units failed, the most frequent first."""
    rows = reader.rows(
        "select step, coalesce(error_code, '') as code, count(*) as units from jobs "
        "where state in ('failed', 'poisoned') and ($1 = '*' or step = $1) group by all "
        "order by units desc, step, code",
        step,
    )
    return [Reason(row["step"], row["code"], int(row["units"])) for row in rows]


def subjects_of_call(reader: Reader, call_id: str) -> tuple[str, ...]:
    """What a call's units are named by: itself, and the content of its recording. () when there is no such call."""
    rows = reader.rows(
        "select call_id, content_hash from calls left join recordings using (call_id) where call_id = ?", call_id
    )
    return tuple(subject for row in rows for subject in (row["call_id"], row["content_hash"]) if subject)


def changed_units(reader: Reader, state: JobState, moment: datetime) -> int:
    """Units that one action of a person put into this state: it left its moment on them."""
    stamp = "created_at" if state is JobState.WAITING else "finished_at"
    return int(reader.value(f"select count(*) from jobs where state = ? and {stamp} = ?", state.value, moment))  # noqa: S608


def put_back(cancelled_at: datetime) -> Statement:
    """Undo a cancelling: what it took back waits again, in its place."""
    return Statement(
        "update jobs set state = 'waiting', finished_at = null where state = 'cancelled' and finished_at = ?",
        (cancelled_at,),
    )


def before(reader: Reader, job: Job) -> int:
    """Units of the step that are taken before this waiting one."""
    return int(
        reader.value(
            "select count(*) from jobs where step = $1 and state = 'waiting' and (priority > $2 or (priority = $2 "
            "and (created_at, place, subject) < ($3::timestamptz, $4, $5)))",
            job.step,
            job.priority,
            job.created_at,
            job.place,
            job.subject,
        )
    )


def is_somebody_working(reader: Reader, now: datetime) -> bool:
    """Whether some coordinator holds units and has lately given a sign of life."""
    alive = "state = 'running' and lease_until > ? and lease_until <= ?"
    return bool(reader.value(f"select 1 from jobs where {alive} limit 1", now, now + FARTHEST_LEASE))  # noqa: S608


def has_words(reader: Reader, call_id: str, content_hash: str) -> bool:
    """Whether a call has a transcript of this sound."""
    return bool(reader.value("select 1 from transcripts where call_id = ? and content_hash = ?", call_id, content_hash))


def known_steps(reader: Reader) -> tuple[str, ...]:
    return tuple(row["step"] for row in reader.rows("select distinct step from jobs order by step"))


def end_pause(step: str) -> Statement:
    """The end of this one pause: unlike ``resume``, ending that of all steps leaves those of single steps."""
    return Statement("delete from job_pauses where step = ?", (step,))
