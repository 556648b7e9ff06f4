"""A pool of worker processes on this machine.

Each worker has pipes of its own, so that one that is killed at any moment, even in the middle of an answer,
concerns nobody else: it is replaced, and its task alone is reported lost. Time limits are counted by a clock
that nobody sets. (Tried: concurrent.futures and loky break the whole pool when a worker dies; pebble shares one
pipe and one lock among its workers, breaks when an idle one is killed, and times tasks by the wall clock.)
"""

from __future__ import annotations

import os
import pickle
import queue
import socket
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import IO, Any, Final

import qc_workbench
from qc_workbench.errors import WorkspaceError
from qc_workbench.work.task import FailureKind, Outcome, Task, WorkerState
from qc_workbench.work.worker import receive, send

#: How much a worker gives way to the app and to everything else (POSIX nice).
NICENESS: Final = 10
#: A worker whose time is over but whose processor time still grows is slow, not hung: it gets up to this many times
#: its time (on a busy machine low priority means a tenth of a core). Systems that don't tell give no extra time.
_PATIENCE: Final = 5
_LOOK_AGAIN_S: Final = 30.0
#: Workers that die one after the other before finishing anything: then the machine can't run them.
_DEATHS_IN_A_ROW: Final = 10


@dataclass(eq=False)
class _Worker:
    name: str
    process: subprocess.Popen[bytes]
    task: Task | None = None
    began: float = 0.0
    #: When it will be looked at whether the task hangs, and the processor time spent until the last look.
    due: float = 0.0
    spent_ticks: int | None = None
    cancelled: bool = False
    #: What feeds and hears it, so that closing waits for them.
    threads: list[threading.Thread] = field(default_factory=list)


class LocalPool:
    """An executor (see :class:`qc_workbench.work.task.Executor`) of up to ``workers`` processes.

    ``threads``: what numerical libraries may use in each. Processes start when there is a task for them.
    """

    def __init__(self, workers: int = 1, threads: int = 1) -> None:
        self._size = max(1, workers)
        self._threads = threads
        self._workers: list[_Worker] = []
        self._waiting: deque[Task] = deque()
        self._finished: deque[Outcome] = deque()
        self._events: queue.SimpleQueue[tuple[_Worker, Any]] = queue.SimpleQueue()
        self._deaths = 0

    @property
    def slots(self) -> int:
        return self._size

    def submit(self, task: Task) -> None:
        pickle.dumps((task.function, task.arguments))  # a mistake of the program shows here, not in a thread
        self._waiting.append(task)
        self._share_out()

    def next_outcome(self, timeout_s: float) -> Outcome | None:
        end = monotonic() + timeout_s
        while not self._finished:
            self._end_overdue()
            limits = [item.due for item in self._workers if item.task]
            wait_s = min([end, *limits]) - monotonic()
            try:
                worker, message = self._events.get(timeout=max(0.0, wait_s))
            except queue.Empty:
                if monotonic() >= end and not self._finished:
                    return None
                continue
            self._note(worker, message)
            self._share_out()
        return self._finished.popleft()

    def cancel(self, task_id: str) -> None:
        for task in self._waiting:
            if task.task_id == task_id:
                self._waiting.remove(task)
                self._finished.append(Outcome(task_id, failure=FailureKind.CANCELLED))
                return
        for worker in self._workers:
            if worker.task and worker.task.task_id == task_id:
                worker.cancelled = True
                worker.process.kill()  # its end is noted like any other's

    def workers(self) -> tuple[WorkerState, ...]:
        return tuple(WorkerState(item.name, item.task.task_id if item.task else None) for item in self._workers)

    def close(self) -> None:
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.wait()
            _close(worker.process.stdin)
            for thread in worker.threads:
                thread.join()
            _close(worker.process.stdout)
        self._workers.clear()
        self._waiting.clear()

    def _share_out(self) -> None:
        while self._waiting:
            worker = next((item for item in self._workers if item.task is None), None)
            if worker is None and len(self._workers) < self._size:
                worker = self._start()
            if worker is None:
                return
            task = self._waiting.popleft()
            worker.task, worker.began = task, monotonic()
            worker.due, worker.spent_ticks = worker.began + task.timeout_s, _processor_ticks(worker.process.pid)
            thread = threading.Thread(target=_hand_over, args=(worker.process.stdin, task), daemon=True)
            worker.threads = [item for item in worker.threads if item.is_alive()] + [thread]
            thread.start()

    def _start(self) -> _Worker:
        root = str(Path(qc_workbench.__file__).parent.parent)
        paths = [path for path in (root, os.environ.get("PYTHONPATH")) if path]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
            environment[name] = str(self._threads)
        below_normal = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)  # where there is no nice
        try:
            # -P: a folder of the user's that is called like one of our packages must not take its place
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-P", "-m", "qc_workbench.work.worker", str(NICENESS)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if os.environ.get("QCW_DEBUG") else subprocess.DEVNULL,
                env=environment,
                creationflags=below_normal,
            )
        except OSError as error:
            raise WorkspaceError("worker_unstartable", detail=str(error)) from error
        worker = _Worker(f"{socket.gethostname()}/{process.pid}", process)
        thread = threading.Thread(target=_listen, args=(worker, self._events), daemon=True)
        worker.threads.append(thread)
        thread.start()
        self._workers.append(worker)
        return worker

    def _end_overdue(self) -> None:
        now = monotonic()
        for worker in [item for item in self._workers if item.task and now >= item.due]:
            assert worker.task is not None
            spent = _processor_ticks(worker.process.pid)
            moves = spent is not None and worker.spent_ticks is not None and spent > worker.spent_ticks
            if moves and now < worker.began + _PATIENCE * worker.task.timeout_s:
                worker.due, worker.spent_ticks = now + min(_LOOK_AGAIN_S, worker.task.timeout_s), spent
            else:
                self._replace(worker, FailureKind.TIMED_OUT)

    def _note(self, worker: _Worker, message: Any) -> None:
        if worker not in self._workers:
            return  # what a worker said before it was replaced
        if message is None:
            self._replace(worker, FailureKind.CANCELLED if worker.cancelled else FailureKind.WORKER_LOST)
            return
        task, worker.task = worker.task, None
        if task is None:
            return
        self._deaths = 0
        if message[0] == "done":
            outcome = Outcome(task.task_id, message[1], worker=worker.name, duration_s=message[2])
        else:
            _, code, params, duration_s = message
            outcome = Outcome(
                task.task_id,
                failure=FailureKind.RAISED,
                code=code,
                params=params,
                worker=worker.name,
                duration_s=duration_s,
            )
        self._finished.append(outcome)

    def _replace(self, worker: _Worker, why: FailureKind) -> None:
        """Put a dead, hung or cancelled worker away; the next task starts another."""
        self._workers.remove(worker)
        worker.process.kill()
        worker.process.wait()
        for pipe in (worker.process.stdin, worker.process.stdout):
            _close(pipe)
        if worker.task is not None:
            duration_s = monotonic() - worker.began
            self._finished.append(Outcome(worker.task.task_id, failure=why, worker=worker.name, duration_s=duration_s))
        if why is FailureKind.WORKER_LOST:
            self._deaths += 1
            if self._deaths >= _DEATHS_IN_A_ROW:
                raise WorkspaceError("worker_unstartable", detail=f"exit code {worker.process.returncode}")


def _processor_ticks(pid: int) -> int | None:
    """Processor time of a process so far, in ticks of the system; None where it does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    except (OSError, ValueError, IndexError):
        return None


def _hand_over(pipe: IO[bytes] | None, task: Task) -> None:
    """Send a task; in a thread, because a worker that does not read would hold up everything else."""
    assert pipe is not None
    with suppress(OSError, ValueError):  # the worker died: its listener says so
        send(pipe, pickle.dumps((task.function, task.arguments), protocol=pickle.HIGHEST_PROTOCOL))


def _listen(worker: _Worker, events: queue.SimpleQueue[tuple[_Worker, Any]]) -> None:
    assert worker.process.stdout is not None
    try:
        while True:
            events.put((worker, receive(worker.process.stdout)))
    except (EOFError, OSError, ValueError, pickle.UnpicklingError):
        events.put((worker, None))


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        with suppress(OSError, ValueError):
            pipe.close()
