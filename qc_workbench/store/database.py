"""Reading and writing the one DuckDB file from several processes.

DuckDB gives one process the file. Here each read or write opens it for a moment
under a fair lock between processes, so that the app, the pipeline and a command work
side by side and nobody sees "database is locked". Writes are messages (statements
with bound parameters and an idempotency key), so that an owner process
can take the place of the file lock without a change for the callers.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock, Timeout

from qc_workbench.errors import StoreBusy, StoreTooNew, WorkspaceError, WriteRefused

#: Seconds to wait for another process before saying that the store is busy.
LOCK_WAIT_S = 60.0

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement and its bound parameters. Values never go into the text."""

    sql: str
    parameters: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Write:
    """Statements that take effect together or not at all. With a ``key``, at most once ever.

    Each of ``require`` is a select that must find a row at the moment of writing; else nothing is
    written and :class:`~qc_workbench.errors.WriteRefused` is raised. So a late worker can't write over a newer one.
    """

    statements: tuple[Statement, ...]
    key: str | None = None
    require: tuple[Statement, ...] = ()


def insert(table: str, row: Mapping[str, Any], *, replace: bool = False) -> Statement:
    """An insert of one row; ``replace`` overwrites the row with the same primary key."""
    columns = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" for _ in row)
    verb = "insert or replace" if replace else "insert"
    return Statement(f"{verb} into {table} ({columns}) values ({marks})", tuple(row.values()))


class Reader:
    """A connection that is open for a moment; rows come as dictionaries, times aware in UTC."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def rows(self, sql: str, *parameters: Any) -> list[Row]:
        cursor = self._connection.execute(sql, parameters)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, map(_utc, row), strict=True)) for row in cursor.fetchall()]

    def row(self, sql: str, *parameters: Any) -> Row | None:
        found = self.rows(sql, *parameters)
        return found[0] if found else None

    def value(self, sql: str, *parameters: Any) -> Any:
        row = self._connection.execute(sql, parameters).fetchone()
        return None if row is None else _utc(row[0])

    def arrow(self, sql: str, *parameters: Any) -> Any:
        """The result as a pyarrow Table, for exports and plots."""
        return self._connection.execute(sql, parameters).to_arrow_table()


def _utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


@dataclass
class Store:
    """The database file at ``path``. Safe to share between threads; holds nothing open between calls."""

    path: Path
    locks: Path
    _thread_lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @contextmanager
    def _connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        try:
            self.locks.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkspaceError("workspace_unwritable", home=str(self.path.parent), detail=str(error)) from error
        with self._thread_lock:
            lock = FileLock(self.locks / "store.lock", timeout=LOCK_WAIT_S)
            try:
                lock.acquire()
            except Timeout as error:
                raise StoreBusy("store_busy", file=str(self.path), waited_s=LOCK_WAIT_S) from error
            try:
                connection = self._open()
                try:
                    yield connection
                finally:
                    connection.close()
            finally:
                lock.release()

    def _open(self) -> duckdb.DuckDBPyConnection:
        try:
            connection = duckdb.connect(str(self.path))
        except duckdb.IOException as error:
            if "lock" in str(error).lower():
                raise StoreBusy("store_busy", file=str(self.path), waited_s=0.0) from error
            raise WorkspaceError("store_damaged", file=str(self.path), detail=str(error)) from error
        connection.execute("set timezone = 'UTC'")
        return connection

    @contextmanager
    def reading(self, *, heavy: bool = False) -> Iterator[Reader]:
        """Several reads of one moment, for a page or a step. ``heavy``: a scan that may take seconds."""
        with self._connection() as connection:
            yield Reader(connection)

    def write(self, *statements: Statement, key: str | None = None) -> bool:
        """Apply one :class:`Write`. False when its key has been applied before (nothing is done then)."""
        return self.apply(Write(statements, key))

    def apply(self, write: Write) -> bool:
        with self._connection() as connection:
            connection.execute("begin")
            try:
                if write.key is not None:
                    seen = connection.execute("select 1 from applied_writes where key = ?", (write.key,)).fetchone()
                    if seen:
                        connection.execute("rollback")
                        return False
                    connection.execute("insert into applied_writes values (?, ?)", (write.key, datetime.now(UTC)))
                for needed in write.require:
                    if connection.execute(needed.sql, needed.parameters).fetchone() is None:
                        raise WriteRefused("write_refused")
                for statement in write.statements:
                    connection.execute(statement.sql, statement.parameters)
                connection.execute("commit")
            except BaseException:
                connection.execute("rollback")
                raise
        return True

    def insert_many(self, table: str, rows: Sequence[Mapping[str, Any]], *, replace: bool = False) -> None:
        """Insert rows with the same columns in one transaction, fast."""
        self.write(*insert_all(table, rows, replace=replace))

    def migrate(self) -> int:
        """Bring the schema up to this program's version, one transaction a step. Returns the version.

        A file written by a newer program is refused untouched.
        """
        steps = _migrations()
        with self._connection() as connection:
            connection.execute(
                "create table if not exists migrations "
                "(version integer primary key, name varchar not null, applied_at timestamptz not null)"
            )
            row = connection.execute("select coalesce(max(version), 0) from migrations").fetchone()
            current = int(row[0]) if row else 0
            newest = max(version for version, _, _ in steps)
            if current > newest:
                raise StoreTooNew("store_too_new", file=str(self.path), found=current, known=newest)
            for version, name, sql in steps:
                if version <= current:
                    continue
                connection.execute("begin")
                try:
                    connection.execute(sql)
                    connection.execute("insert into migrations values (?, ?, ?)", (version, name, datetime.now(UTC)))
                    connection.execute("commit")
                except BaseException:
                    connection.execute("rollback")
                    raise
            return newest


def insert_all(table: str, rows: Sequence[Mapping[str, Any]], *, replace: bool = False) -> list[Statement]:
    """One statement that inserts many rows with the same columns; none for no rows.

    The rows travel as one bound parameter (JSON text) and DuckDB casts each cell to its column's type:
    some ten times faster than a bound parameter for each cell.

    ``replace`` overwrites rows with the same primary key. Values are those that the store's row functions give:
    text, numbers, booleans, times and None; an unknown kind is a TypeError.
    """
    if not rows:
        return []
    names = list(rows[0])
    columns = ", ".join(f'"{name}"' for name in names)
    cells = ", ".join(f"cells[{place}]" for place in range(1, len(names) + 1))
    verb = "insert or replace" if replace else "insert"
    sql = (
        f"{verb} into {table} ({columns}) select {cells} "  # noqa: S608 - names of our own tables and columns
        "from (select unnest(from_json(?, '[[\"VARCHAR\"]]')) as cells)"
    )
    return [Statement(sql, (json.dumps([[_text(row[name]) for name in names] for row in rows]),))]


def _text(value: object) -> str | None:
    """A value as DuckDB casts it back without loss."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, float):
        return float.__repr__(value)  # numpy's own floats are floats too, but write their type's name
    if isinstance(value, int | Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no value of a row")


def _migrations() -> list[tuple[int, str, str]]:
    folder = resources.files("qc_workbench.store") / "migrations"
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".sql")), key=lambda item: item.name)
    return [(int(item.name[:4]), item.name, item.read_text(encoding="utf-8")) for item in files]


def to_json(value: Any) -> str:
    """JSON for a column of type JSON, stable in the order of keys, readable in Cyrillic."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(text: str | None) -> Any:
    return None if text is None else json.loads(text)
