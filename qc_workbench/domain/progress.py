"""How far the work is, how fast it goes and when it will be done. Pure: the moment is always given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from qc_workbench.domain.job import JobState, is_expired

#: Steps whose units are claimed from the ledger before they are done: what waits of them can be paused and cancelled.
#: Units of other steps are recorded when they are done.
CLAIMED_STEPS: Final = ("measure", "transcribe")
#: The way of a call: the order in which people see the steps.
_ORDER: Final = ("import", "sample", *CLAIMED_STEPS, "detect")
#: The rate is that of this time: long enough for a batch of several minutes of sound, short enough to follow the day.
RECENT: Final = timedelta(minutes=10)
#: Least time a rate is computed over, seconds: after less a single unit would promise anything.
_LEAST_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Pace:
    """What was finished lately: ``units``, ``cost_s`` seconds of sound, within ``over_s`` seconds.

    A unit that began before the window counts with the share of its time that lies inside.
    """

    units: float
    cost_s: float
    over_s: float

    @property
    def units_per_min(self) -> float | None:
        return 60 * self.units / max(self.over_s, _LEAST_S) if self.units else None

    @property
    def times_sound(self) -> float | None:
        """Seconds of sound a second; None where nothing was finished or the units have no sound."""
        return self.cost_s / max(self.over_s, _LEAST_S) if self.cost_s else None

    def time_left_s(self, units: int, cost_s: float) -> float | None:
        """Seconds until this much is done at this pace; by sound where it is known. None: nobody can tell."""
        if not units:
            return 0.0
        if cost_s and self.times_sound:
            return cost_s / self.times_sound
        return 60 * units / self.units_per_min if self.units_per_min else None


@dataclass(frozen=True, slots=True)
class StepProgress:
    """A step of the ledger.

    ``counts``: units by state, of all times. ``finished``: units done or failed since the oldest open one was put into
    the ledger, so that the bar shows the work of now and not of all years. ``left_s``: seconds of sound still open.
    """

    step: str
    counts: Mapping[JobState, int]
    finished: int
    left_cost_s: float
    pace: Pace
    is_paused: bool
    last_done_at: datetime | None

    @property
    def open(self) -> int:
        return self.counts[JobState.WAITING] + self.counts[JobState.RUNNING]

    @property
    def total(self) -> int:
        """Units of the work of now; 0 when nothing is open."""
        return self.finished + self.open if self.open else 0

    @property
    def share(self) -> float:
        return self.finished / self.total if self.total else 1.0

    @property
    def unsuccessful(self) -> int:
        """Units that nobody tries again by themselves."""
        return self.counts[JobState.FAILED] + self.counts[JobState.POISONED]

    @property
    def time_left_s(self) -> float | None:
        """None when it can't be told: it stands still, or nothing was finished lately."""
        return None if self.is_paused else self.pace.time_left_s(self.open, self.left_cost_s)

    @property
    def is_claimed(self) -> bool:
        return self.step in CLAIMED_STEPS


def in_order(step: str) -> tuple[int, str]:
    """Sorts steps along the way of a call; unknown ones come last, by name."""
    return (_ORDER.index(step) if step in _ORDER else len(_ORDER), step)


def pace(units: float, cost_s: float, first_began: datetime | None, now: datetime) -> Pace:
    """The pace of what was finished in the last :data:`RECENT`; work that began within it is measured from there."""
    over = RECENT if first_began is None else min(now - first_began, RECENT)
    return Pace(units, cost_s, over.total_seconds())


def is_abandoned(state: JobState, lease_until: datetime | None, now: datetime) -> bool:
    """Whoever took this unit gives no sign of life any more; the next coordinator takes it."""
    return state is JobState.RUNNING and is_expired(lease_until, now)
