"""The discipline bonus from a workspace: read what people confirmed, let the rules count, write approvals and files."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from qc_workbench.detection.working_time import WorkingTime
from qc_workbench.domain.bonus import Approval, Terms
from qc_workbench.domain.call import Manager
from qc_workbench.errors import UsageError
from qc_workbench.reporting.contest import Board, Contestant, Month, contest
from qc_workbench.reporting.facts import month_span
from qc_workbench.review.bonus import Record, approve, month_of, undo_approval
from qc_workbench.review.bonus_month import AgentBonus, agent_bonus, who_gets_one
from qc_workbench.store import bonus as bonus_store
from qc_workbench.store import calls as call_store
from qc_workbench.store import faults as fault_store
from qc_workbench.store import tallies
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Reader, insert
from qc_workbench.store.scoping import Stretch
from qc_workbench.workspace import Workspace

if TYPE_CHECKING:
    from qc_workbench.reporting.document import Words


@dataclass(frozen=True, slots=True)
class BonusMonth:
    """``agents`` in order of names; ``names``: of everybody in them."""

    month: date
    agents: tuple[AgentBonus, ...]
    names: dict[str, str]

    def of(self, agent_id: str) -> AgentBonus | None:
        return next((item for item in self.agents if item.agent_id == agent_id), None)


def bonus_month(workspace: Workspace, month: date, agents: Collection[str] | None = None) -> BonusMonth:
    """The statements of a calendar month, of these agents or of all, as of now."""
    settings = workspace.settings
    zone, first = settings.company.zone, month.replace(day=1)
    days = month_span(first, settings.company)
    with workspace.store.reading() as reader:
        managers = call_store.managers(reader)
        records = fault_store.confirmed_records(reader, (days.starts_at, days.ends_at), agents)
        approvals = bonus_store.approvals(reader, first, agents)
    who = who_gets_one(managers.values(), first, records, [agent for agent, _ in approvals], zone)
    found = tuple(
        agent_bonus(
            agent, first, [item for item in records if item.fault.agent_id == agent],
            _terms(workspace, agent, managers.get(agent)), approvals.get((agent, first), ()), zone,
            WorkingTime(settings.company).reply_until,
        )
        for agent in who
        if agents is None or agent in agents
    )  # fmt: skip
    names = {agent: managers[agent].name or agent if agent in managers else agent for agent in who}
    return BonusMonth(first, found, names)


def _terms(workspace: Workspace, agent_id: str, manager: Manager | None) -> Terms:
    settings = workspace.settings
    tariffs = {kind.value: rule.tariff for kind, rule in settings.discipline.rules.items()}
    return settings.bonus.terms(agent_id, manager, tariffs)


def deductions(workspace: Workspace, reader: Reader) -> dict[str, Decimal]:
    """fault_id -> what it costs now, of everything that was ever confirmed."""
    zone, until = workspace.settings.company.zone, WorkingTime(workspace.settings.company).reply_until
    managers = call_store.managers(reader)
    approvals = bonus_store.approvals(reader, None, None)
    months: dict[tuple[str, date], list[Record]] = {}
    for item in fault_store.confirmed_records(reader, None, None):
        months.setdefault((item.fault.agent_id, month_of(item.fault.happened_at, zone)), []).append(item)
    found: dict[str, Decimal] = {}
    for (agent, month), records in months.items():
        terms = _terms(workspace, agent, managers.get(agent))
        approved = approvals.get((agent, month), ())
        made = agent_bonus(agent, month, records, terms, approved, zone, until).statement
        found |= {line.fault.fault_id: line.amount for line in made.lines}
    return found


def approve_bonus(workspace: Workspace, agent_id: str, month: date, by: str, at: datetime) -> Approval:
    """Freeze the statement as it stands now under a name. Whether the person may is asked before.

    Raises what :func:`qc_workbench.review.bonus.approve` does, and ``bonus_no_such_agent``."""
    found = bonus_month(workspace, month, {agent_id}).of(agent_id)
    if found is None:
        raise UsageError("bonus_no_such_agent", agent=agent_id)
    approval = approve(found.statement, by, at, found.approvals, workspace.settings.company.zone)
    return _keep(workspace, approval, "bonus_approved")


def take_approval_back(workspace: Workspace, agent_id: str, month: date, by: str, at: datetime) -> Approval:
    with workspace.store.reading() as reader:
        earlier = bonus_store.approvals(reader, month, {agent_id}).get((agent_id, month), [])
    return _keep(workspace, undo_approval(by, at, earlier), "bonus_approval_withdrawn")


def _keep(workspace: Workspace, approval: Approval, action: str) -> Approval:
    entry = audit_entry(
        approval.at, approval.by, action, approval.agent_id,
        month=f"{approval.month:%Y-%m}", revision=approval.revision, sha256=approval.sha256,
    )  # fmt: skip
    row = insert("bonus_approvals", bonus_store.approval_row(approval))
    workspace.store.write(row, entry, key=f"bonus:{approval.approval_id}")
    return approval


def month_contest(workspace: Workspace, month: date, as_of: datetime) -> tuple[Board, ...]:
    """The contest of a calendar month among the agents employed in it."""
    settings = workspace.settings
    now = month_span(month, settings.company)
    before = month_span(date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1), settings.company)
    stretches: list[Stretch] = [(before.starts_at, before.ends_at), (now.starts_at, now.ends_at)]
    with workspace.store.reading() as reader:
        managers = call_store.managers(reader)
        calls = tallies.call_tallies(reader, stretches, as_of, settings.effective.counted_from_s)
        breaches = [fault_store.breaches_not_rejected(reader, stretch) for stretch in stretches]
        has_crm = fault_store.has_crm(reader)
    who = who_gets_one(managers.values(), now.first_day, (), (), settings.company.zone)

    def of(agent: str, stretch: int) -> Month:
        mine = [item for item in calls if item.manager_id == agent and item.stretch == stretch]
        counted = [item for item in mine if item.counted]
        return Month(
            calls=sum(item.calls for item in mine),
            breaches=breaches[stretch].get(agent, 0),
            counted=sum(item.calls for item in counted),
            examined=sum(item.calls for item in counted if item.verified is not None),
            verified=sum(item.calls for item in counted if item.verified),
        )

    return contest(
        (Contestant(agent, of(agent, 1), of(agent, 0)) for agent in who),
        settings.bonus.contest_calls,
        has_crm=has_crm,
    )


def write_bonus_report(
    workspace: Workspace, month: date, as_of: datetime, out: Path, words: Words, agent_id: str | None = None
) -> Path:
    """Write the statements of a month to ``out`` (pdf, xlsx or html); of one agent where one is named.

    Raises :class:`UsageError` ``bonus_no_such_agent``.
    """
    from pipelines.build_report import known_ending, write_document
    from qc_workbench.reporting.bonus_document import bonus_document

    known_ending(out, (".html", ".pdf", ".xlsx"))
    found = bonus_month(workspace, month, None if agent_id is None else {agent_id})
    if agent_id is not None and found.of(agent_id) is None:
        raise UsageError("bonus_no_such_agent", agent=agent_id)
    document = bonus_document(workspace.settings.company.name, month, found.agents, found.names, as_of, words)
    return write_document(workspace, document, out, words)
