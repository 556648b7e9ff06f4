"""Keeping webhooks before they are answered: in the store, or in a file beside it while the store is away or slow.

Many arrive at once, so one write takes all that wait (a lane). Whoever answers waits a moment for the store's lane,
then for the file's, whose contents are moved into the store later. A receipt that got into both counts once.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from qc_workbench.domain.webhooks import Receipt
from qc_workbench.errors import QcwError
from qc_workbench.logs import event
from qc_workbench.store import webhooks
from qc_workbench.store.database import Store

#: How long an answer waits for the store before the file takes over, seconds: vendors count milliseconds.
PATIENCE_S: Final = 0.05
#: Receipts of one write at most.
_A_WRITE: Final = 500
#: Arrivals that may wait for the store; more go to the file at once.
_QUEUE_MOST: Final = 2000
#: Counts of refusals are written this often, seconds.
_COUNTS_EVERY_S: Final = 5.0

Receipts = Sequence[Receipt]


class _Lane:
    """One thread that writes whatever waits, together. A future is done when its receipts are on the disk."""

    def __init__(self, name: str, write: Callable[[list[Receipt]], None], at_rest: Callable[[], None]) -> None:
        self._name, self._write, self._at_rest = name, write, at_rest
        self._waiting: queue.Queue[tuple[Receipts, Future[None]]] = queue.Queue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    @property
    def is_full(self) -> bool:
        return self._waiting.qsize() >= _QUEUE_MOST

    def put(self, receipts: Receipts) -> Future[None]:
        future: Future[None] = Future()
        self._waiting.put((receipts, future))
        self.begin()
        return future

    def begin(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=f"qcw-{self._name}", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                found = [self._waiting.get(timeout=_COUNTS_EVERY_S)]
            except queue.Empty:
                self._at_rest()
                continue
            while len(found) < _A_WRITE:
                try:
                    found.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            # Nobody waits any more for what was cancelled: the file has it.
            self._written([(receipts, future) for receipts, future in found if future.set_running_or_notify_cancel()])

    def _written(self, found: list[tuple[Receipts, Future[None]]]) -> None:
        if not found:
            return
        try:
            self._write([item for receipts, _ in found for item in receipts])
        except Exception as error:  # whoever waits is told, the lane goes on
            for _, future in found:
                future.set_exception(error)
        else:
            for _, future in found:
                future.set_result(None)


class Journal:
    """Of one workspace in one process. Threads are started at the first use."""

    def __init__(self, home: Path, store: Store, patience_s: float = PATIENCE_S) -> None:
        self._store, self._patience_s = store, patience_s
        self._counts: Counter[tuple[str, date, str]] = Counter()
        self._counting = threading.Lock()
        self._to_store = _Lane("webhooks", self._write, self.write_counts)
        self._to_file = _Lane("webhook-file", Spool(home).append, lambda: None)

    async def keep(self, receipts: Receipts) -> None:
        """When this returns the receipts survive a kill and a loss of power. Raises what the disk raises."""
        if not self._to_store.is_full:
            future = self._to_store.put(receipts)
            waited = asyncio.wrap_future(future)
            waited.add_done_callback(_looked_at)
            try:
                await asyncio.wait_for(asyncio.shield(waited), self._patience_s)
                return
            except Exception as error:  # away, full or slow: the file takes it
                future.cancel()
                event("webhook.kept_in_file", logging.INFO, error=_kind(error))
        await asyncio.wrap_future(self._to_file.put(receipts))

    def count(self, source: str, what: str, at: datetime) -> None:
        """Refusals are written now and then: they may come by the thousand, and a kill may lose some."""
        with self._counting:
            self._counts[source, at.astimezone(UTC).date(), what] += 1
        self._to_store.begin()

    def write_counts(self) -> None:
        with self._counting:
            taken, self._counts = self._counts, Counter()
        if not taken:
            return
        try:
            self._store.write(*webhooks.counted(taken))
        except QcwError:
            with self._counting:
                self._counts.update(taken)

    def _write(self, receipts: list[Receipt]) -> None:
        with self._counting:
            taken, self._counts = self._counts, Counter()
        try:
            self._store.write(*webhooks.kept(receipts), *webhooks.counted(taken))
        except BaseException:
            with self._counting:
                self._counts.update(taken)
            raise


def _looked_at(future: asyncio.Future[None]) -> None:
    if not future.cancelled():
        future.exception()


def _kind(error: Exception) -> str:
    return error.code if isinstance(error, QcwError) else type(error).__name__


class Spool:
    """Receipts in files, one for each write, complete or not there at all; never changed, removed when the store has
    them."""

    _numbers = itertools.count()

    def __init__(self, home: Path) -> None:
        self.folder = home / "webhooks"

    def append(self, receipts: Receipts) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(self._numbers)}"
        part, whole = self.folder / f"{name}.part", self.folder / f"{name}.jsonl"
        lines = "".join(json.dumps(webhooks.receipt_as_json(item)) + "\n" for item in receipts)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        part.rename(whole)
        _sync_folder(self.folder)

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.jsonl"))

    def move_to(self, store: Store) -> int:
        """Receipts into the store, then their files away; how many. Killed between the two, they are moved again."""
        moved = 0
        for path in self.files():
            try:
                lines = path.read_text(encoding="utf-8").splitlines()
            except FileNotFoundError:
                continue  # another process was first
            receipts = [webhooks.receipt_from_json(json.loads(line)) for line in lines]
            store.write(*webhooks.kept(receipts))
            path.unlink(missing_ok=True)
            moved += len(receipts)
        return moved


def _sync_folder(folder: Path) -> None:
    """The file's name is on the disk too. Windows has no such thing."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
