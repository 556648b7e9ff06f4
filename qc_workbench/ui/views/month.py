"""The monthly report for the page: which months there are, the document, the files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from pipelines.build_report import build_month_report, render
from qc_workbench.domain.access import Action
from qc_workbench.reporting.document import Document
from qc_workbench.reporting.month_document import month_document
from qc_workbench.store.browsing import call_span
from qc_workbench.store.calls import audit_entry
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: What the report can be taken as.
FORMS = ("pdf", "html", "xlsx")


def months(workspace: Workspace) -> list[date]:
    """First days of the months from the first call to the last, the newest first."""
    zone = workspace.settings.company.zone
    with workspace.store.reading() as reader:
        span = call_span(reader)
    if span is None:
        return []
    first, month = (moment.astimezone(zone).date().replace(day=1) for moment in span)
    found = []
    while month >= first:
        found.append(month)
        month = date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)
    return found


def month_report(workspace: Workspace, month: date, as_of: datetime, t: Translator) -> Document:
    return month_document(build_month_report(workspace, month, as_of), t.for_documents())


def month_file(
    workspace: Workspace, viewer: Viewer, month: date, document: Document, form: str, t: Translator
) -> Callable[[], bytes]:
    """Makes the file, and notes who took it, when it is asked for and not when the page is drawn."""

    def make() -> bytes:
        viewer.require(Action.SEE_REPORT)
        entry = audit_entry(
            datetime.now(UTC), viewer.name, "report_exported", f"{month:%Y-%m}", report="month", format=form
        )
        workspace.store.write(entry)
        return render(document, f".{form}", t, workspace)

    return make
