"""What clients of lost deals say when quality control calls back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from qc_workbench.domain.lost_deal import Recall, RecallResult
from qc_workbench.errors import UsageError
from qc_workbench.review.recalls import recall, standing_recall, undo_recall

AT = datetime(2026, 10, 20, 9, tzinfo=UTC)


def entered(result: RecallResult, earlier: list[Recall], **more: object) -> Recall:
    at = AT + timedelta(minutes=len(earlier))
    return recall("d-1", result, "Ольга", at, earlier, **more)  # type: ignore[arg-type]


def test_the_last_entry_counts_and_names_the_one_before() -> None:
    first = entered(RecallResult.NO_CONTACT, [])
    second = entered(RecallResult.NEVER_REFUSED, [first])
    assert standing_recall([first, second]) == second
    assert second.supersedes == first.recall_id


def test_an_undo_brings_back_the_entry_before_and_loses_nothing() -> None:
    first = entered(RecallResult.NO_CONTACT, [])
    second = entered(RecallResult.REFUSED, [first])
    undone = undo_recall("d-1", "Ольга", AT + timedelta(hours=1), [first, second])
    assert standing_recall([first, second, undone]) == first
    again = undo_recall("d-1", "Ольга", AT + timedelta(hours=2), [first, second, undone])
    assert standing_recall([first, second, undone, again]) is None
    with pytest.raises(UsageError, match="recall_nothing_to_undo"):
        undo_recall("d-1", "Ольга", AT, [first, second, undone, again])


def test_a_day_is_kept_only_with_a_client_who_buys_later() -> None:
    day = date(2026, 12, 1)
    assert entered(RecallResult.BUYS_LATER, [], buy_from=day).buy_from == day
    assert entered(RecallResult.REFUSED, [], buy_from=day).buy_from is None


def test_nobody_answers_for_a_call_without_a_name() -> None:
    with pytest.raises(UsageError, match="recall_needs_name"):
        recall("d-1", RecallResult.REFUSED, " ", AT, [])
