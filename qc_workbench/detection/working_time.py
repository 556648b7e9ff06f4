"""The evening control of the company: when a duty of the day has become a breach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from qc_workbench.config import Company
from qc_workbench.detection.working_calendar import WorkingCalendar


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Moments of a company's working days; days off and public holidays come from its calendar."""

    company: Company

    @property
    def calendar(self) -> WorkingCalendar:
        return WorkingCalendar.of(self.company)

    def control_on(self, day: date) -> datetime:
        """The evening control (end of the working day) of ``day``, or of the next working day."""
        return datetime.combine(self.calendar.next_working(day), self.company.day_ends, self.company.zone)

    def next_control(self, moment: datetime) -> datetime:
        """The first evening control at or after ``moment``."""
        day = moment.astimezone(self.company.zone).date()
        control = self.control_on(day)
        return control if control >= moment else self.control_on(day + timedelta(days=1))

    def after_hours(self, moment: datetime, hours: float) -> datetime:
        """``hours`` later; what ends on a day off ends at the same time of the next working day."""
        end = (moment + timedelta(hours=hours)).astimezone(self.company.zone)
        return datetime.combine(self.calendar.next_working(end.date()), end.time(), self.company.zone)

    def reply_until(self, asked_at: datetime, days: int) -> datetime:
        """The end of the ``days``-th working day after the day of a question: until then its answer is waited for."""
        asked_on = asked_at.astimezone(self.company.zone).date()
        return datetime.combine(self.calendar.add_working(asked_on, days), self.company.day_ends, self.company.zone)

    def last_moment_of(self, moment: datetime) -> datetime:
        """A due date without a time (midnight) lasts until the end of that day; another one is as it is."""
        local = moment.astimezone(self.company.zone)
        if local.time() == time(0):
            return datetime.combine(local.date() + timedelta(days=1), time(0), self.company.zone)
        return moment
