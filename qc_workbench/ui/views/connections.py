"""Connected systems for the page: how each stands, what it can give, and what people do to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pipelines import connections as steps
from pipelines import run_scheduled
from pipelines.run_scheduled import JobNow
from pipelines.try_source import Trial, try_source
from qc_workbench.config_sources import Connected, CsvSource, Source
from qc_workbench.domain.access import Action
from qc_workbench.domain.connection import Family, Health, SourceFacts, SyncRun
from qc_workbench.domain.schedule import When
from qc_workbench.reporting.connections import budget_used, health, lag
from qc_workbench.sources.connector import Capabilities, CrmCapabilities
from qc_workbench.sources.crm_registry import CRM_CAPABILITIES
from qc_workbench.sources.registry import CAPABILITIES, family_of
from qc_workbench.store import source_overview as rows
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: Runs of one screen, and of the plot.
PAGE: Final = 20
PLOTTED: Final = 100
#: Jobs of the schedule that read sources.
READING_JOBS: Final = ("poll", "import")
#: Where "read now" goes.
READ_NOW: Final = "import"


@dataclass(frozen=True, slots=True)
class Connection:
    """One source. ``lag``: how old the newest thing is that is surely known; ``budget``: share of the pace that the
    last reading used, 0 to 1; ``places``: keys of the settings -> where each secret is; ``has_people``: people of its
    own, to be told who of ours they are; ``is_asked``, ``is_reading``: as of :class:`ConnectionsRoom`, of this one."""

    name: str
    kind: str
    family: Family
    health: Health
    facts: SourceFacts
    lag: timedelta | None
    budget: float | None
    capabilities: Capabilities | CrmCapabilities | None
    places: Mapping[str, str]
    takes_recordings: bool
    has_people: bool
    is_asked: bool
    is_reading: bool


@dataclass(frozen=True, slots=True)
class ConnectionsRoom:
    """``every``: longest pause between two readings by the schedule; None: nothing reads by itself. ``is_asked``:
    somebody has asked for a reading of all that has not begun; ``is_reading``: one is under way."""

    connections: tuple[Connection, ...]
    every: timedelta | None
    is_asked: bool
    is_reading: bool

    def amount(self, state: Health) -> int:
        return sum(item.health is state for item in self.connections)


@dataclass(frozen=True, slots=True)
class Runs:
    """Readings of a source, the newest first: those of one screen and those of the plot."""

    total: int
    shown: tuple[SyncRun, ...]
    plotted: tuple[SyncRun, ...]


def connections(workspace: Workspace, viewer: Viewer, now: datetime) -> ConnectionsRoom:
    """Every source of qcw.toml. Raises ``not_allowed``."""
    viewer.require(Action.EDIT_SETTINGS)
    jobs = [item for item in run_scheduled.look(workspace, now) if item.job.code in READING_JOBS]
    every = _every(workspace, jobs)
    asked = {asked.about for item in jobs for asked in item.asked}
    reading = {item.standing.last.about for item in jobs if item.is_running and item.standing.last}
    with workspace.store.reading() as reader:
        facts = rows.facts(reader, now)
    found = [_connection(source, facts.get(source.name, SourceFacts()), now, every, asked, reading)
             for source in workspace.settings.sources]  # fmt: skip
    return ConnectionsRoom(tuple(found), every, "" in asked, "" in reading)


def _connection(
    source: Source, facts: SourceFacts, now: datetime, every: timedelta | None, asked: Set[str], reading: Set[str]
) -> Connection:
    capabilities = CAPABILITIES.get(source.kind) or CRM_CAPABILITIES.get(source.kind)
    budget = None
    if facts.last is not None and capabilities is not None:
        budget = budget_used(facts.last, capabilities.requests_per_s, capabilities.burst)
    # a folder is read as it lies there: nothing of it is outstanding
    behind = None if isinstance(source, CsvSource) else lag(facts, now)
    return Connection(
        source.name, source.kind, family_of(type(source)), health(facts, now, every), facts, behind, budget,
        capabilities, steps.places(source), bool(getattr(source, "recordings", False)), isinstance(source, Connected),
        not asked.isdisjoint({"", source.name}), not reading.isdisjoint({"", source.name}),
    )  # fmt: skip


def _every(workspace: Workspace, jobs: Sequence[JobNow]) -> timedelta | None:
    quiet = timedelta(minutes=workspace.settings.polling.quiet_minutes)
    pauses = [
        max(_pause(item.when), quiet) if item.job.code == "poll" else _pause(item.when)
        for item in jobs
        if workspace.settings.schedule.enabled and item.when is not None and item.standing.paused_by is None
    ]
    return min(pauses, default=None)


def _pause(when: When) -> timedelta:
    """Between two turns of a job, at most, but for days on which the company rests."""
    if when.every_min is not None:
        return timedelta(minutes=when.every_min)
    return timedelta(days=31 if when.month_day else 7 if len(when.weekdays) < 5 else 1)


def runs(workspace: Workspace, viewer: Viewer, name: str, page: int) -> Runs:
    """``page``: from 1. Raises ``not_allowed``."""
    viewer.require(Action.EDIT_SETTINGS)
    with workspace.store.reading() as reader:
        total = rows.runs_total(reader, name)
        shown = rows.runs_of(reader, name, PAGE, (page - 1) * PAGE)
        plotted = rows.runs_of(reader, name, PLOTTED)
    return Runs(total, tuple(shown), tuple(plotted))


def try_connection(workspace: Workspace, viewer: Viewer, name: str, now: datetime) -> Trial:
    """Ask a source for a small window. Raises ``not_allowed``, ``source_not_configured``."""
    viewer.require(Action.EDIT_SETTINGS)
    return try_source(workspace, name, viewer.name, now)


def read_now(workspace: Workspace, viewer: Viewer, now: datetime, name: str = "") -> None:
    """Have a source read out of turn, or all of them. Raises ``not_allowed``, ``source_not_configured``."""
    viewer.require(Action.RUN_WORK)
    if name:
        steps.source_named(workspace, name)
    run_scheduled.ask(workspace, READ_NOW, viewer.name, now, name)


def set_paused(workspace: Workspace, viewer: Viewer, name: str, paused: bool, now: datetime) -> None:
    """Raises ``not_allowed``, ``source_not_configured``."""
    viewer.require(Action.EDIT_SETTINGS)
    steps.set_paused(workspace, name, paused, viewer.name, now)


def remove(workspace: Workspace, viewer: Viewer, name: str, now: datetime) -> str:
    """Take a source out of qcw.toml; its entry. Raises ``not_allowed`` and what the step raises."""
    viewer.require(Action.EDIT_SETTINGS)
    return steps.remove_source(workspace, name, viewer.name, now)


def put_back(workspace: Workspace, viewer: Viewer, name: str, entry: str, now: datetime) -> None:
    """Undo :func:`remove`. Raises ``not_allowed`` and what the step raises."""
    viewer.require(Action.EDIT_SETTINGS)
    steps.put_back(workspace, entry, name, viewer.name, now)


def fetch_again(workspace: Workspace, viewer: Viewer, name: str, now: datetime) -> None:
    """Have recordings that were given up tried again. Raises ``not_allowed``."""
    viewer.require(Action.EDIT_SETTINGS)
    steps.fetch_again(workspace, name, viewer.name, now)
