"""The days of one reviewer: which of their calls are for today, which for later.

:mod:`qc_workbench.review.workload` says who has which call; this says when, and so that the list of today stays as it
is while they work through it: what they have heard counts as part of the day, and the order does not depend on what is
left. Each day gets its share by the greatest density of calls over places (Yao, Demers, Shenker, 1995), so no deadline
is missed that could be kept and no day is fuller than it must be. Targeted calls take the places that drawn ones leave.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from qc_workbench.review.workload import OpenCall, Reviewer, Slot

#: As far as a list of coming days is looked at.
HORIZON_DAYS: Final = 90


def days_of(
    calls: Iterable[OpenCall], person: Reviewer, today: date, *, heard: int = 0, heard_targeted: int = 0
) -> tuple[Slot, ...]:
    """The calls on their days from ``today`` on, each day in the order to hear them.

    ``heard``: drawn calls handed in or begun today; ``heard_targeted``: targeted ones. What finds no place within
    :data:`HORIZON_DAYS` is left out."""
    days = [today + timedelta(days=number) for number in range(HORIZON_DAYS)]
    places = [person.places(day) for day in days]
    wanted = sorted(calls, key=lambda call: (call.due, hashlib.sha256(call.call_id.encode()).hexdigest()))
    slots = []
    for drawn, gone, taken in ((True, heard, heard_targeted), (False, heard_targeted, 0)):
        shares = _shares([call for call in wanted if call.drawn is drawn], days, places, gone, taken)
        for number, (day, share) in enumerate(zip(days, shares, strict=True)):
            slots += [Slot(call.call_id, person.reviewer, day, is_late=day > call.due) for call in share]
            places[number] = max(0, places[number] - len(share) - (gone if number == 0 else 0))
    return tuple(sorted(slots, key=lambda slot: slot.day))


def _shares(
    waiting: Sequence[OpenCall], days: Sequence[date], places: Sequence[int], heard: int, taken: int
) -> list[Sequence[OpenCall]]:
    """Of calls by due day, those of each day. ``heard`` ones of the first day are gone already; ``taken``: its places
    that calls of the other queue have used."""
    until = [0]
    for count in places:
        until.append(until[-1] + count)
    shares: list[Sequence[OpenCall]] = []
    for number, day in enumerate(days):
        gone = heard if number == 0 else 0
        free = max(0, places[number] - gone - (taken if number == 0 else 0))
        overdue = sum(call.due < day for call in waiting)
        needed = overdue
        for place, call in enumerate(waiting[overdue:], overdue + gone + 1):
            last = min((call.due - days[0]).days, len(days) - 1)
            room = until[last + 1] - until[number]
            needed = max(needed, math.ceil(Fraction(place * places[number], room)) - gone if room else free)
        share = min(free, needed, len(waiting))
        shares.append(waiting[:share])
        waiting = waiting[share:]
    return shares
