"""Coaching: comments to work on, tasks, whether they helped, the library of clips."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.coaching import Clip, ClipKind, CoachingTask, Comment, TaskState, TaskStep
from qc_workbench.domain.forms import Form, FormState
from qc_workbench.errors import UsageError
from qc_workbench.review import coaching as rules
from qc_workbench.store import coaching, coaching_lists, forms, people
from qc_workbench.store.browsing import calls_by_id, recordings_by_call
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.calls import call as call_with_id
from qc_workbench.store.calls import recording as recording_of_call
from qc_workbench.store.database import Reader, insert
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

#: Comments that may be made tasks of, tasks and clips of one page.
MOST_COMMENTS: Final = 100
PAGE: Final = 15


class TaskShelf(StrEnum):
    """``task_shelf.<code>``"""

    OPEN = "open"  # the agent has to do something
    DONE = "done"  # somebody has to look
    OVERDUE = "overdue"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @property
    def states(self) -> tuple[TaskState, ...]:
        return {
            TaskShelf.OPEN: (TaskState.GIVEN, TaskState.SEEN),
            TaskShelf.OVERDUE: (TaskState.GIVEN, TaskState.SEEN),
            TaskShelf.DONE: (TaskState.DONE,),
            TaskShelf.CLOSED: (TaskState.CLOSED,),
            TaskShelf.CANCELLED: (TaskState.CANCELLED,),
        }[self]


@dataclass(frozen=True, slots=True)
class TaskCase:
    """A task with its steps and the comments it came from. ``can_undo``: the last step is the viewer's own."""

    task: CoachingTask
    steps: tuple[TaskStep, ...]
    state: TaskState
    is_overdue: bool
    comments: tuple[Comment, ...]
    recordings: Mapping[str, Recording]
    given_by: str
    can_undo: bool


@dataclass(frozen=True, slots=True)
class CoachingRoom:
    """``counts``: tasks on each shelf; ``comments``: waiting to be made tasks of, None for who may not give any."""

    counts: Mapping[TaskShelf, int]
    comments: int | None
    people: Directory
    today: date


def coaching_room(workspace: Workspace, viewer: Viewer, now: datetime) -> CoachingRoom:
    today = now.astimezone(workspace.settings.company.zone).date()
    with workspace.store.reading() as reader:
        by_state, overdue = coaching_lists.task_counts(reader, viewer.agents(Action.SEE_COACHING), today)
        givers = viewer.agents(Action.ASSIGN_COACHING)
        waiting = None
        if givers is None or givers:
            waiting = len(coaching_lists.unused_comments(reader, givers, MOST_COMMENTS))
        names = directory(reader, ())
    counts = {
        shelf: overdue if shelf is TaskShelf.OVERDUE else sum(by_state.get(state, 0) for state in shelf.states)
        for shelf in TaskShelf
    }
    return CoachingRoom(counts, waiting, names, today)


def tasks_of_shelf(
    workspace: Workspace, viewer: Viewer, shelf: TaskShelf, page: int, now: datetime
) -> tuple[TaskCase, ...]:
    """Page ``page`` (from 1) of the tasks this person may see."""
    return _tasks(workspace, viewer, viewer.agents(Action.SEE_COACHING), shelf, page, now)


def own_tasks(
    workspace: Workspace, viewer: Viewer, agent: str, shelf: TaskShelf, page: int, now: datetime
) -> tuple[TaskCase, ...]:
    return _tasks(workspace, viewer, {agent}, shelf, page, now)


def _tasks(
    workspace: Workspace,
    viewer: Viewer,
    agents: Collection[str] | None,
    shelf: TaskShelf,
    page: int,
    now: datetime,
) -> tuple[TaskCase, ...]:
    today = now.astimezone(workspace.settings.company.zone).date()
    with workspace.store.reading() as reader:
        found = coaching_lists.tasks_listed(
            reader, agents, shelf.states, today, PAGE, (page - 1) * PAGE, only_overdue=shelf is TaskShelf.OVERDUE
        )
        return _task_cases(reader, found, viewer, today, now)


def _task_cases(
    reader: Reader, found: Sequence[CoachingTask], viewer: Viewer, today: date, now: datetime
) -> tuple[TaskCase, ...]:
    steps = coaching.steps_of(reader, [task.task_id for task in found])
    comments = {
        item.comment_id: item
        for item in coaching_lists.comments_with_ids(reader, {name for task in found for name in task.comments})
    }
    recordings = recordings_by_call(reader, {item.call_id for item in comments.values()})
    names = {account.person.person_id: account.name for account in people.accounts(reader)}
    cases = []
    for task in found:
        mine = tuple(step for step in steps if step.task_id == task.task_id)
        state = rules.task_state(task, mine)
        cases.append(
            TaskCase(
                task,
                mine,
                state,
                rules.is_overdue(task, state, today),
                tuple(comments[name] for name in task.comments if name in comments),
                recordings,
                names.get(task.given_by, "—"),
                _may_undo(task, mine, viewer, now),
            )
        )
    return tuple(cases)


def _may_undo(task: CoachingTask, steps: Sequence[TaskStep], viewer: Viewer, now: datetime) -> bool:
    if not viewer.may(needed_for(rules.task_state(task, steps)), task.agent):
        return False
    try:
        rules.take_back(task, steps, viewer.account.person, now)
    except UsageError:
        return False
    return True


def needed_for(to: TaskState) -> Action:
    """What somebody must be allowed to, to bring a task there: whoever gives tasks may cancel them."""
    return Action.ASSIGN_COACHING if to is TaskState.CANCELLED else Action.FINISH_COACHING


def write_step(
    workspace: Workspace, viewer: Viewer, case: TaskCase, to: TaskState | None, at: datetime, note: str = ""
) -> None:
    """The next step of a task as it was seen; ``to`` None takes the last one back.

    Raises what the rules do, ``not_allowed``, and :class:`~qc_workbench.errors.WriteRefused` when somebody was first.
    """
    person, task = viewer.account.person, case.task
    viewer.require(needed_for(to or case.state), task.agent)
    if to is None:
        step = rules.take_back(task, case.steps, person, at)
    else:
        step = rules.step(task, case.steps, to, person, at, note)
    audited = "coaching_taken_back" if to is None else f"coaching_{step.state.value}"
    entry = audit_entry(at, viewer.name, audited, task.agent, task_id=task.task_id)
    workspace.store.apply(coaching.step_written(step, entry))


# Comments into tasks -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CommentCase:
    comment: Comment
    call: Call
    recording: Recording | None


def comments_waiting(workspace: Workspace, viewer: Viewer) -> tuple[CommentCase, ...]:
    """Comments for coaching that no task came from, of agents whom this person may give tasks; the newest first."""
    with workspace.store.reading() as reader:
        found = coaching_lists.unused_comments(reader, viewer.agents(Action.ASSIGN_COACHING), MOST_COMMENTS)
        calls = calls_by_id(reader, {item.call_id for item in found})
        recordings = recordings_by_call(reader, calls)
    return tuple(
        CommentCase(item, calls[item.call_id], recordings.get(item.call_id)) for item in found if item.call_id in calls
    )


def give_task(
    workspace: Workspace,
    viewer: Viewer,
    comments: Sequence[Comment],
    text: str,
    due: date,
    question: str | None,
    at: datetime,
) -> CoachingTask:
    """Raises what :func:`qc_workbench.review.coaching.task_from` does, and ``not_allowed``."""
    task = rules.task_from(comments, text, due, viewer.account.person, at, question=question)
    viewer.require(Action.ASSIGN_COACHING, task.agent)
    entry = audit_entry(at, viewer.name, "coaching_assigned", task.agent, task_id=task.task_id)
    workspace.store.write(insert("coaching_tasks", coaching.task_row(task)), entry, key=f"task:{task.task_id}")
    return task


def questions_asked(workspace: Workspace) -> Mapping[str, Form]:
    """Codes of the questions of published forms, each with a form that asks it, in the forms' order."""
    with workspace.store.reading() as reader:
        versions = forms.form_versions(reader, FormState.PUBLISHED)
    return {question.code: version.form for version in reversed(versions) for question in version.form.questions}


# Clips -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClipPage:
    """``recordings``: of the calls that the clips are passages of; a clip is heard only while its recording is."""

    clips: tuple[Clip, ...]
    recordings: Mapping[str, Recording]
    total: int


def clips(workspace: Workspace, kind: ClipKind | None, text: str, page: int) -> ClipPage:
    """Page ``page`` (from 1) of the library, and how many clips there are."""
    with workspace.store.reading() as reader:
        found, total = coaching_lists.clips_listed(reader, kind, text, PAGE, (page - 1) * PAGE)
        recordings = recordings_by_call(reader, {clip.call_id for clip in found})
    return ClipPage(tuple(found), recordings, total)


def keep_clip(
    workspace: Workspace,
    viewer: Viewer,
    call_id: str,
    seconds: tuple[float, float],
    kind: ClipKind,
    title: str,
    question: str | None,
    at: datetime,
) -> Clip:
    """Raises what :func:`qc_workbench.review.coaching.clip` does, ``not_allowed``, ``clip_no_call``."""
    with workspace.store.reading() as reader:
        call, recording = call_with_id(reader, call_id), recording_of_call(reader, call_id)
    is_seen = call is not None and viewer.may(Action.SEE_CALL, call.manager_id)
    if call is None or not is_seen or recording is None or not recording.is_audible or recording.duration_s is None:
        raise UsageError("clip_no_call", call=call_id)
    viewer.require(Action.KEEP_CLIP, call.manager_id)
    about = rules.CommentedCall(call_id, call.manager_id, recording.duration_s)
    made = rules.clip(about, *seconds, kind, title, viewer.person_id, at, question)
    entry = audit_entry(at, viewer.name, "clip_kept", call_id, clip_id=made.clip_id)
    workspace.store.write(insert("clips", coaching.clip_row(made)), entry, key=f"clip:{made.clip_id}")
    return made


def retire_clip(workspace: Workspace, viewer: Viewer, clip_id: str, at: datetime, *, back: bool = False) -> None:
    """Out of the library, or into it again."""
    with workspace.store.reading() as reader:
        clip = coaching.clip_with_id(reader, clip_id)
        call = call_with_id(reader, clip.call_id) if clip else None
    if clip is None or call is None:
        raise UsageError("clip_gone")
    viewer.require(Action.KEEP_CLIP, call.manager_id)
    change = coaching_lists.restored(clip_id) if back else coaching.retired(clip_id, at)
    entry = audit_entry(at, viewer.name, "clip_restored" if back else "clip_retired", clip.call_id, clip_id=clip_id)
    workspace.store.write(change, entry)


def may_keep(viewer: Viewer) -> bool:
    """Whether this person may keep clips of anybody's calls."""
    agents = viewer.agents(Action.KEEP_CLIP)
    return agents is None or bool(agents)
