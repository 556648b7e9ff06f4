"""Breaches of the order in the CRM. A suggestion until a named person confirms it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ViolationKind(StrEnum):
    NO_TASK = "no_task"  # A: an open deal without a planned step
    OVERDUE_TASK = "overdue_task"  # B
    NO_NOTE = "no_note"  # C: a contact without a note
    NO_RESULT = "no_result"  # E: a done task without a written result
    UNREVIEWED_REFUSAL = "unreviewed_refusal"  # F
    STAGE_LIMIT = "stage_limit"  # the deal stood in a stage longer than allowed
    DUE_DATE_MOVED = "due_date_moved"
    CALL_NOT_LOGGED = "call_not_logged"  # a call without an activity
    NO_DEAL = "no_deal"  # a client talked to, but no deal in the CRM
    DRAGGED_TASK = "dragged_task"  # moved several times, by more days than allowed
    NOTE_NOT_PINNED = "note_not_pinned"  # C
    OVER_OPEN_DEALS = "over_open_deals"  # a deal beyond the number that an agent may hold open
    SALE_NOT_IN_CRM = "sale_not_in_crm"
    ANONYMOUS_SALE = "anonymous_sale"
    MISSED_WITHOUT_DEAL = "missed_without_deal"
    LATE_CALLBACK = "late_callback"  # a missed caller was not called back in time
    LOST_WITHOUT_REFUSAL = "lost_without_refusal"  # the deal was closed as lost, the client refused in no call


class Severity(StrEnum):
    MINOR = "minor"
    MAJOR = "major"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Violation:
    """``seen_at``: the first check that found it, None where it was found before these were kept. ``cleared_at``: the
    first check that no longer did, None while it stands. ``detail``: what the rule shows, see docs/discipline.md."""

    violation_id: str
    kind: ViolationKind
    manager_id: str
    happened_at: datetime
    call_id: str | None = None
    deal_id: str | None = None
    activity_id: str | None = None
    detail: str = ""
    seen_at: datetime | None = None
    cleared_at: datetime | None = None
