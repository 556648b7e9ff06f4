"""What axe-core says of every page with everything on it opened, and the states of pages that no picture shows.

axe-core is not ours and not in the repository: ``npm install --prefix .cache/axe axe-core``, as .ci/run does, brings
it; ``QCW_AXE`` names another place of axe.min.js. Without it these tests are skipped.

``python -m tests.browser.accessibility --home FOLDER`` lists what is wrong in a department made before.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Error, Page, sync_playwright

from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.navigation import ROOMS
from qc_workbench.workspace import Workspace
from tests.browser.pictures import ADMIN, AGENT, CALL, HEAD, LANGUAGES, OWNER, PICTURES, QC, Picture, Scene
from tests.browser.serving import CHROMIUM_OPTIONS, SETTLED, chromium_path, served
from tests.browser.take_screenshots import GOLDEN, address_of, choose, log_in, settle, still_height

AXE: Final = Path(
    os.environ.get("QCW_AXE") or Path(__file__).parents[2] / ".cache/axe/node_modules/axe-core/axe.min.js"
)
#: What may not be: axe's other two, minor and moderate, are said by the command only.
WEIGHTY: Final = frozenset({"serious", "critical"})
WIDTHS: Final = (1440, 1024)
_HIGHEST: Final = 6000
#: Colours on their way to others are neither.
_STILL: Final = """() => { const style = document.createElement("style");
  style.textContent = "*, *::before, *::after { transition: none !important; animation: none !important; }";
  document.head.append(style); }"""
_RUN: Final = """async ([rules]) => {
  const found = await axe.run(document, { resultTypes: ["violations"], ...(rules.length ? { runOnly: rules } : {}) });
  return found.violations.flatMap((one) => one.nodes.map((node) => ({
    rule: one.id, impact: one.impact, target: node.target.flat().join(" "), html: node.html.slice(0, 200),
    why: [...node.any, ...node.all, ...node.none].map((check) => check.message).join(" ").slice(0, 200) })));
}"""


@dataclass(frozen=True, slots=True)
class Violation:
    rule: str
    impact: str
    target: str
    html: str
    why: str

    def __str__(self) -> str:
        return f"{self.impact} {self.rule}: {self.html} ({self.why}) at {self.target}"


@dataclass(frozen=True, slots=True)
class Leave:
    """Something of Streamlit's own that we can't mend: the rule, as narrow a selector as can be, and why."""

    rule: str
    selector: str
    reason: str


EXCEPTIONS: Final[tuple[Leave, ...]] = ()


# States ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class State:
    """A page as somebody sees it, and what is done on it first."""

    picture: Picture
    do: Callable[[Page], object] | None = None


def _keys(*keys: str) -> Callable[[Page], None]:
    """Pressed where keys belong to the page, not to a field."""

    def press(page: Page) -> None:
        page.locator("section.qcw").first.wait_for()
        page.locator("h1").first.click()
        for key in keys:
            page.keyboard.press(key)
            page.wait_for_timeout(300)

    return press


def _send(**said: str) -> Callable[[Page], None]:
    """A form of the doorway filled in so that it is refused."""

    def send(page: Page) -> None:
        for name, text in said.items():
            page.fill(f"input[name={name}]", text)
        page.locator("main form button").first.click()
        page.wait_for_selector("[role=alert]")

    return send


def _open_field(testid: str) -> Callable[[Page], None]:
    """The list of a choice, the calendar of a day."""

    def press(page: Page) -> None:
        page.locator(f"[data-testid=stMain] [data-testid={testid}] button").first.click()
        page.wait_for_timeout(500)

    return press


def _shut_sidebar(page: Page) -> None:
    page.locator("[data-testid=stSidebarCollapseButton] button").click(force=True)
    page.wait_for_timeout(500)


def _led_to(path: str) -> Callable[[Page], None]:
    """By a link on a page of somebody else's."""

    def lead(page: Page) -> None:
        address = page.evaluate("(path) => new URL(path, location).href", path)
        page.goto(f"data:text/html,<a href='{address}'>here</a>")
        page.locator("a").click()
        page.locator("main form button").wait_for()

    return lead


#: States that no picture shows. Each room with all that can be unfolded on it is looked at anyway.
STATES: Final[Mapping[str, State]] = {
    **{name: State(picture) for name, picture in PICTURES.items()},
    "login-refused": State(Picture("login", ""), _send(login="nobody", password="wrong-password")),
    "password-refused": State(
        Picture("password", QC), _send(old="wrong-one", password="a-new-secret-1", again="other")
    ),
    "setup-refused": State(
        Picture("setup", "", Scene.NEW), _send(name="А", login="a", password="a-new-secret-1", again="other")
    ),
    "logout": State(Picture("password", QC), _led_to("logout")),
    "call-keys": State(Picture(f"call?id={CALL}", QC), _keys("Shift+Slash")),
    "call-comment": State(Picture(f"call?id={CALL}", QC), _keys("c")),
    "call-replacing": State(Picture(f"call?id={CALL}", QC), _keys("m")),
    "call-answered": State(Picture(f"call?id={CALL}", QC), _keys("n", "n", "n", "n", "2", "h")),
    "call-unknown": State(Picture("call?id=nowhere", QC)),
    "call-head": State(Picture(f"call?id={CALL}", HEAD)),
    "call-agent": State(Picture("call?id=talk-discount", AGENT)),
    "calls-choice": State(Picture("call", HEAD), _open_field("stSelectbox")),
    "calls-days": State(Picture("call", HEAD), _open_field("stDateInput")),
    "sidebar-shut": State(Picture("call", HEAD), _shut_sidebar),
    "search-nothing": State(Picture("search?q=абракадабра", QC)),
    "search-broken": State(Picture('search?q="другой', QC)),
    "promises-all": State(Picture("promises?outcome=all", HEAD)),
    "refusals-recalls": State(Picture("refusals?list=recalls", HEAD)),
    "refusals-heard": State(Picture("refusals?list=heard", HEAD)),
    "my-promises": State(Picture("my?list=promises", AGENT)),
    "my-tasks": State(Picture("my?list=tasks", AGENT)),
    "discipline-deciding": State(Picture("discipline", HEAD, press="discipline_part.rulings")),
    "discipline-rules": State(Picture("discipline", HEAD, press="discipline_part.rules")),
    "team-breaches": State(Picture("team?agent=m6&list=breaches", HEAD)),
    "discipline-logged": State(Picture("discipline", HEAD, press="discipline_part.logged")),
    "discipline-exchange": State(Picture("discipline", HEAD, press="discipline_part.exchange")),
    "month-head": State(Picture("month", HEAD)),
    "overview-owner": State(Picture("overview", OWNER)),
    "forms-admin": State(Picture("forms", ADMIN)),
    "form-yaml": State(Picture("forms?form=inbound_lead&version=1", HEAD, press="form_editor.side.text")),
}


def unpictured_rooms() -> set[str]:
    """Rooms that no state opens: a new page is looked at or the tests say so."""
    return set(ROOMS) - {state.picture.address.split("?")[0] for state in STATES.values()}


# Looking --------------------------------------------------------------------------------------------------------------


def judge(page: Page, *rules: str) -> list[Violation]:
    """What axe finds on the page as it stands, but for the exceptions."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = [Violation(**one) for one in page.evaluate(_RUN, [list(rules)])]
    return [one for one in found if not any(_is_left(page, one, leave) for leave in EXCEPTIONS)]


def judge_still(page: Page, *rules: str) -> list[Violation]:
    """As :func:`judge`; what is not there any more a moment later was the page being drawn: a page that looks anew by
    itself is pale for a moment."""
    found = judge(page, *rules)
    if not any(one.impact in WEIGHTY for one in found):
        return found
    page.wait_for_timeout(1500)
    return judge(page, *rules)


def _is_left(page: Page, found: Violation, leave: Leave) -> bool:
    if found.rule != leave.rule:
        return False
    try:
        return bool(page.evaluate("([at, which]) => !!document.querySelector(at)?.matches(which)",
                                  [found.target, leave.selector]))  # fmt: skip
    except Error:  # the target lies within a shadow root
        return False


def unfold(page: Page) -> None:
    """Everything on the page that can be unfolded."""
    shut = page.locator("[data-testid=stMain] details:not([open]) > summary")
    for _ in range(40):
        if not shut.count():
            return
        try:
            shut.first.click(timeout=2000)
        except Error:
            return


def popovers(page: Page) -> Iterator[str]:
    """Opens, one after another, those that differ by their name."""
    buttons = page.locator("[data-testid=stMain] [data-testid=stPopoverButton]")
    names = list(dict.fromkeys(buttons.all_inner_texts()))
    for name in names:
        one = buttons.filter(has_text=name.split("\n")[0]).first
        if one.is_enabled():
            one.click()
            page.wait_for_timeout(300)
            yield name
            page.keyboard.press("Escape")
            page.wait_for_timeout(200)


class Looker:
    """Browsers by who looks and in which language: the program is loaded once in each."""

    def __init__(self, browser: Browser, workspace: Workspace, base: str) -> None:
        self._browser, self._workspace, self._base = browser, workspace, base
        self._pages: dict[tuple[str, str], Page] = {}

    def open(self, name: str, state: State, language: str) -> Page:
        picture = state.picture
        page = self._page(picture.login, language)
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        address = address_of(self._workspace, name, picture)
        page.goto(f"/{address}")
        is_room = address.split("?")[0] in ROOMS
        settle(page, is_room=is_room)
        page.evaluate(_STILL)
        if picture.press:
            choose(page, Translator(language)(picture.press))
        if picture.upload:
            page.set_input_files("input[type=file]", GOLDEN / picture.upload)
            page.wait_for_selector("[data-testid=stMain] h2 >> nth=2", timeout=60_000)
        if picture.needs:
            page.wait_for_selector(picture.needs, timeout=60_000)
        if state.do:
            state.do(page)
        elif is_room:
            unfold(page)
        if is_room:
            page.wait_for_selector(SETTLED, timeout=60_000)
            height = max(900, min(_HIGHEST, still_height(page)))
            page.set_viewport_size({"width": WIDTHS[0], "height": height})
        return page

    def violations(self, name: str, state: State, language: str) -> dict[str, list[Violation]]:
        """By how it is looked at. In the other theme and width only colours can be different."""
        page, found = self.open(name, state, language), dict[str, list[Violation]]()
        height = (page.viewport_size or {"height": 900})["height"]
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": height})
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # the names are right
                page.wait_for_timeout(500)
                rules = () if (scheme, width) == ("light", WIDTHS[0]) else ("color-contrast",)
                found[f"{name} {language} {scheme} {width}"] = judge_still(page, *rules)
        if state.do is None:
            for opened in popovers(page):
                found[f"{name} {language} {opened.splitlines()[0]}"] = judge_still(page)
        return found

    def _page(self, login: str, language: str) -> Page:
        if (login, language) not in self._pages:
            context = self._browser.new_context(base_url=self._base, locale=LANGUAGES[language])
            if login:
                log_in(context, self._workspace, self._base, login)
            self._pages[login, language] = context.new_page()
        return self._pages[login, language]

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True, help="a department made before (tests.browser.department)")
    parser.add_argument("--only", nargs="+", choices=STATES)
    parser.add_argument("--language", nargs="+", choices=LANGUAGES, default=list(LANGUAGES))
    options = parser.parse_args()
    chosen = {name: state for name, state in STATES.items() if state.picture.scene is Scene.FULL}
    chosen = {name: chosen[name] for name in options.only or chosen}
    with sync_playwright() as tool, served(options.home) as base:
        browser = tool.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_OPTIONS)
        with closing(Looker(browser, Workspace.open(options.home), base)) as looker:
            for language in options.language:
                for name, state in chosen.items():
                    print(f"{datetime.now(UTC):%H:%M:%S} {name} {language}", file=sys.stderr, flush=True)
                    try:
                        found = looker.violations(name, state, language)
                    except Error as error:
                        print(f"{name} {language} could not be looked at: {error.message}", flush=True)
                        continue
                    for where, all_of in found.items():
                        for one in all_of:
                            print(f"{where}: {one}", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
