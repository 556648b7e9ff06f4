"""How long things are kept, and what holds them back: months in the company's zone, evidence until its case is over.

Pure: the moment is always given. Zero months mean for ever. A thing of one local day is kept through the same day
so many months later (the last of the month where that day is not there), so never shorter than was said; it may
go from the beginning of the next day in the company's zone.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from qc_workbench.domain.flag import Finding, Flag, Verdict
from qc_workbench.review.rulings import CaseState, case_state


class Kind(StrEnum):
    """What has a period of its own (``retention.kind.<code>``)."""

    RECORDING = "recording"
    TRANSCRIPT = "transcript"
    AUDIT = "audit"
    MAIL = "mail"


class HoldReason(StrEnum):
    """Why something stays beyond its period (``retention.hold.<code>``)."""

    WAITING = "waiting"  # a flag on which nobody has ruled
    ASKED = "asked"  # the agent was asked to explain
    RULED = "ruled"  # a ruling was made; the period runs again from it


@dataclass(frozen=True, slots=True)
class Case:
    """A flag that a person has to judge or has judged. ``closed_at`` is None while it is open."""

    call_id: str
    reason: HoldReason
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """``until`` is when it may go; None: not before somebody closes the case."""

    call_id: str
    reason: HoldReason
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Removal:
    """What may go now, by call, and what would if nothing held it."""

    gone: tuple[str, ...]
    held: tuple[Held, ...]


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later, or the last of that month. ``months`` may be negative."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def removable_from(moment: datetime, months: int, zone: ZoneInfo) -> datetime:
    """The first moment (UTC) at which a thing of ``moment`` has been kept for its months."""
    last_day = add_months(moment.astimezone(zone).date(), months)
    return datetime.combine(last_day + timedelta(days=1), time(0), zone).astimezone(UTC)


def removable_before(as_of: datetime, months: int, zone: ZoneInfo) -> datetime:
    """Everything before this moment (UTC), and nothing from it on, has been kept for its months at ``as_of``."""
    today = as_of.astimezone(zone).date()
    day = add_months(today, -months)
    while add_months(day, months) >= today:  # short months: several days share a last day of keeping
        day -= timedelta(days=1)
    while add_months(day + timedelta(days=1), months) < today:
        day += timedelta(days=1)
    return datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)


def cases(flags: Iterable[tuple[Flag, bool]], rulings: Mapping[str, Finding]) -> list[Case]:
    """The cases of flags; each comes with whether it stands (was not retired by a later detection).

    A flag of which the machine was not sure is no case until somebody rules on it. A ruling keeps its flag a case
    even when a newer detector no longer raises it: people acted on it.
    """
    found = []
    for flag, stands in flags:
        ruling = rulings.get(flag.flag_id)
        if ruling is None and not (stands and flag.verdict is Verdict.FLAG):
            continue
        state = case_state(flag, ruling)
        if ruling is None:
            found.append(Case(flag.call_id, HoldReason.WAITING, None))
        elif state is CaseState.ASKED:
            found.append(Case(flag.call_id, HoldReason.ASKED, None))
        else:
            found.append(Case(flag.call_id, HoldReason.RULED, ruling.at))
    return found


def plan_removal(
    kept: Iterable[tuple[str, datetime]], open_cases: Sequence[Case], months: int, as_of: datetime, zone: ZoneInfo
) -> Removal:
    """What of ``kept`` (call, when it was) may go at ``as_of``. With 0 months nothing does."""
    if months <= 0:
        return Removal((), ())
    by_call: dict[str, list[Case]] = {}
    for case in open_cases:
        by_call.setdefault(case.call_id, []).append(case)
    gone: list[str] = []
    held: list[Held] = []
    for call_id, moment in kept:
        if as_of < removable_from(moment, months, zone):
            continue
        hold = _hold(by_call.get(call_id, ()), months, as_of, zone)
        if hold is None:
            gone.append(call_id)
        else:
            held.append(hold)
    return Removal(tuple(gone), tuple(held))


def _hold(own: Sequence[Case], months: int, as_of: datetime, zone: ZoneInfo) -> Held | None:
    """What holds a call longest."""
    for case in own:
        if case.closed_at is None:
            return Held(case.call_id, case.reason, None)
    later = [
        Held(case.call_id, case.reason, until)
        for case in own
        if case.closed_at is not None and as_of < (until := removable_from(case.closed_at, months, zone))
    ]
    return max(later, key=lambda item: item.until or as_of, default=None)
