"""Comments at their seconds, tasks made from them, and the library of clips."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Passage:
    """A second of a call (``to_s`` None) or a range of it, seconds from its beginning."""

    from_s: float
    to_s: float | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody says about a passage, or about the whole call (``passage`` None).

    Append-only: an edit is a new comment that ``supersedes``; one without text takes the old one back. ``question``:
    the code of the form's question that it belongs to. ``for_coaching``: the agent is to work on it. ``agent``: the
    employee whose call it is; ``by``: the account that wrote it.
    """

    comment_id: str
    call_id: str
    agent: str
    passage: Passage | None
    text: str
    by: str
    at: datetime
    for_coaching: bool = False
    question: str | None = None
    supersedes: str | None = None


class TaskState(StrEnum):
    """Where a coaching task is (``coaching_state.<code>``)."""

    GIVEN = "given"
    SEEN = "seen"  # the agent has opened it
    DONE = "done"  # the agent has worked on it
    CLOSED = "closed"  # the one who gave it agrees
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class CoachingTask:
    """``question``: what later calls are looked at for; None: the whole score. ``comments``: what it came from."""

    task_id: str
    agent: str
    text: str
    comments: tuple[str, ...]
    calls: tuple[str, ...]
    question: str | None
    due: date
    given_by: str
    given_at: datetime


@dataclass(frozen=True, slots=True)
class TaskStep:
    """A step of a task, append-only; the last one says where it is. ``step`` counts from 1."""

    task_id: str
    step: int
    state: TaskState
    note: str
    by: str
    at: datetime


class ClipKind(StrEnum):
    """``clip.<code>``"""

    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Clip:
    """A passage worth hearing for everybody: only this much of the call is played, and not whose it is.

    ``question``: what it is an example of. ``retired_at``: since when it is in the library no more.
    """

    clip_id: str
    call_id: str
    from_s: float
    to_s: float
    kind: ClipKind
    title: str
    question: str | None
    kept_by: str
    kept_at: datetime
    retired_at: datetime | None = None
