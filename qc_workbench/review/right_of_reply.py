"""The right of reply: nobody's bonus gets smaller before they were asked and could answer.

    not asked ── ask ──> open ── answer ──────────────> answered ─┐
                          └──── deadline without one ─> no answer ┴─> a confirmation counts

Whoever rules may rule at any time; a ruling in the agent's favour needs no waiting, and a confirmation made before the
agent could answer takes nothing off the bonus until it is made again. Silence is no confession: it ends the waiting and
says nothing else, and everybody who reads the case sees "no answer". The explanation that the Russian labour code asks
for in writing has two working days (article 193); the setting's default gives three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from qc_workbench.domain.flag import Finding, Ruling

#: When an agent who was told at a moment may answer until, in so many working days.
Deadline = Callable[[datetime, int], datetime]


class ReplyState(StrEnum):
    """``reply_state.<code>``"""

    NOT_ASKED = "not_asked"
    OPEN = "open"  # asked, may still answer
    ANSWERED = "answered"
    NO_ANSWER = "no_answer"  # the deadline passed


@dataclass(frozen=True, slots=True)
class Reply:
    """``asked_at``: when the agent was asked, None where nobody did; ``answered_at``: the first answer since."""

    asked_at: datetime | None
    until: datetime | None
    answered_at: datetime | None

    @property
    def heard_from(self) -> datetime | None:
        """The moment from which a confirmation counts; None: not before the agent was asked."""
        if self.until is None or self.answered_at is None:
            return self.until
        return min(self.until, self.answered_at)

    def is_heard(self, at: datetime, days: int) -> bool:
        """Whether a confirmation made now counts. ``days`` 0: the house gives no right of reply here."""
        return not days or (self.heard_from is not None and at >= self.heard_from)

    def state(self, at: datetime) -> ReplyState:
        if self.until is None:
            return ReplyState.NOT_ASKED
        if self.answered_at is not None:
            return ReplyState.ANSWERED
        return ReplyState.OPEN if at < self.until else ReplyState.NO_ANSWER


def calendar_days(asked_at: datetime, days: int) -> datetime:
    """A :data:`Deadline` where nothing is known of working days."""
    return asked_at + timedelta(days=days)


def reply_of(
    findings: Iterable[Finding], answers: Iterable[datetime], days: int, deadline: Deadline = calendar_days
) -> Reply:
    """Where the right of reply stands. ``findings`` on one fault; ``answers``: when its agent answered.

    A question that was taken back was none; a second one gives no second deadline.
    """
    made = list(findings)
    taken_back = {item.supersedes for item in made if item.ruling is Ruling.WITHDRAWN}
    asked = [item.at for item in made if item.ruling is Ruling.ASKED and item.finding_id not in taken_back]
    if not asked:
        return Reply(None, None, None)
    told = min(asked)
    return Reply(told, deadline(told, days), min((at for at in answers if at >= told), default=None))


def was_heard(
    confirmation: Finding, findings: Sequence[Finding], answers: Sequence[datetime], days: int, deadline: Deadline
) -> bool:
    """Whether the agent had been asked and could answer when this confirmation was made."""
    before = [item for item in findings if item.at <= confirmation.at]
    return reply_of(before, answers, days, deadline).is_heard(confirmation.at, days)
