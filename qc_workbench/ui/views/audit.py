"""The audit log as a list to look things up in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from qc_workbench.domain.access import Action
from qc_workbench.domain.audit import ACTIONS
from qc_workbench.store.audit_log import (
    AuditEntry,
    AuditQuestion,
    audit_entries,
    audit_words,
    count_entries,
)
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: Rows of one page.
PAGE = 100


@dataclass(frozen=True, slots=True)
class AuditPage:
    entries: tuple[AuditEntry, ...]
    total: int


@dataclass(frozen=True, slots=True)
class AuditMenus:
    actors: tuple[str, ...]
    actions: tuple[str, ...]


def audit_menus(workspace: Workspace, viewer: Viewer) -> AuditMenus:
    viewer.require(Action.SEE_AUDIT)
    with workspace.store.reading() as reader:
        actors, actions = audit_words(reader)
    order = {action: place for place, action in enumerate(ACTIONS)}
    actions.sort(key=lambda action: (order.get(action, len(order)), action))
    return AuditMenus(tuple(actors), tuple(actions))


def audit_page(workspace: Workspace, viewer: Viewer, question: AuditQuestion, page: int) -> AuditPage:
    """Page ``page`` (from 1), the newest first. Raises ``not_allowed``."""
    viewer.require(Action.SEE_AUDIT)
    with workspace.store.reading() as reader:
        total = count_entries(reader, question)
        return AuditPage(tuple(audit_entries(reader, question, PAGE, (page - 1) * PAGE)), total)


def between(first: date | None, last: date | None, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """Days of the company, both included, as moments."""
    since = datetime.combine(first, time(), zone) if first else None
    return since, datetime.combine(last + timedelta(days=1), time(), zone) if last else None
