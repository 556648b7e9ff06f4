"""Working days of the company and its evening control: when a duty of the day has become a breach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

import holidays

from qc_workbench.config import Company


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Calendar of a company: its working days without the public holidays of its country."""

    company: Company

    def is_working_day(self, day: date) -> bool:
        return day.isoweekday() in self.company.workdays and day not in _public_holidays(self.company.country, day.year)

    def working_day_from(self, day: date) -> date:
        """``day`` itself, or the next working day."""
        # A year without a working day is a broken calendar; the bound only prevents an endless loop.
        for _ in range(366):
            if self.is_working_day(day):
                return day
            day += timedelta(days=1)
        return day

    def control_on(self, day: date) -> datetime:
        """The evening control (end of the working day) of ``day``, or of the next working day."""
        return datetime.combine(self.working_day_from(day), self.company.day_ends, self.company.zone)

    def next_control(self, moment: datetime) -> datetime:
        """The first evening control at or after ``moment``."""
        day = moment.astimezone(self.company.zone).date()
        control = self.control_on(day)
        return control if control >= moment else self.control_on(day + timedelta(days=1))

    def after_hours(self, moment: datetime, hours: float) -> datetime:
        """``hours`` later; what ends on a day off ends at the same time of the next working day."""
        end = (moment + timedelta(hours=hours)).astimezone(self.company.zone)
        return datetime.combine(self.working_day_from(end.date()), end.time(), self.company.zone)

    def last_moment_of(self, moment: datetime) -> datetime:
        """A due date without a time (midnight) lasts until the end of that day; another one is as it is."""
        local = moment.astimezone(self.company.zone)
        if local.time() == time(0):
            return datetime.combine(local.date() + timedelta(days=1), time(0), self.company.zone)
        return moment


@cache
def _public_holidays(country: str, year: int) -> frozenset[date]:
    """Public holidays; a country that the calendar does not know has none."""
    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        return frozenset()
