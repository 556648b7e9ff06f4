"""The schedule for the page: each job with its next time and its last run, the runs of one, what people do to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pipelines import run_scheduled
from pipelines.run_scheduled import JobNow
from qc_workbench.domain.access import Action
from qc_workbench.domain.schedule import Run
from qc_workbench.store import schedule as rows
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: Runs of one screen.
PAGE: Final = 20
#: Runs on the plot.
PLOTTED: Final = 60


@dataclass(frozen=True, slots=True)
class ScheduleRoom:
    """``troubles``: see :func:`pipelines.run_scheduled.troubles`."""

    enabled: bool
    jobs: tuple[JobNow, ...]
    troubles: dict[str, str]

    @property
    def first_shown(self) -> str:
        """The job whose runs are shown at first: one in trouble, else one that takes its time and has been run."""
        ran = [item.job.code for item in self.jobs if item.standing.last is not None and item.job.apart]
        return next(iter([*self.troubles, *ran, self.jobs[0].job.code]))

    @property
    def is_unattended(self) -> bool:
        """Times pass and nobody begins anything."""
        return "overdue" in self.troubles.values()


@dataclass(frozen=True, slots=True)
class History:
    """The runs of a job: how many there are, those of one screen and those of the plot, the newest first."""

    total: int
    shown: tuple[Run, ...]
    plotted: tuple[Run, ...]


def schedule(workspace: Workspace, now: datetime) -> ScheduleRoom:
    found = tuple(run_scheduled.look(workspace, now))
    return ScheduleRoom(workspace.settings.schedule.enabled, found, run_scheduled.troubles(workspace, now, found))


def history(workspace: Workspace, job: str, page: int) -> History:
    """``page``: from 1."""
    with workspace.store.reading() as reader:
        total = rows.count_of(reader, job)
        shown = rows.runs_of(reader, job, PAGE, (page - 1) * PAGE)
        plotted = rows.runs_of(reader, job, PLOTTED)
    return History(total, tuple(shown), tuple(run for run in plotted if run.took is not None))


def ask(workspace: Workspace, viewer: Viewer, job: str, now: datetime) -> None:
    """Have a job run out of turn. Raises ``not_allowed``, ``schedule_unknown``."""
    viewer.require(Action.RUN_WORK)
    run_scheduled.ask(workspace, job, viewer.name, now)


def set_paused(workspace: Workspace, viewer: Viewer, job: str, paused: bool, now: datetime) -> None:
    """Pause a job or let it run again. Raises ``not_allowed``, ``schedule_unknown``."""
    viewer.require(Action.RUN_WORK)
    run_scheduled.set_paused(workspace, job, paused, viewer.name, now)
