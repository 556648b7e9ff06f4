"""The discipline bonus of a month as people see it: the statement now beside the one that was approved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from qc_workbench.domain.bonus import Approval, Difference, Statement, Terms
from qc_workbench.domain.call import Manager, Role
from qc_workbench.review.bonus import (
    Record,
    differences,
    frozen_payable,
    frozen_terms,
    month_of,
    standing_approval,
    statement,
)
from qc_workbench.review.right_of_reply import Deadline, calendar_days


@dataclass(frozen=True, slots=True)
class AgentBonus:
    """``statement``: as of now, by the terms it was approved under, if it was. ``approval``: the one that stands;
    ``changes``: what differs from it. ``records``: what was said about each line, by fault_id."""

    statement: Statement
    approvals: tuple[Approval, ...]
    approval: Approval | None
    changes: tuple[Difference, ...]
    records: Mapping[str, Record]

    @property
    def agent_id(self) -> str:
        return self.statement.agent_id

    @property
    def approved(self) -> Decimal | None:
        """What was approved to be paid."""
        return None if self.approval is None else frozen_payable(self.approval.frozen)

    @property
    def is_settled(self) -> bool:
        """Approved, and nothing differs since."""
        return self.approval is not None and not self.changes


def agent_bonus(
    agent_id: str,
    month: date,
    records: Sequence[Record],
    terms: Terms,
    approvals: Sequence[Approval],
    zone: ZoneInfo,
    deadline: Deadline = calendar_days,
) -> AgentBonus:
    """``terms``: those of the settings, for a month that nobody approved. ``approvals`` in the order they were made."""
    approval = standing_approval(approvals)
    by = terms if approval is None else frozen_terms(approval.frozen)
    made = statement(agent_id, month, records, by, zone, deadline)
    lines = {line.fault.fault_id for line in made.lines}
    mine = {item.fault.fault_id: item for item in records if item.fault.fault_id in lines}
    changes = () if approval is None else differences(approval.frozen, made)
    return AgentBonus(made, tuple(approvals), approval, changes, mine)


def who_gets_one(
    managers: Iterable[Manager], month: date, records: Iterable[Record], approved: Iterable[str], zone: ZoneInfo
) -> tuple[str, ...]:
    """Agents employed in the month, and whoever has a line or an approval in it; in order of names."""
    names = {item.manager_id: item.name for item in managers}
    found = {
        item.manager_id
        for item in managers
        if item.role is Role.MANAGER
        and (item.hired_at is None or month_of(item.hired_at, zone) <= month)
        and (item.left_at is None or month_of(item.left_at, zone) >= month)
    }
    found |= {item.fault.agent_id for item in records if month_of(item.fault.happened_at, zone) == month}
    found |= set(approved)
    return tuple(sorted(found, key=lambda agent: (names.get(agent) or agent, agent)))
