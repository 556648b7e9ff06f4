"""Asking every connected system from where it was left, so that webhooks that were lost are caught up.

Systems are asked side by side: one that is slow or down holds up no other. Recordings whose turn it is are fetched with
their calls.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pipelines.connections import reading_by_itself
from pipelines.import_report import IngestReport
from pipelines.ingest import ingest_source
from pipelines.progress import Silent
from qc_workbench.config import Settings
from qc_workbench.detection.working_calendar import WorkingCalendar
from qc_workbench.domain.schedule import Outcome
from qc_workbench.errors import QcwError
from qc_workbench.logs import event
from qc_workbench.store import schedule
from qc_workbench.workspace import Workspace

#: The job in the schedule.
JOB: Final = "poll"
#: Kinds of sources that are folders, which the import reads.
_FOLDERS: Final = frozenset({"csv", "files"})
#: A look comes a little early or late.
_SLACK: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Polled:
    """What one poll brought. ``failures``: source to the error."""

    calls: int
    asked: int
    failures: Mapping[str, QcwError]


def polled_names(settings: Settings) -> list[str]:
    return [source.name for source in settings.sources if source.kind not in _FOLDERS]


def is_poll_due(settings: Settings, last: datetime | None, now: datetime) -> bool:
    """Whether it is time again: sooner in working hours. ``last``: when the last poll began."""
    local = now.astimezone(settings.company.zone)
    working = WorkingCalendar.of(settings.company).is_working(local.date())
    is_busy = working and settings.company.day_starts <= local.time() <= settings.company.day_ends
    minutes = settings.polling.minutes
    if not is_busy:
        minutes = max(minutes, settings.polling.quiet_minutes)
    return last is None or now - last >= timedelta(minutes=minutes) - _SLACK


def last_poll(workspace: Workspace) -> datetime | None:
    """When the last poll that came to its end began, whatever one of the systems answered."""
    with workspace.store.reading() as reader:
        runs = schedule.runs_of(reader, JOB, 20)
    return max((run.started_at for run in runs if run.outcome in (Outcome.DONE, Outcome.FAILED)), default=None)


def poll_sources(workspace: Workspace, names: Sequence[str] | None = None) -> Polled:
    """Ask all of them (or these) that nobody has paused; never raises for what one of them does. One that is being
    asked already is left.

    Folders are read first, one after the other: they may say whose the lines of the telephone systems are.
    """
    unpaused = {source.name for source in reading_by_itself(workspace)}
    asked = polled_names(workspace.settings) if names is None else names
    wanted = [name for name in asked if name in unpaused]
    connected = set(polled_names(workspace.settings))

    def ask(name: str) -> IngestReport | QcwError:
        try:
            return ingest_source(workspace, name, Silent())
        except QcwError as error:
            level = logging.INFO if error.code == "source_busy" else logging.WARNING
            event("poll.source_failed", level, error=error.code)
            return error

    found = {name: ask(name) for name in wanted if name not in connected}
    side_by_side = [name for name in wanted if name in connected]
    with ThreadPoolExecutor(max(1, min(len(side_by_side), workspace.settings.polling.at_once))) as pool:
        found |= dict(zip(side_by_side, pool.map(ask, side_by_side), strict=True))
    reports = [item for item in found.values() if not isinstance(item, QcwError)]
    calls = [counts for report in reports if (counts := report.counts.get("calls"))]
    failures = {name: item for name, item in found.items() if isinstance(item, QcwError) and item.code != "source_busy"}
    return Polled(sum(item.new for item in calls), len(reports), failures)
