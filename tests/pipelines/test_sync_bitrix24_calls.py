"""Calls of Bitrix24 into a workspace: once, with their agents and recordings, also when rows come late or again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.import_report import IngestReport
from pipelines.progress import Silent
from pipelines.sync import sync_source
from qc_workbench.config_sources import Bitrix24CallsSource
from qc_workbench.errors import SourceError
from qc_workbench.sources.wire import TRIES
from qc_workbench.workspace import Workspace
from tests.import_cases import new_workspace, wav
from tests.stand_ins import bitrix24
from tests.stand_ins.bitrix24 import Bitrix24StandIn
from tests.stand_ins.serving import Fault, QuickClock, serving

NOW = datetime.now(UTC).replace(microsecond=0)
COMPANY = '[company]\ntimezone = "Europe/Moscow"\nphone_region = "RU"\n'
SOURCE = (
    '[[sources]]\nkind = "bitrix24_calls"\nname = "calls"\nwebhook = "file:key"\nhistory_days = 3\n'
    'recording_hosts = ["127.0.0.1"]\nallow_private = true\n'
    '[[sources.agents]]\nagent = "505"\nmanager = "m1"\n'
)


def ago(hours: float) -> str:
    return (NOW - timedelta(hours=hours)).isoformat()


def sync(opened: Workspace) -> IngestReport:
    (settings,) = opened.settings.sources
    assert isinstance(settings, Bitrix24CallsSource)
    return sync_source(opened, settings, Silent(), clock=QuickClock(NOW))


def rows(opened: Workspace, sql: str) -> list[dict[str, Any]]:
    with opened.store.reading() as reader:
        return [dict(row) for row in reader.rows(sql)]


@pytest.fixture
def company(tmp_path: Path) -> Iterator[tuple[Workspace, Bitrix24StandIn]]:
    stand_in = Bitrix24StandIn(files={"9079": wav(95.0)})
    stand_in.calls[1] = bitrix24.call(1, ago(3), RECORD_FILE_ID="9079")
    stand_in.calls[2] = bitrix24.call(2, ago(2), CALL_FAILED_CODE="304", CALL_DURATION="0")
    stand_in.calls[3] = bitrix24.call(3, ago(1), CALL_TYPE="5")
    with serving(stand_in) as address:
        stand_in.address = address
        opened = new_workspace(tmp_path / "W", COMPANY + SOURCE)
        (tmp_path / "W" / "key").write_text(address + bitrix24.PATH)
        yield opened, stand_in


def test_calls_arrive_once_with_agents_and_recordings(company: tuple[Workspace, Bitrix24StandIn]) -> None:
    opened, _ = company
    sync(opened)
    calls = rows(opened, "select call_id, manager_id, outcome, talk_s, wait_s from calls order by started_at")
    expected: list[Mapping[str, Any]] = [
        {"call_id": "calls:externalCall.1", "manager_id": "m1", "outcome": "answered", "talk_s": 95.0, "wait_s": None},
        {"call_id": "calls:externalCall.2", "manager_id": "m1", "outcome": "missed", "talk_s": 0.0, "wait_s": None},
    ]
    assert calls == expected, "a machine's message is no call of an agent"
    assert rows(opened, "select state from recordings order by call_id")[0]["state"] == "ready"
    assert sync(opened).nothing_new


def test_an_attempt_that_is_told_later_is_a_leg_of_the_same_call(company: tuple[Workspace, Bitrix24StandIn]) -> None:
    opened, stand_in = company
    sync(opened)
    late = bitrix24.call(9, ago(1.99), CALL_ID="externalCall.2", PORTAL_USER_ID="506")
    stand_in.calls[9] = late
    sync(opened)
    [call] = rows(opened, "select * from calls where call_id = 'calls:externalCall.2'")
    assert (call["outcome"], call["talk_s"], call["manager_id"]) == ("answered", 95.0, "calls:506")
    assert len(rows(opened, "select * from call_legs where call_id = 'calls:externalCall.2'")) == 2
    assert len(rows(opened, "select * from calls")) == 2


def test_a_broken_answer_is_not_no_calls(company: tuple[Workspace, Bitrix24StandIn]) -> None:
    opened, stand_in = company
    stand_in.spoil(*[Fault.HTML] * TRIES)
    with pytest.raises(SourceError):
        sync(opened)
    assert rows(opened, "select done_until from source_state where done_until is not null") == []
    sync(opened)
    assert len(rows(opened, "select * from calls")) == 2
