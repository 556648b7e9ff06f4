"""Tasks on the workers of a cluster: the executor of ``executor = "dask://host:8786"``.

Dask carries tasks and results and tells who is there. What matters is decided here, in one thread, from a queue of
what happened: a worker has one task in hand; who may work is checked first (program, libraries, model); a task whose
worker is gone ends as lost, and whoever submitted it decides whether it is tried again. Dask itself tries nothing
again: its own count of failed workers would run a call that kills its worker on one machine after the other.

A lost scheduler is nobody's loss: what was in hand is given out again when it is back, and the results of such calls
are the same, because tasks are pure.
"""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import queue
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Final, Literal

from qc_workbench.errors import ClusterError
from qc_workbench.work.cluster_key import load_dask, security_of
from qc_workbench.work.cluster_node import GPU, greet, perform
from qc_workbench.work.identity import Difference, Identity, differences
from qc_workbench.work.task import FailureKind, Needs, Outcome, Task, WorkerState

#: How often the scheduler is asked who is there, seconds; also the longest a lost worker stays unseen beyond
#: the scheduler's own patience (``cluster_key.SILENT_FOR_S``).
_LOOK_EVERY_S: Final = 0.5
#: Without a worker that may work for this long, the work ends with a message that says why.
PATIENCE_S: Final = 600.0
#: The same at the beginning, when somebody sits before the screen.
FIRST_PATIENCE_S: Final = 60.0
_CONNECT_S: Final = 10.0


@dataclass(slots=True)
class _Worker:
    """``key`` tells two processes at one address apart."""

    address: str
    key: str
    name: str
    needs: Needs
    state: Literal["greeted", "ready", "refused", "condemned"] = "greeted"
    is_leaving: bool = False
    reasons: tuple[Difference, ...] = ()
    in_hand: str | None = None


@dataclass(slots=True)
class _InHand:
    task: Task
    worker: _Worker
    future: Any
    since: float
    began: float | None = None
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """A worker that may not work and why."""

    worker: str
    reasons: tuple[Difference, ...]


@dataclass
class Cluster:
    """An :class:`~qc_workbench.work.task.Executor` on a Dask cluster.

    ``address``: ``dask://host:port``. ``key``: the file made by ``qcw cluster key``. ``required``: what a worker must
    be (see :mod:`qc_workbench.work.identity`); its ``model`` is None when the tasks need none.
    """

    address: str
    key: Path
    required: Identity
    patience_s: float = PATIENCE_S
    first_patience_s: float = FIRST_PATIENCE_S
    _client: Any = None
    _topic: str = field(default_factory=lambda: f"qcw-{uuid.uuid4().hex}")
    _waiting: deque[Task] = field(default_factory=deque)
    _in_hand: dict[str, _InHand] = field(default_factory=dict)
    _workers: dict[str, _Worker] = field(default_factory=dict)
    _ready: deque[Outcome] = field(default_factory=deque)
    _events: queue.SimpleQueue[tuple[str, Any, Any]] = field(default_factory=queue.SimpleQueue)
    _greetings: dict[str, Any] = field(default_factory=dict)
    _somebody_at: float = field(default_factory=monotonic)
    _had_anybody: bool = False
    _closed: bool = False

    @property
    def slots(self) -> int:
        return max(1, sum(worker.state == "ready" and not worker.is_leaving for worker in self._workers.values()))

    def submit(self, task: Task) -> None:
        self._connect()
        self._waiting.append(task)
        self._give_out()

    def next_outcome(self, timeout_s: float) -> Outcome | None:
        """See :class:`Executor`. Raises :class:`ClusterError` ``cluster_unreachable``, ``cluster_empty`` or
        ``cluster_refused_all`` when for :attr:`patience_s` nobody was there who may work."""
        end = monotonic() + timeout_s
        while not self._ready:
            self._mind_time()
            try:
                event = self._events.get(timeout=max(0.0, min(0.2, end - monotonic())))
            except queue.Empty:
                if monotonic() >= end:
                    return None
                continue
            self._happened(*event)
            self._give_out()
        return self._ready.popleft()

    def cancel(self, task_id: str) -> None:
        for task in self._waiting:
            if task.task_id == task_id:
                self._waiting.remove(task)
                self._ready.append(Outcome(task_id, failure=FailureKind.CANCELLED))
                return
        if held := self._in_hand.get(task_id):
            self._end(held, FailureKind.CANCELLED, stop_worker=True)

    def workers(self) -> tuple[WorkerState, ...]:
        return tuple(
            WorkerState(worker.name, worker.in_hand, worker.needs)
            for worker in sorted(self._workers.values(), key=lambda item: item.name)
            if worker.state == "ready"
        )

    def refusals(self) -> tuple[Refusal, ...]:
        """The workers that joined and may not work."""
        return tuple(
            Refusal(worker.name, worker.reasons)
            for worker in sorted(self._workers.values(), key=lambda item: item.name)
            if worker.state == "refused"
        )

    def wait_until_known(self, timeout_s: float = 10.0) -> None:
        """Connect and wait until every worker now there has been accepted or refused (for ``qcw cluster status``)."""
        self._connect()
        end = monotonic() + timeout_s
        seen = False
        while monotonic() < end and not (seen and all(item.state != "greeted" for item in self._workers.values())):
            with contextlib.suppress(queue.Empty):
                event = self._events.get(timeout=0.2)
                seen = seen or event[0] == "present"
                self._happened(*event)

    def close(self) -> None:
        """Take back all tasks and end the workers that run one (their keepers start them again, empty)."""
        self._closed = True
        self._waiting.clear()
        if self._client is None:
            return
        for held in self._in_hand.values():
            self._take_back(held)
        stopped = [self._stop(held.worker) for held in self._in_hand.values() if held.began]
        self._in_hand.clear()
        for request in stopped:
            with contextlib.suppress(Exception):  # whoever can't be told any more is gone or will find nothing to do
                request.result(5)
        with contextlib.suppress(Exception):
            self._client.close(timeout=5)
        self._client = None

    # -- connection ----------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        """Raises :class:`ClusterError` ``cluster_unreachable``."""
        if self._client is not None:
            return
        security = security_of(self.key, datetime.now(UTC))
        distributed = load_dask()
        try:
            self._client = distributed.Client(
                scheduler_address(self.address), security=security, timeout=_CONNECT_S, set_as_default=False
            )
        except (OSError, TimeoutError, asyncio.CancelledError) as error:
            raise ClusterError("cluster_unreachable", address=self.address, detail=type(error).__name__) from error
        self._somebody_at = monotonic()
        self._client.subscribe_topic(self._topic, lambda event: self._events.put(("began", event[1], None)))
        asyncio.run_coroutine_threadsafe(self._watch(self._client), self._client.loop.asyncio_loop)

    async def _watch(self, client: Any) -> None:
        """Runs in the client's own thread: who is there, as events."""
        while not self._closed and client is self._client and client.status in ("running", "connecting"):
            with contextlib.suppress(OSError, TimeoutError, asyncio.TimeoutError):
                # a scheduler that does not answer is seen by its connection
                found = await asyncio.wait_for(client.scheduler.identity(n_workers=-1), 5)
                self._events.put(("present", found["workers"], None))
            await asyncio.sleep(_LOOK_EVERY_S)

    def _reconnect_if_lost(self) -> None:
        if self._client is None or self._client.status in ("running", "connecting"):
            return
        lost, self._client = self._client, None
        for held in tuple(self._in_hand.values()):
            self._again(held)
        self._workers.clear()
        self._greetings.clear()
        since = self._somebody_at
        with contextlib.suppress(Exception):
            lost.close(timeout=1)
        with contextlib.suppress(ClusterError):
            self._connect()
        self._somebody_at = since

    # -- what happened -------------------------------------------------------------------------------------------

    def _happened(self, what: str, first: Any, second: Any) -> None:
        if what == "present":
            self._present(first)
        elif what == "began":
            if held := self._in_hand.get(first):
                held.began = monotonic()
        elif what == "greeted":
            self._greeted(first, second)
        elif what == "done":
            held = self._in_hand.get(first)
            if held is not None and held.future is second:
                self._done(held)

    def _present(self, found: Mapping[str, Mapping[str, Any]]) -> None:
        for worker in tuple(self._workers.values()):
            info = found.get(worker.address)
            if info is None or str(info["local_directory"]) != worker.key:
                self._gone(worker)
            else:
                worker.is_leaving = info["status"] != "running"
        for address, info in found.items():
            if address not in self._workers and info["status"] == "running":
                needs: Needs = "gpu" if info["resources"].get(GPU) else "cpu"
                worker = _Worker(address, str(info["local_directory"]), str(info["name"]), needs)
                self._workers[address] = worker
                model = self.required.model
                self._greetings[worker.key] = self._ask(worker, "greeted", greet, model[1] if model else None)
        for held in tuple(self._in_hand.values()):
            if held.worker.is_leaving and held.began is None and monotonic() - held.since > 1:
                self._take_back(held)  # it ends its call in hand and begins no other
                self._again(held)

    def _ask(self, worker: _Worker, event: str, function: Any, *arguments: Any) -> Any:
        future = self._client.submit(
            function, *arguments, workers=[worker.address], allow_other_workers=False, pure=False, retries=0,
            key=f"qcw-{event}-{uuid.uuid4().hex}",
        )  # fmt: skip
        future.add_done_callback(lambda future: self._events.put((event, worker, future)))
        return future

    def _greeted(self, worker: _Worker, future: Any) -> None:
        self._greetings.pop(worker.key, None)
        if self._workers.get(worker.address) is not worker:
            return
        try:
            there: Identity = future.result(timeout=5)
        except Exception:  # whatever it is, this process can't even say who it is
            there = Identity("-", {})
        worker.reasons = tuple(differences(self.required, there))
        worker.state = "refused" if worker.reasons else "ready"

    def _gone(self, worker: _Worker) -> None:
        del self._workers[worker.address]
        self._greetings.pop(worker.key, None)
        held = self._in_hand.get(worker.in_hand or "")
        if held is None or held.worker is not worker:
            return
        self._take_back(held)
        if held.is_cancelled:
            return
        self._end(held, FailureKind.WORKER_LOST)

    def _done(self, held: _InHand) -> None:
        if held.future.status == "cancelled":  # not by us: the scheduler was lost
            self._again(held)
            return
        try:
            value = pickle.loads(held.future.result(timeout=30))  # noqa: S301 - from a worker with our key, our program
        except Exception:  # KilledWorker, or the result went down with its worker
            self._end(held, FailureKind.WORKER_LOST)
            self._workers.pop(held.worker.address, None)  # if it lives, it is greeted anew
            return
        self._release(held)
        self._ready.append(value.outcome(held.task.task_id, held.worker.name))

    def _mind_time(self) -> None:
        self._reconnect_if_lost()
        now = monotonic()
        for held in tuple(self._in_hand.values()):
            if held.began is not None and now - held.began > held.task.timeout_s:
                self._end(held, FailureKind.TIMED_OUT, stop_worker=True)
        if any(worker.state in ("ready", "condemned") for worker in self._workers.values()):
            self._somebody_at, self._had_anybody = now, True
        elif now - self._somebody_at > self._patience_now_s():
            self._somebody_at = now
            self._complain()

    def _patience_now_s(self) -> float:
        # a large model on a slow disk takes a while to be compared
        is_greeting = any(worker.state == "greeted" for worker in self._workers.values())
        return self.patience_s if self._had_anybody or is_greeting else self.first_patience_s

    def _complain(self) -> None:
        if self._client is None or self._client.status != "running":
            raise ClusterError("cluster_unreachable", address=self.address, detail="")
        if refused := self.refusals():
            reason = refused[0].reasons[0]
            raise ClusterError(
                "cluster_refused_all", address=self.address, count=len(refused), worker=refused[0].worker,
                name=reason.name, here=reason.here, there=reason.there,
            )  # fmt: skip
        raise ClusterError("cluster_empty", address=self.address)

    # -- giving out and taking back ------------------------------------------------------------------------------

    def _give_out(self) -> None:
        if self._client is None or self._client.status != "running":
            return
        present = {worker.needs for worker in self._workers.values() if worker.state == "ready"}
        free = [
            worker for worker in self._workers.values()
            if worker.state == "ready" and worker.in_hand is None and not worker.is_leaving
        ]  # fmt: skip
        for task in tuple(self._waiting):
            if not free:
                return
            fitting = [worker for worker in free if worker.needs == task.needs or task.needs not in present]
            if fitting:
                free.remove(fitting[0])
                self._waiting.remove(task)
                self._hand(task, fitting[0])

    def _hand(self, task: Task, worker: _Worker) -> None:
        payload = pickle.dumps((task.function, task.arguments))
        worker.in_hand = task.task_id
        future = self._client.submit(
            perform, payload, self._topic, task.task_id, workers=[worker.address], allow_other_workers=False,
            pure=False, retries=0, key=f"qcw-{uuid.uuid4().hex}",
        )  # fmt: skip
        self._in_hand[task.task_id] = _InHand(task, worker, future, monotonic())
        future.add_done_callback(lambda future: self._events.put(("done", task.task_id, future)))

    def _release(self, held: _InHand) -> None:
        self._in_hand.pop(held.task.task_id, None)
        if held.worker.in_hand == held.task.task_id:
            held.worker.in_hand = None

    def _take_back(self, held: _InHand) -> None:
        with contextlib.suppress(Exception):  # the scheduler may be gone with it
            self._client.cancel([held.future], asynchronous=False, force=True)

    def _again(self, held: _InHand) -> None:
        """Give a task out once more, as the next one: it was no loss of a worker."""
        self._release(held)
        self._waiting.appendleft(held.task)

    def _end(self, held: _InHand, failure: FailureKind, *, stop_worker: bool = False) -> None:
        self._release(held)
        lasted_s = monotonic() - (held.began or held.since)
        self._ready.append(
            Outcome(held.task.task_id, failure=failure, worker=held.worker.name, duration_s=round(lasted_s, 3))
        )
        if stop_worker:
            self._take_back(held)
            self._stop(held.worker)

    def _stop(self, worker: _Worker) -> Any:
        """End a worker's process; its keeper starts it again. Until then nothing more is sent to it."""
        worker.state = "condemned"
        return asyncio.run_coroutine_threadsafe(
            self._client.scheduler.restart_workers(
                workers=[worker.address], timeout=30, wait_for_workers=False, on_error="return",
                stimulus_id=f"qcw-{uuid.uuid4().hex}",
            ),
            self._client.loop.asyncio_loop,
        )  # fmt: skip


def scheduler_address(address: str) -> str:
    """``dask://host:port`` as Dask writes an encrypted address.

    Raises :class:`ClusterError` ``cluster_address`` for anything else.
    """
    scheme, _, rest = address.partition("://")
    host, _, port = rest.rpartition(":")
    if scheme != "dask" or not host or not port.isdecimal():
        raise ClusterError("cluster_address", address=address)
    return f"tls://{rest}"
