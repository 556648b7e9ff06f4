"""The daily page for the owner and the head of sales as values: is anything on fire, is it better than last week.

``pipelines.build_today.read_today`` reads them; the app, the file and the e-mail show the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from qc_workbench.config import Company
from qc_workbench.domain.call import Call
from qc_workbench.domain.commitment import Commitment
from qc_workbench.domain.crm import Activity, Deal
from qc_workbench.domain.evening import Unkept, UnkeptItem
from qc_workbench.domain.today import DayNumbers, HourCalls
from qc_workbench.reporting.callbacks import CallBack, CalledBack, count_callers, median_minutes
from qc_workbench.reporting.comparing import Compared, Trend, Wish, compare_counts, compare_shares
from qc_workbench.reporting.month_calls import PaddedCall
from qc_workbench.reporting.share import Share

#: Weeks that make what is usual.
WEEKS: Final = 4


class Figure(StrEnum):
    """A number of the page (``today.figure.<code>``)."""

    CALLS = "calls"
    LOST_RATE = "lost_rate"
    EFFECTIVE = "effective"
    ESCALATED = "escalated"
    SUSPICIOUS = "suspicious"
    MEETINGS_SET = "meetings_set"
    MEETINGS_HELD = "meetings_held"
    PROPOSALS_SENT = "proposals_sent"


#: What the company wants of each.
WISHES: Final[Mapping[Figure, Wish]] = {
    Figure.CALLS: Wish.NEITHER, Figure.LOST_RATE: Wish.FEWER, Figure.EFFECTIVE: Wish.NEITHER,
    Figure.ESCALATED: Wish.FEWER, Figure.SUSPICIOUS: Wish.FEWER, Figure.MEETINGS_SET: Wish.MORE,
    Figure.MEETINGS_HELD: Wish.MORE, Figure.PROPOSALS_SENT: Wish.MORE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToDecide:
    """Something that waits for a person (``waiting.<code>``); ``room`` and ``query`` open the list that it counts."""

    code: str
    count: int
    room: str
    query: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ControlShown:
    """The evening control on the page. ``is_frozen``: written down then; else reckoned now from what the CRM says of
    ``at``. ``items``: the longest of each kind; ``history``: days with a frozen control."""

    at: datetime
    is_frozen: bool
    taken_at: datetime | None
    data_until: datetime | None
    totals: Mapping[Unkept, int]
    items: tuple[UnkeptItem, ...]
    history: Mapping[date, Mapping[Unkept, int]]

    def of(self, kind: Unkept) -> tuple[UnkeptItem, ...]:
        return tuple(item for item in self.items if item.kind is kind)


class Alarm(StrEnum):
    """What is on fire (``today.alarm.<code>``)."""

    ESCALATED = "escalated"
    NEVER = "never"  # missed callers whom nobody called although the time for it is over
    LOST_RATE = "lost_rate"  # more calls lost than usual, by more than chance
    OVERDUE = "overdue"  # more overdue tasks than at the control before
    BROKEN = "broken"
    SUSPICIOUS = "suspicious"  # more than usual, by more than chance


@dataclass(frozen=True, slots=True)
class Today:
    """The page. ``moment``: the end of the day, or now while it goes on; comparisons then end at the same time of day.

    Lists are cut; numbers are of all. ``steps``: meetings and proposals by the name of their count.
    ``earlier``: the same weekday of the four weeks before, the latest first, None where it had no calls.
    ``broken_since``: the first day whose broken promises ``broken`` lists: yesterday, or the last working day.
    """

    day: date
    moment: datetime
    is_over: bool
    company: str
    numbers: DayNumbers
    earlier: tuple[DayNumbers | None, ...]
    callers: tuple[CalledBack, ...]
    callback_minutes: int
    hours: tuple[HourCalls, ...]
    escalated: tuple[Call, ...]
    suspicious: tuple[PaddedCall, ...]
    steps: Mapping[str, tuple[Activity, ...]]
    due_today: tuple[Commitment, ...]
    due_total: int
    broken: tuple[Commitment, ...]
    broken_total: int
    broken_since: date
    control: ControlShown
    to_decide: tuple[ToDecide, ...]
    calls: Mapping[str, Call]
    promises: Mapping[str, Commitment]
    tasks: Mapping[str, Activity]
    deals: Mapping[str, Deal]
    names: Mapping[str, str]

    @property
    def lost_rate(self) -> Share:
        """Lost Call Rate: missed inbound calls of inbound calls."""
        return Share(self.numbers.missed, self.numbers.inbound)

    @property
    def outcomes(self) -> dict[CallBack, int]:
        return count_callers(self.callers)

    @property
    def median_callback_min(self) -> float | None:
        return median_minutes(self.callers)

    @property
    def waits(self) -> int:
        return sum(item.count for item in self.to_decide)

    @property
    def alarms(self) -> dict[Alarm, int]:
        """What is on fire and how much of it; empty where nothing is."""
        before = [totals for day, totals in sorted(self.control.history.items()) if day < self.day]
        overdue = self.control.totals.get(Unkept.OVERDUE, 0)
        more = overdue - before[-1].get(Unkept.OVERDUE, 0) if before else 0
        found = {
            Alarm.ESCALATED: self.numbers.escalated,
            Alarm.NEVER: sum(item.how is CallBack.NEVER and item.deadline < self.moment for item in self.callers),
            Alarm.LOST_RATE: self.numbers.missed if self.compared(Figure.LOST_RATE).trend is Trend.WORSE else 0,
            Alarm.OVERDUE: max(more, 0),
            Alarm.BROKEN: self.broken_total,
            Alarm.SUSPICIOUS: (self.numbers.suspicious if self.compared(Figure.SUSPICIOUS).trend is Trend.WORSE else 0),
        }
        return {alarm: count for alarm, count in found.items() if count}

    def compared(self, figure: Figure) -> Compared:
        known = [item for item in self.earlier if item is not None]
        week_ago = self.earlier[0] if self.earlier else None
        wish = WISHES[figure]
        if figure is Figure.LOST_RATE:
            shares = [Share(item.missed, item.inbound) for item in known]
            ago = Share(week_ago.missed, week_ago.inbound) if week_ago else None
            return compare_shares(self.lost_rate, ago, shares, wish)
        counts = [count_of(item, figure) for item in known]
        return compare_counts(
            count_of(self.numbers, figure), count_of(week_ago, figure) if week_ago else None, counts, wish
        )


def count_of(numbers: DayNumbers, figure: Figure) -> int:
    return {
        Figure.CALLS: numbers.calls, Figure.LOST_RATE: numbers.missed, Figure.EFFECTIVE: numbers.effective,
        Figure.ESCALATED: numbers.escalated, Figure.SUSPICIOUS: numbers.suspicious,
        Figure.MEETINGS_SET: numbers.meetings_set, Figure.MEETINGS_HELD: numbers.meetings_held,
        Figure.PROPOSALS_SENT: numbers.proposals_sent,
    }[figure]  # fmt: skip


def compared_stretches(day: date, as_of: datetime, company: Company) -> tuple[tuple[datetime, datetime], ...]:
    """The day up to now, then the same weekday of the weeks before up to the same time of day, the latest first."""
    starts, ends = _midnight(day, company), _midnight(day + timedelta(days=1), company)
    cut = as_of.astimezone(company.zone).time() if starts <= as_of < ends else None
    found = []
    for back in range(WEEKS + 1):
        that = day - timedelta(days=7 * back)
        end = _midnight(that + timedelta(days=1), company) if cut is None else _moment(that, cut, company)
        found.append((_midnight(that, company), end))
    return tuple(found)


def _midnight(day: date, company: Company) -> datetime:
    return _moment(day, time(), company)


def _moment(day: date, clock: time, company: Company) -> datetime:
    return datetime.combine(day, clock, company.zone).astimezone(UTC)


def comparable(numbers: Sequence[DayNumbers]) -> tuple[DayNumbers | None, ...]:
    """A weekday without a call was a holiday or is before the data: it says nothing of what is usual."""
    return tuple(item if item.calls else None for item in numbers)
