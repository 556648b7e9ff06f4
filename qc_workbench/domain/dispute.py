"""What agents say to their scores, question by question, and what others answer. Everything is kept side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from qc_workbench.domain.evaluation import Reply


class Move(StrEnum):
    """One step about one question of one evaluation."""

    ACKNOWLEDGE = "acknowledge"  # the agent agrees
    DISPUTE = "dispute"  # the agent would answer otherwise
    WITHDRAW = "withdraw"  # the agent takes the dispute back before it is ruled on
    RULE = "rule"  # first round: the answer that stands
    APPEAL = "appeal"  # the agent asks for another person
    RULE_AGAIN = "rule_again"  # second round: the answer that stands for good


@dataclass(frozen=True, slots=True)
class DisputeMove:
    """Append-only. ``step`` counts the moves about the question from 1: two people can't both make the third.

    ``reply``: the counter-answer of a dispute, the answer ruled by a ruling; None for other moves. ``by``: the account
    that made the move.
    """

    evaluation_id: str
    call_id: str
    question: str
    step: int
    move: Move
    reply: Reply | None
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ScoredCall:
    """A submitted evaluation as the dispute needs it.

    ``agent``: the employee whose call it is; ``reviewer``: the account that scored it. ``replies``: one a question, as
    submitted: the original, which nothing here changes.
    """

    evaluation_id: str
    call_id: str
    agent: str
    reviewer: str
    published_at: datetime
    replies: tuple[Reply, ...]


class LineState(StrEnum):
    """Where one question stands (``dispute_state.<code>``)."""

    OPEN = "open"  # the agent may still answer
    LAPSED = "lapsed"  # the window passed without a word: the score stands, but was not agreed to
    ACKNOWLEDGED = "acknowledged"
    DISPUTED = "disputed"  # somebody has to rule
    RULED = "ruled"  # the agent may still appeal
    SETTLED = "settled"  # ruled, and the window for an appeal passed, or nothing is left to ask
    APPEALED = "appealed"  # another person has to rule
    FINAL = "final"


#: States in which the answer may still change: deductions that rest on it wait.
UNSETTLED = frozenset({LineState.DISPUTED, LineState.RULED, LineState.APPEALED})


class Outcome(StrEnum):
    """What a ruling came to (``dispute_outcome.<code>``)."""

    KEPT = "kept"  # the original answer
    ACCEPTED = "accepted"  # the agent's
    PARTLY = "partly"  # a third one


@dataclass(frozen=True, slots=True)
class Line:
    """One question: ``original``, ``disputed`` (the agent's), ``first`` (ruled), ``final`` (what counts now).

    ``until``: when the agent's present window closes; None where nothing is open to them. ``outcome``: of the ruling
    that counts. ``ruled_by``: who ruled, first round first.
    """

    question: str
    state: LineState
    original: Reply
    disputed: Reply | None
    first: Reply | None
    final: Reply
    outcome: Outcome | None
    until: datetime | None
    ruled_by: tuple[str, ...]
    moves: tuple[DisputeMove, ...]
