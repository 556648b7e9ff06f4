"""Figures of calibrations and second looks for the page, worked out once for the same answers and beside the requests.

A bootstrap of 15 questions takes a second or two: a thread works it out, the page asks again until it is there. What
is kept is found by the hash of the answers it was made of, so it is never older than they are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from threading import Lock
from typing import Final

from qc_workbench.domain.access import Action
from qc_workbench.domain.evaluation import Evaluation, Purpose, Reply
from qc_workbench.review.calibrating import sees_names
from qc_workbench.review.calibration_figures import Figures, ReviewerFigures, Scored, figures
from qc_workbench.review.evaluating import standing_replies
from qc_workbench.store import calibration as store
from qc_workbench.store.browsing import calls_by_id
from qc_workbench.store.database import Reader
from qc_workbench.store.forms import form_versions
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.calibration import case_of, names_of_accounts
from qc_workbench.workspace import Workspace

#: Days that may be looked at.
SPANS_DAYS: Final = (30, 90, 365)
#: Scores that strictness and drift are made of, the newest.
_MOST_SCORES: Final = 40_000
_KEPT: Final = 12

_Key = tuple[str, datetime, datetime, str]


@dataclass(frozen=True, slots=True)
class FiguresView:
    """``names``: of the reviewers who may be named to the viewer; ``own``: the viewer's row."""

    figures: Figures
    names: dict[str, str]
    own: str

    def own_first(self) -> tuple[ReviewerFigures, ...]:
        return tuple(sorted(self.figures.reviewers, key=lambda row: row.reviewer != self.own))


class _Kept:
    """Figures that are known or being worked out, the last asked for."""

    def __init__(self) -> None:
        self._lock, self._found = Lock(), OrderedDict[_Key, Future[Figures]]()
        self._worker = ThreadPoolExecutor(1, "calibration")

    def asked(self, workspace: Workspace, key: _Key) -> Future[Figures]:
        with self._lock:
            found = self._found.get(key)
            if found is None or (found.done() and found.exception() is not None):
                found = self._found[key] = self._worker.submit(_worked_out, workspace, key[1], key[2])
            self._found.move_to_end(key)
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)
            return found


_kept: Final = _Kept()


def figures_view(
    workspace: Workspace, viewer: Viewer, days: int, now: datetime, wait_s: float = 0.2
) -> FiguresView | None:
    """Figures of the last ``days`` up to today; None while they are being worked out.

    Reviewers other than the viewer are without a name for whoever may not see it: ``reviewer`` is a number then.
    """
    viewer.require(Action.SEE_COMPARISON)
    today = now.astimezone(workspace.settings.company.zone).date() + timedelta(days=1)
    until = datetime.combine(today, time(), workspace.settings.company.zone)
    since = until - timedelta(days=days)
    with workspace.store.reading() as reader:
        key = (str(workspace.home), since, until, store.content_key(reader, since, until))
        names = names_of_accounts(reader)
    try:
        found = _kept.asked(workspace, key).result(timeout=wait_s)
    except NotYet:
        return None
    if sees_names(viewer.account.person):
        return FiguresView(found, names, viewer.person_id)
    return FiguresView(_without_names(found, viewer.person_id), {viewer.person_id: viewer.name}, viewer.person_id)


def _without_names(found: Figures, own: str) -> Figures:
    """Others under numbers, in the order of their bias and strictness: the order of the list must not name them."""
    others = [row for row in found.reviewers if row.reviewer != own]
    others.sort(key=lambda row: row.strictness.effect if row.strictness else 0.0)
    rows = [row for row in found.reviewers if row.reviewer == own]
    rows += [replace(row, reviewer=str(number)) for number, row in enumerate(others, 1)]
    return replace(found, reviewers=tuple(rows))


def _worked_out(workspace: Workspace, since: datetime, until: datetime) -> Figures:
    with workspace.store.reading(heavy=True) as reader:
        versions = form_versions(reader)
        scored = store.scored_between(reader, since, until, _MOST_SCORES)
        firsts = store.firsts_of_second_looks(reader, since, until)
        sessions = store.sessions_between(reader, since, until)
        steps = store.steps_of_sessions(reader, [session.session_id for session in sessions])
        evaluations = store.evaluations_for_calibration(reader, {session.call_id for session in sessions})
        agents = calls_by_id(reader, {session.call_id for session in sessions})
        compared = [item.evaluation.evaluation_id for item in firsts]
        compared += [item.evaluation.evaluation_id for item in scored if item.evaluation.purpose is not Purpose.SCORE]
        compared += [item.evaluation_id for item in evaluations]
        replies = _replies(reader, compared)
    of_call: dict[str, list[Evaluation]] = {}
    for item in evaluations:
        of_call.setdefault(item.call_id, []).append(item)
    cases = [
        case_of(session, steps.get(session.session_id, ()), of_call.get(session.call_id, ()), replies)
        for session in sessions
    ]
    return figures(
        versions,
        cases,
        {call_id: call.manager_id for call_id, call in agents.items()},
        _scored(scored, replies),
        _scored(firsts, replies),
    )


def _replies(reader: Reader, evaluation_ids: Sequence[str]) -> dict[str, dict[str, Reply]]:
    return {key: standing_replies(of) for key, of in store.answers_of(reader, set(evaluation_ids)).items()}


def _scored(found: Sequence[store.ScoredCall], replies: dict[str, dict[str, Reply]]) -> list[Scored]:
    return [Scored(item.evaluation, item.agent, replies.get(item.evaluation.evaluation_id, {})) for item in found]
