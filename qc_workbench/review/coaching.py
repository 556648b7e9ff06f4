"""Comments, tasks made from them, clips: what is allowed, and what stands after everything that was said."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from qc_workbench.domain.access import Person
from qc_workbench.domain.coaching import Clip, ClipKind, CoachingTask, Comment, Passage, TaskState, TaskStep
from qc_workbench.errors import Phrase, UsageError

#: Characters of a comment or a task: two pages.
LONGEST_TEXT: Final = 4000
#: Seconds of a clip: less is no example, more is a call that nobody hears to its end.
SHORTEST_CLIP_S: Final = 1.0
LONGEST_CLIP_S: Final = 180.0

#: Where a task may go from where it is.
_NEXT: Final = {
    TaskState.GIVEN: {TaskState.SEEN, TaskState.DONE, TaskState.CANCELLED},
    TaskState.SEEN: {TaskState.DONE, TaskState.CANCELLED},
    TaskState.DONE: {TaskState.CLOSED, TaskState.GIVEN, TaskState.CANCELLED},  # given again: not what was meant
    TaskState.CLOSED: set[TaskState](),
    TaskState.CANCELLED: set[TaskState](),
}
#: What the agent says of their own task; all else is said by others, also of it.
BY_AGENT: Final = frozenset({TaskState.SEEN, TaskState.DONE})
#: Tasks that are still somebody's to do.
OPEN_STATES: Final = frozenset({TaskState.GIVEN, TaskState.SEEN, TaskState.DONE})


# Comments --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CommentedCall:
    """The call a comment is about. ``duration_s``: of its recording."""

    call_id: str
    agent: str
    duration_s: float


def comment(
    about: CommentedCall,
    text: str,
    by: str,
    at: datetime,
    *,
    passage: Passage | None = None,
    for_coaching: bool = False,
    question: str | None = None,
    edits: Comment | None = None,
    token: str = "",
) -> Comment:
    """A new comment, or another wording of ``edits``; an empty text takes that one back.

    ``token``: of the sending, if there is one; sent twice, the comment has the same id.

    Raises :class:`UsageError`: ``comment_needs_name``, ``comment_empty``, ``comment_too_long``, ``comment_outside``
    (a passage that is not in the recording), ``comment_not_yours`` (an edit by somebody else).
    """
    said = text.strip()
    if not by.strip():
        raise UsageError("comment_needs_name")
    if not said and edits is None:
        raise UsageError("comment_empty")
    _not_too_long(said)
    if edits is not None and edits.by != by.strip():
        raise UsageError("comment_not_yours")
    if passage is not None:
        _inside(passage.from_s, passage.from_s if passage.to_s is None else passage.to_s, about.duration_s)
    place = None if passage is None else (passage.from_s, passage.to_s)
    supersedes = edits.comment_id if edits else None
    comment_id = _id(about.call_id, by, token or at.isoformat(), repr(place), said, supersedes or "")
    return Comment(
        comment_id, about.call_id, about.agent, passage, said, by.strip(), at, for_coaching, question, supersedes
    )


def standing_comments(comments: Iterable[Comment]) -> tuple[Comment, ...]:
    """Comments nobody edited since or took back: about the whole call first, then in the order of their seconds."""
    every = tuple(comments)
    replaced = {item.supersedes for item in every}
    kept = [item for item in every if item.comment_id not in replaced and item.text]
    return tuple(sorted(kept, key=lambda item: (item.passage.from_s if item.passage else -1.0, item.at)))


# Tasks -----------------------------------------------------------------------------------------------------------


def task_from(
    comments: Sequence[Comment], text: str, due: date, who: Person, at: datetime, *, question: str | None = None
) -> CoachingTask:
    """A task for the agent of these comments. ``question``: theirs, when they agree and none is given.

    Raises :class:`UsageError`: ``task_empty``, ``comment_too_long``, ``task_without_comments``
    (none flagged for coaching), ``task_several_agents``, ``task_for_yourself``.
    """
    flagged = [item for item in comments if item.for_coaching]
    said = text.strip()
    if not said:
        raise UsageError("task_empty")
    _not_too_long(said)
    if not flagged:
        raise UsageError("task_without_comments")
    agents = {item.agent for item in flagged}
    if len(agents) > 1:
        raise UsageError("task_several_agents", count=len(agents))
    (agent,) = agents
    if agent == who.agent_id:
        raise UsageError("task_for_yourself")
    questions = {item.question for item in flagged}
    if question is None and len(questions) == 1:
        (question,) = questions
    ids = tuple(item.comment_id for item in flagged)
    calls = tuple(sorted({item.call_id for item in flagged}))
    by = who.person_id
    return CoachingTask(_id(agent, by, at.isoformat(), *ids), agent, said, ids, calls, question, due, by, at)


def task_state(task: CoachingTask, steps: Iterable[TaskStep]) -> TaskState:
    mine = [item for item in steps if item.task_id == task.task_id]
    return max(mine, key=lambda item: item.step).state if mine else TaskState.GIVEN


def is_overdue(task: CoachingTask, state: TaskState, today: date) -> bool:
    """Whether the agent is late with it; what waits for an opinion is not late."""
    return state in (TaskState.GIVEN, TaskState.SEEN) and today > task.due


def step(
    task: CoachingTask, steps: Sequence[TaskStep], to: TaskState, who: Person, at: datetime, note: str = ""
) -> TaskStep:
    """The next step of a task. Raises :class:`UsageError` ``task_not_now`` or ``task_not_yours``.

    The agent says "seen" and "done"; whether it is closed, given again or cancelled is said by somebody else.
    """
    state = task_state(task, steps)
    if to not in _NEXT[state]:
        raise UsageError(
            "task_not_now", state=Phrase(f"coaching_state.{state.value}"), wanted=Phrase(f"coaching_state.{to.value}")
        )
    if (who.agent_id == task.agent) is not (to in BY_AGENT):
        raise UsageError("task_not_yours")
    mine = sum(item.task_id == task.task_id for item in steps)
    return TaskStep(task.task_id, mine + 1, to, note.strip(), who.person_id, at)


def take_back(task: CoachingTask, steps: Sequence[TaskStep], who: Person, at: datetime) -> TaskStep:
    """Undo the last step, if it is this person's own: the task is again where it was before. Steps stay as they were.

    What the agent said ("seen", "done") is not undone by anybody: "done" is answered by giving the task again.
    Raises :class:`UsageError` ``task_nothing_to_undo``.
    """
    mine = sorted((item for item in steps if item.task_id == task.task_id), key=lambda item: item.step)
    if not mine or mine[-1].by != who.person_id or mine[-1].state in BY_AGENT or who.agent_id == task.agent:
        raise UsageError("task_nothing_to_undo")
    return TaskStep(task.task_id, len(mine) + 1, task_state(task, mine[:-1]), "", who.person_id, at)


def worked_on_at(task: CoachingTask, steps: Iterable[TaskStep]) -> datetime | None:
    """When the agent said "done" for the last time; None while the task is open to them.

    A "done" that came back by :func:`take_back` is not a new one: it follows a step of the same person.
    """
    mine = sorted((item for item in steps if item.task_id == task.task_id), key=lambda item: item.step)
    if task_state(task, mine) not in (TaskState.DONE, TaskState.CLOSED):
        return None
    earlier = [None, *mine]
    said = [
        item.at
        for before, item in zip(earlier, mine, strict=False)
        if item.state is TaskState.DONE
        and not (before is not None and before.by == item.by and before.state not in BY_AGENT)
    ]
    return max(said, default=None)


# Clips -----------------------------------------------------------------------------------------------------------


def clip(
    about: CommentedCall,
    from_s: float,
    to_s: float,
    kind: ClipKind,
    title: str,
    by: str,
    at: datetime,
    question: str | None = None,
) -> Clip:
    """A passage for the library.

    Raises :class:`UsageError`: ``clip_needs_title``, ``comment_outside``, ``clip_length``.
    """
    if not title.strip():
        raise UsageError("clip_needs_title")
    _inside(from_s, to_s, about.duration_s)
    if not SHORTEST_CLIP_S <= to_s - from_s <= LONGEST_CLIP_S:
        raise UsageError(
            "clip_length", seconds=round(to_s - from_s), least=round(SHORTEST_CLIP_S), most=round(LONGEST_CLIP_S)
        )
    clip_id = _id(about.call_id, repr((from_s, to_s)), kind.value, by, at.isoformat())
    return Clip(clip_id, about.call_id, from_s, to_s, kind, title.strip(), question, by.strip(), at)


def _inside(from_s: float, to_s: float, duration_s: float) -> None:
    if not 0 <= from_s <= to_s <= duration_s:
        raise UsageError("comment_outside", begins=round(from_s, 1), ends=round(to_s, 1), duration=round(duration_s, 1))


def _not_too_long(text: str) -> None:
    if len(text) > LONGEST_TEXT:
        raise UsageError("comment_too_long", length=len(text), most=LONGEST_TEXT)


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
