"""The owner of the database and its clients: real processes, really killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from qc_workbench.errors import StoreTooNew, WriteRefused
from qc_workbench.store import launch, schema
from qc_workbench.store.address import publish, published
from qc_workbench.store.database import Statement, Store, Write, insert
from tests.store.store_clients import SCAN, audit_row, counted

CLIENTS = Path(__file__).with_name("store_clients.py")
ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "qcw.duckdb", tmp_path / ".locks", launch.in_process)
    made.migrate()
    yield made
    made.release()


def client(role: str, folder: Path, name: str = "", *numbers: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(CLIENTS), role, str(folder), name, *map(str, numbers)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def answers(process: subprocess.Popen[str], within_s: float = 240) -> list[str]:
    out, said = process.communicate(timeout=within_s)
    assert process.returncode == 0, said
    return out.split("\n")


def rows_by_actor(store: Store) -> dict[str, tuple[int, int]]:
    """actor -> rows, different rows."""
    with store.reading() as reader:
        rows = reader.rows("select actor, count(*) as n, count(distinct object) as d from audit group by actor")
    return {row["actor"]: (row["n"], row["d"]) for row in rows}


def write_together(store: Store, writers: int, each: int) -> list[float]:
    """Writers at once beside a reader; every row must be there once. Returns the times of the writes, seconds."""
    running = [client("write", store.path.parent, f"w{number}", each) for number in range(writers)]
    while any(process.poll() is None for process in running):
        rows_by_actor(store)
        time.sleep(0.05)
    times_s = [time_s for process in running for time_s in json.loads(answers(process)[-2])]
    assert rows_by_actor(store) == {f"w{number}": (each, each) for number in range(writers)}
    with store.reading() as reader:
        assert reader.value("select name from managers") == str(writers * each)
    return times_s


def test_writers_beside_a_reader_lose_nothing_and_double_nothing(store: Store) -> None:
    write_together(store, writers=4, each=60)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_eight_writers_of_a_thousand_transactions_beside_a_reader_lose_nothing(store: Store) -> None:
    write_together(store, writers=8, each=1000)


def write_while_the_owner_is_killed(store: Store, writers: int, each: int, every_s: float) -> int:
    running = [client("write", store.path.parent, f"w{number}", each) for number in range(writers)]
    killed = 0
    while any(process.poll() is None for process in running):
        time.sleep(every_s)
        address = published(store.locks)
        if address is not None and any(process.poll() is None for process in running):
            kill(address.pid)
            killed += 1
    for process in running:
        answers(process)
    assert rows_by_actor(store) == {f"w{number}": (each, each) for number in range(writers)}
    with store.reading() as reader:
        assert reader.value("select name from managers") == str(writers * each)
    return killed


def test_an_owner_killed_again_and_again_loses_and_doubles_nothing_and_nobody_sees_an_error(store: Store) -> None:
    assert write_while_the_owner_is_killed(store, writers=3, each=150, every_s=2.0) >= 1


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_owner_killed_every_five_seconds_under_eight_writers_loses_and_doubles_nothing(store: Store) -> None:
    assert write_while_the_owner_is_killed(store, writers=8, each=1000, every_s=5.0) >= 3


def test_a_client_killed_midway_holds_up_nobody_who_writes_the_same_row(store: Store) -> None:
    victim, other = client("write", store.path.parent, "victim", 100_000), client("write", store.path.parent, "o", 40)
    assert victim.stdout is not None
    confirmed = max(int(victim.stdout.readline()) for _ in range(10))
    victim.kill()
    confirmed += len(victim.communicate()[0].split())
    answers(other)
    counts = rows_by_actor(store)
    assert counts["o"] == (40, 40)
    assert counts["victim"][0] == counts["victim"][1] >= confirmed + 1
    with store.reading() as reader:  # its transactions are there whole: each row with its update
        assert reader.value("select cast(name as integer) from managers") == sum(rows for rows, _ in counts.values())


@pytest.mark.slow
def test_eight_cold_starts_at_once_end_with_exactly_one_owner(tmp_path: Path) -> None:
    starting = [client("start", tmp_path) for _ in range(8)]
    owners = {answers(process)[0] for process in starting}
    assert len(owners) == 1
    assert Store(tmp_path / "qcw.duckdb", tmp_path / ".locks").release()


def test_a_late_finish_is_refused_and_writes_nothing(store: Store) -> None:
    """A worker whose lease was given to another comes back: the effect and "done" are one write, with its token."""
    store.write(Statement("create table leases (unit varchar, token integer)"))
    store.write(Statement("insert into leases values ('call', 1)"))
    store.write(Statement("update leases set token = 2"))  # the lease ran out and another worker has it

    def finish(token: int) -> Write:
        holds = Statement("select 1 from leases where unit = 'call' and token = ?", (token,))
        return Write((insert("audit", audit_row(f"worker {token}", 1)),), require=(holds,))

    with pytest.raises(WriteRefused):
        store.apply(finish(1))
    assert store.apply(finish(2))
    assert rows_by_actor(store) == {"worker 2": (1, 1)}


def test_a_refused_write_takes_nothing_of_its_neighbours_with_it(store: Store) -> None:
    """Writes that arrive together are committed together, yet each stands or falls alone."""
    never = Statement("select 1 where false")
    fates: dict[int, str] = {}

    def one(number: int) -> None:
        statements = [insert("audit", audit_row("together", number))]
        if number % 3 == 1:
            statements.append(Statement("insert into no_such_table values (1)"))
        try:
            store.apply(Write(tuple(statements), require=(never,) if number % 3 == 2 else ()))
            fates[number] = "written"
        except WriteRefused:
            fates[number] = "refused"
        except duckdb.CatalogException:
            fates[number] = "faulty"

    threads = [threading.Thread(target=one, args=(number,)) for number in range(48)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fates == {number: ("written", "faulty", "refused")[number % 3] for number in range(48)}
    with store.reading() as reader:
        kept = {int(row["object"]) for row in reader.rows("select object from audit")}
    assert kept == {number for number in range(48) if number % 3 == 0}


def test_a_write_whose_answer_was_lost_is_confirmed_when_asked_again(store: Store) -> None:
    """The same call twice, as a client sends it that lost the connection before the answer."""
    request = {
        "ask": "write", "statements": [["insert into audit values (now(), 'a', 'test', '', '{}')", []]],
        "require": [], "key": None, "call": "one-call",
    }  # fmt: skip
    assert store._link.ask(request, 10)["applied"] is True
    assert store._link.ask(request, 10)["applied"] is True
    keyed = {**request, "key": "named", "call": "first"}
    assert store._link.ask(keyed, 10)["applied"] is True
    assert store._link.ask({**keyed, "call": "another"}, 10)["applied"] is False
    assert rows_by_actor(store) == {"a": (2, 1)}


def many_turns(store: Store, count: int) -> None:
    store.write(
        Statement(
            "insert into turns select 'call-' || i // 10, i % 10, 'agent', 0, i % 600, i % 600 + 3, "
            "'Добрый день, перезвоню вам завтра ' || hash(i), 0.9, null, '[]' from range(?) r(i)",
            (count,),
        )
    )


def saves_during_a_scan(store: Store, saves: int) -> float:
    """95th percentile of single saves while another process looks through all texts in a loop, seconds."""
    scanner = client("scan", store.path.parent)
    assert scanner.stdout is not None
    scanner.stdout.readline()
    times_s = []
    for number in range(saves):
        began = time.perf_counter()
        store.write(insert("audit", audit_row("saver", number)))
        times_s.append(time.perf_counter() - began)
        time.sleep(0.02)
    assert scanner.poll() is None
    scanner.kill()
    scanner.communicate()
    return sorted(times_s)[int(saves * 0.95)]


@pytest.mark.slow
def test_a_scan_of_all_texts_does_not_hold_up_a_save(store: Store) -> None:
    many_turns(store, 3_000_000)  # a scan must be long beside a save on a busy machine
    with store.reading() as reader:
        began = time.perf_counter()
        reader.value(SCAN)
        one_scan_s = time.perf_counter() - began
    assert saves_during_a_scan(store, 40) < one_scan_s / 2


@pytest.mark.slow
def test_saves_take_under_100_ms_for_95_of_100_during_a_scan_of_ten_million_turns(store: Store) -> None:
    many_turns(store, 10_000_000)
    assert saves_during_a_scan(store, 300) < 0.1


def test_reads_of_one_reading_see_one_moment(store: Store) -> None:
    with store.reading() as reader:
        before = reader.value("select count(*) from audit")
        store.write(insert("audit", audit_row("meanwhile", 1)))
        assert reader.value("select count(*) from audit") == before
    with store.reading() as reader:
        assert reader.value("select count(*) from audit") == before + 1


def test_a_read_goes_on_when_the_owner_is_killed_between_two(store: Store) -> None:
    store.write(insert("audit", audit_row("kept", 1)))
    with store.reading() as reader:
        assert reader.value("select count(*) from audit") == 1
        kill(store.status().pid)
        assert reader.value("select count(*) from audit") == 1


def test_large_results_come_in_batches(store: Store) -> None:
    with store.reading(heavy=True) as reader:
        batches = list(reader.batches("select i, 'текст ' || i as text from range(100000) r(i) order by i"))
        assert len(batches) > 1
        assert sum(batch.num_rows for batch in batches) == 100_000
    with store.reading() as reader:  # one that is left midway takes nothing of the next
        next(iter(reader.batches("select i from range(1000000) r(i)")))
    with store.reading() as reader:
        assert reader.value("select 7") == 7


def test_an_owner_that_nobody_asks_leaves_and_its_socket_with_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "qcw.duckdb", tmp_path / ".locks", launch.in_thread)  # idle for 2 s
    store.migrate()
    address = published(store.locks)
    assert address is not None
    until = time.monotonic() + 60
    while published(store.locks) is not None and time.monotonic() < until:
        time.sleep(0.1)
    assert published(store.locks) is None
    assert not Path(address.socket).exists()
    store.write(insert("audit", audit_row("again", 1)))  # and the next request starts one
    assert rows_by_actor(store) == {"again": (1, 1)}


def test_a_copy_of_a_workspace_in_use_is_a_store_of_its_own(store: Store, tmp_path: Path) -> None:
    """The copy brings the original's address along; whoever opens it must not write into the original."""
    store.write(insert("audit", audit_row("original", 1)))
    store.backup(tmp_path / "copy.duckdb")
    shutil.copytree(store.locks, tmp_path / "copied" / ".locks")
    (tmp_path / "copy.duckdb").rename(tmp_path / "copied" / "qcw.duckdb")
    copy = Store(tmp_path / "copied" / "qcw.duckdb", tmp_path / "copied" / ".locks", launch.in_process)
    copy.write(insert("audit", audit_row("copy", 1)))
    assert rows_by_actor(copy) == {"original": (1, 1), "copy": (1, 1)}
    assert rows_by_actor(store) == {"original": (1, 1)}
    copy.release()


def test_a_workspace_that_is_moved_away_in_use_goes_on_at_its_new_place(tmp_path: Path) -> None:
    before = Store(tmp_path / "a" / "qcw.duckdb", tmp_path / "a" / ".locks", launch.in_process)
    before.write(insert("audit", audit_row("before", 1)))
    (tmp_path / "a").rename(tmp_path / "b")
    after = Store(tmp_path / "b" / "qcw.duckdb", tmp_path / "b" / ".locks", launch.in_process)
    after.write(insert("audit", audit_row("after", 1)))
    assert rows_by_actor(after) == {"before": (1, 1), "after": (1, 1)}
    after.release()


def test_only_this_user_may_read_the_address_and_enter_the_socket(store: Store) -> None:
    address = published(store.locks)
    assert address is not None
    assert (store.locks / "owner.json").stat().st_mode & 0o077 == 0
    assert Path(address.socket).parent.stat().st_mode & 0o077 == 0


def test_nobody_is_let_in_without_the_token(store: Store) -> None:
    address = published(store.locks)
    assert address is not None
    publish(replace(address, token="guessed"), store.locks)
    stranger = Store(store.path, store.locks, launch.in_process)
    with pytest.raises(ConnectionError):
        stranger._link._connect()
    publish(address, store.locks)


def test_a_newer_program_has_the_owner_of_an_older_one_leave_and_takes_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade while the old owner is running: no lock error, no old schema."""
    steps = schema.migrations()
    older = Store(tmp_path / "qcw.duckdb", tmp_path / ".locks", launch.in_thread)
    with monkeypatch.context() as then:
        then.setattr(schema, "migrations", lambda: steps[:-1])
        assert older.migrate() == steps[-2].version
    newer = Store(tmp_path / "qcw.duckdb", tmp_path / ".locks", launch.in_thread)
    assert newer.migrate() == steps[-1].version
    assert list((tmp_path / "backups").glob(f"qcw-schema{steps[-2].version:04d}-*.duckdb"))


def test_an_older_program_is_refused_by_a_newer_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = schema.migrations()
    store = Store(tmp_path / "qcw.duckdb", tmp_path / ".locks", launch.in_thread)
    store.migrate()
    monkeypatch.setattr(schema, "migrations", lambda: steps[:-1])
    with pytest.raises(StoreTooNew):
        Store(tmp_path / "qcw.duckdb", tmp_path / ".locks", launch.in_thread).migrate()


def test_a_compacted_file_holds_no_byte_of_what_was_deleted(store: Store) -> None:
    secret = "очень личные слова клиента"
    store.write(insert("audit", {**audit_row("a", 1), "object": secret}), insert("audit", audit_row("b", 2)))
    store.write(Statement("delete from audit where actor = 'a'"))
    store.compact()
    assert rows_by_actor(store) == {"b": (1, 1)}
    store.write(counted("still writable"))
    store.release()
    assert secret.encode() not in store.path.read_bytes()
    assert not store.path.with_name("qcw.duckdb.wal").exists()


@pytest.mark.slow
def test_a_backup_made_while_others_write_holds_whole_transactions(store: Store, tmp_path: Path) -> None:
    writer = client("write", store.path.parent, "w", 120)
    assert writer.stdout is not None
    writer.stdout.readline()
    for number in range(3):
        store.backup(tmp_path / f"copy{number}.duckdb")
    answers(writer)
    sizes = []
    for number in range(3):
        with duckdb.connect(str(tmp_path / f"copy{number}.duckdb"), read_only=True) as copy:
            rows = copy.execute("select (select count(*) from audit), (select cast(name as integer) from managers)")
            inserted, updated = rows.fetchone() or (None, None)
            assert inserted == updated
            sizes.append(inserted)
    assert sizes == sorted(sizes)
