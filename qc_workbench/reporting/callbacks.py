"""What became of callers whom nobody answered: called back in time, later, by their own second try, or never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Final

from qc_workbench.config import Company
from qc_workbench.detection.working_calendar import WorkingCalendar
from qc_workbench.domain.missed_caller import MissedCaller, Reached


class CallBack(StrEnum):
    """``callback.<code>``; every missed caller has exactly one."""

    IN_TIME = "in_time"  # we called back within the minutes that the settings allow
    LATE = "late"  # we called back later
    OWN_TRY = "own_try"  # they called again: luck, not service
    TRIED = "tried"  # we called, they did not answer
    NEVER = "never"  # nobody called within a week, as far as is known
    HIDDEN = "hidden"  # no number to call


@dataclass(frozen=True, slots=True)
class CalledBack:
    """``deadline``: by when we should have called."""

    caller: MissedCaller
    how: CallBack
    deadline: datetime


def callback_deadline(missed_at: datetime, minutes: int, company: Company) -> datetime:
    """``minutes`` of working time after the missed call; outside of working hours they begin with the next working
    day, and what does not fit into a day goes on in the next."""
    calendar, zone = WorkingCalendar.of(company), company.zone
    local = missed_at.astimezone(zone)
    day, left = local.date(), timedelta(minutes=minutes)
    begins = local.replace(tzinfo=None)
    for _ in range(400):
        starts, ends = (datetime.combine(day, clock) for clock in (company.day_starts, company.day_ends))
        if calendar.is_working(day) and begins < ends:
            begins = max(begins, starts)
            if left <= ends - begins:
                return (begins + left).replace(tzinfo=zone)
            left -= ends - begins
        day += timedelta(days=1)
        begins = datetime.combine(day, company.day_starts)
    return begins.replace(tzinfo=zone)  # a company that never works


def called_back(callers: Iterable[MissedCaller], minutes: int, company: Company) -> tuple[CalledBack, ...]:
    """The callers in their order, each with what became of them."""
    found = []
    for caller in callers:
        deadline = callback_deadline(caller.started_at, minutes, company)
        found.append(CalledBack(caller, _how(caller, deadline), deadline))
    return tuple(found)


def _how(caller: MissedCaller, deadline: datetime) -> CallBack:
    match caller.reached:
        case Reached.BY_US:
            reached_at = caller.started_at + timedelta(seconds=caller.after_s or 0)
            return CallBack.IN_TIME if reached_at <= deadline else CallBack.LATE
        case Reached.BY_CLIENT:
            return CallBack.OWN_TRY
        case Reached.TRIED:
            return CallBack.TRIED
        case Reached.HIDDEN:
            return CallBack.HIDDEN
        case _:
            return CallBack.NEVER


#: Those whom we called back and reached.
CALLED: Final = frozenset({CallBack.IN_TIME, CallBack.LATE})


def count_callers(callers: Iterable[CalledBack]) -> dict[CallBack, int]:
    """How many became of each; all ways are there."""
    counts = Counter(item.how for item in callers)
    return {how: counts[how] for how in CallBack}


def minutes_until_called(callers: Iterable[CalledBack]) -> list[float]:
    """The waits of those whom we called back and reached, in minutes of the clock."""
    return [item.caller.after_s / 60 for item in callers if item.how in CALLED and item.caller.after_s is not None]


def median_minutes(callers: Iterable[CalledBack]) -> float | None:
    """Middle of the waits of those whom we called back and reached, in minutes of the clock; None without any."""
    waits = minutes_until_called(callers)
    return median(waits) if waits else None
