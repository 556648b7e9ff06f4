"""What people decided about flags. Findings are appended, never changed; the standing one counts.

An undo is a finding too (:attr:`Ruling.WITHDRAWN`) that takes back the one it supersedes, so the
ruling before it stands again. Nothing is lost: who ruled what and when stays readable for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from qc_workbench.domain.flag import Finding, Flag, Ruling, Verdict
from qc_workbench.domain.standing import NONE_DOWNGRADED, Downgraded, key_of
from qc_workbench.errors import UsageError
from qc_workbench.review.undoing import last_standing


class CaseState(StrEnum):
    """Where a flag stands between the machine and the person who rules on it."""

    WAITING = "waiting"
    ANSWERED = "answered"  # the agent was asked, and answered since
    CHECK = "check"  # flagged by a detector that people's rulings do not bear out: to be checked, no suspicion
    ASKED = "asked"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNSURE = "unsure"  # the detector abstained and nobody has ruled


def standing(findings: Iterable[Finding]) -> dict[str, Finding]:
    """flag_id -> the ruling that counts now. Flags whose every ruling was withdrawn are absent.

    ``findings`` in the order they were made.
    """
    return last_standing(
        findings,
        about=lambda item: item.flag_id,
        entry_id=lambda item: item.finding_id,
        is_undo=lambda item: item.ruling is Ruling.WITHDRAWN,
    )


def case_state(
    flag: Flag,
    ruling: Finding | None,
    *,
    downgraded: Downgraded = NONE_DOWNGRADED,
    answered_at: datetime | None = None,
) -> CaseState:
    """``answered_at``: when the agent last answered about this call."""
    if ruling is None:
        if flag.verdict is Verdict.UNSURE:
            return CaseState.UNSURE
        return CaseState.CHECK if key_of(flag) in downgraded else CaseState.WAITING
    if ruling.ruling is Ruling.ASKED and answered_at is not None and answered_at >= ruling.at:
        return CaseState.ANSWERED
    return CaseState(ruling.ruling.value)


def accuses(flag: Flag, ruling: Finding | None, downgraded: Downgraded) -> bool:
    """Whether reports count the flag as a padded call (or false refusal), a rejection aside.

    A flag of a downgraded detector only does once a person has decided on it.
    """
    if flag.verdict is not Verdict.FLAG:
        return False
    return key_of(flag) not in downgraded or (ruling is not None and ruling.ruling in DECISIONS)


#: Rulings that decide a case.
DECISIONS = frozenset({Ruling.CONFIRMED, Ruling.REJECTED})


def rule(flag_id: str, ruling: Ruling, by: str, at: datetime, reason: str, earlier: Sequence[Finding]) -> Finding:
    """A new ruling of a named person. Raises :class:`UsageError` ``ruling_needs_name`` without a name."""
    if ruling is Ruling.WITHDRAWN:
        raise ValueError("a withdrawal is made by undo()")
    return _finding(flag_id, ruling, by, at, reason, standing(earlier).get(flag_id))


def undo(flag_id: str, by: str, at: datetime, earlier: Sequence[Finding]) -> Finding:
    """Take back the standing ruling. Raises :class:`UsageError` ``ruling_nothing_to_undo`` when there is none."""
    current = standing(earlier).get(flag_id)
    if current is None:
        raise UsageError("ruling_nothing_to_undo")
    return _finding(flag_id, Ruling.WITHDRAWN, by, at, "", current)


def _finding(flag_id: str, ruling: Ruling, by: str, at: datetime, reason: str, current: Finding | None) -> Finding:
    if not by.strip():
        raise UsageError("ruling_needs_name")
    supersedes = current.finding_id if current else None
    content = "\n".join((flag_id, ruling.value, by, at.isoformat(), supersedes or ""))
    finding_id = hashlib.sha256(content.encode()).hexdigest()[:32]
    return Finding(finding_id, flag_id, ruling, by.strip(), at, reason.strip(), supersedes)
