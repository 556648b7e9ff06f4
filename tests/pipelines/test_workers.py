"""The pool of worker processes, with real processes that are really killed and really hang."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from qc_workbench.errors import WorkspaceError
from qc_workbench.work.local import LocalPool
from qc_workbench.work.task import FailureKind, Outcome, Task
from tests.pipelines import odd_work

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills and stops are signals")


@pytest.fixture
def pool() -> Iterator[LocalPool]:
    made = LocalPool(2)
    yield made
    made.close()


def task(task_id: str, function: Callable[..., Any], *arguments: Any, timeout_s: float = 30.0) -> Task:
    return Task(task_id, function, arguments, timeout_s)


def outcomes(pool: LocalPool, number: int) -> dict[str, Outcome]:
    found = {}
    for _ in range(number):
        outcome = pool.next_outcome(30.0)
        assert outcome is not None
        found[outcome.task_id] = outcome
    assert pool.next_outcome(0.0) is None
    return found


def wait_for(path: Path) -> int:
    end = time.monotonic() + 60
    while not path.exists() or not path.read_text(encoding="utf-8"):
        assert time.monotonic() < end
        time.sleep(0.02)
    return int(path.read_text(encoding="utf-8"))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split()[2] != "Z"
    except OSError:
        return False


def test_tasks_are_done_by_processes_that_stay(pool: LocalPool) -> None:
    for number in range(6):
        pool.submit(task(str(number), odd_work.double, number))
    found = outcomes(pool, 6)
    assert {name: outcome.value for name, outcome in found.items()} == {str(n): 2 * n for n in range(6)}
    assert 1 <= len({outcome.worker for outcome in found.values()}) <= 2
    assert all(worker.task_id is None for worker in pool.workers())


def test_large_values_and_prints_of_libraries_come_through_whole(pool: LocalPool) -> None:
    pool.submit(task("large", odd_work.large, 5_000_000))
    pool.submit(task("chatter", odd_work.chatter, 7))
    found = outcomes(pool, 2)
    assert len(found["large"].value) == 5_000_000
    assert found["chatter"].value == 7


@pytest.mark.parametrize("function", [odd_work.die, odd_work.die_while_answering])
def test_a_worker_that_dies_costs_its_own_task_alone_and_is_replaced(
    pool: LocalPool, function: Callable[[], None]
) -> None:
    pool.submit(task("other", odd_work.sleep, 0.5))
    pool.submit(task("deadly", function))
    pool.submit(task("next", odd_work.double, 4))
    found = outcomes(pool, 3)
    assert found["deadly"].failure is FailureKind.WORKER_LOST
    assert (found["other"].value, found["next"].value) == ("slept", 8)


def test_a_worker_killed_from_outside_is_noticed_at_once(pool: LocalPool, tmp_path: Path) -> None:
    pool.submit(task("long", odd_work.sleep, 60, str(tmp_path / "pid")))
    pid = wait_for(tmp_path / "pid")
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    assert outcomes(pool, 1)["long"].failure is FailureKind.WORKER_LOST
    assert time.monotonic() - began < 30  # half of what the task would have taken


def test_an_idle_worker_that_is_killed_is_replaced_and_nothing_is_lost(pool: LocalPool) -> None:
    pool.submit(task("one", odd_work.double, 1))
    idle = outcomes(pool, 1)["one"].worker
    os.kill(int(idle.rpartition("/")[2]), signal.SIGKILL)
    assert pool.next_outcome(0.3) is None
    pool.submit(task("two", odd_work.double, 2))
    assert outcomes(pool, 1)["two"].value == 4


@pytest.mark.slow
def test_a_worker_that_hangs_is_killed_when_its_time_is_over_and_replaced(pool: LocalPool) -> None:
    pool.submit(task("hung", odd_work.stop_myself, timeout_s=2.0))
    pool.submit(task("after", odd_work.double, 3))
    found = outcomes(pool, 2)
    assert found["hung"].failure is FailureKind.TIMED_OUT
    assert 2.0 <= found["hung"].duration_s < 8.0  # one more look, whether it moves
    assert found["after"].value == 6
    assert not is_alive(int(found["hung"].worker.rpartition("/")[2]))


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system does not tell processor times")
@pytest.mark.slow
def test_a_worker_that_is_slow_but_moves_gets_more_time_but_not_for_ever(pool: LocalPool) -> None:
    pool.submit(task("slow", odd_work.toil, 5.0, timeout_s=3.0))
    assert outcomes(pool, 1)["slow"].value == "toiled"
    pool.submit(task("endless", odd_work.toil, 600, timeout_s=1.0))
    assert outcomes(pool, 1)["endless"].failure is FailureKind.TIMED_OUT


def test_waiting_and_running_tasks_can_be_cancelled(tmp_path: Path) -> None:
    pool = LocalPool(1)
    try:
        pool.submit(task("running", odd_work.sleep, 60, str(tmp_path / "pid")))
        pool.submit(task("waiting", odd_work.double, 1))
        wait_for(tmp_path / "pid")
        for name in ("waiting", "running", "nobody"):
            pool.cancel(name)
        assert {name: outcome.failure for name, outcome in outcomes(pool, 2).items()} == {
            "running": FailureKind.CANCELLED,
            "waiting": FailureKind.CANCELLED,
        }
        pool.submit(task("after", odd_work.double, 3))
        assert outcomes(pool, 1)["after"].value == 6
    finally:
        pool.close()


def test_errors_come_back_as_codes_without_what_they_quote(pool: LocalPool) -> None:
    pool.submit(task("known", odd_work.no_model))
    pool.submit(task("mistake", odd_work.mistake))
    found = outcomes(pool, 2)
    known, mistake = found["known"], found["mistake"]
    assert (known.failure, known.code, known.params["name"]) == (FailureKind.RAISED, "model_missing", "base")
    assert (mistake.code, mistake.params["kind"]) == ("unexpected", "ZeroDivisionError")
    assert "quote" not in str(mistake.params)


def test_workers_give_way_to_everything_else(pool: LocalPool) -> None:
    pool.submit(task("nice", odd_work.niceness))
    assert outcomes(pool, 1)["nice"].value >= 10


def test_a_machine_that_can_run_no_worker_is_an_error_and_not_an_endless_loop(
    pool: LocalPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")

    def try_many() -> None:
        for number in range(100):
            pool.submit(task(str(number), odd_work.double, number))
            pool.next_outcome(5.0)

    with pytest.raises(WorkspaceError, match="worker_unstartable"):
        try_many()


COORDINATOR = """
import sys, time
from qc_workbench.work.local import LocalPool
from qc_workbench.work.task import Task
from tests.pipelines import odd_work
pool = LocalPool(1)
pool.submit(Task("long", odd_work.sleep, (600, sys.argv[1]), 900.0))
pool.next_outcome(600.0)
"""


def test_workers_end_when_their_coordinator_is_killed(tmp_path: Path) -> None:
    coordinator = subprocess.Popen([sys.executable, "-c", COORDINATOR, str(tmp_path / "pid")])
    pid = wait_for(tmp_path / "pid")
    coordinator.kill()
    coordinator.wait()
    end = time.monotonic() + 30
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_alive(pid)


def test_a_folder_called_models_where_the_program_is_run_does_not_take_the_place_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)
    pool = LocalPool()
    try:
        pool.submit(Task("t", odd_work.lexicons, (), 60.0))
        outcome = pool.next_outcome(60.0)
    finally:
        pool.close()
    assert outcome is not None
    assert outcome.value > 0
