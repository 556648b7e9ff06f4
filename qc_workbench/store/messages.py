"""What is said to the store: statements, writes, and how they and their answers travel.

A frame is four bytes of length (big-endian) and as many bytes. A request is one frame of JSON. An answer is one frame
of JSON; after the answer to a read, frames of an Arrow IPC stream follow, then an empty frame, then one more of JSON.
"""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

#: Changes when an older program could not follow; the first frame (hello) stays readable for ever.
PROTOCOL: Final = 1
#: No frame is longer, bytes: a longer length means that something else speaks.
LONGEST_FRAME: Final = 1 << 31

_LENGTH = struct.Struct(">I")


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


def to_json(value: Any) -> str:
    """JSON for a column of type JSON, stable in the order of keys, readable in Cyrillic."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(text: str | None) -> Any:
    return None if text is None else json.loads(text)


# --- parameters on their way ---------------------------------------------------------------------------------------

_OUT: Final[Mapping[type, tuple[str, Callable[[Any], Any]]]] = {
    datetime: ("moment", datetime.isoformat),
    date: ("date", date.isoformat),
    time: ("time", time.isoformat),
    Decimal: ("decimal", str),
}
_BACK: Final[Mapping[str, Callable[[str], Any]]] = {
    "moment": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "decimal": Decimal,
}


def packed(value: Any) -> Any:
    """A bound parameter as JSON; what JSON has no kind for becomes a pair of its kind and its text.

    Raises :class:`TypeError` for a value that no column takes.
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, float):
        return float(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, list | tuple | set | frozenset):
        return {"list": [packed(item) for item in value]}
    for kind, (name, out) in _OUT.items():  # datetime before date, which it is a kind of
        if isinstance(value, kind):
            return {name: out(value)}
    raise TypeError(f"{type(value).__name__} is no value of a statement")


def unpacked(value: Any) -> Any:
    """What :func:`packed` was given."""
    if not isinstance(value, dict):
        return value
    ((name, inner),) = value.items()
    return [unpacked(item) for item in inner] if name == "list" else _BACK[name](inner)


def packed_statements(statements: Sequence[Statement]) -> list[list[Any]]:
    return [[item.sql, [packed(value) for value in item.parameters]] for item in statements]


def unpacked_statements(statements: Sequence[Sequence[Any]]) -> tuple[Statement, ...]:
    return tuple(Statement(sql, tuple(unpacked(value) for value in values)) for sql, values in statements)


# --- frames --------------------------------------------------------------------------------------------------------


class Gone(ConnectionError):
    """The other side closed the connection or fell silent."""


def send_frame(channel: socket.socket, content: bytes | memoryview) -> None:
    if len(content) >= LONGEST_FRAME:
        raise ValueError(f"a frame of {len(content)} bytes is too long")
    channel.sendall(_LENGTH.pack(len(content)))
    channel.sendall(content)


def receive_frame(channel: socket.socket) -> bytes:
    """The next frame; :class:`Gone` when there is none."""
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size))
    if length >= LONGEST_FRAME:
        raise Gone("no frame")
    return _exactly(channel, length)


def _exactly(channel: socket.socket, count: int) -> bytes:
    content = bytearray(count)
    place = memoryview(content)
    while place:
        got = channel.recv_into(place)
        if not got:
            raise Gone("closed")
        place = place[got:]
    return bytes(content)


def send(channel: socket.socket, message: Mapping[str, Any]) -> None:
    send_frame(channel, json.dumps(message, ensure_ascii=False).encode())


def receive(channel: socket.socket) -> dict[str, Any]:
    answer = json.loads(receive_frame(channel))
    if not isinstance(answer, dict):
        raise Gone("no message")
    return answer
