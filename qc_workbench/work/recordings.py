"""Where a worker finds a recording: a path of this machine (an address elsewhere is fetched here first)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_recording(location: str) -> Iterator[Path]:
    """A readable file with the recording's bytes, for as long as the context lasts.

    ``location``: an absolute path.
    """
    yield Path(location)
