"""What tests of connected systems share: a workspace with one source, a sync of it, and what a sync leaves."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.import_report import IngestReport
from pipelines.progress import Silent
from pipelines.sync import sync_source
from qc_workbench.config_sources import TelephonySource
from qc_workbench.domain.telephony import FetchState
from qc_workbench.errors import SourceAnswerBroken, SourceThrottled, SourceUnreachable
from qc_workbench.sources.connector import CallSource, FileSource, VendorRow, Window
from qc_workbench.sources.registry import Surroundings, open_source
from qc_workbench.sources.wire import Clock
from qc_workbench.store import connections
from qc_workbench.workspace import Workspace
from tests.import_cases import new_workspace
from tests.stand_ins.serving import Behaviour, Fault, QuickClock

#: Faults that stay, however often is asked: what they are told as.
STAYING_FAULTS = [
    (Fault.TOO_MANY, SourceThrottled, "source_throttled"),
    (Fault.SERVER_ERROR, SourceUnreachable, "source_in_trouble"),
    (Fault.HTML, SourceAnswerBroken, "source_answer_html"),
    (Fault.TRUNCATED, SourceAnswerBroken, "source_answer_broken_off"),
    (Fault.ERROR_IN_SUCCESS, SourceAnswerBroken, "source_answer_error"),
    (Fault.CUT, SourceUnreachable, "source_unreachable"),
]
NOW = datetime.now(UTC).replace(microsecond=0)


def workspace(home: Path, settings: str, *, zone: str = "Europe/Moscow", region: str = "RU") -> Workspace:
    """``settings``: the text of its one source; keys are in the files ``key`` and ``secret``."""
    made = new_workspace(home, f'[company]\ntimezone = "{zone}"\nphone_region = "{region}"\n{settings}')
    (home / "key").write_text("stand-in-key")
    (home / "secret").write_text("stand-in-secret")
    return made


def sync(
    opened: Workspace, clock: Clock | None = None, *, since: datetime | None = None, until: datetime | None = None
) -> IngestReport:
    (settings,) = opened.settings.sources
    assert isinstance(settings, TelephonySource)
    return sync_source(opened, settings, Silent(), since=since, until=until, clock=clock or QuickClock(NOW))


def rows(opened: Workspace, sql: str) -> list[dict[str, Any]]:
    with opened.store.reading() as reader:
        return reader.rows(sql)


def everything(opened: Workspace) -> dict[str, list[dict[str, Any]]]:
    """What a sync leaves, but for when it did so."""
    return {
        "calls": rows(opened, "select * exclude (imported_at) from calls order by call_id"),
        "legs": rows(opened, "select * from call_legs order by call_id, place"),
        "told": rows(opened, "select * exclude (fetched_at) from source_calls order by call_id"),
        "waiting": rows(opened, "select * exclude (next_at, updated_at) from recording_queue order by call_id"),
        "recordings": rows(opened, "select * from recordings order by call_id"),
        "managers": rows(opened, "select * from managers order by manager_id"),
    }


def states(opened: Workspace, source: str) -> dict[FetchState, int]:
    with opened.store.reading() as reader:
        return connections.fetch_counts(reader, source)


class Opens:
    """Opens sources by settings and closes them at the end. Keys are read from its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._opened: list[CallSource | FileSource] = []

    def source(self, settings: TelephonySource, zone: ZoneInfo, clock: Clock) -> CallSource | FileSource:
        opened = open_source(settings, Surroundings.of(self.folder, zone, "RU", clock))
        self._opened.append(opened)
        return opened

    def close(self) -> None:
        for source in self._opened:
            source.close()


def found(source: CallSource, window: Window) -> list[VendorRow]:
    return [row for batch in source.batches(window) for row in batch.rows]


def kill_syncs(home: Path, source: str, stand_in: Behaviour, lives: tuple[int, ...], *, later_s: float = 0.0) -> int:
    """Processes that sync, each killed with -9 when it has asked so many questions (or a while after); how many were
    really killed."""
    killed = 0
    for lives_until in lives:
        stand_in.asked.clear()
        process = _start(home, source)
        deadline = time.monotonic() + 40
        while len(stand_in.asked) < lives_until and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(later_s)
        if process.poll() is None:
            process.kill()
            killed += 1
        process.communicate()
    return killed


def sync_in_a_process(home: Path, source: str) -> None:
    process = _start(home, source)
    _, told_wrong = process.communicate(timeout=120)
    assert process.returncode == 0, told_wrong.decode()


def _start(home: Path, source: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "qc_workbench.cli", "--home", str(home), "-q", "ingest", source]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
