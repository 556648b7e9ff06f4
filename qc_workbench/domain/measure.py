"""What follows from an investigation for an agent: proposed by a rule, decided by a named person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class MeasureKind(StrEnum):
    """``measure.<code>``. Only ever proposed by the program."""

    NONE = "none"  # decided by a person: nothing more
    TALK = "talk"
    REDUCED_BONUS = "reduced_bonus"
    PROPOSE_DISMISSAL = "propose_dismissal"


class MeasureReason(StrEnum):
    """Why a rule proposes it (``measure_reason.<code>``)."""

    FIRST_WITHOUT_LETTER = "first_without_letter"  # a violator at the month's end who got no letter
    NOT_KNOWN_YET = "not_known_yet"  # got a letter; fresh calls do not say yet whether it helped
    LETTER_NOT_SEEN = "letter_not_seen"  # no better, but nothing shows that the letter reached the agent
    LETTER_IGNORED = "letter_ignored"
    IGNORED_AGAIN = "ignored_again"  # and a letter of an earlier month was ignored too


class MeasureDecision(StrEnum):
    """``measure_decision.<code>``"""

    ACCEPTED = "accepted"
    CHANGED = "changed"  # another measure than proposed
    DROPPED = "dropped"
    WITHDRAWN = "withdrawn"  # undo of the decision before


@dataclass(frozen=True, slots=True)
class Decided:
    """A named person's decision on a proposed measure; append-only, a later one supersedes."""

    decision_id: str
    measure_id: str
    decision: MeasureDecision
    kind: MeasureKind
    reason: str
    by: str
    at: datetime
    supersedes: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A proposal about an agent; ``decided``: the decision that stands, None while nobody has decided."""

    measure_id: str
    month: date
    agent: str
    proposed: MeasureKind
    because: MeasureReason
    hypothesis_ids: tuple[str, ...]
    letter_id: str | None
    proposed_at: datetime
    decided: Decided | None = None

    @property
    def stands(self) -> MeasureKind | None:
        """What was decided; None while nothing was."""
        return self.decided.kind if self.decided else None
