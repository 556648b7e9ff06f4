"""An agent's own things: scores, suspicions that wait for an answer, promises, tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from qc_workbench.domain.call import Recording
from qc_workbench.domain.coaching import TaskState
from qc_workbench.domain.dispute import LineState
from qc_workbench.domain.flag import FlagKind
from qc_workbench.review.promises import Column
from qc_workbench.review.right_of_reply import ReplyState
from qc_workbench.review.rulings import CaseState
from qc_workbench.store import coaching_lists, scored_calls
from qc_workbench.store.browsing import recordings_by_call
from qc_workbench.store.cases import Case, cases_in_state
from qc_workbench.store.database import Reader
from qc_workbench.store.deal_decisions import Errand, errands
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.investigation import my_letters, unread
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.ui.views.promises import Board, board
from qc_workbench.ui.views.right_of_reply import Question, questions, unanswered
from qc_workbench.ui.views.scored_calls import ScoredCase, scored_cases, scored_lines, windows_of
from qc_workbench.workspace import Workspace

#: Scores of one page.
PAGE: Final = 20
#: Scores within the answer window that are looked through: nobody has more of them in a week.
_LOOKED_THROUGH: Final = 200
#: Promises that are the agent's to see to, the most urgent first.
COLUMNS: Final = (Column.DUE_TODAY, Column.OVERDUE, Column.MISSING, Column.DRAGGED)


#: Errands that are done are shown this long.
_SHOWN: Final = timedelta(days=14)


class Shelf(StrEnum):
    """``my_shelf.<code>``"""

    SCORES = "scores"
    SUSPICIONS = "suspicions"
    PROMISES = "promises"
    TASKS = "tasks"
    ESTIMATE = "estimate"
    LETTERS = "letters"
    BONUS = "bonus"


@dataclass(frozen=True, slots=True)
class MyRoom:
    """``waiting``: how much waits for the agent, of the shelves where something can. ``scores``: all there are.
    ``reply_until``: the first deadline of a question that has no answer yet; ``answered``: questions about breaches and
    promises that have one and stay on their shelf until somebody rules."""

    waiting: Mapping[Shelf, int]
    scores: int
    promises: Board
    reply_until: datetime | None = None
    answered: int = 0


def my_room(workspace: Workspace, viewer: Viewer, agent: str, now: datetime) -> MyRoom:
    today = now.astimezone(workspace.settings.company.zone).date()
    windows = windows_of(workspace.settings)
    with workspace.store.reading() as reader:
        recent = scored_calls.scores_of_agent(reader, agent, _LOOKED_THROUGH, since=now - windows.answer)
        cases = scored_lines(reader, recent, now, windows)
        tasks, _ = coaching_lists.task_counts(reader, {agent}, today)
        scores = scored_calls.count_scores_of_agent(reader, agent)
        given = my_errands(reader, agent, now)
    promises = board(workspace, viewer)
    asked = questions(workspace, frozenset({agent}))
    open_until = [item.reply.until for item in asked if item.state(now) is ReplyState.OPEN and item.reply.until]
    waiting = {
        Shelf.SCORES: sum(any(line.state is LineState.OPEN for line in case.lines) for case in cases),
        Shelf.SUSPICIONS: unanswered(asked, now),
        Shelf.PROMISES: sum(promises.count(column, agent) for column in COLUMNS),
        Shelf.TASKS: tasks.get(TaskState.GIVEN, 0)
        + tasks.get(TaskState.SEEN, 0)
        + sum(not errand.is_done for errand in given),
        Shelf.LETTERS: unread(my_letters(workspace, viewer)),
    }
    answered = sum(item.case is None and item.state(now) is ReplyState.ANSWERED for item in asked)
    return MyRoom(waiting, scores, promises, min(open_until, default=None), answered)


def my_errands(reader: Reader, agent: str, now: datetime) -> list[Errand]:
    """Lost deals that the agent was told to take up again: what is not done, and what was given in the last weeks."""
    return errands(reader, agent, now - _SHOWN)


def errands_of(workspace: Workspace, viewer: Viewer, now: datetime) -> tuple[Errand, ...]:
    """The errands of whoever looks; clients are not named: the CRM does, in a deal of a colleague too."""
    with workspace.store.reading() as reader:
        found = my_errands(reader, viewer.agent_id, now) if viewer.agent_id else []
    return tuple(found)


def my_scores(workspace: Workspace, agent: str, page: int, now: datetime) -> tuple[tuple[ScoredCase, ...], Directory]:
    """Page ``page`` (from 1) of the agent's scores, the newest first."""
    with workspace.store.reading() as reader:
        found = scored_calls.scores_of_agent(reader, agent, PAGE, (page - 1) * PAGE)
        cases = scored_cases(reader, found, now, windows_of(workspace.settings))
        return cases, directory(reader, {case.call.client_phone for case in cases})


@dataclass(frozen=True, slots=True)
class MySuspicions:
    cases: tuple[Case, ...]
    recordings: Mapping[str, Recording]
    people: Directory
    others: tuple[Question, ...] = ()


def my_suspicions(workspace: Workspace, agent: str) -> MySuspicions:
    """What the agent was asked about: suspicions about calls that were not answered, and breaches and promises until
    they are ruled on."""
    mine = frozenset({agent})
    others = tuple(item for item in questions(workspace, mine) if item.case is None)
    with workspace.store.reading() as reader:
        found = [case for kind in FlagKind for case in cases_in_state(reader, kind, CaseState.ASKED, mine, PAGE, 0)]
        recordings = recordings_by_call(reader, {case.call.call_id for case in found})
        people = directory(reader, {case.call.client_phone for case in found})
    return MySuspicions(tuple(found), recordings, people, others)
