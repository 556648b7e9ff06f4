"""A workspace that forgets: a real database, whose writes are taken back after each input."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from qc_workbench.config import Settings, parse_settings
from qc_workbench.store.database import Reader, Statement
from tests.import_cases import new_workspace

#: Without a database: how the fuzzer runs, and the table of broken inputs is read.
_FAST = ContextVar("fast", default=bool(os.environ.get("QCW_FUZZ_FAST")))


def is_fast() -> bool:
    return _FAST.get()


@contextmanager
def without_database() -> Iterator[None]:
    before = _FAST.set(True)
    try:
        yield
    finally:
        _FAST.reset(before)


COMPANY = '[company]\ntimezone = "Europe/Kyiv"\nphone_region = "UA"\n'


@cache
def _empty_database() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="qcw-fuzz-empty-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    new_workspace(folder).store.release()
    return folder / "qcw.duckdb"


class _Session:
    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def table(self, sql: str, parameters: Any) -> Any:
        return self._connection.sql(sql, params=list(parameters) or None).to_arrow_reader().read_all()


class ForgettingStore:
    """As :class:`~qc_workbench.store.database.Store`, in this process, on a database that is never written to disk."""

    def __init__(self, file: Path) -> None:
        self._connection = duckdb.connect(str(file))
        self._connection.execute("set threads = 1; set timezone = 'UTC'")

    @contextmanager
    def reading(self, *, heavy: bool = False) -> Iterator[Reader]:
        yield Reader(_Session(self._connection))  # type: ignore[arg-type]

    def write(self, *statements: Statement, key: str | None = None) -> bool:
        for statement in statements:
            self._connection.execute(statement.sql, list(statement.parameters))
        return True

    @contextmanager
    def forgetting(self) -> Iterator[None]:
        self._connection.execute("begin")
        try:
            yield
        finally:
            self._connection.execute("rollback")


class EmptyStore:
    """A store in which nothing is and nothing stays: for the fuzzer, which a database would make ten times slower. Text
    that no database takes is refused as one would."""

    @contextmanager
    def reading(self, *, heavy: bool = False) -> Iterator[Any]:
        yield self

    @contextmanager
    def forgetting(self) -> Iterator[None]:
        yield

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        return []

    def row(self, sql: str, *parameters: Any) -> None:
        return None

    def value(self, sql: str, *parameters: Any) -> Any:
        return 0

    def write(self, *statements: Statement, key: str | None = None) -> bool:
        for statement in statements:
            for value in statement.parameters:
                if isinstance(value, str):
                    _is_storable(value)
        return True


def _is_storable(text: str) -> None:
    """Rows travel as JSON, where half a character hides behind a backslash. Raises :class:`ValueError`."""
    text.encode()
    if text.startswith("[[") and "\\ud" in text:
        for row in json.loads(text):
            for cell in row:
                (cell or "").encode()


class ForgettingWorkspace:
    """As :class:`~qc_workbench.workspace.Workspace`, for what pipelines ask of one."""

    def __init__(self, settings: str = "") -> None:
        self.home = Path(tempfile.mkdtemp(prefix="qcw-fuzz-"))
        fast = is_fast()
        if not fast:
            shutil.copyfile(_empty_database(), self.home / "qcw.duckdb")
        self.settings: Settings = parse_settings(COMPANY + settings, "qcw.toml")
        self.store: Any = EmptyStore() if fast else ForgettingStore(self.home / "qcw.duckdb")
        self.rejects_file = self.home / "rejects.csv"
        atexit.register(self.close)

    def close(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)


__all__ = ["COMPANY", "EmptyStore", "ForgettingStore", "ForgettingWorkspace", "is_fast", "without_database"]
