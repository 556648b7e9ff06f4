"""The ledger for people: pause, cancel, try again; counts, lists and rates of units of work."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qc_workbench.domain.job import ASKED_FOR, FARTHEST_LEASE, Job, JobState
from qc_workbench.store.database import Reader, Statement, insert
from qc_workbench.store.ledger import job_of

#: In place of a step: all of them.
EVERY_STEP: Final = "*"


def pause(step: str, by: str, now: datetime) -> Statement:
    """The step takes no new work; what runs is finished. ``EVERY_STEP`` for all."""
    return insert("job_pauses", {"step": step, "paused_at": now, "paused_by": by}, replace=True)


def resume(step: str) -> Statement:
    """End a pause; ``EVERY_STEP`` ends all pauses."""
    return Statement("delete from job_pauses where step = $1 or $1 = '*'", (step,))


def cancel(now: datetime, step: str = EVERY_STEP, subjects: Collection[str] | None = None) -> Statement:
    """Take back what waits and what runs (its effect will be refused). ``subjects``: only these."""
    return Statement(
        "update jobs set state = 'cancelled', token = null, lease_until = null, not_before = null, finished_at = $1 "
        "where state in ('waiting', 'running') and ($2 = '*' or step = $2) "
        "and ($4 or list_contains($3::varchar[], subject))",
        (now, step, list(subjects or ()), subjects is None),
    )


def retry(now: datetime, step: str = EVERY_STEP, subjects: Collection[str] | None = None) -> Statement:
    """Let failed, poisoned and cancelled units wait again, with a clean slate."""
    return Statement(
        "update jobs set state = 'waiting', attempts = 0, losses = 0, not_before = null, error_code = null, "
        "error_params = '{}', batch = subject, created_at = $1, started_at = null, finished_at = null "
        "where state in ('failed', 'poisoned', 'cancelled') and ($2 = '*' or step = $2) "
        "and ($4 or list_contains($3::varchar[], subject))",
        (now, step, list(subjects or ()), subjects is None),
    )


@dataclass(frozen=True, slots=True)
class Tally:
    """Units of a step in a state, their seconds of sound, and the time their workers spent."""

    step: str
    state: JobState
    units: int
    cost_s: float
    duration_s: float


def tallies(reader: Reader, since: datetime | None = None) -> list[Tally]:
    """Counts by step and state; with ``since``, of what was finished from then on (its rate)."""
    rows = reader.rows(
        "select step, state, count(*) as units, sum(cost_s) as cost_s, coalesce(sum(duration_s), 0) as duration_s "
        "from jobs where $1::timestamptz is null or finished_at >= $1 group by step, state order by step, state",
        since,
    )
    return [Tally(**{**row, "state": JobState(row["state"])}) for row in rows]


def listed(reader: Reader, states: Collection[JobState], limit: int, step: str = EVERY_STEP) -> list[Job]:
    """Units in these states: first those of the highest priority, then the latest."""
    rows = reader.rows(
        "select * from jobs where list_contains($1::varchar[], state) and ($2 = '*' or step = $2) "
        "order by priority desc, coalesce(finished_at, started_at, created_at) desc, place, subject limit $3",
        [state.value for state in states],
        step,
        limit,
    )
    return [job_of(row) for row in rows]


def pauses(reader: Reader) -> frozenset[str]:
    """Steps that are paused; ``EVERY_STEP`` among them when all are."""
    return frozenset(row["step"] for row in reader.rows("select step from job_pauses"))


def waiting_steps(reader: Reader, now: datetime) -> frozenset[str]:
    """Steps with a unit that could be claimed now, or a little later."""
    rows = reader.rows(
        "select distinct step from jobs j where (state = 'waiting' "
        "or (state = 'running' and (lease_until is null or lease_until <= $1 or lease_until > $2))) "
        "and not exists (select 1 from job_pauses p where p.step in ('*', j.step))",
        now,
        now + FARTHEST_LEASE,
    )
    return frozenset(row["step"] for row in rows)


def asked_for(reader: Reader, now: datetime) -> dict[str, list[str]]:
    """step -> subjects that somebody waits for and nobody works on, and that may be worked on."""
    rows = reader.rows(
        f"select step, subject from jobs j where priority >= {ASKED_FOR} and (state = 'waiting' "  # noqa: S608
        "or (state = 'running' and (lease_until is null or lease_until <= $1 or lease_until > $2))) "
        "and not exists (select 1 from job_pauses p where p.step in ('*', j.step)) order by created_at, subject",
        now,
        now + FARTHEST_LEASE,
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["step"], []).append(row["subject"])
    return found


def unattended(reader: Reader, now: datetime) -> bool:
    """Whether somebody waits for a call and no coordinator is at work on that step, who would take it next."""
    rows = reader.rows(
        "select distinct step from jobs where state = 'running' and lease_until > $1 and lease_until <= $2",
        now,
        now + FARTHEST_LEASE,
    )
    return bool(set(asked_for(reader, now)) - {row["step"] for row in rows})
