"""axe-core finds nothing serious or critical on any page, in both languages, themes and widths; pages print well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qc_workbench.ui.i18n import LANGUAGES
from qc_workbench.ui.navigation import ROOMS
from qc_workbench.workspace import Workspace
from tests.browser import accessibility as looking
from tests.browser.accessibility import AXE, EXCEPTIONS, STATES, WEIGHTY, Looker, State, judge_still
from tests.browser.conftest import playwright
from tests.browser.department import department
from tests.browser.pictures import Picture, Scene
from tests.browser.serving import SETTLED, served
from tests.ui import sample_company as company

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

Page = playwright.Page
needs_axe = pytest.mark.skipif(
    not AXE.is_file(), reason="no axe-core: npm install --prefix .cache/axe axe-core, or name axe.min.js in QCW_AXE"
)

#: Pages of every make test: plots, tiles and a table; the player beside a decision.
CHEAP = ("overview", "suspicious")


def opened(page: Page, address: str) -> Page:
    page.goto(f"/{address}")
    page.wait_for_selector(SETTLED, timeout=60_000)
    return page


def weighty(page: Page, *rules: str) -> list[str]:
    return [str(one) for one in judge_still(page, *rules) if one.impact in WEIGHTY]


def test_every_room_is_among_the_pages_that_are_looked_at() -> None:
    looked_at = {state.picture.address.split("?")[0] for state in STATES.values()}
    assert set(ROOMS) <= looked_at, "a new room needs a picture in tests/browser/pictures.py"


def test_each_exception_says_which_element_of_streamlit_and_why() -> None:
    for leave in EXCEPTIONS:
        assert leave.reason
        assert "[data-testid=" in leave.selector, "as narrow as an element of Streamlit"


@needs_axe
def test_axe_sees_what_is_wrong(chromium: playwright.Browser) -> None:
    page = chromium.new_page()
    page.set_content("<html lang=en><title>x</title><main><h1>x</h1><img src=x><p style='color:#bbb'>pale</main>")
    assert {one.rule for one in looking.judge(page)} >= {"image-alt", "color-contrast"}
    page.close()


@needs_axe
def test_nothing_weighty_is_wrong_with_the_pages_used_most(page: Page) -> None:
    found = []
    for address in CHEAP:
        opened(page, address)
        found += [f"{address}: {one}" for one in weighty(page)]
        page.emulate_media(color_scheme="dark")
        found += [f"{address} dark: {one}" for one in weighty(page, "color-contrast")]
        page.emulate_media(color_scheme="light")
    assert found == []


@needs_axe
def test_nothing_weighty_is_wrong_with_the_way_in(chromium: playwright.Browser, server: str) -> None:
    page = chromium.new_page(base_url=server, locale="en-GB")
    page.goto("/login")
    assert weighty(page) == []
    assert page.evaluate("document.documentElement.lang") == "en"
    page.close()


@pytest.mark.slow
def test_the_page_says_the_language_that_was_chosen_and_so_do_streamlits_own_buttons(page: Page) -> None:
    opened(page, "call")
    assert page.evaluate("document.documentElement.lang") == "ru"
    collapse = page.locator("[data-testid=stSidebarCollapseButton] button")
    playwright.expect(collapse).to_have_attribute("aria-label", "Свернуть боковую панель")
    day = page.locator("[data-testid=stDateInputField] [role=spinbutton]").first
    playwright.expect(day).to_have_text("дд")
    page.get_by_role("radio", name="English").click()
    page.wait_for_function("document.documentElement.lang === 'en'", timeout=60_000)
    playwright.expect(collapse).to_have_attribute("aria-label", "Collapse sidebar")
    playwright.expect(day).to_have_text("dd")


def test_the_first_tab_offers_to_skip_the_names_of_the_pages(page: Page) -> None:
    opened(page, "overview")
    page.keyboard.press("Tab")
    skip = page.locator(".qcw-skip")
    playwright.expect(skip).to_be_focused()
    playwright.expect(skip).to_have_text("Перейти к содержанию")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.testid") == "stMain"


def test_a_printed_page_has_its_whole_tables_on_white_and_no_sidebar(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    opened(page, "call")
    told = page.locator("[data-testid=stDataFrame] canvas tbody tr")
    told.first.wait_for(state="attached")
    rows = told.count()
    page.emulate_media(color_scheme="dark", media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".qcw-printed tbody tr").count() == rows > 0
    assert page.locator("[data-testid=stSidebar]").is_hidden()
    assert page.locator("[data-testid=stDataFrame]").first.is_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).color") == "rgb(28, 36, 48)"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".qcw-printed").count() == 0


# Everything ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def full_department(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return department(tmp_path_factory.mktemp("department"), datetime.now(UTC))


@pytest.fixture(scope="module")
def looker(full_department: Workspace, chromium: playwright.Browser) -> Iterator[Looker]:
    with served(full_department.home) as base, closing(Looker(chromium, full_department, base)) as found:
        yield found


def _said(found: dict[str, list[looking.Violation]]) -> list[str]:
    return [f"{where}: {one}" for where, all_of in found.items() for one in all_of if one.impact in WEIGHTY]


@pytest.mark.slow
@pytest.mark.timeout(600)
@needs_axe
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", [name for name, state in STATES.items() if state.picture.scene is Scene.FULL])
def test_nothing_weighty_is_wrong_with_any_page(looker: Looker, name: str, language: str) -> None:
    assert _said(looker.violations(name, STATES[name], language)) == []


@pytest.mark.slow
@pytest.mark.timeout(1200)
@needs_axe
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("which", [Scene.EMPTY, Scene.NEW])
def test_nothing_weighty_is_wrong_before_anything_is_there(
    tmp_path: Path, chromium: playwright.Browser, which: Scene, language: str
) -> None:
    workspace = company.empty_company(tmp_path)
    states = {name: state for name, state in STATES.items() if state.picture.scene is which}
    if which is Scene.EMPTY:
        company.admit(workspace)
        states = {name: State(Picture(name, "m1" if name == "my" else "h1")) for name in ROOMS}
    found = []
    with served(workspace.home) as base, closing(Looker(chromium, workspace, base)) as empty:
        for name, state in states.items():
            found += _said(empty.violations(name, state, language))
    assert found == []
