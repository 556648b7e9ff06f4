"""Work for whoever waits: opened calls first, the app's attendant, and what a changed setting does again."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.detect import detect
from pipelines.drain_ledger import drain_ledger
from pipelines.measure import measure
from pipelines.progress import Silent
from pipelines.transcribe import transcribe
from qc_workbench.domain.job import ASKED_FOR, NewJob
from qc_workbench.store import job_board, ledger, listening
from qc_workbench.store.database import insert
from qc_workbench.ui.attendant import Attendant
from qc_workbench.work.inline import Inline
from qc_workbench.workspace import Workspace
from tests.pipelines.test_transcribe import FakeRecogniser, add_call, texts
from tests.waiting import wait_until


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "qcw.toml").write_text("", encoding="utf-8")
    return Workspace.open(tmp_path)


def ask(workspace: Workspace, call_id: str) -> None:
    now = datetime.now(UTC)
    with workspace.store.reading() as reader:
        statements = ledger.ask_for(reader, call_id, now)
    if statements:
        workspace.store.write(*statements)


class FakeHands:
    """A fake engine, and everything in this process."""

    def __init__(self) -> None:
        self.engine = FakeRecogniser()
        self.with_model = Inline()
        self.for_sound = self.with_model


def test_an_opened_call_is_measured_transcribed_and_examined_and_then_asks_for_nothing(workspace: Workspace) -> None:
    add_call(workspace, "opened")
    add_call(workspace, "other")
    ask(workspace, "opened")
    report = drain_ledger(workspace, Silent(), until_idle=True, asked_only=True, hands=FakeHands())
    assert (report.measured, report.transcribed, report.failed) == (1, 1, 0)
    assert set(texts(workspace)) == {"opened"}
    with workspace.store.reading() as reader:
        assert [row["call_id"] for row in reader.rows("select call_id from detected")] == ["opened"]
        assert ledger.ask_for(reader, "opened", datetime.now(UTC)) == []


def test_an_undecodable_call_is_said_once_and_not_asked_for_again(workspace: Workspace) -> None:
    add_call(workspace, "bad")
    (workspace.media / "bad.wav").write_bytes(b"no sound")
    ask(workspace, "bad")
    assert drain_ledger(workspace, Silent(), until_idle=True, hands=FakeHands()).failed == 2  # its sound and its words
    with workspace.store.reading() as reader:
        assert ledger.ask_for(reader, "bad", datetime.now(UTC)) == []
        assert {row["step"] for row in reader.rows("select step from failures where call_id = 'bad'")} == {
            "measure",
            "transcribe",
        }


def test_routine_work_waits_for_others_when_only_asked_calls_are_wanted(workspace: Workspace) -> None:
    add_call(workspace, "routine")
    add_call(workspace, "opened")
    workspace.store.write(*ledger.enqueue([NewJob("transcribe", "routine", "")], datetime.now(UTC)))
    ask(workspace, "opened")
    drain_ledger(workspace, Silent(), until_idle=True, asked_only=True, hands=FakeHands())
    assert set(texts(workspace)) == {"opened"}
    drain_ledger(workspace, Silent(), until_idle=True, hands=FakeHands())
    assert set(texts(workspace)) == {"opened", "routine"}


def test_another_width_of_search_transcribes_again_and_measures_nothing(workspace: Workspace) -> None:
    add_call(workspace, "a")
    assert measure(workspace, Silent(), Inline()).measured == 1
    assert transcribe(workspace, Silent(), everything=True, recogniser=FakeRecogniser("beam 5")).transcribed == 1
    with workspace.store.reading() as reader:
        before = listening.acoustics(reader, "a")
    assert measure(workspace, Silent(), Inline()).measured == 0
    assert transcribe(workspace, Silent(), everything=True, recogniser=FakeRecogniser("beam 1")).transcribed == 1
    assert measure(workspace, Silent(), Inline()).measured == 0
    with workspace.store.reading() as reader:
        assert listening.acoustics(reader, "a") == before
        transcribed = ledger.job(reader, "transcribe", "a")
    assert transcribed is not None
    assert transcribed.fingerprint == "fake-beam 1-2"


def test_another_counting_threshold_detects_again_and_nothing_else(workspace: Workspace) -> None:
    add_call(workspace, "a")
    measure(workspace, Silent(), Inline())
    transcribe(workspace, Silent(), everything=True, recogniser=FakeRecogniser())
    now = datetime.now(UTC)
    assert (detect(workspace, now, Silent()).examined, detect(workspace, now, Silent()).examined) == (1, 0)
    workspace.settings_file.write_text("[effective]\ncounted_from_s = 60\n", encoding="utf-8")
    changed = Workspace.open(workspace.home)
    assert measure(changed, Silent(), Inline()).measured == 0
    assert transcribe(changed, Silent(), everything=True, recogniser=FakeRecogniser()).transcribed == 0
    assert detect(changed, now, Silent()).examined == 1
    with changed.store.reading() as reader:
        detected = ledger.job(reader, "detect", "a")
        assert detected is not None
        assert detected.fingerprint == reader.value("select fingerprint from detected")


def test_a_run_with_nothing_new_starts_no_worker(workspace: Workspace) -> None:
    add_call(workspace, "a")
    engine = FakeRecogniser()
    measure(workspace, Silent(), Inline())
    transcribe(workspace, Silent(), everything=True, recogniser=engine)

    class Forbidden(Inline):
        def submit(self, task: object) -> None:
            raise AssertionError(task)

    assert measure(workspace, Silent(), Forbidden()).already == 1
    again = transcribe(workspace, Silent(), everything=True, recogniser=engine, executor=Forbidden())
    assert (again.already, again.transcribed) == (1, 0)


class Worker:
    """Stands for ``qcw work``: a process that does nothing, or does the asked work first."""

    def __init__(self, workspace: Workspace, *, helpful: bool) -> None:
        self.workspace = workspace
        self.helpful = helpful
        self.started: list[float] = []

    def __call__(self, home: Path) -> subprocess.Popen[bytes]:
        self.started.append(time.monotonic())
        if self.helpful:
            drain_ledger(self.workspace, Silent(), until_idle=True, asked_only=True, hands=FakeHands())
        return subprocess.Popen([sys.executable, "-c", "pass"])


def test_the_app_starts_a_worker_for_a_call_somebody_waits_for(workspace: Workspace) -> None:
    add_call(workspace, "opened")
    worker = Worker(workspace, helpful=True)
    attendant = Attendant(workspace, worker, look_every_s=0.05, rest_s=0.1)
    attendant.begin()
    try:
        time.sleep(0.5)
        assert worker.started == []
        ask(workspace, "opened")
        wait_until(lambda: set(texts(workspace)) == {"opened"})
        time.sleep(0.5)
        assert len(worker.started) == 1
    finally:
        attendant.end()
    assert not any(thread.name == "attendant" for thread in threading.enumerate())


def test_a_worker_that_does_not_help_is_not_started_in_a_loop(workspace: Workspace) -> None:
    add_call(workspace, "opened")
    ask(workspace, "opened")
    worker = Worker(workspace, helpful=False)
    attendant = Attendant(workspace, worker, look_every_s=0.02, rest_s=60.0)
    attendant.begin()
    wait_until(lambda: len(worker.started) == 1)
    time.sleep(0.7)
    attendant.end()
    assert len(worker.started) == 1


def test_no_second_worker_comes_while_a_run_is_at_that_step_and_takes_the_call_next(workspace: Workspace) -> None:
    now = datetime.now(UTC)
    jobs = [NewJob("transcribe", "going", ""), NewJob("transcribe", "asked", "", 1.0, ASKED_FOR)]
    workspace.store.write(*ledger.enqueue(jobs[:1], now))
    ledger.claim(workspace.store, "transcribe", "f", worker="run-x", token="t", now=now)
    workspace.store.write(*ledger.enqueue(jobs[1:], now))
    with workspace.store.reading() as reader:
        assert not job_board.unattended(reader, now)
    workspace.store.write(*ledger.enqueue([NewJob("measure", "asked", "", 1.0, ASKED_FOR)], now))
    with workspace.store.reading() as reader:
        assert job_board.unattended(reader, now)
    workspace.store.write(job_board.pause("measure", "anna", now))
    with workspace.store.reading() as reader:
        assert not job_board.unattended(reader, now)
    workspace.store.write(insert("job_pauses", {"step": "x", "paused_at": now, "paused_by": "anna"}))
