"""The two sides of a cluster: the scheduler, and machines with worker processes; and what runs inside a worker.

Both run until they are told to stop. A worker machine that has lost its scheduler asks again until it is back; told
to stop (SIGTERM, Ctrl-C) it ends the calls in hand first and begins no other, told twice it ends at once.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import socket
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import Any, Final

from qc_workbench.errors import ClusterError
from qc_workbench.work.cluster_key import load_dask
from qc_workbench.work.identity import Identity, differences, program_identity
from qc_workbench.work.sizing import pool_size, this_capacity
from qc_workbench.work.task import FailureKind, Outcome
from qc_workbench.work.worker import raised

#: Dask's name of the resource that a GPU worker has.
GPU: Final = "GPU"
#: The usual port of a scheduler (Dask's), and the first port of workers; each process takes two.
SCHEDULER_PORT: Final = 8786
WORKER_PORTS: Final = 8790
#: Between two attempts to find the scheduler.
_AGAIN_AFTER_S: Final = 5.0
#: Longest wait for calls in hand of a machine that was told to stop: a long recording takes minutes.
_LEAVING_S: Final = 1800.0
_LOOK_EVERY_S: Final = 0.5
#: Looks in vain after which the scheduler or a process counts as gone.
_LOOKS: Final = 3
#: Dask's web pages know no TLS and no password: none are served, and the empty server is for this machine only.
_NO_HTTP: Final = "127.0.0.1:0"
_PUBLISHED: Final = "qcw-identity"
#: See :mod:`qc_workbench.work.units`, which is not imported here: a scheduler needs no speech engine.
THREADS_VARIABLE: Final = "QCW_WORKER_THREADS"


@dataclass(frozen=True, slots=True)
class Performed:
    """What a worker sends back: the value or why there is none."""

    value: Any
    duration_s: float
    failure: FailureKind | None = None
    code: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)

    def outcome(self, task_id: str, worker: str) -> Outcome:
        return Outcome(task_id, self.value, self.failure, self.code, self.params, worker, self.duration_s)


def perform(payload: bytes, topic: str, task_id: str) -> bytes:
    """Run one task in a worker. Never raises: Dask would log the arguments."""
    from distributed import get_worker

    begin = monotonic()
    get_worker().log_event(topic, task_id)
    try:
        function, arguments = pickle.loads(payload)  # noqa: S301 - from an owner with the cluster's key
        value = function(*arguments)
        done = Performed(value, round(monotonic() - begin, 3))
        return pickle.dumps(done)
    except MemoryError:
        os._exit(70)  # as if killed for it: the unit is tried again, at last alone
    except Exception as error:
        code, params = raised(error)
        return pickle.dumps(Performed(None, round(monotonic() - begin, 3), FailureKind.RAISED, code, params))


def greet(model_digest: str | None) -> Identity:
    """Runs in a worker when it joins: who it is, and whether it has the model of that digest."""
    identity = program_identity()
    if model_digest is None:
        return identity
    from qc_workbench.transcription.models import installed_models, verify_model

    for model in installed_models():
        if model.digest == model_digest:
            # another digest than its list says would be another model
            return replace(identity, model=(model.name, verify_model(model.folder, model.name, thorough=True).digest))
    return identity


def run_scheduler(host: str, port: int, security: Any, on_start: Callable[[int], None]) -> None:
    """Serve as the meeting point until stopped. Raises :class:`ClusterError` ``cluster_port_taken``."""
    asyncio.run(_scheduler(host, port, security, on_start))


async def _scheduler(host: str, port: int, security: Any, on_start: Callable[[int], None]) -> None:
    distributed = load_dask()
    stop = _Signals()
    # it looks for its own address by a way to the internet, which needs not be there
    warnings.filterwarnings("ignore", message="Couldn't detect a suitable IP address")
    try:
        scheduler = await distributed.Scheduler(
            host=host, port=port, protocol="tls", security=security, dashboard=False, dashboard_address=_NO_HTTP
        )
    except OSError as error:
        raise ClusterError("cluster_port_taken", host=host, port=port, detail=error.strerror or "") from error
    mine = program_identity()
    scheduler.set_metadata(keys=[_PUBLISHED], value={"program": mine.program, "libraries": dict(mine.libraries)})
    on_start(scheduler.port)
    await stop.first.wait()
    await scheduler.close(reason="stopped")


@dataclass(frozen=True, slots=True)
class WorkerMachine:
    """What one machine gives: ``processes`` with one call at a time each and ``threads`` processor threads.

    ``host``: this machine's address as the scheduler sees it; None: found out. ``first_port``: two ports a process
    from there on; 0: any free ones.
    """

    processes: int
    threads: int
    gpu: bool = False
    name: str = field(default_factory=socket.gethostname)
    host: str | None = None
    first_port: int = WORKER_PORTS


def worker_machine(
    processes: int | None, *, gpu: bool, name: str | None, host: str | None, first_port: int
) -> WorkerMachine:
    """This machine with as many processes as asked for, or as its cores and free memory bear with its best model."""
    from qc_workbench.transcription.models import installed_models, registry

    models = installed_models()
    known = registry().get(models[0].name) if models else None
    capacity = this_capacity()
    size = pool_size(capacity, known.memory_mib if known else 0, processes or 0, gpu=gpu)
    return WorkerMachine(size.workers, size.threads, gpu, name or socket.gethostname(), host, first_port)


def run_workers(address: str, machine: WorkerMachine, security: Any, say: Callable[[str], None]) -> None:
    """Work for the scheduler at ``address`` (``tls://…``) until stopped.

    ``say`` hears waiting (there is no scheduler yet), joined, lost (it has gone), leaving and left. Raises
    :class:`ClusterError` ``cluster_other_program`` or ``cluster_other_library`` when this installation is not the
    scheduler's.
    """
    asyncio.run(_workers(address, machine, security, say))


async def _workers(address: str, machine: WorkerMachine, security: Any, say: Callable[[str], None]) -> None:
    distributed = load_dask()
    stop = _Signals()
    waiting_told = False
    while not stop.first.is_set():
        try:
            await _check_program(distributed, address, security)
        except (OSError, TimeoutError):
            if not waiting_told:
                say("waiting")
            waiting_told = True
            await _either(asyncio.sleep(_AGAIN_AFTER_S), stop.first.wait())
            continue
        waiting_told = False
        start = partial(_keeper, distributed, address, machine, security)
        keepers = list(await asyncio.gather(*(start(number) for number in range(machine.processes))))
        say("joined")
        await _either(_until_lost(distributed, keepers, address, security, start), stop.first.wait())
        if stop.first.is_set():
            say("leaving")
            await _either(_finish(distributed, keepers, address, security), stop.second.wait())
        else:
            say("lost")
        await asyncio.gather(*(keeper.close(timeout=2, reason="stopped") for keeper in keepers), return_exceptions=True)
    say("left")


async def _keeper(distributed: Any, address: str, machine: WorkerMachine, security: Any, number: int) -> Any:
    """A process of this machine with its keeper, which starts it again whenever it dies."""
    port = machine.first_port + 2 * number if machine.first_port else 0
    return await distributed.Nanny(
        address, nthreads=1, name=f"{machine.name}-{number + 1}", security=security, host=machine.host,
        protocol="tls", worker_port=port, port=port + 1 if port else 0, dashboard=False, dashboard_address=_NO_HTTP,
        resources={GPU: 1} if machine.gpu else None, memory_limit=0, silence_logs=logging.CRITICAL,
        env={"OMP_NUM_THREADS": str(machine.threads), THREADS_VARIABLE: str(machine.threads)},
    )  # fmt: skip


async def _check_program(distributed: Any, address: str, security: Any) -> None:
    async with distributed.Client(
        address, security=security, asynchronous=True, timeout=5, set_as_default=False
    ) as scheduler:
        found = await scheduler.get_metadata([_PUBLISHED], None)
    if not isinstance(found, Mapping):
        return  # a scheduler started in another way: whoever submits work checks every worker again
    theirs = Identity(str(found["program"]), dict(found["libraries"]))
    for difference in differences(theirs, program_identity()):
        raise ClusterError(difference.code, name=difference.name, here=difference.there, there=difference.here)


async def _until_lost(
    distributed: Any, keepers: list[Any], address: str, security: Any, start: Callable[[int], Awaitable[Any]]
) -> None:
    """Return when the scheduler has gone.

    A process that the scheduler has given up (it hangs) is ended and started again; a keeper that was sent away with
    its process (a short loss of the connection does that) is replaced in the list.
    """
    silent = 0
    missing = dict.fromkeys(range(len(keepers)), 0)
    while silent < _LOOKS:
        await asyncio.sleep(_AGAIN_AFTER_S)
        try:
            async with distributed.rpc(address, connection_args=security.get_connection_args("worker")) as scheduler:
                found = await asyncio.wait_for(scheduler.identity(n_workers=-1), 10)
        except (OSError, TimeoutError):
            silent += 1
            continue
        silent = 0
        for number, keeper in enumerate(keepers):
            if keeper.status.name in ("closed", "failed"):
                keepers[number] = await start(number)
                continue
            missing[number] = 0 if keeper.worker_address in found["workers"] else missing[number] + 1
            if missing[number] >= _LOOKS:
                missing[number] = 0
                await keeper.kill(timeout=2)


async def _finish(distributed: Any, keepers: Sequence[Any], address: str, security: Any) -> None:
    """Let our processes begin nothing more and wait until their calls have ended and the results were fetched."""
    begin = monotonic()
    try:
        async with distributed.Client(
            address, security=security, asynchronous=True, timeout=5, set_as_default=False
        ) as scheduler:
            while monotonic() - begin < _LEAVING_S:
                ours = [keeper.worker_address for keeper in keepers if keeper.worker_address]
                busy = await asyncio.wait_for(scheduler.run(_leave, workers=ours, on_error="ignore"), 20)
                if not any(busy.values()):
                    return
                await asyncio.sleep(_LOOK_EVERY_S)
    except (OSError, TimeoutError):
        return  # nobody is there to fetch anything


def _leave(dask_worker: Any) -> bool:
    """Runs in a worker that is to go: whether it still has something to do."""
    from distributed.core import Status

    if dask_worker.status == Status.running:
        dask_worker.status = Status.paused
    return bool(dask_worker.state.executing_count or dask_worker.data)


async def _either(*waits: Coroutine[Any, Any, Any]) -> None:
    """Return when the first has ended; the others are stopped, an error of the first is raised."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    for task in done:
        task.result()


class _Signals:
    """The first and the second request to stop."""

    def __init__(self) -> None:
        self.first, self.second = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def asked(_number: int, _frame: Any) -> None:
            loop.call_soon_threadsafe((self.second if self.first.is_set() else self.first).set)

        signal.signal(signal.SIGTERM, asked)
        signal.signal(signal.SIGINT, asked)
