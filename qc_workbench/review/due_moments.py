"""When something that runs by itself is due: a function of the company's clock and of what has been run.

Moments are of the wall clock and steady over summer time: a time that the spring night leaves out comes once, as much
later as the clock was moved; one that the autumn night has twice comes once, the first time.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from qc_workbench.domain.schedule import Due, Outcome, Run, Standing, When

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK: Final = r"(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)"
_EVERY: Final = re.compile(r"every (?P<n>\d{1,4}) min")
_AT: Final = re.compile(rf"(?:(?P<working>workdays) |day (?P<day>[1-9]|[12]\d|3[01]) |(?P<days>[a-z]{{3}}(?:,[a-z]{{3}})*) )?{_CLOCK}")  # fmt: skip  # noqa: E501
#: Pauses before the second and third attempt of what failed; then it waits for its next time.
PAUSES: Final = (timedelta(minutes=5), timedelta(minutes=30))
#: As far ahead as the next moment is looked for: longer than any holidays and any month.
_AHEAD_DAYS: Final = 70

IsWorking = Callable[[date], bool]


def parse_when(text: str) -> When | None:
    """``02:00``, ``workdays 19:00``, ``mon,thu 07:30``, ``day 15 06:00``, ``every 30 min``; None for ``off``.

    Raises :class:`ValueError` for anything else.
    """
    words = " ".join(text.lower().split())
    if words == "off":
        return None
    if found := _EVERY.fullmatch(words):
        every = int(found["n"])
        if 1 <= every <= 24 * 60:
            return When(every_min=every)
    elif found := _AT.fullmatch(words):
        days = (found["days"] or ",".join(_DAYS)).split(",")
        if set(days) <= set(_DAYS):
            return When(
                at=time(int(found["hour"]), int(found["minute"])),
                weekdays=frozenset(_DAYS.index(day) + 1 for day in days),
                working=bool(found["working"]),
                month_day=int(found["day"]) if found["day"] else None,
            )
    raise ValueError(text)


def due_moments(
    when: When, zone: ZoneInfo, after: datetime, until: datetime, is_working: IsWorking = lambda _: True
) -> list[datetime]:
    """The due moments (UTC) later than ``after`` and not later than ``until``, in order."""
    if when.every_min is not None:
        step = timedelta(minutes=when.every_min)
        first = datetime.fromtimestamp((after.timestamp() // step.total_seconds() + 1) * step.total_seconds(), UTC)
        return [first + step * number for number in range(max(0, (until - first) // step + 1))]
    # A day more on either side: the moment of a day that skips its time may lie on the next.
    day = after.astimezone(zone).date() - timedelta(days=1)
    last = until.astimezone(zone).date()
    found = set()
    while day <= last:
        if _is_day(when, day, is_working):
            moment = datetime.combine(day, when.at, zone).astimezone(UTC)
            if after < moment <= until:
                found.add(moment)
        day += timedelta(days=1)
    return sorted(found)


def _is_day(when: When, day: date, is_working: IsWorking) -> bool:
    if when.month_day is not None:
        return day.day == min(when.month_day, calendar.monthrange(day.year, day.month)[1])
    return day.isoweekday() in when.weekdays and (not when.working or is_working(day))


def next_moment(when: When, zone: ZoneInfo, after: datetime, is_working: IsWorking = lambda _: True) -> datetime | None:
    """The first due moment later than ``after``; None where none comes within weeks (a company that never works)."""
    if when.every_min is not None:
        return due_moments(when, zone, after, after + timedelta(minutes=when.every_min))[0]
    found = due_moments(when, zone, after, after + timedelta(days=_AHEAD_DAYS), is_working)
    return found[0] if found else None


def due_now(
    when: When | None,
    zone: ZoneInfo,
    standing: Standing,
    now: datetime,
    late: timedelta,
    is_working: IsWorking = lambda _: True,
) -> Due | None:
    """What is to be run at ``now``, if anything. Moments that were missed count as one, the latest.

    ``late``: how much after its moment it still makes sense. Nothing is due while a run of it goes on, while it is
    paused, and before it was seen for the first time. What failed is tried again unless its next time has come.
    """
    if when is None or standing.paused_by is not None or standing.seen_until is None:
        return None
    if standing.last is not None and standing.last.outcome is Outcome.RUNNING:
        return None
    missed = due_moments(when, zone, max(standing.seen_until, now - late), now, is_working)
    if missed:
        return Due(missed[-1], 1)
    run = standing.last_due
    if run is not None and run.try_again_at is not None and run.try_again_at <= now < run.due_at + late:
        return Due(run.due_at, run.attempt + 1)
    return None


def try_again_at(when: When | None, run: Run, ended_at: datetime, *, may_help: bool) -> datetime | None:
    """When a run that failed is tried again; None: at its next time. What comes every few minutes anyway, what a
    person asked for, and what a person must put right first (``may_help`` is false) is not."""
    if when is None or when.every_min is not None or run.asked_by is not None or not may_help:
        return None
    return ended_at + PAUSES[run.attempt - 1] if run.attempt <= len(PAUSES) else None
