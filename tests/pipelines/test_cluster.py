"""A cluster of real processes: what is lost with a worker, who may join, what two machines need to trust each other."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qc_workbench.errors import ClusterError, NotConfigured, UsageError
from qc_workbench.work.cluster import Cluster, Refusal
from qc_workbench.work.cluster_key import LIFE, make_key, security_of
from qc_workbench.work.identity import program_identity
from qc_workbench.work.task import FailureKind, Outcome
from tests.pipelines import cluster_parts as parts
from tests.pipelines.cluster_parts import Machines, outcomes, task
from tests.waiting import wait_until

pytest.importorskip("distributed", reason="the cluster extra is not installed")
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    found = Machines(tmp_path_factory.mktemp("cluster"))
    found.start()
    found.heard(found.worker("first", 2), "Joined")
    yield found
    found.stop()


@pytest.fixture
def executor(machines: Machines) -> Iterator[Cluster]:
    found = machines.executor()
    yield found
    found.close()


def test_every_task_gives_one_outcome_with_who_did_it(executor: Cluster) -> None:
    for number in range(20):
        executor.submit(task(f"t{number}", parts.square, number, 0.02))
    found = outcomes(executor, 20)
    assert [found[f"t{number}"].value[0] for number in range(20)] == [number**2 for number in range(20)]
    assert {item.worker for item in found.values()} <= {"first-1", "first-2"}
    assert all(item.duration_s >= 0.02 for item in found.values())
    assert executor.next_outcome(0.1) is None


def test_a_killed_worker_costs_the_call_in_its_hands_and_no_other(executor: Cluster, tmp_path: Path) -> None:
    executor.submit(task("warm", parts.square, 1, 0.0))
    outcomes(executor, 1)
    parts.until(lambda: executor.next_outcome(0.1) or executor.slots == 2)
    for number in range(8):
        executor.submit(task(f"c{number}", parts.marked, str(tmp_path), f"c{number}", 0.8))
    parts.until(lambda: executor.next_outcome(0.05) or len(parts.started(tmp_path)) >= 2)
    victim, pid = next((name, pids[0]) for name, pids in parts.started(tmp_path).items())
    os.kill(pid, signal.SIGKILL)
    found = outcomes(executor, 8)
    lost = [name for name, outcome in found.items() if outcome.failure]
    assert lost == [victim]
    assert found[victim].failure is FailureKind.WORKER_LOST
    assert all(len(pids) == 1 for pids in parts.started(tmp_path).values()), "nothing ran twice behind our back"
    executor.submit(task("again", parts.marked, str(tmp_path), victim, 0.0))
    assert outcomes(executor, 1)["again"].value == victim.upper()


def test_a_task_that_kills_its_worker_takes_no_second_one(executor: Cluster) -> None:
    executor.submit(task("poison", parts.kills_its_worker))
    executor.submit(task("beside", parts.square, 3, 0.1))
    found = outcomes(executor, 2)
    assert found["poison"].failure is FailureKind.WORKER_LOST
    assert found["beside"].value[0] == 9


def test_a_hung_call_ends_with_its_worker_and_the_next_call_finds_another(executor: Cluster) -> None:
    executor.submit(task("hangs", parts.square, 2, 3600.0, timeout_s=1.0))
    found = outcomes(executor, 1, within_s=90)["hangs"]
    assert found.failure is FailureKind.TIMED_OUT
    executor.submit(task("next", parts.square, 2, 0.0, timeout_s=30))
    assert outcomes(executor, 1)["next"].value[0] == 4


@pytest.mark.slow
def test_a_cancelled_call_is_stopped_whether_it_runs_or_waits(executor: Cluster, tmp_path: Path) -> None:
    executor.submit(task("runs", parts.marked, str(tmp_path), "runs", 3600.0))
    parts.until(lambda: executor.next_outcome(0.05) or parts.started(tmp_path))
    for number in range(3):
        executor.submit(task(f"long{number}", parts.square, 1, 1.0))
    executor.submit(task("waits", parts.marked, str(tmp_path), "waits", 0.0))
    executor.cancel("waits")
    executor.cancel("runs")
    executor.cancel("unknown")
    found = outcomes(executor, 5)
    assert {found["waits"].failure, found["runs"].failure} == {FailureKind.CANCELLED}
    assert set(parts.started(tmp_path)) == {"runs"}


def test_what_a_function_raises_comes_as_a_code_without_its_text(executor: Cluster, machines: Machines) -> None:
    executor.submit(task("raises", parts.fails, "+79000000001"))
    found = outcomes(executor, 1)["raises"]
    assert (found.failure, found.code, found.params["kind"]) == (FailureKind.RAISED, "unexpected", "ValueError")
    assert "9000000001" not in repr(found)
    assert not any("9000000001" in machines.said(process) for process in machines.running)


@pytest.mark.slow
def test_machines_come_and_go_while_work_runs_and_nothing_is_lost(
    machines: Machines, executor: Cluster, tmp_path: Path
) -> None:
    second = machines.worker("second", 1)
    found: dict[str, Outcome] = {}
    given = 0
    while "second-1" not in {outcome.worker for outcome in found.values()}:  # until the added one has done something
        while given < len(found) + 4:
            executor.submit(task(f"c{given}", parts.marked, str(tmp_path), f"c{given}", 0.5))
            given += 1
        found |= outcomes(executor, 1, within_s=90)
    second.terminate()  # politely: it ends the call in its hands
    found |= outcomes(executor, given - len(found))
    assert {outcome.failure for outcome in found.values()} == {None}
    assert {len(pids) for pids in parts.started(tmp_path).values()} == {1}
    assert second.wait(30) == 0
    assert "left the cluster" in machines.said(second)


@pytest.mark.slow
def test_work_for_a_card_waits_for_no_card_and_prefers_one(machines: Machines, executor: Cluster) -> None:
    gpu_task = replace(task("without", parts.square, 2, 0.0), needs="gpu")
    executor.submit(gpu_task)
    assert outcomes(executor, 1)["without"].worker.startswith("first"), "no card anywhere: any worker may"
    card = machines.worker("card", 1, "--gpu")
    parts.until(lambda: executor.next_outcome(0.2) or any(item.needs == "gpu" for item in executor.workers()))
    for number in range(4):
        executor.submit(replace(gpu_task, task_id=f"gpu{number}"))
        executor.submit(task(f"cpu{number}", parts.square, number, 0.1))
    found = outcomes(executor, 8)
    assert {found[f"gpu{number}"].worker for number in range(4)} == {"card-1"}
    assert all(found[f"cpu{number}"].worker.startswith("first") for number in range(4))
    card.terminate()
    card.wait(30)


@pytest.mark.slow
def test_a_worker_whose_results_would_differ_is_refused_and_named(machines: Machines) -> None:
    other = replace(machines.identity, libraries={**machines.identity.libraries, "ctranslate2": "0.1"})
    executor = machines.executor(other, first_patience_s=3.0)
    executor.submit(task("never", parts.square, 1, 0.0))
    with pytest.raises(ClusterError) as caught:
        outcomes(executor, 1)
    refusals = executor.refusals()
    executor.close()
    assert caught.value.code == "cluster_refused_all"
    assert {item.worker for item in refusals} >= {"first-1", "first-2"}
    assert [(item.what, item.name, item.here) for item in refusals[0].reasons] == [("library", "ctranslate2", "0.1")]


def test_a_worker_without_the_model_is_refused(machines: Machines) -> None:
    def refused() -> tuple[Refusal, ...]:
        """By all, once both are there: one that had to begin anew comes a moment later."""
        executor = machines.executor(replace(machines.identity, model=("large-v3", "0" * 64)))
        executor.wait_until_known(30)
        found = executor.refusals()
        executor.close()
        return found if {item.worker for item in found} >= {"first-1", "first-2"} else ()

    refusals = wait_until(refused, 60.0)
    assert {reason.what for item in refusals for reason in item.reasons} == {"model"}


def test_without_the_key_nobody_joins_and_nobody_gives_orders(machines: Machines, tmp_path: Path) -> None:
    false = tmp_path / "false.pem"
    make_key(false, datetime.now(UTC))
    stranger = machines.qcw(
        "worker", machines.address, "--name", "stranger", "--processes", "1", "--port", "0", key=false
    )
    machines.heard(stranger, "does not answer")
    executor = Cluster(machines.address, false, program_identity())
    with pytest.raises(ClusterError, match="cluster_unreachable"):
        executor.submit(task("order", parts.square, 1, 0.0))
    executor.close()
    stranger.terminate()
    stranger.wait(30)


@pytest.mark.slow
def test_a_lost_scheduler_is_waited_for_and_costs_nothing(tmp_path: Path) -> None:
    machines = Machines(tmp_path)
    machines.start()
    worker = machines.worker("only", 1)
    machines.heard(worker, "Joined")
    executor = machines.executor()
    marks = tmp_path / "marks"
    marks.mkdir()
    try:
        for number in range(3):
            executor.submit(task(f"c{number}", parts.marked, str(marks), f"c{number}", 1.5))
        parts.until(lambda: executor.next_outcome(0.05) or parts.started(marks))
        machines.scheduler.kill()
        machines.scheduler.wait()
        machines.scheduler = machines.qcw("scheduler", "--port", str(machines.port))
        found = outcomes(executor, 3, within_s=150)
        assert {outcome.failure for outcome in found.values()} == {None}
    finally:
        executor.close()
        machines.stop()


def test_a_key_is_private_kept_and_ends(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    path = tmp_path / "cluster.pem"
    make_key(path, now)
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError, match="cluster_key_exists"):
        make_key(path, now)
    security_of(path, now)
    with pytest.raises(NotConfigured, match="cluster_key_over"):
        security_of(path, now + LIFE + timedelta(days=1))
    path.chmod(0o644)
    with pytest.raises(NotConfigured, match="cluster_key_open"):
        security_of(path, now)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(NotConfigured, match="cluster_key_damaged"):
        security_of(path, now)
    with pytest.raises(NotConfigured, match="cluster_key_missing"):
        security_of(tmp_path / "none.pem", now)


@pytest.mark.slow
def test_an_address_that_is_none_is_said_so(tmp_path: Path) -> None:
    make_key(tmp_path / "cluster.pem", datetime.now(UTC))
    begin = time.monotonic()
    for address in ("dask://127.0.0.1", "tcp://127.0.0.1:8786", "ray://127.0.0.1:10001"):
        with pytest.raises(ClusterError, match="cluster_address"):
            Cluster(address, tmp_path / "cluster.pem", program_identity()).submit(task("x", parts.square, 1, 0.0))
    assert time.monotonic() - begin < 60  # a connection that is waited for would take 30 s each
