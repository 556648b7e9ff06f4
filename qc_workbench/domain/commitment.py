"""Promises made in calls, refusals, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum


class Promiser(StrEnum):
    AGENT = "agent"
    CUSTOMER = "customer"
    BOTH = "both"


class Action(StrEnum):
    CALLBACK = "callback"
    SEND_OFFER = "send_offer"
    SEND_DOCUMENT = "send_document"
    VISIT = "visit"
    MEETING = "meeting"
    DECIDE = "decide"
    PAY = "pay"


class CommitmentOutcome(StrEnum):
    """What became of a promise. The first match in :mod:`qc_workbench.detection.reconciliation` wins."""

    MISSING = "missing"
    OVERDUE = "overdue"
    DRAGGED = "dragged"
    SCHEDULED_LATE = "scheduled_late"
    SCHEDULED = "scheduled"
    KEPT = "kept"
    KEPT_UNLOGGED = "kept_unlogged"


#: Outcomes in which the client was let down; a promise in one of them is *broken*.
BROKEN_OUTCOMES = frozenset(
    {
        CommitmentOutcome.MISSING,
        CommitmentOutcome.OVERDUE,
        CommitmentOutcome.DRAGGED,
        CommitmentOutcome.SCHEDULED_LATE,
    }
)
KEPT_OUTCOMES = frozenset({CommitmentOutcome.KEPT, CommitmentOutcome.KEPT_UNLOGGED})


class DuePrecision(StrEnum):
    """How exactly a time was said."""

    INSTANT = "instant"  # an hour of a day: half an hour either way
    PART_OF_DAY = "part_of_day"  # the morning, after lunch, until five
    DAY = "day"
    RANGE = "range"  # several days


#: A said hour with half an hour either way; what is wider is a part of the day.
_INSTANT_MINUTES = 60


@dataclass(frozen=True, slots=True)
class DueWindow:
    """When a promise falls due, in the company's zone: inclusive dates and, where said, times of day."""

    due_from: date
    due_to: date
    time_from: time | None = None
    time_to: time | None = None

    @property
    def precision(self) -> DuePrecision:
        if self.due_from != self.due_to:
            return DuePrecision.RANGE
        if self.time_from is None or self.time_to is None:
            return DuePrecision.DAY
        minutes = (self.time_to.hour - self.time_from.hour) * 60 + self.time_to.minute - self.time_from.minute
        return DuePrecision.INSTANT if minutes <= _INSTANT_MINUTES else DuePrecision.PART_OF_DAY


@dataclass(frozen=True, slots=True)
class SpokenCommitment:
    """A commitment as heard, before the CRM is asked. ``rule`` names the phrase that found it."""

    commitment_id: str
    call_id: str
    by: Promiser
    action: Action
    quote: str
    start_s: float
    end_s: float
    due: DueWindow
    rule: str = ""
    date_phrase: str | None = None


@dataclass(frozen=True, slots=True)
class PromiseStory:
    """The facts an outcome rests on, for telling it in one sentence.

    ``due_at``: when the activity is due now, ``first_due_at``: before its date was ever moved (None if it was not).
    ``call_id``: the call that kept the promise, else the first conversation after the window; ``by_client``: the
    client called. ``tries``: calls of ours inside the window that nobody answered.
    """

    due_at: datetime | None = None
    first_due_at: datetime | None = None
    done_at: datetime | None = None
    call_id: str | None = None
    call_at: datetime | None = None
    by_client: bool = False
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Commitment:
    """A spoken commitment with its outcome as of some moment, and the proof of it."""

    spoken: SpokenCommitment
    outcome: CommitmentOutcome
    activity_id: str | None = None
    kept_by_call_id: str | None = None
    moves: int = 0  # times the due date of the activity was moved
    reasons: tuple[str, ...] = ()
    story: PromiseStory | None = None  # None in what was judged before stories were told


class ClientSaid(StrEnum):
    EXPLICIT = "explicit"
    POSTPONED = "postponed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the client said about buying, beside what the CRM says about the deal."""

    call_id: str
    client_said: ClientSaid
    deal_id: str | None
    deal_status: str | None
    false_refusal: bool
    quote: str | None = None
    start_s: float | None = None
    end_s: float | None = None
