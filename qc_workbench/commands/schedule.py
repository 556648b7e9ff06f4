"""schedule: what runs by itself, when, and how it went."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session, Table, person
from qc_workbench.errors import UsageError

if TYPE_CHECKING:
    from qc_workbench.domain.schedule import Run

Job = Annotated[str, typer.Argument(metavar="JOB", show_default=False)]


def schedule(session: Session) -> Done:
    from pipelines.run_scheduled import look
    from qc_workbench.ui.schedule_words import next_text, outcome_text, when_text

    t = session.t
    found = look(session.workspace, session.started_at)
    columns = tuple(t(f"schedule.column.{name}") for name in ("job", "what", "when", "next", "last"))
    rows = tuple(
        (
            item.job.code,
            t(f"schedule.job.{item.job.code}"),
            when_text(t, item.when),
            next_text(t, item),
            outcome_text(t, item.standing.last),
        )
        for item in found
    )
    data = [
        {
            "job": item.job.code,
            "next_at": item.next_at,
            "paused_by": item.standing.paused_by,
            "is_on": item.when is not None,
            "last": _data(item.standing.last),
        }
        for item in found
    ]
    enabled = session.workspace.settings.schedule.enabled
    return Done(
        data={"enabled": enabled, "jobs": data},
        tables=(Table("", columns, rows),),
        lines=() if enabled else (t("schedule.disabled"),),
        next_step=t("schedule.by_serve") if enabled else None,
    )


def _data(run: Run | None) -> dict[str, object] | None:
    if run is None:
        return None
    return {
        "due_at": run.due_at,
        "attempt": run.attempt,
        "asked_by": run.asked_by,
        "about": run.about,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "outcome": run.outcome.value,
        "code": run.error_code,
        "params": dict(run.error_params),
        "report": dict(run.report),
    }


def run(
    session: Session,
    job: Job,
    due: Annotated[str | None, typer.Option("--due", metavar="ISO-TIME", show_default=False)] = None,
    attempt: Annotated[int, typer.Option("--attempt", min=1)] = 1,
) -> Done:
    from pipelines.run_scheduled import asked_for, perform, run_now
    from pipelines.scheduled import job_with
    from qc_workbench.domain.schedule import Due, Outcome
    from qc_workbench.ui.schedule_words import outcome_text

    t = session.t
    if due is None:
        done = run_now(session.workspace, job, person())
    else:
        moment, known = _moment(due), job_with(job)
        if known is None:
            raise UsageError("schedule_unknown", job=job, known="")
        with suppress(OSError):
            os.nice(10)  # reviewers and the app go first
        asked = asked_for(session.workspace, job, moment)
        done = perform(session.workspace, known, Due(moment, attempt), asked=asked)
    if done is None:
        return Done(data={"run": None}, lines=(t("schedule.already"),), exit_code=0 if due else 1)
    return Done(
        data={"run": _data(done)},
        lines=(f"{t(f'schedule.job.{job}')}: {outcome_text(t, done)}",),
        exit_code=0 if done.outcome is Outcome.DONE else 1,
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError("as_of_invalid", value=text) from error
    if moment.tzinfo is None:
        raise UsageError("as_of_invalid", value=text)
    return moment


def pause(session: Session, job: Job) -> Done:
    return _moved(session, job, paused=True)


def resume(session: Session, job: Job) -> Done:
    return _moved(session, job, paused=False)


def _moved(session: Session, job: str, *, paused: bool) -> Done:
    from pipelines.run_scheduled import set_paused

    set_paused(session.workspace, job, paused, person(), session.started_at)
    line = "schedule.paused_done" if paused else "schedule.resumed_done"
    return Done(data={"job": job, "paused": paused}, lines=(session.t(line, job=session.t(f"schedule.job.{job}")),))


COMMANDS = (
    Command(("schedule",), schedule),
    Command(("schedule", "run"), run),
    Command(("schedule", "pause"), pause),
    Command(("schedule", "resume"), resume),
)
