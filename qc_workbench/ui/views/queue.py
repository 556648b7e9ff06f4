"""Calls drawn for listening: what is mine, how far each plan is, and the targeted calls apart from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.flag import Flag
from qc_workbench.domain.sampling import Queue, SampledCall, SampleStatus
from qc_workbench.errors import UsageError
from qc_workbench.store.browsing import calls_by_id, recordings_by_call
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Statement
from qc_workbench.store.waiting_calls import (
    PlanProgress,
    open_reviewers,
    plan_progress,
    waiting_calls,
)
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.overview import OPEN_STATUSES
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

#: Rows of one page of a list.
PAGE = 50


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
    """Those who have calls to listen to, and how far each plan is."""

    reviewers: tuple[str, ...]
    progress: tuple[PlanProgress, ...]
    people: Directory


@dataclass(frozen=True, slots=True)
class DrawnPage:
    """A page of a queue. ``total``: calls of the whole queue; ``first_id``: the call that waits longest."""

    calls: tuple[Drawn, ...]
    total: int
    first_id: str | None
    people: Directory


def listening(workspace: Workspace) -> Listening:
    with workspace.store.reading() as reader:
        return Listening(open_reviewers(reader), plan_progress(reader), directory(reader, ()))


def drawn_pages(
    workspace: Workspace, reviewer: str | None = None, pages: Mapping[Queue, int] | None = None
) -> Mapping[Queue, DrawnPage]:
    """Both queues, everybody's or one reviewer's, each at its page (from 1; the first where none is given)."""
    asked = {queue: (pages or {}).get(queue, 1) for queue in Queue}
    with workspace.store.reading() as reader:
        waiting = waiting_calls(reader, reviewer, asked, PAGE)
        beyond = {queue: 1 for queue, page in asked.items() if page > 1 and not waiting[queue].calls}
        if beyond:  # a queue became shorter meanwhile
            waiting |= waiting_calls(reader, reviewer, beyond, PAGE)
        ids = {item.call_id for found in waiting.values() for item in found.calls}
        calls = calls_by_id(reader, ids)
        recordings = recordings_by_call(reader, ids)
        people = directory(reader, {call.client_phone for call in calls.values()})
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


def next_call(workspace: Workspace, viewer: Viewer, now: datetime) -> str | None:  # noqa: ARG001 - what is due depends on it
    """The call this reviewer should open next: the one that waits longest in their random queue."""
    with workspace.store.reading() as reader:
        return waiting_calls(reader, viewer.reviewer_id, {Queue.RANDOM: 1}, 1)[Queue.RANDOM].first_id


def mark_listened(workspace: Workspace, call_id: str, by: str, at: datetime) -> str | None:
    """Every open draw of this call is done; the next call of the random sample, or None when it was the last.

    Raises :class:`UsageError` ``listening_needs_name`` without a name.
    """
    if not by:
        raise UsageError("listening_needs_name")
    workspace.store.write(
        Statement(
            "update sample set status = ? where call_id = ? and status in (?, ?)",
            (SampleStatus.DONE.value, call_id, *(status.value for status in OPEN_STATUSES)),
        ),
        audit_entry(at, by, "call_listened", call_id),
    )
    with workspace.store.reading() as reader:
        return waiting_calls(reader, None, {Queue.RANDOM: 1}, 1)[Queue.RANDOM].first_id
