"""A real server on a free port and a real Chromium, for tests that use the app as a person does."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.ui import sample_company as company

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")

_SERVE = "import sys; from pathlib import Path; from qc_workbench.ui.server import serve; "
_SERVE += "serve(Path(sys.argv[1]), port=int(sys.argv[2]))"


def chromium_path() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for name in names if (path := shutil.which(name))), None)
    return os.environ.get("QCW_CHROMIUM") or found


@dataclass
class Seen:
    """What the browser complained about."""

    base: str
    problems: list[str] = field(default_factory=list)

    def watch(self, page: playwright.Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.problems.append(f"exception: {error}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._response)
        page.on("request", self._request)

    def _console(self, message: playwright.ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def _failed(self, request: playwright.Request) -> None:
        # A browser that has enough of a recording, or leaves the page, breaks its request off by itself.
        if "/recordings/" not in request.url or request.failure != "net::ERR_ABORTED":
            self.problems.append(f"failed: {request.url} {request.failure}")

    def _response(self, response: playwright.Response) -> None:
        if response.status >= 400:
            self.problems.append(f"status {response.status}: {response.url}")

    def _request(self, request: playwright.Request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.problems.append(f"external: {request.url}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def workspace_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return company.sample_company(tmp_path_factory.mktemp("browser")).home


@pytest.fixture(scope="session")
def server(workspace_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = _free_port()
    log = (tmp_path_factory.mktemp("server") / "log").open("w+")
    process = subprocess.Popen([sys.executable, "-c", _SERVE, str(workspace_home), str(port)], stdout=log, stderr=log)
    base = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                if httpx.get(f"{base}/healthz").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            if process.poll() is not None or time.monotonic() > deadline:
                log.seek(0)
                pytest.fail(f"the server did not start: {log.read()}")
            time.sleep(0.2)
        yield base
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[playwright.Browser]:
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium on this machine: install it or name it in QCW_CHROMIUM")
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    options += ["--autoplay-policy=no-user-gesture-required"]
    with playwright.sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=path, args=options)
        yield browser
        browser.close()


@pytest.fixture
def page(server: str, chromium: playwright.Browser) -> Iterator[playwright.Page]:
    """A fresh visitor with a Russian browser; afterwards nothing may have gone wrong in it."""
    context = chromium.new_context(base_url=server, locale="ru-RU", viewport={"width": 1440, "height": 900})
    found = context.new_page()
    seen = Seen(server)
    seen.watch(found)
    yield found
    context.close()
    assert seen.problems == []
