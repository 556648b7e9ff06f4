"""Breaches and deductions of a month for its report, agent by agent."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pipelines.bonus import bonus_month
from qc_workbench.domain.bonus import LineState
from qc_workbench.domain.month_lists import AgentFaults
from qc_workbench.store import faults
from qc_workbench.store.scoping import Stretch
from qc_workbench.workspace import Workspace


def read_agent_faults(workspace: Workspace, month: date, within: Stretch) -> tuple[AgentFaults, ...]:
    """Of those who have any; by the bonus as it stands now."""
    bonus = bonus_month(workspace, month)
    with workspace.store.reading() as reader:
        suspected = faults.breaches_not_rejected(reader, within)
    statements = {item.agent_id: item for item in bonus.agents}
    found = []
    for agent in sorted(suspected.keys() | statements.keys()):
        item = statements.get(agent)
        statement = item.statement if item else None
        counted = statement.count(LineState.COUNTED, LineState.CAPPED) if statement else 0
        disputed = statement.count(LineState.SUSPENDED) if statement else 0
        if not (suspected.get(agent) or counted or disputed):
            continue
        found.append(
            AgentFaults(
                agent=agent,
                suspected=suspected.get(agent, 0),
                confirmed=counted + disputed,
                disputed=disputed,
                deducted=statement.deducted if statement else Decimal(0),
                currency=statement.terms.currency if statement else workspace.settings.bonus.currency,
                is_approved=item is not None and item.approval is not None,
            )
        )
    return tuple(found)
