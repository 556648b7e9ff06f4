"""From a comment to a task, to what came of it; and the library of clips."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qc_workbench.domain.coaching import ClipKind, TaskState
from qc_workbench.domain.sampling import Queue, SampledCall, SampleStatus
from qc_workbench.errors import UsageError, WriteRefused
from qc_workbench.review.coaching import task_state
from qc_workbench.store import coaching, samples
from qc_workbench.store.database import Statement, insert
from qc_workbench.ui.components.coaching_clips import seconds_of
from qc_workbench.ui.components.coaching_follow_up import sentence
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.views.coaching import (
    TaskShelf,
    comments_waiting,
    give_task,
    keep_clip,
    own_tasks,
    tasks_of_shelf,
    write_step,
)
from qc_workbench.ui.views.follow_up import task_follow_up
from qc_workbench.ui.views.my import Shelf
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.scored_company import GOOD, POOR, comment, publish, score, scored_company
from tests.ui.test_disputes_room import enter, read, start, viewer

NOW = datetime.now(UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return company.sample_company(tmp_path / "company")


@pytest.mark.parametrize("language", ["ru", pytest.param("en", marks=pytest.mark.slow)])
def test_an_empty_department_has_a_room_of_coaching(
    tmp_path: Path, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = company.empty_company(tmp_path / "empty").home
    says = {
        "ru": ("Заданий в работе нет", "Комментарии для заданий"),
        "en": ("No tasks are open", "Comments for tasks"),
    }
    shown = read(enter(start(home, "h1", language, monkeypatch), "coaching"))
    assert says[language][0] in shown
    app = enter(start(home, "m1", language, monkeypatch), "coaching")
    app.button_group(key="coaching_shelf").set_value("clips").run()
    shown = read(app)
    assert ("Примеров пока нет" if language == "ru" else "No examples yet") in shown
    assert (
        "Сохранить отрезок звонка" if language == "ru" else "Keep a passage of a call\n"
    ) not in shown + "\n"  # agents keep none


def test_a_comment_becomes_a_task_that_its_agent_sees_does_and_the_head_closes(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored_company(workspace, NOW)
    head = enter(start(workspace.home, "h1", "ru", monkeypatch), "coaching")
    head.button_group(key="coaching_shelf").set_value("comments").run()
    (waiting,) = comments_waiting(workspace, viewer(workspace, "h1"))
    head.checkbox(key=f"use_{waiting.comment.comment_id}").check().run()
    assert "Отмечен 1 комментарий" in read(head)
    head.text_area(key="task_text").set_value("Всегда назначать следующий шаг")
    head.button(key="task_give").click().run()
    assert "Комментариев, из которых можно сделать задание, нет" in read(head)

    agent = enter(start(workspace.home, "m2", "ru", monkeypatch), "my")
    agent.button_group(key="my_shelf").set_value(Shelf.TASKS).run()
    shown = read(agent)
    assert "Всегда назначать следующий шаг" in shown
    assert "Клиент сам просит перезвонить" in shown
    with workspace.store.reading() as reader:
        (task,) = coaching.tasks_of_agents(reader)
        assert task_state(task, coaching.steps_of(reader, [task.task_id])) is TaskState.SEEN
    assert task.question == "step"  # the comment's
    agent.button(key=f"done_{task.task_id}").click().run()

    head = enter(start(workspace.home, "h1", "ru", monkeypatch), "coaching")
    assert "менеджер выполнил" in read(head) or "Ждут проверки · 1" in read(head)
    head.button(key=f"closed_{task.task_id}").click().run()
    head.button_group(key="task_shelf").set_value(TaskShelf.CLOSED).run()
    head.button(key=f"undo_{task.task_id}").click().run()
    with workspace.store.reading() as reader:
        steps = coaching.steps_of(reader, [task.task_id])
        audited = {row["action"] for row in reader.rows("select action from audit where action like 'coaching%'")}
    assert [step.state for step in steps] == [TaskState.SEEN, TaskState.DONE, TaskState.CLOSED, TaskState.DONE]
    assert audited == {
        "coaching_assigned", "coaching_seen", "coaching_done", "coaching_closed", "coaching_taken_back"
    }  # fmt: skip


def given(workspace: Workspace) -> None:
    scored_company(workspace, NOW)
    head = viewer(workspace, "h1")
    (waiting,) = comments_waiting(workspace, head)
    give_task(workspace, head, [waiting.comment], "Назначать шаг", (NOW + timedelta(days=3)).date(), None, NOW)


def test_of_two_steps_at_once_the_second_is_refused(workspace: Workspace) -> None:
    given(workspace)
    head, agent = viewer(workspace, "h1"), viewer(workspace, "m2")
    (seen_by_both,) = tasks_of_shelf(workspace, head, TaskShelf.OPEN, 1, NOW)
    write_step(workspace, agent, seen_by_both, TaskState.DONE, NOW)
    with pytest.raises(WriteRefused):
        write_step(workspace, head, seen_by_both, TaskState.CANCELLED, NOW)


def test_an_agent_neither_closes_a_task_nor_sees_those_of_others(workspace: Workspace) -> None:
    given(workspace)
    agent, other = viewer(workspace, "m2"), viewer(workspace, "m1")
    (case,) = own_tasks(workspace, agent, "m2", TaskShelf.OPEN, 1, NOW)
    with pytest.raises(UsageError, match="not_allowed"):
        write_step(workspace, agent, case, TaskState.CANCELLED, NOW)
    with pytest.raises(UsageError, match="not_allowed"):
        write_step(workspace, other, case, TaskState.DONE, NOW)
    assert tasks_of_shelf(workspace, other, TaskShelf.OPEN, 1, NOW) == ()


def test_a_cancelled_task_gives_its_comments_back(workspace: Workspace) -> None:
    given(workspace)
    head = viewer(workspace, "h1")
    assert comments_waiting(workspace, head) == ()
    (case,) = tasks_of_shelf(workspace, head, TaskShelf.OPEN, 1, NOW)
    write_step(workspace, head, case, TaskState.CANCELLED, NOW)
    assert len(comments_waiting(workspace, head)) == 1


def drawn_call(call_id: str, queue: Queue, at: datetime) -> SampledCall:
    return SampledCall(
        draw_id="draw-x", call_id=call_id, plan="p", period="2026-10", stratum="s", queue=queue,
        inclusion_probability=0.5, drawn_at=at, status=SampleStatus.DONE,
    )  # fmt: skip


def test_only_later_calls_of_the_random_sample_tell_whether_it_helped(workspace: Workspace) -> None:
    """The task came from a call in October; a later random one was good, a later targeted one is not counted."""
    version = publish(workspace, NOW - timedelta(days=60))
    october = datetime(2026, 10, 5, tzinfo=UTC)
    made = comment(workspace, company.PROMISE, "m2", "Шаг не назначен", october + timedelta(days=3))
    head, agent = viewer(workspace, "h1"), viewer(workspace, "m2")
    at = october + timedelta(days=3, hours=12)  # PROMISE, TALK before it; REFUSED, LATER after
    task = give_task(workspace, head, [made], "Назначать шаг", at.date(), None, at)
    (case,) = own_tasks(workspace, agent, "m2", TaskShelf.OPEN, 1, NOW)
    write_step(workspace, agent, case, TaskState.DONE, at + timedelta(hours=1))
    for call_id, answers in ((company.TALK, POOR), (company.REFUSED, GOOD), (company.LATER, POOR)):
        score(workspace, version, call_id, NOW, answers)
        queue = Queue.TARGETED if call_id == company.LATER else Queue.RANDOM
        drawn = drawn_call(call_id, queue, at)
        workspace.store.write(insert("sample", samples.sampled_row(drawn)))
    (case,) = own_tasks(workspace, agent, "m2", TaskShelf.DONE, 1, NOW)
    shown = task_follow_up(workspace, case, NOW)
    assert task.calls == (company.PROMISE,)
    assert (shown.found.calls_before, shown.found.calls_after) == (1, 1)
    assert (shown.found.before, shown.found.after) == (30, 100)
    assert [item.is_after for item in shown.calls] == [False, True]
    assert "Было 30, стало 100 из 100" in sentence(shown.found, Translator("ru"))
    assert "Too little to tell" in sentence(shown.found, Translator("en"))


def test_a_question_is_followed_by_its_own_answers(workspace: Workspace) -> None:
    version = publish(workspace, NOW - timedelta(days=60))
    october = datetime(2026, 10, 5, tzinfo=UTC)
    made = comment(workspace, company.PROMISE, "m2", "Шаг", october, question="step")
    head, at = viewer(workspace, "h1"), october + timedelta(days=3, hours=12)
    give_task(workspace, head, [made], "Назначать шаг", at.date(), None, at)
    for call_id, answers in ((company.TALK, POOR), (company.REFUSED, GOOD)):
        score(workspace, version, call_id, NOW, answers)
        drawn = drawn_call(call_id, Queue.RANDOM, at)
        workspace.store.write(insert("sample", samples.sampled_row(drawn)))
    (case,) = own_tasks(workspace, viewer(workspace, "m2"), "m2", TaskShelf.OPEN, 1, NOW)
    shown = task_follow_up(workspace, case, NOW)
    assert (shown.found.before, shown.found.after) == (50, None)  # not done yet: nothing is after


def test_a_clip_is_kept_from_seconds_retired_and_put_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = enter(start(workspace.home, "q1", "ru", monkeypatch), "coaching")
    app.button_group(key="coaching_shelf").set_value("clips").run()
    app.text_input(key="clip_call").set_value(company.TALK)
    app.text_input(key="clip_from").set_value("0:01")
    app.text_input(key="clip_to").set_value("0:05,5")
    app.text_input(key="clip_title_new").set_value("Вежливое начало")
    app.button(key="clip_keep_new").click().run()
    shown = read(app)
    assert "Вежливое начало" in shown
    assert "Борис" not in shown  # whose it is, is not said
    with workspace.store.reading() as reader:
        (clip,) = coaching.library(reader)
    assert (clip.from_s, clip.to_s, clip.kept_by) == (1.0, 5.5, "account-q1")
    app.button(key=f"retire_{clip.clip_id}").click().run()
    assert "Примеров пока нет" in read(app)
    app.button(key="clip_undo").click().run()
    assert "Вежливое начало" in read(app)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru", "запись удалена по сроку хранения 1 ноября 2026"),
        ("en", "recording removed by retention on 1 November 2026"),
    ],
)
def test_a_clip_and_a_comment_whose_recording_is_gone_say_so_and_offer_nothing_to_press(
    workspace: Workspace, language: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored_company(workspace, NOW)
    (waiting,) = comments_waiting(workspace, viewer(workspace, "h1"))
    call_id = waiting.comment.call_id
    keep_clip(workspace, viewer(workspace, "q1"), call_id, (1, 3), ClipKind.GOOD, "Начало", None, NOW)
    app = enter(start(workspace.home, "h1", language, monkeypatch), "coaching")
    for expired in (False, True):
        if expired:
            gone = "update recordings set state = 'expired', path = null, detail = '2026-11-01' where call_id = ?"
            workspace.store.write(Statement(gone, (call_id,)))
        for shelf in ("clips", "comments"):
            app.button_group(key="coaching_shelf").set_value(shelf).run()
            assert (words in read(app), len(app.get("bidi_component")) == 0) == (expired, expired), (shelf, expired)


@pytest.mark.parametrize(("text", "seconds"), [("1:05", 65.0), ("65", 65.0), (" 0:01,5 ", 1.5), ("10:00", 600.0)])
def test_seconds_are_read_as_players_show_them(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "a", "1:b", "1:2:3", "nan", "-5"])
def test_what_is_no_place_in_a_recording_is_said_so(text: str) -> None:
    with pytest.raises(UsageError, match="clip_seconds"):
        seconds_of(text)
