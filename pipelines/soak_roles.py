"""What the processes of a soak test do: ``python -m pipelines.soak_roles ROLE HOME JOURNAL NAME``.

Each writes to its journal what the store confirmed, a line each, after it was confirmed: whatever kills the process,
what is in the journal must be in the store. Lines: ``saved ID SECONDS`` or ``error CODE``.
"""

from __future__ import annotations

import os
import random
import sys
import threading
import time
import uuid
import wave
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from pipelines.detect import detect
from pipelines.ingest import ingest_csv
from pipelines.progress import Silent
from qc_workbench.domain.flag import Flag, Ruling
from qc_workbench.domain.transcript import Party, Transcript, Turn
from qc_workbench.errors import QcwError
from qc_workbench.store import listening, verdicts
from qc_workbench.store.browsing import recordings_by_call
from qc_workbench.store.calls import audit_entry
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.suspicious import write_ruling
from qc_workbench.workspace import Workspace

#: Reviewers of one process, and the mean pause of a reviewer between two saves, seconds: quicker than people.
REVIEWERS: Final = 10
PAUSE_S: Final = 3.0
#: Webhooks a second: a busy hour of a company with some 10 000 calls a day sends about one.
WEBHOOKS_A_SECOND: Final = 20
WEBHOOK_THREADS: Final = 4
#: Calls of one import of the pipeline.
CALLS_A_ROUND: Final = 20


class Journal:
    """Lines that stay when the process is killed: each is one write to the end of the file."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def saved(self, name: str, seconds: float) -> None:
        os.write(self._file, f"saved {name} {seconds:.4f}\n".encode())

    def error(self, error: Exception) -> None:
        code = error.code if isinstance(error, QcwError) else type(error).__name__
        os.write(self._file, f"error {code} {str(error)[:200]!r}\n".encode())


def timed(journal: Journal, save: Callable[[], str]) -> None:
    """Do a save as a person would: its time, or the error that the person would be shown."""
    began = time.perf_counter()
    try:
        name = save()
    except Exception as error:  # whatever it is, a person would have seen it
        journal.error(error)
    else:
        journal.saved(name, time.perf_counter() - began)


def reviewers(workspace: Workspace, journal: Journal, name: str) -> None:
    """People who rule on flags at random, each on a thread, like the sessions of the app."""
    with workspace.store.reading() as reader:
        rows = reader.rows("select * from flags where retired_at is null order by flag_id limit 500")
    flags = [verdicts.flag_of(row) for row in rows]
    threads = [
        threading.Thread(target=_reviewer, args=(workspace, journal, f"{name}-{number}", flags))
        for number in range(REVIEWERS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _reviewer(workspace: Workspace, journal: Journal, who: str, flags: list[Flag]) -> None:
    chance = random.Random(who)  # noqa: S311 - no secret
    while True:
        time.sleep(chance.expovariate(1 / PAUSE_S))
        flag, ruling = chance.choice(flags), chance.choice([Ruling.ASKED, Ruling.REJECTED])
        timed(journal, partial(_rule, workspace, flag, ruling, who))


def _rule(workspace: Workspace, flag: Flag, ruling: Ruling, who: str) -> str:
    return write_ruling(workspace, Viewer.of_program(who), flag, ruling, datetime.now(UTC), "слышно гудки").finding_id


def webhooks(workspace: Workspace, journal: Journal, _name: str) -> None:
    """Events of a telephone system: each must be on disk before it is answered."""
    threads = [threading.Thread(target=_receiver, args=(workspace, journal)) for _ in range(WEBHOOK_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _receiver(workspace: Workspace, journal: Journal) -> None:
    every_s = WEBHOOK_THREADS / WEBHOOKS_A_SECOND
    due = time.monotonic()
    while True:
        due += every_s
        time.sleep(max(0.0, due - time.monotonic()))
        timed(journal, partial(_receive, workspace))


def _receive(workspace: Workspace) -> str:
    event = uuid.uuid4().hex
    workspace.store.write(audit_entry(datetime.now(UTC), "webhook", "soak", event), key=f"webhook:{event}")
    return event


def pipeline(workspace: Workspace, journal: Journal, name: str) -> None:
    """New calls from files, words for them, detection: round after round."""
    with workspace.store.reading() as reader:
        agent = reader.value("select min(manager_id) from managers where role = 'manager'")
    while True:
        timed(journal, partial(_round, workspace, name, agent))


def _round(workspace: Workspace, name: str, agent: str) -> str:
    mark = uuid.uuid4().hex[:12]
    folder = workspace.home / "soak" / mark
    (folder / "recordings").mkdir(parents=True)
    now = datetime.now(UTC)
    ids = [f"soak-{mark}-{number}" for number in range(CALLS_A_ROUND)]
    rows = ["call_id,started_at,direction,manager_id,client_phone,wait_s,talk_s,outcome,recording"]
    for number, call_id in enumerate(ids):
        moment = f"{now - timedelta(minutes=number):%Y-%m-%dT%H:%M:%SZ}"
        rows.append(f"{call_id},{moment},outbound,{agent},+7900{number:07d},5,61,answered,{call_id}.wav")
        _write_noise(folder / "recordings" / f"{call_id}.wav")
    (folder / "calls.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    ingest_csv(workspace, folder, Silent(), source=name)
    with workspace.store.reading() as reader:
        recordings = recordings_by_call(reader, ids)
    for call_id in ids:
        turns = tuple(
            Turn(Party.AGENT if number % 2 else Party.CUSTOMER, 0, number / 10, number / 10 + 0.1, "Перезвоню", 0.9)
            for number in range(10)
        )
        transcript = Transcript(call_id, recordings[call_id].content_hash or "", "soak", "ru", "soak", "soak", turns)
        workspace.store.write(*listening.save_transcript(transcript, now))
    detect(workspace, now, Silent(), ids)
    return mark


def _write_noise(path: Path) -> None:
    """A second of sound that no other call has."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(os.urandom(16_000))


ROLES: Final = {"reviewers": reviewers, "webhooks": webhooks, "pipeline": pipeline}


def main() -> None:
    role, home, journal, name = sys.argv[1:]
    ROLES[role](Workspace.open(Path(home)), Journal(Path(journal)), name)


if __name__ == "__main__":
    main()
