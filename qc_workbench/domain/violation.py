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


@dataclass(frozen=True, slots=True)
class Violation:
    violation_id: str
    kind: ViolationKind
    manager_id: str
    happened_at: datetime
    call_id: str | None = None
    deal_id: str | None = None
    activity_id: str | None = None
    detail: str = ""
