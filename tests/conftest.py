"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

from qc_workbench.store import launch
from qc_workbench.store.database import launch_with

# The machine that runs the tests may be busy and imports are lazy: time limits belong to pytest-timeout.
settings.register_profile("workbench", deadline=None, print_blob=True)
settings.load_profile("workbench")

# Hundreds of short-lived workspaces: their databases are owned by threads of the test process, behind the same
# socket. Tests of the owner itself and of commands run as a user runs them start real processes.
launch_with(launch.in_thread)
