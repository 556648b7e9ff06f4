"""Reports from a workspace: read the facts of one moment, let the pure rules count, write a file."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from qc_workbench.reporting.facts import Facts
from qc_workbench.store import calls as call_store
from qc_workbench.store import crm, samples, verdicts
from qc_workbench.workspace import Workspace

if TYPE_CHECKING:
    from qc_workbench.reporting.day import Day
    from qc_workbench.reporting.month import Month


def read_facts(workspace: Workspace, as_of: datetime) -> Facts:
    """Everything a report may ask for, read at one moment of the store."""
    settings = workspace.settings
    with workspace.store.reading() as reader:
        return Facts(
            as_of=as_of,
            company=settings.company,
            effective=settings.effective,
            discipline=settings.discipline,
            calls=tuple(call_store.calls(reader)),
            managers=call_store.managers(reader),
            conversations=verdicts.conversations(reader),
            flags=tuple(verdicts.flags(reader)),
            findings=tuple(verdicts.findings(reader)),
            commitments=tuple(verdicts.commitments(reader)),
            refusals=tuple(verdicts.refusals(reader)),
            deals=tuple(crm.deals(reader)),
            activities=tuple(crm.activities(reader)),
            activity_changes=tuple(crm.activity_changes(reader)),
            stage_changes=tuple(crm.stage_changes(reader)),
            sample=tuple(samples.sampled(reader)),
            violations=tuple(verdicts.violations(reader)),
        )


def build_month_report(workspace: Workspace, month: date, as_of: datetime) -> Month:
    """The monthly report of the calendar month that ``month`` is in."""
    from qc_workbench.reporting.month import build_month

    return build_month(read_facts(workspace, as_of), month)


def build_day_report(workspace: Workspace, day: date, as_of: datetime) -> Day:
    """The owner's daily page of one day of the company's calendar."""
    from qc_workbench.reporting.day import build_day

    return build_day(read_facts(workspace, as_of), day)
