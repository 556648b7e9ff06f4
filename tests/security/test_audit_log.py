"""The audit log: what was heard, taken away or refused is in it, however it was asked for, and no page edits it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import pipelines
import qc_workbench
from qc_workbench.domain.coaching import Clip, ClipKind
from qc_workbench.store import calls as call_rows
from qc_workbench.store import coaching
from qc_workbench.store.database import insert
from qc_workbench.ui import refused
from qc_workbench.ui.clips import clip_address
from qc_workbench.ui.recordings import recording_address
from qc_workbench.workspace import Workspace
from tests.security.conftest import Enter
from tests.ui import sample_company as company

NOW = datetime.now(UTC)
#: Retention lets old lines go, erasure takes a person's words and ids out of them. Both are noted.
_MAY_CHANGE = {"retention.py", "erased_memory.py"}


def written(workspace: Workspace, *actions: str) -> list[tuple[str, str, str]]:
    with workspace.store.reading() as reader:
        rows = reader.rows("select actor, action, object from audit")
    return [(row["actor"], row["action"], row["object"]) for row in rows if row["action"] in actions]


def address(workspace: Workspace, who: str, call_id: str) -> str:
    with workspace.store.reading() as reader:
        recording = call_rows.recording(reader, call_id)
    assert recording is not None
    return recording_address(workspace, recording, f"account-{who}", NOW) or ""


def test_nothing_in_the_program_changes_or_removes_a_line_but_retention_and_erasure() -> None:
    changing = re.compile(r"\b(update\s+audit\b|delete\s+from\s+audit\b|truncate\s+audit\b)", re.I)
    found = {
        file.name
        for package in (qc_workbench, pipelines)
        for kind in ("*.py", "*.sql")
        for file in Path(str(package.__file__)).parent.rglob(kind)
        if changing.search(file.read_text(encoding="utf-8")) and "migrations" not in file.parts
    }
    assert found == _MAY_CHANGE


@pytest.mark.parametrize("span", ["bytes=0-", "bytes=1-", "bytes=0-10", "bytes=44-", "bytes=-100000"])
def test_whoever_fetches_sound_without_pressing_play_is_noted(workspace: Workspace, enter: Enter, span: str) -> None:
    """A player's page says that play was pressed; curl says nothing."""
    before = written(workspace, "recording_sent")
    who, name = {"bytes=0-": ("h1", "Вера Главная"), "bytes=1-": ("m2", "Борис Образцов"),
                 "bytes=0-10": ("q1", "Глеб Слушатель"), "bytes=44-": ("n1", "Нина Северная"),
                 "bytes=-100000": ("h1", "Вера Главная")}[span]  # fmt: skip
    call_id = company.REFUSED if span == "bytes=-100000" else company.TALK
    browser = enter(who)
    for _ in range(3):
        assert browser.get(address(workspace, who, call_id), headers={"range": span}).status_code == 206
    assert written(workspace, "recording_sent") == [*before, (name, "recording_sent", call_id)]


def test_a_recording_taken_as_a_file_is_noted_each_time(workspace: Workspace, enter: Enter) -> None:
    before = written(workspace, "recording_exported")
    for _ in range(2):
        assert enter("h1").get(address(workspace, "h1", company.TALK)).status_code == 200
    assert written(workspace, "recording_exported") == [
        *before, *[("Вера Главная", "recording_exported", company.TALK)] * 2
    ]  # fmt: skip


@pytest.mark.parametrize(("who", "span"), [("m1", "bytes=44-"), ("m2", "bytes=-1000"), ("h1", "bytes=1-5,9-12")])
def test_a_clip_heard_from_any_second_is_noted(workspace: Workspace, enter: Enter, who: str, span: str) -> None:
    clip = Clip(f"clip-{who}", company.TALK, 0.5, 2.0, ClipKind.GOOD, "Так", None, "account-h1", NOW)
    workspace.store.write(insert("clips", coaching.clip_row(clip)))
    assert enter(who).get(clip_address(clip.clip_id), headers={"range": span}).status_code == 206
    assert len(written(workspace, "clip_heard")) >= 1
    with workspace.store.reading() as reader:
        heard = int(reader.value("select count(*) from audit where action = 'clip_heard' and detail like ?",
                                 f"%{clip.clip_id}%"))  # fmt: skip
    assert heard == 1


def test_whoever_asks_for_what_is_not_theirs_is_noted_once_a_day(workspace: Workspace, enter: Enter) -> None:
    alla = enter("m1")
    for _ in range(2):
        for call_id in (company.TALK, "no-such-call"):  # noted alike: neither answer nor time says which is there
            token = {"token": "0" * 32, "call": call_id}
            assert alla.post(f"/calls/{call_id}/heard", json=token, headers={"x-qcw": "1"}).status_code == 403
            assert alla.post("/scoring/begin", json=token, headers={"x-qcw": "1"}).status_code == 403
        assert alla.get(address(workspace, "h1", company.TALK)).status_code == 403
    mine = [line for line in written(workspace, "access_refused") if line[0] == "Алла Пробная"]
    assert sorted(line[2] for line in mine) == sorted([company.TALK] * 3 + ["no-such-call"] * 2)


def test_nobody_fills_the_log_with_ids_made_up(
    workspace: Workspace, client: TestClient, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refused, "MOST_A_DAY", 3)
    monkeypatch.setattr(refused, "_noted", type(refused._noted)())
    browser, before = enter("m2"), len(written(workspace, "access_refused"))
    for number in range(10):
        body = {"token": f"{number:032x}"}
        assert browser.post(f"/calls/made-up-{number}{'x' * 300}/heard", json=body, headers={"x-qcw": "1"}
                            ).status_code == 403  # fmt: skip
    lines = written(workspace, "access_refused")[before:]
    assert len(lines) == 3
    assert max(len(line[2]) for line in lines) == 80
