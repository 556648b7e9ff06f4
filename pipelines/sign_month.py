"""Signing a month: its figures and its text are fixed; what comes later makes a new revision, never another text."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipelines.build_report import build_month_report, render
from pipelines.whole_file import whole_file
from qc_workbench import __version__
from qc_workbench.domain.signed_month import Difference, SignedMonth
from qc_workbench.errors import UsageError
from qc_workbench.reporting.document import Document, Words
from qc_workbench.reporting.document_json import document_from, document_json
from qc_workbench.reporting.facts import month_span
from qc_workbench.reporting.month import Month
from qc_workbench.reporting.month_document import month_document
from qc_workbench.reporting.month_signing import differences, figures_of, sha256_of
from qc_workbench.store import signed_months
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import insert
from qc_workbench.ui.i18n import LANGUAGES, Translator
from qc_workbench.workspace import Workspace


def revisions(workspace: Workspace, month: date) -> list[SignedMonth]:
    """Of the month that the day is in, the first one first, withdrawn ones too."""
    with workspace.store.reading() as reader:
        return signed_months.revisions_of(reader, month.replace(day=1))


def sign_month(workspace: Workspace, month: date, by: str, at: datetime) -> SignedMonth:
    """Fix the month as it is at ``at``. The caller has asked whether ``by`` may.

    Raises :class:`UsageError` ``month_not_over``; ``month_unchanged`` where the last revision stands and says the same.
    """
    first = month.replace(day=1)
    zone = workspace.settings.company.zone
    if at < month_span(first, workspace.settings.company).ends_at:
        raise UsageError("month_not_over", month=f"{first:%Y-%m}")
    report = build_month_report(workspace, first, at)
    figures = figures_of(report)
    known = revisions(workspace, first)
    sha256 = sha256_of(figures)
    if known and known[-1].stands and known[-1].sha256 == sha256:
        raise UsageError("month_unchanged", month=f"{first:%Y-%m}", revision=known[-1].revision)
    signed = SignedMonth(first, len(known) + 1, figures, sha256, at, __version__, by, at)
    documents: dict[str, Any] = {
        language: document_json(month_document(report, Translator(language, zone))) for language in LANGUAGES
    }
    workspace.store.write(
        insert("signed_months", signed_months.signed_row(signed, documents)),
        audit_entry(at, by, "month_signed", f"{first:%Y-%m}", revision=signed.revision, sha256=sha256),
        key=f"sign {first:%Y-%m} {signed.revision}",
    )
    return signed


def withdraw_signature(workspace: Workspace, month: date, revision: int, by: str, at: datetime) -> None:
    """Undo: the revision stays to be read and is signed no more. Only the newest can be withdrawn, and only once.

    Raises :class:`UsageError` ``revision_unknown``.
    """
    first = month.replace(day=1)
    known = revisions(workspace, first)
    if not known or known[-1].revision != revision or not known[-1].stands:
        raise UsageError("revision_unknown", month=f"{first:%Y-%m}", revision=revision)
    workspace.store.write(
        signed_months.withdrawal(first, revision, by, at),
        audit_entry(at, by, "month_signature_withdrawn", f"{first:%Y-%m}", revision=revision),
        key=f"unsign {first:%Y-%m} {revision}",
    )


def signed_document(workspace: Workspace, month: date, revision: int, language: str) -> Document:
    """The report as it was signed. Raises :class:`UsageError` ``revision_unknown``."""
    with workspace.store.reading() as reader:
        found = signed_months.document_of(reader, month.replace(day=1), revision, language)
    if found is None:
        raise UsageError("revision_unknown", month=f"{month:%Y-%m}", revision=revision)
    return document_from(found)


def changed_since(signed: SignedMonth, report: Month) -> tuple[Difference, ...]:
    """What the data say now that the revision did not."""
    return differences(signed.figures, figures_of(report))


def write_signed_report(workspace: Workspace, month: date, revision: int, out: Path, words: Words) -> Path:
    """A signed revision as a file; its ending (html, pdf or xlsx) says what it becomes."""
    if out.suffix.lower() not in (".html", ".pdf", ".xlsx"):
        raise UsageError("report_ending", file=str(out), expected=".html, .pdf, .xlsx")
    document = signed_document(workspace, month, revision, words.language)
    with whole_file(out) as stream:
        stream.write(render(document, out.suffix.lower(), words, workspace))
    return out
