"""Breaches of order in the CRM, one by one: what a number of the team's room or of the table of rules counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from qc_workbench.domain.access import Action
from qc_workbench.domain.contacts import without_contacts
from qc_workbench.domain.crm import Activity, Deal
from qc_workbench.domain.flag import Ruling
from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.review.rulings import standing
from qc_workbench.review.violation_rulings import FaultRuling
from qc_workbench.store.browsing import activities_by_id, calls_by_id, deals_by_id
from qc_workbench.store.faults import rulings_of
from qc_workbench.store.order_history import order_counts, order_rows
from qc_workbench.store.scoping import Stretch
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.client import names_of, unnamed_activity, unnamed_deal
from qc_workbench.workspace import Workspace

#: Breaches of one page.
PAGE: Final = 15


class BreachState(StrEnum):
    """What became of a breach (``breach_state.<code>``). A person's ruling says more than whether it still stands."""

    STANDING = "standing"
    CLEARED = "cleared"  # put right since; nobody ruled on it
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Breaches:
    """``listed``: those of the page with the deal and the task they are about, if any; ``kind`` None: of all rules.

    ``heard``: calls that we have. ``rulings``: by violation_id, where one stands, with the decision it was part of.
    """

    counts: Mapping[ViolationKind, int]
    kind: ViolationKind | None
    listed: tuple[Violation, ...]
    deals: Mapping[str, Deal]
    activities: Mapping[str, Activity]
    heard: frozenset[str]
    rulings: Mapping[str, FaultRuling]

    def count(self, kind: ViolationKind | None) -> int:
        return sum(self.counts.values()) if kind is None else self.counts.get(kind, 0)

    def state(self, item: Violation) -> BreachState:
        ruling = self.rulings.get(item.violation_id)
        if ruling is not None and ruling.finding.ruling in (Ruling.CONFIRMED, Ruling.REJECTED):
            return BreachState(ruling.finding.ruling.value)
        return BreachState.STANDING if item.cleared_at is None else BreachState.CLEARED


def breaches(
    workspace: Workspace,
    viewer: Viewer,
    agent_id: str | None,
    within: Stretch,
    kind: ViolationKind | None,
    page: int,
    *,
    only_standing: bool = True,
    among: Collection[str] | None = None,
) -> Breaches:
    """Page ``page`` (from 1) of those of a kind; of all where there is none of it. Raises UsageError ``not_allowed``.

    A kind of None: all. ``agent_id`` None: of everybody whose calls this person may see, or of those ``among``
    them. Without ``only_standing`` also those put right since: they happened.
    """
    if agent_id is not None:
        viewer.require(Action.SEE_CALL, agent_id)
    agents = viewer.among(Action.SEE_CALL, agent_id)
    if among is not None and agent_id is None:
        agents = frozenset(among) if agents is None else agents & frozenset(among)
    with workspace.store.reading() as reader:
        counts: dict[ViolationKind, int] = {}
        for item in order_counts(reader, within, agents):
            counts[item.kind] = counts.get(item.kind, 0) + (item.standing if only_standing else item.opened)
        counts = dict(sorted(((k, n) for k, n in counts.items() if n), key=lambda pair: (-pair[1], pair[0])))
        kind = kind if kind in counts else None
        state = True if only_standing else None
        listed = order_rows(reader, within, PAGE, (page - 1) * PAGE, agents=agents, kind=kind, standing=state)
        deals = deals_by_id(reader, {item.deal_id for item in listed if item.deal_id})
        activities = activities_by_id(reader, {item.activity_id for item in listed if item.activity_id})
        heard = frozenset(calls_by_id(reader, {item.call_id for item in listed if item.call_id}))
        made = rulings_of(reader, [item.violation_id for item in listed])
    stand = {finding.finding_id for finding in standing(item.finding for item in made).values()}
    rulings = {item.fault.fault_id: item for item in made if item.finding.finding_id in stand}
    found = Breaches(counts, kind, tuple(listed), deals, activities, heard, rulings)
    return found if viewer.sees_clients else _without_clients(found)


def _without_clients(found: Breaches) -> Breaches:
    """What was written about clients names nobody and has no number."""
    names = names_of(found.deals.values())
    return replace(
        found,
        listed=tuple(replace(item, detail=without_contacts(item.detail, names)) for item in found.listed),
        deals={key: unnamed_deal(deal) for key, deal in found.deals.items()},
        activities={key: unnamed_activity(item, names) for key, item in found.activities.items()},
    )
