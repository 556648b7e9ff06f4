"""A unit of work in the ledger and the rules by which its state changes. Pure: the moment is always given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: Priorities: the nightly run's work, and a call that somebody waits for.
ROUTINE: Final = 0
ASKED_FOR: Final = 100

#: How long a claim holds without a sign of life of its coordinator, which renews it every third of that. Long enough
#: for a stall of the disk or a garbage collection, short enough that a killed run's work is soon free.
LEASE: Final = timedelta(seconds=90)
#: A lease or a wait that ends later than this from now was given by a clock that stood ahead. Twice the longest: who
#: asks may have looked at the clock a while before the store answers, and a lease be renewed meanwhile.
FARTHEST_LEASE: Final = 2 * LEASE
#: Waits between attempts grow from the first to the second of these.
SHORTEST_BACK_OFF: Final = timedelta(seconds=2)
LONGEST_BACK_OFF: Final = timedelta(minutes=5)
FARTHEST_WAIT: Final = 2 * LONGEST_BACK_OFF
#: Lost workers after which a unit is not tried again by itself: together, together again, alone.
LOSSES_ALLOWED: Final = 3
#: From this loss on a unit runs alone, so that one that kills its worker takes no other with it.
ALONE_FROM: Final = 2
#: Starts after which a unit is poisoned even though no worker's loss was seen: its coordinator died each time.
#: Far more than LOSSES_ALLOWED, because coordinators are killed for reasons of their own (shutdowns, impatience).
STARTS_ALLOWED: Final = 12


class JobState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # for good: the same input gives the same error
    POISONED = "poisoned"  # it killed or hung its worker too often
    CANCELLED = "cancelled"  # by a person

    @property
    def is_final(self) -> bool:
        """Nothing happens any more until somebody asks or the input or settings change."""
        return self not in (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Job:
    """One unit of work: ``step`` on ``subject`` under ``fingerprint`` (settings and version of the rules).

    ``batch``: units of one batch run together, always in the same composition. ``attempts`` counts starts, ``losses``
    those that ended with a dead or hung worker. ``token`` names the claim that may write the effect.
    ``cost_s``: seconds of sound. ``duration_s``: time in the worker (a batch's time is shared by cost).
    """

    step: str
    subject: str
    fingerprint: str
    state: JobState
    batch: str
    place: int
    priority: int
    attempts: int
    losses: int
    cost_s: float
    created_at: datetime
    not_before: datetime | None = None
    error_code: str | None = None
    error_params: Mapping[str, str] = field(default_factory=dict)
    worker: str | None = None
    token: str | None = None
    lease_until: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration_s: float | None = None


@dataclass(frozen=True, slots=True)
class NewJob:
    """A unit to put into the ledger. ``place`` orders units of one enqueueing; ``batch`` defaults to the subject."""

    step: str
    subject: str
    fingerprint: str
    cost_s: float = 0.0
    priority: int = ROUTINE
    batch: str = ""
    place: int = 0


def is_expired(lease_until: datetime | None, now: datetime) -> bool:
    """Whether a running unit is free again.

    A lease that ends later than any lease can was given by a clock that stood ahead: it is over too. Being
    wrong here costs work done twice, never an effect made twice: the token stands against that.
    """
    return lease_until is None or not now < lease_until <= now + FARTHEST_LEASE


def is_due(not_before: datetime | None, now: datetime) -> bool:
    """Whether a waiting unit may start. A wait longer than any wait was set by a clock that stood ahead."""
    return not_before is None or not now < not_before <= now + FARTHEST_WAIT


def is_claimable(job: Job, now: datetime) -> bool:
    if job.state is JobState.WAITING:
        return is_due(job.not_before, now)
    return job.state is JobState.RUNNING and is_expired(job.lease_until, now)


def back_off(losses: int, jitter: float) -> timedelta:
    """Wait after the given number of losses (1, 2 …). ``jitter`` in 0..1 spreads units that were lost together.

    Doubles each time; between half of and the whole of the doubled time ("equal jitter").
    """
    doubled = SHORTEST_BACK_OFF * (1 << min(max(losses - 1, 0), 16))
    return min(doubled, LONGEST_BACK_OFF) * (0.5 + min(max(jitter, 0.0), 1.0) / 2)


def after_loss(losses: int, allowed: int = LOSSES_ALLOWED) -> JobState:
    """State of a unit that has now lost ``losses`` workers."""
    return JobState.POISONED if losses >= allowed else JobState.WAITING


def runs_alone(losses: int) -> bool:
    return losses >= ALONE_FROM
