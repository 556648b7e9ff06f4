"""Reports from a workspace: read what the report needs of one moment, let the pure rules make it, write a file.

The store counts what is only counted and gives the rows that the report names, so that the cost of a month
follows the month and not the years before it.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.whole_file import whole_file
from qc_workbench import __version__
from qc_workbench.domain.consent import ConsentTally
from qc_workbench.errors import UsageError
from qc_workbench.reporting.facts import (
    MonthFacts,
    month_span,
    month_stretches,
)
from qc_workbench.store import calls as call_store
from qc_workbench.store import consent, month_lists, sales_tallies, standings, tallies
from qc_workbench.workspace import Workspace

if TYPE_CHECKING:
    from qc_workbench.reporting.document import Document, Words
    from qc_workbench.reporting.month import Month, MonthMore
    from qc_workbench.store.database import Reader
    from qc_workbench.store.scoping import Stretch


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


def read_month_more(workspace: Workspace, month: date, as_of: datetime) -> MonthMore:
    """What the report of a calendar month says beside its counts."""
    from pipelines.investigate import read_investigation
    from pipelines.read_faults import read_agent_faults
    from pipelines.read_scores import read_forms
    from qc_workbench.reporting.month import MonthMore
    from qc_workbench.reporting.month_basis import BOOK_ROWS, Basis
    from qc_workbench.reporting.month_scores import NAMED, KeptClip

    settings = workspace.settings
    days = month_span(month, settings.company)
    within = (days.starts_at, days.ends_at)
    before = month_stretches(days, settings.company)[0]
    counted_from_s = settings.effective.counted_from_s
    investigation = read_investigation(workspace, days.first_day)
    faults = read_agent_faults(workspace, days.first_day, within)
    with workspace.store.reading() as reader:
        effective, effective_all = month_lists.counted_calls(reader, within, as_of, counted_from_s, BOOK_ROWS)
        steps, steps_all = month_lists.done_steps(reader, within, BOOK_ROWS)
        return MonthMore(
            sales=sales_tallies.sales_facts(reader, [(before.starts_at, before.ends_at), within], as_of),
            targets=settings.targets,
            stage_order=tuple(settings.discipline.stage_limits_days),
            forms=read_forms(
                reader, before.first_day, days.first_day, days.last_day + timedelta(days=1), settings.company.zone
            ),
            clips=tuple(KeptClip(*found) for found in month_lists.clips_of_month(reader, within, 2 * NAMED)),
            investigation=investigation,
            faults=faults,
            consent=_consent(reader, workspace, within, as_of),
            callback_minutes=settings.discipline.callback_within_minutes,
            basis=Basis(
                counted_from_s=counted_from_s,
                conversation_from_s=settings.effective.conversation_from_s,
                program=__version__,
                detectors=month_lists.detector_versions(reader, within, as_of),
                effective=effective,
                effective_all=effective_all,
                steps=steps,
                steps_all=steps_all,
            ),
        )


def _consent(reader: Reader, workspace: Workspace, within: Stretch, as_of: datetime) -> tuple[ConsentTally, ...]:
    """Clients told of the recording, of calls up to the moment: a tally of each direction that is asked for."""
    until = min(within[1], as_of + timedelta.resolution)
    zone = workspace.settings.company.timezone
    found = consent.consent_tallies(reader, (within[0], until), None, consent.ConsentBy.DIRECTION, zone)
    known = {item.key: item for item in found}
    wanted = workspace.settings.consent.directions
    return tuple(known.get(key, ConsentTally(key)) for key in ("inbound", "outbound") if key in wanted)


def build_month_report(workspace: Workspace, month: date, as_of: datetime) -> Month:
    """The monthly report of the calendar month that ``month`` is in."""
    from qc_workbench.reporting.month import month_of

    return month_of(read_month(workspace, month, as_of), read_month_more(workspace, month, as_of))


def write_month_report(workspace: Workspace, month: date, as_of: datetime, out: Path, words: Words) -> Path:
    """Write the monthly report to ``out``; its ending (html, pdf or xlsx) says what it becomes."""
    from qc_workbench.reporting.month_document import month_document

    known_ending(out, (".html", ".pdf", ".xlsx"))
    return write_document(workspace, month_document(build_month_report(workspace, month, as_of), words), out, words)


def write_day_report(workspace: Workspace, day: date, as_of: datetime, out: Path, words: Words) -> Path:
    """Write the daily page to ``out``; its ending (html, pdf or xlsx) says what it becomes."""
    from pipelines.build_today import read_today
    from qc_workbench.reporting.today_document import today_document

    known_ending(out, (".html", ".pdf", ".xlsx"))
    return write_document(workspace, today_document(read_today(workspace, day, as_of), words), out, words)


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


def known_ending(out: Path, endings: tuple[str, ...]) -> None:
    if out.suffix.lower() not in endings:
        raise UsageError("report_ending", file=str(out), expected=", ".join(endings))


def write_document(workspace: Workspace, document: Document, out: Path, words: Words) -> Path:
    """A file appears only when it is complete."""
    content = render(document, out.suffix.lower(), words, workspace)
    with whole_file(out) as stream:
        stream.write(content)
    return out
