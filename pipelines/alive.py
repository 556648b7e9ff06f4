"""Who is at work: a lock on a file of its name, which the system frees however the work ends."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from qc_workbench.errors import UsageError


@contextmanager
def alone(locks: Path, name: str) -> Iterator[bool]:
    """Whether nobody else does the work of that name; while this lasts, nobody else can begin it."""
    locks.mkdir(parents=True, exist_ok=True)
    lock = FileLock(locks / f"{name}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


@contextmanager
def only_sync(locks: Path, source: str) -> Iterator[None]:
    """One sync of a source at a time. Raises :class:`UsageError` ``source_busy`` for the second."""
    with alone(locks, f"sync-{source}") as is_alone:
        if not is_alone:
            raise UsageError("source_busy", source=source)
        yield


@contextmanager
def alive(locks: Path) -> Iterator[str]:
    """A name for this run, with a lock held on it for as long as it lives: nobody has to guess by the time."""
    name = f"run-{uuid.uuid4().hex[:12]}"
    locks.mkdir(parents=True, exist_ok=True)
    path = locks / f"{name}.lock"
    lock = FileLock(path, timeout=0)
    with lock:
        yield name
    with suppress(OSError):
        path.unlink()


def is_dead(locks: Path, name: str) -> bool:
    """Whether a run of this workspace has ended without saying so (all of them run beside the store)."""
    if not name.startswith("run-"):
        return False
    path = locks / f"{name}.lock"
    try:
        with FileLock(path, timeout=0):
            pass
    except (Timeout, OSError):
        return False
    with suppress(OSError):
        path.unlink()
    return True
