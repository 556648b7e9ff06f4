"""The evening control: at the end of a working day, write down what stands open, once.

Idempotent: a control that was taken is never changed. What is asked for before the end of the working day, or on a day
off, is not taken. Taken later than its moment (the program was not running), it shows its moment all the same.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from qc_workbench.config import Settings
from qc_workbench.detection.working_calendar import WorkingCalendar
from qc_workbench.domain.evening import ControlOutcome, ControlReport, EveningControl
from qc_workbench.store.evening import ControlMoment, control_of, control_written, found_at, last_import
from qc_workbench.workspace import Workspace


def control_moment(settings: Settings, day: date) -> ControlMoment:
    """The end of the working day by the company's clock."""
    company = settings.company
    return ControlMoment(
        day=day,
        at=datetime.combine(day, company.day_ends, company.zone).astimezone(UTC),
        starts_at=datetime.combine(day, time(), company.zone).astimezone(UTC),
        zone=company.timezone,
        limits_days=settings.discipline.stage_limits_days,
    )


def take_evening_control(workspace: Workspace, day: date, at: datetime) -> ControlReport:
    """Freeze the control of ``day``; ``at`` is now."""
    settings = workspace.settings
    moment = control_moment(settings, day)
    with workspace.store.reading() as reader:
        known = control_of(reader, day)
        if known is not None:
            return ControlReport(day, ControlOutcome.ALREADY, known)
        if not WorkingCalendar.of(settings.company).is_working(day):
            return ControlReport(day, ControlOutcome.DAY_OFF, None)
        if at < moment.at:
            return ControlReport(day, ControlOutcome.TOO_EARLY, None)
        found = found_at(reader, moment)
        control = EveningControl(day, moment.at, at, last_import(reader, at), found.counts)
    if workspace.store.write(*control_written(control, found.items), key=f"evening_control:{day}"):
        return ControlReport(day, ControlOutcome.TAKEN, control)
    with workspace.store.reading() as reader:  # somebody else was quicker
        return ControlReport(day, ControlOutcome.ALREADY, control_of(reader, day))


def take_due_controls(workspace: Workspace, at: datetime, most_days: int = 7) -> tuple[ControlReport, ...]:
    """Controls of the last days that should have been taken by ``at`` and were not, the oldest first."""
    today = at.astimezone(workspace.settings.company.zone).date()
    reports = (
        take_evening_control(workspace, today - timedelta(days=back), at) for back in range(most_days - 1, -1, -1)
    )
    return tuple(report for report in reports if report.outcome is ControlOutcome.TAKEN)
