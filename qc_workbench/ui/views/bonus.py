"""The discipline bonus for the pages: statements of a month, what is disputed, approvals, the contest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from pipelines.bonus import BonusMonth, approve_bonus, bonus_month, month_contest, take_approval_back
from pipelines.build_report import render
from qc_workbench.domain.access import Action
from qc_workbench.domain.bonus import Approval, FaultMove, Line, Objection, Why
from qc_workbench.domain.flag import FlagKind
from qc_workbench.errors import UsageError
from qc_workbench.reporting.bonus_document import bonus_document
from qc_workbench.reporting.contest import Board
from qc_workbench.reporting.facts import month_span
from qc_workbench.review.bonus import Record
from qc_workbench.review.bonus_month import AgentBonus
from qc_workbench.review.objections import may_object, may_settle, objection, settlement, withdrawal
from qc_workbench.store import faults as fault_store
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Statement, Write, insert
from qc_workbench.store.scoping import Stretch
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: What statements can be taken as.
FORMS: Final = ("pdf", "xlsx")


@dataclass(frozen=True, slots=True)
class Disputed:
    """A line whose dispute waits for a ruling. ``may_settle``: whether this person may give it."""

    bonus: AgentBonus
    line: Line
    last: FaultMove
    may_settle: bool


def bonus_room(workspace: Workspace, viewer: Viewer, month: date) -> BonusMonth:
    """The statements that this person may see."""
    return bonus_month(workspace, month, viewer.agents(Action.SEE_MONEY))


def own_bonus(workspace: Workspace, viewer: Viewer, agent_id: str, month: date) -> AgentBonus | None:
    """The agent's own statement. Raises :class:`UsageError` ``not_allowed``."""
    viewer.require(Action.SEE_MONEY, agent_id)
    return bonus_month(workspace, month, {agent_id}).of(agent_id)


def stretch_of(workspace: Workspace, month: date) -> Stretch:
    """The moments of a month in the company's zone."""
    span = month_span(month, workspace.settings.company)
    return span.starts_at, span.ends_at


def disputed(view: BonusMonth, viewer: Viewer) -> tuple[Disputed, ...]:
    """Disputes of the month, the oldest first."""
    found = []
    for item in view.agents:
        for line in item.statement.lines:
            if line.why is Why.DISPUTED:
                record = item.records[line.fault.fault_id]
                last = max(record.moves, key=lambda move: move.step)
                may = viewer.may(Action.RULE_ON_FLAG, item.agent_id) and may_settle(
                    record.moves, record.findings, viewer.name
                )
                found.append(Disputed(item, line, last, may))
    return tuple(sorted(found, key=lambda item: (item.last.at, item.line.fault.fault_id)))


def may_dispute(workspace: Workspace, viewer: Viewer, record: Record, at: datetime) -> bool:
    """Whether this person may dispute the line now: its own agent, within the window."""
    return viewer.may(Action.ANSWER_FLAG, record.fault.agent_id) and may_object(
        record.moves, record.standing_confirmation, at, workspace.settings.bonus.dispute_days
    )


def write_objection(workspace: Workspace, viewer: Viewer, fault_id: str, reason: str, at: datetime) -> FaultMove:
    """The agent disputes a line of theirs. Raises ``not_allowed`` and what the rules do."""
    record = _record(workspace, fault_id)
    viewer.require(Action.ANSWER_FLAG, record.fault.agent_id)
    days = workspace.settings.bonus.dispute_days
    made = objection(fault_id, reason, viewer.name, at, record.moves, record.standing_confirmation, days)
    return _keep(workspace, made, record)


def withdraw_objection(workspace: Workspace, viewer: Viewer, fault_id: str, at: datetime) -> FaultMove:
    record = _record(workspace, fault_id)
    viewer.require(Action.ANSWER_FLAG, record.fault.agent_id)
    return _keep(workspace, withdrawal(fault_id, viewer.name, at, record.moves), record)


def settle_objection(
    workspace: Workspace, viewer: Viewer, fault_id: str, move: Objection, reason: str, at: datetime
) -> FaultMove:
    """Another person than who confirmed rules on the dispute. Raises ``not_allowed`` and what the rules do."""
    record = _record(workspace, fault_id)
    viewer.require(Action.RULE_ON_FLAG, record.fault.agent_id)
    made = settlement(fault_id, move, reason, viewer.name, at, record.moves, record.findings)
    return _keep(workspace, made, record)


def _record(workspace: Workspace, fault_id: str) -> Record:
    with workspace.store.reading() as reader:
        found = fault_store.record(reader, fault_id)
    if found is None:
        raise UsageError("objection_not_now")
    return found


#: Move -> the action of the audit log.
_ACTIONS: Final = {
    Objection.DISPUTE: "fault_disputed",
    Objection.WITHDRAW: "fault_dispute_withdrawn",
    Objection.KEEP: "fault_dispute_kept",
    Objection.GRANT: "fault_dispute_granted",
}


def _keep(workspace: Workspace, move: FaultMove, record: Record) -> FaultMove:
    """Refused (:class:`~qc_workbench.errors.WriteRefused`) when somebody else has moved meanwhile."""
    entry = audit_entry(move.at, move.by, _ACTIONS[move.move], record.fault.agent_id, kind=record.fault.kind)
    still = Statement(
        "select 1 where (select count(*) from fault_moves where fault_id = ?) = ?", (move.fault_id, move.step - 1)
    )
    row = insert("fault_moves", fault_store.move_row(move))
    workspace.store.apply(Write((row, entry), require=(still,)))
    return move


def approve(workspace: Workspace, viewer: Viewer, agent_id: str, month: date, at: datetime) -> Approval:
    """Raises ``not_allowed`` and what :func:`pipelines.bonus.approve_bonus` does."""
    viewer.require(Action.APPROVE_BONUS, agent_id)
    return approve_bonus(workspace, agent_id, month, viewer.name, at)


def undo_approval(workspace: Workspace, viewer: Viewer, agent_id: str, month: date, at: datetime) -> Approval:
    viewer.require(Action.APPROVE_BONUS, agent_id)
    return take_approval_back(workspace, agent_id, month, viewer.name, at)


def boards(workspace: Workspace, viewer: Viewer, month: date, now: datetime) -> tuple[Board, ...]:
    """The contest: people side by side. Raises :class:`UsageError` ``not_allowed``."""
    viewer.require(Action.SEE_COMPARISON)
    return month_contest(workspace, month, now)


def proof(line: Line) -> tuple[str, dict[str, str]] | None:
    """The room and address where the proof of a line is, None where the line has no page of its own."""
    fault = line.fault
    if fault.call_id is None:
        return None
    if fault.kind == FlagKind.FAKE_EFFECTIVE.value:
        return "suspicious", {"call": fault.call_id}
    return "call", {"id": fault.call_id}


def bonus_file(
    workspace: Workspace, viewer: Viewer, view: BonusMonth, agents: tuple[AgentBonus, ...], form: str, t: Translator
) -> Callable[[], bytes]:
    """Makes the file, and notes who took it, when it is asked for and not when the page is drawn."""

    def make() -> bytes:
        for item in agents:
            viewer.require(Action.SEE_MONEY, item.agent_id)
        at = datetime.now(UTC)
        entry = audit_entry(
            at, viewer.name, "report_exported", f"{view.month:%Y-%m}", report="bonus", format=form,
            agents=[item.agent_id for item in agents],
        )  # fmt: skip
        workspace.store.write(entry)
        company = workspace.settings.company.name
        document = bonus_document(company, view.month, agents, view.names, at, t.for_documents())
        return render(document, f".{form}", t, workspace)

    return make
