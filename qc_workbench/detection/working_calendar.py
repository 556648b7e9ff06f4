"""Working days and public holidays of the company's country."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import lru_cache

from qc_workbench.config import Company

DAY = timedelta(days=1)


@lru_cache(maxsize=64)
def _special_days(country: str, year: int) -> tuple[frozenset[date], frozenset[date]]:
    """Days off of one year and days of rest that were made working days, transfers by the government included
    (``holidays`` follows the decrees of each year); an unknown country has none (weekends still count)."""
    try:
        import holidays  # costs a second of start-up: only where there is work

        found = holidays.country_holidays(country, years=[year])
    except NotImplementedError:
        return frozenset(), frozenset()
    return frozenset(found), frozenset(day for day in found.weekend_workdays if day.year == year)


def _public_holidays(country: str, year: int) -> frozenset[date]:
    return _special_days(country, year)[0]


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days the company works, and between what times."""

    country: str
    workdays: Collection[int]  # ISO weekdays, Monday = 1
    day_starts: time
    day_ends: time

    @classmethod
    def of(cls, company: Company) -> WorkingCalendar:
        return cls(company.country, company.workdays, company.day_starts, company.day_ends)

    def is_holiday(self, day: date) -> bool:
        return day in _public_holidays(self.country, day.year)

    def is_working(self, day: date) -> bool:
        """A day of the company's week that is no holiday, or a day of rest that a transfer made a working one."""
        if self.is_holiday(day):
            return False
        return day.isoweekday() in self.workdays or day in _special_days(self.country, day.year)[1]

    def next_working(self, day: date) -> date:
        """The first working day on or after ``day``."""
        for _ in range(60):
            if self.is_working(day):
                return day
            day += DAY
        return day

    def add_working(self, day: date, count: int) -> date:
        """The working day that is ``count`` working days after ``day``."""
        for _ in range(count):
            day = self.next_working(day + DAY)
        return day

    def next_block(
        self, day: date, *, month_days: tuple[tuple[int, int], tuple[int, int]] | None = None
    ) -> date | None:
        """Last day of the next run of days off that holds a public holiday, at or after ``day``.

        ``month_days`` narrows it to holidays between two (month, day) pairs: «майские», «новогодние».
        The search goes 400 days ahead; None where the country has no such holiday.
        """
        for offset in range(400):
            candidate = day + offset * DAY
            if not self.is_holiday(candidate):
                continue
            if month_days and not month_days[0] <= (candidate.month, candidate.day) <= month_days[1]:
                continue
            last = candidate
            if month_days:  # «майские» end with the last of them
                last = max(
                    found
                    for found in _public_holidays(self.country, candidate.year)
                    if month_days[0] <= (found.month, found.day) <= month_days[1]
                )
            while not self.is_working(last + DAY):
                last += DAY
            return last
        return None

    def trimmed(self, first: date, last: date) -> tuple[date, date]:
        """The window without days off at its ends; one of days off only ends with the first working day after it."""
        start, end = first, last
        while start < end and not self.is_working(start):
            start += DAY
        while end > start and not self.is_working(end):
            end -= DAY
        return (start, end) if self.is_working(start) else (first, self.next_working(last))
