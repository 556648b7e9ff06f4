"""The queue by keyboard alone: down, replace with a reason, undo, open; the call is in progress then."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from qc_workbench.store.database import Reader, Statement
from qc_workbench.workspace import Workspace
from tests.browser.conftest import playwright
from tests.browser.serving import SETTLED
from tests.ui import sample_company as company

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

Page = playwright.Page
expect = playwright.expect


def settled(page: Page) -> None:
    page.wait_for_selector(SETTLED, timeout=60_000)


def status(reader: Reader, call_id: str) -> object:
    return reader.value("select status from sample where call_id = ? and queue = 'random'", call_id)


def test_a_reviewer_works_the_queue_by_keyboard(visit: Callable[[str], Page], workspace_home: Path) -> None:
    store = Workspace.open(workspace_home).store
    page = visit("q1")
    try:
        page.goto("/queue")
        settled(page)
        expect(page.get_by_text("Мои звонки на сегодня · 1")).to_be_visible()
        page.locator("h1").click()
        page.keyboard.press("x")
        expect(page.get_by_text("Почему звонок нельзя оценить")).to_be_visible()
        settled(page)
        page.keyboard.press("Escape")
        expect(page.get_by_text("Почему звонок нельзя оценить")).to_have_count(0)
        settled(page)
        # the physical key X with the Russian layout on
        page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyX', key: 'ч', bubbles: true}))")
        expect(page.get_by_text("Почему звонок нельзя оценить")).to_be_visible()
        settled(page)
        page.keyboard.press("2")
        expect(page.get_by_role("button", name=re.compile("Вернуть заменённый"))).to_be_visible()
        settled(page)
        with store.reading() as reader:
            assert status(reader, company.PROMISE) == "replaced"
        page.keyboard.press("0")
        expect(page.get_by_role("button", name=re.compile("Вернуть заменённый"))).to_have_count(0)
        settled(page)
        with store.reading() as reader:
            assert status(reader, company.PROMISE) == "waiting"
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(rf"/call\?id={company.PROMISE}"))
        settled(page)
        with store.reading() as reader:
            assert status(reader, company.PROMISE) == "in_progress"
    finally:
        store.write(
            Statement("delete from sample where replaces is not null"),
            Statement("update sample set status = 'waiting', reason = null where call_id = ?", (company.PROMISE,)),
            Statement("delete from applied_writes where key like 'replace:%'"),
        )
