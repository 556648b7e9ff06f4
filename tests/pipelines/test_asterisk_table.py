"""Calls of Asterisk's table in a real PostgreSQL and a real MariaDB: nothing lost, nothing twice, nothing written."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipelines.try_source import try_source
from qc_workbench.errors import NotConfigured, SourceError
from qc_workbench.sources.asterisk_table import OVERLAP
from qc_workbench.sources.registry import Surroundings, open_source
from qc_workbench.sources.table_access import checked, identifiers, open_table
from qc_workbench.store import source_overview
from qc_workbench.workspace import Workspace
from tests.connected_cases import NOW, everything, rows, sync, workspace
from tests.import_cases import wav
from tests.pipelines.test_sync import KYIV, wall
from tests.stand_ins import asterisk
from tests.stand_ins.asterisk_table import (
    OWNERS_PASSWORD,
    READER,
    READERS_PASSWORD,
    Database,
    mariadb,
    mariadb_program,
    postgres,
    postgres_program,
)
from tests.stand_ins.serving import QuickClock


@pytest.fixture(scope="module", params=["postgresql", "mysql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    found, start = {"postgresql": (postgres_program(), postgres), "mysql": (mariadb_program(), mariadb)}[request.param]
    if found is None:
        pytest.skip(f"no {request.param} on this machine: the table is tried against the other one alone")
    with start(tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.fixture
def pbx(database: Database, tmp_path: Path) -> Workspace:
    database.make_table()
    settings = (
        f'[[sources]]\nkind = "asterisk_sql"\nname = "pbx"\ndatabase_kind = "{database.kind}"\nport = {database.port}\n'
        f'user = "{READER}"\npassword = "file:password"\nhistory_days = 3\nmonitor = "monitor"\n'
    )
    opened = workspace(tmp_path / "W", settings, zone=KYIV.key, region="UA")
    (opened.home / "password").write_text(READERS_PASSWORD, encoding="utf-8")
    (opened.home / "monitor").mkdir()
    return opened


def call_hours_ago(number: int, hours: float) -> list[dict[str, object]]:
    return asterisk.queue_call(number, wall(timedelta(hours=hours)))


def test_calls_arrive_once_however_often_they_are_read(pbx: Workspace, database: Database) -> None:
    database.put(*(row for number in range(1, 9) for row in call_hours_ago(number, number)))
    report = sync(pbx)
    assert (report.counts["calls"].new, report.rejected) == (8, 0)
    before = everything(pbx)
    assert len(before["legs"]) == 16
    assert [row["talk_s"] for row in before["calls"]] == [60.0] * 8
    assert sync(pbx).counts["calls"].new == 0
    assert everything(pbx) == before


def test_it_reads_on_from_where_it_was_and_a_little_before(pbx: Workspace, database: Database) -> None:
    database.put(*call_hours_ago(1, 2))
    sync(pbx)
    database.put(*call_hours_ago(2, 1), *call_hours_ago(3, 5), *call_hours_ago(4, 30))
    assert sync(pbx).counts["calls"].new == 2, "one began before the last row and ended after it was read"
    position = rows(pbx, "select position from source_state")[0]["position"]
    read_to = datetime.strptime(json.loads(position)["time"], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007 - as the PBX writes
    assert abs(read_to - wall(timedelta(hours=1)).replace(tzinfo=None)) < timedelta(minutes=5)
    assert timedelta(hours=5) < OVERLAP < timedelta(hours=28)


def test_rows_of_one_call_that_come_later_are_joined(pbx: Workspace, database: Database) -> None:
    first, *later = call_hours_ago(1, 1)
    database.put(first)
    sync(pbx)
    database.put(*later)
    sync(pbx)
    (call,) = rows(pbx, "select talk_s, manager_id from calls")
    assert call["talk_s"] == 60.0
    assert len(rows(pbx, "select 1 from call_legs")) == 2


@pytest.mark.parametrize("page", [1, 3, 7])
def test_pages_lose_nothing_though_many_rows_share_one_moment_and_id(
    pbx: Workspace, database: Database, page: int
) -> None:
    at = wall(timedelta(hours=3))
    written = []
    for number in range(5):
        for sequence in range(4):  # the same time, and in part the same unique id
            told = {"sequence": sequence + 10 * number, "uniqueid": "1772400000.1"}
            written.append(asterisk.queue_call(number // 2, at)[0] | told)
    database.put(*written)
    (settings,) = pbx.settings.sources
    assert settings.kind == "asterisk_sql"
    company = pbx.settings.company
    source = open_source(settings, Surroundings.of(pbx.home, company.zone, company.phone_region, QuickClock(NOW)))
    source._rows_a_page = page  # type: ignore[union-attr]
    found = [row.fields["sequence"] for batch in source.batches_from({}) for row in batch.rows]  # type: ignore[union-attr]
    source.close()
    assert (len(found), set(found)) == (20, {row["sequence"] for row in written})


def test_a_recording_that_freepbx_names_is_taken_in(pbx: Workspace, database: Database) -> None:
    call = call_hours_ago(1, 1)
    name = f"q-600-380671112233-20260302-101504-{call[0]['linkedid']}.wav"
    call[-1]["recordingfile"] = name
    database.put(*call)
    moment = datetime.fromtimestamp(int(str(call[0]["linkedid"]).split(".")[0]), KYIV)
    folder = pbx.home / "monitor" / f"{moment:%Y}" / f"{moment:%m}" / f"{moment:%d}"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(wav(60.0))
    os.utime(folder / name, (0, time.time() - 60))
    sync(pbx)
    assert rows(pbx, "select state from recordings") == [{"state": "ready"}]


def test_nothing_can_be_written_through_it(pbx: Workspace, database: Database) -> None:
    """Though the user that was given may do anything."""
    database.put(*call_hours_ago(1, 1))
    access = open_table(
        database.kind, "pbx", "cdr", host="127.0.0.1", port=database.port, database="asteriskcdrdb",
        user="owner", password=OWNERS_PASSWORD, tls=False,
    )  # fmt: skip
    with closing(access):
        for statement in ("delete from cdr", "insert into cdr (uniqueid) values ('x')", "drop table cdr"):
            with pytest.raises(SourceError):
                access._ask(statement)  # type: ignore[attr-defined]
        assert len(access.page(("calldate", "uniqueid"), "calldate", wall(timedelta(days=1)), "", 9)) == 3


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "file:wrong"}, "source_login_refused"),
        ({"database": "nobase"}, "source_no_database"),
        ({"table": "nothere"}, None),
        ({"table": "secrets"}, None),
        ({"table": "odd"}, "source_table_lacks"),
        ({"port": 9}, "source_unreachable"),
    ],
)
def test_what_is_wrong_is_said_and_the_password_is_not(
    pbx: Workspace, database: Database, change: dict[str, object], code: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (pbx.home / "wrong").write_text("wrong-password")
    database.run("drop table if exists secrets", "create table secrets (a integer)")
    database.make_table(("calldate", "src"), "odd")
    text = pbx.settings_file.read_text(encoding="utf-8")
    for key, value in change.items():
        shown = f'"{value}"' if isinstance(value, str) else str(value)
        lines = [line for line in text.splitlines() if not line.startswith(f"{key} =")]
        text = "\n".join([*lines, f"{key} = {shown}"]) + "\n"
    pbx.settings_file.write_text(text, encoding="utf-8")
    pbx.store.release()
    opened = Workspace.open(pbx.home)
    trial = try_source(opened, "pbx", "admin", NOW)
    assert trial.error is not None
    assert trial.error.code in ({code} if code else {"source_no_table", "source_no_right"})
    said = f"{trial.error} {caplog.text}"
    assert READERS_PASSWORD not in said
    assert "wrong-password" not in said
    if code == "source_login_refused":
        assert trial.places == {"password": "file:wrong"}, "which key it was"


def test_a_trial_counts_the_last_hour_and_writes_nothing(pbx: Workspace, database: Database) -> None:
    database.put(*call_hours_ago(1, 0.5), *call_hours_ago(2, 5))
    trial = try_source(pbx, "pbx", "admin", NOW, QuickClock(NOW))
    assert (trial.error, trial.rows) == (None, 3)
    assert rows(pbx, "select 1 from calls") == []


def test_a_key_that_is_missing_is_on_the_page(pbx: Workspace) -> None:
    (pbx.home / "password").unlink()
    with pytest.raises(NotConfigured):
        sync(pbx)
    with pbx.store.reading() as reader:
        last = source_overview.facts(reader, NOW)["pbx"].last
    assert last is not None
    assert last.error_code == "secret_missing"


@pytest.mark.parametrize("name", ["cdr; drop table x", "cdr--", 'c"dr', "c`dr", "", "1cdr", "a.b c"])
def test_what_is_no_name_of_a_table_never_gets_into_a_statement(name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        identifiers(name)
    with pytest.raises(ValueError, match="not a name"):
        checked(name)
