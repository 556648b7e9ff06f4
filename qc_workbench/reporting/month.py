"""«Большая сестра», the monthly report, as values: what it says, not how it looks.

The month page of the app, the HTML, PDF and XLSX files are all made from ``month_of(MonthFacts)``;
``pipelines.build_report.build_month_report`` reads those of a workspace. Text, plots and formats belong to those
who show it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from qc_workbench.domain.call import Call, Direction, Role
from qc_workbench.domain.commitment import (
    BROKEN_OUTCOMES,
    KEPT_OUTCOMES,
    ClientSaid,
    Commitment,
    CommitmentOutcome,
    Refusal,
)
from qc_workbench.domain.flag import Conversation, Evidence, Finding, Flag, Ruling
from qc_workbench.domain.tally import CallTally, DealEvent, DealTally, StratumTally
from qc_workbench.domain.violation import ViolationKind
from qc_workbench.reporting.counting import month_facts
from qc_workbench.reporting.facts import Facts, MonthFacts, Span, manager_name, month_stretches
from qc_workbench.reporting.share import Share
from qc_workbench.review.rulings import standing
from qc_workbench.sampling.estimates import Estimate, StratumSample, estimate_share

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


@dataclass(frozen=True, slots=True)
class SampleEstimate:
    """A share estimated from the random draws of one plan. Machine-picked calls never enter it."""

    plan: str
    share: Estimate


@dataclass(frozen=True, slots=True)
class Dynamics:
    """Section 1. ``before`` are the figures of the month before, None when it has no calls and no deals.

    ``verified_share``: share of live conversations among the calls that the CRM counts as effective; None when
    no randomly drawn one was examined. (``now.verified`` of ``now.examined`` is no such share:
    suspicious calls are examined more often than others.)
    """

    now: Figures
    verified_share: SampleEstimate | None
    before: Figures | None
    weeks: tuple[Figures, ...]


@dataclass(frozen=True, slots=True)
class Investigation:
    """Section 2. Hypotheses and letters are not kept yet: ``configured`` is False, which is said, not hidden."""

    configured: bool = False


@dataclass(frozen=True, slots=True)
class PaddedCall:
    """A call that was counted without a conversation: the machine's suggestion and what a person ruled."""

    call_id: str
    flag_id: str
    manager_id: str
    started_at: datetime
    talk_s: float
    conversation_s: float | None
    score: float
    reasons: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    ruling: Ruling | None  # None: waits for a decision


@dataclass(frozen=True, slots=True)
class SampledShare:
    """Answered calls of one direction drawn at random for listening, of all answered ones of that direction."""

    direction: Direction
    drawn: Share
    listened: int


@dataclass(frozen=True, slots=True)
class CallAnalysis:
    """Section 3. ``padded`` without the rejected ones; ``unsure`` calls are those where the detector abstained."""

    padded: tuple[PaddedCall, ...]
    rejected: int
    unsure: int
    sampled: tuple[SampledShare, ...]
    promises: Mapping[CommitmentOutcome, int]
    broken: tuple[Commitment, ...]
    refusals: Mapping[ClientSaid, int]
    false_refusals: tuple[Refusal, ...]


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


@dataclass(frozen=True, slots=True)
class Month:
    """The whole report. Agents in order of their names."""

    days: Span
    as_of: datetime
    company: str
    dynamics: Dynamics
    investigation: Investigation
    analysis: CallAnalysis
    agents: tuple[AgentResult, ...]
    calls: Mapping[str, Call]  # by id: those that the sections name
    names: Mapping[str, str]  # manager_id -> name, of all who appear

    @property
    def is_complete(self) -> bool:
        """False while the month still goes on."""
        return self.as_of >= self.days.ends_at


def build_month(facts: Facts, month: date) -> Month:
    """The report of the calendar month that ``month`` is in, from whole tables."""
    return month_of(month_facts(facts, month))


def month_of(found: MonthFacts) -> Month:
    """The report. Deterministic: the same values give the same report."""
    stretches = month_stretches(found.days, found.company)
    before = figures(stretches[0], _of(found.calls, {0}), _of(found.deals, {0}))
    calls = [item for item in found.calls if item.stretch]
    deals = [item for item in found.deals if item.stretch]
    analysis = _analysis(found, calls)
    agents = _agents(found, calls, deals, analysis)
    return Month(
        days=found.days,
        as_of=found.as_of,
        company=found.company.name,
        dynamics=Dynamics(
            now=figures(found.days, calls, deals),
            verified_share=_verified_share(found.strata),
            before=before if before.calls or before.deals_created or before.deals_won or before.deals_lost else None,
            weeks=tuple(
                figures(week, _of(calls, {number}), _of(deals, {number}))
                for number, week in enumerate(stretches)
                if number
            ),
        ),
        investigation=Investigation(),
        analysis=analysis,
        agents=agents,
        calls=found.named,
        names={agent.manager_id: agent.name for agent in agents},
    )


Tally = TypeVar("Tally", CallTally, DealTally)


def _of(tallies: Iterable[Tally], stretches: set[int]) -> list[Tally]:
    return [item for item in tallies if item.stretch in stretches]


def figures(days: Span, calls: Iterable[CallTally], deals: Iterable[DealTally]) -> Figures:
    """Numbers of a span from the tallies in it. Inbound calls with any outcome but *answered* are lost."""
    calls, deals = list(calls), list(deals)
    inbound = [item for item in calls if item.direction is Direction.INBOUND]
    events = Counter[DealEvent]()
    for item in deals:
        events[item.event] += item.deals
    effective = _Effective.count(calls)
    return Figures(
        days=days,
        calls=_total(calls),
        inbound=_total(inbound),
        outbound=_total(calls) - _total(inbound),
        answered=_total(item for item in calls if item.answered),
        lost_calls=Share(_total(item for item in inbound if not item.answered), _total(inbound)),
        crm_effective=effective.crm,
        examined=effective.examined,
        verified=effective.verified,
        deals_created=events[DealEvent.CREATED],
        deals_won=events[DealEvent.WON],
        deals_lost=events[DealEvent.LOST],
        amount_won=_amounts(deals, DealEvent.WON),
        amount_lost=_amounts(deals, DealEvent.LOST),
    )


def _total(calls: Iterable[CallTally]) -> int:
    return sum(item.calls for item in calls)


@dataclass(frozen=True, slots=True)
class _Effective:
    crm: int
    examined: int
    verified: int

    @staticmethod
    def count(calls: Iterable[CallTally]) -> _Effective:
        counted = [item for item in calls if item.counted]
        return _Effective(
            _total(counted),
            _total(item for item in counted if item.verified is not None),
            _total(item for item in counted if item.verified),
        )


def _amounts(deals: Iterable[DealTally], event: DealEvent) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for item in deals:
        if item.event is event and item.amount is not None:
            totals[item.currency] = totals.get(item.currency, Decimal(0)) + item.amount
    return dict(sorted(totals.items()))


def _verified_share(strata: Iterable[StratumTally]) -> SampleEstimate | None:
    """From the plan with the most judged calls: plans draw from the same calls and can't be added up."""
    plans: dict[str, list[StratumSample]] = defaultdict(list)
    for item in strata:
        values = (1.0,) * item.verified + (0.0,) * (item.judged - item.verified)
        plans[item.plan].append(StratumSample(item.draw_id, item.stratum, item.population, values))
    estimates = [SampleEstimate(plan, estimate_share(samples)) for plan, samples in sorted(plans.items())]
    best = max(estimates, key=lambda item: item.share.judged, default=None)
    return best if best is not None and best.share.value is not None else None


def _analysis(found: MonthFacts, calls: Iterable[CallTally]) -> CallAnalysis:
    rulings = standing(found.findings)
    padded = []
    rejected = 0
    for flag in found.padded:
        finding = rulings.get(flag.flag_id)
        if finding is not None and finding.ruling is Ruling.REJECTED:
            rejected += 1
            continue
        padded.append(padded_call(flag, found.named[flag.call_id], found.conversations.get(flag.call_id), finding))
    promises = Counter[CommitmentOutcome]()
    for made in found.promises:
        promises[made.outcome] += made.promises
    return CallAnalysis(
        padded=tuple(sorted(padded, key=lambda item: (item.manager_id, item.started_at, item.call_id, item.flag_id))),
        rejected=rejected,
        unsure=found.unsure_calls,
        sampled=_sampled(found, calls),
        promises=_ordered(CommitmentOutcome, promises),
        broken=found.broken,
        refusals=_ordered(ClientSaid, {item.client_said: item.refusals for item in found.refusals}),
        false_refusals=found.false_refusals,
    )


def padded_call(flag: Flag, call: Call, conversation: Conversation | None, finding: Finding | None) -> PaddedCall:
    """A flag beside its call, what was measured and the ruling that stands."""
    return PaddedCall(
        call_id=call.call_id,
        flag_id=flag.flag_id,
        manager_id=call.manager_id,
        started_at=call.started_at,
        talk_s=call.talk_s,
        conversation_s=conversation.conversation_s if conversation else None,
        score=flag.score,
        reasons=flag.reasons,
        evidence=flag.evidence,
        ruling=finding.ruling if finding else None,
    )


def _ordered(order: type[Code], counts: Mapping[Code, int]) -> dict[Code, int]:
    """Every code in the order of its definition, zeros too, so that months can be laid side by side."""
    return {code: counts.get(code, 0) for code in order}


def _sampled(found: MonthFacts, calls: Iterable[CallTally]) -> tuple[SampledShare, ...]:
    answered = [item for item in calls if item.answered]
    shares = []
    for direction in (Direction.INBOUND, Direction.OUTBOUND):
        drawn = [item for item in found.drawn if item.answered and item.direction is direction]
        of = _total(item for item in answered if item.direction is direction)
        share = Share(sum(item.drawn for item in drawn), of)
        shares.append(SampledShare(direction, share, sum(item.listened for item in drawn)))
    return tuple(shares)


def _agents(
    found: MonthFacts, calls: Iterable[CallTally], deals: Iterable[DealTally], analysis: CallAnalysis
) -> tuple[AgentResult, ...]:
    """Everybody who called in the month or could have."""
    calls_of = _by_agent(calls)
    deals_of = _by_agent(deals)
    ids = calls_of.keys() | {
        manager.manager_id
        for manager in found.managers.values()
        if manager.role is Role.MANAGER and (manager.left_at is None or manager.left_at >= found.days.starts_at)
    }
    padded: dict[str, list[PaddedCall]] = defaultdict(list)
    for item in analysis.padded:
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
        effective = _Effective.count(mine)
        made_by = promises[manager_id]
        own = deals_of.get(manager_id, [])
        results.append(
            AgentResult(
                manager_id=manager_id,
                name=manager_name(found.managers, manager_id),
                calls=_total(mine),
                answered=_total(item for item in mine if item.answered),
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
                violations=_ordered(ViolationKind, violations[manager_id]),
                deals_won=sum(item.deals for item in own if item.event is DealEvent.WON),
                deals_lost=sum(item.deals for item in own if item.event is DealEvent.LOST),
                amount_won=_amounts(own, DealEvent.WON),
            )
        )
    return tuple(sorted(results, key=lambda result: (result.name, result.manager_id)))


def _by_agent(tallies: Iterable[Tally]) -> dict[str, list[Tally]]:
    found: dict[str, list[Tally]] = defaultdict(list)
    for item in tallies:
        found[item.manager_id].append(item)
    return found
