"""Reading and writing the one database of a workspace, from any process and thread.

DuckDB gives one process the file: the owner (:mod:`qc_workbench.store.owner`). A :class:`Store` is its client. It
finds the owner or starts one, and keeps working when the owner is replaced. A write is one message, applied exactly
once and on disk when the call returns; reads see one moment and never hold up a write.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from filelock import FileLock

from qc_workbench.store import launch
from qc_workbench.store.address import OWNER_LOCK, published
from qc_workbench.store.launch import Launcher
from qc_workbench.store.link import PATIENCE_S, Link, Session, leave
from qc_workbench.store.messages import Statement, Write, from_json, insert, insert_all, to_json

__all__ = [
    "OwnerStatus", "Reader", "Row", "Statement", "Store", "Write", "from_json", "insert", "insert_all", "rows_of",
    "to_json",
]  # fmt: skip

Row = dict[str, Any]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_launcher: Launcher = launch.in_process


def launch_with(launcher: Launcher) -> None:
    """How stores made from now on start an owner when there is none. Tests host them in threads."""
    global _launcher
    _launcher = launcher


@dataclass(frozen=True, slots=True)
class OwnerStatus:
    """The owner as it says itself. Times of writes are from their arrival to the disk, over the last thousand."""

    pid: int
    program: str
    schema: int
    up_s: float
    clients: int
    writes: int
    reads: int
    write_p50_s: float | None
    write_p95_s: float | None


class Reader:
    """Reads of one moment; rows come as dictionaries, times aware in UTC."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def rows(self, sql: str, *parameters: Any) -> list[Row]:
        return rows_of(self._session.table(sql, parameters))

    def row(self, sql: str, *parameters: Any) -> Row | None:
        found = self.rows(sql, *parameters)
        return found[0] if found else None

    def value(self, sql: str, *parameters: Any) -> Any:
        """The first column of the first row; None where there is no row."""
        table = self._session.table(sql, parameters)
        return _values(table.column(0).slice(0, 1))[0] if table.num_rows else None

    def arrow(self, sql: str, *parameters: Any) -> pa.Table:
        """The result as a pyarrow Table, for exports and plots."""
        return self._session.table(sql, parameters)

    def batches(self, sql: str, *parameters: Any) -> Iterator[pa.RecordBatch]:
        """The result in pieces, in order, without ever holding it whole."""
        return self._session.batches(sql, parameters)


def rows_of(found: pa.Table | pa.RecordBatch) -> list[Row]:
    """A result, or a piece of one, as :meth:`Reader.rows` gives it."""
    names = found.schema.names
    return [dict(zip(names, cells, strict=True)) for cells in zip(*map(_values, found.columns), strict=True)]


def _values(column: pa.ChunkedArray | pa.Array) -> list[Any]:
    """A column as Python values."""
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:
        # pyarrow's own way takes ten times as long
        return [
            None if value is None else _EPOCH + timedelta(microseconds=value)
            for value in column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()
        ]
    values: list[Any] = column.to_pylist()
    return values


@dataclass
class Store:
    """The database file at ``path``; ``locks`` is the folder where its owner is found. Threads may share it."""

    path: Path
    locks: Path
    launcher: Launcher | None = field(default=None, repr=False)

    @cached_property
    def _link(self) -> Link:
        link = Link(self.path, self.locks, self.launcher or _launcher)
        weakref.finalize(self, link.close)
        return link

    @contextmanager
    def reading(self, *, heavy: bool = False) -> Iterator[Reader]:
        """Several reads of one moment, for a page or a step. ``heavy``: a scan that may take seconds.

        Heavy ones wait for each other, so that they leave the processor to the others.
        """
        session = Session(self._link, heavy=heavy)
        try:
            yield Reader(session)
        finally:
            session.close()

    def write(self, *statements: Statement, key: str | None = None) -> bool:
        """Apply one :class:`Write`. False when its key has been applied before (nothing is done then)."""
        return self.apply(Write(statements, key))

    def apply(self, write: Write) -> bool:
        """Apply a write; on disk when this returns. False when its key has been applied before.

        Raises :class:`~qc_workbench.errors.WriteRefused` when something it requires is not so,
        :class:`~qc_workbench.errors.StoreFull` when the disk takes no more (nothing is applied then).
        """
        return self._link.write(write)

    def insert_many(self, table: str, rows: Sequence[Mapping[str, Any]], *, replace: bool = False) -> None:
        """Insert rows with the same columns in one transaction, fast."""
        self.write(*insert_all(table, rows, replace=replace))

    def migrate(self) -> int:
        """Open the database, making it where there is none and bringing it up to this program's version, which is
        returned. Before an older one is changed, a copy goes to ``backups/`` beside it.

        Raises :class:`~qc_workbench.errors.StoreTooNew` for a file of a newer program, which is left untouched.
        """
        self._link.ask({"ask": "status"}, 30.0)
        return self._link.schema

    def backup(self, destination: Path) -> None:
        """A complete copy of the database as of one moment, made while others read and write.

        ``destination`` must not exist.
        """
        self._link.ask({"ask": "backup", "destination": str(destination.resolve())}, None)

    def compact(self) -> None:
        """Write the file anew, so that nothing of what was deleted is left in it. Others wait meanwhile."""
        self._link.ask({"ask": "compact"}, None)

    def status(self) -> OwnerStatus:
        return OwnerStatus(**self._link.ask({"ask": "status"}, 30.0)["status"])

    def release(self) -> bool:
        """Have the owner finish and let the file go, for other programs. False when there was none."""
        self._link.close()
        address = published(self.locks)
        try:
            if address is None:
                return False
            leave(address)
        except OSError:
            return False
        with FileLock(self.locks / OWNER_LOCK, timeout=PATIENCE_S, thread_local=False):
            return True  # we held its lock: it is gone
