"""The monthly report for the page: which months and revisions there are, the document, the files, what differs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from pipelines import sign_month as signing
from pipelines.build_report import build_month_report, render
from qc_workbench.domain.access import Action
from qc_workbench.domain.signed_month import Difference, SignedMonth
from qc_workbench.reporting.document import Document
from qc_workbench.reporting.month import Month
from qc_workbench.reporting.month_appendix import definition
from qc_workbench.reporting.month_document import month_document
from qc_workbench.reporting.month_signing import differences, figures_of
from qc_workbench.store.browsing import call_span
from qc_workbench.store.calls import audit_entry
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: What the report can be taken as.
FORMS = ("pdf", "html", "xlsx")


@dataclass(frozen=True, slots=True)
class MonthPage:
    """``shown``: the revision on the page, None for the data as they are now. ``since``: what the data say now that
    the newest signed revision did not; ``notes``: how each figure with a tile was counted, by its code.
    """

    month: date
    document: Document
    revisions: tuple[SignedMonth, ...]
    shown: SignedMonth | None
    since: tuple[Difference, ...]
    notes: Mapping[str, str]
    names: Mapping[str, str]
    may_sign: bool

    @property
    def newest(self) -> SignedMonth | None:
        """The last revision whose signature stands."""
        return next((item for item in reversed(self.revisions) if item.stands), None)

    @property
    def is_up_to_date(self) -> bool:
        return self.newest is not None and not self.since


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


def month_revisions(workspace: Workspace, month: date) -> list[SignedMonth]:
    return signing.revisions(workspace, month)


def month_page(
    workspace: Workspace, viewer: Viewer, month: date, revision: int | None, now: datetime, t: Translator
) -> MonthPage:
    """``revision`` None: as the data are now. Raises :class:`~qc_workbench.errors.UsageError` ``not_allowed``,
    ``revision_unknown``."""
    viewer.require(Action.SEE_REPORT)
    known = tuple(month_revisions(workspace, month))
    words = t.for_documents()
    report = _live(workspace, month, now)
    shown = next((item for item in known if item.revision == revision), None)
    document = (
        month_document(report, words)
        if revision is None
        else signing.signed_document(workspace, month, revision, t.language)
    )
    newest = next((item for item in reversed(known) if item.stands), None)
    tiles = {item.code for item in report.sales.indicators}
    return MonthPage(
        month=month,
        document=document,
        revisions=known,
        shown=shown,
        since=signing.changed_since(newest, report) if newest else (),
        notes={code: definition(code, report, words) for code in tiles},
        names=dict(report.names),
        may_sign=viewer.may(Action.SIGN_REPORT) and report.is_complete,
    )


#: Reports of the last minutes, by workspace, month, minute and what was written since: a page is drawn again at every
#: click, and a month of a large company takes seconds to count.
_KEPT: Final[OrderedDict[tuple[object, ...], Month]] = OrderedDict()
_MOST_KEPT: Final = 6


def _live(workspace: Workspace, month: date, now: datetime) -> Month:
    status = workspace.store.status()
    minute = now.replace(second=0, microsecond=0)
    settings = workspace.settings.model_dump_json()
    key = (workspace.home, month, minute, status.pid, status.up_s > 0, status.writes, settings)
    if key not in _KEPT:
        _KEPT[key] = build_month_report(workspace, month, now)
        while len(_KEPT) > _MOST_KEPT:
            _KEPT.popitem(last=False)
    return _KEPT[key]


def month_file(workspace: Workspace, viewer: Viewer, page: MonthPage, form: str, t: Translator) -> Callable[[], bytes]:
    """Makes the file, and notes who took it, when it is asked for and not when the page is drawn."""

    def make() -> bytes:
        viewer.require(Action.SEE_REPORT)
        detail = {"report": "month", "format": form} | ({"revision": page.shown.revision} if page.shown else {})
        entry = audit_entry(datetime.now(UTC), viewer.name, "report_exported", f"{page.month:%Y-%m}", **detail)
        workspace.store.write(entry)
        return render(page.document, f".{form}", t, workspace)

    return make


def file_name(page: MonthPage, form: str) -> str:
    revision = f"-r{page.shown.revision}" if page.shown else ""
    return f"{page.month:%Y-%m}{revision}.{form}"


def sign(workspace: Workspace, viewer: Viewer, month: date, at: datetime) -> SignedMonth:
    """Raises :class:`~qc_workbench.errors.UsageError` ``not_allowed``, ``month_not_over``, ``month_unchanged``."""
    viewer.require(Action.SIGN_REPORT)
    return signing.sign_month(workspace, month, viewer.name, at)


def withdraw(workspace: Workspace, viewer: Viewer, month: date, revision: int, at: datetime) -> None:
    """Raises :class:`~qc_workbench.errors.UsageError` ``not_allowed``, ``revision_unknown``."""
    viewer.require(Action.SIGN_REPORT)
    signing.withdraw_signature(workspace, month, revision, viewer.name, at)


def compared(workspace: Workspace, page: MonthPage, other: int | None, now: datetime) -> tuple[Difference, ...]:
    """What the report on the page says that ``other`` (a revision, None: the data as they are now) does not."""
    live = figures_of(_live(workspace, page.month, now))
    figures = {item.revision: item.figures for item in page.revisions}
    was = live if other is None else figures[other]
    shown = live if page.shown is None else page.shown.figures
    return differences(was, shown)


def difference_rows(found: tuple[Difference, ...], names: Mapping[str, str], t: Translator) -> list[dict[str, str]]:
    """Lines of a table: which figure, from what, to what."""
    return [
        {
            t("month.figure"): _figure(item, names, t),
            t("month.was"): _value(item.was),
            t("month.became"): _value(item.now),
        }
        for item in found
    ]


def _figure(item: Difference, names: Mapping[str, str], t: Translator) -> str:
    key = item.key
    name, _, currency = key.name.partition(" ")
    codes = (
        f"indicator.{name}", f"callback.{name}", f"outcome.{name}", f"report.refusal.{name}", f"figure.{name}",
        f"report.{name}", f"consent_verdict.{name}",
    )  # fmt: skip
    told = next((t(code) for code in codes if t.knows(code)), name)
    subject = names.get(key.subject, key.subject)
    if key.group == "source" and not subject:
        subject = t("report.no_source")
    if key.group == "consent":
        subject = t(f"report.direction.{subject}")
    parts = [t(f"figure_group.{key.group}"), subject, told, currency]
    return ": ".join(filter(None, parts[:2])) + " · " + ", ".join(filter(None, parts[2:]))


def _value(value: str | None) -> str:
    if value is None:
        return "—"
    whole, dot, digits = value.partition(".")
    return f"{whole}{dot}{digits.rstrip('0')}".rstrip(".") if dot and len(digits) > 2 else value
