"""Section 3 of the monthly report: what was found in the calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from qc_workbench.domain.call import Call, Direction
from qc_workbench.domain.commitment import ClientSaid, Commitment, CommitmentOutcome, Refusal
from qc_workbench.domain.flag import Conversation, Evidence, Finding, Flag, Ruling
from qc_workbench.domain.tally import CallTally
from qc_workbench.reporting.facts import MonthFacts
from qc_workbench.reporting.month_figures import ordered, total
from qc_workbench.reporting.share import Share
from qc_workbench.review.rulings import standing


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


def call_analysis(found: MonthFacts, calls: Iterable[CallTally]) -> CallAnalysis:
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
        promises=ordered(CommitmentOutcome, promises),
        broken=found.broken,
        refusals=ordered(ClientSaid, {item.client_said: item.refusals for item in found.refusals}),
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


def _sampled(found: MonthFacts, calls: Iterable[CallTally]) -> tuple[SampledShare, ...]:
    answered = [item for item in calls if item.answered]
    shares = []
    for direction in (Direction.INBOUND, Direction.OUTBOUND):
        drawn = [item for item in found.drawn if item.answered and item.direction is direction]
        of = total(item for item in answered if item.direction is direction)
        share = Share(sum(item.drawn for item in drawn), of)
        shares.append(SampledShare(direction, share, sum(item.listened for item in drawn)))
    return tuple(shares)
