"""Beside the app: what came in is followed a few seconds later. The schedule does the same every minute, so that a kill
in between loses nothing."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from qc_workbench.errors import QcwError
from qc_workbench.logs import event
from qc_workbench.ui.state import open_workspace
from qc_workbench.workspace import Workspace

#: Vendors send several webhooks of one call within seconds: they are followed together.
GATHERED_FOR_S = 3.0
#: How long the end of the program waits for what is under way, seconds.
LAST_WORDS_S: Final = 5.0


def follow(workspace: Workspace) -> None:
    from pipelines.follow_webhooks import follow_webhooks  # brings the modules of all systems: at the first need

    follow_webhooks(workspace)


class Follower:
    """One thread, made at the first webhook; it never runs beside another one of the workspace (a lock sees to that).

    Where the settings leave the schedule to something else (``[schedule] enabled = false``) it does nothing.
    """

    def __init__(
        self, home: Path, gathered_for_s: float | None = None, work: Callable[[Workspace], None] = follow
    ) -> None:
        self._home, self._work = home, work
        self._gathered_for_s = GATHERED_FOR_S if gathered_for_s is None else gathered_for_s
        self._called = threading.Event()
        self._working = threading.Lock()
        self._is_over = False
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        self._called.set()
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="qcw-follow-webhooks", daemon=True)
                atexit.register(self.end)
                self._thread.start()

    def end(self) -> None:
        """Begin nothing more, and let what is under way come to its end for a few seconds; a kill would lose nothing
        either."""
        self._is_over = True
        if self._working.acquire(timeout=LAST_WORDS_S):
            self._working.release()

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self._called.wait()
            pause.wait(self._gathered_for_s)
            self._called.clear()
            with self._working:
                if self._is_over:
                    return
                self._once()

    def _once(self) -> None:
        try:
            workspace = open_workspace(self._home)
            if workspace.settings.schedule.enabled:
                self._work(workspace)
        except QcwError as error:
            event("webhook.not_followed", logging.WARNING, error=error.code)
        except Exception as error:  # a mistake must not end following for good
            event("webhook.not_followed", logging.ERROR, exception=error)
