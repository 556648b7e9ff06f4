"""Run what is due: look, claim a moment, do the work, write down what came of it.

A due moment is claimed in the store by a write that happens once, so that two servers, a restart and a command never
run the same one twice, and a job never runs beside itself. Whoever runs holds a lock on a file of its name; a run
whose lock is free was killed, and is written down as lost by whoever looks next.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

from pipelines.alive import alive, is_dead
from pipelines.scheduled import JOBS, ScheduledJob, Turn, job_with
from qc_workbench.detection.working_calendar import WorkingCalendar
from qc_workbench.domain.schedule import Asked, Due, Outcome, Run, Standing, When
from qc_workbench.errors import NotConfigured, QcwError, SettingsError, UsageError, WriteRefused
from qc_workbench.logs import event
from qc_workbench.review.due_moments import due_now, next_moment, try_again_at
from qc_workbench.store import schedule
from qc_workbench.store.calls import audit_entry
from qc_workbench.workspace import Workspace

#: A person must put these right first: trying again changes nothing.
_FOR_PEOPLE: Final = (NotConfigured, SettingsError, UsageError)
#: A job that nobody has begun so long after its time is reported.
OVERDUE_AFTER: Final = timedelta(minutes=15)
#: Longest text of a parameter that is kept, in characters.
_PARAM_MOST: Final = 300

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class JobNow:
    """A job at a moment. ``when`` is None where it is switched off; ``next_at``: its next time, None where it has none
    or is paused. ``asked``: runs out of turn that nobody has begun, the first asked for first."""

    job: ScheduledJob
    when: When | None
    standing: Standing
    next_at: datetime | None
    due: Due | None
    asked: tuple[Asked, ...] = ()

    @property
    def turn(self) -> Due | None:
        """What is to be run: what somebody asked for first."""
        if self.is_running:
            return None
        return Due(self.asked[0].at, 1) if self.asked else self.due

    def is_needed(self, workspace: Workspace, now: datetime) -> bool:
        return self.due is not None and self.job.is_needed(Turn(workspace, self.due.due_at, now))

    @property
    def is_running(self) -> bool:
        return self.standing.last is not None and self.standing.last.outcome is Outcome.RUNNING


def look(workspace: Workspace, now: datetime, among: Sequence[ScheduledJob] | None = None) -> list[JobNow]:
    """Every job as it stands. Changes nothing."""
    settings = workspace.settings
    zone, is_working = settings.company.zone, WorkingCalendar.of(settings.company).is_working
    with workspace.store.reading() as reader:
        standings, asked = schedule.standings(reader), schedule.asked(reader)
    found = []
    for job in JOBS if among is None else among:
        when, standing = job.when(settings), standings.get(job.code, Standing())
        next_at = None
        if when is not None and standing.paused_by is None:
            next_at = next_moment(when, zone, now, is_working)
        due = due_now(when, zone, standing, now, job.late, is_working)
        found.append(JobNow(job, when, standing, next_at, due, tuple(asked.get(job.code, ()))))
    return found


def due_jobs(workspace: Workspace, now: datetime, among: Sequence[ScheduledJob] | None = None) -> list[JobNow]:
    """What is to be run now. Writes down runs that were lost, and jobs that are seen for the first time: what was due
    before that is not caught up."""
    found = look(workspace, now, among)
    lost = [item for item in found if item.is_running and _is_lost(workspace, item.standing.last)]
    for item in lost:
        _note_lost(workspace, item, now)
    fresh = [item.job.code for item in found if item.standing.seen_until is None]
    if fresh:
        workspace.store.write(*(schedule.seen(code, now) for code in fresh))
    if lost or fresh:
        found = look(workspace, now, among)
    if not workspace.settings.schedule.enabled:
        return [item for item in found if item.asked and item.turn]
    return [item for item in found if item.turn and (item.asked or item.is_needed(workspace, now))]


def _is_lost(workspace: Workspace, run: Run | None) -> bool:
    return run is not None and is_dead(workspace.store.locks, run.runner)


def _note_lost(workspace: Workspace, item: JobNow, now: datetime) -> None:
    run = item.standing.last
    assert run is not None
    lost = replace(
        run,
        finished_at=now,
        outcome=Outcome.LOST,
        error_code="schedule_run_lost",
        try_again_at=try_again_at(item.when, run, now, may_help=True),
    )
    _write_end(workspace, lost)
    event("schedule.lost", logging.WARNING, step=run.job, attempt=run.attempt)


def perform(
    workspace: Workspace,
    job: ScheduledJob,
    due: Due,
    *,
    asked: Asked | None = None,
    clock: Clock = _now,
) -> Run | None:
    """Claim a moment of a job and do the work; returns what came of it, None where another has it. Never raises for
    what the work raises: a job that fails is written down and stops no other."""
    with alive(workspace.store.locks) as runner:
        began = clock()
        by, about = (asked.by, asked.about) if asked else (None, "")
        run = Run(job.code, due.due_at, due.attempt, by, runner, began, None, Outcome.RUNNING, about=about)
        try:
            if not workspace.store.apply(schedule.claimed(run)):
                return None
        except WriteRefused:
            return None
        event("schedule.began", step=job.code, attempt=run.attempt)
        started = monotonic()
        try:
            report = job.work(Turn(workspace, due.due_at, began, about))
        except Exception as error:
            done = _failed(workspace, job, run, error, clock())
            event(
                "schedule.failed", logging.WARNING, step=job.code, attempt=run.attempt, error=done.error_code or "",
                exception=None if isinstance(error, QcwError) else error,
            )  # fmt: skip
        except BaseException:  # asked to end: the next server goes on with it
            _write_end(workspace, _stopped(workspace, job, run, clock()))
            raise
        else:
            done = replace(run, finished_at=clock(), outcome=Outcome.DONE, report=dict(report))
            event("schedule.done", step=job.code, duration_s=monotonic() - started)
        _write_end(workspace, done)
        return done


def _failed(workspace: Workspace, job: ScheduledJob, run: Run, error: Exception, at: datetime) -> Run:
    code, params = "schedule_broken", {"kind": type(error).__name__}
    if isinstance(error, QcwError):
        code, params = error.code, {key: str(value)[:_PARAM_MOST] for key, value in error.params.items()}
    again = try_again_at(job.when(workspace.settings), run, at, may_help=not isinstance(error, _FOR_PEOPLE))
    return replace(
        run, finished_at=at, outcome=Outcome.FAILED, error_code=code, error_params=params, try_again_at=again
    )


def _stopped(workspace: Workspace, job: ScheduledJob, run: Run, at: datetime) -> Run:
    again = try_again_at(job.when(workspace.settings), run, at, may_help=True)
    return replace(run, finished_at=at, outcome=Outcome.LOST, error_code="schedule_run_stopped", try_again_at=again)


def _write_end(workspace: Workspace, run: Run) -> None:
    try:
        workspace.store.apply(schedule.ended(run))
    except WriteRefused:
        return  # it was written down by another


def ask(workspace: Workspace, code: str, by: str, at: datetime, about: str = "") -> None:
    """Somebody wants a job run out of turn: the server begins it within seconds. Raises ``schedule_unknown``,
    ``schedule_at_terminal``."""
    if not _job(code).has_button:
        raise UsageError("schedule_at_terminal", job=code)
    told = {"about": about} if about else {}
    workspace.store.write(schedule.asking(code, by, at, about), audit_entry(at, by, "job_asked", code, **told))


def asked_for(workspace: Workspace, code: str, due_at: datetime) -> Asked | None:
    """What somebody asked for, whose run this moment is; None: its time had come."""
    with workspace.store.reading() as reader:
        found = schedule.asked(reader).get(code, ())
    return next((asked for asked in found if asked.at == due_at), None)


def run_now(workspace: Workspace, code: str, by: str, *, clock: Clock = _now) -> Run | None:
    """Run a job out of turn, here. None: it is running already. Raises ``schedule_unknown``."""
    at, job = clock(), _job(code)
    workspace.store.write(audit_entry(at, by, "job_asked", code))
    return perform(workspace, job, Due(at, 1), asked=Asked(by, at), clock=clock)


def set_paused(workspace: Workspace, code: str, paused: bool, by: str, at: datetime) -> None:
    """Pause a job, or let it run again; what it missed meanwhile is not caught up. Raises ``schedule_unknown``."""
    _job(code)
    action = "job_paused" if paused else "job_resumed"
    workspace.store.write(*schedule.moved(code, paused, by, at), audit_entry(at, by, action, code))


def _job(code: str) -> ScheduledJob:
    job = job_with(code)
    if job is None:
        raise UsageError("schedule_unknown", job=code, known=", ".join(item.code for item in JOBS))
    return job


def troubles(workspace: Workspace, now: datetime, found: Sequence[JobNow] | None = None) -> dict[str, str]:
    """Job -> ``failed`` (its last run did, or was lost) or ``overdue`` (its time has passed and nobody runs it).
    None where the schedule is switched off. ``found``: what :func:`look` said, where it was just asked."""
    if not workspace.settings.schedule.enabled:
        return {}
    said = {}
    for item in look(workspace, now) if found is None else found:
        last = item.standing.last
        if item.when is None or item.standing.paused_by is not None:
            continue
        if last is not None and last.outcome in (Outcome.FAILED, Outcome.LOST):
            said[item.job.code] = "failed"
        elif item.due and now - item.due.due_at > OVERDUE_AFTER and item.is_needed(workspace, now):
            said[item.job.code] = "overdue"
    return said
