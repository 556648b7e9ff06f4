"""Pictures of every page, to be looked at and for the documents.

``python -m tests.browser.take_screenshots OUT`` takes everything: both languages, light and dark, two widths, the whole
department and an empty workspace; ``--only``, ``--language``, ``--scheme``, ``--width`` take less. ``--docs`` writes
docs/screenshots instead: light, 1440 wide, 256 colours.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from qc_workbench.store.people import account_with_login
from qc_workbench.ui.accounts import begin_session, cookie_name, password_link
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.navigation import ROOMS
from qc_workbench.workspace import Workspace
from tests.browser.department import department
from tests.browser.pictures import FOLDER, LANGUAGES, PICTURES, Picture, Scene
from tests.browser.serving import CHROMIUM_OPTIONS, SETTLED, chromium_path, served
from tests.ui import sample_company as company

#: Pixels: as high as what is on the page, within these.
LOWEST, HIGHEST, HIGHEST_IN_DOCUMENTS = 700, 3000, 1500
#: How high the page is: Streamlit scrolls a part of it, the doorway the whole.
_HEIGHT = """() => { const part = document.querySelector('[data-testid=stMain]');
    return part ? part.scrollHeight : document.documentElement.scrollHeight; }"""
_COLOURS = 256
#: Files that are dropped on a page.
GOLDEN = Path(__file__).parents[1] / "golden"


def log_in(context: BrowserContext, workspace: Workspace, base: str, login: str) -> None:
    """The browser has the session of the account with this login."""
    with workspace.store.reading() as reader:
        account = account_with_login(reader, login)
    assert account is not None, f"nobody has the login {login}"
    token = begin_session(workspace, account.person.person_id, datetime.now(UTC))
    context.add_cookies([{"name": cookie_name(workspace.home), "value": token, "url": base, "httpOnly": True}])


def address_of(workspace: Workspace, name: str, picture: Picture) -> str:
    """The address, with what is known only once the workspace is there."""
    if name == "join":
        return password_link(workspace, "account-m10", datetime.now(UTC)).lstrip("/")
    if "SESSION" in picture.address:
        with workspace.store.reading() as reader:
            open_one = "select session_id from calibration_sessions where call_id = 'talk-competitor'"
            return picture.address.replace("SESSION", str(reader.value(open_one)))
    if "MONTH" in picture.address:
        last = datetime.now(workspace.settings.company.zone).replace(day=1) - timedelta(days=1)
        return picture.address.replace("MONTH", f"{last:%Y-%m}")
    return picture.address


def settle(page: Page, *, is_room: bool) -> None:
    if is_room:
        page.wait_for_selector(SETTLED, timeout=60_000)
    page.wait_for_timeout(800 if is_room else 200)


def choose(page: Page, words: str) -> None:
    """Press what says so on the page; a tab before anything else."""
    main = page.locator("[data-testid=stMain]")
    tabs = main.get_by_role("tab", name=words, exact=True)
    (tabs if tabs.count() else main.get_by_text(words).locator("visible=true")).first.click()


def still_height(page: Page) -> int:
    """How high the page is once that does not change any more: plots come after the page has settled."""
    seen = [-1, -2]
    while seen[-1] != seen[-2] and len(seen) < 20:
        page.wait_for_timeout(400)
        seen.append(int(page.evaluate(_HEIGHT)))
    return seen[-1]


def shoot(page: Page, address: str, press: str, picture: Picture, highest: int) -> bytes:
    """The page as high as what is on it. ``press``: the words of what is chosen on it first."""
    width = (page.viewport_size or {"width": 1440})["width"]
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/{address}")
    is_room = address.split("?")[0] in ROOMS
    settle(page, is_room=is_room)
    if press:
        choose(page, press)
        settle(page, is_room=is_room)
    if picture.upload:
        page.set_input_files("input[type=file]", GOLDEN / picture.upload)
        page.wait_for_selector("[data-testid=stMain] h2 >> nth=2", timeout=60_000)
        settle(page, is_room=is_room)
    if picture.needs:
        page.wait_for_selector(picture.needs, timeout=60_000)
    height = max(LOWEST, min(highest, still_height(page)))
    page.set_viewport_size({"width": width, "height": height})
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500 if is_room else 200)  # tables and plots are drawn after the size has come
    if is_room:
        page.wait_for_selector(SETTLED, timeout=60_000)
    return page.screenshot()


@contextmanager
def scene(which: Scene, folder: Path, home: Path | None = None) -> Iterator[tuple[Workspace, str]]:
    """A workspace and where it is served. ``home``: a department made before."""
    if which is Scene.FULL:
        workspace = Workspace.open(home) if home else department(folder / "full", datetime.now(UTC))
    else:
        workspace = company.empty_company(folder / which.value)
        if which is Scene.EMPTY:
            company.admit(workspace)
    with served(workspace.home) as base:
        yield workspace, base


def few_colours(png: bytes) -> bytes:
    """A page has few colours: a palette makes it a third as large."""
    with Image.open(io.BytesIO(png)) as image, io.BytesIO() as out:
        # by coverage: the median cut spends the palette on shades of white and makes small coloured things grey
        small = image.convert("RGB").quantize(
            _COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE
        )
        small.save(out, "png", optimize=True)
        return out.getvalue()


class Album:
    """Browsers by who looks, how: the program is loaded once in each."""

    def __init__(self, browser: Browser, workspace: Workspace, base: str) -> None:
        self._browser, self._workspace, self._base = browser, workspace, base
        self._pages: dict[tuple[str, ...], Page] = {}

    def take(self, name: str, picture: Picture, highest: int, language: str, scheme: str, width: int) -> bytes:
        key = (picture.login, language, scheme, str(width))
        if key not in self._pages:
            context = self._browser.new_context(
                base_url=self._base,
                locale=LANGUAGES[language],
                color_scheme="dark" if scheme == "dark" else "light",
                viewport={"width": width, "height": 900},
            )
            if picture.login:
                log_in(context, self._workspace, self._base, picture.login)
            self._pages[key] = context.new_page()
        address = address_of(self._workspace, name, picture)
        press = Translator(language)(picture.press) if picture.press else ""
        return shoot(self._pages[key], address, press, picture, highest)

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()


@contextmanager
def album_of(browser: Browser, which: Scene, folder: Path, home: Path | None) -> Iterator[Album]:
    with scene(which, folder, home) as (workspace, base), closing(Album(browser, workspace, base)) as album:
        yield album


def for_documents(browser: Browser, shots: Mapping[str, Picture], home: Path | None) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for which in sorted({picture.scene for picture in shots.values()}):
            with album_of(browser, which, Path(folder), home) as album:
                for language, (name, picture) in product(LANGUAGES, shots.items()):
                    if picture.scene is which:
                        png = album.take(name, picture, HIGHEST_IN_DOCUMENTS, language, "light", 1440)
                        (FOLDER / f"{name}-{language}.png").write_bytes(few_colours(png))


def to_look_at(browser: Browser, shots: Mapping[str, Picture], options: argparse.Namespace) -> None:
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for which in options.scene or Scene:
            chosen = {name: picture for name, picture in shots.items() if picture.scene is which}
            if which is Scene.EMPTY:  # the rooms as the head of sales of the sample company, who is everything
                chosen = {name: Picture(name, "m1" if name == "my" else "h1") for name in ROOMS if name in shots}
            if not chosen:
                continue
            with album_of(browser, which, Path(folder), options.home) as album:
                ways = product(options.language or LANGUAGES, options.scheme, options.width)
                for (language, scheme, width), (name, picture) in product(ways, chosen.items()):
                    png = album.take(name, picture, HIGHEST, language, scheme, width)
                    (options.out / f"{which}-{name}-{language}-{scheme}-{width}.png").write_bytes(png)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?", help="a folder")
    parser.add_argument("--docs", action="store_true", help="write docs/screenshots")
    parser.add_argument("--home", type=Path, help="a department made before (tests.browser.department)")
    parser.add_argument("--only", nargs="+", choices=PICTURES, help="only these")
    parser.add_argument("--scene", nargs="+", type=Scene, choices=list(Scene))
    parser.add_argument("--language", nargs="+", choices=LANGUAGES)
    parser.add_argument("--scheme", nargs="+", choices=("light", "dark"), default=("light", "dark"))
    parser.add_argument("--width", nargs="+", type=int, default=(1440, 1024))
    options = parser.parse_args()
    if bool(options.out) == options.docs:
        parser.error("name a folder, or say --docs")
    shots = {name: picture for name, picture in PICTURES.items() if options.only is None or name in options.only}
    with sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_OPTIONS)
        if options.docs:
            for_documents(browser, shots, options.home)
        else:
            to_look_at(browser, shots, options)
        browser.close()


if __name__ == "__main__":
    main()
