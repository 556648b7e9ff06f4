"""The work for the page: how each step goes, what runs, what failed; pausing, cancelling, trying again and undoing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pipelines import steer_work
from pipelines.steer_work import UNSUCCESSFUL, Steered, WorkNow
from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Call
from qc_workbench.domain.job import JobState
from qc_workbench.store.browsing import calls_by_id
from qc_workbench.store.database import Reader
from qc_workbench.store.job_board import EVERY_STEP
from qc_workbench.store.job_progress import Unit, WorkSlice, units, work_by_time
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

#: Failed units of one screen.
PAGE: Final = 20
#: Time on the plot.
PLOTTED: Final = timedelta(hours=6)
#: Units in work that are shown; a pool of any usual machine has fewer.
_RUNNING: Final = 20


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit with the call it is about, where that is still here."""

    unit: Unit
    call: Call | None


@dataclass(frozen=True, slots=True)
class WorkRoom:
    now: WorkNow
    slices: tuple[WorkSlice, ...]
    running: tuple[UnitLine, ...]
    people: Directory

    @property
    def is_empty(self) -> bool:
        return not self.now.steps

    @property
    def failed(self) -> int:
        return sum(step.unsuccessful for step in self.now.steps)

    @property
    def runs(self) -> int:
        """Units in work, also those that are not shown."""
        return sum(step.counts[JobState.RUNNING] for step in self.now.steps)

    @property
    def rests(self) -> bool:
        """Whether every step is paused at once."""
        return any(pause.step == EVERY_STEP for pause in self.now.pauses)

    @property
    def waits_for_nobody(self) -> bool:
        """Something waits that is not paused, and no run works on it."""
        return not self.now.is_worked_on and any(step.open and not step.is_paused for step in self.now.steps)


@dataclass(frozen=True, slots=True)
class FailedPage:
    lines: tuple[UnitLine, ...]
    people: Directory


def work(workspace: Workspace, now: datetime) -> WorkRoom:
    seen = steer_work.look(workspace, now, running=_RUNNING)
    with workspace.store.reading() as reader:
        slices = work_by_time(reader, now - PLOTTED)
        running, people = _lines(reader, seen.running)
    return WorkRoom(seen, tuple(slices), running, people)


def failed_page(workspace: Workspace, page: int) -> FailedPage:
    """One page (from 1) of what failed, the latest first."""
    with workspace.store.reading() as reader:
        lines, people = _lines(reader, units(reader, UNSUCCESSFUL, PAGE, (page - 1) * PAGE))
    return FailedPage(lines, people)


def _lines(reader: Reader, found: Sequence[Unit]) -> tuple[tuple[UnitLine, ...], Directory]:
    calls = calls_by_id(reader, {unit.call_ids[0] for unit in found if unit.call_ids})
    lines = tuple(UnitLine(unit, calls.get(unit.call_ids[0]) if unit.call_ids else None) for unit in found)
    # Whoever keeps the program running need not know the clients.
    return lines, replace(directory(reader, {call.client_phone for call in calls.values()}), names_clients=False)


def steer(
    workspace: Workspace, viewer: Viewer, action: str, step: str, now: datetime, subjects: Sequence[str] = ()
) -> Steered:
    """pause, resume, cancel or retry a step (``EVERY_STEP``: all), or single units of it.

    Raises ``not_allowed``.
    """
    viewer.require(Action.RUN_WORK)
    who = viewer.name
    match action:
        case "pause":
            return steer_work.pause(workspace, step, who, now)
        case "resume":
            return steer_work.resume(workspace, step, who, now)
        case "cancel":
            return steer_work.cancel(workspace, step, who, now, subjects=subjects)
        case _:
            return steer_work.retry(workspace, step, who, now, subjects=subjects)


def undo(workspace: Workspace, viewer: Viewer, done: Steered, now: datetime) -> None:
    """Take an action back. Raises ``not_allowed``."""
    viewer.require(Action.RUN_WORK)
    steer_work.undo(workspace, done, viewer.name, now)


def kept(done: Steered) -> str:
    """An action as a text that a page can remember."""
    return json.dumps(asdict(done) | {"at": done.at.isoformat()})


def kept_again(text: str) -> Steered:
    values = json.loads(text)
    moment = datetime.fromisoformat(values["at"])
    return Steered(**values | {"at": moment, "paused": tuple(values["paused"]), "resumed": tuple(values["resumed"])})
