from __future__ import annotations

import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from qc_workbench.errors import StoreBusy, StoreTooNew, WorkspaceError
from qc_workbench.store.database import Statement, Store, insert, insert_all

WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from qc_workbench.store.database import Store, insert
store = Store(Path(sys.argv[1]) / "qcw.duckdb", Path(sys.argv[1]) / ".locks")
for number in range(int(sys.argv[3])):
    row = dict(happened_at=datetime.now(UTC), actor=sys.argv[2], action="test", object=str(number), detail="{}")
    store.write(insert("audit", row), key=f"{sys.argv[2]}-{number}")
    print(number, flush=True)
"""

HOLDER = """
import sys, time, duckdb
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "qcw.duckdb", tmp_path / ".locks")
    made.migrate()
    return made


def audit_row(actor: str, at: datetime | None = None) -> dict[str, object]:
    return {"happened_at": at or datetime.now(UTC), "actor": actor, "action": "test", "object": "", "detail": "{}"}


def writer(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), name, str(count)], stdout=subprocess.PIPE, text=True
    )


def test_processes_that_write_at_once_all_succeed_and_lose_nothing(store: Store, tmp_path: Path) -> None:
    writers = [writer(tmp_path, f"w{number}", 15) for number in range(4)]
    for process in writers:
        process.communicate(timeout=120)
    assert [process.returncode for process in writers] == [0, 0, 0, 0]
    with store.reading() as reader:
        counts = reader.rows("select actor, count(*) as n from audit group by actor order by actor")
    assert counts == [{"actor": f"w{number}", "n": 15} for number in range(4)]


def test_what_a_killed_writer_acknowledged_stays_and_its_lock_is_free(store: Store, tmp_path: Path) -> None:
    process = writer(tmp_path, "victim", 10_000)
    assert process.stdout is not None
    for _ in range(5):
        acknowledged = int(process.stdout.readline())
    time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().split()
    process.wait()
    process.stdout.close()
    acknowledged = int(rest[-1]) if rest else acknowledged
    with store.reading() as reader:
        kept = reader.value("select count(*) from audit")
        gaps = reader.value("select max(cast(object as integer)) + 1 - count(*) from audit")
    assert kept >= acknowledged + 1
    assert gaps == 0


def test_a_write_with_a_known_key_changes_nothing(store: Store) -> None:
    assert store.write(insert("audit", audit_row("a")), key="once")
    assert not store.write(insert("audit", audit_row("a")), key="once")
    with store.reading() as reader:
        assert reader.value("select count(*) from audit") == 1


def test_statements_of_one_write_take_effect_together_or_not_at_all(store: Store) -> None:
    with pytest.raises(duckdb.Error):
        store.write(insert("audit", audit_row("a")), Statement("insert into no_such_table values (1)"), key="broken")
    with store.reading() as reader:
        assert reader.value("select count(*) from audit") == 0
    assert store.write(insert("audit", audit_row("a")), key="broken"), "a failed write must not burn its key"


def test_times_come_back_aware_and_in_utc_whatever_zone_they_were_written_in(store: Store) -> None:
    moscow = timezone(timedelta(hours=3))
    store.write(insert("audit", audit_row("a", datetime(2026, 10, 31, 23, 30, tzinfo=moscow))))
    with store.reading() as reader:
        at = reader.value("select happened_at from audit")
    assert at == datetime(2026, 10, 31, 20, 30, tzinfo=UTC)
    assert at.utcoffset() == timedelta(0)


def test_many_rows_are_written_in_one_transaction(store: Store) -> None:
    rows = [audit_row(str(number)) for number in range(451)]
    assert len(insert_all("audit", rows)) == 1
    store.insert_many("audit", rows)
    with store.reading() as reader:
        assert reader.value("select count(distinct actor) from audit") == 451


def test_migrating_again_changes_nothing(store: Store) -> None:
    version = store.migrate()
    assert store.migrate() == version
    with store.reading() as reader:
        assert reader.value("select count(*) from migrations") == version


def test_a_file_of_a_newer_program_is_refused_and_left_alone(store: Store) -> None:
    store.write(Statement("insert into migrations values (999, 'future', now())"))
    store.release()
    with pytest.raises(StoreTooNew) as caught:
        store.migrate()
    assert caught.value.code == "store_too_new"
    assert caught.value.params["found"] == 999


def test_a_file_that_is_no_database_is_named_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "qcw.duckdb").write_bytes(b"not a database, but long enough to look at" * 200)
    with pytest.raises(WorkspaceError) as caught:
        Store(tmp_path / "qcw.duckdb", tmp_path / ".locks").migrate()
    assert caught.value.code == "store_damaged"
    assert "qcw.duckdb" in str(caught.value.params["file"])


def test_a_database_held_by_a_foreign_program_is_reported_as_busy(store: Store) -> None:
    store.release()
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(store.path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    holder.stdout.readline()
    try:
        with pytest.raises(StoreBusy) as caught, store.reading() as reader:
            reader.value("select 1")
        assert caught.value.code == "store_busy"
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
