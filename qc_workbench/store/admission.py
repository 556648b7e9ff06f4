"""Who may use the open database when: many together or one alone, and no read for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb


class Gate:
    """Many may pass together, or one alone; who wants to be alone is not overtaken."""

    def __init__(self) -> None:
        self._turn = threading.Condition()
        self._inside = 0
        self._alone = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        with self._turn:
            self._turn.wait_for(lambda: not self._alone)
            self._inside += 1
        try:
            yield
        finally:
            with self._turn:
                self._inside -= 1
                self._turn.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._turn:
            self._turn.wait_for(lambda: not self._alone)
            self._alone = True
            self._turn.wait_for(lambda: not self._inside)
        try:
            yield
        finally:
            with self._turn:
                self._alone = False
                self._turn.notify_all()


class Watch:
    """Interrupts reads that last too long."""

    def __init__(self) -> None:
        self._running: dict[int, tuple[duckdb.DuckDBPyConnection, float]] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._next = 0

    def start(self) -> None:
        threading.Thread(target=self._look, name="watch", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def begin(self, cursor: duckdb.DuckDBPyConnection, limit_s: float) -> int:
        with self._lock:
            self._next += 1
            self._running[self._next] = (cursor, time.monotonic() + limit_s)
            return self._next

    def end(self, mark: int) -> None:
        with self._lock:
            self._running.pop(mark, None)

    def _look(self) -> None:
        while not self._stopped.wait(0.25):
            with self._lock:  # an interrupt must not hit the read after the one that is late
                for cursor, until in self._running.values():
                    if time.monotonic() > until:
                        cursor.interrupt()
