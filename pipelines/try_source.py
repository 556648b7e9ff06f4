"""Does a connected system answer? A small window is asked for, nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Final

from pipelines.connections import places, source_named
from pipelines.understanding import understanding, understood
from qc_workbench.config_sources import Crm, CsvSource, FilesSource, Source
from qc_workbench.errors import NotConfigured, QcwError, SourceRefused, SourceUnreachable
from qc_workbench.logs import event
from qc_workbench.sources.connector import CallSource, Checkable, Window
from qc_workbench.sources.crm_registry import open_crm
from qc_workbench.sources.registry import Surroundings, open_source
from qc_workbench.sources.wire import Clock, SystemClock
from qc_workbench.store.calls import audit_entry
from qc_workbench.workspace import Workspace

#: The period that is asked for.
WINDOW: Final = timedelta(hours=1)
#: Tries of one request: a person waits.
TRIES: Final = 2


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it. ``rows``: in the window, before they are joined to calls; None where that is not known.

    ``places``: which keys of the settings the system was shown, and where each is; told where it refused.
    """

    source: str
    kind: str
    took_s: float
    rows: int | None = None
    skew_s: float = 0.0
    error: QcwError | None = None
    places: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        return self.error is None


def try_source(workspace: Workspace, name: str, by: str, now: datetime, clock: Clock | None = None) -> Trial:
    """Ask a source of qcw.toml for its last hour. Raises ``source_not_configured``; what the source says is told."""
    settings = source_named(workspace, name)
    began = monotonic()
    try:
        rows, skew_s = _asked(workspace, settings, clock or SystemClock())
        trial = Trial(name, settings.kind, monotonic() - began, rows, skew_s)
    except QcwError as error:
        about_keys = isinstance(error, SourceRefused | NotConfigured)
        shown = places(settings) if about_keys else {}
        trial = Trial(name, settings.kind, monotonic() - began, error=error, places=shown)
    event("source.tried", state="done" if trial.is_good else "failed", duration_s=trial.took_s)
    code = None if trial.error is None else trial.error.code
    workspace.store.write(audit_entry(now, by, "source_tried", name, error=code))
    return trial


def _asked(workspace: Workspace, settings: Source, clock: Clock) -> tuple[int | None, float]:
    if isinstance(settings, CsvSource | FilesSource):
        check_folder(workspace, settings)
        return None, 0.0
    company = workspace.settings.company
    around = replace(Surroundings.of(workspace.home, company.zone, company.phone_region, clock), tries=TRIES)
    source: Any = open_crm(settings, around) if isinstance(settings, Crm) else open_source(settings, around)
    try:
        if isinstance(source, Checkable):
            with understanding(settings.name):
                return source.check(), 0.0
        if hasattr(source, "changes"):  # a CRM: its first answer; what it knows by itself comes before it was asked
            told = understood(settings.name, source.changes(clock.now() - WINDOW))
            batch = next((batch for batch in told if around.meter.requests), None)
            return None if batch is None else sum(map(len, (batch.deals, batch.activities, batch.notes))), 0.0
        return _window(source, settings.name, clock.now())
    finally:
        source.close()


def _window(source: CallSource, name: str, now: datetime) -> tuple[int, float]:
    until = now.astimezone(UTC).replace(microsecond=0)
    rows = sum(len(batch.rows) for batch in understood(name, source.batches(Window(until - WINDOW, until))))
    return rows, source.skew_s


def check_folder(workspace: Workspace, settings: CsvSource | FilesSource) -> None:
    """A folder is read whole when it is imported; here only that it can be. Raises ``source_file_unreadable``."""
    folder = workspace.home / settings.folder.expanduser()
    try:
        next(folder.iterdir(), None)
    except OSError as error:
        detail = error.strerror or str(error)
        raise SourceUnreachable(
            "source_file_unreadable", source=settings.name, file=str(folder), detail=detail
        ) from error
