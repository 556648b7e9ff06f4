"""What all tests share."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from hypothesis import settings

from qc_workbench.store import launch
from qc_workbench.store.database import Store, launch_with

# The machine that runs the tests may be busy and imports are lazy: time limits belong to pytest-timeout.
# `make test` draws the same examples each time, so that a build never fails by luck; `make test-all` draws new ones,
# and eight times as many.
settings.register_profile("same", deadline=None, print_blob=True, derandomize=True, database=None, max_examples=12)
settings.register_profile("new", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("QCW_TEST_EXAMPLES", "same"))


@cache
def _empty_database() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="qcw-empty-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Store(folder / "made.duckdb", folder, launch.in_thread)
    made.migrate()
    made.release()
    return folder / "made.duckdb"


def _in_thread_from_a_copy(file: Path, locks: Path) -> None:
    """A new database begins as the copy of an empty one: taking all migrations takes three times as long."""
    if not file.exists():
        with suppress(OSError):  # where it can't be written, the owner says so better
            shutil.copyfile(_empty_database(), file)
    launch.in_thread(file, locks)


# Hundreds of short-lived workspaces: their databases are owned by threads of the test process, behind the same
# socket. Tests of the owner itself and of commands run as a user runs them start real processes.
launch_with(_in_thread_from_a_copy)
