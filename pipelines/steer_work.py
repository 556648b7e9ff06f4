"""What people do to the work: look at it, pause, resume, cancel, try again. Every change is in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qc_workbench.domain.job import JobState
from qc_workbench.domain.progress import CLAIMED_STEPS, StepProgress
from qc_workbench.errors import UsageError
from qc_workbench.store import job_board
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Reader, Statement
from qc_workbench.store.job_board import EVERY_STEP
from qc_workbench.store.job_progress import (
    Pause,
    Reason,
    Unit,
    changed_units,
    end_pause,
    is_somebody_working,
    known_steps,
    put_back,
    reasons,
    standing_pauses,
    step_progress,
    subjects_of_call,
    units,
)
from qc_workbench.workspace import Workspace

UNSUCCESSFUL: Final = (JobState.FAILED, JobState.POISONED)


@dataclass(frozen=True, slots=True)
class WorkNow:
    """The work at a moment. ``is_worked_on``: some run holds units and gives signs of life."""

    at: datetime
    steps: tuple[StepProgress, ...]
    pauses: tuple[Pause, ...]
    running: tuple[Unit, ...]
    reasons: tuple[Reason, ...]
    is_worked_on: bool


@dataclass(frozen=True, slots=True)
class Steered:
    """What an action changed, and what its undoing needs: ``units`` that were cancelled or wait again, steps whose
    pause began (``paused``) or ended (``resumed``)."""

    action: str
    step: str
    at: datetime
    units: int = 0
    paused: tuple[str, ...] = ()
    resumed: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.units or self.paused or self.resumed)


def look(workspace: Workspace, now: datetime, step: str = EVERY_STEP, running: int = 50) -> WorkNow:
    """The work as it stands; at most ``running`` units that are worked on."""
    with workspace.store.reading() as reader:
        _known_step(reader, step)
        return WorkNow(
            at=now,
            steps=tuple(item for item in step_progress(reader, now) if step in (EVERY_STEP, item.step)),
            pauses=tuple(standing_pauses(reader)),
            running=tuple(units(reader, [JobState.RUNNING], running, step=step)),
            reasons=tuple(reasons(reader, step)),
            is_worked_on=is_somebody_working(reader, now),
        )


def pause(workspace: Workspace, step: str, by: str, now: datetime) -> Steered:
    """The step takes no new units; what runs is finished. Raises :class:`UsageError` ``step_not_claimed``."""
    _steerable(step)
    with workspace.store.reading() as reader:
        standing = {item.step for item in standing_pauses(reader)}
    if standing & {step, EVERY_STEP}:
        return Steered("pause", step, now)
    workspace.store.write(job_board.pause(step, by, now), audit_entry(now, by, "work_paused", step))
    return Steered("pause", step, now, paused=(step,))


def resume(workspace: Workspace, step: str, by: str, now: datetime) -> Steered:
    """End a pause. A single step that rested because all of them do goes on alone; the others rest on."""
    _steerable(step)
    with workspace.store.reading() as reader:
        standing = {item.step for item in standing_pauses(reader)}
    ended = standing if step == EVERY_STEP else standing & {step, EVERY_STEP}
    if not ended:
        return Steered("resume", step, now)
    kept = [item for item in CLAIMED_STEPS if item != step] if step != EVERY_STEP and EVERY_STEP in ended else []
    begun = [item for item in kept if item not in standing]
    workspace.store.write(
        *(end_pause(item) for item in sorted(ended)),
        *(job_board.pause(item, by, now) for item in begun),
        audit_entry(now, by, "work_resumed", step),
    )
    return Steered("resume", step, now, paused=tuple(begun), resumed=tuple(sorted(ended)))


def cancel(
    workspace: Workspace, step: str, by: str, now: datetime, call_ids: Sequence[str] = (), subjects: Sequence[str] = ()
) -> Steered:
    """Take back what waits and what runs: of a step, of calls, or single units by their ``subjects``.

    Raises :class:`UsageError` ``step_unknown`` and ``call_unknown``.
    """
    chosen = _chosen(workspace, step, call_ids, subjects)
    workspace.store.write(
        job_board.cancel(now, step, chosen), audit_entry(now, by, "work_cancelled", step, calls=list(call_ids))
    )
    with workspace.store.reading() as reader:
        return Steered("cancel", step, now, units=changed_units(reader, JobState.CANCELLED, now))


def retry(
    workspace: Workspace, step: str, by: str, now: datetime, call_ids: Sequence[str] = (), subjects: Sequence[str] = ()
) -> Steered:
    """Let failed, poisoned and cancelled units wait again. Raises what :func:`cancel` raises."""
    chosen = _chosen(workspace, step, call_ids, subjects)
    workspace.store.write(
        job_board.retry(now, step, chosen), audit_entry(now, by, "work_retried", step, calls=list(call_ids))
    )
    with workspace.store.reading() as reader:
        return Steered("retry", step, now, units=changed_units(reader, JobState.WAITING, now))


def undo(workspace: Workspace, done: Steered, by: str, now: datetime) -> None:
    """Take an action back. Trying again has nothing to take back: what waits can be cancelled."""
    statements: list[Statement] = [end_pause(step) for step in done.paused]
    statements += [job_board.pause(step, by, now) for step in done.resumed]
    if done.action == "cancel":
        statements.append(put_back(done.at))
    workspace.store.write(*statements, audit_entry(now, by, "work_undone", done.step, undone=done.action))


def _chosen(
    workspace: Workspace, step: str, call_ids: Sequence[str], subjects: Sequence[str]
) -> tuple[str, ...] | None:
    with workspace.store.reading() as reader:
        _known_step(reader, step)
        if not call_ids and not subjects:
            return None
        chosen = list(subjects)
        for call_id in call_ids:
            found = subjects_of_call(reader, call_id)
            if not found:
                raise UsageError("call_unknown", call_id=call_id, count=1)
            chosen += found
    return tuple(chosen)


def _steerable(step: str) -> None:
    if step not in (EVERY_STEP, *CLAIMED_STEPS):
        raise UsageError("step_not_claimed", step=step, known=", ".join(CLAIMED_STEPS))


def _known_step(reader: Reader, step: str) -> None:
    known = sorted({*CLAIMED_STEPS, *known_steps(reader)})
    if step not in (EVERY_STEP, *known):
        raise UsageError("step_unknown", step=step, known=", ".join(known))
