"""Encryption of backups in the age format (age-encryption.org), so that they open without this program too.

To recipients: the file is one age file of the archive. By passphrase: age has no streaming for passphrases that
its Python library offers, so the archive is encrypted to a key made for it alone, and that key, locked with the
passphrase, lies beside it in a small tar: ``key.age`` and ``backup.tar.age``. ``tar -x`` and ``age -d -i key.age``
open it. Whatever the size, a few hundred kilobytes are in memory at a time.
"""

from __future__ import annotations

import os
import tarfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import pyrage

from qc_workbench.errors import ArchiveError, UsageError

#: First bytes of an age file.
AGE_MAGIC: Final = b"age-encryption.org/v1"
KEY_MEMBER: Final = "key.age"
LOCKED_MEMBER: Final = "backup.tar.age"
_BLOCK: Final = 512
_SECRET_KEY: Final = "AGE-SECRET-KEY-1"  # noqa: S105 - how a line with a key begins


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens or locks archives. ``recipients`` and ``identities`` are values of pyrage. Never printed."""

    recipients: tuple[Any, ...] = ()
    identities: tuple[Any, ...] = ()
    passphrase: str | None = None

    @property
    def locks(self) -> bool:
        return bool(self.recipients) or self.passphrase is not None

    def __repr__(self) -> str:
        return "Keys(…)"


def read_keys(
    recipients: Sequence[str] = (), identity_file: Path | None = None, passphrase_file: Path | None = None
) -> Keys:
    """Keys as the command line names them; a recipient may also be a file with one a line.

    Raises :class:`UsageError` ``recipient_invalid``, ``key_file_unreadable``, ``identity_invalid``,
    ``passphrase_empty``, ``keys_exclude``.
    """
    if recipients and passphrase_file is not None:
        raise UsageError("keys_exclude")
    return Keys(
        tuple(_recipient(line) for named in recipients for line in _lines_of(named)),
        () if identity_file is None else _identities(identity_file),
        None if passphrase_file is None else _passphrase(passphrase_file),
    )


def make_key() -> tuple[str, str]:
    """A new pair of keys: (secret, public)."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def _lines_of(named: str) -> list[str]:
    path = Path(named)
    if named.startswith(("age1", "ssh-")) or not path.is_file():
        return [named]
    lines = [line.strip() for line in _read(path).decode("utf-8", "replace").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _recipient(text: str) -> Any:
    kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
    try:
        return kind.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise UsageError("recipient_invalid", value=text[:24]) from error


def _identities(path: Path) -> tuple[Any, ...]:
    content = _read(path)
    try:
        if b"PRIVATE KEY-----" in content:
            return (pyrage.ssh.Identity.from_buffer(content),)
        lines = [line.strip() for line in content.decode("ascii", "replace").splitlines()]
        found = tuple(pyrage.x25519.Identity.from_str(line) for line in lines if line.startswith(_SECRET_KEY))
    except (pyrage.IdentityError, ValueError) as error:
        raise UsageError("identity_invalid", file=str(path)) from error
    if not found:
        raise UsageError("identity_invalid", file=str(path))
    return found


def _passphrase(path: Path) -> str:
    lines = _read(path).decode("utf-8-sig", "replace").splitlines()
    if not lines or not lines[0]:
        raise UsageError("passphrase_empty", file=str(path))
    return lines[0]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError("key_file_unreadable", file=str(path), detail=error.strerror or str(error)) from error


# Locking ---------------------------------------------------------------------


@contextmanager
def locked(file: IO[bytes], keys: Keys) -> Iterator[IO[bytes]]:
    """A stream whose bytes arrive in ``file`` encrypted as the keys ask; the file itself where they ask nothing."""
    if keys.recipients:
        with _encrypting(file, keys.recipients) as stream:
            yield stream
    elif keys.passphrase is not None:
        identity = pyrage.x25519.Identity.generate()
        key = pyrage.passphrase.encrypt(str(identity).encode(), keys.passphrase)
        file.write(_header(KEY_MEMBER, len(key)) + key + _padding(len(key)))
        header_at = file.tell()
        file.write(_header(LOCKED_MEMBER, 0))
        with _encrypting(file, (identity.to_public(),)) as stream:
            yield stream
        size = file.tell() - header_at - _BLOCK
        file.write(_padding(size) + b"\0" * (2 * _BLOCK))
        file.seek(header_at)
        file.write(_header(LOCKED_MEMBER, size))  # the size is known only now
        file.seek(0, os.SEEK_END)
    else:
        yield file


def _header(name: str, size: int) -> bytes:
    """One block, however large the member is (GNU numbers)."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member.tobuf(tarfile.GNU_FORMAT)


def _padding(size: int) -> bytes:
    return b"\0" * (-size % _BLOCK)


@contextmanager
def _encrypting(file: IO[bytes], recipients: Sequence[Any]) -> Iterator[IO[bytes]]:
    with _through_pipe(lambda source: pyrage.encrypt_io(source, _Remembering(file), list(recipients))) as stream:
        yield stream


class _Remembering:
    """A file that keeps its own error: pyrage passes on no more than its text."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, data: bytes) -> int:
        try:
            return self._file.write(data)
        except OSError as error:
            raise _Passed(error) from error

    def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    def flush(self) -> None:
        self._file.flush()


class _Passed(Exception):
    def __init__(self, error: OSError) -> None:
        self.error = error
        super().__init__(str(error))


@contextmanager
def _through_pipe(work: Any) -> Iterator[IO[bytes]]:
    """What is written to the stream is read by ``work`` in a thread; its error is raised at the end."""
    read_end, write_end = os.pipe()
    failed: list[BaseException] = []

    def run() -> None:
        with os.fdopen(read_end, "rb") as source:
            try:
                work(source)
            except BaseException as error:  # handed to the thread that waits
                failed.append(error)

    thread = threading.Thread(target=run, name="encrypting", daemon=True)
    thread.start()
    stream = os.fdopen(write_end, "wb", buffering=1 << 16)
    try:
        yield stream
        stream.close()
    except BrokenPipeError:
        pass  # the thread has ended early and says why
    finally:
        with suppress(BrokenPipeError):
            stream.close()
        thread.join()
    if failed:
        cause = failed[0]
        while cause is not None and not isinstance(cause, _Passed):
            cause = cause.__cause__ or cause.__context__  # type: ignore[assignment]
        raise cause.error if isinstance(cause, _Passed) else failed[0]


# Unlocking -------------------------------------------------------------------


@contextmanager
def unlocked(path: Path, keys: Keys) -> Iterator[IO[bytes]]:
    """The bytes of the archive inside a backup file, decrypted where it is encrypted.

    Raises :class:`ArchiveError` ``backup_unreadable``, ``backup_encrypted``, ``backup_wrong_key``, ``backup_damaged``.
    """
    try:
        file = path.open("rb")
    except OSError as error:
        raise ArchiveError("backup_unreadable", file=str(path), detail=error.strerror or str(error)) from error
    with file:
        head = file.read(_BLOCK)
        file.seek(0)
        if head.startswith(AGE_MAGIC):
            if not keys.identities:
                raise ArchiveError("backup_encrypted", file=str(path), how="--identity")
            with _decrypting(path, _Part(file, None), keys.identities) as stream:
                yield stream
        elif head[: len(KEY_MEMBER) + 1] == KEY_MEMBER.encode() + b"\0":
            identity, size = _identity_inside(path, file, keys)
            with _decrypting(path, _Part(file, size), (identity,)) as stream:
                yield stream
        else:
            yield file


def is_encrypted(path: Path) -> bool:
    """Whether a backup file needs a key."""
    with path.open("rb") as file:
        head = file.read(_BLOCK)
    return head.startswith((AGE_MAGIC, KEY_MEMBER.encode() + b"\0"))


def _identity_inside(path: Path, file: IO[bytes], keys: Keys) -> tuple[Any, int]:
    """The key of a passphrase archive and the size of what it opens, at whose beginning the file is left."""
    if keys.passphrase is None:
        raise ArchiveError("backup_encrypted", file=str(path), how="--passphrase-file")
    try:
        key = tarfile.TarInfo.frombuf(file.read(_BLOCK), "utf-8", "strict")
        content = file.read(key.size)
        file.read(-key.size % _BLOCK)
        body = tarfile.TarInfo.frombuf(file.read(_BLOCK), "utf-8", "strict")
    except (tarfile.TarError, OSError, MemoryError, OverflowError) as error:
        raise ArchiveError("backup_damaged", file=str(path), where=KEY_MEMBER) from error
    if len(content) != key.size:
        raise ArchiveError("backup_damaged", file=str(path), where=KEY_MEMBER)
    try:
        secret = pyrage.passphrase.decrypt(content, keys.passphrase)
        return pyrage.x25519.Identity.from_str(secret.decode()), body.size
    except pyrage.DecryptError as error:
        raise ArchiveError("backup_wrong_key", file=str(path)) from error


@contextmanager
def _decrypting(path: Path, source: _Part, identities: Sequence[Any]) -> Iterator[IO[bytes]]:
    read_end, write_end = os.pipe()
    failed: list[BaseException] = []
    sink = _Sink(write_end)

    def run() -> None:
        try:
            pyrage.decrypt_io(source, sink, list(identities))
        except BaseException as error:  # handed to the thread that waits
            failed.append(error)
        finally:
            sink.close()

    thread = threading.Thread(target=run, name="decrypting", daemon=True)
    thread.start()
    stream = os.fdopen(read_end, "rb")
    gave_up: BaseException | None = None
    try:
        yield stream
        while stream.read(1 << 20):  # what follows the archive is authenticated too
            pass
    except BaseException as error:
        gave_up = error
    stream.close()
    thread.join()
    if failed and not sink.was_left:  # when it was not us who left, its reason explains what the reader met
        raise _said(path, failed[0]) from failed[0]
    if gave_up is not None:
        raise gave_up


class _Part:
    """So many bytes of a file from where it stands, for pyrage."""

    def __init__(self, file: IO[bytes], size: int | None) -> None:
        self._file, self._left = file, size

    def read(self, size: int = -1) -> bytes:
        if self._left is None:
            return self._file.read(size)
        found = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(found)
        return found


class _Sink:
    """The writing end of a pipe, for pyrage; remembers that the reader left."""

    def __init__(self, handle: int) -> None:
        self._file = os.fdopen(handle, "wb", buffering=0)
        self.was_left = False

    def write(self, data: bytes) -> int:
        try:
            return self._file.write(data) or 0
        except BrokenPipeError:
            self.was_left = True
            raise

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def _said(path: Path, error: BaseException) -> ArchiveError:
    if isinstance(error, pyrage.DecryptError) and "no matching keys" in str(error).lower():
        return ArchiveError("backup_wrong_key", file=str(path))
    return ArchiveError("backup_damaged", file=str(path), where=path.name)


def write_key(path: Path) -> str:
    """Make a pair of keys: the secret one into a new file that only its owner may read; returns the public one.

    Raises :class:`UsageError` ``key_file_exists`` and ``out_unwritable``.
    """
    secret, public = make_key()
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise UsageError("key_file_exists", file=str(path)) from error
    except OSError as error:
        raise UsageError("out_unwritable", file=str(path), detail=error.strerror or str(error)) from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"# public key: {public}\n{secret}\n")
    return public
