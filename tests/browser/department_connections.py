"""Systems that the department has connected: one is well, one was refused, one rests, one was never read."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from qc_workbench.domain.telephony import FetchState, RecordingRef
from qc_workbench.store import connections as rows
from qc_workbench.store import source_overview
from qc_workbench.store.database import insert_all
from qc_workbench.workspace import Workspace

_SOURCES = """
[[sources]]
kind = "binotel"
name = "binotel"
key = "env:BINOTEL_KEY"
secret = "secret:binotel.secret"

[[sources]]
kind = "ringostat"
name = "ringostat"
key = "env:RINGOSTAT_KEY"
webhook_secret = "file:secrets/webhook-ringostat"

[[sources.agents]]
agent = "101"
manager = "m2"
until = 2026-10-01

[[sources.agents]]
agent = "101"
manager = "m4"
since = 2026-10-01

[[sources]]
kind = "asterisk_sql"
name = "freepbx"
user = "qcw"
password = "file:freepbx-password"

[[sources]]
kind = "csv"
name = "exports"
folder = "incoming"
"""
#: Every so often a source is read.
_EVERY = timedelta(minutes=30)
_RUNS = 60


def write_sources(home: Path) -> None:
    with (home / "qcw.toml").open("a", encoding="utf-8") as settings:
        settings.write(_SOURCES)


def write_readings(workspace: Workspace, now: datetime) -> None:
    """Two days of readings; the last of Ringostat's were refused."""
    runs = []
    for number in range(_RUNS):
        ended = now - _EVERY * number - timedelta(minutes=7)
        new = 0 if ended.hour in range(18, 24) or ended.hour < 6 else 6 + number * 5 % 17
        for source in ("binotel", "ringostat"):
            refused = source == "ringostat" and number < 3
            counts = {
                "new": 0 if refused else new, "updated": 0 if refused else new // 4, "unchanged": 20,
                "unfinished": 0, "rejected": 2 if number == 9 and not refused else 0, "requests": 1 if refused else 2,
                "throttled": 1 if number == 12 else 0,
            }  # fmt: skip
            run_id = hashlib.sha256(f"{source}{number}".encode()).hexdigest()[:16]
            began = ended - timedelta(seconds=4 + number % 5)
            error = ("source_refused", {"source": source, "status": "401"}) if refused else (None, {})
            runs.append(
                rows.SourceRun(run_id, source, began, ended, ended - timedelta(hours=2), ended, counts, 0.0, *error)
            )
    states = [
        rows.SourceState("binotel", "binotel", now - timedelta(minutes=7)),
        rows.SourceState("ringostat", "ringostat", now - timedelta(minutes=97)),
    ]
    workspace.store.write(
        *insert_all("source_runs", [rows.run_row(run) for run in runs]),
        *insert_all("source_state", [rows.state_row(state, now) for state in states]),
        *insert_all("recording_queue", [rows.waiting_row(item, now) for item in _recordings(now)]),
        *source_overview.rejected(runs[18].run_id, "binotel", {("vendor_time", "startTime"): 2}),
        source_overview.moved("freepbx", True, "Павел Админ", now - timedelta(days=1)),
    )


def _recordings(now: datetime) -> list[rows.Waiting]:
    troubles = {3: ("cut", None), 7: ("no_file", None)}
    found = []
    for number in range(148):
        state, attempts, error = FetchState.READY, 0, (None, None)
        if number in troubles:
            state, attempts, error = FetchState.PENDING, 2, troubles[number]
        elif number % 29 == 5:
            state = FetchState.ABSENT
        elif number in (40, 41):
            state, attempts, error = FetchState.FAILED, 10, ("redirect_elsewhere", "records.example.net")
        ref, next_at = RecordingRef("", str(number)), now + timedelta(minutes=12)
        found.append(rows.Waiting(f"binotel:{number}", "binotel", ref, state, attempts, next_at, *error))
    return found
