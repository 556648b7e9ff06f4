"""«Большая сестра», the monthly report, as values: what it says, not how it looks.

The month page of the app, the HTML, PDF and XLSX files are all made from
``build_month(facts, month)``; ``pipelines.build_report.build_month_report`` reads the facts
of a workspace. Text, plots and formats belong to those who show it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from qc_workbench.domain.call import Call, Direction, Outcome, Role
from qc_workbench.domain.commitment import ClientSaid, Commitment, CommitmentOutcome, Refusal
from qc_workbench.domain.crm import Deal, DealStatus
from qc_workbench.domain.flag import Conversation, Evidence, Finding, Flag, FlagKind, Ruling, Verdict
from qc_workbench.domain.sampling import Queue, SampleStatus
from qc_workbench.domain.violation import ViolationKind
from qc_workbench.reporting.facts import (
    Facts,
    Span,
    client_calls,
    is_crm_effective,
    manager_name,
    month_span,
    weeks_of,
)
from qc_workbench.reporting.share import Share
from qc_workbench.review.rulings import standing
from qc_workbench.sampling.estimates import Estimate, estimate_share, stratum_samples

Code = TypeVar("Code", CommitmentOutcome, ClientSaid, ViolationKind)

#: Outcomes in which the client was let down; a promise in one of them is *broken*.
BROKEN_OUTCOMES = frozenset(
    {
        CommitmentOutcome.MISSING,
        CommitmentOutcome.OVERDUE,
        CommitmentOutcome.DRAGGED,
        CommitmentOutcome.SCHEDULED_LATE,
    }
)


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
    calls: Mapping[str, Call]  # every call of the month by its id, for what the sections name
    names: Mapping[str, str]  # manager_id -> name, of all who appear

    @property
    def is_complete(self) -> bool:
        """False while the month still goes on."""
        return self.as_of >= self.days.ends_at


def build_month(facts: Facts, month: date) -> Month:
    """The report of the calendar month that ``month`` is in, in the company's zone."""
    days = month_span(month, facts.company)
    before_days = month_span(days.first_day - timedelta(days=1), facts.company)
    before = figures(facts, before_days)
    analysis = _analysis(facts, days)
    agents = _agents(facts, days, analysis)
    return Month(
        days=days,
        as_of=facts.as_of,
        company=facts.company.name,
        dynamics=Dynamics(
            now=figures(facts, days),
            verified_share=_verified_share(facts, days),
            before=before if before.calls or before.deals_created or before.deals_won or before.deals_lost else None,
            weeks=tuple(figures(facts, week) for week in weeks_of(days, facts.company)),
        ),
        investigation=Investigation(),
        analysis=analysis,
        agents=agents,
        calls={call.call_id: call for call in client_calls(facts, days)},
        names={agent.manager_id: agent.name for agent in agents},
    )


def figures(facts: Facts, days: Span) -> Figures:
    """Numbers of the span. Inbound calls with any outcome but *answered* are lost."""
    calls = client_calls(facts, days)
    inbound = [call for call in calls if call.direction is Direction.INBOUND]
    won = [deal for deal in facts.deals if deal.status is DealStatus.WON and days.holds(closed_at(deal))]
    lost = [deal for deal in facts.deals if deal.status is DealStatus.LOST and days.holds(closed_at(deal))]
    effective = _Effective.count(facts, calls)
    return Figures(
        days=days,
        calls=len(calls),
        inbound=len(inbound),
        outbound=len(calls) - len(inbound),
        answered=sum(call.outcome is Outcome.ANSWERED for call in calls),
        lost_calls=Share(sum(call.outcome is not Outcome.ANSWERED for call in inbound), len(inbound)),
        crm_effective=effective.crm,
        examined=effective.examined,
        verified=effective.verified,
        deals_created=sum(days.holds(deal.created_at) for deal in facts.deals),
        deals_won=len(won),
        deals_lost=len(lost),
        amount_won=_amounts(won),
        amount_lost=_amounts(lost),
    )


def closed_at(deal: Deal) -> datetime | None:
    """When a won or lost deal was closed; sources without the field tell it by the last stage change."""
    return deal.closed_at or deal.stage_since


@dataclass(frozen=True, slots=True)
class _Effective:
    crm: int
    examined: int
    verified: int

    @staticmethod
    def count(facts: Facts, calls: Iterable[Call]) -> _Effective:
        crm = [call for call in calls if is_crm_effective(call, facts.effective)]
        verdicts = [facts.conversations.get(call.call_id) for call in crm]
        known = [verdict for verdict in verdicts if verdict is not None and verdict.verified_effective is not None]
        return _Effective(len(crm), len(known), sum(bool(verdict.verified_effective) for verdict in known))


def _verified_share(facts: Facts, days: Span) -> SampleEstimate | None:
    """From the plan with the most judged calls: plans draw from the same calls and can't be added up."""
    effective = {call.call_id for call in client_calls(facts, days) if is_crm_effective(call, facts.effective)}
    judged = {
        call_id: float(verdict.verified_effective)
        for call_id, verdict in facts.conversations.items()
        if call_id in effective and verdict.verified_effective is not None
    }
    estimates = []
    for plan in sorted({draw.plan.name for draw in facts.draws}):
        draws = [draw for draw in facts.draws if draw.plan.name == plan]
        strata = stratum_samples(draws, facts.sample, judged, keep=lambda item: item.call_id in effective)
        estimates.append(SampleEstimate(plan, estimate_share(strata)))
    best = max(estimates, key=lambda item: item.share.judged, default=None)
    return best if best is not None and best.share.value is not None else None


def _amounts(deals: Iterable[Deal]) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for deal in deals:
        if deal.amount is not None:
            currency = deal.currency or ""
            totals[currency] = totals.get(currency, Decimal(0)) + deal.amount
    return dict(sorted(totals.items()))


def _analysis(facts: Facts, days: Span) -> CallAnalysis:
    calls = {call.call_id: call for call in client_calls(facts, days)}
    flags = [flag for flag in facts.flags if flag.kind is FlagKind.FAKE_EFFECTIVE and flag.call_id in calls]
    rulings = standing(facts.findings)
    padded = []
    rejected = 0
    for flag in flags:
        if flag.verdict is not Verdict.FLAG:
            continue
        finding = rulings.get(flag.flag_id)
        if finding is not None and finding.ruling is Ruling.REJECTED:
            rejected += 1
            continue
        call = calls[flag.call_id]
        padded.append(padded_call(flag, call, facts.conversations.get(call.call_id), finding))
    promises = [item for item in facts.commitments if item.spoken.call_id in calls]
    refusals = [item for item in facts.refusals if item.call_id in calls]
    return CallAnalysis(
        padded=tuple(sorted(padded, key=lambda item: (item.manager_id, item.started_at, item.call_id))),
        rejected=rejected,
        unsure=len({flag.call_id for flag in flags if flag.verdict is Verdict.UNSURE}),
        sampled=_sampled(facts, calls),
        promises=_ordered(CommitmentOutcome, Counter(item.outcome for item in promises)),
        broken=tuple(item for item in promises if item.outcome in BROKEN_OUTCOMES),
        refusals=_ordered(ClientSaid, Counter(item.client_said for item in refusals)),
        false_refusals=tuple(item for item in refusals if item.false_refusal),
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


def _sampled(facts: Facts, calls: Mapping[str, Call]) -> tuple[SampledShare, ...]:
    drawn = [
        item
        for item in facts.sample
        if item.queue is Queue.RANDOM and item.status is not SampleStatus.REPLACED and item.call_id in calls
    ]
    # A call may be drawn by several plans: it is listened to once.
    drawn_ids = {item.call_id for item in drawn}
    listened_ids = {item.call_id for item in drawn if item.status is SampleStatus.DONE}
    shares = []
    for direction in (Direction.INBOUND, Direction.OUTBOUND):
        ids = {
            call.call_id for call in calls.values() if call.direction is direction and call.outcome is Outcome.ANSWERED
        }
        shares.append(SampledShare(direction, Share(len(ids & drawn_ids), len(ids)), len(ids & listened_ids)))
    return tuple(shares)


def _agents(facts: Facts, days: Span, analysis: CallAnalysis) -> tuple[AgentResult, ...]:
    calls = client_calls(facts, days)
    by_call = {call.call_id: call for call in calls}
    ids = {call.manager_id for call in calls} | {
        manager.manager_id
        for manager in facts.managers.values()
        if manager.role is Role.MANAGER and (manager.left_at is None or manager.left_at >= days.starts_at)
    }
    sampled_ids = {
        item.call_id
        for item in facts.sample
        if item.queue is Queue.RANDOM and item.status is not SampleStatus.REPLACED and item.call_id in by_call
    }
    results = []
    for manager_id in ids:
        mine = [call for call in calls if call.manager_id == manager_id]
        mine_ids = {call.call_id for call in mine}
        effective = _Effective.count(facts, mine)
        padded = [item for item in analysis.padded if item.manager_id == manager_id]
        promises = [item for item in facts.commitments if item.spoken.call_id in mine_ids]
        kept = {CommitmentOutcome.KEPT, CommitmentOutcome.KEPT_UNLOGGED}
        mine_violations = [item for item in facts.violations if item.manager_id == manager_id]
        violations = [item for item in mine_violations if days.holds(item.happened_at)]
        deals = [deal for deal in facts.deals if deal.manager_id == manager_id and days.holds(closed_at(deal))]
        won = [deal for deal in deals if deal.status is DealStatus.WON]
        results.append(
            AgentResult(
                manager_id=manager_id,
                name=manager_name(facts, manager_id),
                calls=len(mine),
                answered=sum(call.outcome is Outcome.ANSWERED for call in mine),
                crm_effective=effective.crm,
                examined=effective.examined,
                verified=effective.verified,
                padded=len(padded),
                padded_confirmed=sum(item.ruling is Ruling.CONFIRMED for item in padded),
                sampled=len(mine_ids & sampled_ids),
                promises=len(promises),
                promises_kept=sum(item.outcome in kept for item in promises),
                promises_broken=sum(item.outcome in BROKEN_OUTCOMES for item in promises),
                false_refusals=sum(item.call_id in mine_ids for item in analysis.false_refusals),
                violations=_ordered(ViolationKind, Counter(item.kind for item in violations)),
                deals_won=len(won),
                deals_lost=sum(deal.status is DealStatus.LOST for deal in deals),
                amount_won=_amounts(won),
            )
        )
    return tuple(sorted(results, key=lambda result: (result.name, result.manager_id)))
