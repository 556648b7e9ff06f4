"""The daily page for the app: which days there are, the page, the files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from pipelines.build_report import render
from pipelines.build_today import read_today
from qc_workbench.domain.access import Action
from qc_workbench.reporting.today import Today, ToDecide
from qc_workbench.reporting.today_document import today_document
from qc_workbench.store.browsing import call_span
from qc_workbench.store.calls import audit_entry
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: What the page can be taken as.
FORMS = ("pdf", "html")


def days(workspace: Workspace, now: datetime) -> tuple[date, date] | None:
    """The first day with calls and the last up to today; None where there is none."""
    zone = workspace.settings.company.zone
    with workspace.store.reading() as reader:
        span = call_span(reader)
    if span is None:
        return None
    first, last = (moment.astimezone(zone).date() for moment in span)
    return first, max(first, min(last, now.astimezone(zone).date()))


def today(workspace: Workspace, viewer: Viewer, day: date, now: datetime, waiting: tuple[ToDecide, ...]) -> Today:
    """The whole company's day; ``waiting``: what this person's lists hold to be decided."""
    viewer.require(Action.SEE_REPORT)
    return read_today(workspace, day, now, waiting)


def day_file(workspace: Workspace, viewer: Viewer, page: Today, form: str, t: Translator) -> Callable[[], bytes]:
    """Makes the file, and notes who took it, when it is asked for and not when the page is drawn."""

    def make() -> bytes:
        viewer.require(Action.SEE_REPORT)
        entry = audit_entry(
            datetime.now(UTC), viewer.name, "report_exported", page.day.isoformat(), report="day", format=form
        )
        workspace.store.write(entry)
        words = t.for_documents()
        return render(today_document(page, words), f".{form}", words, workspace)

    return make
