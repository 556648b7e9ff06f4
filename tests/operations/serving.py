"""A real server in its own process, and what it wrote to stderr."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx


@dataclass(frozen=True)
class Served:
    base: str
    stderr: Path


@contextmanager
def served(home: Path, folder: Path) -> Iterator[Served]:
    """``qcw serve`` of a workspace on a free port. Its words go to a file of ``folder``."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "qc_workbench.cli", "serve", "--home", str(home), "--port", str(port), "-q"]
    words = folder / "stderr.txt"
    with words.open("wb") as stderr:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr, env={**os.environ})
    try:
        _wait(process, base, words)
        yield Served(base, words)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(process: subprocess.Popen[bytes], base: str, words: Path) -> None:
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"{base}/_stcore/health", timeout=5)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"the server did not start: {words.read_text(encoding='utf-8')}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
