"""The DuckDB file in the process that owns it: writes one after another, reads beside them.

Only the owner process (:mod:`qc_workbench.store.owner`) makes an :class:`Engine`; everybody else is its client.
"""

from __future__ import annotations

import queue
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from qc_workbench.errors import StoreBusy, StoreFull, StoreReadRefused, WorkspaceError, WriteRefused
from qc_workbench.store.admission import Gate, Watch
from qc_workbench.store.copying import compact_database, copy_database, fence_in, prune_copies
from qc_workbench.store.limits import HEAVY_READ_S, READ_S
from qc_workbench.store.messages import Write
from qc_workbench.store.schema import migrate

#: Writes committed together at most. One sync to disk serves them all; each still succeeds or fails alone.
GROUP: Final = 64
#: Share of the machine's memory that the database may take for its pages and queries.
MEMORY: Final = "40%"
#: Heavy reads at once; others wait. One scan already keeps all cores busy.
HEAVY_READS: Final = 1
#: The log beside the file is folded into it from this size, bytes, where the disk has twice as much and this to spare.
LOG_BYTES: Final = 16 << 20
SPARE_BYTES: Final = 64 << 20
#: Rows of a batch on its way.
BATCH_ROWS: Final = 20_000
#: How long a write without a key of its own is remembered, for clients that ask again.
REMEMBERED: Final = timedelta(days=2)
#: What DuckDB says when the disk (or a quota) takes no more.
_FULL: Final = ("no space left", "disk quota", "file too large", "not enough space", "out of disk")

_SETTINGS: Final[dict[str, Any]] = {
    # Nothing is fetched from the network, and names in SQL are tables, never variables of this program.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    # DuckDB's own folding of the log into the file is part of a commit, and takes the whole database down when
    # the disk is full. Here it happens between writes, where there is room (fold_log).
    "checkpoint_threshold": "1TB",
}


class EngineLost(Exception):
    """The engine has closed the file, or was broken by something else: the next owner can answer."""


@dataclass
class _Waiting:
    write: Write
    call: str
    since: float
    answer: Future[bool]


@dataclass(frozen=True, slots=True)
class EngineCounts:
    """What the engine has done since it was opened; times of the last thousand writes in seconds."""

    writes: int
    reads: int
    write_times_s: tuple[float, ...]


@dataclass
class Engine:
    """An opened database file. Thread-safe. ``broken`` is set when DuckDB gave the file up: close and open anew."""

    file: Path
    schema: int = 0
    broken: threading.Event = field(default_factory=threading.Event)
    _connection: duckdb.DuckDBPyConnection = field(init=False, repr=False)
    _queue: queue.SimpleQueue[_Waiting | None] = field(default_factory=queue.SimpleQueue, repr=False)
    _asking: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _writer: threading.Thread = field(init=False, repr=False)
    _closed: bool = False
    _gate: Gate = field(default_factory=Gate, repr=False)
    _heavy: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(HEAVY_READS), repr=False)
    _watch: Watch = field(default_factory=Watch, repr=False)
    _times: deque[float] = field(default_factory=lambda: deque(maxlen=1000), repr=False)
    _writes: int = 0
    _reads: int = 0

    @classmethod
    def open(cls, file: Path) -> Engine:
        """Open the file and bring its schema up to date.

        Raises :class:`WorkspaceError` ``store_damaged``, :class:`StoreTooNew`, :class:`StoreFull`.
        """
        engine = cls(file)
        engine._connect()
        try:
            engine.schema, copy = migrate(engine._connection, file)
            if copy is not None:
                prune_copies(copy.parent)
            engine._forget_old_calls()
        except duckdb.Error as error:
            engine._connection.close()
            raise engine._said(error) from error
        except BaseException:
            engine._connection.close()
            raise
        engine._writer = threading.Thread(target=engine._write_on, name="writer", daemon=True)
        engine._writer.start()
        engine._watch.start()
        return engine

    def _connect(self) -> None:
        try:
            self._connection = duckdb.connect(str(self.file), config=_SETTINGS)
            self._connection.execute("set global timezone = 'UTC'")
            self._connection.execute(f"set memory_limit = '{MEMORY}'")
            fence_in(self._connection, self.file.parent)
        except duckdb.Error as error:
            raise self._said(error, damaged=True) from error

    def close(self) -> None:
        """Finish the writes that wait, fold the log into the file, let the file go.

        Who asks from then on, for a client that came at the last moment, hears :class:`EngineLost`.
        """
        self._watch.stop()
        with self._asking:
            self._closed = True
            self._queue.put(None)
        self._writer.join()
        with self._gate.alone(), suppress(duckdb.Error):
            self._connection.close()

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise EngineLost("the file was closed before this was asked")

    # --- writing -----------------------------------------------------------------------------------------------------

    def apply(self, write: Write, call: str) -> bool:
        """Apply a write; on disk when this returns. False when its key had been applied by another call.

        The same ``call`` a second time does nothing and returns what the first did.
        """
        waiting = _Waiting(write, call, time.perf_counter(), Future())
        with self._asking:  # behind the sign to end nothing may be queued: nobody would answer it
            self._refuse_when_closed()
            self._queue.put(waiting)
        return waiting.answer.result()

    def _write_on(self) -> None:
        while group := self._next_group():
            with self._gate.shared():
                if len(group) == 1 or not self._committed(self._connection, group):
                    for waiting in group:
                        self._committed_alone(self._connection, waiting)
                self._fold_log()

    def _fold_log(self) -> None:
        log = self.file.with_name(self.file.name + ".wal")
        try:
            size = log.stat().st_size
            if size > LOG_BYTES and shutil.disk_usage(self.file.parent).free > 2 * size + SPARE_BYTES:
                self._connection.execute("checkpoint")
        except (OSError, duckdb.TransactionException):
            pass  # no log yet, or a copy is being made: next time
        except duckdb.Error as error:
            self._said(error)

    def _next_group(self) -> list[_Waiting]:
        """The writes that wait now; none when the engine closes."""
        first = self._queue.get()
        group = [] if first is None else [first]
        with suppress(queue.Empty):
            while group and len(group) < GROUP:
                more = self._queue.get_nowait()
                if more is None:
                    self._queue.put(None)  # for the next turn, after these
                    break
                group.append(more)
        return group

    def _committed(self, connection: duckdb.DuckDBPyConnection, group: Sequence[_Waiting]) -> bool:
        """Commit the whole group with one sync; False, with nothing done, when one of it has a fault."""
        try:
            connection.execute("begin")
            results: list[tuple[_Waiting, bool, Exception | None]] = []
            for waiting in group:
                try:
                    results.append((waiting, self._run(connection, waiting), None))
                except WriteRefused as error:
                    results.append((waiting, False, error))
            connection.execute("commit")
        except Exception:  # whose fault it was comes out when each is tried alone
            self._roll_back(connection)
            return False
        for waiting, done, refused in results:
            self._answer(waiting, done, refused)
        return True

    def _committed_alone(self, connection: duckdb.DuckDBPyConnection, waiting: _Waiting) -> None:
        try:
            connection.execute("begin")
            done = self._run(connection, waiting)
            connection.execute("commit")
        except WriteRefused as refused:
            self._roll_back(connection)
            self._answer(waiting, False, refused)
        except duckdb.Error as error:
            self._roll_back(connection)
            self._answer(waiting, False, self._said(error))
        except Exception as error:  # a value DuckDB can't bind: the client's fault, not the writer's end
            self._roll_back(connection)
            self._answer(waiting, False, error)
        else:
            self._answer(waiting, done, None)

    def _run(self, connection: duckdb.DuckDBPyConnection, waiting: _Waiting) -> bool:
        """The statements of one write inside the open transaction. Nothing is written before its checks passed."""
        write, call = waiting.write, waiting.call
        key = call if write.key is None else write.key
        seen = connection.execute("select call from applied_writes where key = ?", (key,)).fetchone()
        if seen is not None:
            return bool(seen[0] == call)
        for needed in write.require:
            if connection.execute(needed.sql, needed.parameters).fetchone() is None:
                raise WriteRefused("write_refused")
        connection.execute(
            "insert into applied_writes (key, applied_at, call) values (?, ?, ?)", (key, datetime.now(UTC), call)
        )
        for statement in write.statements:
            connection.execute(statement.sql, statement.parameters)
        return True

    def _answer(self, waiting: _Waiting, done: bool, error: Exception | None) -> None:
        self._times.append(time.perf_counter() - waiting.since)
        self._writes += 1
        if error is None:
            waiting.answer.set_result(done)
        else:
            waiting.answer.set_exception(error)

    @staticmethod
    def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
        with suppress(duckdb.Error):  # DuckDB has ended the transaction itself after a failed commit
            connection.execute("rollback")

    def _forget_old_calls(self) -> None:
        self._connection.execute(
            "delete from applied_writes where key = call and applied_at < ?", (datetime.now(UTC) - REMEMBERED,)
        )

    # --- reading -----------------------------------------------------------------------------------------------------

    @contextmanager
    def reading(self, *, heavy: bool = False) -> Iterator[Snapshot]:
        """Reads of one moment. Writes go on beside them."""
        if heavy:
            self._heavy.acquire()
        try:
            with self._gate.shared():
                self._refuse_when_closed()
                try:
                    cursor = self._connection.cursor()
                    cursor.execute("begin transaction read only")
                except duckdb.Error as error:
                    raise self._said(error) from error
                try:
                    yield Snapshot(self, cursor, HEAVY_READ_S if heavy else READ_S)
                finally:
                    with suppress(duckdb.Error):
                        cursor.execute("rollback")
                    with suppress(duckdb.Error):
                        cursor.close()
        finally:
            if heavy:
                self._heavy.release()

    # --- the file as a whole -----------------------------------------------------------------------------------------

    def backup(self, destination: Path) -> None:
        """A copy of the database as of one moment, made beside reads and writes; within the workspace."""
        with self._gate.shared():
            self._refuse_when_closed()
            cursor = self._connection.cursor()
            try:
                copy_database(cursor, destination)
            except duckdb.Error as error:
                raise self._said(error) from error
            finally:
                cursor.close()

    def compact(self) -> None:
        """Write the file anew, without the bytes of what was deleted. Everything else waits."""
        with self._gate.alone():
            self._refuse_when_closed()
            self._connection.close()
            try:
                compact_database(self.file)
            except duckdb.Error as error:
                raise self._said(error) from error
            finally:
                self._connect()

    def counts(self) -> EngineCounts:
        return EngineCounts(self._writes, self._reads, tuple(self._times))

    def _said(self, error: duckdb.Error, *, damaged: bool = False) -> Exception:
        """The error as a person may read it, where it is about the file and not about a statement."""
        if self.broken.is_set():
            return EngineLost("the file was given up before this was asked")
        text = str(error)
        if isinstance(error, duckdb.FatalException | duckdb.InternalException):
            self.broken.set()
        if any(mark in text.lower() for mark in _FULL):
            return StoreFull("store_full", file=str(self.file), detail=text)
        if isinstance(error, duckdb.IOException) and "lock on file" in text:
            return StoreBusy("store_busy", file=str(self.file), waited_s=0)
        if damaged or self.broken.is_set() or isinstance(error, duckdb.IOException | duckdb.SerializationException):
            return WorkspaceError("store_damaged", file=str(self.file), detail=text)
        return error


@dataclass
class Snapshot:
    """The database as of one moment, in the hands of one client."""

    _engine: Engine
    _cursor: duckdb.DuckDBPyConnection
    _limit_s: float

    def stream(self, sql: str, parameters: Sequence[Any], most_bytes: int) -> Iterator[pa.Schema | pa.RecordBatch]:
        """The schema, then batches of the result.

        Raises :class:`StoreReadRefused` when the read lasts or grows beyond its limits.
        """
        engine, size = self._engine, 0
        engine._reads += 1
        mark = engine._watch.begin(self._cursor, self._limit_s)
        try:
            reader = self._cursor.sql(sql, params=list(parameters) or None).to_arrow_reader(BATCH_ROWS)
            yield reader.schema
            for batch in reader:
                size += batch.nbytes
                if size > most_bytes:
                    raise StoreReadRefused("read_too_large", limit_mb=most_bytes >> 20)
                yield batch
        except (duckdb.Error, pa.ArrowException) as error:
            if isinstance(error, duckdb.InterruptException) or "interrupt" in str(error).lower():
                raise StoreReadRefused("read_too_long", limit_s=self._limit_s) from error
            raise (engine._said(error) if isinstance(error, duckdb.Error) else error) from error
        finally:
            engine._watch.end(mark)
