"""The queue of a reviewer: today first, late marked, the next call, replacing and taking back; what a head sees."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pipelines.assign_reviews import assign_reviews
from pipelines.progress import Silent
from qc_workbench.domain.evaluation import Evaluation, EvaluationState, Purpose
from qc_workbench.domain.sampling import Queue
from qc_workbench.errors import UsageError
from qc_workbench.review.reserving import ServedAgain, ServedTo
from qc_workbench.store import calls, open_calls, second_looks
from qc_workbench.store.calls import audit_entry, call_row
from qc_workbench.store.database import Statement, insert, insert_all
from qc_workbench.store.people import absence_noted
from qc_workbench.ui.accounts import viewer_of
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.listening_day import listening_day
from qc_workbench.ui.views.listening_plans import reviewer_loads
from qc_workbench.ui.views.queue import (
    begin_listening,
    drawn_pages,
    mark_listened,
    may_replace,
    next_call,
    next_on_the_way,
    purpose_of,
    put_back,
    replace_in_queue,
    undo_in_queue,
)
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start

NOW = datetime.now(UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """One drawn call of Глеб's is late; three flagged ones are on the targeted queue. He hears 30 calls on any day."""
    made = company.sample_company(tmp_path / "queue")
    made.store.write(Statement("update people set weekdays = '[0,1,2,3,4,5,6]'"))
    assign_reviews(made, NOW, Silent())
    return made


def viewer(workspace: Workspace, employee: str = "q1") -> Viewer:
    found = viewer_of(workspace, company.token(workspace, employee), datetime.now(UTC))
    assert found is not None
    return found


def bars(app: AppTest) -> str:
    return "\n".join(element.proto.text for element in app.main.get("progress"))


@pytest.mark.parametrize(
    ("language", "texts", "progress"),
    [
        ("ru", ("Мои звонки на сегодня · 1", "Слушать", "Заменить…", "Адресная проверка · 3"),
         ("Сегодня 0 из 2", "рассчитано на 30 звонков в день", "2 звонка просрочено", "из них 1 из адресной",
          "Ежедневная выборка, 7 окт.", ": 1 из 2, срок прошёл")),
        ("en", ("My calls today · 1", "Listen", "Replace…", "Targeted · 3"),
         ("Today 0 of 2", "planned for 30 calls a day", "2 calls late", "1 of them targeted", ": 1 of 2, late")),
    ],
)  # fmt: skip
def test_a_reviewer_sees_today_with_what_is_late_and_how_far_the_plans_are(
    workspace: Workspace, language: str, texts: tuple[str, ...], progress: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    app = enter(start(workspace.home, language, monkeypatch, "q1"), "queue")
    shown = read(app)
    assert [text for text in texts if text not in shown] == []
    assert [text for text in progress if text not in bars(app)] == [], bars(app)
    assert [box.key for box in app.selectbox] == []  # whose queue is asked of heads only


@pytest.mark.parametrize(("language", "late"), [("ru", ", просрочен"), ("en", ", late")])
def test_the_table_says_since_when_a_call_is_late(
    workspace: Workspace, language: str, late: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = enter(start(workspace.home, language, monkeypatch, "q1"), "queue")
    (row,) = app.dataframe[0].value.to_dict("records")
    assert any(str(cell).endswith(late) for cell in row.values())


@pytest.mark.parametrize(
    ("language", "texts"),
    [("ru", ("Специалисты сегодня", "Случайная выборка · 1")), ("en", ("Reviewers today", "Random sample · 1"))],
)
def test_a_head_sees_everybody_and_may_look_at_one_reviewers_day(
    workspace: Workspace, language: str, texts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = enter(start(workspace.home, language, monkeypatch, "h1"), "queue")
    shown = read(app)
    assert [text for text in texts if text not in shown] == []
    app.selectbox(key="queue_reviewer").set_value("q1").run()
    shown = read(app)
    assert ("Звонки на сегодня, Глеб Слушатель · 1" if language == "ru" else "Calls of Глеб Слушатель today") in shown
    assert "queue_replace" not in {button.key for button in app.button}


def test_a_reviewer_who_replaces_far_more_than_others_is_named_to_the_head(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(9):
        at = NOW - timedelta(hours=n)
        workspace.store.write(
            audit_entry(at, "Глеб Слушатель", "call_replaced", f"r{n}", draw="d", reason="silent"),
            *(audit_entry(at, "Вера Главная", "call_listened", f"h{n}-{m}") for m in range(4)),
        )
    (load,) = reviewer_loads(workspace, NOW)
    assert load.replaced is not None
    assert (load.replaced.replaced, load.replaced.stands_out) == (9, True)
    shown = read(enter(start(workspace.home, "ru", monkeypatch, "h1"), "queue"))
    assert "Заменяет заметно чаще других: 100 % против 0 %" in shown.replace("\xa0", " ")
    assert "Заменяет" not in read(enter(start(workspace.home, "ru", monkeypatch, "q1"), "queue"))


def test_opening_a_call_of_ones_own_puts_it_in_progress_and_back(workspace: Workspace) -> None:
    def state() -> object:
        with workspace.store.reading() as reader:
            return reader.value("select status from sample where call_id = ?", company.PROMISE)

    begin_listening(workspace, viewer(workspace, "h1"), company.PROMISE, NOW)
    begin_listening(workspace, viewer(workspace, "m1"), company.PROMISE, NOW)
    assert state() == "waiting"
    begin_listening(workspace, viewer(workspace), company.PROMISE, NOW)
    assert state() == "in_progress"
    day = listening_day(workspace, "q1", NOW)
    assert day.today[0].is_begun
    (load,) = reviewer_loads(workspace, NOW)
    assert (load.late, day.late) == (2, 2), "a call that was begun is as late to a head as to the specialist"
    put_back(workspace, viewer(workspace), company.PROMISE)
    assert state() == "waiting"


def test_the_next_call_is_of_the_random_sample_then_targeted_then_none(workspace: Workspace) -> None:
    me = viewer(workspace)
    order = []
    while (call_id := next_call(workspace, me, NOW)) is not None:
        order.append(call_id)
        begin_listening(workspace, me, call_id, NOW)
        assert next_call(workspace, me, NOW) == call_id  # what was begun comes first
        mark_listened(workspace, call_id, me.name, NOW)
    assert order == [company.PROMISE, company.PADDED]  # drawn first, then the targeted one that is late
    day = listening_day(workspace, "q1", NOW)
    assert (day.heard.calls, day.heard.targeted, day.left, day.later_total) == (2, 1, 0, 2)
    assert next_on_the_way(workspace, me, NOW) in {company.UNSURE, company.REFUSED}


def test_a_call_that_was_handed_in_is_not_the_next_even_before_its_draw_says_so(workspace: Workspace) -> None:
    hand_in(workspace, company.PROMISE, "account-q1", 250.0)
    assert next_call(workspace, viewer(workspace), NOW) != company.PROMISE
    heard = listening_day(workspace, "q1", NOW).heard
    assert (heard.calls, heard.mean_s) == (1, 250.0)


def test_without_capacities_everything_somebody_has_is_for_today(workspace: Workspace) -> None:
    workspace.store.write(Statement("update people set calls_a_day = 0"))
    many(workspace, 50)
    day = listening_day(workspace, "q1", NOW)
    assert (day.capacity, len(day.today), len(day.targeted_today), day.later_total) == (None, 51, 3, 0)


def test_without_capacities_whoever_may_score_gets_what_nobody_has(workspace: Workspace) -> None:
    workspace.store.write(
        Statement("update people set calls_a_day = 0"), Statement("update sample set assigned_to = null")
    )
    assert next_call(workspace, viewer(workspace), NOW) == company.PROMISE
    assert next_call(workspace, viewer(workspace, "h1"), NOW) == company.PROMISE
    assert next_call(workspace, viewer(workspace, "m1"), NOW) is None


def test_a_replaced_call_gives_the_newcomer_to_the_same_reviewer_and_can_be_taken_back(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = enter(start(workspace.home, "ru", monkeypatch, "q1"), "queue")
    app.button(key="queue_replace").click().run()
    assert "Почему звонок нельзя оценить" in read(app)
    app.button(key="queue_keep").click().run()
    assert "Почему звонок нельзя оценить" not in read(app)
    app.button(key="queue_replace").click().run()
    app.button(key="queue_replacement.damaged").click().run()
    day = listening_day(workspace, "q1", NOW)
    assert [task.call_id for task in day.today] == [company.REFUSED]
    app.button(key="queue_undo").click().run()
    read(app)
    assert [task.call_id for task in listening_day(workspace, "q1", NOW).today] == [company.PROMISE]
    assert {button.key for button in app.button} & {"queue_undo"} == set()


def test_the_call_page_offers_a_replacement_for_calls_of_the_own_queue_only(workspace: Workspace) -> None:
    def may(employee: str, call_id: str) -> bool:
        with workspace.store.reading() as reader:
            found = calls.call(reader, call_id)
        assert found is not None
        return may_replace(workspace, viewer(workspace, employee), found)

    assert may("q1", company.PROMISE)
    assert not may("q1", company.TALK)  # nobody drew it
    assert not may("h1", company.PROMISE)
    mark_listened(workspace, company.PROMISE, "Глеб Слушатель", NOW)
    assert not may("q1", company.PROMISE)


def test_only_a_specialist_of_quality_control_replaces(workspace: Workspace) -> None:
    for employee in ("h1", "m1"):
        with pytest.raises(UsageError, match="not_allowed"):
            replace_in_queue(workspace, viewer(workspace, employee), company.PROMISE, "silent", NOW)
        with pytest.raises(UsageError, match="not_allowed"):
            undo_in_queue(workspace, viewer(workspace, employee), company.PROMISE, ["draw-1"], NOW)


def test_an_empty_day_says_what_is_next_and_when_and_enter_goes_on(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = NOW.astimezone(workspace.settings.company.zone).date()
    workspace.store.write(absence_noted("account-q1", today, today))
    app = enter(start(workspace.home, "ru", monkeypatch, "q1"), "queue")
    assert "На сегодня всё. Дальше — " in read(app)
    assert "Сегодня по графику прослушки нет" in bars(app)
    app.button(key="queue_go_on").click().run()
    with workspace.store.reading() as reader:
        assert reader.value("select status from sample where call_id = ?", company.PROMISE) == "in_progress"


def test_a_head_of_one_team_sees_no_calls_of_another(workspace: Workspace) -> None:
    only_first = frozenset({"m1"})
    shown = drawn_pages(workspace, agents=only_first)
    agents = {item.call.manager_id for page in shown.values() for item in page.calls}
    assert agents == {"m1"}
    assert shown[Queue.RANDOM].total == 0


def test_a_call_that_comes_round_looks_like_any_other_and_is_scored_apart(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = ServedAgain(company.TALK, "q9", "q1", ServedTo.ANOTHER, NOW - timedelta(days=3), 0.05)
    due = NOW.date() + timedelta(days=2)
    workspace.store.apply(second_looks.drawn("2026-W40", [again]))
    workspace.store.write(second_looks.served(["q1"], NOW, due))
    app = enter(start(workspace.home, "ru", monkeypatch, "q1"), "queue")
    tables = [row for table in app.dataframe for row in table.value.to_dict("records")]
    (row,) = [row for row in tables if row["Когда"].startswith("8 окт.")]
    assert row["Почему"].startswith("Ежедневная выборка, 7 окт.")
    with workspace.store.reading() as reader:
        assert purpose_of(reader, company.TALK, "q1") is Purpose.SECOND_LOOK
        before = open_calls.plan_rows(reader, "UTC")
    me = viewer(workspace)
    begin_listening(workspace, me, company.TALK, NOW)
    assert next_call(workspace, me, NOW) == company.TALK
    hand_in(workspace, company.TALK, "account-q1", 100.0, Purpose.SECOND_LOOK)
    assert company.TALK not in {task.call_id for task in listening_day(workspace, "q1", NOW).today}
    with workspace.store.reading() as reader:
        assert open_calls.plan_rows(reader, "UTC") == before


def test_a_call_that_comes_round_may_be_replaced_like_any_other_and_that_taken_back(workspace: Workspace) -> None:
    again = ServedAgain(company.TALK, "q9", "q1", ServedTo.ANOTHER, NOW - timedelta(days=3), 0.05)
    workspace.store.apply(second_looks.drawn("2026-W40", [again]))
    workspace.store.write(second_looks.served(["q1"], NOW, NOW.date()))
    me = viewer(workspace)
    draws = replace_in_queue(workspace, me, company.TALK, "damaged", NOW)
    assert company.TALK not in {task.call_id for task in listening_day(workspace, "q1", NOW).today}
    with workspace.store.reading() as reader:
        assert reader.value("select status from sample where call_id = ?", company.TALK) == "done"
        assert open_calls.replaced(reader, NOW, NOW + timedelta(days=1)) == [("Глеб Слушатель", "damaged")]
    undo_in_queue(workspace, me, company.TALK, draws, NOW)
    assert company.TALK in {task.call_id for task in listening_day(workspace, "q1", NOW).today}


def test_many_calls_are_shown_by_days(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    many(workspace, 60)
    day = listening_day(workspace, "q1", NOW)
    assert day.capacity == 30
    assert len(day.today) + len(day.targeted_today) == 30
    assert day.later_total > 30
    assert all(first.day <= second.day for first, second in zip(day.later, day.later[1:], strict=False))
    shown = enter(start(workspace.home, "en", monkeypatch, "q1"), "queue")
    app_labels = [element.label for element in shown.expander]
    assert any(label.startswith("Coming days") for label in app_labels)
    first = shown.button(key="queue_up").disabled
    shown.button(key="queue_down").click().run()
    assert (first, shown.button(key="queue_up").disabled) == (True, False)


def many(workspace: Workspace, number: int) -> None:
    """As many calls of m2, drawn long ago for Глеб."""
    base = next(call for call in company._calls() if call.call_id == company.TALK)
    calls = [replace(base, call_id=f"many-{n}", recording_name=None) for n in range(number)]
    workspace.store.write(*insert_all("calls", [call_row(call, NOW) for call in calls]))
    with workspace.store.reading() as reader:
        row = reader.row("select * from sample where call_id = ?", company.PROMISE)
    assert row is not None
    workspace.store.insert_many("sample", [{**row, "call_id": call.call_id, "status": "waiting"} for call in calls])


def hand_in(workspace: Workspace, call_id: str, person: str, spent_s: float, purpose: Purpose = Purpose.SCORE) -> None:
    made = Evaluation(
        f"{purpose}-{call_id}", call_id, "f", 1, person, EvaluationState.SUBMITTED, NOW, spent_s,
        submitted_at=NOW, score=Decimal(80), purpose=purpose,
    )  # fmt: skip
    row = {name: getattr(made, name) for name in Evaluation.__slots__}
    workspace.store.write(insert("evaluations", row | {"state": "submitted", "purpose": purpose.value}))
