"""Rows that the lists of a monthly report show, and the versions it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qc_workbench.domain.crm import ActivityType


@dataclass(frozen=True, slots=True)
class DetectorVersion:
    """A version of a detector that looked at calls of the month; ``calls`` it said anything about."""

    detector: str
    version: str
    calls: int


@dataclass(frozen=True, slots=True)
class CountedCall:
    """A call that the CRM counts as effective. ``verified`` as in ``Conversation``."""

    call_id: str
    started_at: datetime
    manager_id: str
    talk_s: float
    conversation_s: float | None
    verified: bool | None


@dataclass(frozen=True, slots=True)
class DoneStep:
    """A meeting or proposal of the month."""

    activity_id: str
    type: ActivityType
    manager_id: str
    deal_id: str | None
    created_at: datetime
    due_at: datetime | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class AgentFaults:
    """An agent's breaches in the month and what the discipline bonus makes of them.

    ``suspected``: breaches in the CRM that no person rejected, confirmed ones too. ``confirmed``: faults of any kind
    that a named person confirmed and that count; ``disputed`` ones cost nothing yet. ``deducted`` of the bonus, in
    ``currency``; ``is_approved``: the statement stands approved under a name.
    """

    agent: str
    suspected: int
    confirmed: int
    disputed: int
    deducted: Decimal
    currency: str
    is_approved: bool
