"""jobs, store: how the work goes and what to do about it; who keeps the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from qc_workbench.commands.frame import Command
from qc_workbench.commands.session import Done, Session, Table, person

if TYPE_CHECKING:
    from pipelines.steer_work import Steered, WorkNow
    from qc_workbench.store.job_progress import Unit

#: Failed units that a person is shown, and those that a program gets.
_SHOWN: Final = 100
_TOLD: Final = 10_000
#: Copies of the database that `qcw store` names.
_COPIES: Final = 5

Step = Annotated[str, typer.Argument(metavar="[STEP]", show_default=False)]
Calls = Annotated[list[str] | None, typer.Option("--call", metavar="ID", show_default=False)]
_ALL: Final = "*"


def jobs(session: Session, failed: Annotated[bool, typer.Option("--failed", show_default=False)] = False) -> Done:
    from pipelines.steer_work import UNSUCCESSFUL, look
    from qc_workbench.store.job_progress import units

    work = look(session.workspace, session.started_at)
    found: list[Unit] = []
    if failed:
        with session.workspace.store.reading() as reader:
            found = units(reader, UNSUCCESSFUL, _TOLD if session.options.json else _SHOWN)
    total = sum(step.unsuccessful for step in work.steps)
    t = session.t
    if not work.steps:
        return Done(data=_data(work), lines=(t("work.none"), *_notes(session, work)))
    tables = [_step_table(session, work)]
    lines = _notes(session, work)
    if failed and not found:
        lines.append(t("cli.jobs.none_failed"))
    elif failed:
        tables.append(_failed_table(session, found))
        if len(found) < total:
            lines.append(t("cli.jobs.more", shown=t.number(len(found)), total=t.number(total)))
    elif work.running:
        tables.append(_running_table(session, work))
    data = _data(work)
    if failed:
        data |= {"failed": [_unit_data(unit) for unit in found], "failed_total": total}
    return Done(
        data=data,
        tables=tuple(tables),
        lines=tuple(lines),
        next_step=t("cli.jobs.see_failed", n=total) if total and not failed else None,
    )


def _step_table(session: Session, work: WorkNow) -> Table:
    """A column a step: there are few of them, and the names of states don't fit beside each other."""
    from qc_workbench.domain.job import JobState
    from qc_workbench.ui.work_words import rate_text, step_name, time_left_text

    t = session.t
    # Beside the name the word that the other commands take.
    columns = ("", *(f"{step_name(t, item.step)} ({item.step})" for item in work.steps))
    rows = [
        (t(f"job_state.{state.value}"), *(t.number(item.counts[state]) for item in work.steps)) for state in JobState
    ]
    rows.append((t("work.rate_column"), *(rate_text(t, item) or "—" for item in work.steps)))
    rows.append((t("work.left_column"), *(time_left_text(t, item) or "—" for item in work.steps)))
    return Table("", columns, tuple(rows), frozenset(range(1, len(columns))))


def _running_table(session: Session, work: WorkNow) -> Table:
    from qc_workbench.domain.progress import is_abandoned
    from qc_workbench.ui.work_words import step_name, who_text

    t = session.t
    rows = tuple(
        (
            step_name(t, unit.job.step),
            _calls(session, unit),
            t("work.abandoned_short")
            if is_abandoned(unit.job.state, unit.job.lease_until, work.at)
            else who_text(unit.job.worker),
            t.moment(unit.job.started_at) if unit.job.started_at else "—",
        )
        for unit in work.running
    )
    return Table(
        t("job_state.running"), (t("work.step"), t("cli.column.call"), t("work.who"), t("work.since_column")), rows
    )


def _failed_table(session: Session, found: list[Unit]) -> Table:
    from qc_workbench.ui.work_words import reason_text, step_name

    t = session.t
    rows = tuple(
        (
            _calls(session, unit),
            step_name(t, unit.job.step),
            reason_text(t, unit.job.error_code, unit.job.error_params),
            t.moment(unit.job.finished_at) if unit.job.finished_at else "—",
        )
        for unit in found
    )
    columns = (t("cli.column.call"), t("work.step"), t("work.reason_column"), t("work.when"))
    return Table(t("cli.jobs.failed_title"), columns, rows)


def _calls(session: Session, unit: Unit) -> str:
    if not unit.call_ids:
        return unit.job.subject
    rest = unit.calls - 1
    return unit.call_ids[0] + (" " + session.t("work.and_others", n=rest) if rest else "")


def _notes(session: Session, work: WorkNow) -> list[str]:
    from qc_workbench.ui.work_words import step_name

    t = session.t
    lines = [
        t("work.paused_line", step=step_name(t, pause.step), who=pause.by, moment=t.moment(pause.at))
        for pause in work.pauses
    ]
    waiting = any(step.open and not step.is_paused for step in work.steps)
    if waiting and not work.is_worked_on:
        lines.append(t("work.nobody_works"))
    return lines


def _data(work: WorkNow) -> dict[str, Any]:
    return {
        "at": work.at,
        "is_worked_on": work.is_worked_on,
        "paused": [{"step": pause.step, "at": pause.at, "by": pause.by} for pause in work.pauses],
        "steps": [
            {
                "step": item.step,
                **{state.value: count for state, count in item.counts.items()},
                "finished": item.finished,
                "total": item.total,
                "is_paused": item.is_paused,
                "units_per_min": item.pace.units_per_min,
                "times_sound": item.pace.times_sound,
                "time_left_s": item.time_left_s,
                "last_done_at": item.last_done_at,
            }
            for item in work.steps
        ],
        "running": [_unit_data(unit) for unit in work.running],
        "reasons": [{"step": item.step, "code": item.code, "units": item.units} for item in work.reasons],
    }


def _unit_data(unit: Unit) -> dict[str, Any]:
    job = unit.job
    return {
        "step": job.step,
        "subject": job.subject,
        "call_ids": list(unit.call_ids),
        "calls": unit.calls,
        "state": job.state.value,
        "attempts": job.attempts,
        "losses": job.losses,
        "worker": job.worker,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "code": job.error_code,
        "params": dict(job.error_params),
    }


def pause(session: Session, step: Step = _ALL) -> Done:
    from pipelines.steer_work import pause as pause_work

    return _steered(session, pause_work(session.workspace, step, person(), session.started_at))


def resume(session: Session, step: Step = _ALL) -> Done:
    from pipelines.steer_work import resume as resume_work

    return _steered(session, resume_work(session.workspace, step, person(), session.started_at))


def cancel(session: Session, step: Step = _ALL, call: Calls = None) -> Done:
    from pipelines.steer_work import cancel as cancel_work

    return _on_units(session, cancel_work, step, call)


def retry(session: Session, step: Step = _ALL, call: Calls = None) -> Done:
    from pipelines.steer_work import retry as retry_work

    return _on_units(session, retry_work, step, call)


def _on_units(session: Session, action: Callable[..., Steered], step: str, call: list[str] | None) -> Done:
    return _steered(session, action(session.workspace, step, person(), session.started_at, tuple(call or ())))


def _steered(session: Session, done: Steered) -> Done:
    from qc_workbench.ui.work_words import step_name

    t = session.t
    step = step_name(t, done.step)
    if done.action in ("cancel", "retry"):
        line = t("work.cancelled", n=done.units) if done.action == "cancel" else t("work.retried", n=done.units)
    elif done.changed:
        line = t(f"work.{done.action}.done", step=step)
    else:
        line = t(f"work.{done.action}.already", step=step)
    following = f"cli.jobs.after_{done.action}"
    return Done(
        data={
            "action": done.action,
            "step": done.step,
            "at": done.at,
            "units": done.units,
            "paused": list(done.paused),
            "resumed": list(done.resumed),
        },
        lines=(line,),
        next_step=t(following) if done.changed else None,
    )


def store(session: Session) -> Done:
    t = session.t
    workspace = session.workspace
    status = workspace.store.status()
    file = workspace.store.path
    size = sum(item.stat().st_size for item in (file, file.with_name(file.name + ".wal")) if item.exists())
    copies = _copies(file.parent / "backups")
    from qc_workbench.ui.work_words import duration_text

    def milliseconds(value: float | None) -> str:
        return "—" if value is None else t("store.milliseconds", n=t.number(value * 1000, 1))

    rows = (
        (t("store.file"), str(file)),
        (t("store.size"), t("store.megabytes", n=t.number(size / 1e6, 1))),
        (t("store.pid"), str(status.pid)),
        (t("store.program"), f"{status.program}, {t('backup.schema', number=status.schema)}"),
        (t("store.up"), duration_text(t, status.up_s)),
        (t("store.clients"), t.number(status.clients)),
        (t("store.writes"), t.number(status.writes)),
        (t("store.reads"), t.number(status.reads)),
        (t("store.write_p50"), milliseconds(status.write_p50_s)),
        (t("store.write_p95"), milliseconds(status.write_p95_s)),
    )
    tables = [Table(t("store.owner"), (t("cli.column.figure"), t("cli.column.value")), rows)]
    if copies:
        columns = (t("work.when"), t("store.copy"), t("store.size"))
        tables.append(
            Table(
                t("store.copies"),
                columns,
                tuple(
                    (
                        t.moment(copy["at"], "d MMM y, HH:mm"),
                        copy["file"],
                        t("store.megabytes", n=t.number(copy["bytes"] / 1e6, 1)),
                    )
                    for copy in copies[:_COPIES]
                ),
                frozenset({2}),
            )
        )
    return Done(
        data={
            "file": str(file),
            "bytes": size,
            "owner": status,
            "copies": copies,
        },
        tables=tuple(tables),
        lines=() if copies else (t("store.no_copies"),),
    )


def _copies(folder: Path) -> list[dict[str, Any]]:
    """The copies made before an upgrade, the newest first."""
    if not folder.is_dir():
        return []
    known = [(item, item.stat()) for item in folder.glob("*.duckdb")]
    return [
        {"file": item.name, "bytes": stat.st_size, "at": datetime.fromtimestamp(stat.st_mtime, UTC)}
        for item, stat in sorted(known, key=lambda pair: pair[1].st_mtime, reverse=True)
    ]


def store_release(session: Session) -> Done:
    from qc_workbench.workspace import Workspace

    home = session.home.expanduser().resolve()
    # Opening it the usual way would start the owner that is asked to go.
    workspace = Workspace(home) if (home / "qcw.toml").is_file() else Workspace.open(home)
    released = workspace.store.release()
    t = session.t
    file = str(workspace.store.path)
    return Done(
        data={"file": file, "released": released},
        lines=(t("store.released", file=file) if released else t("store.nobody_had_it", file=file),),
        next_step=t("store.released_next"),
    )


COMMANDS = (
    Command(("jobs",), jobs),
    Command(("jobs", "pause"), pause),
    Command(("jobs", "resume"), resume),
    Command(("jobs", "cancel"), cancel),
    Command(("jobs", "retry"), retry),
    Command(("store",), store),
    Command(("store", "release"), store_release),
)
