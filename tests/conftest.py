"""What all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

from qc_workbench.store import launch
from qc_workbench.store.database import launch_with

# The machine that runs the tests may be busy and imports are lazy: time limits belong to pytest-timeout.
# `make test` draws the same examples each time, so that a build never fails by luck; `make test-all` draws new ones,
# and twice as many.
settings.register_profile("same", deadline=None, print_blob=True, derandomize=True, database=None, max_examples=50)
settings.register_profile("new", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("QCW_TEST_EXAMPLES", "same"))

# Hundreds of short-lived workspaces: their databases are owned by threads of the test process, behind the same
# socket. Tests of the owner itself and of commands run as a user runs them start real processes.
launch_with(launch.in_thread)
