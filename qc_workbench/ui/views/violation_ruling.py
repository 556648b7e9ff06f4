"""Breaches and broken promises that wait for a ruling, in groups that one key decides; and their undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from qc_workbench.domain.access import Action
from qc_workbench.domain.bonus import Fault
from qc_workbench.domain.crm import Activity, Deal
from qc_workbench.domain.flag import Finding, Ruling
from qc_workbench.errors import UsageError
from qc_workbench.review.violation_rulings import FaultRuling, rule_together, undo_together
from qc_workbench.store import faults as fault_store
from qc_workbench.store.browsing import activities_by_id, deals_by_id
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Reader, Statement, Write, insert_all
from qc_workbench.store.faults import Batch, WaitingGroup
from qc_workbench.store.scoping import Stretch
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.client import names_of, unnamed_activity, unnamed_deal
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

#: Groups of one page; faults of a group that are shown, the rest is counted; decisions that can be taken back.
PAGE: Final = 20
SHOWN: Final = 10
_UNDOABLE: Final = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    """``groups``: those of the page; ``total`` groups hold ``faults`` in all. ``batches``: decided last."""

    groups: tuple[WaitingGroup, ...]
    total: int
    faults: int
    batches: tuple[Batch, ...]
    people: Directory


@dataclass(frozen=True, slots=True)
class Group:
    """The first faults of a group with the deals and tasks they are about."""

    faults: tuple[Fault, ...]
    deals: Mapping[str, Deal]
    activities: Mapping[str, Activity]


def waiting_rulings(workspace: Workspace, viewer: Viewer, within: Stretch, now: datetime, page: int) -> Waiting:
    """What of the span waits for this person's ruling: page ``page`` (from 1); the first where that is empty."""
    company, mine = workspace.settings.company, viewer.agents(Action.RULE_ON_FLAG)
    today = now.astimezone(company.zone).date()
    with workspace.store.reading() as reader:
        groups, total, faults = fault_store.waiting_groups(
            reader, company, today, within, mine, PAGE, (page - 1) * PAGE
        )
        if not groups and page > 1:  # the last page was decided: its list begins anew
            groups, total, faults = fault_store.waiting_groups(reader, company, today, within, mine, PAGE)
        batches = fault_store.last_batches(reader, mine, _UNDOABLE)
        return Waiting(tuple(groups), total, faults, tuple(batches), directory(reader, ()))


def group_shown(workspace: Workspace, viewer: Viewer, group: WaitingGroup, now: datetime) -> Group:
    """Raises :class:`UsageError` ``not_allowed``."""
    viewer.require(Action.SEE_FLAG, group.agent_id)
    company = workspace.settings.company
    with workspace.store.reading() as reader:
        faults = fault_store.waiting_faults(reader, company, now.astimezone(company.zone).date(), group, SHOWN)
        deals = deals_by_id(reader, {item.deal_id for item in faults if item.deal_id})
        activities = activities_by_id(reader, {item.activity_id for item in faults if item.activity_id})
    found = Group(tuple(faults), deals, activities)
    if viewer.sees_clients:
        return found
    names = names_of(deals.values())
    return replace(
        found,
        deals={key: unnamed_deal(deal) for key, deal in deals.items()},
        activities={key: unnamed_activity(item, names) for key, item in activities.items()},
    )


def rule_on_group(
    workspace: Workspace, viewer: Viewer, group: WaitingGroup, ruling: Ruling, at: datetime, reason: str
) -> tuple[FaultRuling, ...]:
    """The same ruling on every fault of the group that waits.

    Raises :class:`UsageError` ``not_allowed``, ``ruling_of_nothing``, and
    :class:`~qc_workbench.errors.WriteRefused` when somebody ruled meanwhile.
    """
    viewer.require(Action.RULE_ON_FLAG, group.agent_id)
    company = workspace.settings.company
    with workspace.store.reading() as reader:
        faults = fault_store.waiting_faults(reader, company, at.astimezone(company.zone).date(), group)
        return _rule(workspace, reader, viewer, faults, ruling, at, reason)


def rule_on_faults(
    workspace: Workspace, viewer: Viewer, fault_ids: Sequence[str], ruling: Ruling, at: datetime, reason: str
) -> tuple[FaultRuling, ...]:
    """The same ruling on these breaches or promises of one agent, ruled on before or not.

    Raises as :func:`rule_on_group` does, and ``ruling_of_nothing`` for one that is not there."""
    company = workspace.settings.company
    today = at.astimezone(company.zone).date()
    with workspace.store.reading() as reader:
        found = [fault_store.fault(reader, company, today, fault_id) for fault_id in dict.fromkeys(fault_ids)]
        known = {item.fault.fault_id: item.fault for item in fault_store.rulings_of(reader, fault_ids)}
        faults = [known.get(key, item) for key, item in zip(dict.fromkeys(fault_ids), found, strict=True)]
        if any(item is None for item in faults):
            raise UsageError("ruling_of_nothing")
        chosen = [item for item in faults if item is not None]
        for agent_id in {item.agent_id for item in chosen}:
            viewer.require(Action.RULE_ON_FLAG, agent_id)
        return _rule(workspace, reader, viewer, chosen, ruling, at, reason)


def undo_rulings(workspace: Workspace, viewer: Viewer, batch: str, at: datetime) -> tuple[FaultRuling, ...]:
    """Take back what of a decision still stands. Raises ``not_allowed``, ``ruling_nothing_to_undo``."""
    with workspace.store.reading() as reader:
        earlier = fault_store.rulings_of_batch(reader, batch)
    for agent_id in {item.fault.agent_id for item in earlier}:
        viewer.require(Action.RULE_ON_FLAG, agent_id)
    made = undo_together(earlier, batch, viewer.name, at)
    _keep(workspace, made, len(earlier), at, viewer)
    return made


def _rule(
    workspace: Workspace,
    reader: Reader,
    viewer: Viewer,
    faults: Sequence[Fault],
    ruling: Ruling,
    at: datetime,
    reason: str,
) -> tuple[FaultRuling, ...]:
    rulings = fault_store.rulings_of(reader, {item.fault_id for item in faults})
    earlier: dict[str, list[Finding]] = {}
    for item in rulings:
        earlier.setdefault(item.fault.fault_id, []).append(item.finding)
    made = rule_together(faults, ruling, viewer.name, at, reason, earlier)
    _keep(workspace, made, len(rulings), at, viewer)
    return made


#: Ruling -> the action of the audit log.
_ACTIONS: Final = {
    Ruling.CONFIRMED: "violations_confirmed",
    Ruling.REJECTED: "violations_rejected",
    Ruling.ASKED: "violations_asked",
    Ruling.WITHDRAWN: "violations_withdrawn",
}


def _keep(workspace: Workspace, made: Sequence[FaultRuling], earlier: int, at: datetime, viewer: Viewer) -> None:
    """One line of the audit log a decision, however many it decides; refused when somebody ruled meanwhile."""
    first = made[0]
    ids = sorted({item.fault.fault_id for item in made})
    entry = audit_entry(
        at, viewer.name, _ACTIONS[first.finding.ruling], first.fault.agent_id,
        kind=first.fault.kind, count=len(made), batch=first.batch,
    )  # fmt: skip
    still = Statement(
        "select 1 where (select count(*) from violation_findings where list_contains(?::varchar[], violation_id)) <= ?",
        (ids, earlier),
    )
    rows = insert_all("violation_findings", [fault_store.ruling_row(item) for item in made])
    workspace.store.apply(Write((*rows, entry), key=f"rulings:{first.batch}", require=(still,)))


def waiting_count(workspace: Workspace, viewer: Viewer, within: Stretch, now: datetime) -> int:
    """How many faults of the span wait for this person's ruling."""
    company = workspace.settings.company
    with workspace.store.reading() as reader:
        return fault_store.waiting_groups(
            reader, company, now.astimezone(company.zone).date(), within, viewer.agents(Action.RULE_ON_FLAG), 1
        )[2]
