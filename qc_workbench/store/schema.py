"""The ordered steps that bring the database file of any earlier program up to this one's schema."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from pathlib import Path

import duckdb

from qc_workbench.errors import StoreTooNew, WorkspaceError


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: ``version`` is the number its file name begins with."""

    version: int
    name: str
    sql: str


@cache
def migrations() -> tuple[Migration, ...]:
    """All steps this program knows, oldest first."""
    folder = resources.files("qc_workbench.store") / "migrations"
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".sql")), key=lambda item: item.name)
    return tuple(Migration(int(item.name[:4]), item.name, item.read_text(encoding="utf-8")) for item in files)


def newest() -> int:
    """The schema version of this program."""
    return migrations()[-1].version


def migrate(
    connection: duckdb.DuckDBPyConnection, file: Path, steps: tuple[Migration, ...] | None = None
) -> tuple[int, Path | None]:
    """Bring the schema up to this program's version, one transaction a step.

    Before the first step on a file that has a schema already, the file is copied to ``backups/`` beside it. Returns
    the version reached and the copy made, if any.

    Raises :class:`StoreTooNew` for a file of a newer program, which is left untouched.
    """
    steps = migrations() if steps is None else steps
    current = _version(connection, file)
    known = steps[-1].version
    if current > known:
        raise StoreTooNew("store_too_new", file=str(file), found=current, known=known)
    waiting = [step for step in steps if step.version > current]
    copy = _copied(connection, file, current) if waiting and current else None
    if not current and waiting:
        connection.execute(
            "create table if not exists migrations "
            "(version integer primary key, name varchar not null, applied_at timestamptz not null)"
        )
    for step in waiting:
        connection.execute("begin")
        try:
            connection.execute(step.sql)
            connection.execute("insert into migrations values (?, ?, ?)", (step.version, step.name, datetime.now(UTC)))
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise
    return known, copy


def _version(connection: duckdb.DuckDBPyConnection, file: Path) -> int:
    """The version a file says it has; 0 for an empty one. A database of somebody else is left alone."""
    tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    if "migrations" not in tables:
        if tables:
            raise WorkspaceError("store_foreign", file=str(file), table=min(tables))
        return 0
    row = connection.execute("select coalesce(max(version), 0) from migrations").fetchone()
    return int(row[0]) if row else 0


def _copied(connection: duckdb.DuckDBPyConnection, file: Path, version: int) -> Path:
    """A copy of the file as it is before it is changed, complete on disk."""
    connection.execute("checkpoint")  # all of it is in the file now, nothing in the log beside it
    folder = file.parent / "backups"
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    copy = folder / f"{file.stem}-schema{version:04d}-{moment}{file.suffix}"
    half = copy.with_suffix(".half")
    try:
        folder.mkdir(exist_ok=True)
        shutil.copyfile(file, half)
        with half.open("rb+") as written:
            os.fsync(written.fileno())
        half.replace(copy)
    except OSError as error:
        with suppress(OSError):
            half.unlink()
        raise WorkspaceError("migration_backup_failed", file=str(file), copy=str(copy), detail=str(error)) from error
    return copy
