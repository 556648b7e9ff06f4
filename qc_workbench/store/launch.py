"""Starting an owner: a process of its own, or, where many short-lived stores are wanted, a thread of this one."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import qc_workbench
from qc_workbench import errors
from qc_workbench.errors import QcwError, WorkspaceError

if TYPE_CHECKING:
    from qc_workbench.store.owner import Owner

#: Starts an owner of a database file and returns when it listens; raises what kept it from starting.
Launcher = Callable[[Path, Path], None]

#: Seconds without a request after which an owner leaves.
IDLE_S: Final = 60.0
_THREAD_IDLE_S: Final = 2.0
#: What the owner could not tell its clients: faults of the program.
LOG_FILE: Final = "owner.log"

_started: list[subprocess.Popen[bytes]] = []
_hosted: list[tuple[Owner, threading.Thread]] = []


def in_process(file: Path, locks: Path) -> None:
    """Start the owner as a process that outlives this one."""
    _started[:] = [process for process in _started if process.poll() is None]  # reaps those that left
    root = str(Path(qc_workbench.__file__).parent.parent)
    detached: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        detached = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    with (locks / LOG_FILE).open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", "qc_workbench.store.owner", str(file), str(locks), str(IDLE_S)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=tempfile.gettempdir(),  # not the workspace, so that it can be moved away
            env={**os.environ, "PYTHONPATH": os.pathsep.join([root, *_paths()])},
            **detached,
        )
    assert process.stdout is not None
    with process.stdout as said:
        line = said.readline()
    _started.append(process)
    if not line:
        raise WorkspaceError("store_owner_failed", file=str(file), log=str(locks / LOG_FILE))
    answer = json.loads(line)
    if "error" in answer:
        raise rebuilt(answer["error"])


def _paths() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


def in_thread(file: Path, locks: Path) -> None:
    """Own the file in this process, for as long as it lives and the store is used. For tests."""
    from qc_workbench.store.owner import Owner

    _hosted[:] = [(owner, thread) for owner, thread in _hosted if thread.is_alive()]
    owner = Owner.elected(file, locks, _THREAD_IDLE_S)
    thread = threading.Thread(target=owner.serve, name=f"owner of {file.name}", daemon=True)
    thread.start()
    _hosted.append((owner, thread))


@atexit.register
def _leave_hosted() -> None:
    for owner, _ in _hosted:
        owner.leave()
    for _, thread in _hosted:
        thread.join(10)


def rebuilt(error: dict[str, Any]) -> Exception:
    """The error an owner described, as it would have been raised here."""
    if "code" in error:
        kind = getattr(errors, error["kind"], QcwError)
        made: Exception = kind(error["code"], **error["params"])
        return made
    import duckdb  # only now: clients work without it

    kind = getattr(duckdb, error["kind"], None) or {"TypeError": TypeError, "ValueError": ValueError}.get(error["kind"])
    return (kind or RuntimeError)(error["text"])
