"""The room of the schedule: what runs when, how it went, and what a button does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from qc_workbench.domain.schedule import Outcome, Run, When
from qc_workbench.errors import UsageError
from qc_workbench.store import schedule
from qc_workbench.ui import operations
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.schedule_words import when_text
from qc_workbench.ui.views.schedule import ask, history, set_paused
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start

NOW = datetime.now(UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return company.sample_company(tmp_path / "office")


def run(workspace: Workspace, days_ago: int, outcome: Outcome, minutes: int = 3, **more: object) -> None:
    began = NOW - timedelta(days=days_ago)
    begun = Run("nightly", began, 1, None, "run-gone", began, None, Outcome.RUNNING)
    workspace.store.apply(schedule.claimed(begun))
    values: dict[str, object] = {"finished_at": began + timedelta(minutes=minutes), "outcome": outcome, **more}
    done = {name: getattr(begun, name) for name in Run.__dataclass_fields__} | values
    workspace.store.apply(schedule.ended(Run(**done)))  # type: ignore[arg-type]


def room(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str = "ru", who: str = "h1") -> AppTest:
    return enter(start(workspace.home, language, monkeypatch, who), "schedule")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru", ("выполнено", "новых звонков: 7", "Повторная попытка", "по времени")),
        ("en", ("done", "new calls: 7", "Next attempt", "by the clock")),
    ],
)
def test_it_says_how_the_last_runs_went_and_what_to_do(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, language: str, words: tuple[str, ...]
) -> None:
    run(workspace, 2, Outcome.DONE, report={"calls": 7, "what a newer program counts": 1})
    params = {"file": "qcw.toml", "detail": "x"}
    again = NOW + timedelta(minutes=5)
    run(workspace, 1, Outcome.FAILED, error_code="settings_unreadable", error_params=params, try_again_at=again)
    app = room(workspace, monkeypatch, language)
    app.selectbox(key="schedule_history").select("nightly").run()
    said = read(app) + " ".join(str(table.value.to_dict()) for table in app.dataframe)
    assert [word for word in words if word not in said] == []
    assert "qcw.toml" in said, "the error in full"
    assert "newer program" not in said


def test_the_buttons_ask_for_a_run_and_pause_it(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = room(workspace, monkeypatch)
    app.button(key="schedule_run_nightly").click().run()
    assert app.button(key="schedule_run_nightly").disabled, "it is asked for already"
    assert "сейчас начнётся" in read(app)
    app.button(key="schedule_pause_nightly").click().run()
    assert "Пауза. Кто: Вера Главная" in read(app)
    app.button(key="schedule_pause_nightly").click().run()
    assert "Пауза. Кто" not in read(app)
    with workspace.store.reading() as reader:
        rows = reader.rows("select actor, action from audit where action like 'job%' order by happened_at")
        assert schedule.asked(reader)["nightly"][0].by == "Вера Главная"
    assert [row["action"] for row in rows] == ["job_asked", "job_paused", "job_resumed"]
    assert {row["actor"] for row in rows} == {"Вера Главная"}


def test_only_an_administrator_may(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Эта страница не для вашей роли" in read(room(workspace, monkeypatch, who="q1"))
    reviewer = company.viewer(workspace, "q1")
    with pytest.raises(UsageError, match="not_allowed"):
        ask(workspace, reviewer, "nightly", NOW)
    with pytest.raises(UsageError, match="not_allowed"):
        set_paused(workspace, reviewer, "nightly", True, NOW)


def test_a_long_history_comes_page_by_page(workspace: Workspace) -> None:
    for days in range(30, 0, -1):
        run(workspace, days, Outcome.DONE)
    first, second = (history(workspace, "nightly", page) for page in (1, 2))
    assert (first.total, len(first.shown), len(second.shown)) == (30, 20, 10)
    assert first.shown[0].started_at > second.shown[0].started_at


def test_health_says_that_a_job_failed_and_which(workspace: Workspace) -> None:
    workspace.store.write(schedule.seen("nightly", NOW))
    assert operations.look(workspace.home).schedule == {}
    run(workspace, 0, Outcome.FAILED)
    seen = operations.look(workspace.home)
    assert seen.schedule == {"nightly": "failed"}
    assert seen.state(workspace.settings) == "degraded"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(1, "каждую минуту"), (2, "каждые 2 минуты"), (10, "каждые 10 минут"), (21, "каждую 21 минуту")],
)
def test_how_often_is_said_as_people_say_it(minutes: int, said: str) -> None:
    assert when_text(Translator("ru"), When(every_min=minutes)) == said
