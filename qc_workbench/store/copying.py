"""A whole database into another file: the copy a backup keeps, and the rewriting that leaves no deleted bytes."""

from __future__ import annotations

import os
from pathlib import Path

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
