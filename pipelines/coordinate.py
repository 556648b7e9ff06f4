"""Doing a step's units of work: claim a batch, give it to a worker, write what came of it together with "done".

Whatever is killed, at any moment: a worker costs its own batch, which is tried again; a coordinator costs the
batches in its hands, which the next one claims; an effect that comes late is refused by the ledger.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any, Final, Protocol

from pipelines.alive import alive, is_dead
from pipelines.progress import Progress
from qc_workbench.domain.job import LOSSES_ALLOWED, Job, JobState
from qc_workbench.errors import ModelError, QcwError, WorkspaceError, WriteRefused
from qc_workbench.store import ledger
from qc_workbench.store.database import Reader, Statement, Store, Write
from qc_workbench.work.task import Executor, FailureKind, Outcome, Task
from qc_workbench.work.units import MediaFailure

#: How often a coordinator renews its leases and learns what was cancelled, seconds; leases last much longer.
_RENEW_EVERY_S: Final = 5.0
#: How often it looks whether something else has become free, seconds.
_LOOK_EVERY_S: Final = 0.5
#: A worker's time for starting and loading a model, on top of the time for the sound.
_STARTING_S: Final = 180.0
#: A recording that could not be fetched now (see :mod:`qc_workbench.work.recordings`).
_MAY_PASS: Final = {"recording_unreachable", "recording_refused", "recording_differs"}
_TOO_LATE: Final = {FailureKind.TIMED_OUT: "worker_timed_out", FailureKind.WORKER_LOST: "worker_lost"}


class Step(Protocol):
    """What a kind of work is to the coordinator."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str:
        """Of settings and rules in force: what is done now is done under it."""

    def before(self, reader: Reader, jobs: Sequence[Job]) -> Sequence[Task]:
        """Tasks whose values the batch needs first and that have not been asked for yet."""

    def is_ready(self, jobs: Sequence[Job]) -> bool:
        """Whether all of those have come."""

    def prepared(self, outcome: Outcome) -> None:
        """The outcome of one of :meth:`before`, also a failure."""

    def task(self, reader: Reader, jobs: Sequence[Job], task_id: str, timeout_s: float) -> tuple[Sequence[Job], Task]:
        """The work of a batch, and those of its units whose subject is still there."""

    def effects(self, jobs: Sequence[Job], value: Any, now: datetime) -> Iterable[tuple[Job, Effect]]:
        """What is written for each unit."""


@dataclass(frozen=True, slots=True)
class Effect:
    """``statements`` of a unit that was done, or the ``failure`` that it is."""

    statements: tuple[Statement, ...] = ()
    failure: MediaFailure | None = None


@dataclass
class WorkDone:
    """What a coordinator did. ``failed``: (subject, code) of units that are not tried again by themselves."""

    done: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    cost_s: float = 0.0


@dataclass
class _Batch:
    jobs: tuple[Job, ...]
    token: str
    task: Task | None = None


def coordinate(
    store: Store,
    step: Step,
    executor: Executor,
    progress: Progress,
    *,
    only: Collection[str] | None = None,
    enough: Callable[[], bool] = lambda: False,
    timeout_factor: float = 4.0,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> WorkDone:
    """Do what waits in the ledger for a step until nothing is left, or only the subjects ``only``.

    When ``enough`` says so, what is in work is finished and nothing more begun.

    Paused work is waited for, and work in the hands of another coordinator until it is done or that one is dead.
    Whoever is asked to stop (KeyboardInterrupt) gives back what it holds. Raises what the workers cannot do
    without: :class:`ModelError`, :class:`WorkspaceError`.
    """
    with alive(store.locks) as name:
        run = _Run(store, step, executor, progress, name, only, enough, timeout_factor, clock)
        try:
            return run.to_the_end()
        finally:
            run.give_back()


@dataclass
class _Run:
    store: Store
    step: Step
    executor: Executor
    progress: Progress
    name: str
    only: Collection[str] | None
    enough: Callable[[], bool]
    timeout_factor: float
    clock: Callable[[], datetime]
    result: WorkDone = field(default_factory=WorkDone)
    _held: dict[str, _Batch] = field(default_factory=dict)
    #: tasks of Step.before, and how many workers each has lost
    _preparing: dict[str, tuple[Task, int]] = field(default_factory=dict)
    _renewed_at: float = field(default_factory=monotonic)

    def to_the_end(self) -> WorkDone:
        while True:
            is_over = self.enough()
            if not is_over:
                self._take()
            if not self._held and (is_over or not self._others()):
                return self.result
            self._start_ready()
            working = self._preparing or any(batch.task for batch in self._held.values())
            outcome = self.executor.next_outcome(_LOOK_EVERY_S) if working else None
            if outcome is not None:
                self._note(outcome)
            elif not working:
                sleep(_LOOK_EVERY_S)
            self._renew()

    def give_back(self) -> None:
        if not self._held:
            return
        for batch in self._held.values():
            if batch.task:
                self.executor.cancel(batch.task.task_id)
        # after a lost store too: then the leases end by themselves
        with suppress(QcwError):
            self.store.write(ledger.release(list(self._held)))

    def _take(self) -> None:
        while len(self._held) < self.executor.slots:
            token = uuid.uuid4().hex
            jobs = ledger.claim(
                self.store,
                self.step.name,
                self.step.fingerprint,
                worker=self.name,
                token=token,
                now=self.clock(),
                holding=list(self._held),
                only=self.only,
            )
            if not jobs:
                return
            self._held[token] = _Batch(jobs, token)
            with self.store.reading() as reader:
                for task in self.step.before(reader, jobs):
                    self._preparing[task.task_id] = (task, 0)
                    self.executor.submit(task)

    def _start_ready(self) -> None:
        for batch in list(self._held.values()):
            if batch.task or not self.step.is_ready(batch.jobs):
                continue
            timeout_s = _STARTING_S + self.timeout_factor * sum(job.cost_s for job in batch.jobs)
            with self.store.reading() as reader:
                present, task = self.step.task(reader, batch.jobs, batch.token, timeout_s)
            gone = [job for job in batch.jobs if job not in present]
            if gone:
                self.store.write(*(ledger.forget(job) for job in gone))
                batch.jobs = tuple(present)
            if not present:
                del self._held[batch.token]
                continue
            batch.task = task
            self.executor.submit(task)

    def _others(self) -> bool:
        """Whether to wait for work that is not free now: it backs off, is paused, or another coordinator has it."""
        with self.store.reading() as reader:
            waiting, _, coordinators = ledger.unfinished(reader, self.step.name, self.only)
        for other in coordinators - {self.name}:
            if is_dead(self.store.locks, other):
                self.store.write(ledger.bury(other))
        return bool(waiting or coordinators)

    def _renew(self) -> None:
        if not self._held or monotonic() - self._renewed_at < _RENEW_EVERY_S:
            return
        self._renewed_at = monotonic()
        still = ledger.renew(self.store, list(self._held), self.clock())
        for batch in list(self._held.values()):
            if not any((job.step, job.subject) in still for job in batch.jobs):
                # all of it was cancelled or went to another
                if batch.task:
                    self.executor.cancel(batch.task.task_id)
                del self._held[batch.token]

    def _note(self, outcome: Outcome) -> None:
        if outcome.task_id in self._preparing:
            task, losses = self._preparing.pop(outcome.task_id)
            may_pass = outcome.failure in _TOO_LATE or outcome.code in _MAY_PASS
            if outcome.failure is FailureKind.RAISED and outcome.code != "unexpected" and not may_pass:
                raise _rebuilt(outcome)
            if may_pass and losses + 1 < LOSSES_ALLOWED:
                self._preparing[task.task_id] = (task, losses + 1)
                self.executor.submit(task)
            else:
                self.step.prepared(outcome)
            return
        batch = self._held.get(outcome.task_id)
        if batch is None or outcome.failure is FailureKind.CANCELLED:
            return
        self._write(batch, outcome, self.clock())
        del self._held[batch.token]  # after the write: until then it may have to be given back

    def _write(self, batch: _Batch, outcome: Outcome, now: datetime) -> None:
        if outcome.failure is None:
            self._finish(batch, outcome, now)
            return
        if outcome.failure is FailureKind.RAISED:
            if outcome.code != "unexpected":
                raise _rebuilt(outcome)
            self._single_out(batch, outcome, now)
        else:
            code, jitter = _TOO_LATE[outcome.failure], random.random()  # noqa: S311
            for job in batch.jobs:  # one wait for all, or they would not come back together
                self._apply(job, [ledger.lose(job, code, now, jitter, worker=outcome.worker)])
        with self.store.reading() as reader:
            for job in batch.jobs:
                after = ledger.job(reader, job.step, job.subject)
                if after and after.state in (JobState.FAILED, JobState.POISONED):
                    self.result.failed.append((job.subject, after.error_code or ""))
                    self.progress.advance(job.cost_s)

    def _single_out(self, batch: _Batch, outcome: Outcome, now: datetime) -> None:
        if len(batch.jobs) > 1:
            for job in batch.jobs:
                self._apply(job, [ledger.single_out(job, "unexpected", now)])
        else:
            (job,) = batch.jobs
            self._apply(job, [ledger.fail(job, "unexpected", outcome.params, now, outcome.worker, outcome.duration_s)])

    def _finish(self, batch: _Batch, outcome: Outcome, now: datetime) -> None:
        """Write the whole batch at once; when a unit of it was cancelled meanwhile, each by itself."""
        total_s = sum(job.cost_s for job in batch.jobs) or 1.0
        parts: list[tuple[Job, Effect, list[Statement]]] = []
        for job, effect in self.step.effects(batch.jobs, outcome.value, now):
            failure = effect.failure
            share_s = outcome.duration_s * (job.cost_s / total_s if len(batch.jobs) > 1 else 1.0)
            if failure is None:
                ending = ledger.done(job, now, outcome.worker, share_s)
            elif failure.may_pass:
                ending = ledger.lose(job, failure.code, now, random.random(), worker=outcome.worker)  # noqa: S311
            else:
                ending = ledger.fail(job, failure.code, failure.params, now, outcome.worker, share_s)
            parts.append((job, effect, [*effect.statements, ending]))
        try:
            self.store.apply(
                Write(
                    tuple(statement for _, _, statements in parts for statement in statements),
                    f"finish:{batch.token}",
                    tuple(ledger.standing(job) for job, _, _ in parts),
                )
            )
            written = {job.subject for job, _, _ in parts}
        except WriteRefused:
            written = {job.subject for job, _, statements in parts if self._apply(job, statements)}
        for job, effect, _ in parts:
            if job.subject not in written:
                continue
            if effect.failure is None:
                self.result.done.append(job.subject)
                self.result.cost_s += job.cost_s
            elif not effect.failure.may_pass or job.losses + 1 >= LOSSES_ALLOWED:
                self.result.failed.append((job.subject, effect.failure.code))
            else:
                continue
            self.progress.advance(job.cost_s)

    def _apply(self, job: Job, statements: Sequence[Statement]) -> bool:
        try:
            self.store.apply(Write(tuple(statements), f"finish:{job.token}:{job.subject}", (ledger.standing(job),)))
        except WriteRefused:
            return False  # it was cancelled, or another coordinator has it now: its word counts
        return True


def _rebuilt(outcome: Outcome) -> QcwError:
    """What a worker raised because of its surroundings, as an error of this run."""
    code = outcome.code or ""
    return (ModelError if code.startswith(("model", "no_cuda")) else WorkspaceError)(code, **outcome.params)
