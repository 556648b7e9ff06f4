"""Moves, comments, tasks and clips come back from the store as they were, and nobody's move is lost to another's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from qc_workbench.domain.coaching import Clip, ClipKind, CoachingTask, Comment, Passage, TaskState, TaskStep
from qc_workbench.domain.dispute import DisputeMove, Move
from qc_workbench.domain.evaluation import Reply
from qc_workbench.errors import WriteRefused
from qc_workbench.store import coaching, disputes
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Store, insert, insert_all

AT = datetime(2026, 10, 5, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "qcw.duckdb", tmp_path / ".locks")
    made.migrate()
    return made


def move(step: int, kind: Move, evaluation: str = "e1", question: str = "greeting") -> DisputeMove:
    reply = Reply(question, ("yes", "no"), "hurry", "слышно") if kind in (Move.DISPUTE, Move.RULE) else None
    return DisputeMove(evaluation, "c1", question, step, kind, reply, "почему", "anna", AT + timedelta(minutes=step))


def test_moves_come_back_as_they_were_made(store: Store) -> None:
    made = [move(1, Move.DISPUTE), move(2, Move.RULE), move(3, Move.APPEAL)]
    for item in made:
        store.apply(disputes.written([item], audit_entry(AT, "anna", "disputed", "c1")))
    store.apply(disputes.written([move(1, Move.ACKNOWLEDGE, question="needs"), move(1, Move.DISPUTE, "e2")]))
    with store.reading() as reader:
        assert disputes.moves_of(reader, ["e1"]) == [*made, move(1, Move.ACKNOWLEDGE, question="needs")]
        assert reader.value("select count(*) from audit where action = 'disputed'") == 3


def test_of_two_moves_decided_on_the_same_state_the_second_is_refused_whole(store: Store) -> None:
    """The agent takes the dispute back while somebody rules on it."""
    store.apply(disputes.written([move(1, Move.DISPUTE)]))
    store.apply(disputes.written([move(2, Move.RULE)]))
    with pytest.raises(WriteRefused):
        store.apply(disputes.written([move(1, Move.ACKNOWLEDGE, question="needs"), move(2, Move.WITHDRAW)]))
    with store.reading() as reader:
        assert [item.move for item in disputes.moves_of(reader, ["e1"])] == [Move.DISPUTE, Move.RULE]


def test_evaluations_that_wait_for_a_ruling_are_listed_longest_first(store: Store) -> None:
    for item in (
        move(1, Move.DISPUTE, "ruled"), move(2, Move.RULE, "ruled"), move(1, Move.ACKNOWLEDGE, "agreed"),
        replace(move(1, Move.DISPUTE, "new"), at=AT + timedelta(days=2)), move(1, Move.DISPUTE, "appealed"),
        move(2, Move.RULE, "appealed"), move(3, Move.APPEAL, "appealed"),
    ):  # fmt: skip
        store.apply(disputes.written([item]))
    with store.reading() as reader:
        assert disputes.waiting_for_ruling(reader) == ["appealed", "new"]


def test_comments_come_back_with_their_place_in_the_call(store: Store) -> None:
    made = [
        Comment("k1", "c1", "m1", None, "весь", "qc", AT),
        Comment("k2", "c1", "m1", Passage(3.5), "секунда", "qc", AT + timedelta(minutes=1), True, "needs"),
        Comment("k3", "c2", "m1", Passage(0.0, 7.25), "отрезок", "qc", AT + timedelta(minutes=2), supersedes="k2"),
    ]
    store.write(*insert_all("comments", [coaching.comment_row(item) for item in made]))
    with store.reading() as reader:
        assert coaching.comments_of_calls(reader, ["c1"]) == made[:2]
        assert coaching.comments_of_agent(reader, "m1", AT + timedelta(seconds=1)) == made[1:]
        assert coaching.comments_of_agent(reader, "m2", AT) == []


def test_tasks_and_their_steps_come_back_and_a_step_is_made_once(store: Store) -> None:
    first = CoachingTask("t1", "m1", "Уточнять срок", ("k1", "k2"), ("c1",), "needs", date(2026, 10, 9), "qc", AT)
    second = replace(first, task_id="t2", agent="m2", question=None, given_at=AT + timedelta(days=1))
    store.write(*insert_all("coaching_tasks", [coaching.task_row(item) for item in (first, second)]))
    seen = TaskStep("t1", 1, TaskState.SEEN, "", "anna", AT)
    store.apply(coaching.step_written(seen))
    with pytest.raises(WriteRefused):
        store.apply(coaching.step_written(replace(seen, state=TaskState.CANCELLED)))
    with store.reading() as reader:
        assert coaching.tasks_of_agents(reader) == [second, first]
        assert coaching.tasks_of_agents(reader, ["m1"]) == [first]
        assert coaching.tasks_of_agents(reader, []) == []
        assert coaching.steps_of(reader, ["t1", "t2"]) == [seen]


def test_a_retired_clip_leaves_the_library_and_is_still_known(store: Store) -> None:
    good = Clip("p1", "c1", 3.0, 12.5, ClipKind.GOOD, "Мягко про цену", "price", "qc", AT)
    bad = Clip("p2", "c2", 0.0, 9.0, ClipKind.BAD, "Перебивает", None, "qc", AT + timedelta(days=1))
    for item in (good, bad):
        store.write(insert("clips", coaching.clip_row(item)))
    with store.reading() as reader:
        assert coaching.library(reader) == [bad, good]
        assert coaching.library(reader, ["price"]) == [good]
    later = AT + timedelta(days=3)
    store.write(coaching.retired("p1", later))
    store.write(coaching.retired("p1", later + timedelta(days=1)))
    with store.reading() as reader:
        assert coaching.library(reader) == [bad]
        assert coaching.clip_with_id(reader, "p1") == replace(good, retired_at=later)
        assert coaching.clip_with_id(reader, "nobody") is None
