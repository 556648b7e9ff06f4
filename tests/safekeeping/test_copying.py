"""A copy of the database is the whole database as it was at one moment."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import pytest

from qc_workbench.store.copying import compact_database, copy_database

CATALOGUE = (
    "select table_name, column_name, data_type, is_nullable, column_default from information_schema.columns "
    "order by table_name, ordinal_position",
    "select table_name, constraint_type, constraint_text from duckdb_constraints() order by all",
    "select index_name, table_name, sql from duckdb_indexes() order by all",
    "select view_name, sql from duckdb_views() where not internal order by all",
    "select sequence_name, start_value, increment_by from duckdb_sequences() order by all",
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "with 'quote' and пробел.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table calls (call_id varchar primary key, began timestamptz not null, attributes json not null, "
            "amount decimal(18, 2) default 1.5, check (amount >= 0))"
        )
        connection.execute("create table turns (call_id varchar, position integer, text varchar not null, "
                           "primary key (call_id, position))")  # fmt: skip
        connection.execute("create index turns_text on turns (text)")
        connection.execute("create view long_calls as select call_id from calls where amount > 1")
        connection.execute("create sequence numbers start 7")
        connection.execute("""insert into calls values ('c1', '2026-03-01 10:00:00+03', '{"а": [1, null]}', 2)""")
        connection.execute("insert into turns select 'c1', i, 'слово ' || i from range(1000) t(i)")
    return path


def test_a_copy_has_every_key_index_view_type_and_row(source: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.duckdb"
    with duckdb.connect(str(source)) as connection:
        copy_database(connection, copy)
        expected = [connection.execute(sql).fetchall() for sql in CATALOGUE]
        rows = [connection.execute(f"from {name} order by all").fetchall() for name in ("calls", "turns", "long_calls")]
    with duckdb.connect(str(copy)) as connection:
        assert [connection.execute(sql).fetchall() for sql in CATALOGUE] == expected
        assert [
            connection.execute(f"from {name} order by all").fetchall() for name in ("calls", "turns", "long_calls")
        ] == rows
        with pytest.raises(duckdb.ConstraintException):
            connection.execute("insert into calls select * from calls")
    assert not copy.with_name("copy.duckdb.wal").exists()


def test_a_copy_made_while_others_write_is_a_state_that_existed(source: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(source)) as connection:
        connection.execute("create table pairs (n integer primary key)")
        stop = threading.Event()

        def write() -> None:
            cursor = connection.cursor()
            n = 0
            while not stop.is_set():
                cursor.execute("begin")
                cursor.execute("insert into pairs values (?)", (n,))
                cursor.execute("insert into pairs values (?)", (n + 1,))
                cursor.execute("commit")
                n += 2

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for attempt in range(5):
                copy_database(connection.cursor(), tmp_path / f"copy{attempt}.duckdb")
        finally:
            stop.set()
            writer.join()
    counts = []
    for attempt in range(5):
        with duckdb.connect(str(tmp_path / f"copy{attempt}.duckdb"), read_only=True) as copy:
            (count, largest), = copy.execute("select count(*), max(n) from pairs").fetchall()  # fmt: skip
        assert count % 2 == 0
        assert largest is None or largest == count - 1
        counts.append(count)
    assert counts == sorted(counts)
    assert counts[-1] > counts[0], "the writer wrote nothing meanwhile, so nothing was shown"


def test_a_copy_never_writes_over_a_file(source: Path, tmp_path: Path) -> None:
    there = tmp_path / "there.duckdb"
    there.write_bytes(b"precious")
    with duckdb.connect(str(source)) as connection, pytest.raises(FileExistsError):
        copy_database(connection, there)
    assert there.read_bytes() == b"precious"


def test_compacting_leaves_no_byte_of_what_was_deleted(source: Path) -> None:
    secret = "свидетельство-которого-больше-нет"
    with duckdb.connect(str(source)) as connection:
        connection.execute("insert into turns select 's' || i, 0, ? || i from range(20000) t(i)", (secret,))
        connection.execute("checkpoint")
        connection.execute("delete from turns where call_id <> 'c1'")
        connection.execute("checkpoint")
    compact_database(source)
    assert secret.encode() not in source.read_bytes()
    with duckdb.connect(str(source)) as connection:
        assert connection.execute("select count(*) from turns").fetchone() == (1000,)
        assert connection.execute("select index_name from duckdb_indexes()").fetchall() == [("turns_text",)]
