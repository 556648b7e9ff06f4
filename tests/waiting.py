"""Waiting for another process or thread, with an end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(met: Callable[[], T], within_s: float = 60.0) -> T:
    """What ``met`` returned once it was true; asked every 50 ms."""
    end = time.monotonic() + within_s
    while not (result := met()):
        assert time.monotonic() < end, f"it did not happen in {within_s:.0f} s"
        time.sleep(0.05)
    return result
