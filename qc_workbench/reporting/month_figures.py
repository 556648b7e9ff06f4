"""The numbers of a stretch of days, from the tallies in it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from qc_workbench.domain.call import Direction
from qc_workbench.domain.commitment import ClientSaid, CommitmentOutcome
from qc_workbench.domain.tally import CallTally, DealEvent, DealTally
from qc_workbench.domain.violation import ViolationKind
from qc_workbench.reporting.facts import Span
from qc_workbench.reporting.share import Share

Code = TypeVar("Code", CommitmentOutcome, ClientSaid, ViolationKind)


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of one stretch of days. Money by currency code; a deal without one is in the "" entry.

    ``lost_calls``: inbound calls nobody answered, of all inbound ones (Lost Call Rate).
    ``examined``: CRM-effective calls whose recording was examined with a verdict;
    ``verified``: those of them that were conversations. The rest of CRM-effective
    calls is unknown, not bad.
    """

    days: Span
    calls: int
    inbound: int
    outbound: int
    answered: int
    lost_calls: Share
    crm_effective: int
    examined: int
    verified: int
    deals_created: int
    deals_won: int
    deals_lost: int
    amount_won: Mapping[str, Decimal]
    amount_lost: Mapping[str, Decimal]


Tally = TypeVar("Tally", CallTally, DealTally)


def of_stretches(tallies: Iterable[Tally], stretches: set[int]) -> list[Tally]:
    return [item for item in tallies if item.stretch in stretches]


def figures(days: Span, calls: Iterable[CallTally], deals: Iterable[DealTally]) -> Figures:
    """Numbers of a span from the tallies in it. Inbound calls with any outcome but *answered* are lost."""
    calls, deals = list(calls), list(deals)
    inbound = [item for item in calls if item.direction is Direction.INBOUND]
    events = Counter[DealEvent]()
    for item in deals:
        events[item.event] += item.deals
    effective = Effective.count(calls)
    return Figures(
        days=days,
        calls=total(calls),
        inbound=total(inbound),
        outbound=total(calls) - total(inbound),
        answered=total(item for item in calls if item.answered),
        lost_calls=Share(total(item for item in inbound if not item.answered), total(inbound)),
        crm_effective=effective.crm,
        examined=effective.examined,
        verified=effective.verified,
        deals_created=events[DealEvent.CREATED],
        deals_won=events[DealEvent.WON],
        deals_lost=events[DealEvent.LOST],
        amount_won=amounts(deals, DealEvent.WON),
        amount_lost=amounts(deals, DealEvent.LOST),
    )


def total(calls: Iterable[CallTally]) -> int:
    return sum(item.calls for item in calls)


@dataclass(frozen=True, slots=True)
class Effective:
    crm: int
    examined: int
    verified: int

    @staticmethod
    def count(calls: Iterable[CallTally]) -> Effective:
        counted = [item for item in calls if item.counted]
        return Effective(
            total(counted),
            total(item for item in counted if item.verified is not None),
            total(item for item in counted if item.verified),
        )


def amounts(deals: Iterable[DealTally], event: DealEvent) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for item in deals:
        if item.event is event and item.amount is not None:
            totals[item.currency] = totals.get(item.currency, Decimal(0)) + item.amount
    return dict(sorted(totals.items()))


def by_agent(tallies: Iterable[Tally]) -> dict[str, list[Tally]]:
    found: dict[str, list[Tally]] = defaultdict(list)
    for item in tallies:
        found[item.manager_id].append(item)
    return found


def ordered(order: type[Code], counts: Mapping[Code, int]) -> dict[Code, int]:
    """Every code in the order of its definition, zeros too, so that months can be laid side by side."""
    return {code: counts.get(code, 0) for code in order}
