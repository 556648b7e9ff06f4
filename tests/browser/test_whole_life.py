"""The life of a score, by the people it goes through: each logs in, sees their part and nothing else.

Drawn, heard and scored by keyboard alone, disputed, ruled on, appealed, ruled on again by another person; the same call
scored by two for calibration; what the head of sales reads in the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qc_workbench.cli import application
from qc_workbench.domain.evaluation import Purpose
from qc_workbench.store import scoring
from qc_workbench.store.database import Statement
from qc_workbench.workspace import Workspace
from tests.browser.conftest import Seen, playwright
from tests.browser.serving import SETTLED, served
from tests.ui import sample_company as company
from tests.ui.scored_company import publish

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]

Page = playwright.Page
expect = playwright.expect
#: The call that is drawn, of Борис (m2), and the one that is calibrated, his too.
CALL, CALIBRATED = company.PROMISE, company.TALK


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Nothing is drawn yet."""
    found = company.sample_company(tmp_path / "life")
    publish(found, company.AS_OF)
    found.store.write(Statement("delete from sample"), Statement("delete from draws"))
    return found


@pytest.fixture
def people(chromium: playwright.Browser, workspace: Workspace) -> Iterator[Callable[[str], Page]]:
    """A browser a person; each logs in by the form, once."""
    contexts: dict[str, playwright.BrowserContext] = {}
    with served(workspace.home) as base:
        seen = Seen(base)

        def enter(employee: str) -> Page:
            if employee not in contexts:
                made = chromium.new_context(base_url=base, locale="ru-RU", viewport={"width": 1440, "height": 1000})
                contexts[employee] = made
                page = made.new_page()
                seen.watch(page)
                page.goto("/")
                page.get_by_label("Логин или почта").fill(employee)
                page.get_by_label("Пароль").fill(company.PASSWORD)
                page.keyboard.press("Enter")
                settled(page)
            return contexts[employee].pages[0]

        yield enter
        for context in contexts.values():
            context.close()
    assert [problem for problem in seen.problems if "status 403" not in problem and "403" not in problem] == []


def settled(page: Page) -> None:
    page.wait_for_selector(SETTLED, timeout=60_000)


def opened(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def score_by_keyboard(page: Page, *keys: str) -> None:
    """Space plays; then the answers. Nothing but keys."""
    form = page.locator(".qcw-form")
    expect(form).to_have_attribute("data-phase", re.compile("open|draft"), timeout=60_000)
    page.keyboard.press("Space")
    expect(page.locator("section.qcw")).to_have_attribute("data-playing", "true")
    page.wait_for_timeout(1200)
    page.keyboard.press("Space")
    press(page, *keys)
    expect(page.locator(".status")).to_have_attribute("data-state", "saved", timeout=60_000)


def shut(page: Page, room: str) -> None:
    opened(page, f"/{room}")
    expect(page.get_by_text("Эта страница не для вашей роли")).to_be_visible()


def choose(page: Page, label: str, name: str) -> None:
    """As a person does: where the list shuts because the page was drawn anew, open it again."""
    for _ in range(5):
        box = page.get_by_role("combobox", name=label)
        box.click()
        box.fill("")
        box.press_sequentially(name[:4])
        with suppress(playwright.TimeoutError):
            page.get_by_role("option", name=name).click(timeout=20_000)
            return
        page.keyboard.press("Escape")
    raise AssertionError(f"{name} can't be chosen")


@pytest.mark.slow
def test_a_score_lives_through_everybody_it_concerns(workspace: Workspace, people: Callable[[str], Page]) -> None:
    drawn = CliRunner().invoke(application("ru"), ["--home", str(workspace.home), "--as-of", "2026-11-01", "sample"])
    assert drawn.exit_code == 0, drawn.output
    with workspace.store.reading() as reader:
        assert reader.value("select count(*) from sample where call_id = ? and assigned_to = 'q1'", CALL) >= 1

    # Somebody else's evening: the call that will be calibrated is in nobody's queue.
    workspace.store.write(Statement("update sample set status = 'done' where call_id = ?", (CALIBRATED,)))

    # The specialist of quality control hears and scores it with the keyboard.
    gleb = people("q1")
    assert "/queue" in gleb.url
    opened(gleb, f"/call?id={CALL}")
    score_by_keyboard(gleb, "2", "1", "n", "4", "n", "2")
    expect(gleb.locator(".score b")).to_have_attribute("data-score", re.compile(r"\d"))
    gleb.keyboard.press("s")
    gleb.wait_for_url(lambda url: CALL not in url, timeout=60_000)
    with workspace.store.reading() as reader:
        (sent,) = scoring.evaluations_of_call(reader, CALL)
        assert (sent.reviewer, sent.purpose, sent.score) == ("account-q1", Purpose.SCORE, 50)
        assert reader.value("select count(*) from sample where call_id = ? and status = 'done'", CALL) >= 1
        assert reader.value("select heard_s from heard where call_id = ? and person_id = 'account-q1'", CALL) > 0.5

    # The agent does not agree with one answer.
    boris = people("m2")
    assert "/my" in boris.url
    expect(boris.get_by_text("Не знает скрипт").first).to_be_visible()
    boris.get_by_role("button", name="Не согласен…").first.click()
    boris.get_by_role("radio", name="Да", exact=True).click()
    boris.get_by_label("Почему").fill("на 2-й секунде назвал компанию")
    boris.get_by_label("Почему").press("Tab")
    boris.get_by_role("button", name="Оспорить", exact=True).click()
    expect(boris.get_by_text("оспорено").first).to_be_visible()

    # First round: whoever scored keeps it, with a reason and one key.
    rule(gleb, "имени не слышно", "1")
    settled(boris)
    opened(boris, "/my")
    boris.get_by_role("button", name="Подать апелляцию…").first.click()
    boris.get_by_label("С чем вы не согласны").fill("послушайте с начала")
    boris.get_by_label("С чем вы не согласны").press("Tab")
    boris.get_by_role("button", name="Подать апелляцию", exact=True).click()
    expect(boris.get_by_text("послушайте с начала").first).to_be_attached()

    # Second round: not by the one who scored and ruled.
    opened(gleb, "/disputes")
    expect(gleb.get_by_text("послушайте с начала")).to_have_count(0)
    vera = people("h1")
    rule(vera, "компания названа", "2")
    opened(vera, "/disputes")
    vera.get_by_role("radio", name=re.compile("Решённые")).click()
    expect(vera.get_by_text("50 → 70").first).to_be_visible()

    # Calibration: two score the same call, neither sees the other's answers before both are done.
    opened(vera, f"/calibration?call={CALIBRATED}")
    vera.get_by_text("Новая сессия").click()
    settled(vera)
    for name in ("Глеб Слушатель", "Вера Главная"):
        choose(vera, "Кто оценивает", name)
        expect(vera.get_by_test_id("stMultiSelect")).to_contain_text(name)
        settled(vera)
    vera.get_by_text("выбрать самому").click()
    settled(vera)
    vera.get_by_role("button", name="Начать", exact=True).click()
    vera.wait_for_url(re.compile("session="))
    session = vera.url
    settled(vera)
    calibrate(vera, "1", "n", "4", "n", "1")
    opened(gleb, session[session.index("/calibration") :])
    expect(gleb.get_by_text("Ответов пока не видно")).to_be_visible()
    calibrate(gleb, "2", "2", "n", "4", "n", "1")
    opened(vera, session[session.index("/calibration") :])
    expect(vera.get_by_text("Глеб Слушатель").first).to_be_visible()
    with workspace.store.reading() as reader:
        found = scoring.evaluations_of_call(reader, CALIBRATED)
        assert {(item.reviewer, item.purpose) for item in found} == {
            ("account-h1", Purpose.CALIBRATION),
            ("account-q1", Purpose.CALIBRATION),
        }

    # What the head of sales reads: the score after the ruling, of the agent, with its interval.
    opened(vera, "/team")
    expect(vera.get_by_text("Борис Образцов").first).to_be_attached()
    opened(vera, "/month")
    expect(vera.get_by_text("Большая сестра").first).to_be_visible()

    # And what each may not see, by its address.
    alla = people("m1")
    opened(alla, f"/call?id={CALL}")
    expect(alla.get_by_text(f"Звонка {CALL} здесь нет")).to_be_visible()
    with workspace.store.reading() as reader:
        content = reader.value("select content_hash from recordings where call_id = ?", CALL)
    for page in (alla, boris, gleb):
        answer = page.request.get(f"/recordings/{content}", headers={"range": "bytes=0-99"})
        assert answer.status == 403
    # tests/ui/test_what_each_may_see.py tries every room as everybody; here some of them in a browser.
    for room in ("team", "people", "month"):
        shut(boris, room)
    for room in ("audit", "month"):
        shut(gleb, room)
    with workspace.store.reading() as reader:
        rows = reader.rows("select actor, action from audit")
    said = {(row["actor"], row["action"]) for row in rows}
    assert {
        ("Глеб Слушатель", "logged_in"),
        ("Глеб Слушатель", "recording_played"),
        ("Глеб Слушатель", "evaluation_submitted"),
        ("Борис Образцов", "logged_in"),
        ("Вера Главная", "logged_in"),
    } <= said


def rule(page: Page, reason: str, key: str) -> None:
    opened(page, "/disputes")
    box = page.get_by_label("Почему так: менеджер это прочитает")
    box.fill(reason)
    box.press("Tab")
    settled(page)
    page.locator("h1").click()
    page.keyboard.press(key)
    expect(page.get_by_text("Споров, которые ждут вашего решения, нет")).to_be_visible(timeout=60_000)


def calibrate(page: Page, *keys: str) -> None:
    expect(page.get_by_role("button", name=re.compile("^Оценить"))).to_be_enabled()
    settled(page)
    page.locator("h1").click()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(rf"call\?id={CALIBRATED}"))
    settled(page)
    score_by_keyboard(page, *keys)
    page.keyboard.press("s")
    expect(page.locator(".qcw-form")).to_have_attribute("data-phase", "mine", timeout=60_000)
