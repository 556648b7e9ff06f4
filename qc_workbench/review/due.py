"""By which day a drawn call is to be heard.

A day is drawn when it is over and is to be heard on the next working day; a week, within the week after it. A draw made
late (recordings that came late, a first run over old weeks) counts from the day it was made: nobody can be late with
a call that was not there. What the machine picked is to be heard so many days after it was picked.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from qc_workbench.domain.sampling import Period

#: Days of the week before its last one.
_TO_SUNDAY = 6


@dataclass(frozen=True, slots=True)
class DrawnBy:
    """Why a call waits: ``plan`` and ``period`` as they stand on its row; ``period_to`` and ``drawn_on`` are days of
    the company. ``every`` and ``period_to`` are None for what the machine picked."""

    plan: str
    period: str
    every: Period | None
    period_to: date | None
    drawn_on: date


@dataclass(frozen=True, slots=True)
class DueRule:
    """``workdays``: of the company, Monday = 1. ``targeted_days``: for a call that the machine picked."""

    workdays: Collection[int]
    targeted_days: int

    def due(self, drawn: DrawnBy) -> date:
        """The last day on which a call of this draw is in time."""
        if drawn.every is None or drawn.period_to is None:
            return drawn.drawn_on + timedelta(days=self.targeted_days)
        begins = max(drawn.period_to + timedelta(days=1), drawn.drawn_on)
        if drawn.every is Period.WEEKLY:
            return begins + timedelta(days=_TO_SUNDAY - begins.weekday())
        return self._working_day(begins)

    def _working_day(self, day: date) -> date:
        """The day itself or the first working one after it."""
        return next(
            (later for number in range(7) if (later := day + timedelta(days=number)).isoweekday() in self.workdays), day
        )
