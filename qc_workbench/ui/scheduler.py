"""Beside the app: begins what is due. It only looks at the clock: what is due is a rule, who runs it says the store.

Heavy jobs are processes of their own (``qcw schedule run``), so that neither their memory nor their end concerns the
app; small ones run in a thread here.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from apscheduler.schedulers.background import BackgroundScheduler

from pipelines.run_scheduled import JobNow, due_jobs, perform
from pipelines.scheduled import ScheduledJob
from qc_workbench.domain.schedule import Asked, Due
from qc_workbench.errors import QcwError
from qc_workbench.logs import event
from qc_workbench.start import command
from qc_workbench.ui.state import open_workspace
from qc_workbench.workspace import Workspace

#: How often the clock is looked at, seconds: an asked run begins as soon.
LOOK_EVERY_S: Final = 5.0
#: The first look waits until the app has drawn its first page.
FIRST_LOOK: Final = timedelta(seconds=5)
#: How long a job of its own process may take to end when the app does, seconds.
LAST_WORDS_S: Final = 10.0

Start = Callable[[Path, str, datetime, int], "subprocess.Popen[bytes]"]


def start_job(home: Path, code: str, due_at: datetime, attempt: int) -> subprocess.Popen[bytes]:
    """``qcw schedule run`` of one due moment, as a process that gives way to others."""
    line, environment = command(
        "--home", str(home), "-q", "schedule", "run", code, "--due", due_at.isoformat(), "--attempt", str(attempt)
    )
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        line, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@dataclass
class Scheduler:
    """Call :meth:`begin` when the app starts and :meth:`end` when it stops. ``among``: only these jobs."""

    home: Path
    start: Start = start_job
    look_every_s: float = LOOK_EVERY_S
    first_look: timedelta = FIRST_LOOK
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    among: Sequence[ScheduledJob] | None = None
    _scheduler: BackgroundScheduler | None = None
    _children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _inside: set[str] = field(default_factory=set)

    def begin(self) -> None:
        # One look at a time; after a sleep of the machine one look, not as many as were missed.
        scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        scheduler.add_job(
            self.look, "interval", seconds=self.look_every_s, next_run_time=datetime.now(UTC) + self.first_look
        )
        logging.getLogger("apscheduler").setLevel(logging.WARNING)  # two lines at every look tell nobody anything
        scheduler.start()
        self._scheduler = scheduler

    def end(self) -> None:
        """Begin nothing more. What runs in here is waited for; processes are asked to end, and what they had in hand is
        done again at the next start."""
        self._ask_to_end()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)
            self._ask_to_end()  # a look that was under way may have begun one more
        for child in self._children.values():
            with suppress(subprocess.TimeoutExpired):
                child.wait(LAST_WORDS_S)

    def _ask_to_end(self) -> None:
        for child in list(self._children.values()):
            if child.poll() is None:
                child.terminate()

    def look(self) -> None:
        """Begin what is due now. A store that is away is asked again at the next look."""
        self._children = {code: child for code, child in self._children.items() if child.poll() is None}
        try:
            workspace = open_workspace(self.home)
            for item in due_jobs(workspace, self.clock(), self.among):
                self._begin(workspace, item)
        except QcwError as error:
            event("schedule.not_looked", logging.WARNING, error=error.code)
        except Exception as error:  # a mistake here must not end the schedule for good
            event("schedule.not_looked", logging.ERROR, exception=error)

    def _begin(self, workspace: Workspace, item: JobNow) -> None:
        code, due = item.job.code, item.turn
        if due is None or code in self._children or code in self._inside:
            return
        if item.job.apart:
            try:
                self._children[code] = self.start(self.home, code, due.due_at, due.attempt)
            except OSError as error:
                event("schedule.not_started", logging.WARNING, step=code, exception=error)
            return
        self._inside.add(code)
        asked = item.asked[0] if item.asked else None
        if self._scheduler is None:
            self._inside_run(workspace, item.job, due, asked)
        else:
            self._scheduler.add_job(self._inside_run, args=(workspace, item.job, due, asked))

    def _inside_run(self, workspace: Workspace, job: ScheduledJob, due: Due, asked: Asked | None) -> None:
        try:
            perform(workspace, job, due, asked=asked, clock=self.clock)
        except QcwError as error:
            event("schedule.not_looked", logging.WARNING, step=job.code, error=error.code)
        finally:
            self._inside.discard(job.code)
