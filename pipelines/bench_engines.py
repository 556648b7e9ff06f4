"""Ray and Dask distributed behind one face, for :mod:`pipelines.bench_scale_out` alone."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

#: Comes with either engine; it publishes no types.
psutil: Any = importlib.import_module("psutil")


class Engine(Protocol):
    """What the measurement needs of either engine. A worker is one process with one call at a time."""

    def start(self) -> None: ...

    def add(self, *, gpu: bool = False) -> Any:
        """Start a worker as a machine of its own would be and return a handle of it."""

    def wait_for(self, workers: int) -> None: ...

    def remove_politely(self, worker: Any) -> None: ...

    def kill_machine(self, worker: Any) -> None: ...

    def submit(self, work: Callable[[str, str], str], folder: str, name: str, *, gpu: bool = False) -> Any: ...

    def as_done(self, calls: Sequence[Any], within_s: float) -> Iterator[tuple[Any, str]]: ...

    def give_up(self, pid: int) -> None:
        """What an owner can do about a call that takes too long: end its worker."""

    def stop(self) -> None: ...


class OnDask:
    """``dask scheduler`` and ``dask worker`` as their own processes, as on machines of their own."""

    def start(self) -> None:
        self._processes: list[Any] = []
        distributed = importlib.import_module("distributed")
        self._folder = tempfile.mkdtemp(prefix="bench-dask-")
        file = Path(self._folder) / "scheduler.json"
        self._run("distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        while not file.exists() or not file.read_text():
            time.sleep(0.05)
        self._address = json.loads(file.read_text())["address"]
        self._client = distributed.Client(self._address)
        self._distributed = distributed

    def _run(self, module: str, *arguments: str) -> Any:
        environment = {
            **os.environ,
            "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "30s",
            "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "error",
        }
        process = psutil.Popen(
            [sys.executable, "-m", module, *arguments], env=environment, start_new_session=True,
            stderr=(Path(self._folder) / "log").open("a"),
        )  # fmt: skip
        self._processes.append(process)
        return process

    def add(self, *, gpu: bool = False) -> Any:
        resources = ["--resources", "GPU=1"] if gpu else []
        return self._run(
            "distributed.cli.dask_worker", self._address, "--nworkers", "1", "--nthreads", "1", "--no-dashboard",
            "--memory-limit", "0", "--local-directory", self._folder, *resources,
        )  # fmt: skip

    def wait_for(self, workers: int) -> None:
        self._client.wait_for_workers(workers, timeout=60)

    def remove_politely(self, worker: Any) -> None:
        worker.terminate()

    def kill_machine(self, worker: Any) -> None:
        kill_tree(worker)

    def submit(self, work: Callable[[str, str], str], folder: str, name: str, *, gpu: bool = False) -> Any:
        return self._client.submit(work, folder, name, pure=False, resources={"GPU": 1} if gpu else None)

    def as_done(self, calls: Sequence[Any], within_s: float) -> Iterator[tuple[Any, str]]:
        try:
            for call in self._distributed.as_completed(calls, timeout=within_s):
                yield call, call.status if call.status != "error" else type(call.exception()).__name__
        except TimeoutError:
            return

    def give_up(self, pid: int) -> None:
        found = self._client.run(os.getpid, on_error="ignore")
        hung = [address for address, its in found.items() if its == pid]
        self._client.restart_workers(hung, raise_for_error=False)

    def stop(self) -> None:
        self._client.close()
        for process in reversed(self._processes):
            kill_tree(process)
        shutil.rmtree(self._folder, ignore_errors=True)


class OnRay:
    """A head without work of its own and a node for each worker, as machines of their own would be."""

    def start(self) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        self._ray = importlib.import_module("ray")
        utils = importlib.import_module("ray.cluster_utils")
        self._cluster = utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        self._ray.init(address=self._cluster.address, log_to_driver=False, logging_level="ERROR")

    def add(self, *, gpu: bool = False) -> Any:
        return self._cluster.add_node(num_cpus=1, num_gpus=1 if gpu else 0, object_store_memory=100 << 20)

    def wait_for(self, workers: int) -> None:
        while sum(node["Alive"] for node in self._ray.nodes()) < workers + 1:
            time.sleep(0.05)

    def remove_politely(self, worker: Any) -> None:
        self._cluster.remove_node(worker, allow_graceful=True)

    def kill_machine(self, worker: Any) -> None:
        for processes in worker.all_processes.values():
            for process in processes:
                kill_tree(psutil.Process(process.process.pid))

    def submit(self, work: Callable[[str, str], str], folder: str, name: str, *, gpu: bool = False) -> Any:
        remote = self._ray.remote(num_cpus=1, num_gpus=1 if gpu else 0, max_retries=3, max_calls=0)(work)
        return remote.remote(folder, name)

    def as_done(self, calls: Sequence[Any], within_s: float) -> Iterator[tuple[Any, str]]:
        waiting, until = list(calls), time.monotonic() + within_s
        while waiting and (left_s := until - time.monotonic()) > 0:
            ready, waiting = self._ray.wait(waiting, num_returns=1, timeout=left_s)
            for call in ready:
                try:
                    self._ray.get(call)
                    yield call, "finished"
                except Exception as error:
                    yield call, type(error).__name__

    def give_up(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)  # ray.cancel(force=True) would not run the call again

    def stop(self) -> None:
        self._ray.shutdown()
        self._cluster.shutdown()


def kill_tree(root: Any) -> None:
    try:
        family = [*root.children(recursive=True), root]
    except psutil.NoSuchProcess:
        return
    for process in family:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=5)
