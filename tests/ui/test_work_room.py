"""The room of work and the words that a call waits for: what is shown, what a button does, and its way back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from qc_workbench.domain.job import ASKED_FOR, LEASE, JobState
from qc_workbench.domain.transcript import Transcript
from qc_workbench.errors import UsageError
from qc_workbench.store import job_board, ledger, listening
from qc_workbench.store.database import Statement, insert_all
from qc_workbench.ui.views.words import STARTING, Words, ask_for_words, try_again, words
from qc_workbench.ui.views.work import failed_page, kept, kept_again, steer, undo, work
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company
from tests.ui.busy_ledger import EARLIER, FAILED_CALL, LATELY, POISONED_CALL, WAITING, busy, content_of, job_row
from tests.ui.test_pages_open import enter, read, start

WHO = "Вера Главная"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return company.sample_company(tmp_path / "work")


def states(workspace: Workspace, step: str = "transcribe") -> dict[str, int]:
    with workspace.store.reading() as reader:
        rows = reader.rows("select state, count(*) as n from jobs where step = ? group by state", step)
    return {row["state"]: row["n"] for row in rows}


def audit(workspace: Workspace) -> list[tuple[str, str, str]]:
    with workspace.store.reading() as reader:
        rows = reader.rows("select actor, action, object from audit where action like 'work%' order by happened_at")
    return [(row["actor"], row["action"], row["object"]) for row in rows]


def room(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, employee: str = "h1") -> AppTest:
    return enter(start(workspace.home, "ru", monkeypatch, employee), "work")


def forget_words(workspace: Workspace, call_id: str) -> None:
    workspace.store.write(Statement("delete from transcripts where call_id = ?", (call_id,)))


def test_the_room_says_how_far_how_fast_and_until_when(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(workspace, datetime.now(UTC))
    app = room(workspace, monkeypatch)
    shown = read(app)
    (bar,) = app.main.get("progress")
    done = LATELY + 2  # those that failed are behind too
    assert f"{done} из {done + WAITING + 1}" in bar.proto.text
    assert "осталось" in bar.proto.text
    assert f"сделано за всё время {LATELY + EARLIER}" in shown
    assert "run-012345" in shown
    assert "обработка несколько раз обрывалась" in shown


def test_only_an_administrator_steers(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(workspace, datetime.now(UTC))
    app = start(workspace.home, "ru", monkeypatch, "q1")
    assert "Эта страница не для вашей роли" in read(enter(app, "work"))
    with pytest.raises(UsageError, match="not_allowed"):
        steer(workspace, company.viewer(workspace, "q1"), "pause", "*", NOON)


def test_a_pause_of_a_step_is_said_written_down_and_undone(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(workspace, datetime.now(UTC))
    app = room(workspace, monkeypatch)
    app.button(key="work_pause_transcribe_").click().run()
    assert f"Приостановлено: Распознавание речи. Кто: {WHO}" in read(app)
    with workspace.store.reading() as reader:
        assert job_board.pauses(reader) == {"transcribe"}
    app.button(key="work_undo").click().run()
    assert "Приостановлено" not in read(app)
    with workspace.store.reading() as reader:
        assert job_board.pauses(reader) == frozenset()
    assert audit(workspace) == [(WHO, "work_paused", "transcribe"), (WHO, "work_undone", "transcribe")]


def test_a_cancelling_is_undone_and_what_ran_waits_again(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(workspace, datetime.now(UTC))
    app = room(workspace, monkeypatch)
    app.button(key="work_cancel_transcribe_").click().run()
    assert f"Отменено: {WAITING + 1}." in read(app)
    assert states(workspace)["cancelled"] == WAITING + 1
    app.button(key="work_undo").click().run()
    assert "cancelled" not in states(workspace)
    assert states(workspace)["waiting"] == WAITING + 1


def test_a_failed_unit_is_tried_again_by_its_button(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(workspace, datetime.now(UTC))
    app = room(workspace, monkeypatch)
    app.button(key=f"work_retry_transcribe_{content_of(workspace, FAILED_CALL)}").click().run()
    after = states(workspace)
    assert (after.get("failed"), after["poisoned"], after["waiting"]) == (None, 1, WAITING + 1)
    app.button(key="work_retry_*_").click().run()
    assert "poisoned" not in states(workspace)


def test_the_end_of_one_pause_leaves_the_others_when_all_rested(workspace: Workspace) -> None:
    steer(workspace, company.viewer(workspace), "pause", "*", NOON)
    done = steer(workspace, company.viewer(workspace), "resume", "transcribe", NOON)
    with workspace.store.reading() as reader:
        assert job_board.pauses(reader) == {"measure"}
    undo(workspace, company.viewer(workspace), kept_again(kept(done)), NOON)
    with workspace.store.reading() as reader:
        assert job_board.pauses(reader) == {"*"}


def test_an_action_kept_by_the_page_is_the_same_action(workspace: Workspace) -> None:
    busy(workspace, NOON)
    done = steer(workspace, company.viewer(workspace), "cancel", "transcribe", NOON)
    assert kept_again(kept(done)) == done


def test_work_that_nobody_does_is_said_so(workspace: Workspace) -> None:
    busy(workspace, NOON)
    assert not work(workspace, NOON).waits_for_nobody
    assert work(workspace, NOON + 2 * LEASE).waits_for_nobody
    steer(workspace, company.viewer(workspace), "pause", "*", NOON)
    assert not work(workspace, NOON + 2 * LEASE).waits_for_nobody


def test_failures_are_paged_the_latest_first(workspace: Workspace) -> None:
    busy(workspace, NOON)
    rows = [
        job_row("detect", f"more-{n}", JobState.FAILED, NOON, finished_at=NOON - n * LEASE, error_code="unexpected")
        for n in range(25)
    ]
    workspace.store.write(*insert_all("jobs", rows))
    first, second = failed_page(workspace, 1), failed_page(workspace, 2)
    assert [line.unit.job.subject for line in first.lines][:2] == ["more-0", "more-1"]
    assert len(first.lines) + len(second.lines) == 27
    calls = {line.call.call_id for line in (*first.lines, *second.lines) if line.call}
    assert calls == {FAILED_CALL, POISONED_CALL}


def test_a_call_that_is_opened_goes_first_once(workspace: Workspace) -> None:
    forget_words(workspace, company.TALK)
    assert ask_for_words(workspace, company.PROMISE, NOON).state is Words.HERE
    assert ask_for_words(workspace, company.MISSED, NOON).state is Words.HERE
    assert states(workspace) == {}
    assert ask_for_words(workspace, company.TALK, NOON).state is Words.FIRST
    with workspace.store.reading() as reader:
        job = ledger.job(reader, "transcribe", content_of(workspace, company.TALK))
    assert job is not None
    assert (job.state, job.priority) == (JobState.WAITING, ASKED_FOR)
    before = workspace.store.status().writes
    ask_for_words(workspace, company.TALK, NOON)
    assert workspace.store.status().writes == before


def test_the_place_in_the_queue_is_said_until_the_words_are_there(workspace: Workspace) -> None:
    busy(workspace, NOON)
    for call_id in (company.TALK, company.PADDED):
        forget_words(workspace, call_id)
    assert ask_for_words(workspace, company.TALK, NOON).state is Words.FIRST
    second = ask_for_words(workspace, company.PADDED, NOON + LEASE / 10)
    assert (second.state, second.before) == (Words.WAITS, 1)
    steer(workspace, company.viewer(workspace), "pause", "transcribe", NOON)
    resting = words(workspace, company.PADDED, NOON)
    assert resting.state is Words.PAUSED
    assert resting.pause is not None
    assert resting.pause.by == WHO
    steer(workspace, company.viewer(workspace), "resume", "*", NOON)
    ledger.claim(workspace.store, "transcribe", "f", worker="me", token="t", now=NOON)
    assert words(workspace, company.TALK, NOON).state is Words.RUNNING
    assert words(workspace, company.PADDED, NOON).state is Words.FIRST
    content = content_of(workspace, company.TALK)
    heard = Transcript(company.TALK, content, "f", "ru", "engine", "model", ())
    workspace.store.write(*listening.save_transcript(heard, NOON))
    assert words(workspace, company.TALK, NOON).state is Words.HERE


def test_a_worker_that_does_not_start_is_said_after_a_while(workspace: Workspace) -> None:
    forget_words(workspace, company.TALK)
    ask_for_words(workspace, company.TALK, NOON)
    assert words(workspace, company.TALK, NOON + STARTING / 2, NOON).state is Words.FIRST
    assert words(workspace, company.TALK, NOON + 2 * STARTING, NOON).state is Words.NOBODY_WORKS
    ledger.claim(workspace.store, "measure", "f", worker="me", token="t", now=NOON + STARTING)
    ledger.claim(workspace.store, "transcribe", "f", worker="me", token="u", now=NOON + STARTING)
    assert words(workspace, company.TALK, NOON + 2 * STARTING, NOON).state is Words.RUNNING


def test_words_that_failed_are_not_asked_for_again_by_themselves(workspace: Workspace) -> None:
    busy(workspace, NOON)
    forget_words(workspace, FAILED_CALL)
    assert ask_for_words(workspace, FAILED_CALL, NOON).state is Words.FAILED
    assert states(workspace)["failed"] == 1
    with pytest.raises(UsageError):
        try_again(workspace, company.viewer(workspace, "m2"), FAILED_CALL, NOON)
    try_again(workspace, company.viewer(workspace), FAILED_CALL, NOON)
    assert words(workspace, FAILED_CALL, NOON).state is Words.FIRST
    assert audit(workspace) == [(WHO, "work_retried", "*")]


def test_the_page_of_a_call_without_words_asks_for_them_and_says_so(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(workspace, datetime.now(UTC))
    forget_words(workspace, company.TALK)
    shown = read(enter(start(workspace.home, "ru", monkeypatch), "call", id=company.TALK))
    assert "вы первый в очереди" in shown


def test_the_page_of_a_call_whose_words_failed_says_why_and_tries_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(workspace, datetime.now(UTC))
    forget_words(workspace, FAILED_CALL)
    app = start(workspace.home, "ru", monkeypatch)
    enter(app, "call", id=FAILED_CALL)
    assert "файл повреждён" in read(app)
    app.button(key="words_again").click().run()
    assert "вы первый в очереди" in read(app)


def test_what_is_drawn_anew_without_the_frame_links_to_no_room_of_others() -> None:
    """The room draws its middle every few seconds, in a thread that knows of the session and of nothing before."""
    shown = AppTest.from_function(_one_link, default_timeout=60).run()
    assert [error.value for error in shown.exception] == []
    assert len(shown.main.get("page_link")) == 0


def _one_link() -> None:
    from qc_workbench.ui.i18n import Translator
    from qc_workbench.ui.navigation import link

    link("call", Translator("ru"), "Борис Образцов")
