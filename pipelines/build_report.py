"""Reports from a workspace: read what the report needs of one moment, let the pure rules make it, write a file.

The store counts what is only counted and gives the rows that the report names, so that the cost of a month
follows the month and not the years before it.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.whole_file import whole_file
from qc_workbench.errors import UsageError
from qc_workbench.reporting.facts import (
    LISTED,
    DayFacts,
    DayTotals,
    MonthFacts,
    day_stretches,
    month_span,
    month_stretches,
)
from qc_workbench.store import calls as call_store
from qc_workbench.store import standings, tallies
from qc_workbench.workspace import Workspace

if TYPE_CHECKING:
    from qc_workbench.reporting.day import Day
    from qc_workbench.reporting.document import Document, Words
    from qc_workbench.reporting.month import Month


def read_month(workspace: Workspace, month: date, as_of: datetime) -> MonthFacts:
    """What the report of a calendar month is made from, at one moment of the store."""
    settings = workspace.settings
    days = month_span(month, settings.company)
    within = (days.starts_at, days.ends_at)
    stretches = [(item.starts_at, item.ends_at) for item in month_stretches(days, settings.company)]
    counted_from_s = settings.effective.counted_from_s
    with workspace.store.reading() as reader:
        downgraded = standings.downgraded(reader, settings.detectors)
        padded = tallies.suspected(reader, within, as_of, downgraded)
        broken = tallies.broken_promises(reader, within, as_of)
        false_refusals = tallies.false_refusals(reader, within, as_of, downgraded)
        named = {flag.call_id for flag in padded} | {refusal.call_id for refusal in false_refusals}
        named |= {promise.spoken.call_id for promise in broken}
        return MonthFacts(
            as_of=as_of,
            company=settings.company,
            days=days,
            managers=call_store.managers(reader),
            calls=tallies.call_tallies(reader, stretches, as_of, counted_from_s),
            deals=tallies.deal_tallies(reader, stretches),
            drawn=tallies.drawn_tallies(reader, within, as_of),
            strata=tallies.stratum_tallies(reader, days.first_day, days.last_day, within, as_of, counted_from_s),
            promises=tallies.promise_tallies(reader, within, as_of),
            refusals=tallies.refusal_tallies(reader, within, as_of),
            violations=tallies.violation_tallies(reader, within),
            unsure_calls=tallies.unsure_calls(reader, within, as_of, downgraded),
            padded=padded,
            findings=tallies.findings_about(reader, padded),
            conversations=tallies.conversations_of(reader, padded),
            broken=broken,
            false_refusals=false_refusals,
            named=tallies.calls_named(reader, named),
        )


def read_day(workspace: Workspace, day: date, as_of: datetime) -> DayFacts:
    """What the page of one day is made from, at one moment of the store."""
    settings = workspace.settings
    week_ago, today = day_stretches(day, settings.company)
    within = (today.starts_at, today.ends_at)
    stretches = [(item.starts_at, item.ends_at) for item in (week_ago, today)]
    moment = min(as_of, today.ends_at)
    with workspace.store.reading() as reader:
        downgraded = standings.downgraded(reader, settings.detectors)
        waiting, suspicious = tallies.undecided(reader, within, moment, downgraded)
        due_today, due = tallies.promises_due(reader, day, moment, LISTED)
        broken, broken_ever = tallies.promises_broken(reader, day, moment, LISTED)
        false_refusals, false_ever = tallies.false_refusals_until(reader, moment, LISTED, downgraded)
        overdue, overdue_ever = tallies.overdue_activities(reader, moment, LISTED)
        stuck, stuck_ever = tallies.stuck_deals(reader, settings.discipline.stage_limits_days, moment, LISTED)
        named = {item.call_id for item in waiting} | {item.spoken.call_id for item in (*due_today, *broken)}
        return DayFacts(
            as_of=as_of,
            company=settings.company,
            discipline=settings.discipline,
            day=day,
            managers=call_store.managers(reader),
            calls=tallies.call_tallies(reader, stretches, as_of, settings.effective.counted_from_s),
            deals=tallies.deal_tallies(reader, stretches),
            missed_and_after=tallies.missed_and_after(reader, within, moment, as_of),
            waiting=waiting,
            findings=tallies.findings_about(reader, waiting),
            conversations=tallies.conversations_of(reader, waiting),
            due_today=due_today,
            broken=broken,
            false_refusals=false_refusals,
            overdue=overdue,
            stuck=stuck,
            totals=DayTotals(suspicious, due, broken_ever, false_ever, overdue_ever, stuck_ever),
            named=tallies.calls_named(reader, named),
        )


def build_month_report(workspace: Workspace, month: date, as_of: datetime) -> Month:
    """The monthly report of the calendar month that ``month`` is in."""
    from qc_workbench.reporting.month import month_of

    return month_of(read_month(workspace, month, as_of))


def build_day_report(workspace: Workspace, day: date, as_of: datetime) -> Day:
    """The owner's daily page of one day of the company's calendar."""
    from qc_workbench.reporting.day import day_of

    return day_of(read_day(workspace, day, as_of))


def write_month_report(workspace: Workspace, month: date, as_of: datetime, out: Path, words: Words) -> Path:
    """Write the monthly report to ``out``; its ending (html, pdf or xlsx) says what it becomes."""
    from qc_workbench.reporting.month_document import month_document

    _known_ending(out, (".html", ".pdf", ".xlsx"))
    return _write(workspace, month_document(build_month_report(workspace, month, as_of), words), out, words)


def write_day_report(workspace: Workspace, day: date, as_of: datetime, out: Path, words: Words) -> Path:
    """Write the daily page to ``out``; its ending (html, pdf or xlsx) says what it becomes."""
    from qc_workbench.reporting.day_document import day_document

    _known_ending(out, (".html", ".pdf", ".xlsx"))
    return _write(workspace, day_document(build_day_report(workspace, day, as_of), words), out, words)


def render(document: Document, ending: str, words: Words, workspace: Workspace) -> bytes:
    """The bytes of a document as ``.html``, ``.pdf`` or ``.xlsx``: for a file or a download."""
    if ending == ".html":
        from qc_workbench.reporting.render_html import render_html

        return render_html(document).encode()
    if ending == ".pdf":
        from qc_workbench.reporting.render_pdf import render_pdf

        return render_pdf(document)
    from qc_workbench.reporting.render_xlsx import render_xlsx

    return render_xlsx(document, words, workspace.settings.company.zone)


def _known_ending(out: Path, endings: tuple[str, ...]) -> None:
    if out.suffix.lower() not in endings:
        raise UsageError("report_ending", file=str(out), expected=", ".join(endings))


def _write(workspace: Workspace, document: Document, out: Path, words: Words) -> Path:
    """A file appears only when it is complete."""
    content = render(document, out.suffix.lower(), words, workspace)
    with whole_file(out) as stream:
        stream.write(content)
    return out
