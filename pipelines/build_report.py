"""Reports from a workspace: read the facts of one moment, let the pure rules count, write a file."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from qc_workbench.errors import UsageError
from qc_workbench.reporting.facts import Facts
from qc_workbench.store import calls as call_store
from qc_workbench.store import crm, samples, verdicts
from qc_workbench.workspace import Workspace

if TYPE_CHECKING:
    from qc_workbench.reporting.day import Day
    from qc_workbench.reporting.document import Document, Words
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
            draws=tuple(samples.draws(reader)),
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
    unfinished = out.with_name(f".{out.name}.part")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(out)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise UsageError("out_unwritable", file=str(out), detail=error.strerror or str(error)) from error
    return out
