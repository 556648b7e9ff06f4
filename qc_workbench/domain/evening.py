"""The evening control: what of the day's order stood open at the end of a working day, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Unkept(StrEnum):
    """What the control looks for (``unkept.<code>``)."""

    OVERDUE = "overdue"  # a task that is not done although its time is over
    MOVED = "moved"  # a task whose time was put off to a later day on the day of the control
    STUCK = "stuck"  # an open deal longer in its stage than the settings allow
    PROMISE = "promise"  # a promise to a client whose time is over and that was broken


@dataclass(frozen=True, slots=True)
class UnkeptItem:
    """One line of a control.

    ``since``: when it became due, was first due, came into its stage, should have been kept; ``days`` from then to the
    control, for a moved task the days it was put off in all. ``moves``: how often it was put off so far.
    """

    kind: Unkept
    manager_id: str
    since: datetime
    days: float
    moves: int = 0
    deal_id: str | None = None
    activity_id: str | None = None
    commitment_id: str | None = None
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class EveningControl:
    """``control_at``: the moment it shows; ``taken_at``: when it was written down, later where the program was not
    running then; ``data_until``: the end of the last import before ``taken_at``. ``counts``: by kind and agent."""

    day: date
    control_at: datetime
    taken_at: datetime
    data_until: datetime | None
    counts: Mapping[tuple[Unkept, str], int]

    def total(self, kind: Unkept) -> int:
        return sum(found for (which, _), found in self.counts.items() if which is kind)


class ControlOutcome(StrEnum):
    TAKEN = "taken"
    ALREADY = "already"  # frozen before: nothing was written
    DAY_OFF = "day_off"
    TOO_EARLY = "too_early"  # the working day is not over


@dataclass(frozen=True, slots=True)
class ControlReport:
    """What became of taking a control; ``control``: the one that stands, None where there is none to take."""

    day: date
    outcome: ControlOutcome
    control: EveningControl | None
