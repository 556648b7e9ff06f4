"""Measuring the sound of every audible recording, and printing its first speech, once per content.

Resumable: a recording is done when its acoustics carry the fingerprint of the rules in force. What has none is
put into the ledger and measured by workers, a batch at a time; a killed run loses the batches in work at most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pipelines.batches import batches
from pipelines.coordinate import Effect, WorkDone, coordinate
from pipelines.hands import executor_for, location
from pipelines.progress import Progress
from qc_workbench.detection import acoustics
from qc_workbench.detection import fingerprints as sound_prints
from qc_workbench.domain.call import Recording
from qc_workbench.domain.job import Job
from qc_workbench.store import calls as call_store
from qc_workbench.store import fingerprints, ledger, listening
from qc_workbench.store.database import Reader, insert
from qc_workbench.work.task import Executor, Outcome, Task
from qc_workbench.work.units import Measured, measure_recordings
from qc_workbench.workspace import Workspace

STEP: Final = "measure"
#: Both come from one decoding, so a change of either measures anew.
FINGERPRINT: Final = f"{acoustics.FINGERPRINT}+{sound_prints.VERSION}"
#: Recordings measured and written together: the write and the way to the worker cost as much as a second of them.
BATCH: Final = 8
BATCH_S: Final = 600.0
#: Seconds of sound that a recording of unknown length is taken to hold.
USUAL_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class MeasureReport:
    """What a run did, in recordings (calls that share a recording count once). ``failed``: (call_id, code)."""

    measured: int
    already: int
    without_sound: int
    failed: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    #: recordings to measure: all calls of one content together
    wanted: Mapping[str, tuple[Recording, ...]]
    already: int
    without_sound: int


def measure(workspace: Workspace, progress: Progress, executor: Executor | None = None) -> MeasureReport:
    """Measure the recordings that have no up-to-date acoustics.

    A recording that can't be decoded is a failed unit of the ledger and is not tried again until its content or
    the rules change. ``executor``: whoever runs the tasks; without one the workers that the settings name.
    """
    store = workspace.store
    with store.reading() as reader:
        plan = _plan(reader)
    units = [(subject, cost_of(calls[0])) for subject, calls in plan.wanted.items()]
    jobs = list(batches(STEP, FINGERPRINT, units, most=BATCH, most_s=BATCH_S))
    if jobs:
        store.write(*ledger.enqueue(jobs, datetime.now(UTC)))
    report = drain(workspace, progress, round(sum(cost_s for _, cost_s in units)), executor)
    return MeasureReport(
        measured=len(report.done),
        already=plan.already,
        without_sound=plan.without_sound,
        failed=tuple(
            (recording.call_id, code) for subject, code in report.failed for recording in plan.wanted.get(subject, ())
        ),
    )


def drain(
    workspace: Workspace,
    progress: Progress,
    total_s: int,
    executor: Executor | None = None,
    *,
    only: Sequence[str] | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> WorkDone:
    """Measure what waits in the ledger; see :func:`~pipelines.coordinate.coordinate`."""
    with ExitStack() as stack:
        hands = executor or stack.enter_context(executor_for(workspace))
        progress.start(STEP, total_s)
        try:
            return coordinate(
                workspace.store,
                MeasureStep(workspace),
                hands,
                progress,
                only=only,
                enough=enough,
                timeout_factor=workspace.settings.work.timeout_factor,
            )
        finally:
            progress.finish()


@dataclass
class MeasureStep:
    """Measuring, as the coordinator sees it."""

    workspace: Workspace
    name: str = STEP
    fingerprint: str = FINGERPRINT

    def before(self, reader: Reader, jobs: Sequence[Job]) -> Sequence[Task]:  # noqa: ARG002 - nothing is needed first
        return ()

    def is_ready(self, jobs: Sequence[Job]) -> bool:  # noqa: ARG002 - always
        return True

    def prepared(self, outcome: Outcome) -> None:
        pass

    def task(self, reader: Reader, jobs: Sequence[Job], task_id: str, timeout_s: float) -> tuple[Sequence[Job], Task]:
        paths = call_store.paths_of(reader, [job.subject for job in jobs])
        present = [job for job in jobs if job.subject in paths]
        inputs = tuple((location(self.workspace, paths[job.subject]), job.subject) for job in present)
        cost_s = sum(job.cost_s for job in present)
        return present, Task(task_id, measure_recordings, (inputs,), timeout_s, cost_s)

    def effects(self, jobs: Sequence[Job], value: Any, now: datetime) -> Iterable[tuple[Job, Effect]]:  # noqa: ARG002
        for job, result in zip(jobs, value, strict=True):
            if isinstance(result, Measured):
                row = insert("acoustics", listening.acoustics_row(result.acoustics), replace=True)
                yield job, Effect((row, *fingerprints.prints_rows(job.subject, result.prints)))
            else:
                yield job, Effect(failure=result)


def cost_of(recording: Recording) -> float:
    return recording.duration_s or USUAL_S


def _plan(reader: Reader) -> _Plan:
    measured = listening.acoustics_fingerprints(reader)
    printed = fingerprints.printed(reader, sound_prints.VERSION)
    done = {subject for subject in printed if measured.get(subject) == acoustics.FINGERPRINT}
    tried = ledger.set_aside(reader, STEP, FINGERPRINT)
    wanted: dict[str, list[Recording]] = {}
    finished: set[str] = set()
    without_sound = 0
    for recording in call_store.recordings(reader).values():
        if not recording.is_audible or not recording.path or not recording.content_hash:
            without_sound += 1
        elif recording.content_hash in done or recording.content_hash in tried:
            finished.add(recording.content_hash)
        else:
            wanted.setdefault(recording.content_hash, []).append(recording)
    return _Plan({subject: tuple(calls) for subject, calls in wanted.items()}, len(finished), without_sound)
