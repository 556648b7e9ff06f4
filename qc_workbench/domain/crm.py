"""What the CRM says: deals, their stages, tasks and the moves of their dates, notes, sales."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class DealStatus(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class ActivityType(StrEnum):
    CALL = "call"
    TASK = "task"
    MEETING = "meeting"
    PROPOSAL = "proposal"


class ChangeOrigin(StrEnum):
    """Where a change is known from: the CRM's own history, a message it sent, or a difference between two readings,
    which hides moves made in between and is dated by the entity's last change."""

    VENDOR = "vendor"
    WEBHOOK = "webhook"
    DIFF = "diff"


@dataclass(frozen=True, slots=True)
class Deal:
    deal_id: str
    client_phones: tuple[str, ...]  # E.164
    manager_id: str
    stage: str
    status: DealStatus
    stage_since: datetime | None = None
    lost_reason: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    created_at: datetime | None = None
    closed_at: datetime | None = None
    source: str | None = None
    client_name: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StageChange:
    deal_id: str
    changed_at: datetime
    to_stage: str | None = None
    from_stage: str | None = None
    changed_by: str | None = None
    origin: ChangeOrigin | None = None  # None: it came with a file


@dataclass(frozen=True, slots=True)
class Activity:
    """A planned or done step. ``due_at`` is the date it has now; earlier ones are in :class:`ActivityChange`."""

    activity_id: str
    manager_id: str
    type: ActivityType
    created_at: datetime
    deal_id: str | None = None
    client_phone: str | None = None
    subject: str | None = None
    due_at: datetime | None = None
    done_at: datetime | None = None
    result: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ActivityChange:
    activity_id: str
    changed_at: datetime
    field: str
    old_value: str | None = None
    new_value: str | None = None
    changed_by: str | None = None
    origin: ChangeOrigin | None = None  # None: it came with a file


@dataclass(frozen=True, slots=True)
class Note:
    note_id: str
    created_at: datetime
    text: str
    deal_id: str | None = None
    client_phone: str | None = None
    author_id: str | None = None
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale as the accounting system knows it, to be reconciled with the CRM."""

    sale_id: str
    sold_at: datetime
    amount: Decimal
    client_phone: str | None = None
    client_name: str | None = None
    manager_id: str | None = None
