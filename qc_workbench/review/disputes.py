"""Disputes of scores as a state machine: the moves made so far in, the next move or the refusal out.

    open ── acknowledge ──> acknowledged
     │ └─── (window) ─────> lapsed
     └ dispute ─> disputed ── rule ──> ruled ── (window) ──> settled
          withdraw ┘ (open again)       └ appeal ─> appealed ── rule_again ──> final

Each question is a machine of its own, so a form may be accepted in part. The first round is ruled by the reviewer or
anybody else but the agent, the second by a person who neither scored nor ruled. A ruling that gives the agent what
they asked for leaves nothing to appeal against. Windows are durations from the publication or the ruling. What a role
may do is asked before (:mod:`qc_workbench.domain.access`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from qc_workbench.domain.access import Person
from qc_workbench.domain.dispute import UNSETTLED, DisputeMove, Line, LineState, Move, Outcome, ScoredCall
from qc_workbench.domain.evaluation import Reply
from qc_workbench.errors import Phrase, UsageError
from qc_workbench.sampling.estimates import wilson

#: Characters of a reason: two pages.
LONGEST_REASON: Final = 4000
#: Normal quantile of a two-sided 95 % interval.
_Z_95: Final = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Windows:
    """How long the agent may answer a score, and appeal against a ruling. Choices of the house, not of a standard."""

    answer: timedelta = timedelta(days=5)
    appeal: timedelta = timedelta(days=3)


def lines(scored: ScoredCall, moves: Iterable[DisputeMove], at: datetime, windows: Windows) -> tuple[Line, ...]:
    """Every question of the evaluation as it stands at ``at``, in the order of its answers."""
    made: dict[str, list[DisputeMove]] = {}
    for move in sorted(moves, key=lambda item: item.step):
        if move.evaluation_id == scored.evaluation_id and move.at <= at:
            made.setdefault(move.question, []).append(move)
    return tuple(_line(scored, reply, made.get(reply.question, []), at, windows) for reply in scored.replies)


def _line(scored: ScoredCall, original: Reply, moves: Sequence[DisputeMove], at: datetime, windows: Windows) -> Line:
    last = {move.move: move for move in moves}
    latest = moves[-1].move if moves else None
    answer_until = scored.published_at + windows.answer
    rulings = [move for move in moves if move.move in (Move.RULE, Move.RULE_AGAIN)]
    disputed = None
    for move in moves:
        if move.move in (Move.DISPUTE, Move.WITHDRAW):
            disputed = move.reply  # of a withdrawal: None
    first = last[Move.RULE].reply if Move.RULE in last else None
    final = (rulings[-1].reply if rulings else None) or original
    until: datetime | None = None
    match latest:
        case None | Move.WITHDRAW:
            state = LineState.OPEN if at < answer_until else LineState.LAPSED
            until = answer_until if state is LineState.OPEN else None
        case Move.ACKNOWLEDGE:
            state = LineState.ACKNOWLEDGED
        case Move.DISPUTE:
            state = LineState.DISPUTED
        case Move.RULE:
            appeal_until = last[Move.RULE].at + windows.appeal
            open_still = at < appeal_until and not _same(final, disputed)
            state = LineState.RULED if open_still else LineState.SETTLED
            until = appeal_until if open_still else None
        case Move.APPEAL:
            state = LineState.APPEALED
        case Move.RULE_AGAIN:
            state = LineState.FINAL
    outcome = None
    if rulings:
        outcome = (
            Outcome.KEPT if _same(final, original) else Outcome.ACCEPTED if _same(final, disputed) else Outcome.PARTLY
        )
    return Line(
        original.question, state, original, disputed, first, final, outcome, until,
        tuple(move.by for move in rulings), tuple(moves),
    )  # fmt: skip


def _same(one: Reply | None, other: Reply | None) -> bool:
    """Whether two answers say the same; comments on them may differ."""
    if one is None or other is None:
        return one is other
    return (sorted(one.values), one.cause) == (sorted(other.values), other.cause)


def final_replies(found: Iterable[Line]) -> tuple[Reply, ...]:
    """What the call is scored by now; the original stays in each line beside it."""
    return tuple(line.final for line in found)


def is_unsettled(found: Iterable[Line]) -> bool:
    """Whether any answer may still change: a deduction that rests on this score waits."""
    return any(line.state in UNSETTLED for line in found)


# Moves -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DisputeCase:
    """What a move is checked against: the evaluation, everything said about it so far, the moment, the windows."""

    scored: ScoredCall
    moves: tuple[DisputeMove, ...]
    at: datetime
    windows: Windows

    def line(self, question: str, allowed: Collection[LineState]) -> Line:
        """The question's line. Raises :class:`UsageError` ``dispute_no_question`` or ``dispute_not_now``."""
        found = next((item for item in self.all_lines() if item.question == question), None)
        if found is None:
            raise UsageError("dispute_no_question", question=question)
        if found.state not in allowed:
            raise UsageError("dispute_not_now", question=question, state=Phrase(f"dispute_state.{found.state.value}"))
        return found

    def all_lines(self) -> tuple[Line, ...]:
        return lines(self.scored, self.moves, self.at, self.windows)


def acknowledge(case: DisputeCase, who: Person, questions: Collection[str] | None = None) -> tuple[DisputeMove, ...]:
    """The agent agrees with these questions; with all that are still open when none are named.

    Raises :class:`UsageError`: ``dispute_not_yours``, ``dispute_no_question``, ``dispute_not_now``.
    """
    _only_agent(case, who)
    named = [line.question for line in case.all_lines() if line.state is LineState.OPEN]
    if questions is not None:
        named = [case.line(question, {LineState.OPEN}).question for question in questions]
    return tuple(_move(case, question, Move.ACKNOWLEDGE, None, "", who) for question in named)


def dispute(case: DisputeCase, who: Person, counter: Reply, reason: str) -> DisputeMove:
    """The agent would answer otherwise, and says why.

    Raises also ``dispute_same_answer``, ``dispute_needs_reason``, ``dispute_reason_too_long``.
    """
    _only_agent(case, who)
    line = case.line(counter.question, {LineState.OPEN})
    if _same(counter, line.original):
        raise UsageError("dispute_same_answer", question=counter.question)
    return _move(case, counter.question, Move.DISPUTE, counter, _reason(reason), who)


def withdraw(case: DisputeCase, who: Person, question: str) -> DisputeMove:
    """The agent takes a dispute back while nobody has ruled; within the window they may answer anew."""
    _only_agent(case, who)
    case.line(question, {LineState.DISPUTED})
    return _move(case, question, Move.WITHDRAW, None, "", who)


def rule(case: DisputeCase, who: Person, answer: Reply, reason: str) -> DisputeMove:
    """First round: the answer that stands: the original, the agent's, or a third one.

    Raises also ``dispute_own_score`` when the agent would rule.
    """
    if _is_agent(case.scored, who):
        raise UsageError("dispute_own_score")
    case.line(answer.question, {LineState.DISPUTED})
    return _move(case, answer.question, Move.RULE, answer, _reason(reason), who)


def appeal(case: DisputeCase, who: Person, question: str, reason: str) -> DisputeMove:
    """The agent asks for a second round by another person."""
    _only_agent(case, who)
    case.line(question, {LineState.RULED})
    return _move(case, question, Move.APPEAL, None, _reason(reason), who)


def rule_again(case: DisputeCase, who: Person, answer: Reply, reason: str) -> DisputeMove:
    """Second round, for good. Raises also ``dispute_same_person`` for whoever scored the call or ruled before."""
    if _is_agent(case.scored, who):
        raise UsageError("dispute_own_score")
    line = case.line(answer.question, {LineState.APPEALED})
    if not may_rule(line, case.scored, who):
        raise UsageError("dispute_same_person")
    return _move(case, answer.question, Move.RULE_AGAIN, answer, _reason(reason), who)


def may_rule(line: Line, scored: ScoredCall, who: Person) -> bool:
    """Whether this person may rule on the question now, their role aside: whose list it belongs on."""
    if _is_agent(scored, who):
        return False
    if line.state is LineState.APPEALED:
        return who.person_id != scored.reviewer and who.person_id not in line.ruled_by
    return line.state is LineState.DISPUTED


def _is_agent(scored: ScoredCall, who: Person) -> bool:
    return who.agent_id is not None and who.agent_id == scored.agent


def _only_agent(case: DisputeCase, who: Person) -> None:
    if not _is_agent(case.scored, who):
        raise UsageError("dispute_not_yours")


def _reason(text: str) -> str:
    said = text.strip()
    if not said:
        raise UsageError("dispute_needs_reason")
    if len(said) > LONGEST_REASON:
        raise UsageError("dispute_reason_too_long", length=len(said), most=LONGEST_REASON)
    return said


def _move(case: DisputeCase, question: str, move: Move, reply: Reply | None, reason: str, who: Person) -> DisputeMove:
    scored = case.scored
    mine = [item for item in case.moves if item.evaluation_id == scored.evaluation_id]
    step = 1 + sum(item.question == question for item in mine)
    return DisputeMove(
        scored.evaluation_id, scored.call_id, question, step, move, reply, reason, who.person_id, case.at
    )


# Rates -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DisputeRate:
    """Of ``answers`` (by a reviewer, or to a question) that the agent can't dispute any more or has, those disputed.

    ``changed``: disputed ones that ended with another answer; ``unsettled``: those that may still change.
    """

    of: str
    answers: int
    disputed: int
    changed: int
    unsettled: int

    @property
    def dispute_share(self) -> float | None:
        return self.disputed / self.answers if self.answers else None

    @property
    def dispute_interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the share; of nothing (0, 1)."""
        return wilson(self.disputed / self.answers, self.answers, _Z_95) if self.answers else (0.0, 1.0)

    @property
    def change_share(self) -> float | None:
        """Of the disputes that are settled."""
        settled = self.disputed - self.unsettled
        return self.changed / settled if settled else None


def rates_by_question(found: Mapping[str, Sequence[Line]]) -> tuple[DisputeRate, ...]:
    """``found``: lines by evaluation. Most disputed share first."""
    return _rates([(line.question, line) for every in found.values() for line in every])


def rates_by_reviewer(found: Mapping[str, Sequence[Line]], reviewer_of: Mapping[str, str]) -> tuple[DisputeRate, ...]:
    """``reviewer_of``: evaluation -> who scored it."""
    return _rates([(reviewer_of[key], line) for key, every in found.items() for line in every])


def with_undisputed(rates: Iterable[DisputeRate], answers: Mapping[str, int]) -> tuple[DisputeRate, ...]:
    """The rates with more answers that were never disputed, counted elsewhere. Most disputed share first."""
    known = {rate.of: rate for rate in rates}
    nothing = {name: DisputeRate(name, 0, 0, 0, 0) for name in answers if name not in known}
    whole = [replace(rate, answers=rate.answers + answers.get(name, 0)) for name, rate in (known | nothing).items()]
    return tuple(sorted(whole, key=lambda item: (-(item.dispute_share or 0.0), item.of)))


def _rates(named: Sequence[tuple[str, Line]]) -> tuple[DisputeRate, ...]:
    groups: dict[str, list[Line]] = {}
    for name, line in named:
        if line.state is not LineState.OPEN:
            groups.setdefault(name, []).append(line)
    rates = []
    for name, group in groups.items():
        disputed = [line for line in group if line.disputed is not None]
        unsettled = [line for line in disputed if line.state in UNSETTLED]
        changed = sum(line.outcome is not Outcome.KEPT for line in disputed if line.state not in UNSETTLED)
        rates.append(DisputeRate(name, len(group), len(disputed), changed, len(unsettled)))
    return tuple(sorted(rates, key=lambda item: (-(item.dispute_share or 0.0), item.of)))
