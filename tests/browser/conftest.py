"""A real server on a free port and a real Chromium, for tests that use the app as a person does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from qc_workbench.ui.accounts import cookie_name
from qc_workbench.workspace import Workspace
from tests.browser.serving import CHROMIUM_OPTIONS, chromium_path, served
from tests.ui import sample_company as company

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e .[dev]")
# A machine of two cores runs other tests beside the browser: five seconds, the default, are too few there.
playwright.expect.set_options(timeout=40_000)


Visit = Callable[[str], playwright.Page]


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
        # A browser that has enough of a recording, or leaves a page before its fonts came, breaks off by itself.
        if request.failure != "net::ERR_ABORTED":
            self.problems.append(f"failed: {request.url} {request.failure}")

    def _response(self, response: playwright.Response) -> None:
        if response.status >= 400:
            self.problems.append(f"status {response.status}: {response.url}")

    def _request(self, request: playwright.Request) -> None:
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.problems.append(f"external: {request.url}")


@pytest.fixture(scope="session")
def workspace_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return company.sample_company(tmp_path_factory.mktemp("browser")).home


@pytest.fixture(scope="session")
def server(workspace_home: Path) -> Iterator[str]:
    with served(workspace_home) as base:
        yield base


def session_cookie(workspace: Workspace, base: str, employee: str = "h1") -> playwright.SetCookieParam:
    """What a browser keeps after this employee has logged in."""
    name, token = cookie_name(workspace.home), company.token(workspace, employee)
    return {"name": name, "value": token, "url": base, "httpOnly": True, "sameSite": "Lax"}


@pytest.fixture(scope="session")
def chromium() -> Iterator[playwright.Browser]:
    path = chromium_path()
    if path is None:
        pytest.skip("no Chromium on this machine: install it or name it in QCW_CHROMIUM")
    with playwright.sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def visit(
    server: str, workspace_home: Path, chromium: playwright.Browser
) -> Iterator[Callable[[str], playwright.Page]]:
    """A fresh Russian browser of an employee who has logged in; afterwards nothing may have gone wrong in it."""
    contexts, seen = [], Seen(server)

    def open_browser(employee: str) -> playwright.Page:
        context = chromium.new_context(base_url=server, locale="ru-RU", viewport={"width": 1440, "height": 900})
        contexts.append(context)
        context.add_cookies([session_cookie(Workspace.open(workspace_home), server, employee)])
        found = context.new_page()
        seen.watch(found)
        return found

    yield open_browser
    for context in contexts:
        context.close()
    assert seen.problems == []


@pytest.fixture
def page(visit: Callable[[str], playwright.Page]) -> playwright.Page:
    """The head of sales, who is owner and administrator too."""
    return visit("h1")
