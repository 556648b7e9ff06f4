"""Calls drawn for listening: lists of both queues, the next call of a reviewer, opening, handing in and replacing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from pipelines.draw_sample import replace_call, undo_replacement
from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.evaluation import Purpose
from qc_workbench.domain.flag import Flag
from qc_workbench.domain.sampling import Queue, SampledCall
from qc_workbench.errors import UsageError
from qc_workbench.store import open_calls, samples, second_looks
from qc_workbench.store.browsing import calls_by_id, recordings_by_call
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Reader
from qc_workbench.store.reviewers import listeners, reviewer_names
from qc_workbench.store.waiting_calls import open_reviewers, waiting_calls
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.listening_day import tasks_of
from qc_workbench.ui.views.overview import OPEN_STATUSES
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

#: Rows of one page of a list.
PAGE = 50
#: What the audit log names as the draw of a call that was served again.
AGAIN = "second_looks"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A call to listen to, and why: drawn by plans, or picked by the machine (``flag``)."""

    call: Call
    recording: Recording | None
    plans: tuple[SampledCall, ...]
    flag: Flag | None

    @property
    def assigned_to(self) -> str | None:
        return next((item.assigned_to for item in self.plans if item.assigned_to), None)


@dataclass(frozen=True, slots=True)
class Listening:
    """Those who listen or have calls, by id and name. ``has_team``: whether any account says how much it hears."""

    reviewers: Mapping[str, str]
    has_team: bool


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """A page of a queue. ``total``: calls of the whole queue; ``first_id``: the call that waits longest."""

    calls: tuple[Drawn, ...]
    total: int
    first_id: str | None
    people: Directory


def listening(workspace: Workspace, now: datetime) -> Listening:
    with workspace.store.reading() as reader:
        team = listeners(reader, now.astimezone(workspace.settings.company.zone).date())
        names = reviewer_names(reader, {*open_reviewers(reader), *(person.reviewer for person in team)})
    return Listening(dict(sorted(names.items(), key=lambda item: item[1])), bool(team))


def drawn_pages(
    workspace: Workspace,
    reviewer: str | None = None,
    pages: Mapping[Queue, int] | None = None,
    agents: Collection[str] | None = None,
    viewer: Viewer | None = None,
) -> Mapping[Queue, DrawnPage]:
    """The queues asked for, everybody's or one reviewer's, each at its page (from 1); without ``pages`` both.

    ``agents``: whose calls may be shown; None for everybody's. ``viewer``: who reads it; without one clients are named.
    """
    asked = dict(pages or dict.fromkeys(Queue, 1))
    with workspace.store.reading() as reader:
        waiting = waiting_calls(reader, reviewer, asked, PAGE, agents)
        beyond = {queue: 1 for queue, page in asked.items() if page > 1 and not waiting[queue].calls}
        if beyond:  # a queue became shorter meanwhile
            waiting |= waiting_calls(reader, reviewer, beyond, PAGE, agents)
        ids = {item.call_id for found in waiting.values() for item in found.calls}
        calls = calls_by_id(reader, ids)
        recordings = recordings_by_call(reader, ids)
        people = directory(reader, {call.client_phone for call in calls.values()}, viewer)
    return {
        queue: DrawnPage(
            tuple(
                Drawn(calls[item.call_id], recordings.get(item.call_id), item.plans, item.flag) for item in found.calls
            ),
            found.total,
            found.first_id,
            people,
        )
        for queue, found in waiting.items()
    }


def mark_listened(workspace: Workspace, call_id: str, by: str, at: datetime) -> None:
    """Every open draw of this call is done.

    Raises :class:`UsageError` ``listening_needs_name`` without a name.
    """
    if not by:
        raise UsageError("listening_needs_name")
    workspace.store.write(open_calls.heard(call_id), audit_entry(at, by, "call_listened", call_id))


# One reviewer's way through the queue -------------------------------------------


def next_call(workspace: Workspace, viewer: Viewer, now: datetime) -> str | None:
    """The call this reviewer opens next: one that they have begun, else of today, the random sample first and in it the
    late ones. What they handed in is left out. None when nothing of today is left.

    Somebody to whom nothing is given by capacity gets a drawn call that nobody has, of those they may score.
    """
    reviewer = viewer.reviewer_id
    with workspace.store.reading() as reader:
        today = now.astimezone(workspace.settings.company.zone).date()
        tasks = [task for task in tasks_of(reader, workspace, reviewer, now) if task.day == today]
        if tasks:
            return tasks[0].call_id
        if any(person.reviewer == reviewer for person in listeners(reader, today)):
            return None
        return open_calls.nobodys_call(reader, viewer.agents(Action.SCORE_CALL))


def next_on_the_way(workspace: Workspace, viewer: Viewer, now: datetime) -> str | None:
    """As :func:`next_call`, or the first of a coming day for somebody who is done with today."""
    today = next_call(workspace, viewer, now)
    if today is not None:
        return today
    with workspace.store.reading() as reader:
        return next((task.call_id for task in tasks_of(reader, workspace, viewer.reviewer_id, now)), None)


def purpose_of(reader: Reader, call_id: str, reviewer_id: str) -> Purpose:
    """What an evaluation that this reviewer (``Viewer.reviewer_id``) begins now is for.

    :attr:`Purpose.SECOND_LOOK` when the call was served to them again. Then nobody's answers to it may be shown to
    them, their own neither.
    """
    return Purpose.SECOND_LOOK if second_looks.waits(reader, call_id, reviewer_id) else Purpose.SCORE


def begin_listening(workspace: Workspace, viewer: Viewer, call_id: str, now: datetime) -> None:
    """The reviewer opens a call of their queue, or one that nobody has: it is in progress and nobody else gets it.

    Nothing happens to calls of others, to calls that don't wait, and where somebody looks who is no specialist of
    quality control or whose own call it is."""
    _, agent = _rows_of(workspace, call_id)
    if not viewer.may(Action.REPLACE_CALL, agent):  # whoever works off the queue; heads score what they like
        return
    workspace.store.write(
        open_calls.begun(call_id, viewer.reviewer_id), second_looks.begun(call_id, viewer.reviewer_id, now)
    )


def put_back(workspace: Workspace, viewer: Viewer, call_id: str) -> None:
    """The reviewer leaves a call for later; it stays theirs. Raises ``not_allowed``."""
    _, agent = _rows_of(workspace, call_id)
    viewer.require(Action.REPLACE_CALL, agent)
    workspace.store.write(
        open_calls.put_back(call_id, viewer.reviewer_id), second_looks.put_back(call_id, viewer.reviewer_id)
    )


def may_replace(workspace: Workspace, viewer: Viewer, call: Call) -> bool:
    """Whether the call waits in this person's queue, or in nobody's, and they may put another in its place."""
    if not viewer.may(Action.REPLACE_CALL, call.manager_id):
        return False
    with workspace.store.reading() as reader:
        if second_looks.waits(reader, call.call_id, viewer.reviewer_id):
            return True
        rows = samples.rows_of_calls(reader, {call.call_id})
    return any(row.status in OPEN_STATUSES and row.assigned_to in (None, viewer.reviewer_id) for row in rows)


def replace_in_queue(workspace: Workspace, viewer: Viewer, call_id: str, reason: str, now: datetime) -> tuple[str, ...]:
    """Another call of the stratum takes the place of this one, in each draw it is open in, and goes to the same
    reviewer; the draws, for :func:`undo_in_queue`. ``reason``: a code (``replacement.<code>``).

    Raises :class:`UsageError` ``not_allowed``, or what :func:`pipelines.draw_sample.replace_call` raises.
    """
    rows, agent = _rows_of(workspace, call_id)
    viewer.require(Action.REPLACE_CALL, agent)
    with workspace.store.reading() as reader:
        again = second_looks.waits(reader, call_id, viewer.reviewer_id)
    if again:
        workspace.store.write(
            second_looks.dropped(call_id, viewer.reviewer_id, reason),
            audit_entry(now, viewer.name, "call_replaced", call_id, draw=AGAIN, reason=reason),
        )
        return (AGAIN,)
    open_rows = [row for row in rows if row.status in OPEN_STATUSES]
    for row in open_rows:
        whose = row.assigned_to or viewer.reviewer_id
        replace_call(workspace, row.draw_id, call_id, reason, viewer.name, now, give_to=whose)
    return tuple(row.draw_id for row in open_rows)


def undo_in_queue(workspace: Workspace, viewer: Viewer, call_id: str, draws: Collection[str], now: datetime) -> None:
    """Take back what :func:`replace_in_queue` did to this call.

    Raises :class:`UsageError` ``not_allowed``, or ``replacement_stands`` when the newcomer has been begun.
    """
    _, agent = _rows_of(workspace, call_id)
    viewer.require(Action.REPLACE_CALL, agent)
    for draw_id in draws:
        if draw_id != AGAIN:
            undo_replacement(workspace, draw_id, call_id, viewer.name, now)
            continue
        workspace.store.write(
            second_looks.dropped(call_id, viewer.reviewer_id, None),
            audit_entry(now, viewer.name, "call_replacement_undone", call_id, draw=AGAIN),
        )


def _rows_of(workspace: Workspace, call_id: str) -> tuple[list[SampledCall], str | None]:
    with workspace.store.reading() as reader:
        call = calls_by_id(reader, {call_id}).get(call_id)
        return samples.rows_of_calls(reader, {call_id}), call.manager_id if call else None
