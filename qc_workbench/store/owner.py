"""The one process that owns the database file: ``python -m qc_workbench.store.owner FILE LOCKS``.

Whoever of app, worker or command finds no owner starts one (:mod:`qc_workbench.store.link`). A lock on a file elects
it: the system frees the lock when the process ends, however it ends. It serves each client on a thread of its own and
leaves when nobody has asked for anything for a while, when its files are gone, or when a newer program asks it to.
"""

from __future__ import annotations

import hmac
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import RawIOBase
from pathlib import Path
from types import FrameType
from typing import Any, Final

import duckdb
import pyarrow as pa
from filelock import FileLock, Timeout

from qc_workbench import __version__
from qc_workbench.errors import QcwError, StoreBusy, WorkspaceError
from qc_workbench.store.address import OWNER_LOCK, Address, listen, publish, published, remove_socket, withdraw
from qc_workbench.store.engine import Engine, EngineLost, Snapshot
from qc_workbench.store.limits import READ_BYTES
from qc_workbench.store.messages import (
    PROTOCOL,
    Write,
    receive,
    send,
    send_frame,
    unpacked,
    unpacked_statements,
)

#: Seconds that the owner before may take to finish and close the file.
ELECTION_S: Final = 60.0
#: Seconds a client may keep one moment of the database open without asking for anything.
SNAPSHOT_S: Final = 120.0
_LOOK_EVERY_S: Final = 0.5


@dataclass
class Owner:
    """Serves ``file``. :meth:`elected` makes one, :meth:`serve` runs until it leaves."""

    file: Path
    locks: Path
    idle_s: float
    lock: FileLock
    engine: Engine
    listener: socket.socket
    address: Address
    started: float = field(default_factory=time.monotonic)
    _asked: float = field(default_factory=time.monotonic)
    _busy: int = 0
    _clients: set[socket.socket] = field(default_factory=set)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _leave: threading.Event = field(default_factory=threading.Event)

    @classmethod
    def elected(cls, file: Path, locks: Path, idle_s: float) -> Owner:
        """Become the owner, waiting for the one before to finish.

        Raises :class:`StoreBusy` when another owner stays, and what opening the file raises.
        """
        lock = FileLock(locks / OWNER_LOCK, timeout=ELECTION_S, thread_local=False)
        try:
            lock.acquire()
        except Timeout as error:
            raise StoreBusy("store_busy", file=str(file), waited_s=ELECTION_S) from error
        try:
            before = published(locks)
            if before is not None:
                remove_socket(before)  # its owner was killed: we hold its lock
            engine = Engine.open(file)
            try:
                listener, address = listen(locks)
                publish(address, locks)
            except OSError as error:
                engine.close()
                raise WorkspaceError("workspace_unwritable", home=str(file.parent), detail=str(error)) from error
        except BaseException:
            lock.release()
            raise
        return cls(file, locks, idle_s, lock, engine, listener, address)

    def serve(self) -> None:
        """Answer clients until it is time to leave; then finish what was begun and close the file."""
        self.listener.settimeout(_LOOK_EVERY_S)
        try:
            while not self._leave.is_set():
                try:
                    client, _ = self.listener.accept()
                except TimeoutError:
                    if self._nobody_needs_us():
                        break
                    continue
                except OSError:
                    break
                threading.Thread(target=self._attend, args=(client,), daemon=True).start()
        finally:
            self._close()

    def leave(self) -> None:
        """Ask the owner to finish and leave."""
        self._leave.set()

    def _nobody_needs_us(self) -> bool:
        if not self.file.exists() or published(self.locks) != self.address:
            return True  # the workspace was removed or moved
        with self._turn:
            return self._busy == 0 and time.monotonic() - self._asked > self.idle_s

    def _close(self) -> None:
        withdraw(self.address, self.locks)
        self.listener.close()
        until = time.monotonic() + ELECTION_S / 2
        while self._busy and time.monotonic() < until and not self.engine.broken.is_set():
            time.sleep(0.01)
        with self._turn:
            clients = list(self._clients)
        for client in clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        self.engine.close()
        self.lock.release()

    # --- one client --------------------------------------------------------------------------------------------------

    def _attend(self, client: socket.socket) -> None:
        with self._turn:
            self._clients.add(client)
        try:
            client.settimeout(None)
            if client.family == socket.AF_INET:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._welcome(client):
                while True:
                    self._serve_one(client, receive(client))
        except (OSError, ValueError, KeyError, TypeError, EngineLost):
            pass  # the client is gone, or is none of ours, or has to ask the next owner
        finally:
            with self._turn:
                self._clients.discard(client)
            client.close()

    def _welcome(self, client: socket.socket) -> bool:
        hello = receive(client)
        if not hmac.compare_digest(str(hello.get("token")), self.address.token):
            return False
        if hello.get("leave"):  # a newer program asks; this much of the talk never changes
            send(client, {"leaving": True})
            self.leave()
            return False
        send(client, {"protocol": PROTOCOL, "schema": self.engine.schema, "program": __version__})
        return True

    def _serve_one(self, client: socket.socket, request: dict[str, Any]) -> None:
        with self._turn:
            self._busy += 1
        try:
            match request["ask"]:
                case "write":
                    self._write(client, request)
                case "read":
                    self._reading(client, request)
                case "backup":
                    self._perform(client, lambda: self.engine.backup(Path(request["destination"])))
                case "compact":
                    self._perform(client, self.engine.compact)
                case "status":
                    send(client, {"status": self._status()})
                case "leave":
                    send(client, {"leaving": True})
                    self.leave()
        finally:
            with self._turn:
                self._busy -= 1
                self._asked = time.monotonic()
            if self.engine.broken.is_set():
                self.leave()  # DuckDB gave up on its state in memory; what is on disk is sound: a new owner opens it

    def _write(self, client: socket.socket, request: dict[str, Any]) -> None:
        write = Write(
            unpacked_statements(request["statements"]), request["key"], unpacked_statements(request["require"])
        )
        try:
            done = self.engine.apply(write, request["call"])
        except EngineLost:
            raise
        except Exception as error:  # every fault of a write is the client's to hear
            send(client, {"error": described(error)})
        else:
            send(client, {"applied": done})

    def _perform(self, client: socket.socket, work: Any) -> None:
        try:
            work()
        except EngineLost:
            raise
        except Exception as error:
            send(client, {"error": described(error)})
        else:
            send(client, {"done": True})

    def _reading(self, client: socket.socket, request: dict[str, Any]) -> None:
        """All reads of one moment, until the client ends them or is gone."""
        try:
            with self.engine.reading(heavy=request["heavy"]) as snapshot:
                client.settimeout(SNAPSHOT_S)
                while request["ask"] == "read":
                    self._read(client, snapshot, request)
                    request = receive(client)
        except QcwError as error:
            send(client, {"error": described(error)})
        finally:
            client.settimeout(None)

    def _read(self, client: socket.socket, snapshot: Snapshot, request: dict[str, Any]) -> None:
        parts = snapshot.stream(
            request["sql"], [unpacked(value) for value in request["parameters"]], request.get("most", READ_BYTES)
        )
        try:
            schema = next(parts)
        except EngineLost:
            raise
        except Exception as error:
            send(client, {"error": described(error)})
            return
        send(client, {"rows": True})
        answer: dict[str, Any] = {"end": True}
        with _Frames(client) as frames, pa.ipc.new_stream(frames, schema) as stream:
            try:
                for batch in parts:
                    stream.write_batch(batch)
            except (duckdb.Error, QcwError, pa.ArrowException) as error:
                answer = {"error": described(error)}
        send_frame(client, b"")
        send(client, answer)

    def _status(self) -> dict[str, Any]:
        counts = self.engine.counts()
        times = sorted(counts.write_times_s)
        return {
            "pid": os.getpid(),
            "program": __version__,
            "schema": self.engine.schema,
            "up_s": time.monotonic() - self.started,
            "clients": len(self._clients),
            "writes": counts.writes,
            "reads": counts.reads,
            "write_p50_s": times[len(times) // 2] if times else None,
            "write_p95_s": times[int(len(times) * 0.95)] if times else None,
        }


class _Frames(RawIOBase):
    """A file whose writes are frames; many small ones of Arrow go together."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._kept = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        view = memoryview(content)
        self._kept += view
        if len(self._kept) > 1 << 18:
            self.flush()
        return len(view)

    def flush(self) -> None:
        if self._kept:
            send_frame(self._client, memoryview(self._kept))
            self._kept = bytearray()

    def close(self) -> None:
        if not self.closed:
            self.flush()
        super().close()


def described(error: BaseException) -> dict[str, Any]:
    """An error as it travels: its class and, of our own, code and parameters."""
    if isinstance(error, QcwError):
        params = {name: value if isinstance(value, int | float) else str(value) for name, value in error.params.items()}
        return {"kind": type(error).__name__, "code": error.code, "params": params}
    return {"kind": type(error).__name__, "text": str(error)}


def _steps() -> Iterator[str]:
    """What the launcher reads: one line."""
    file, locks, idle_s = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    try:
        owner = Owner.elected(file, locks, idle_s)
    except Exception as error:  # whatever it is, the client that waits for us must hear it
        if not isinstance(error, QcwError):
            traceback.print_exc()
            error = WorkspaceError("store_damaged", file=str(file), detail=str(error))
        yield json.dumps({"error": described(error)})
        return

    def stop(_signal: int, _frame: FrameType | None) -> None:
        owner.leave()

    signal.signal(signal.SIGTERM, stop)
    yield json.dumps({"ready": owner.address.pid})
    owner.serve()


def main() -> None:
    # Ctrl-C in a terminal reaches the whole group; the owner outlives the command that started it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for line in _steps():
        print(line, flush=True)
        with suppress(OSError):
            sys.stdout.close()


if __name__ == "__main__":
    main()
