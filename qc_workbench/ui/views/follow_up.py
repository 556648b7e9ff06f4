"""Whether a coaching task helped: later calls of the random sample against what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from qc_workbench.domain.coaching import CoachingTask, TaskStep
from qc_workbench.domain.dispute import Move
from qc_workbench.domain.evaluation import Reply
from qc_workbench.review.coaching import worked_on_at
from qc_workbench.review.evaluating import standing_replies
from qc_workbench.review.followup import FollowUp, ScoredLater, follow_up, split
from qc_workbench.review.scoring import credit
from qc_workbench.store import disputes, forms
from qc_workbench.store.database import Reader
from qc_workbench.store.scored_calls import RandomScore, random_scores, scores_with_ids, steps_to_question
from qc_workbench.ui.views.coaching import TaskCase
from qc_workbench.ui.views.scored_calls import scored_cases, windows_of
from qc_workbench.workspace import Workspace

#: How far back "before" reaches: older calls say little about what an agent does now.
BEFORE: Final = timedelta(days=180)
#: Scores that are looked through, the newest first.
_MOST_SCORES: Final = 20_000


@dataclass(frozen=True, slots=True)
class HeardScore:
    """A call of the agent. ``is_after``: None for calls that belong to neither side."""

    heard_at: datetime
    value: float
    is_after: bool | None


@dataclass(frozen=True, slots=True)
class TaskFollowUp:
    """``worked_on_at``: None while the agent has not said "done"; there is no "after" then."""

    found: FollowUp
    calls: tuple[HeardScore, ...]
    worked_on_at: datetime | None


def task_follow_up(workspace: Workspace, case: TaskCase, now: datetime) -> TaskFollowUp:
    """Only calls of the random sample are counted, as they stand after disputes."""
    task, steps = case.task, case.steps
    with workspace.store.reading(heavy=True) as reader:
        scores = random_scores(reader, task.given_at - BEFORE, now, _MOST_SCORES)
        values = _values(reader, workspace, scores, task.question, now)
    return followed(task, steps, scores, values)


def followed(
    task: CoachingTask, steps: tuple[TaskStep, ...], scores: list[RandomScore], values: Mapping[str, float]
) -> TaskFollowUp:
    """``values``: 0..100 by evaluation."""
    worked = worked_on_at(task, steps)
    mine: list[ScoredLater] = []
    colleagues: dict[str, list[float]] = {}
    for item in scores:
        value = values.get(item.evaluation.evaluation_id)
        if value is None:
            continue
        if item.agent == task.agent:
            mine.append(ScoredLater(item.evaluation.call_id, item.heard_at, value))
        elif item.heard_at < task.given_at:
            colleagues.setdefault(item.agent, []).append(value)
    before, after = split(mine, task, worked)
    calls = tuple(
        HeardScore(
            item.heard_at,
            item.value,
            False if item.heard_at < task.given_at else True if worked is not None and item.heard_at > worked else None,
        )
        for item in sorted(mine, key=lambda item: item.heard_at)
        if item.call_id not in task.calls
    )
    return TaskFollowUp(follow_up(before, after, colleagues), calls, worked)


def _values(
    reader: Reader, workspace: Workspace, scores: list[RandomScore], question: str | None, now: datetime
) -> dict[str, float]:
    """What each score (or the question in it) came to, 0..100; without those where nothing applied."""
    ids = [item.evaluation.evaluation_id for item in scores]
    moves = [move for move in disputes.moves_of(reader, ids) if move.move in (Move.RULE, Move.RULE_AGAIN)]
    if question is None:
        values = {
            item.evaluation.evaluation_id: float(item.evaluation.score)
            for item in scores
            if item.evaluation.score is not None
        }
        changed = scores_with_ids(reader, {move.evaluation_id for move in moves})
        for case in scored_cases(reader, changed, now, windows_of(workspace.settings)):
            stands = case.result().score
            if stands is not None:
                values[case.evaluation_id] = float(stands)
        return values
    steps = steps_to_question(reader, ids, question)
    ruled: dict[str, Reply] = {
        move.evaluation_id: move.reply
        for move in sorted(moves, key=lambda item: item.step)
        if move.question == question and move.reply is not None
    }
    versions = {
        key: forms.form_version(reader, *key)
        for key in {(item.evaluation.form_code, item.evaluation.version) for item in scores}
    }
    values = {}
    for item in scores:
        key = item.evaluation.evaluation_id
        version = versions[item.evaluation.form_code, item.evaluation.version]
        asked = version.form.question(question) if version else None
        reply = ruled.get(key) or standing_replies(steps.get(key, ())).get(question)
        earned = credit(asked, reply) if asked is not None and reply is not None else None
        if earned is not None:
            values[key] = float(100 * earned)
    return values
