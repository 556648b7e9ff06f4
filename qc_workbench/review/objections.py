"""Disputes of confirmed faults. The agent objects, a named person other than who confirmed it rules.

    (none, withdrawn, ruled on an earlier confirmation) ── dispute ──> open ── keep | grant ──> ruled
                                                                        └──── withdraw ───────> (none)

Whoever confirmed the fault may still undo that or reject it: giving in needs no second person. An open dispute belongs
to the fault, not to one ruling on it: confirming anew does not end it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from qc_workbench.domain.bonus import FaultMove, Objection
from qc_workbench.domain.flag import Finding, Ruling
from qc_workbench.errors import UsageError

#: Characters of a reason: two pages.
LONGEST_REASON: Final = 4000


def _last(moves: Iterable[FaultMove]) -> FaultMove | None:
    return max(moves, key=lambda item: item.step, default=None)


def is_open(moves: Iterable[FaultMove]) -> bool:
    """Whether a dispute waits for a ruling."""
    last = _last(moves)
    return last is not None and last.move is Objection.DISPUTE


def was_granted(moves: Iterable[FaultMove], confirmation: Finding) -> bool:
    """Whether the agent was found right about this confirmation; an earlier ruling says nothing of a later one."""
    last = _last(moves)
    return last is not None and last.move is Objection.GRANT and last.at >= confirmation.at


def may_object(moves: Sequence[FaultMove], confirmation: Finding | None, at: datetime, window_days: int) -> bool:
    """Whether the agent may dispute now: once a confirmation, within ``window_days`` of it (0: always)."""
    if confirmation is None:
        return False
    if window_days and at > confirmation.at + timedelta(days=window_days):
        return False
    last = _last(moves)
    if last is None or last.move is Objection.WITHDRAW:
        return True
    return last.move is not Objection.DISPUTE and last.at < confirmation.at


def may_settle(moves: Iterable[FaultMove], findings: Iterable[Finding], who: str) -> bool:
    """Whether this person may rule on the open dispute: nobody who ever confirmed the fault, nor the objector."""
    last = _last(moves)
    if last is None or last.move is not Objection.DISPUTE or last.by == who:
        return False
    return all(item.by != who for item in findings if item.ruling is Ruling.CONFIRMED)


def objection(
    fault_id: str,
    reason: str,
    by: str,
    at: datetime,
    moves: Sequence[FaultMove],
    confirmation: Finding | None,
    window_days: int,
) -> FaultMove:
    """The agent disputes a confirmed fault.

    Raises :class:`UsageError`: ``objection_needs_reason``, ``objection_too_long``, ``objection_not_now``.
    """
    if not may_object(moves, confirmation, at, window_days):
        raise UsageError("objection_not_now")
    return _move(fault_id, Objection.DISPUTE, _reason(reason), by, at, moves)


def withdrawal(fault_id: str, by: str, at: datetime, moves: Sequence[FaultMove]) -> FaultMove:
    """The agent takes the open dispute back. Raises :class:`UsageError` ``objection_not_now``."""
    if not is_open(moves):
        raise UsageError("objection_not_now")
    return _move(fault_id, Objection.WITHDRAW, "", by, at, moves)


def settlement(
    fault_id: str,
    move: Objection,
    reason: str,
    by: str,
    at: datetime,
    moves: Sequence[FaultMove],
    findings: Sequence[Finding],
) -> FaultMove:
    """A ruling on the open dispute: ``KEEP`` or ``GRANT``.

    Raises :class:`UsageError`: ``objection_not_now``, ``objection_same_person``, ``objection_needs_reason``,
    ``objection_too_long``.
    """
    if move not in (Objection.KEEP, Objection.GRANT):
        raise ValueError("a dispute is ruled on with KEEP or GRANT")
    if not is_open(moves):
        raise UsageError("objection_not_now")
    if not may_settle(moves, findings, by):
        raise UsageError("objection_same_person")
    return _move(fault_id, move, _reason(reason), by, at, moves)


def _reason(text: str) -> str:
    said = text.strip()
    if not said:
        raise UsageError("objection_needs_reason")
    if len(said) > LONGEST_REASON:
        raise UsageError("objection_too_long", length=len(said), most=LONGEST_REASON)
    return said


def _move(fault_id: str, move: Objection, reason: str, by: str, at: datetime, moves: Sequence[FaultMove]) -> FaultMove:
    last = _last(moves)
    return FaultMove(fault_id, 1 if last is None else last.step + 1, move, reason, by, at)
