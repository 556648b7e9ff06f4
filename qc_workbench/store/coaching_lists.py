"""Lists of the coaching room, filtered and paged where the rows are: comments to work on, tasks by state, clips."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Final

from qc_workbench.domain.coaching import Clip, ClipKind, CoachingTask, Comment, TaskState
from qc_workbench.store.coaching import clip_of, comment_of, task_of
from qc_workbench.store.database import Reader, Statement

#: Tasks with the state of their last step. ``review.coaching.task_state`` and ``is_overdue`` in SQL; takes today.
_TASKS: Final = """
    tasks as (
        select t.*, coalesce(s.state, 'given') as state, coalesce(s.state, 'given') in ('given', 'seen') and t.due < ?
            as overdue
        from coaching_tasks t
        left join (select task_id, arg_max(state, step) as state from coaching_steps group by task_id) s using (task_id)
    )"""
#: ``review.coaching.standing_comments`` in SQL, those for coaching that no task came from.
_UNUSED: Final = """
    unused as (
        select * from comments c where for_coaching and comment <> ''
          and comment_id not in (select supersedes from comments where supersedes is not null)
          and comment_id not in (
            select unnest(from_json(comments, '["varchar"]')) from coaching_tasks t where task_id not in (
                select task_id from coaching_steps group by task_id having arg_max(state, step) = 'cancelled'))
    )"""
_AGENTS: Final = "(? or list_contains(?::varchar[], agent))"


def _within(agents: Collection[str] | None) -> tuple[bool, list[str]]:
    return agents is None, sorted(agents or ())


def unused_comments(reader: Reader, agents: Collection[str] | None, limit: int) -> list[Comment]:
    """Comments for coaching that no task came from yet (or only cancelled ones), the newest first."""
    rows = reader.rows(
        f"with {_UNUSED} select * from unused where {_AGENTS} order by made_at desc, comment_id limit ?",  # noqa: S608 - of this module
        *_within(agents),
        limit,
    )
    return [comment_of(row) for row in rows]


def comments_with_ids(reader: Reader, comment_ids: Collection[str]) -> list[Comment]:
    rows = reader.rows(
        "select * from comments where comment_id in (select unnest(?::varchar[])) order by made_at, comment_id",
        list(comment_ids),
    )
    return [comment_of(row) for row in rows]


def task_counts(reader: Reader, agents: Collection[str] | None, today: date) -> tuple[dict[TaskState, int], int]:
    """How many tasks are in each state, and how many of all are overdue."""
    rows = reader.rows(
        f"with {_TASKS} select state, count(*) as n, count(*) filter (overdue) as late from tasks where {_AGENTS} "  # noqa: S608 - of this module
        "group by all",
        today,
        *_within(agents),
    )
    return {TaskState(row["state"]): row["n"] for row in rows}, sum(row["late"] for row in rows)


def tasks_listed(
    reader: Reader,
    agents: Collection[str] | None,
    states: Collection[TaskState],
    today: date,
    limit: int,
    offset: int = 0,
    *,
    only_overdue: bool = False,
) -> list[CoachingTask]:
    """Tasks in these states; what is due first comes first, of finished ones the newest."""
    finished = not set(states) & {TaskState.GIVEN, TaskState.SEEN, TaskState.DONE}
    rows = reader.rows(
        f"with {_TASKS} select * exclude (state, overdue) from tasks where {_AGENTS} "  # noqa: S608 - of this module
        "and list_contains(?::varchar[], state) and (overdue or not ?) "
        f"order by {'due desc' if finished else 'due'}, given_at desc, task_id limit ? offset ?",
        today,
        *_within(agents),
        sorted(state.value for state in states),
        only_overdue,
        limit,
        offset,
    )
    return [task_of(row) for row in rows]


def task_with_id(reader: Reader, task_id: str) -> CoachingTask | None:
    row = reader.row("select * from coaching_tasks where task_id = ?", task_id)
    return task_of(row) if row else None


def clips_listed(
    reader: Reader, kind: ClipKind | None, text: str, limit: int, offset: int = 0
) -> tuple[list[Clip], int]:
    """Clips in the library, the newest first, and how many there are. ``text``: is in the title, case aside."""
    condition = "retired_at is null and (? is null or kind = ?) and contains(lower(title), lower(?))"
    code = kind.value if kind else None
    rows = reader.rows(
        f"select * from clips where {condition} order by kept_at desc, clip_id limit ? offset ?",  # noqa: S608 - of this module
        code, code, text.strip(), limit, offset,
    )  # fmt: skip
    total = reader.value(f"select count(*) from clips where {condition}", code, code, text.strip())  # noqa: S608 - of this module
    return [clip_of(row) for row in rows], int(total)


def restored(clip_id: str) -> Statement:
    """A retired clip is in the library again."""
    return Statement("update clips set retired_at = null where clip_id = ?", (clip_id,))
