"""Coordinator, ledger and real workers together: what is killed, hung, paused, cancelled or asked for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import pipelines.coordinate as coordination
from pipelines.coordinate import Effect, WorkDone, coordinate
from pipelines.progress import Silent
from qc_workbench.domain.job import ASKED_FOR, Job, JobState, NewJob
from qc_workbench.store import job_board, ledger
from qc_workbench.store.database import Reader, Statement, Store, insert
from qc_workbench.work.inline import Inline
from qc_workbench.work.local import LocalPool
from qc_workbench.work.task import Outcome, Task
from tests.pipelines import odd_work
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills and stops are signals")


class OddStep:
    name = "odd"
    fingerprint = "f"

    def __init__(self, notes: Path, timeout_s: float = 20.0) -> None:
        self.notes = notes
        self.timeout_s = timeout_s
        self.before_effects: Callable[[], None] = lambda: None

    def before(self, reader: Reader, jobs: Sequence[Job]) -> Sequence[Task]:
        return ()

    def is_ready(self, jobs: Sequence[Job]) -> bool:
        return True

    def prepared(self, outcome: Outcome) -> None:
        raise AssertionError

    def task(self, reader: Reader, jobs: Sequence[Job], task_id: str, timeout_s: float) -> tuple[Sequence[Job], Task]:
        subjects = tuple(job.subject for job in jobs)
        return jobs, Task(task_id, odd_work.group, (subjects, str(self.notes)), self.timeout_s)

    def effects(self, jobs: Sequence[Job], value: Any, now: datetime) -> Iterable[tuple[Job, Effect]]:
        self.before_effects()
        for job, said in zip(jobs, value, strict=True):
            yield job, Effect((insert("effects", {"subject": job.subject, "said": said}),))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "qcw.duckdb", tmp_path / "locks")
    store.migrate()
    store.write(Statement("create table effects (subject varchar not null, said varchar not null)"))
    return store


@pytest.fixture
def pool() -> Iterator[LocalPool]:
    made = LocalPool(1)
    yield made
    made.close()


@pytest.fixture
def step(tmp_path: Path) -> OddStep:
    return OddStep(tmp_path / "notes")


def put(store: Store, *subjects: str, batch: str = "", priority: int = 0, place: int = 0) -> None:
    jobs = [
        NewJob("odd", subject, "f", 1.0, priority, batch or subject, at) for at, subject in enumerate(subjects, place)
    ]
    store.write(*ledger.enqueue(jobs, datetime.now(UTC)))


def effects(store: Store) -> list[str]:
    with store.reading() as reader:
        return [row["subject"] for row in reader.rows("select subject from effects order by subject")]


def state(store: Store, subject: str) -> JobState:
    with store.reading() as reader:
        found = ledger.job(reader, "odd", subject)
    assert found is not None
    return found.state


def together(step: OddStep) -> list[str]:
    return step.notes.read_text(encoding="utf-8").splitlines()


@pytest.mark.slow
def test_a_unit_that_kills_its_worker_is_found_and_set_aside_and_its_neighbours_are_done(
    store: Store, pool: LocalPool, step: OddStep
) -> None:
    put(store, "a", "deadly", "b", batch="x")
    done = coordinate(store, step, pool, Silent())
    assert together(step)[:2] == ["a deadly b", "a deadly b"]  # the same composition once more
    assert sorted(together(step)[2:]) == ["a", "b", "deadly"]
    assert effects(store) == ["a", "b"]
    assert state(store, "deadly") is JobState.POISONED
    assert done.failed == [("deadly", "worker_lost")]
    # it is not tried again by itself, but when somebody says so
    assert coordinate(store, step, pool, Silent()) == WorkDone()
    store.write(job_board.retry(datetime.now(UTC)))
    assert coordinate(store, step, pool, Silent()).failed == [("deadly", "worker_lost")]


@pytest.mark.slow
def test_a_unit_that_hangs_costs_its_worker_and_the_rest_goes_on(store: Store, pool: LocalPool, tmp_path: Path) -> None:
    step = OddStep(tmp_path / "notes", timeout_s=1.5)
    put(store, "hanging")
    put(store, "a", place=1)
    done = coordinate(store, step, pool, Silent())
    assert effects(store) == ["a"]
    assert done.failed == [("hanging", "worker_timed_out")]


def test_an_error_of_one_unit_is_its_own_and_comes_once(store: Store, pool: LocalPool, step: OddStep) -> None:
    put(store, "a", "mistaken", batch="x")
    done = coordinate(store, step, pool, Silent())
    assert together(step) == ["a mistaken", "a", "mistaken"]
    assert effects(store) == ["a"]
    assert (state(store, "mistaken"), done.failed) == (JobState.FAILED, [("mistaken", "unexpected")])


def test_the_call_somebody_opened_is_next_while_a_long_run_goes_on(
    store: Store, pool: LocalPool, step: OddStep
) -> None:
    put(store, *(f"slow{number}" for number in range(4)))
    runner = threading.Thread(target=coordinate, args=(store, step, pool, Silent()))
    runner.start()
    wait_until(lambda: step.notes.exists())
    put(store, "asked", priority=ASKED_FOR)
    put(store, "slow3", priority=ASKED_FOR)
    runner.join(30)
    order = together(step)
    assert order[0] == "slow0"
    assert set(order[1:3]) <= {"asked", "slow3", "slow1"}
    assert order.index("asked") <= 2
    assert order.index("slow3") < order.index("slow2")


@pytest.mark.slow
def test_a_paused_run_waits_and_goes_on_when_it_is_resumed(store: Store, pool: LocalPool, step: OddStep) -> None:
    put(store, "slow0")
    put(store, "slow1", place=1)
    runner = threading.Thread(target=coordinate, args=(store, step, pool, Silent()))
    runner.start()
    wait_until(lambda: step.notes.exists())
    store.write(job_board.pause("odd", "anna", datetime.now(UTC)))
    wait_until(lambda: effects(store) == ["slow0"])
    time.sleep(1.0)
    assert state(store, "slow1") is JobState.WAITING
    assert runner.is_alive()
    store.write(job_board.resume("odd"))
    runner.join(30)
    assert effects(store) == ["slow0", "slow1"]


def test_cancelled_work_leaves_no_effect_and_what_runs_is_stopped(
    store: Store, pool: LocalPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coordination, "_RENEW_EVERY_S", 0.2)
    step = OddStep(tmp_path / "notes", timeout_s=60.0)
    put(store, "hanging")
    put(store, "a", place=1)
    runner = threading.Thread(target=coordinate, args=(store, step, pool, Silent()))
    runner.start()
    wait_until(lambda: step.notes.exists())
    store.write(job_board.cancel(datetime.now(UTC), subjects=["hanging"]))
    runner.join(30)
    assert not runner.is_alive()
    assert (state(store, "hanging"), effects(store)) == (JobState.CANCELLED, ["a"])


def test_a_coordinator_that_comes_late_writes_nothing(store: Store, step: OddStep) -> None:
    put(store, "a", "b", batch="x")

    def lose_one() -> None:
        store.write(job_board.cancel(datetime.now(UTC), subjects=["a"]))
        step.before_effects = lambda: None

    step.before_effects = lose_one
    done = coordinate(store, step, Inline(), Silent())
    assert (effects(store), done.done) == (["b"], ["b"])
    assert state(store, "a") is JobState.CANCELLED


def test_who_is_stopped_gives_back_what_he_holds(store: Store, step: OddStep) -> None:
    put(store, "a")

    def stop() -> None:
        raise KeyboardInterrupt

    step.before_effects = stop
    with pytest.raises(KeyboardInterrupt):
        coordinate(store, step, Inline(), Silent())
    assert state(store, "a") is JobState.WAITING
    step.before_effects = lambda: None
    assert coordinate(store, step, Inline(), Silent()).done == ["a"]


KILLED = """
import sys
from pathlib import Path
from pipelines.coordinate import coordinate
from pipelines.progress import Silent
from qc_workbench.store.database import Store
from qc_workbench.work.local import LocalPool
from tests.pipelines.test_coordinate import OddStep
home = Path(sys.argv[1])
coordinate(Store(home / "qcw.duckdb", home / "locks"), OddStep(home / "notes", 600.0), LocalPool(1), Silent())
"""


def test_a_killed_coordinators_work_is_taken_over_at_once(store: Store, pool: LocalPool, tmp_path: Path) -> None:
    put(store, "hanging", "b", batch="x")
    put(store, "a", place=2)
    other = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)])
    wait_until(lambda: (tmp_path / "notes").exists())
    assert state(store, "hanging") is JobState.RUNNING
    other.send_signal(signal.SIGKILL)
    other.wait()
    store.write(job_board.cancel(datetime.now(UTC), subjects=["hanging"]))
    began = time.monotonic()
    coordinate(store, OddStep(tmp_path / "notes"), pool, Silent())
    assert effects(store) == ["a", "b"]
    assert time.monotonic() - began < 30  # far less than a lease
    assert not list((tmp_path / "locks").glob("run-*"))


def test_two_coordinators_share_the_work_and_make_each_effect_once(store: Store, tmp_path: Path) -> None:
    put(store, *(f"u{number:02}" for number in range(12)))
    results: list[WorkDone] = []

    def work(name: str) -> None:
        results.append(coordinate(store, OddStep(tmp_path / name), Inline(), Silent()))

    runners = [threading.Thread(target=work, args=(name,)) for name in ("one", "two")]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join(60)
    assert effects(store) == [f"u{number:02}" for number in range(12)]
    assert sorted(subject for result in results for subject in result.done) == effects(store)
