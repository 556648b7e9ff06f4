"""The inputs of the reports counted from whole tables: what ``store.tallies`` does in SQL, said in Python.

Every count of a report is defined here. ``tests/property/test_tallies.py`` holds the store to it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.commitment import BROKEN_OUTCOMES
from qc_workbench.domain.crm import Deal, DealStatus
from qc_workbench.domain.flag import Conversation, Finding, Flag, FlagKind, Verdict
from qc_workbench.domain.sampling import Queue, SampledCall, SampleStatus
from qc_workbench.domain.tally import (
    CallTally,
    DealEvent,
    DealTally,
    DrawnTally,
    PromiseTally,
    RefusalTally,
    StratumTally,
    ViolationTally,
)
from qc_workbench.reporting.facts import (
    Facts,
    MonthFacts,
    Span,
    client_calls,
    is_crm_effective,
    month_span,
    month_stretches,
)
from qc_workbench.review.rulings import accuses, standing


def month_facts(facts: Facts, month: date) -> MonthFacts:
    """What the report of the calendar month that ``month`` is in needs."""
    days = month_span(month, facts.company)
    calls = {call.call_id: call for call in client_calls(facts, days)}
    flags = [flag for flag in facts.flags if flag.kind is FlagKind.FAKE_EFFECTIVE and flag.call_id in calls]
    rulings = standing(facts.findings)
    padded = tuple(flag for flag in flags if accuses(flag, rulings.get(flag.flag_id), facts.downgraded))
    promises = [item for item in facts.commitments if item.spoken.call_id in calls]
    refusals = [item for item in facts.refusals if item.call_id in calls]
    broken = tuple(item for item in promises if item.outcome in BROKEN_OUTCOMES)
    doubted = _doubted_refusals(facts)
    false = tuple(item for item in refusals if item.false_refusal and item.call_id not in doubted)
    named = {flag.call_id for flag in padded} | {item.spoken.call_id for item in broken} | {x.call_id for x in false}
    stretches = month_stretches(days, facts.company)
    made = Counter((calls[item.spoken.call_id].manager_id, item.outcome) for item in promises)
    breaches = Counter((item.manager_id, item.kind) for item in facts.violations if days.holds(item.happened_at))
    return MonthFacts(
        as_of=facts.as_of,
        company=facts.company,
        days=days,
        managers=facts.managers,
        calls=tally_calls(facts, stretches),
        deals=tally_deals(facts.deals, stretches),
        drawn=_drawn(facts.sample, calls),
        strata=_strata(facts, days, calls),
        promises=tuple(PromiseTally(*key, count) for key, count in made.items()),
        refusals=tuple(
            RefusalTally(said, count) for said, count in Counter(item.client_said for item in refusals).items()
        ),
        violations=tuple(ViolationTally(*key, count) for key, count in breaches.items()),
        unsure_calls=len({flag.call_id for flag in flags if flag not in padded}),
        padded=padded,
        findings=_about(facts, padded),
        conversations=_measured(facts, padded),
        broken=broken,
        false_refusals=false,
        named={call_id: calls[call_id] for call_id in named},
    )


def _doubted_refusals(facts: Facts) -> set[str]:
    """Calls in which a downgraded detector doubts the refusal and nobody has decided."""
    rulings = standing(facts.findings)
    return {
        flag.call_id
        for flag in facts.flags
        if flag.kind is FlagKind.FALSE_REFUSAL
        and flag.verdict is Verdict.FLAG
        and not accuses(flag, rulings.get(flag.flag_id), facts.downgraded)
    }


def tally_calls(facts: Facts, stretches: Sequence[Span]) -> tuple[CallTally, ...]:
    counts: Counter[tuple[int, str, Direction, bool, bool, bool | None]] = Counter()
    for stretch, days in enumerate(stretches):
        for call in client_calls(facts, days):
            conversation = facts.conversations.get(call.call_id)
            verified = conversation.verified_effective if conversation else None
            answered = call.outcome is Outcome.ANSWERED
            counted = is_crm_effective(call, facts.effective)
            counts[stretch, call.manager_id, call.direction, answered, counted, verified] += 1
    return tuple(CallTally(*key, count) for key, count in counts.items())


def tally_deals(deals: Iterable[Deal], stretches: Sequence[Span]) -> tuple[DealTally, ...]:
    """Deals have no regard to the report's moment: their status is the one they have now."""
    counts: Counter[tuple[int, str, DealEvent, str]] = Counter()
    amounts: dict[tuple[int, str, DealEvent, str], Decimal] = {}
    for deal in deals:
        events = [(DealEvent.CREATED, deal.created_at)]
        if deal.status is not DealStatus.OPEN:
            events.append((DealEvent(deal.status.value), closed_at(deal)))
        for event, moment in events:
            for stretch, days in enumerate(stretches):
                if days.holds(moment):
                    key = (stretch, deal.manager_id, event, deal.currency or "")
                    counts[key] += 1
                    if deal.amount is not None:
                        amounts[key] = amounts.get(key, Decimal(0)) + deal.amount
    return tuple(DealTally(*key, count, amounts.get(key)) for key, count in counts.items())


def closed_at(deal: Deal) -> datetime | None:
    """When a won or lost deal was closed; sources without the field tell it by the last stage change."""
    return deal.closed_at or deal.stage_since


def _drawn(sample: Iterable[SampledCall], calls: Mapping[str, Call]) -> tuple[DrawnTally, ...]:
    """A call may be drawn by several plans: it is listened to once."""
    drawn = [item for item in sample if item.call_id in calls and _is_random(item)]
    listened = {item.call_id for item in drawn if item.status is SampleStatus.DONE}
    counts: dict[tuple[str, Direction, bool], list[bool]] = defaultdict(list)
    for call_id in {item.call_id for item in drawn}:
        call = calls[call_id]
        counts[call.manager_id, call.direction, call.outcome is Outcome.ANSWERED].append(call_id in listened)
    return tuple(DrawnTally(*key, len(heard), sum(heard)) for key, heard in counts.items())


def _is_random(item: SampledCall) -> bool:
    return item.queue is Queue.RANDOM and item.status is not SampleStatus.REPLACED


def _strata(facts: Facts, days: Span, calls: Mapping[str, Call]) -> tuple[StratumTally, ...]:
    """Strata of the draws whose period touches the month, narrowed to the month's counted calls."""
    sampled: dict[str, set[str]] = defaultdict(set)
    for row in facts.sample:
        if _is_random(row):
            sampled[row.draw_id].add(row.call_id)
    found = []
    for draw in facts.draws:
        if draw.period_from > days.last_day or draw.period_to < days.first_day:
            continue
        members: dict[str, list[bool | None]] = defaultdict(list)
        for item in draw.frame:
            call = calls.get(item.call_id)
            if call is not None and is_crm_effective(call, facts.effective):
                conversation = facts.conversations.get(item.call_id)
                heard = conversation is not None and item.call_id in sampled[draw.draw_id]
                members[item.stratum].append(conversation.verified_effective if conversation and heard else None)
        found += [
            StratumTally(
                draw.plan.name, draw.draw_id, stratum, len(values),
                sum(value is not None for value in values), sum(value is True for value in values),
            )
            for stratum, values in sorted(members.items())
        ]  # fmt: skip
    return tuple(found)


def _about(facts: Facts, flags: Iterable[Flag]) -> tuple[Finding, ...]:
    ids = {flag.flag_id for flag in flags}
    return tuple(item for item in facts.findings if item.flag_id in ids)


def _measured(facts: Facts, flags: Iterable[Flag]) -> dict[str, Conversation]:
    ids = {flag.call_id for flag in flags}
    return {call_id: item for call_id, item in facts.conversations.items() if call_id in ids}
