"""What a vendor tells us unasked: a hint that something of theirs has changed, never the thing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class About(StrEnum):
    """What a hint is about."""

    CALL = "call"
    DEAL = "deal"
    ACTIVITY = "activity"
    NOTE = "note"
    PERSON = "person"


class Refusal(StrEnum):
    """Why a webhook was not taken. ``STRANGER``: no such source, or another token; nobody is told which."""

    STRANGER = "stranger"
    ADDRESS = "address"
    TOO_MANY = "too_many"
    METHOD = "method"
    TOO_LARGE = "too_large"
    CONTENT_TYPE = "content_type"
    UNREADABLE = "unreadable"
    SIGNATURE = "signature"
    NOT_KEPT = "not_kept"


class HintState(StrEnum):
    """``WAITING``: to be asked for; ``DONE``: was; ``GIVEN_UP``: the vendor never had it, the next poll is left."""

    WAITING = "waiting"
    DONE = "done"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Hint:
    """All that is kept of a webhook. No phone, name or text: what changed is asked of the vendor.

    ``event``: the vendor's word for it. ``object_id``: the vendor's own id. ``began_at``: when the call began,
    ``happened_at``: when the event happened, where the vendor says so; aware. ``told``: what no question gives back
    (moves of due dates).
    """

    about: About
    event: str
    object_id: str | None = None
    began_at: datetime | None = None
    happened_at: datetime | None = None
    told: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A hint as it was received. ``digest``: a keyed hash of the body, the same for the same message sent again.

    ``reopens``: the body holds no moment of its own, so that the same one later may tell of another change.
    """

    digest: str
    source: str
    hint: Hint
    received_at: datetime
    reopens: bool = False


@dataclass(frozen=True, slots=True)
class WaitingHint:
    """A receipt that is to be followed; ``attempts`` failed so far."""

    receipt: Receipt
    attempts: int
