"""What runs by itself: runs, up to when each job was looked at, pauses. A due moment is claimed once, whoever asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from qc_workbench.domain.schedule import Asked, Outcome, Run, Standing
from qc_workbench.store.database import Reader, Row, Statement, Write, from_json, insert, to_json

#: Runs of a job that are kept when it is run again, the newest.
KEPT: Final = 400


def run_of(row: Row) -> Run:
    return Run(
        job=row["job"],
        due_at=row["due_at"],
        attempt=row["attempt"],
        asked_by=row["asked_by"],
        runner=row["runner"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        outcome=Outcome(row["outcome"]),
        error_code=row["error_code"],
        error_params=from_json(row["error_params"]) or {},
        try_again_at=row["try_again_at"],
        report=from_json(row["report"]) or {},
        about=row["about"] or "",
    )


def claimed(run: Run) -> Write:
    """A run begins. Refused (:class:`~qc_workbench.errors.WriteRefused`, or not applied) where another has that moment
    or a run of the job goes on."""
    row = {
        "job": run.job, "due_at": run.due_at, "attempt": run.attempt, "asked_by": run.asked_by, "runner": run.runner,
        "started_at": run.started_at, "outcome": Outcome.RUNNING.value, "about": run.about or None,
    }  # fmt: skip
    statements = [
        insert("schedule_runs", row),
        Statement(
            "delete from schedule_runs where job = ? and outcome <> 'running' and started_at < (select min(started_at) "
            "from (select started_at from schedule_runs where job = ? order by started_at desc limit ?))",
            (run.job, run.job, KEPT),
        ),
    ]
    alone = Statement(
        "select 1 where not exists (select 1 from schedule_runs where job = ? and outcome = 'running')", (run.job,)
    )
    require = [alone]
    if run.asked_by is not None:
        # a run about everything is what those who asked about a part of it wanted too
        statements.append(
            Statement("delete from schedule_asked where job = ? and ? in ('', about)", (run.job, run.about))
        )
    else:
        statements.append(seen(run.job, run.due_at))
        # Its turn is over where a later moment was run, or this one by somebody else.
        require.append(
            Statement(
                "select 1 where not exists (select 1 from schedule_runs where job = ? and asked_by is null "
                "and (due_at > ? or due_at = ? and attempt >= ?))",
                (run.job, run.due_at, run.due_at, run.attempt),
            )
        )
    key = f"schedule:{run.job}:{run.due_at.isoformat()}:{run.attempt}:{'asked' if run.asked_by else 'due'}{run.about}"
    return Write(tuple(statements), key, tuple(require))


def seen(job: str, until: datetime) -> Statement:
    """The job's moments up to ``until`` were looked at; never back to an earlier one."""
    return Statement(
        "insert into schedule_seen values (?, ?) on conflict (job) do update "
        "set seen_until = greatest(schedule_seen.seen_until, excluded.seen_until)",
        (job, until),
    )


def ended(run: Run) -> Write:
    """What came of a run. Refused where it does not run any more: somebody has taken it for lost."""
    which = (run.job, run.due_at, run.attempt)
    change = Statement(
        "update schedule_runs set finished_at = ?, outcome = ?, error_code = ?, error_params = ?, try_again_at = ?, "
        "report = ? where job = ? and due_at = ? and attempt = ?",
        (
            run.finished_at, run.outcome.value, run.error_code, to_json(dict(run.error_params)), run.try_again_at,
            to_json(dict(run.report)), *which,
        ),
    )  # fmt: skip
    running = Statement(
        "select 1 from schedule_runs where job = ? and due_at = ? and attempt = ? and outcome = 'running'", which
    )
    return Write((change,), require=(running,))


def moved(job: str, is_paused: bool, by: str, at: datetime) -> list[Statement]:
    """Somebody pauses a job or lets it run again. What it missed meanwhile is not caught up."""
    row: Mapping[str, Any] = {"job": job, "is_paused": is_paused, "made_by": by, "made_at": at}
    return [insert("schedule_moves", row), *([] if is_paused else [seen(job, at)])]


def standings(reader: Reader) -> dict[str, Standing]:
    """Every job of which anything is known."""
    seen_until = {row["job"]: row["seen_until"] for row in reader.rows("select job, seen_until from schedule_seen")}
    pauses = {
        row["job"]: row
        for row in reader.rows(
            "select * from schedule_moves qualify row_number() over (partition by job order by made_at desc) = 1"
        )
        if row["is_paused"]
    }
    last = _latest(reader, "true", "started_at desc, attempt desc")
    last_due = _latest(reader, "asked_by is null", "due_at desc, attempt desc")
    return {
        job: Standing(
            seen_until.get(job),
            last_due.get(job),
            last.get(job),
            pauses[job]["made_by"] if job in pauses else None,
            pauses[job]["made_at"] if job in pauses else None,
        )
        for job in {*seen_until, *pauses, *last}
    }


def _latest(reader: Reader, condition: str, order: str) -> dict[str, Run]:
    rows = reader.rows(
        f"select * from schedule_runs where {condition} "  # noqa: S608 - literals of this module
        f"qualify row_number() over (partition by job order by {order}) = 1"
    )
    return {row["job"]: run_of(row) for row in rows}


def asked(reader: Reader) -> dict[str, list[Asked]]:
    """Job -> what somebody asked for and nobody has begun, in the order in which it was asked for."""
    found: dict[str, list[Asked]] = {}
    for row in reader.rows("select * from schedule_asked order by asked_at, about"):
        found.setdefault(row["job"], []).append(Asked(row["asked_by"], row["asked_at"], row["about"]))
    return found


def asking(job: str, by: str, at: datetime, about: str = "") -> Statement:
    """Asked for twice is asked for once."""
    return Statement("insert or ignore into schedule_asked values (?, ?, ?, ?)", (job, about, by, at))


def runs_of(reader: Reader, job: str, limit: int, offset: int = 0) -> list[Run]:
    """The newest first."""
    rows = reader.rows(
        "select * from schedule_runs where job = ? order by started_at desc, attempt desc limit ? offset ?",
        job,
        limit,
        offset,
    )
    return [run_of(row) for row in rows]


def count_of(reader: Reader, job: str) -> int:
    return int(reader.value("select count(*) from schedule_runs where job = ?", job) or 0)
