"""A whole database into another file: the copy a backup keeps, and the rewriting that leaves no deleted bytes."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

#: Name under which the copy is attached while it is made; one copy at a time on a connection.
_ALIAS = "qcw_copy"


def copy_database(connection: duckdb.DuckDBPyConnection, destination: Path) -> None:
    """Copy everything ``connection`` sees at one moment into a new file, safely on disk when this returns.

    Tables with their keys, defaults and not-null rules, indexes, views and sequences come along. Other connections
    of the same process may write meanwhile: the copy is the state at its beginning. Only live rows are copied, so
    the new file holds no byte of anything deleted. Raises ``FileExistsError`` when the destination is there,
    and what DuckDB raises when the disk is full; the unfinished file is removed then.
    """
    if destination.exists():
        raise FileExistsError(destination)
    row = connection.execute("select current_database()").fetchone()
    assert row is not None
    source = str(row[0]).replace('"', '""')
    place = str(destination).replace("'", "''")
    finished = False
    connection.execute(f"attach '{place}' as {_ALIAS}")
    try:
        connection.execute("begin")
        try:
            connection.execute(f'copy from database "{source}" to {_ALIAS}')
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute(f"checkpoint {_ALIAS}")
        finished = True
    finally:
        connection.execute(f"detach {_ALIAS}")
        if not finished:
            destination.unlink(missing_ok=True)
            _log_of(destination).unlink(missing_ok=True)
    _to_disk(destination)


def fence_in(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """From now on SQL reaches no file outside of ``folder``, no address, no extension, and can't change that.

    Whatever gets into a statement one day, ``read_csv('/etc/passwd')`` and ``attach`` give it nothing."""
    place = f"{folder.resolve().as_posix()}/".replace("'", "''")
    connection.execute(f"set allowed_directories = ['{place}']")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def compact_database(path: Path) -> None:
    """Rewrite a database file that nobody has open, so that deleted rows leave no bytes in it.

    The old file is there until the new one is complete. Raises what :func:`copy_database` raises.
    """
    fresh = path.with_name(f".{path.name}.compact")
    fresh.unlink(missing_ok=True)  # of a run that was killed
    with duckdb.connect(str(path)) as connection:
        copy_database(connection, fresh)
    fresh.replace(path)
    _log_of(path).unlink(missing_ok=True)
    _folder_to_disk(path.parent)


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    _folder_to_disk(path.parent)


def _folder_to_disk(folder: Path) -> None:
    """The name of a file is as durable as its folder; Windows keeps folders without being asked."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True)
class KeptSound:
    """A recording that a database refers to: ``path`` relative to the workspace, ``content_hash`` its sha256."""

    path: str
    content_hash: str
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """What is in a database file: its schema's version (0: none), rows by table, the recordings it refers to."""

    schema_version: int
    tables: Mapping[str, int]
    sounds: tuple[KeptSound, ...]


def examine_copy(path: Path) -> CopyFacts:
    """Open a database file that nobody writes to and count what is in it.

    Raises ``duckdb.Error`` when it can't be read. Reads whole tables, so a file that is
    damaged anywhere in its rows is noticed here.
    """
    with duckdb.connect(str(path), read_only=True) as connection:
        names = [
            str(row[0])
            for row in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'main' order by table_name"
            ).fetchall()
        ]
        tables = {name: _read_whole(connection, name) for name in names}
        version = (
            connection.execute("select coalesce(max(version), 0) from migrations").fetchone()
            if ("migrations" in tables)
            else (0,)
        )
        sounds = (
            connection.execute(
                "select path, any_value(content_hash), any_value(size_bytes) from recordings "
                "where path is not null and content_hash is not null group by path order by path"
            ).fetchall()
            if "recordings" in tables
            else []
        )
    return CopyFacts(int(version[0]) if version else 0, tables, tuple(KeptSound(*row) for row in sounds))


def _read_whole(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Rows of a table, each of them read."""
    row = connection.execute(f'select count(*), sum(hash(t)) from "{table}" t').fetchone()  # noqa: S608 - own catalogue
    return int(row[0]) if row else 0


#: Copies made before migrations that are kept.
MIGRATION_COPIES: Final = 5
_MIGRATION_COPY = re.compile(r".+-schema\d{4}-(\d{8}T\d{6}Z)\.duckdb")


def prune_copies(folder: Path, keep: int = MIGRATION_COPIES) -> tuple[Path, ...]:
    """Remove all but the newest ``keep`` copies that migrations left in a folder; returns those removed.

    Only files named ``NAME-schemaNNNN-YYYYMMDDTHHMMSSZ.duckdb`` are looked at; a copy that can't be removed stays.
    """
    if keep < 1:
        raise ValueError("at least one copy is kept")
    found = [(match[1], item) for item in folder.iterdir() if (match := _MIGRATION_COPY.fullmatch(item.name))]
    removed = []
    for _, item in sorted(found, reverse=True)[keep:]:
        try:
            item.unlink()
        except OSError:
            continue
        removed.append(item)
    return tuple(removed)
