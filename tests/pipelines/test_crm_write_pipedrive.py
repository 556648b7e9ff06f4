"""From a call to a task in Pipedrive and back: telephony, transcript, promise, plan, approval, task, the next sync.

The stand-in makes two of everything that is asked twice, so what is there once was asked once.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.crm_send import has_something_to_do, send_to_crm
from pipelines.crm_write import LOOKED_FOR_AFTER, SendReport, decide, plan_writes
from pipelines.detect import detect
from pipelines.ingest import ingest_source
from pipelines.progress import Silent
from qc_workbench.domain.call import Recording, RecordingState
from qc_workbench.domain.commitment import Commitment, CommitmentOutcome
from qc_workbench.domain.crm_write import KeptWrite, WriteKind, WriteState, WriteVerdict
from qc_workbench.store import calls, crm_writes, listening, verdicts
from qc_workbench.store.database import insert
from qc_workbench.workspace import Workspace
from tests.import_cases import new_workspace
from tests.stand_ins import ringostat
from tests.stand_ins.pipedrive import PipedriveStandIn
from tests.stand_ins.serving import QuickClock, serving
from tests.unit.spoken_calls import dialogue

NOW = datetime.now(UTC).replace(microsecond=0)
PROMISE = ("C: Алло, слушаю.", "A: Добрый день, это по окнам.", "C: Я подумаю.", "A: Перезвоню вам завтра.", "C: Жду.")
SETTINGS = """
[company]
timezone = "Europe/Kyiv"
phone_region = "UA"
workdays = [1, 2, 3, 4, 5, 6, 7]
[[sources]]
kind = "ringostat"
name = "r"
key = "file:key"
address = "{telephony}"
recordings = false
agents = [{{agent = "101", manager = "m1"}}]
[[sources]]
name = "p"
{crm}
agents = [{{agent = "{agent}", manager = "m1"}}]
[crm_write]
into = "p"
undo_min = 0
quiet_from = 00:00:00
quiet_until = 00:00:00
link = "https://qc.example.test"
callback_task = {{mode = "approved"}}
call_activity = {{mode = "{others}"}}
new_deal = {{mode = "{others}"}}
tracking_fields = {{mode = "{others}", fields = {{{fields}}}}}
call_note = {{mode = "{others}"}}
"""


@pytest.fixture
def telephony() -> Iterator[tuple[ringostat.RingostatStandIn, str]]:
    """Two calls: number 1 of a client with a deal, number 2 of nobody known."""
    moment = (NOW - timedelta(hours=2)).replace(tzinfo=None)
    told = {"employee_number": "101", "utm_source": "google", "utm_campaign": "autumn"}
    stand_in = ringostat.RingostatStandIn(calls=[dict(ringostat.row(number, moment, **told)) for number in (1, 2)])
    with serving(stand_in) as address:
        yield stand_in, address


@pytest.fixture
def crm() -> Iterator[tuple[PipedriveStandIn, str]]:
    stand_in = PipedriveStandIn(now=NOW - timedelta(days=1))
    stand_in.furnish()
    stand_in.person(1, "067 000 00 01")
    stand_in.deal(1, person_id=1)
    stand_in.now = NOW
    with serving(stand_in) as address:
        yield stand_in, address


FIELDS = 'source = "a1b2", campaign = "c3d4"'
Company = tuple[Workspace, PipedriveStandIn]


def settings_of(telephony: str, crm: str, agent: str, fields: str, others: str = "off") -> str:
    return SETTINGS.format(telephony=telephony, crm=crm, agent=agent, fields=fields, others=others)


def company(home: Path, telephony: str, crm: str, others: str = "off") -> Workspace:
    """Read from both, with the transcript of call 1 put in and its promise found."""
    settings = f'kind = "pipedrive"\nkey = "file:key"\naddress = "{crm}"'
    opened = new_workspace(home, settings_of(telephony, settings, "olena@example.test", FIELDS, others))
    (home / "key").write_text("stand-in-key")
    for name in ("r", "p"):
        ingest_source(opened, name, Silent())
    put_words(opened)
    return opened


def put_words(opened: Workspace) -> None:
    """The transcript of call 1, with a promise in it."""
    recording = Recording("r:ua3-1", RecordingState.READY, "sound-1", channels=2, duration_s=60.0, agent_channel=0)
    words = replace(dialogue(*PROMISE, call_id="r:ua3-1"), content_hash="sound-1", fingerprint="words-1")
    opened.store.write(
        insert("recordings", calls.recording_row(recording), replace=True), *listening.save_transcript(words, NOW)
    )
    detect(opened, NOW, Silent())


def promise(opened: Workspace) -> Commitment:
    with opened.store.reading() as reader:
        (found,) = verdicts.commitments(reader)
    return found


def writes(opened: Workspace) -> list[KeptWrite]:
    with opened.store.reading() as reader:
        return crm_writes.kept_writes(reader, "p", NOW - timedelta(days=30))


def approve(opened: Workspace) -> None:
    plan_writes(opened, NOW)
    decide(opened, writes(opened), WriteVerdict.APPROVED, "Ольга", NOW)


def send(opened: Workspace, at: datetime = NOW) -> SendReport:
    return send_to_crm(opened, at, QuickClock(at))


def test_from_a_call_to_a_task_in_the_crm_and_back(
    tmp_path: Path, telephony: tuple[ringostat.RingostatStandIn, str], crm: tuple[PipedriveStandIn, str]
) -> None:
    stand_in, address = crm
    opened = company(tmp_path / "W", telephony[1], address)
    found = promise(opened)
    assert (found.outcome, found.activity_id, "no_task_yet" in found.reasons) == (
        CommitmentOutcome.SCHEDULED, None, True,
    )  # fmt: skip
    detect(opened, NOW + timedelta(days=3), Silent())
    assert promise(opened).outcome is CommitmentOutcome.MISSING, "left alone, it would be missing"
    detect(opened, NOW, Silent())

    assert has_something_to_do(opened, NOW)
    approve(opened)
    assert send(opened).written == 1
    (task,) = stand_in.activities.values()
    assert (task["deal_id"], task["type"], task["done"], task["owner_id"]) == (1, "call", False, 11)
    assert "Перезвоню вам завтра." in task["note"]
    assert "https://qc.example.test/call?id=r%3Aua3-1&amp;at=15" in task["note"]
    (kept,) = writes(opened)
    assert kept.write.marker in task["note"]
    assert kept.link == f"{address}/deal/1"

    stand_in.passes(minutes=1)
    ingest_source(opened, "p", Silent())
    detect(opened, NOW + timedelta(minutes=5), Silent())
    assert promise(opened).activity_id == f"p:{task['id']}"
    assert "no_task_yet" not in promise(opened).reasons
    detect(opened, NOW + timedelta(days=3), Silent())
    assert promise(opened).outcome is not CommitmentOutcome.MISSING
    assert plan_writes(opened, NOW + timedelta(minutes=6)).new == 0
    assert send(opened, NOW + timedelta(hours=1)).written == 0
    assert len(stand_in.activities) == 1


@pytest.mark.slow
def test_every_kind_goes_where_it_belongs(
    tmp_path: Path, telephony: tuple[ringostat.RingostatStandIn, str], crm: tuple[PipedriveStandIn, str]
) -> None:
    stand_in, address = crm
    opened = company(tmp_path / "W", telephony[1], address, others="automatic")
    approve(opened)
    report = send(opened)
    assert (report.refused, report.put_off) == (0, 0), [item.error_params for item in writes(opened)]
    by_kind = {item.write.kind: item for item in writes(opened)}
    assert {kind: item.state for kind, item in by_kind.items()} == dict.fromkeys(WriteKind, WriteState.WRITTEN)
    new = stand_in.deals[2]
    marker = by_kind[WriteKind.NEW_DEAL].write.marker
    assert new["title"].endswith(marker)
    assert new["custom_fields"] == {"a1b2": "google", "c3d4": "autumn"}
    assert [phone["value"] for phone in stand_in.persons[new["person_id"]]["phones"]] == ["+380670000002"]
    assert stand_in.deals[1]["custom_fields"] == {"a1b2": "google", "c3d4": "autumn"}
    (done,) = [row for row in stand_in.activities.values() if row["done"]]
    assert (done["subject"], done["deal_id"], done["duration"]) == ("Входящий звонок", 1, "00:01:01")
    (note,) = stand_in.notes.values()
    assert note["content"].startswith("Входящий звонок")
    before = len(stand_in.activities)
    stand_in.passes(minutes=1)
    ingest_source(opened, "p", Silent())
    assert send(opened, NOW + timedelta(minutes=10)).written == 1, "the new deal now gets its own call"
    assert len(stand_in.activities) == before + 1
    ingest_source(opened, "p", Silent())
    assert send(opened, NOW + timedelta(minutes=20)).written == 0


def test_a_deal_that_is_gone_is_told_and_the_next_is_written(
    tmp_path: Path, telephony: tuple[ringostat.RingostatStandIn, str], crm: tuple[PipedriveStandIn, str]
) -> None:
    stand_in, address = crm
    opened = company(tmp_path / "W", telephony[1], address, others="approved")
    approve(opened)
    stand_in.deals[1]["is_deleted"] = True
    report = send(opened)
    assert (report.written, report.refused) == (1, 4), "the new deal is written, all of the deleted one are refused"
    assert {item.error_code for item in writes(opened) if item.state is WriteState.REFUSED} == {"crm_write_gone"}


@pytest.mark.timeout(120)
def test_a_sender_killed_between_the_request_and_its_row_leaves_one_task(
    tmp_path: Path, telephony: tuple[ringostat.RingostatStandIn, str], crm: tuple[PipedriveStandIn, str]
) -> None:
    """A real process, killed with -9 while the CRM has the task and has not answered yet."""
    stand_in, address = crm
    opened = company(tmp_path / "W", telephony[1], address)
    approve(opened)
    opened.store.release()
    stand_in.answer_late_s = 30.0
    command = [sys.executable, "-m", "qc_workbench.cli", "--home", str(opened.home), "-q", "crm-write", "p", "--apply"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not stand_in.activities and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    killed = process.poll() is None
    process.kill()
    _, told = process.communicate()
    assert killed, told.decode()
    stand_in.answer_late_s = 0.0
    assert len(stand_in.activities) == 1
    (item,) = writes(opened)
    assert item.begun_at is not None
    assert item.state is WriteState.APPROVED
    assert send(opened, item.begun_at + LOOKED_FOR_AFTER).found == 1
    assert len(stand_in.activities) == 1
    assert writes(opened)[0].state is WriteState.WRITTEN
