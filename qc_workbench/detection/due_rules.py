"""What a rule of the due-date table is, and the arithmetic that the Russian and English tables share."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from qc_workbench.detection.working_calendar import DAY, WorkingCalendar


@dataclass(frozen=True, slots=True)
class Span:
    """Inclusive days and times a phrase stands for; a part that was not said is None.

    ``week`` is the Monday of a whole week that was named («на следующей неделе»), so that a weekday said
    beside it falls into that week; ``weekday`` (0 = Monday) that the phrase is a bare weekday.
    """

    first: date | None = None
    last: date | None = None
    time_from: time | None = None
    time_to: time | None = None
    week: date | None = None
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """The call: its start in the company's zone, and the company's calendar."""

    said_at: datetime
    calendar: WorkingCalendar

    @property
    def today(self) -> date:
        return self.said_at.date()

    @property
    def monday(self) -> date:
        return self.today - self.today.weekday() * DAY


Resolver = Callable[[re.Match[str], Moment], Span | None]


@dataclass(frozen=True, slots=True)
class DueRule:
    """One convention: the words it matches and the window a fair head of sales would accept."""

    name: str
    pattern: re.Pattern[str]
    resolve: Resolver


def rule(name: str, pattern: str, resolve: Resolver) -> DueRule:
    return DueRule(name, re.compile(rf"\b(?:{pattern})(?!\w)"), resolve)


def month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    year, month = divmod(day.month - 1 + months, 12)
    year += day.year
    month += 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def trimmed(moment: Moment, first: date, last: date) -> Span:
    """A vague window: never before the call day, no days off at its ends."""
    first = max(first, moment.today)
    last = max(last, first)
    return Span(*moment.calendar.trimmed(first, last))


def around(moment: Moment, days: int, spread: int) -> Span:
    """``days`` from now give or take ``spread``, from tomorrow on."""
    centre = moment.today + timedelta(days=days)
    return trimmed(moment, max(moment.today + DAY, centre - spread * DAY), centre + spread * DAY)


def in_weeks(moment: Moment, weeks: float) -> Span:
    # A week: +5..+9 days, the days around the same weekday («через недельку»); two weeks the same; later vaguer.
    return around(moment, round(weeks * 7), 2 if weeks <= 2 else 3 if weeks <= 3 else 4)


def in_months(moment: Moment, months: int) -> Span:
    # A month: +25..+35 days. Two: a week either way; more: ten days; half a year: a fortnight.
    if months == 1:
        return around(moment, 30, 5)
    centre = (add_months(moment.today, months) - moment.today).days
    return around(moment, centre, 7 if months == 2 else 10 if months < 6 else 14)


def in_days(moment: Moment, first: int, last: int | None = None) -> Span:
    """An exact number of days; one that falls on a day off means the next working day."""
    start = moment.calendar.next_working(moment.today + first * DAY) if first else moment.today
    end = moment.today + (last if last is not None else first) * DAY
    return Span(start, max(start, end if last is None else moment.calendar.next_working(end)))


def next_weekday(moment: Moment, weekday: int) -> date:
    """The next such day after today: «в пятницу» said on a Friday is in a week."""
    return moment.today + ((weekday - moment.today.weekday() - 1) % 7 + 1) * DAY


def weekday_span(moment: Moment, weekday: int, *, following: bool = False) -> Span:
    if following:  # «в следующую пятницу», "next Friday": that day of the coming week
        day = moment.monday + (7 + weekday) * DAY
        return Span(day, day)
    day = next_weekday(moment, weekday)
    return Span(day, day, weekday=weekday)


def day_of_month(moment: Moment, day: int, month: int | None = None) -> date | None:
    """The next such date from today on; None for the 31st of June and for numbers that are no days."""
    if not 1 <= day <= 31:
        return None
    candidate = moment.today.replace(day=1)
    for _ in range(24):
        if (month is None or candidate.month == month) and day <= calendar.monthrange(candidate.year, candidate.month)[
            1
        ]:
            found = candidate.replace(day=day)
            if found >= moment.today:
                # A month that has just passed was not meant for next year: «звонили в сентябре» in October.
                return found if month is None or (found - moment.today).days <= 270 else None
        candidate = add_months(candidate, 1)
    return None


def whole_month(moment: Moment, month: int) -> tuple[date, date] | None:
    """The coming (or current) month of that number; None where it would be over nine months ahead."""
    first = moment.today.replace(day=1)
    while first.month != month:
        first = add_months(first, 1)
    if (first - moment.today).days > 270:
        return None
    return max(first, moment.today), month_end(first)


def part_of_month(moment: Moment, first_of_month: date, part: str) -> Span:
    """start 1..10, first days 1..5, middle 11..20, end 20..last (SPEC conventions), first half, second half."""
    last = month_end(first_of_month)
    low, high = {
        "first_days": (1, 5), "start": (1, 10), "middle": (11, 20), "end": (20, last.day), "whole": (1, last.day),
        "last_days": (last.day - 4, last.day), "first_half": (1, 15), "second_half": (16, last.day),
    }[part]  # fmt: skip
    return trimmed(moment, first_of_month.replace(day=low), first_of_month.replace(day=high))


def part_of_week(moment: Moment, monday: date, part: str) -> Span:
    """start Mon..Tue, middle Tue..Thu, end Thu..Fri, first half Mon..Wed, second half Wed..Fri, whole Mon..Fri."""
    low, high = {
        "start": (0, 1), "middle": (1, 3), "end": (3, 4), "whole": (0, 4), "first_half": (0, 2), "second_half": (2, 4)
    }[part]  # fmt: skip
    first, last = monday + low * DAY, monday + high * DAY
    if last < moment.today:  # the end of this week, said on a Saturday
        return Span(moment.today, moment.today)
    return Span(max(first, moment.today), last, week=monday if part == "whole" else None)


def after_block(moment: Moment, last_day_off: date | None) -> Span | None:
    # «После праздников»: the first five working days after the run of days off.
    if last_day_off is None:
        return None
    first = moment.calendar.next_working(last_day_off + DAY)
    return Span(first, moment.calendar.add_working(first, 4))


def until(moment: Moment, span: Span) -> Span:
    """«До пятницы», «к пятнице», "by Friday": from the call day to the (last) day named, inclusive."""
    return Span(moment.today, max(span.last or moment.today, moment.today))


def after_day(moment: Moment, day: date) -> Span:
    """«После среды»: what is left of that week; «после пятницы», «после двадцатого»: at least three working days."""
    first = moment.calendar.next_working(day + DAY)
    friday = first + max(0, 4 - first.weekday()) * DAY
    return Span(first, max(friday, moment.calendar.add_working(first, 2)))


def from_day(moment: Moment, day: date) -> Span:
    """«Не раньше среды», «со среды»: that day and what is left of its week, at least two working days."""
    friday = day + max(0, 4 - day.weekday()) * DAY
    return Span(day, max(friday, moment.calendar.add_working(day, 1)))
