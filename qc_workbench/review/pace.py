"""How far a plan of listening is, and whether it will be done in time: "17 of 23, 3 days left"."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from qc_workbench.review.workload import Reviewer


class PaceState(StrEnum):
    DONE = "done"
    ON_TIME = "on_time"
    SHORT = "short"  # those who listen can't do all that is left by the due day
    LATE = "late"  # the due day has passed


@dataclass(frozen=True, slots=True)
class Pace:
    """``days_left``: days up to and with the due one on which anybody listens. ``a_day``: calls needed on each of them.

    ``lacking``: calls that will not be heard in time at the set capacity.
    """

    done: int
    of: int
    days_left: int
    a_day: int
    lacking: int
    state: PaceState


def pace(
    done: int, of: int, due: date, today: date, reviewers: Iterable[Reviewer], *, done_today: int = 0, others: int = 0
) -> Pace:
    """The pace of one plan. ``others``: calls of other plans and queues due by then, which take places too.

    ``done_today``: calls of any plan scored today, whose places are used up.
    """
    left = max(0, of - done)
    days = [today + timedelta(days=number) for number in range((due - today).days + 1)]
    team = tuple(reviewers)
    places = {day: sum(person.places(day) for person in team) for day in days}
    working = sum(count > 0 for count in places.values())
    room = max(0, sum(places.values()) - min(done_today, places.get(today, 0)) - others)
    lacking = max(0, left - room)
    if not left:
        state = PaceState.DONE
    elif today > due:
        state = PaceState.LATE
    else:
        state = PaceState.SHORT if lacking else PaceState.ON_TIME
    return Pace(done, of, working, math.ceil(left / working) if working else left, lacking, state)
