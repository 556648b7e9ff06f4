"""The client's end: finds the owner or starts one, and goes on when it is replaced."""

from __future__ import annotations

import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any, Final, TypeVar

import pyarrow as pa
from filelock import FileLock, Timeout

from qc_workbench.errors import QcwError, StoreBusy, StoreTooNew, WorkspaceError
from qc_workbench.store.address import START_LOCK, Address, published
from qc_workbench.store.launch import Launcher, rebuilt
from qc_workbench.store.limits import HEAVY_READ_S, READ_S
from qc_workbench.store.messages import (
    PROTOCOL,
    Gone,
    Write,
    packed,
    packed_statements,
    receive,
    receive_frame,
    send,
)
from qc_workbench.store.schema import newest

#: Seconds to wait for an owner, in all, before saying that the store is busy.
PATIENCE_S: Final = 60.0
#: Seconds for an owner to let a client in. It needs no database for that.
_WELCOME_S: Final = 15.0
#: Seconds for the answer to a write; behind it may be a checkpoint of a large file or a compaction.
_WRITE_S: Final = 300.0

#: Bytes of a stream read ahead.
_FILE_BUFFER: Final = 1 << 18

T = TypeVar("T")


class _Outdated(OSError):
    """The owner is of an older program: it must leave first."""


class Link:
    """Connections to the owner of one file, shared by the threads of this process."""

    def __init__(self, file: Path, locks: Path, launch: Launcher) -> None:
        self.file = file
        self.locks = locks
        self._launch = launch
        self._idle: list[socket.socket] = []
        self._turn = threading.Lock()
        self.schema = 0

    # --- connections -------------------------------------------------------------------------------------------------

    def take(self) -> socket.socket:
        """A connection on which nothing is under way."""
        with self._turn:
            if self._idle:
                return self._idle.pop()
        try:
            return self._connect()
        except OSError:
            return self._start()

    def put_back(self, channel: socket.socket) -> None:
        with self._turn:
            self._idle.append(channel)

    def drop(self, channel: socket.socket) -> None:
        """Close a connection that broke, and with it those that wait: their owner is the same."""
        channel.close()
        self.close()

    def close(self) -> None:
        with self._turn:
            idle, self._idle = self._idle, []
        for channel in idle:
            channel.close()

    def _connect(self) -> socket.socket:
        """A connection to the owner there is. :class:`OSError` when there is none."""
        address = published(self.locks)
        if address is None:
            raise FileNotFoundError("no owner")
        channel = address.connect(_WELCOME_S)
        try:
            send(channel, {"token": address.token})
            welcome: dict[str, Any] = receive(channel)
            if welcome["schema"] > newest():
                raise StoreTooNew("store_too_new", file=str(self.file), found=welcome["schema"], known=newest())
            if welcome["protocol"] != PROTOCOL or welcome["schema"] < newest():
                raise _Outdated("the owner is of an older program")
        except BaseException:
            channel.close()
            raise
        self.schema = welcome["schema"]
        return channel

    def _start(self) -> socket.socket:
        """Start an owner, unless somebody else just has. One at a time: others wait and then connect."""
        try:
            self.locks.mkdir(parents=True, exist_ok=True)
            with FileLock(self.locks / START_LOCK, timeout=PATIENCE_S, thread_local=False):
                try:
                    return self._connect()
                except _Outdated:
                    self._ask_to_leave()
                except OSError:
                    pass
                self._launch(self.file, self.locks)
                return self._connect()
        except Timeout as error:
            raise StoreBusy("store_busy", file=str(self.file), waited_s=PATIENCE_S) from error
        except (Gone, ConnectionError, FileNotFoundError, TimeoutError):
            raise  # an owner that came and went: the caller tries again
        except OSError as error:
            raise WorkspaceError("workspace_unwritable", home=str(self.file.parent), detail=str(error)) from error

    def _ask_to_leave(self) -> None:
        address = published(self.locks)
        if address is not None:
            with suppress(OSError):
                leave(address)

    # --- talks -------------------------------------------------------------------------------------------------------

    def talk(self, exchange: Callable[[socket.socket], T]) -> T:
        """Do an exchange on some connection, and again on a new one when the owner was lost.

        The exchange must be one that may be done twice. Raises :class:`StoreBusy` when no owner answered in time.
        """
        until, pause_s = time.monotonic() + PATIENCE_S, 0.01
        while True:
            channel: socket.socket | None = None
            try:
                channel = self.take()
                answer = exchange(channel)
            except OSError as error:
                if channel is not None:
                    self.drop(channel)
                if time.monotonic() > until:
                    raise StoreBusy("store_busy", file=str(self.file), waited_s=PATIENCE_S) from error
                time.sleep(pause_s)
                pause_s = min(pause_s * 2, 0.5)
            except QcwError:
                if channel is not None:
                    self.put_back(channel)  # the owner answered; the talk is in order
                raise
            except BaseException:
                if channel is not None:
                    channel.close()
                raise
            else:
                self.put_back(channel)
                return answer

    def write(self, write: Write) -> bool:
        """Have a write applied: exactly once, however often the owner is lost meanwhile."""
        request = {
            "ask": "write",
            "statements": packed_statements(write.statements),
            "require": packed_statements(write.require),
            "key": write.key,
            "call": uuid.uuid4().hex,
        }
        return bool(self.talk(lambda channel: _asked(channel, request, _WRITE_S))["applied"])

    def ask(self, request: dict[str, Any], within_s: float | None) -> dict[str, Any]:
        """Another request of one answer that may be repeated without harm."""
        return self.talk(lambda channel: _asked(channel, request, within_s))


def _asked(channel: socket.socket, request: dict[str, Any], within_s: float | None) -> dict[str, Any]:
    channel.settimeout(within_s)
    send(channel, request)
    return _checked(receive(channel))


def _checked(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        raise rebuilt(answer["error"])
    return answer


def leave(address: Address) -> None:
    """Ask an owner of any version to finish and leave."""
    channel = address.connect(_WELCOME_S)
    with channel:
        send(channel, {"token": address.token, "leave": True})
        receive(channel)


class Session:
    """Reads of one moment on one connection.

    When the owner is lost meanwhile, the reads that follow are of the moment at which its successor answers.
    """

    def __init__(self, link: Link, *, heavy: bool) -> None:
        self._link = link
        self._heavy = heavy
        self._limit_s = (HEAVY_READ_S if heavy else READ_S) + _WELCOME_S
        self._channel: socket.socket | None = None
        self._streaming = False

    def close(self) -> None:
        channel, self._channel = self._channel, None
        if channel is None:
            return
        if self._streaming:  # somebody stopped reading midway: what is still under way belongs to nobody
            channel.close()
            return
        try:
            send(channel, {"ask": "end"})
        except OSError:
            self._link.drop(channel)
        else:
            self._link.put_back(channel)

    def table(self, sql: str, parameters: tuple[Any, ...]) -> pa.Table:
        """The whole result."""
        until, pause_s = time.monotonic() + PATIENCE_S, 0.01
        while True:
            try:
                with self._stream(sql, parameters) as reader:
                    return reader.read_all()
            except OSError as error:
                self._lost()
                if time.monotonic() > until:
                    raise StoreBusy("store_busy", file=str(self._link.file), waited_s=PATIENCE_S) from error
                time.sleep(pause_s)
                pause_s = min(pause_s * 2, 0.5)

    def batches(self, sql: str, parameters: tuple[Any, ...]) -> Iterator[pa.RecordBatch]:
        """The result batch by batch, for results larger than memory.

        Asks again when the owner is lost before the first batch; raises :class:`StoreBusy` when it is lost midway:
        what was given out can't be taken back.
        """
        until, pause_s, given = time.monotonic() + PATIENCE_S, 0.01, False
        while True:
            try:
                with self._stream(sql, parameters, most=1 << 62) as reader:
                    for batch in reader:
                        given = True
                        yield batch
                return
            except OSError as error:
                self._lost()
                if given or time.monotonic() > until:
                    raise StoreBusy("store_lost", file=str(self._link.file)) from error
            time.sleep(pause_s)
            pause_s = min(pause_s * 2, 0.5)

    def _lost(self) -> None:
        self._streaming = False
        if self._channel is not None:
            self._link.drop(self._channel)
            self._channel = None

    def _stream(self, sql: str, parameters: tuple[Any, ...], **more: Any) -> _Stream:
        if self._channel is None:
            self._channel = self._link.take()
        channel = self._channel
        channel.settimeout(self._limit_s)
        request = {
            "ask": "read",
            "heavy": self._heavy,
            "sql": sql,
            "parameters": [packed(value) for value in parameters],
            **more,
        }
        self._streaming = True
        send(channel, request)
        try:
            _checked(receive(channel))
        except OSError:
            raise
        except Exception:
            self._streaming = False  # the owner answered that it can't; the connection is in order
            raise
        return _Stream(self, channel)

    def ended(self, answer: dict[str, Any]) -> None:
        self._streaming = False
        _checked(answer)


class _Stream:
    """An Arrow stream from the owner, checked to its end."""

    def __init__(self, session: Session, channel: socket.socket) -> None:
        self._session = session
        self._frames = _Frames(channel)

    def __enter__(self) -> pa.RecordBatchReader:
        return pa.ipc.open_stream(BufferedReader(self._frames, _FILE_BUFFER))  # a frame may hold half a message

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._session.ended(self._frames.end())


class _Frames(RawIOBase):
    """Frames up to an empty one, as a file."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._left = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        wanted = memoryview(buffer).cast("B")
        if not self._left and not self._ended:
            self._left = memoryview(receive_frame(self._channel))
            self._ended = not self._left
        taken = min(len(wanted), len(self._left))
        wanted[:taken] = self._left[:taken]
        self._left = self._left[taken:]
        return taken

    def end(self) -> dict[str, Any]:
        """The owner's last word, after whatever was not read."""
        while not self._ended:
            self._ended = not receive_frame(self._channel)
        return receive(self._channel)
