"""Comments, tasks and clips: what is taken, what stands, who may move a task."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.access import AccessRole, Person
from qc_workbench.domain.coaching import ClipKind, CoachingTask, Comment, Passage, TaskState, TaskStep
from qc_workbench.errors import UsageError
from qc_workbench.review.coaching import (
    BY_AGENT,
    LONGEST_CLIP_S,
    OPEN_STATES,
    CommentedCall,
    clip,
    comment,
    is_overdue,
    standing_comments,
    step,
    take_back,
    task_from,
    task_state,
    worked_on_at,
)

AT = datetime(2026, 10, 5, 9, tzinfo=UTC)
DUE = date(2026, 10, 9)
CALL = CommentedCall("c1", "m1", 300.0)
QC = Person("qc-1", frozenset({AccessRole.QC}))
AGENT = Person("anna", frozenset({AccessRole.AGENT}), agent_id="m1")


def said(text: str = "Не спросила срок", minute: int = 0, **more: object) -> Comment:
    return comment(CALL, text, "qc-1", AT + timedelta(minutes=minute), for_coaching=True, **more)  # type: ignore[arg-type]


def refused(attempt: Callable[[], object]) -> str:
    with pytest.raises(UsageError) as error:
        attempt()
    return error.value.code


def test_a_comment_is_on_the_call_a_second_or_a_range_within_the_recording() -> None:
    assert said().passage is None
    assert said(passage=Passage(12.5)).passage == Passage(12.5)
    assert said(passage=Passage(0.0, 300.0)).passage == Passage(0.0, 300.0)
    for wrong in (Passage(-1.0), Passage(301.0), Passage(10.0, 5.0), Passage(10.0, 301.0), Passage(float("nan"))):
        assert refused(lambda wrong=wrong: said(passage=wrong)) == "comment_outside"  # type: ignore[misc]


def test_comments_say_something_and_who_says_it() -> None:
    assert refused(lambda: said("   ")) == "comment_empty"
    assert refused(lambda: said("д" * 4001)) == "comment_too_long"
    assert refused(lambda: comment(CALL, "текст", " ", AT)) == "comment_needs_name"


def test_an_edit_takes_the_place_of_the_comment_and_an_empty_one_takes_it_back() -> None:
    whole, late = said("весь звонок"), said("в конце", 1, passage=Passage(200.0))
    early = said("рано", 2, passage=Passage(3.0))
    assert standing_comments([late, early, whole]) == (whole, early, late)
    edited = said("в самом конце", 3, passage=Passage(200.0), edits=late)
    assert standing_comments([whole, late, early, edited]) == (whole, early, edited)
    gone = said("", 4, edits=edited)
    assert standing_comments([whole, late, early, edited, gone]) == (whole, early)
    assert refused(lambda: comment(CALL, "чужое", "qc-2", AT, edits=late)) == "comment_not_yours"


def test_a_task_comes_from_the_flagged_comments_of_one_agent() -> None:
    plain = comment(CALL, "к слову", "qc-1", AT)
    first, second = said("раз", question="needs"), said("два", 1, question="needs")
    task = task_from([plain, first, second], " Уточнять срок ", DUE, QC, AT)
    assert (task.agent, task.text, task.question, task.calls) == ("m1", "Уточнять срок", "needs", ("c1",))
    assert task.comments == (first.comment_id, second.comment_id)
    assert task_from([first, said("три", 2)], "текст", DUE, QC, AT).question is None  # they are about different things
    other = comment(CommentedCall("c2", "m2", 10.0), "другой", "qc-1", AT, for_coaching=True)
    assert refused(lambda: task_from([first, other], "текст", DUE, QC, AT)) == "task_several_agents"
    assert refused(lambda: task_from([plain], "текст", DUE, QC, AT)) == "task_without_comments"
    assert refused(lambda: task_from([first], "", DUE, QC, AT)) == "task_empty"
    assert refused(lambda: task_from([first], "текст", DUE, AGENT, AT)) == "task_for_yourself"


TASK = task_from([said()], "Уточнять срок", DUE, QC, AT)


def walked(*states: TaskState, task: CoachingTask = TASK) -> list[TaskStep]:
    steps: list[TaskStep] = []
    for state in states:
        steps.append(step(task, steps, state, AGENT if state in BY_AGENT else QC, AT))
    return steps


def test_the_agent_says_seen_and_done_and_somebody_else_whether_it_is_enough() -> None:
    whole = walked(TaskState.SEEN, TaskState.DONE, TaskState.GIVEN, TaskState.DONE, TaskState.CLOSED)
    assert [item.step for item in whole] == [1, 2, 3, 4, 5]
    assert task_state(TASK, whole) is TaskState.CLOSED
    assert task_state(TASK, reversed(whole)) is TaskState.CLOSED
    assert task_state(TASK, []) is TaskState.GIVEN
    done = walked(TaskState.DONE)
    assert refused(lambda: step(TASK, done, TaskState.CLOSED, AGENT, AT)) == "task_not_yours"
    assert refused(lambda: step(TASK, [], TaskState.DONE, QC, AT)) == "task_not_yours"


@given(st.lists(st.tuples(st.sampled_from(list(TaskState)), st.sampled_from([QC, AGENT])), max_size=12))
def test_whatever_is_attempted_a_closed_task_stays_closed(spec: list[tuple[TaskState, Person]]) -> None:
    steps: list[TaskStep] = []
    for state, person in spec:
        before = task_state(TASK, steps)
        try:
            steps.append(step(TASK, steps, state, person, AT))
        except UsageError:
            continue
        assert before in OPEN_STATES
        assert (person is AGENT) is (state in BY_AGENT)
    assert task_state(TASK, steps) is (steps[-1].state if steps else TaskState.GIVEN)


def test_only_what_the_agent_has_not_done_is_overdue() -> None:
    late = DUE + timedelta(days=1)
    assert not is_overdue(TASK, TaskState.GIVEN, DUE)
    assert [state for state in TaskState if is_overdue(TASK, state, late)] == [TaskState.GIVEN, TaskState.SEEN]


def test_a_clip_is_a_titled_passage_of_a_length_that_somebody_hears_to_its_end() -> None:
    kept = clip(CALL, 10.0, 25.0, ClipKind.GOOD, " Мягко про цену ", "qc-1", AT, "price")
    assert (kept.title, kept.kind, kept.question, kept.retired_at) == ("Мягко про цену", ClipKind.GOOD, "price", None)
    assert refused(lambda: clip(CALL, 10.0, 25.0, ClipKind.BAD, " ", "qc-1", AT)) == "clip_needs_title"
    assert refused(lambda: clip(CALL, 10.0, 10.5, ClipKind.BAD, "а", "qc-1", AT)) == "clip_length"
    assert refused(lambda: clip(CALL, 0.0, LONGEST_CLIP_S + 1, ClipKind.BAD, "а", "qc-1", AT)) == "clip_length"
    assert refused(lambda: clip(CALL, 290.0, 310.0, ClipKind.BAD, "а", "qc-1", AT)) == "comment_outside"


def test_whoever_took_the_last_step_takes_it_back_and_the_agents_word_stays() -> None:
    other = Person("qc-2", frozenset({AccessRole.QC}))
    closed = walked(TaskState.DONE, TaskState.CLOSED)
    back = take_back(TASK, closed, QC, AT)
    assert (back.step, back.state, back.by) == (3, TaskState.DONE, "qc-1")
    assert refused(lambda: take_back(TASK, closed, other, AT)) == "task_nothing_to_undo"
    assert refused(lambda: take_back(TASK, closed, AGENT, AT)) == "task_nothing_to_undo"
    assert refused(lambda: take_back(TASK, walked(TaskState.DONE), AGENT, AT)) == "task_nothing_to_undo"
    assert refused(lambda: take_back(TASK, [], QC, AT)) == "task_nothing_to_undo"
    assert take_back(TASK, walked(TaskState.CANCELLED), QC, AT).state is TaskState.GIVEN


def test_a_task_is_worked_on_when_its_agent_says_so_and_not_when_a_step_is_taken_back() -> None:
    def at(minute: int) -> datetime:
        return AT + timedelta(minutes=minute)

    def of(*spec: tuple[TaskState, str]) -> list[TaskStep]:
        return [TaskStep(TASK.task_id, n, state, "", by, at(n)) for n, (state, by) in enumerate(spec, 1)]

    done, closed, seen, again = TaskState.DONE, TaskState.CLOSED, TaskState.SEEN, TaskState.GIVEN
    assert worked_on_at(TASK, []) is None
    assert worked_on_at(TASK, of((seen, "anna"), (done, "anna"))) == at(2)
    assert worked_on_at(TASK, of((done, "anna"), (closed, "qc-1"), (done, "qc-1"))) == at(1)
    assert worked_on_at(TASK, of((done, "anna"), (again, "qc-1"))) is None
    assert worked_on_at(TASK, of((done, "anna"), (again, "qc-1"), (done, "anna"))) == at(3)
    assert worked_on_at(TASK, of((done, "anna"), (again, "qc-1"), (done, "qc-1"))) == at(1)
