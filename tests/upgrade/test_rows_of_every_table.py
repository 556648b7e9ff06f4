"""No step of the schema loses a row of any table, also of those that the invented companies leave empty."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from qc_workbench.store.schema import migrate
from tests.upgrade.old_databases import VERSIONS, old_workspace

#: Tables of an early schema whose rows live on elsewhere: old -> where.
MOVED = {"failures": "jobs"}
#: A value for each kind of column; anything is good that a later step may copy.
VALUES = {
    "BOOLEAN": "true", "INTEGER": "1", "BIGINT": "1", "SMALLINT": "1", "UTINYINT": "1", "UINTEGER": "1", "UBIGINT": "1",
    "TINYINT": "1", "DOUBLE": "0.5", "FLOAT": "0.5", "DATE": "date '2026-03-02'", "TIME": "time '09:00'",
    "BLOB": "'\\x01'::blob",
    "TIMESTAMP WITH TIME ZONE": "timestamptz '2026-03-02 09:00+00'", "JSON": "'{}'", "VARCHAR": "'x'",
    "INTERVAL": "interval 1 day", "HUGEINT": "1", "USMALLINT": "1",
}  # fmt: skip


def value(kind: str) -> str:
    if kind.endswith("[]"):
        return "[]"
    if kind.startswith("DECIMAL"):
        return "1"
    return VALUES[kind]


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """A row into every table that has none."""
    columns = connection.execute(
        "select table_name, list(column_name order by column_index), list(data_type order by column_index) "
        "from duckdb_columns() where table_name in (select table_name from duckdb_tables()) group by 1 order by 1"
    ).fetchall()
    for table, names, kinds in columns:
        [(count,)] = connection.execute(f'select count(*) from "{table}"').fetchall()
        if not count:
            row = ", ".join(value(kind) for kind in kinds)
            connection.execute(f'insert into "{table}" ({", ".join(names)}) values ({row})')


def counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    tables = connection.execute("select table_name from duckdb_tables() where not internal").fetchall()
    return {name: connection.execute(f'select count(*) from "{name}"').fetchall()[0][0] for (name,) in tables}


@pytest.mark.parametrize("version", VERSIONS[:-1])
def test_a_row_of_every_table_survives_all_later_steps(version: int, tmp_path: Path) -> None:
    file = old_workspace(tmp_path / "old", version) / "qcw.duckdb"
    with duckdb.connect(str(file)) as connection:
        fill(connection)
        before = counts(connection)
        migrate(connection, file)
        after = counts(connection)
    assert min(before.values()) >= 1
    lost = {name: count for name, count in before.items() if after.get(MOVED.get(name, name), 0) < count}
    assert lost == {}
