"""Deciding on lost deals: genuine refusals go to the warm-up list, others back to work, to the same agent or another.

Decisions are appended, never changed; an undo is one more, and the one before stands again. Who decided what and when
stays readable for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from qc_workbench.domain.flag import Ruling
from qc_workbench.domain.lost_deal import REWORK, DealDecision, DealVerdict
from qc_workbench.errors import UsageError
from qc_workbench.review.undoing import last_standing


def standing_decision(decisions: Iterable[DealDecision]) -> DealDecision | None:
    """The decision on one deal that counts now, or None. ``decisions`` in the order they were made."""
    standing = last_standing(
        decisions,
        about=lambda item: item.deal_id,
        entry_id=lambda item: item.decision_id,
        is_undo=lambda item: item.verdict is DealVerdict.WITHDRAWN,
    )
    return next(iter(standing.values()), None)


def ruling_of(verdict: DealVerdict) -> Ruling:
    """What the decision says of the machine's flag "false refusal": back to work confirms it."""
    return Ruling.CONFIRMED if verdict in REWORK else Ruling.REJECTED


def decide(
    deal_id: str,
    verdict: DealVerdict,
    by: str,
    at: datetime,
    earlier: Sequence[DealDecision],
    *,
    agent_id: str,
    worked_by: str | None = None,
    buy_from: date | None = None,
    comment: str = "",
    finding_id: str | None = None,
) -> DealDecision:
    """A new decision of a named person. ``agent_id``: whose deal it is; ``worked_by``: asked for with
    ``REWORK_OTHER`` alone.

    Raises :class:`UsageError` ``decision_needs_name``, ``decision_needs_agent`` without the other agent or where
    it is the same one.
    """
    if verdict is DealVerdict.WITHDRAWN:
        raise ValueError("a withdrawal is made by undo_decision()")
    if verdict is DealVerdict.REWORK_OTHER and (not worked_by or worked_by == agent_id):
        raise UsageError("decision_needs_agent", deal=deal_id)
    worker = {DealVerdict.REWORK_SAME: agent_id, DealVerdict.REWORK_OTHER: worked_by}.get(verdict)
    day = buy_from if verdict is DealVerdict.GENUINE else None
    return _entry(deal_id, verdict, worker, day, comment, by, at, finding_id, standing_decision(earlier))


def undo_decision(deal_id: str, by: str, at: datetime, earlier: Sequence[DealDecision]) -> DealDecision:
    """Take back the decision that stands. Raises :class:`UsageError` ``decision_nothing_to_undo`` without one."""
    current = standing_decision(earlier)
    if current is None:
        raise UsageError("decision_nothing_to_undo", deal=deal_id)
    return _entry(deal_id, DealVerdict.WITHDRAWN, None, None, "", by, at, current.finding_id, current)


def _entry(
    deal_id: str,
    verdict: DealVerdict,
    worked_by: str | None,
    buy_from: date | None,
    comment: str,
    by: str,
    at: datetime,
    finding_id: str | None,
    current: DealDecision | None,
) -> DealDecision:
    if not by.strip():
        raise UsageError("decision_needs_name")
    supersedes = current.decision_id if current else None
    content = "\n".join((deal_id, verdict.value, worked_by or "", by, at.isoformat(), supersedes or ""))
    decision_id = hashlib.sha256(content.encode()).hexdigest()[:32]
    return DealDecision(
        decision_id, deal_id, verdict, worked_by, buy_from, comment.strip(), by.strip(), at, finding_id, supersedes
    )
