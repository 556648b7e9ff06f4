"""Starting the app for a browser, and finding one."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

_SERVE = (
    "import sys; from pathlib import Path; from qc_workbench.ui.server import serve; "
    "serve(Path(sys.argv[1]), port=int(sys.argv[2]))"
)

#: Needed in containers, and to play sound without a click.
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]

#: The page has been drawn to the end: it has its heading (or says why not), nothing runs, and nothing of the drawing
#: before is left on it. Without the heading an app that has not begun yet looks like one that has ended.
SETTLED = (
    "[data-testid=stApp][data-test-script-state=notRunning]:has(h1, [data-testid=stAlert]):not(:has([data-stale=true]))"
)


def chromium_path() -> str | None:
    """Chromium of ``QCW_CHROMIUM``, else the one on the path."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for name in names if (path := shutil.which(name))), None)
    return os.environ.get("QCW_CHROMIUM") or found


@contextmanager
def served(home: Path, port: int | None = None) -> Iterator[str]:
    """The app of a workspace on a free port, as its own process; its address."""
    port = port or free_port()
    base = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen([sys.executable, "-c", _SERVE, str(home), str(port)], stdout=log, stderr=log)
        try:
            if not _answers(process, base):
                log.seek(0)
                raise RuntimeError(f"the server did not start: {log.read()}")
            yield base
        finally:
            process.terminate()
            process.wait(timeout=20)


def _answers(process: subprocess.Popen[bytes], base: str) -> bool:
    deadline = time.monotonic() + 240  # on a machine busy with something else
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{base}/healthz").status_code == 200:
                return True
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
