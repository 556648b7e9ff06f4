"""The ledger of work: what waits, who does it, what became of it.

A coordinator claims a batch with one write under a token of its own choosing, then reads what the token got: a
write that is sent again after a lost answer claims nothing more. The effect and "done" are one write that
requires the token to stand still (:func:`standing`), so whoever comes late, after his lease went to another, is
refused. The rules of states are in :mod:`qc_workbench.domain.job`; the data themselves stay the truth about what is
up to date, the ledger is the record of the work.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from qc_workbench.domain.job import (
    ALONE_FROM,
    ASKED_FOR,
    FARTHEST_LEASE,
    FARTHEST_WAIT,
    LEASE,
    LOSSES_ALLOWED,
    STARTS_ALLOWED,
    Job,
    JobState,
    NewJob,
    after_loss,
    back_off,
    runs_alone,
)
from qc_workbench.store.database import Reader, Row, Statement, Store, Write, from_json, insert, insert_all, to_json

#: Columns that start anew when a finished unit is enqueued again.
_OF_ONE_LIFE: Final = (
    *("fingerprint", "state", "batch", "place", "attempts", "losses", "not_before", "error_code", "error_params"),
    *("worker", "token", "lease_until", "cost_s", "created_at", "started_at", "finished_at", "duration_s"),
)

_FREE: Final = """
    ((state = 'waiting' and (not_before is null or not_before <= $1 or not_before > $2))
     or (state = 'running' and (lease_until is null or lease_until <= $1 or lease_until > $3)
         and not list_contains($4::varchar[], token)))
    and step = $5 and ($7 or list_contains($6::varchar[], subject))
    and not exists (select 1 from job_pauses p where p.step in ('*', $5))"""


def job_of(row: Row) -> Job:
    return Job(**{**row, "state": JobState(row["state"]), "error_params": from_json(row["error_params"])})


def enqueue(jobs: Sequence[NewJob], now: datetime) -> list[Statement]:
    """Put units into the ledger: new ones wait, finished ones wait again (also failed ones: a planner leaves out those
    that it does not want tried), waiting and running ones stay as they are but for a higher priority."""
    if not jobs:
        return []
    cells = [
        [job.step, job.subject, job.fingerprint, job.batch or job.subject, job.place, job.priority, job.cost_s]
        for job in jobs
    ]
    busy = "jobs.state in ('waiting', 'running')"
    kept = ", ".join(f"{name} = case when {busy} then jobs.{name} else excluded.{name} end" for name in _OF_ONE_LIFE)
    sql = f"""
        insert into jobs
        select cells[1], cells[2], cells[3], 'waiting', cells[4], cast(cells[5] as integer),
               cast(cells[6] as integer), 0, 0, null, null, '{{}}', null, null, null, cast(cells[7] as double),
               cast($2 as timestamptz), null, null, null
        from (select unnest(from_json($1, '[["VARCHAR"]]')) as cells)
        on conflict (step, subject) do update set {kept},
            priority = case when {busy} then greatest(jobs.priority, excluded.priority) else excluded.priority end
        """  # noqa: S608 - names of our own columns
    return [Statement(sql, (json.dumps([[str(cell) for cell in row] for row in cells]), now))]


def claim(
    store: Store,
    step: str,
    fingerprint: str,
    *,
    worker: str,
    token: str,
    now: datetime,
    holding: Collection[str] = (),
    only: Collection[str] | None = None,
) -> tuple[Job, ...]:
    """Claim the first free batch of a step; () when nothing is free or the step is paused.

    First come the highest priority, then the oldest. ``worker`` names the coordinator, ``token`` must never have
    been used before. ``holding``: tokens that this coordinator holds: its own work is not taken from it when the clock
    jumps. ``only``: these subjects. The rows take the ``fingerprint`` in force: what waits runs under today's settings.
    """
    free = (now, now + FARTHEST_WAIT, now + FARTHEST_LEASE, list(holding), step, list(only or ()), only is None)
    with store.reading() as reader:
        if reader.row(f"select 1 as one from jobs where {_FREE} limit 1", *free) is None:  # noqa: S608
            return ()
    # A unit that was started too often without ever being reported lost takes its coordinator with it: set it aside.
    aside = Statement(
        f"update jobs set state = 'poisoned', error_code = 'worker_lost', finished_at = $1, token = null "  # noqa: S608
        f"where state = 'running' and attempts >= {STARTS_ALLOWED} and {_FREE}",
        free,
    )
    taken = Statement(
        f"""
        update jobs set state = 'running', token = $8, worker = $9, fingerprint = $10, attempts = attempts + 1,
            lease_until = $11, started_at = $1, finished_at = null, not_before = null, error_code = null,
            error_params = '{{}}'
        where {_FREE} and batch = (
            select batch from jobs where {_FREE} order by priority desc, created_at, place, subject limit 1)
        """,  # noqa: S608
        (*free, token, worker, fingerprint, now + LEASE),
    )
    store.write(aside, taken, key=f"claim:{token}")
    with store.reading() as reader:
        return held(reader, token)


def unfinished(reader: Reader, step: str, only: Collection[str] | None = None) -> tuple[int, bool, frozenset[str]]:
    """What a step still has: units waiting, whether it is paused, and the coordinators that have units running."""
    row = reader.row(
        "select count(*) filter (state = 'waiting') as waiting, "
        "list(distinct worker) filter (state = 'running' and worker is not null) as workers, "
        "exists (select 1 from job_pauses p where p.step in ('*', $1)) as paused "
        "from jobs where step = $1 and state in ('waiting', 'running') "
        "and ($3 or list_contains($2::varchar[], subject))",
        step,
        list(only or ()),
        only is None,
    )
    assert row is not None
    return int(row["waiting"]), bool(row["paused"]), frozenset(row["workers"] or ())


def bury(worker: str) -> Statement:
    """Free at once what a coordinator held that is known to be dead. Were it alive after all, its token still stands
    against whoever claims anew: the effect is made once."""
    return Statement("update jobs set lease_until = null where worker = ? and state = 'running'", (worker,))


def forget(job: Job) -> Statement:
    """Take a unit out of the ledger whose subject is no longer there."""
    return Statement(
        "delete from jobs where step = ? and subject = ? and token = ?", (job.step, job.subject, job.token)
    )


def held(reader: Reader, token: str) -> tuple[Job, ...]:
    """The units that a claim still holds, in their order."""
    rows = reader.rows("select * from jobs where token = ? and state = 'running' order by place, subject", token)
    return tuple(job_of(row) for row in rows)


def renew(store: Store, tokens: Collection[str], now: datetime) -> frozenset[tuple[str, str]]:
    """Prolong the leases of these claims. Returns (step, subject) of what they still hold; the rest was cancelled or
    went to another."""
    mine = "list_contains($1::varchar[], token) and state = 'running'"
    store.write(Statement(f"update jobs set lease_until = $2 where {mine}", (list(tokens), now + LEASE)))  # noqa: S608
    with store.reading() as reader:
        rows = reader.rows(f"select step, subject from jobs where {mine}", list(tokens))  # noqa: S608
    return frozenset((row["step"], row["subject"]) for row in rows)


def standing(job: Job) -> Statement:
    """What a write of the job's effect must require: its claim has not gone to another."""
    return Statement(
        "select 1 from jobs where step = ? and subject = ? and token = ? and state = 'running'",
        (job.step, job.subject, job.token),
    )


def finish(store: Store, job: Job, effect: Sequence[Statement], now: datetime, worker: str, duration_s: float) -> None:
    """Write a job's effect and "done" together. Raises :class:`~qc_workbench.errors.WriteRefused` when it came late."""
    store.apply(
        Write((*effect, done(job, now, worker, duration_s)), f"finish:{job.token}:{job.subject}", (standing(job),))
    )


def done(job: Job, now: datetime, worker: str, duration_s: float) -> Statement:
    return _ended(job, JobState.DONE, now, worker, duration_s, None, {})


def fail(
    job: Job, code: str, params: Mapping[str, object], now: datetime, worker: str = "", duration_s: float = 0.0
) -> Statement:
    """An error that comes again with the same input: not tried until the input or the rules change, or someone asks."""
    return _ended(job, JobState.FAILED, now, worker, duration_s, code, params)


def _ended(
    job: Job,
    state: JobState,
    now: datetime,
    worker: str,
    duration_s: float,
    code: str | None,
    params: Mapping[str, object],
) -> Statement:
    texts = to_json({key: str(value) for key, value in params.items()})
    return Statement(
        "update jobs set state = ?, finished_at = ?, worker = ?, duration_s = ?, error_code = ?, error_params = ?, "
        "lease_until = null, token = null where step = ? and subject = ? and token = ?",
        (state.value, now, worker or job.worker, duration_s, code, texts, job.step, job.subject, job.token),
    )


def lose(
    job: Job, code: str, now: datetime, jitter: float, *, worker: str = "", allowed: int = LOSSES_ALLOWED
) -> Statement:
    """The job's worker died or hung: it waits and is tried again, later alone, or is poisoned."""
    return _lost(job, job.losses + 1, code, now, jitter, worker, allowed)


def single_out(job: Job, code: str, now: datetime) -> Statement:
    """Something in the job's batch raised an error: each unit is tried again alone, at once, to find which."""
    return _lost(job, max(job.losses, ALONE_FROM), code, now, None, "", ALONE_FROM + 1)


def _lost(
    job: Job, losses: int, code: str, now: datetime, jitter: float | None, worker: str, allowed: int
) -> Statement:
    state = after_loss(losses, allowed)
    final = state.is_final
    return Statement(
        "update jobs set state = ?, losses = ?, batch = ?, not_before = ?, finished_at = ?, worker = ?, "
        "error_code = ?, error_params = '{}', lease_until = null, token = null "
        "where step = ? and subject = ? and token = ?",
        (
            state.value,
            losses,
            job.subject if runs_alone(losses) else job.batch,
            None if final or jitter is None else now + back_off(losses, jitter),
            now if final else None,
            worker or job.worker,
            code,
            job.step,
            job.subject,
            job.token,
        ),
    )


def release(tokens: Collection[str]) -> Statement:
    """Give claims back as if they had never been made: the coordinator was asked to stop."""
    return Statement(
        "update jobs set state = 'waiting', attempts = greatest(attempts - 1, 0), lease_until = null, token = null, "
        "started_at = null where list_contains($1::varchar[], token) and state = 'running'",
        (list(tokens),),
    )


def record_done(
    step: str, subject: str, fingerprint: str, now: datetime, *, began: datetime | None = None, cost_s: float = 0.0
) -> Statement:
    """A unit that its step did without claiming it. Belongs into the transaction of its effect."""
    return insert("jobs", _done_row(step, subject, fingerprint, began or now, now, cost_s), replace=True)


def record_all_done(step: str, units: Mapping[str, str], began: datetime, now: datetime) -> list[Statement]:
    """The same for units done together (subject -> fingerprint), which share the time equally."""
    share = (now - began) / len(units) if units else now - began
    rows = [_done_row(step, subject, fingerprint, now - share, now, 0.0) for subject, fingerprint in units.items()]
    return insert_all("jobs", rows, replace=True)


def _done_row(
    step: str, subject: str, fingerprint: str, began: datetime, now: datetime, cost_s: float
) -> Mapping[str, Any]:
    return {
        "step": step,
        "subject": subject,
        "fingerprint": fingerprint,
        "state": JobState.DONE.value,
        "batch": subject,
        "place": 0,
        "priority": 0,
        "attempts": 1,
        "losses": 0,
        "error_params": "{}",
        "cost_s": cost_s,
        "created_at": began,
        "started_at": began,
        "finished_at": now,
        "duration_s": max(0.0, (now - began).total_seconds()),
    }


def ask_for(reader: Reader, call_id: str, now: datetime) -> list[Statement]:
    """Statements that put a call before all routine work: somebody waits for its words.

    Nothing when it has a transcript of its present sound, has no sound, or failed before (that is said on its
    page; ``retry`` tries it again). A unit that waits in a batch of others leaves it and runs alone.
    """
    row = reader.row(
        """
        select r.content_hash, coalesce(r.duration_s, 0) as duration_s, a.content_hash is not null as measured
        from recordings r left join transcripts t on t.call_id = r.call_id and t.content_hash = r.content_hash
        left join acoustics a on a.content_hash = r.content_hash
        where r.call_id = ? and r.state in ('ready', 'truncated') and r.content_hash is not null
          and r.path is not null and t.call_id is null
          and not exists (select 1 from jobs j where j.step = 'transcribe' and j.subject = r.content_hash
                          and j.state in ('failed', 'poisoned'))
        """,
        call_id,
    )
    if row is None:
        return []
    steps = ("transcribe",) if row["measured"] else ("measure", "transcribe")
    subject = row["content_hash"]
    wanted = [NewJob(step, subject, "", float(row["duration_s"]), ASKED_FOR) for step in steps]
    alone = Statement(
        "update jobs set batch = subject where step in ('measure', 'transcribe') and subject = ? and state = 'waiting'",
        (subject,),
    )
    return [*enqueue(wanted, now), alone]


def job(reader: Reader, step: str, subject: str) -> Job | None:
    row = reader.row("select * from jobs where step = ? and subject = ?", step, subject)
    return job_of(row) if row else None


def set_aside(reader: Reader, step: str, fingerprint: str) -> frozenset[str]:
    """Subjects that are not tried again by themselves under this fingerprint: failed, poisoned or cancelled."""
    rows = reader.rows(
        "select subject from jobs where step = ? and fingerprint = ? and state in ('failed', 'poisoned', 'cancelled')",
        step,
        fingerprint,
    )
    return frozenset(row["subject"] for row in rows)
