"""What a coordinator and its workers say to each other, whether the workers are processes here or machines elsewhere.

A task is a top-level function with plain picklable arguments. It may run twice (its worker was lost, its
result came back late), so it must be a pure function of its arguments; its effect is made
exactly once by whoever submitted it, with the ledger's token (see :mod:`qc_workbench.store.ledger`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol

Needs = Literal["cpu", "gpu"]


@dataclass(frozen=True, slots=True)
class Task:
    """One call of ``function(*arguments)`` in a worker.

    ``task_id`` is unique among the tasks in flight. ``timeout_s`` counts from the moment a worker begins; after
    it a worker that hangs is killed (one that is seen to move may get more). ``cost`` is the work in seconds of
    sound, for sharing out and for progress. ``needs`` is the kind of worker that should run it; where there is none
    of the kind, any may.
    """

    task_id: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    timeout_s: float
    cost: float = 0.0
    needs: Needs = "cpu"


class FailureKind(StrEnum):
    RAISED = "raised"  # the function raised: trying again gives the same
    WORKER_LOST = "worker_lost"  # its worker died or could not be reached
    TIMED_OUT = "timed_out"  # its worker was killed because the time was over
    CANCELLED = "cancelled"  # by Executor.cancel


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a task: ``value`` when ``failure`` is None.

    ``code`` and ``params``: of the QcwError raised; of another exception ``unexpected`` with its type in
    ``params["kind"]`` and the last line of our own code in ``params["place"]`` (never its text: that may hold
    personal data). ``worker`` names who ran it ("" when nobody did); ``duration_s`` is the time in the worker.
    """

    task_id: str
    value: Any = None
    failure: FailureKind | None = None
    code: str | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    worker: str = ""
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class WorkerState:
    """One living worker. ``task_id`` is what it does now, None when it waits."""

    name: str
    task_id: str | None = None
    needs: Needs = "cpu"


class Executor(Protocol):
    """Runs tasks. Used by one thread; starts workers when the first task comes."""

    @property
    def slots(self) -> int:
        """How many tasks can run at the same time now; may change while workers come and go. At least 1."""

    def submit(self, task: Task) -> None:
        """Take a task. It never blocks on the work."""

    def next_outcome(self, timeout_s: float) -> Outcome | None:
        """The next finished task, in the order of finishing; None when none finished in time.

        Each submitted task gives exactly one outcome, also when it was cancelled.
        """

    def cancel(self, task_id: str) -> None:
        """Give up a task, killing its worker when it runs already. Unknown ones are ignored."""

    def workers(self) -> tuple[WorkerState, ...]: ...

    def close(self) -> None:
        """End all workers now, whatever they do."""
