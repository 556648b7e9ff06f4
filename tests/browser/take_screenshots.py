"""Pictures of every room, to be looked at: ``python -m tests.browser.take_screenshots OUT [--home WORKSPACE]``.

Both languages, light and dark, two widths; without a workspace the sample company of the tests and an empty one.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, SetCookieParam, sync_playwright

from qc_workbench.store.people import account_with_login
from qc_workbench.ui.accounts import begin_session, cookie_name
from qc_workbench.ui.navigation import ROOMS
from qc_workbench.workspace import Workspace
from tests.browser.serving import CHROMIUM_OPTIONS, SETTLED, chromium_path, served
from tests.ui import sample_company as company
from tests.ui.busy_ledger import busy

LOCALES = {"ru": "ru-RU", "en": "en-GB"}


def take(browser: Browser, base: str, out: Path, pages: list[str], prefix: str, cookie: SetCookieParam) -> None:
    for language, scheme, width in product(LOCALES, ("light", "dark"), (1440, 1024)):
        context = browser.new_context(
            base_url=base,
            locale=LOCALES[language],
            color_scheme="dark" if scheme == "dark" else "light",
            viewport={"width": width, "height": 900},
        )
        context.add_cookies([cookie])
        page = context.new_page()
        for address in pages:
            page.goto(f"/{address}")
            page.wait_for_selector(SETTLED, timeout=60_000)
            page.wait_for_timeout(1500)  # plots and fonts draw after the page has settled
            name = address.split("?")[0]
            page.screenshot(path=out / f"{prefix}-{name}-{language}-{scheme}-{width}.png")
        context.close()


def cookie(workspace: Workspace, base: str, login: str) -> SetCookieParam:
    """A session of the account with this login."""
    with workspace.store.reading() as reader:
        account = account_with_login(reader, login)
    assert account is not None, f"nobody has the login {login}"
    token = begin_session(workspace, account.person.person_id, datetime.now(UTC))
    return {"name": cookie_name(workspace.home), "value": token, "url": base, "httpOnly": True}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--home", type=Path, help="a workspace of your own")
    parser.add_argument("--call", default=company.PADDED, help="the call of the call page")
    parser.add_argument("--room", choices=ROOMS, help="only this room")
    parser.add_argument("--who", default="h1", help="login of whoever looks")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rooms = [room for room in ROOMS if room != "call" and options.room in (None, room)]
    calls = ["call", f"call?id={options.call}"] if options.room in (None, "call") else []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_OPTIONS)
        home = options.home or busy(company.sample_company(Path(folder) / "full"), datetime.now(UTC)).home
        with served(home) as base:
            take(browser, base, options.out, [*rooms, *calls], "full", cookie(Workspace.open(home), base, options.who))
        empty = company.empty_company(Path(folder) / "empty")
        company.admit(empty)
        with served(empty.home) as base:
            take(browser, base, options.out, rooms, "empty", cookie(empty, base, "h1"))
        browser.close()


if __name__ == "__main__":
    main()
