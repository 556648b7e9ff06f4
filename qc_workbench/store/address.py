"""Where the owner of a database file listens, and who may speak to it.

On Linux and macOS a socket in a folder that only this user may enter; on Windows the loopback interface. Either way
a token from a file that only this user may read opens the talk.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket as sockets
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

#: In the folder of locks of a workspace.
ADDRESS_FILE: Final = "owner.json"
OWNER_LOCK: Final = "owner.lock"
START_LOCK: Final = "start.lock"
#: Tries to put a new address in place.
_TRIES: Final = 50
#: Clients that may wait to be let in.
_BACKLOG: Final = 256


@dataclass(frozen=True, slots=True)
class Address:
    """``socket`` is a path, or empty when ``port`` on the loopback interface is meant.

    ``lock`` is the identity of the locked file that made the owner one. A workspace that was copied while it was in
    use has a copy of the address too, but another file: whoever works with the copy must not reach the original.
    """

    socket: str
    port: int
    token: str
    pid: int
    lock: str

    def connect(self, timeout_s: float) -> sockets.socket:
        """A connected socket; :class:`OSError` when nobody listens."""
        channel = (
            sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
            if self.socket
            else sockets.socket(sockets.AF_INET, sockets.SOCK_STREAM)
        )
        try:
            channel.settimeout(timeout_s)
            channel.connect(self.socket or ("127.0.0.1", self.port))
            if not self.socket:
                channel.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
        except BaseException:
            channel.close()
            raise
        return channel


def listen(locks: Path) -> tuple[sockets.socket, Address]:
    """A listening socket and its address with a new token, for whoever holds the owner's lock."""
    lock = _identity(locks)
    token = secrets.token_urlsafe(32)
    if hasattr(sockets, "AF_UNIX") and os.name != "nt":
        # A folder of its own, made with rights for this user only; a workspace's path may be too long for a socket.
        folder = Path(tempfile.mkdtemp(prefix="qcw-"))
        channel = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        channel.bind(str(folder / "store"))
        address = Address(str(folder / "store"), 0, token, os.getpid(), lock)
    else:
        channel = sockets.socket(sockets.AF_INET, sockets.SOCK_STREAM)
        channel.bind(("127.0.0.1", 0))
        address = Address("", channel.getsockname()[1], token, os.getpid(), lock)
    channel.listen(_BACKLOG)
    return channel, address


def publish(address: Address, locks: Path) -> None:
    """Write the address where clients look, at once and for this user only."""
    file = locks / ADDRESS_FILE
    half = locks / f"{ADDRESS_FILE}.{address.pid}"
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as written:
        json.dump(asdict(address), written)
    for _ in range(_TRIES - 1):
        try:
            half.replace(file)
        except PermissionError:  # on Windows while somebody reads the old one
            time.sleep(0.02)
        else:
            return
    half.replace(file)


def published(locks: Path) -> Address | None:
    """The address written last, of an owner of this very folder, who may be gone."""
    try:
        address = Address(**json.loads((locks / ADDRESS_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return address if address.lock == _identity(locks) else None


def _identity(locks: Path) -> str:
    """Device and number of the file that the owner locks; empty where there is none."""
    try:
        found = (locks / OWNER_LOCK).stat()
    except OSError:
        return ""
    return f"{found.st_dev}:{found.st_ino}"


def withdraw(address: Address, locks: Path) -> None:
    """Take the address away, unless another owner has published its own."""
    if published(locks) == address:
        (locks / ADDRESS_FILE).unlink(missing_ok=True)
    if address.socket:
        remove_socket(address)


def remove_socket(address: Address) -> None:
    """The folder of a socket whose owner is gone."""
    folder = Path(address.socket).parent
    if address.socket and folder.name.startswith("qcw-"):
        with suppress(OSError):
            shutil.rmtree(folder)
