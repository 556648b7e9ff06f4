"""Calling back the clients of lost deals: entries are appended, never changed; the last that stands counts.

A result of the people's own words outweighs what a machine heard, and still rules on nothing: the head of sales
does, with this beside the deal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from qc_workbench.domain.lost_deal import Recall, RecallResult
from qc_workbench.errors import UsageError
from qc_workbench.review.undoing import last_standing


def standing_recall(recalls: Iterable[Recall]) -> Recall | None:
    """The entry of one deal that counts now, or None. ``recalls`` in the order they were made."""
    standing = last_standing(
        recalls,
        about=lambda item: item.deal_id,
        entry_id=lambda item: item.recall_id,
        is_undo=lambda item: item.result is RecallResult.WITHDRAWN,
    )
    return next(iter(standing.values()), None)


def recall(
    deal_id: str,
    result: RecallResult,
    by: str,
    at: datetime,
    earlier: Sequence[Recall],
    *,
    comment: str = "",
    buy_from: date | None = None,
) -> Recall:
    """A new entry of a named person. A day is kept only with ``buys_later``.

    Raises :class:`UsageError` ``recall_needs_name``.
    """
    if result is RecallResult.WITHDRAWN:
        raise ValueError("a withdrawal is made by undo_recall()")
    day = buy_from if result is RecallResult.BUYS_LATER else None
    return _entry(deal_id, result, comment, day, by, at, standing_recall(earlier))


def undo_recall(deal_id: str, by: str, at: datetime, earlier: Sequence[Recall]) -> Recall:
    """Take back the entry that stands. Raises :class:`UsageError` ``recall_nothing_to_undo`` where there is none."""
    current = standing_recall(earlier)
    if current is None:
        raise UsageError("recall_nothing_to_undo")
    return _entry(deal_id, RecallResult.WITHDRAWN, "", None, by, at, current)


def _entry(
    deal_id: str,
    result: RecallResult,
    comment: str,
    buy_from: date | None,
    by: str,
    at: datetime,
    current: Recall | None,
) -> Recall:
    if not by.strip():
        raise UsageError("recall_needs_name")
    supersedes = current.recall_id if current else None
    content = "\n".join((deal_id, result.value, by, at.isoformat(), supersedes or ""))
    recall_id = hashlib.sha256(content.encode()).hexdigest()[:32]
    return Recall(recall_id, deal_id, result, comment.strip(), buy_from, by.strip(), at, supersedes)
