"""Where a promise stands on the board: what became of it, with what is due today taken out of the planned ones."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from qc_workbench.domain.commitment import Commitment, CommitmentOutcome


class Column(StrEnum):
    """A column of the board: an outcome, with what is due today taken out of the planned ones."""

    MISSING = "missing"
    OVERDUE = "overdue"
    DRAGGED = "dragged"
    SCHEDULED_LATE = "scheduled_late"
    DUE_TODAY = "due_today"
    SCHEDULED = "scheduled"
    KEPT = "kept"
    KEPT_UNLOGGED = "kept_unlogged"


def column_of(commitment: Commitment, today: date) -> Column:
    """``today``: the day in the company's zone that the outcomes stand at."""
    due = commitment.spoken.due
    if commitment.outcome is CommitmentOutcome.SCHEDULED and due.due_from <= today <= due.due_to:
        return Column.DUE_TODAY
    return Column(commitment.outcome.value)
