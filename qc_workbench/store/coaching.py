"""Comments, coaching tasks and clips: rows to domain values and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from qc_workbench.domain.coaching import Clip, ClipKind, CoachingTask, Comment, Passage, TaskState, TaskStep
from qc_workbench.store.database import Reader, Row, Statement, Write, from_json, insert, to_json

# Comments --------------------------------------------------------------------


def comment_row(comment: Comment) -> Mapping[str, Any]:
    passage = comment.passage
    return {
        "comment_id": comment.comment_id,
        "call_id": comment.call_id,
        "agent": comment.agent,
        "from_s": passage.from_s if passage else None,
        "to_s": passage.to_s if passage else None,
        "comment": comment.text,
        "made_by": comment.by,
        "made_at": comment.at,
        "for_coaching": comment.for_coaching,
        "question": comment.question,
        "supersedes": comment.supersedes,
    }


def comment_of(row: Row) -> Comment:
    return Comment(
        comment_id=row["comment_id"],
        call_id=row["call_id"],
        agent=row["agent"],
        passage=None if row["from_s"] is None else Passage(row["from_s"], row["to_s"]),
        text=row["comment"],
        by=row["made_by"],
        at=row["made_at"],
        for_coaching=row["for_coaching"],
        question=row["question"],
        supersedes=row["supersedes"],
    )


def comments_of_calls(reader: Reader, call_ids: Collection[str]) -> list[Comment]:
    """Every comment ever made on these calls, oldest first: which of them stand is a rule."""
    rows = reader.rows(
        "select * from comments where call_id in (select unnest(?::varchar[])) order by made_at, comment_id",
        list(call_ids),
    )
    return [comment_of(row) for row in rows]


def comments_of_agent(reader: Reader, agent: str, since: datetime) -> list[Comment]:
    """Every comment made on this agent's calls since then, oldest first."""
    rows = reader.rows(
        "select * from comments where agent = ? and made_at >= ? order by made_at, comment_id", agent, since
    )
    return [comment_of(row) for row in rows]


# Tasks -----------------------------------------------------------------------


def task_row(task: CoachingTask) -> Mapping[str, Any]:
    return {
        "task_id": task.task_id,
        "agent": task.agent,
        "task": task.text,
        "comments": to_json(list(task.comments)),
        "calls": to_json(list(task.calls)),
        "question": task.question,
        "due": task.due,
        "given_by": task.given_by,
        "given_at": task.given_at,
    }


def task_of(row: Row) -> CoachingTask:
    return CoachingTask(
        task_id=row["task_id"],
        agent=row["agent"],
        text=row["task"],
        comments=tuple(from_json(row["comments"])),
        calls=tuple(from_json(row["calls"])),
        question=row["question"],
        due=row["due"],
        given_by=row["given_by"],
        given_at=row["given_at"],
    )


def tasks_of_agents(reader: Reader, agents: Collection[str] | None = None) -> list[CoachingTask]:
    """Tasks of these agents, of everybody when none are named, newest first."""
    rows = reader.rows(
        "select * from coaching_tasks where ? or list_contains(?::varchar[], agent) order by given_at desc, task_id",
        agents is None,
        list(agents or ()),
    )
    return [task_of(row) for row in rows]


def steps_of(reader: Reader, task_ids: Collection[str]) -> list[TaskStep]:
    """Every step of these tasks, in order."""
    rows = reader.rows(
        "select * from coaching_steps where task_id in (select unnest(?::varchar[])) order by task_id, step",
        list(task_ids),
    )
    return [
        TaskStep(row["task_id"], row["step"], TaskState(row["state"]), row["note"], row["made_by"], row["made_at"])
        for row in rows
    ]


def step_written(step: TaskStep, *also: Statement) -> Write:
    """The write of a step; refused (:class:`~qc_workbench.errors.WriteRefused`) when somebody made one meanwhile."""
    row = {
        "task_id": step.task_id,
        "step": step.step,
        "state": step.state.value,
        "note": step.note,
        "made_by": step.by,
        "made_at": step.at,
    }
    still = Statement(
        "select 1 where (select count(*) from coaching_steps where task_id = ?) = ?", (step.task_id, step.step - 1)
    )
    return Write((insert("coaching_steps", row), *also), require=(still,))


# Clips -----------------------------------------------------------------------


def clip_row(clip: Clip) -> Mapping[str, Any]:
    return {
        "clip_id": clip.clip_id,
        "call_id": clip.call_id,
        "from_s": clip.from_s,
        "to_s": clip.to_s,
        "kind": clip.kind.value,
        "title": clip.title,
        "question": clip.question,
        "kept_by": clip.kept_by,
        "kept_at": clip.kept_at,
        "retired_at": clip.retired_at,
    }


def clip_of(row: Row) -> Clip:
    return Clip(**{**row, "kind": ClipKind(row["kind"])})


def library(reader: Reader, questions: Sequence[str] | None = None) -> list[Clip]:
    """Clips in the library, of these questions if any are named, newest first."""
    rows = reader.rows(
        "select * from clips where retired_at is null and (? or list_contains(?::varchar[], question)) "
        "order by kept_at desc, clip_id",
        questions is None,
        list(questions or ()),
    )
    return [clip_of(row) for row in rows]


def clip_with_id(reader: Reader, clip_id: str) -> Clip | None:
    """A clip, a retired one too: a task may name it."""
    row = reader.row("select * from clips where clip_id = ?", clip_id)
    return clip_of(row) if row else None


def retired(clip_id: str, at: datetime) -> Statement:
    return Statement("update clips set retired_at = ? where clip_id = ? and retired_at is null", (at, clip_id))
