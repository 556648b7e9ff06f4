"""An executor that works in the process that asks: for tests with a fake engine, and to see what a pool gains."""

from __future__ import annotations

from collections import deque
from time import monotonic

from qc_workbench.work.task import FailureKind, Outcome, Task, WorkerState
from qc_workbench.work.worker import raised


class Inline:
    """Runs each task when its outcome is asked for. It protects from nothing: no time limits, no other process."""

    def __init__(self) -> None:
        self._waiting: deque[Task] = deque()
        self._cancelled: deque[str] = deque()

    @property
    def slots(self) -> int:
        return 1

    def submit(self, task: Task) -> None:
        self._waiting.append(task)

    def next_outcome(self, timeout_s: float) -> Outcome | None:  # noqa: ARG002 - it never waits
        if self._cancelled:
            return Outcome(self._cancelled.popleft(), failure=FailureKind.CANCELLED)
        if not self._waiting:
            return None
        task = self._waiting.popleft()
        began = monotonic()
        try:
            value = task.function(*task.arguments)
        except Exception as error:
            code, params = raised(error)
            return Outcome(task.task_id, None, FailureKind.RAISED, code, params, "here", monotonic() - began)
        return Outcome(task.task_id, value, worker="here", duration_s=monotonic() - began)

    def cancel(self, task_id: str) -> None:
        for task in self._waiting:
            if task.task_id == task_id:
                self._waiting.remove(task)
                self._cancelled.append(task_id)
                return

    def workers(self) -> tuple[WorkerState, ...]:
        return (WorkerState("here"),)

    def close(self) -> None:
        self._waiting.clear()
