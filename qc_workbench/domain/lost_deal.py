"""Deals that the CRM calls lost: what was found of each, and what its client says when quality control calls back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class DealFinding(StrEnum):
    """What became of a client whose deal was closed as lost."""

    CLIENT_REFUSED = "client_refused"
    CLIENT_POSTPONED = "client_postponed"
    AGENT_REFUSED = "agent_refused"  # the client spoke with us and neither refused nor postponed
    NO_CONVERSATION = "no_conversation"  # nobody of the company spoke with the client before the closing
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class LostDeal:
    """The machine's suggestion on one lost deal.

    ``reason``: a code (``reason.<code>``) of why it is unsure, or how there was no conversation; ``call_id``: the
    conversation that shows it; ``calls``: answered calls that were looked at. ``certainty``: 0..1, how sure it is
    that the client did not refuse: an order of work, no measured chance.
    """

    deal_id: str
    finding: DealFinding
    reason: str | None
    call_id: str | None
    calls: int
    certainty: float


class RecallResult(StrEnum):
    """What a client says whose deal was lost, asked by quality control."""

    REFUSED = "refused"  # refused indeed
    NEVER_REFUSED = "never_refused"
    BUYS_LATER = "buys_later"
    OTHER_AGENT = "other_agent"  # would buy, but from somebody else of ours
    BOUGHT_ELSEWHERE = "bought_elsewhere"
    NO_CONTACT = "no_contact"
    WITHDRAWN = "withdrawn"  # undo of the entry before


#: Results of clients that were not lost: the deal goes back to work.
STILL_A_CLIENT = frozenset({RecallResult.NEVER_REFUSED, RecallResult.BUYS_LATER, RecallResult.OTHER_AGENT})


@dataclass(frozen=True, slots=True)
class Recall:
    """One call back, or the undo of one. Append-only. ``buy_from``: the day from which the client would buy."""

    recall_id: str
    deal_id: str
    result: RecallResult
    comment: str
    buy_from: date | None
    by: str
    at: datetime
    supersedes: str | None = None


class DealVerdict(StrEnum):
    """What the head of sales decides about a lost deal (``deal_verdict.<code>``)."""

    GENUINE = "genuine"  # a refusal indeed: to the warm-up list
    REWORK_SAME = "rework_same"  # back to the agent it belongs to
    REWORK_OTHER = "rework_other"
    WITHDRAWN = "withdrawn"  # undo of the decision before


#: Verdicts by which the deal goes back to work: the refusal in the CRM was none.
REWORK = frozenset({DealVerdict.REWORK_SAME, DealVerdict.REWORK_OTHER})


@dataclass(frozen=True, slots=True)
class DealDecision:
    """One decision, or the undo of one. Append-only.

    ``worked_by``: the agent who has the deal from now on, with a verdict of :data:`REWORK`; ``buy_from``: the day from
    which the client would buy, with ``GENUINE``. ``finding_id``: the ruling on the machine's flag made with it.
    """

    decision_id: str
    deal_id: str
    verdict: DealVerdict
    worked_by: str | None
    buy_from: date | None
    comment: str
    by: str
    at: datetime
    finding_id: str | None = None
    supersedes: str | None = None
