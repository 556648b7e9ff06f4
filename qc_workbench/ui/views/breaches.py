"""What an agent's breaches of order in the CRM are, which a number of the team's room counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from qc_workbench.domain.access import Action
from qc_workbench.domain.crm import Activity, Deal
from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.store.browsing import activities_by_id, calls_by_id, deals_by_id
from qc_workbench.store.scoping import Stretch
from qc_workbench.store.violations import violation_counts, violations_listed
from qc_workbench.ui.i18n import without_contacts
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: Breaches of one page.
PAGE: Final = 15


@dataclass(frozen=True, slots=True)
class Breaches:
    """``listed``: those of the page with the deal and the task they are about, if any; ``kind`` None: of all rules.

    ``heard``: calls that we have.
    """

    counts: Mapping[ViolationKind, int]
    kind: ViolationKind | None
    listed: tuple[Violation, ...]
    deals: Mapping[str, Deal]
    activities: Mapping[str, Activity]
    heard: frozenset[str]

    def count(self, kind: ViolationKind | None) -> int:
        return sum(self.counts.values()) if kind is None else self.counts.get(kind, 0)


def breaches(
    workspace: Workspace, viewer: Viewer, agent_id: str, within: Stretch, kind: ViolationKind | None, page: int
) -> Breaches:
    """Page ``page`` (from 1) of those of a kind; of all where there is none of it. Raises UsageError ``not_allowed``.

    A kind of None: all.
    """
    viewer.require(Action.SEE_CALL, agent_id)
    with workspace.store.reading() as reader:
        counts = violation_counts(reader, agent_id, within)
        kind = kind if kind in counts else None
        listed = violations_listed(reader, agent_id, within, kind, PAGE, (page - 1) * PAGE)
        deals = deals_by_id(reader, {item.deal_id for item in listed if item.deal_id})
        activities = activities_by_id(reader, {item.activity_id for item in listed if item.activity_id})
        heard = frozenset(calls_by_id(reader, {item.call_id for item in listed if item.call_id}))
    found = Breaches(counts, kind, tuple(listed), deals, activities, heard)
    return found if viewer.sees_clients else _without_clients(found)


def _without_clients(found: Breaches) -> Breaches:
    """What was written about clients names nobody and has no number."""
    names = " ".join(deal.client_name for deal in found.deals.values() if deal.client_name)
    return replace(
        found,
        listed=tuple(replace(item, detail=without_contacts(item.detail, names)) for item in found.listed),
        deals={key: replace(deal, client_name=None) for key, deal in found.deals.items()},
        activities={
            key: replace(item, subject=without_contacts(item.subject, names)) if item.subject else item
            for key, item in found.activities.items()
        },
    )
