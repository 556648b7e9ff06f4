"""Scores of calls with everything that was said about them: what the agent's room and the disputes show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from qc_workbench.config import Settings
from qc_workbench.domain.access import AccessRole, Action
from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.coaching import Comment
from qc_workbench.domain.dispute import DisputeMove, Line, LineState, Move, ScoredCall
from qc_workbench.domain.evaluation import Evaluation, Reply, Result
from qc_workbench.domain.forms import Form, Question
from qc_workbench.errors import UsageError
from qc_workbench.review.coaching import standing_comments
from qc_workbench.review.disputes import DisputeCase, Windows, lines
from qc_workbench.review.evaluating import standing_replies
from qc_workbench.review.scoring import is_bad, score, shown_questions
from qc_workbench.store import coaching, disputes, forms, people, scored_calls
from qc_workbench.store.browsing import calls_by_id, recordings_by_call
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Reader
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: What a move says in the audit log.
_AUDITED: Mapping[Move, str] = {
    Move.ACKNOWLEDGE: "score_acknowledged",
    Move.DISPUTE: "score_disputed",
    Move.WITHDRAW: "dispute_withdrawn",
    Move.RULE: "dispute_ruled",
    Move.APPEAL: "dispute_appealed",
    Move.RULE_AGAIN: "dispute_ruled_again",
}
_RULINGS = frozenset({Move.RULE, Move.RULE_AGAIN})
#: Which role is named where an account has several.
_NAMED_FIRST = (AccessRole.QC, AccessRole.HEAD, AccessRole.OWNER, AccessRole.AGENT, AccessRole.ADMIN)


@dataclass(frozen=True, slots=True)
class ScoredCase:
    """A submitted score. ``lines``: the questions that were asked, in the form's order. ``comments``: those that stand.

    ``names`` and ``roles``: of the accounts that had a part in it, by person id.
    """

    evaluation: Evaluation
    form: Form
    call: Call
    recording: Recording | None
    scored: ScoredCall
    moves: tuple[DisputeMove, ...]
    lines: tuple[Line, ...]
    comments: tuple[Comment, ...]
    names: Mapping[str, str]
    roles: Mapping[str, AccessRole]

    @property
    def evaluation_id(self) -> str:
        return self.evaluation.evaluation_id

    def question(self, code: str) -> Question:
        found = self.form.question(code)
        assert found is not None
        return found

    def result(self, *instead: Reply) -> Result:
        """What the answers come to that count now, with these in place of theirs."""
        return score(self.form, {line.question: line.final for line in self.lines} | {r.question: r for r in instead})

    def is_bad(self, line: Line) -> bool:
        """Whether the answer that stands cost points: a bonus that was not earned costs none."""
        question = self.question(line.question)
        return not question.bonus and is_bad(question, line.final)

    def comments_on(self, question: str | None) -> tuple[Comment, ...]:
        return tuple(item for item in self.comments if item.question == question)

    @property
    def open_until(self) -> datetime | None:
        """Until when the agent may still answer anything, the nearest first."""
        return min((line.until for line in self.lines if line.until is not None), default=None)

    def in_state(self, *states: LineState) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.state in states)


def windows_of(settings: Settings) -> Windows:
    return Windows(timedelta(days=settings.review.answer_days), timedelta(days=settings.review.appeal_days))


@dataclass(frozen=True, slots=True)
class ScoredLines:
    """Of a :class:`ScoredCase` what lists and counts need."""

    evaluation: Evaluation
    form: Form
    scored: ScoredCall
    moves: tuple[DisputeMove, ...]
    lines: tuple[Line, ...]


def scored_lines(
    reader: Reader, evaluations: Sequence[Evaluation], at: datetime, windows: Windows
) -> tuple[ScoredLines, ...]:
    """In their order. A score whose form or call is not in the store any more (erased) is left out."""
    ids = [item.evaluation_id for item in evaluations]
    agents = scored_calls.agents_of_calls(reader, {item.call_id for item in evaluations})
    steps = scored_calls.steps_of_evaluations(reader, ids)
    moves: dict[str, list[DisputeMove]] = {}
    for move in disputes.moves_of(reader, ids):
        moves.setdefault(move.evaluation_id, []).append(move)
    versions = {
        key: forms.form_version(reader, *key) for key in {(item.form_code, item.version) for item in evaluations}
    }
    found = []
    for item in evaluations:
        version, agent = versions[item.form_code, item.version], agents.get(item.call_id)
        if version is None or agent is None:
            continue
        scored = scored_call(item, version.form, agent, standing_replies(steps.get(item.evaluation_id, ())))
        mine = tuple(moves.get(item.evaluation_id, ()))
        found.append(ScoredLines(item, version.form, scored, mine, lines(scored, mine, at, windows)))
    return tuple(found)


def scored_cases(
    reader: Reader, evaluations: Sequence[Evaluation], at: datetime, windows: Windows
) -> tuple[ScoredCase, ...]:
    """Whole, for one page; as :func:`scored_lines` does."""
    calls = calls_by_id(reader, {item.call_id for item in evaluations})
    recordings = recordings_by_call(reader, calls)
    comments: dict[str, list[Comment]] = {}
    for comment in coaching.comments_of_calls(reader, calls):
        comments.setdefault(comment.call_id, []).append(comment)
    accounts = people.accounts(reader)
    names = {account.person.person_id: account.name for account in accounts}
    roles = {
        account.person.person_id: next(role for role in _NAMED_FIRST if role in account.person.roles)
        for account in accounts
        if account.person.roles
    }
    return tuple(
        ScoredCase(
            item.evaluation, item.form, call, recordings.get(call.call_id), item.scored, item.moves, item.lines,
            standing_comments(comments.get(call.call_id, ())), names, roles,
        )
        for item in scored_lines(reader, evaluations, at, windows)
        if (call := calls.get(item.scored.call_id)) is not None
    )  # fmt: skip


def scored_call(evaluation: Evaluation, form: Form, agent: str, replies: Mapping[str, Reply]) -> ScoredCall:
    """The score as a dispute needs it: answers to the questions that were asked, in the form's order."""
    assert evaluation.submitted_at is not None
    shown = shown_questions(form, replies)
    asked = [question.code for question in form.questions if question.code in shown and question.code in replies]
    return ScoredCall(
        evaluation.evaluation_id,
        evaluation.call_id,
        agent,
        evaluation.reviewer,
        evaluation.submitted_at,
        tuple(replies[code] for code in asked),
    )


def scored_case(workspace: Workspace, evaluation_id: str, at: datetime) -> ScoredCase | None:
    with workspace.store.reading() as reader:
        found = scored_calls.scores_with_ids(reader, [evaluation_id])
        cases = scored_cases(reader, found, at, windows_of(workspace.settings))
    return cases[0] if cases else None


Decide = Callable[[DisputeCase], Iterable[DisputeMove]]


def make_moves(workspace: Workspace, viewer: Viewer, case: ScoredCase, decide: Decide, at: datetime) -> None:
    """Write what ``decide`` makes of the case *as it was seen*, with its lines of the audit log.

    Raises what the rules do, ``not_allowed``, and :class:`~qc_workbench.errors.WriteRefused` when somebody else has
    moved since the case was read: nothing is written then.
    """
    moves = tuple(decide(DisputeCase(case.scored, case.moves, at, windows_of(workspace.settings))))
    if not moves:
        raise UsageError("dispute_nothing_open")
    for move in moves:
        action = Action.RULE_ON_DISPUTE if move.move in _RULINGS else Action.ANSWER_SCORE
        viewer.require(action, case.scored.agent)
    entries = [
        audit_entry(
            at, viewer.name, _AUDITED[move.move], move.call_id, evaluation_id=move.evaluation_id, question=move.question
        )
        for move in moves
    ]
    workspace.store.apply(disputes.written(moves, *entries))
