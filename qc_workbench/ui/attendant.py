"""Beside the app: starts a worker when a reviewer waits for the words of a call and nobody is at it.

The worker is a process of its own (``qcw work``), so that neither its memory nor its end concerns the app.
"""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Final

from qc_workbench.errors import QcwError
from qc_workbench.start import command
from qc_workbench.store import job_board
from qc_workbench.workspace import Workspace

#: How often the ledger is looked at, seconds.
LOOK_EVERY_S: Final = 2.0
#: A worker that ended and left the call waiting is not started again at once, seconds.
REST_S: Final = 30.0

Start = Callable[[Path], "subprocess.Popen[bytes]"]


def start_worker(home: Path) -> subprocess.Popen[bytes]:
    """``qcw work`` for the calls that are asked for; it ends when none waits."""
    line, environment = command("--home", str(home), "-q", "work", "--until-idle", "--asked")
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        line, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@dataclass
class Attendant:
    """Call :meth:`begin` when the app starts and :meth:`end` when it stops."""

    workspace: Workspace
    start: Start = start_worker
    look_every_s: float = LOOK_EVERY_S
    rest_s: float = REST_S
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def begin(self) -> None:
        self._thread = threading.Thread(target=self._attend, name="attendant", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop looking; a worker that runs is asked to end and gives back what it holds."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _attend(self) -> None:
        worker: subprocess.Popen[bytes] | None = None
        rested_at = monotonic()
        while not self._stop.wait(self.look_every_s):
            if worker is not None:
                if worker.poll() is None:
                    continue
                worker, rested_at = None, monotonic() + self.rest_s
            if self._is_wanted(monotonic() >= rested_at):
                try:
                    worker = self.start(self.workspace.home)
                except OSError:
                    logging.getLogger(__name__).warning("no worker could be started", exc_info=True)
                    rested_at = monotonic() + self.rest_s
        if worker is not None and worker.poll() is None:
            worker.terminate()
            with suppress(subprocess.TimeoutExpired):
                worker.wait(10)

    def _is_wanted(self, may_start: bool) -> bool:
        if not may_start:
            return False
        with suppress(QcwError), self.workspace.store.reading() as reader:  # a store that is away now is asked again
            return job_board.unattended(reader, datetime.now(UTC))
        return False
