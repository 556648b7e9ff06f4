"""Section 4 of the monthly report: each agent's month."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qc_workbench.domain.call import Role
from qc_workbench.domain.commitment import BROKEN_OUTCOMES, KEPT_OUTCOMES, CommitmentOutcome
from qc_workbench.domain.flag import Ruling
from qc_workbench.domain.tally import CallTally, DealEvent, DealTally
from qc_workbench.domain.violation import ViolationKind
from qc_workbench.reporting.facts import MonthFacts, manager_name
from qc_workbench.reporting.month_calls import PaddedCall
from qc_workbench.reporting.month_figures import Effective, amounts, by_agent, ordered, total


@dataclass(frozen=True, slots=True)
class AgentResult:
    """Section 4: one agent's month."""

    manager_id: str
    name: str
    calls: int
    answered: int
    crm_effective: int
    examined: int
    verified: int
    padded: int
    padded_confirmed: int
    sampled: int
    promises: int
    promises_kept: int
    promises_broken: int
    false_refusals: int
    violations: Mapping[ViolationKind, int]
    deals_won: int
    deals_lost: int
    amount_won: Mapping[str, Decimal]


def agent_results(
    found: MonthFacts, calls: Iterable[CallTally], deals: Iterable[DealTally], suspected: Sequence[PaddedCall]
) -> tuple[AgentResult, ...]:
    """Everybody who called in the month or could have."""
    calls_of = by_agent(calls)
    deals_of = by_agent(deals)
    ids = calls_of.keys() | {
        manager.manager_id
        for manager in found.managers.values()
        if manager.role is Role.MANAGER and (manager.left_at is None or manager.left_at >= found.days.starts_at)
    }
    padded: dict[str, list[PaddedCall]] = defaultdict(list)
    for item in suspected:
        padded[item.manager_id].append(item)
    promises: dict[str, Counter[CommitmentOutcome]] = defaultdict(Counter)
    for made in found.promises:
        promises[made.manager_id][made.outcome] += made.promises
    violations: dict[str, dict[ViolationKind, int]] = defaultdict(dict)
    for breach in found.violations:
        violations[breach.manager_id][breach.kind] = breach.violations
    drawn = Counter[str]()
    for sampled in found.drawn:
        drawn[sampled.manager_id] += sampled.drawn
    false_refusals = Counter(found.named[item.call_id].manager_id for item in found.false_refusals)
    results = []
    for manager_id in ids:
        mine = calls_of.get(manager_id, [])
        effective = Effective.count(mine)
        made_by = promises[manager_id]
        own = deals_of.get(manager_id, [])
        results.append(
            AgentResult(
                manager_id=manager_id,
                name=manager_name(found.managers, manager_id),
                calls=total(mine),
                answered=total(item for item in mine if item.answered),
                crm_effective=effective.crm,
                examined=effective.examined,
                verified=effective.verified,
                padded=len(padded[manager_id]),
                padded_confirmed=sum(item.ruling is Ruling.CONFIRMED for item in padded[manager_id]),
                sampled=drawn[manager_id],
                promises=made_by.total(),
                promises_kept=sum(made_by[outcome] for outcome in KEPT_OUTCOMES),
                promises_broken=sum(made_by[outcome] for outcome in BROKEN_OUTCOMES),
                false_refusals=false_refusals[manager_id],
                violations=ordered(ViolationKind, violations[manager_id]),
                deals_won=sum(item.deals for item in own if item.event is DealEvent.WON),
                deals_lost=sum(item.deals for item in own if item.event is DealEvent.LOST),
                amount_won=amounts(own, DealEvent.WON),
            )
        )
    return tuple(sorted(results, key=lambda result: (result.name, result.manager_id)))
