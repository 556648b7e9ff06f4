"""A month in which jobs ran by themselves: one night was cut off and done again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from qc_workbench.domain.schedule import Outcome, Run
from qc_workbench.review.due_moments import due_moments, parse_when
from qc_workbench.store import schedule
from qc_workbench.workspace import Workspace

_CUT_OFF = 6


def _ran(workspace: Workspace, run: Run, minutes: float, outcome: Outcome = Outcome.DONE, **more: object) -> None:
    workspace.store.apply(schedule.claimed(run))
    done = replace(run, finished_at=run.started_at + timedelta(minutes=minutes), outcome=outcome, **more)  # type: ignore[arg-type]
    workspace.store.apply(schedule.ended(done))


def write_history(workspace: Workspace, now: datetime) -> None:
    zone = workspace.settings.company.zone
    since = now - timedelta(days=30)
    jobs = {"nightly": ("02:00", 24.0), "evening_control": ("mon,tue,wed,thu,fri 19:00", 0.4)}
    for job, (text, minutes) in jobs.items():
        when = parse_when(text)
        assert when is not None
        for number, due_at in enumerate(due_moments(when, zone, since, now)):
            run = Run(job, due_at, 1, None, "run-gone", due_at, None, Outcome.RUNNING)
            took = minutes * (1 + (number * 7 % 5) / 4)
            report = (
                {"calls": 150 + number * 37 % 60, "drawn": 48, "transcribed": 71}
                if job == "nightly"
                else {"controls": 1}
            )
            if job == "nightly" and number == _CUT_OFF:
                _ran(workspace, run, 9, Outcome.LOST, error_code="schedule_run_lost")
                run = replace(run, attempt=2, started_at=due_at + timedelta(minutes=14))
            _ran(workspace, run, took, report=report)
    workspace.store.write(
        *(schedule.seen(job, now) for job in ("import", "send_mail", "day_page", "mid_month", "month_end"))
    )
