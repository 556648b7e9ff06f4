"""A real cluster of processes on this machine, by the commands that people use, and small pure functions for it."""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from qc_workbench.work.cluster import Cluster
from qc_workbench.work.cluster_key import make_key
from qc_workbench.work.identity import Identity
from qc_workbench.work.task import Outcome, Task

ROOT = Path(__file__).parents[2]


def square(number: int, lasts_s: float) -> tuple[int, int]:
    """(the result, which process worked it out)."""
    time.sleep(lasts_s)
    return number * number, os.getpid()


def marked(folder: str, name: str, lasts_s: float) -> str:
    """Leaves a file for each time it began, so that a test knows what truly ran and where."""
    (Path(folder) / f"{name} {os.getpid()} {time.monotonic_ns()}").touch()
    time.sleep(lasts_s)
    return name.upper()


def kills_its_worker() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fails(phone: str) -> None:
    raise ValueError(phone)


def started(folder: Path) -> dict[str, list[int]]:
    """Name of a call -> the processes that began it, in order."""
    found: dict[str, list[int]] = {}
    for path in sorted(folder.iterdir(), key=lambda item: int(item.name.split()[2])):
        name, pid, _ = path.name.split()
        found.setdefault(name, []).append(int(pid))
    return found


def until(condition: Callable[[], Any], within_s: float = 120.0) -> Any:
    end = time.monotonic() + within_s
    while not (result := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return result


@dataclass
class Machines:
    """A scheduler and worker machines; ``stop`` ends whatever was started."""

    folder: Path
    port: int = 0
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def key(self) -> Path:
        return self.folder / "cluster.pem"

    @property
    def address(self) -> str:
        return f"dask://127.0.0.1:{self.port}"

    @property
    def program(self) -> Path:
        """A copy of the program, as another machine has its own: an edit during a long test changes no worker."""
        return self.folder / "program"

    def start(self) -> None:
        make_key(self.key, datetime.now(UTC))
        for name in ("qc_workbench", "models", "pipelines", "tests/pipelines/cluster_parts.py"):
            source, target = ROOT / name, self.program / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.scheduler = self.qcw("scheduler", "--port", str(self.port))
        self.heard(self.scheduler, self.address)

    def qcw(self, *arguments: str, key: Path | None = None, **environment: str) -> subprocess.Popen[str]:
        log = (self.folder / f"log{len(self.running)}.txt").open("w")
        process = subprocess.Popen(
            [sys.executable, "-m", "qc_workbench.cli", "cluster", *arguments, "--key", str(key or self.key)],
            cwd=self.program, env={**os.environ, "QCW_LANG": "en", "PYTHONPATH": str(self.program), **environment},
            stdout=subprocess.DEVNULL, stderr=log, text=True,
        )  # fmt: skip
        log.close()
        self.running.append(process)
        return process

    def worker(self, name: str, processes: int, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return self.qcw(
            "worker", self.address, "--name", name, "--processes", str(processes), "--host", "127.0.0.1", "--port", "0",
            *arguments, **environment,
        )  # fmt: skip

    def said(self, process: subprocess.Popen[str]) -> str:
        return (self.folder / f"log{self.running.index(process)}.txt").read_text()

    def heard(self, process: subprocess.Popen[str], text: str, within_s: float = 120.0) -> None:
        until(lambda: text in self.said(process) or process.poll() is not None, within_s)
        assert text in self.said(process), self.said(process)

    @cached_property
    def identity(self) -> Identity:
        """Of the copy, which may be older than what is imported here."""
        ask = "import pickle, sys; from qc_workbench.work.identity import program_identity as who; "
        answer = subprocess.run(
            [sys.executable, "-c", ask + "sys.stdout.buffer.write(pickle.dumps(who()))"],
            cwd=self.program, env={**os.environ, "PYTHONPATH": str(self.program)}, stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        identity: Identity = pickle.loads(answer.stdout)
        return identity

    def executor(self, required: Identity | None = None, **more: float) -> Cluster:
        return Cluster(self.address, self.key, required or self.identity, **more)

    def stop(self) -> None:
        for process in reversed(self.running):
            process.terminate()
        for process in reversed(self.running):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.terminate()  # the second time: at once
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def task(name: str, function: Callable[..., Any], *arguments: Any, timeout_s: float = 60.0) -> Task:
    return Task(name, function, arguments, timeout_s)


def outcomes(executor: Cluster, count: int, within_s: float = 120.0) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    end = time.monotonic() + within_s
    while len(found) < count:
        outcome = executor.next_outcome(1.0)
        if outcome is not None:
            assert outcome.task_id not in found, "one task, one outcome"
            found[outcome.task_id] = outcome
        assert time.monotonic() < end, f"only {sorted(found)}"
    return found
