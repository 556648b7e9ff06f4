"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# The machine that runs the tests may be busy and imports are lazy: time limits belong to pytest-timeout.
settings.register_profile("workbench", deadline=None, print_blob=True)
settings.load_profile("workbench")
