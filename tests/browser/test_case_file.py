"""The file of a case in a browser, by keyboard: ask, answer, come back, take it back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qc_workbench.store.database import Statement
from qc_workbench.workspace import Workspace
from tests.browser.conftest import playwright
from tests.browser.test_rooms import opened
from tests.ui import sample_company as company

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

Page = playwright.Page
expect = playwright.expect


@pytest.fixture
def unruled(workspace_home: Path) -> Iterator[None]:
    """The other tests of this folder find the case waiting, whatever happens here."""
    yield
    store = Workspace.open(workspace_home).store
    store.write(Statement("delete from findings where flag_id = 'flag-padded'"), Statement("delete from agent_answers"))


@pytest.mark.slow
@pytest.mark.usefixtures("unruled")
def test_the_agent_is_asked_answers_and_the_question_is_taken_back_with_keys(
    visit: Callable[[str], Page], workspace_home: Path
) -> None:
    page = visit("h1")
    opened(page, "/suspicious")
    page.locator("h1").click()
    page.keyboard.press("3")
    expect(page.get_by_text("Спросили менеджера · 1")).to_be_visible()

    agents = visit("m1")
    opened(agents, f"/call?id={company.PADDED}")
    answer = agents.get_by_label("Что было в этом звонке")
    answer.click()
    agents.keyboard.type("Клиент искал договор, 1 минуту")  # digits typed into a field rule on nothing
    agents.keyboard.press("Tab")
    agents.keyboard.press("Enter")
    expect(agents.get_by_text("Клиент искал договор, 1 минуту", exact=True)).to_be_visible()
    expect(agents.get_by_text(re.compile("Алла Пробная, "))).to_be_visible()

    opened(page, f"/suspicious?call={company.PADDED}")
    expect(page.get_by_text("Менеджер ответил · 1")).to_be_visible()
    expect(page.get_by_text("Клиент искал договор, 1 минуту", exact=True)).to_be_visible()
    page.locator("h1").click()
    page.keyboard.press("0")
    expect(page.get_by_text("Ждут решения · 1")).to_be_visible()
    with Workspace.open(workspace_home).store.reading() as reader:
        rulings = reader.rows("select ruling from findings where flag_id = 'flag-padded' order by ruled_at")
        assert [row["ruling"] for row in rulings][-2:] == ["asked", "withdrawn"]
        assert reader.value("select count(*) from agent_answers where given_by = 'Алла Пробная'") == 1


def test_the_seconds_of_a_piece_of_evidence_play_from_its_button(page: Page) -> None:
    opened(page, f"/suspicious?call={company.PADDED}")
    page.get_by_role("button", name="Услышать это место, с 0:02").first.click()
    expect(page.get_by_role("button", name="Пауза (пробел)")).to_have_count(1)
