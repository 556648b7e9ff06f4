"""What runs by itself: when, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class When:
    """Times of the company's clock at which something is due.

    ``every_min``: every so many minutes, day and night; then nothing else counts. ``weekdays``: 1 is Monday.
    ``working``: only on days that the company works. ``month_day``: only on that day of the month, on its last one
    where it is shorter.
    """

    at: time = time(0)
    weekdays: frozenset[int] = frozenset(range(1, 8))
    working: bool = False
    month_day: int | None = None
    every_min: int | None = None


class Outcome(StrEnum):
    """``schedule.outcome.<code>``. ``LOST``: whoever ran it ended without a word (killed, power cut)."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt. ``due_at``: the moment it stands for; ``asked_by``: who asked for it out of turn; ``about``: what it
    was asked about, such as the name of a source; "" for all that the job does."""

    job: str
    due_at: datetime
    attempt: int
    asked_by: str | None
    runner: str
    started_at: datetime
    finished_at: datetime | None
    outcome: Outcome
    error_code: str | None = None
    error_params: Mapping[str, str] = field(default_factory=dict)
    try_again_at: datetime | None = None
    report: Mapping[str, int] = field(default_factory=dict)
    about: str = ""

    @property
    def took(self) -> timedelta | None:
        return None if self.finished_at is None else self.finished_at - self.started_at


@dataclass(frozen=True, slots=True)
class Asked:
    """A run out of turn that somebody wants and nobody has begun; ``about`` as in :class:`Run`."""

    by: str
    at: datetime
    about: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a job: up to when its moments were looked at, its last attempt that was not asked for by a
    person, its last attempt at all, and who has paused it."""

    seen_until: datetime | None = None
    last_due: Run | None = None
    last: Run | None = None
    paused_by: str | None = None
    paused_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be run now."""

    due_at: datetime
    attempt: int
