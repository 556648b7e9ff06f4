"""A call is scored by keyboard alone, and nothing of it is lost when the server is away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from qc_workbench.domain.evaluation import Evaluation, SavedReply
from qc_workbench.review.evaluating import kept_steps
from qc_workbench.store import auto_answers, scoring
from qc_workbench.store.database import Statement
from qc_workbench.workspace import Workspace
from tests.browser.conftest import playwright, session_cookie
from tests.browser.serving import SETTLED, free_port, served
from tests.scoring_cases import published
from tests.ui import sample_company as company
from tests.ui.test_auto_answers_panel import company_heard

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

Page = playwright.Page
expect = playwright.expect

#: q1 has two calls to score; both are inbound.
FIRST, SECOND = company.PROMISE, company.REFUSED


@pytest.fixture
def home(tmp_path: Path) -> Path:
    workspace = company.sample_company(tmp_path / "home")
    published(workspace)
    workspace.store.write(
        Statement(
            "insert into sample by name select * replace (? as call_id, 'waiting' as status, drawn_at + interval 1 day "
            "as drawn_at) from sample where call_id = ?",
            (SECOND, FIRST),
        )
    )
    return workspace.home


@pytest.fixture
def browser(chromium: playwright.Browser, home: Path) -> Iterator[Callable[[str], Page]]:
    """A Russian browser of the reviewer; pages of it share what it keeps."""
    contexts: dict[str, playwright.BrowserContext] = {}

    def open_page(base: str) -> Page:
        if base not in contexts:
            contexts[base] = chromium.new_context(
                base_url=base, locale="ru-RU", viewport={"width": 1440, "height": 900}
            )
            contexts[base].add_cookies([session_cookie(Workspace.open(home), base, "q1")])
        return contexts[base].new_page()

    yield open_page
    for context in contexts.values():
        context.close()


def open_call(page: Page, call_id: str) -> None:
    page.goto(f"/call?id={call_id}")
    page.wait_for_selector(SETTLED, timeout=60_000)
    page.locator(".qcw-form").wait_for(timeout=60_000)


#: Forms and players on the page, the most at any moment: [forms, players].
COUNT_PANELS = """() => { window.mostPanels = [0, 0];
    const roots = (root) => [root, ...[...root.querySelectorAll('*')].filter((one) => one.shadowRoot)
        .flatMap((one) => roots(one.shadowRoot))];
    const count = (name) => roots(document).reduce((sum, root) => sum + root.querySelectorAll(name).length, 0);
    const look = () => {
        ['.qcw-form', 'section.qcw'].forEach((name, at) => {
            window.mostPanels[at] = Math.max(window.mostPanels[at], count(name)); });
        requestAnimationFrame(look); };
    look(); }"""


def opened(page: Page) -> None:
    """The form waits for answers; the one of the call before is gone."""
    expect(page.locator(".qcw-form[data-phase=open]")).to_have_count(1, timeout=60_000)
    expect(page.locator(".qcw-form")).to_have_count(1)


def press(page: Page, keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def kept(home: Path, call_id: str) -> tuple[Evaluation, list[SavedReply]]:
    with Workspace.open(home).store.reading() as reader:
        (evaluation,) = scoring.evaluations_of_call(reader, call_id)
        return evaluation, scoring.steps_of(reader, evaluation.evaluation_id)


def answers(home: Path, call_id: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(step.question, step.reply.values) for step in kept_steps(kept(home, call_id)[1]) if step.reply]


def saved(page: Page) -> None:
    expect(page.locator(".status")).to_have_attribute("data-state", "saved", timeout=60_000)


def test_a_call_is_scored_by_keyboard_alone_and_the_next_one_opens(home: Path, browser: Callable[[str], Page]) -> None:
    with served(home) as base:
        page = browser(base)
        open_call(page, FIRST)
        form = page.locator(".qcw-form")
        expect(form).to_contain_text("Входящая заявка")
        page.locator("section.qcw").evaluate("player => { player.dataset.mark = 'the same'; }")
        press(page, "1n1n2n")  # greeted, company, no name
        expect(form.locator("[data-question=client_name]")).to_have_attribute("aria-current", "true")
        press(page, "0n2")  # the client's name does not apply; the price came first, and that needs its cause
        press(page, "2")
        page.keyboard.press("Enter")
        page.keyboard.type("Цена до вопросов")
        page.keyboard.press("Enter")
        press(page, "s")
        expect(form.locator(".said.problem")).to_contain_text("Ещё не отправлено")
        expect(form.locator("[data-question=needs]")).to_have_attribute("aria-current", "true")
        press(page, "13n4n1n1n1n1n2")  # rude: the call fails, said at once
        expect(form.locator(".failed")).to_contain_text("Автопровал")
        press(page, "z1n1")
        expect(form.locator(".failed")).to_have_count(0)
        page.keyboard.press("o")
        page.keyboard.type("Проверьте тон")
        page.keyboard.press("Enter")
        saved(page)
        expect(page.locator("section.qcw")).to_have_attribute("data-mark", "the same")
        page.evaluate(COUNT_PANELS)
        page.keyboard.press("s")
        page.keyboard.press("Space")  # before the next call is there: it is meant for it
        page.wait_for_url(f"**/call?id={SECOND}", timeout=60_000)
        opened(page)
        expect(page.locator("section.qcw")).to_have_attribute("data-playing", "true")
        assert page.evaluate("window.mostPanels") == [1, 1]  # the old form and player never stood beside the new
        press(page, "m")
        expect(form.locator(".reasons")).to_contain_text("Почему звонок нельзя оценить")
        page.keyboard.press("Escape")
        expect(form.locator(".reasons")).to_have_count(0)
        press(page, "m2")
        page.wait_for_url("**/queue", timeout=60_000)  # nothing else is left for today
        undo = page.get_by_role("button", name=re.compile("Вернуть заменённый"))
        expect(undo).to_be_visible()
        page.wait_for_selector(SETTLED)
        page.keyboard.press("0")
        expect(undo).to_have_count(0)
        page.wait_for_selector(SETTLED)
        evaluation, _ = kept(home, FIRST)
        given = dict(answers(home, FIRST))
        assert evaluation.submitted_at is not None
        assert evaluation.failed is False
        assert evaluation.second_opinion == "Проверьте тон"
        assert 0 < evaluation.spent_s < 240
        assert given["client_name"] == ("not_applicable",)
        assert given["needs"] == ("what", "budget")
        assert given["polite"] == ("yes",)
        open_call(page, FIRST)
        expect(form).to_have_attribute("data-phase", "mine")
        expect(form).to_contain_text("Цена до вопросов")
        page.keyboard.press("s")
        page.wait_for_url(f"**/call?id={SECOND}", timeout=60_000)


def test_keys_pressed_while_their_list_is_read_answer_nothing_and_a_list_once_closed_stays_closed(
    home: Path, browser: Callable[[str], Page]
) -> None:
    with served(home) as base:
        page = browser(base)
        open_call(page, FIRST)
        keys = page.get_by_role("dialog", name="Клавиши (?)")
        page.keyboard.press("Shift+Slash")
        expect(keys).to_be_visible()
        keys.locator("h2").click()  # on its words, where nothing takes the focus
        press(page, "1s")
        page.keyboard.press("Escape")
        expect(keys).to_be_hidden()
        expect(page.locator(".question.answered")).to_have_count(0)
        expect(page.locator(".said.problem")).to_have_count(0)
        below = page.locator(".qcw-form footer details")
        expect(below).to_have_attribute("open", "")
        below.locator("summary").click()
        expect(below).not_to_have_attribute("open", "")
        open_call(page, SECOND)
        expect(below).to_have_count(1)
        expect(below).not_to_have_attribute("open", "")


def test_ticks_of_several_answers_are_ticks_however_slowly_they_come_and_the_cause_is_asked_on_leaving(
    home: Path, browser: Callable[[str], Page]
) -> None:
    with served(home) as base:
        page = browser(base)
        open_call(page, FIRST)
        needs = page.locator("[data-question=needs]")
        needs.locator("[data-value=who]").click()
        saved(page)  # the server has said that so little counts as bad
        expect(needs.locator(".causes")).to_be_visible()
        page.keyboard.press("2")
        expect(needs.locator("[data-value=when]")).to_have_attribute("aria-pressed", "true")
        saved(page)
        page.keyboard.press("2")
        expect(needs.locator("[data-value=when]")).to_have_attribute("aria-pressed", "false")
        saved(page)
        page.keyboard.press("n")
        expect(needs.locator(".causes.asked")).to_be_visible()
        expect(needs).to_have_attribute("aria-current", "true")
        page.keyboard.press("2")
        expect(needs.locator("[data-cause=not_listened]")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("n")
        expect(page.locator("[data-question=offer_fits]")).to_have_attribute("aria-current", "true")
        saved(page)
    (*_, last) = kept_steps(kept(home, FIRST)[1])
    assert last.reply is not None
    assert (last.question, last.reply.values, last.reply.cause) == ("needs", ("who",), "not_listened")


@pytest.mark.slow
def test_answers_wait_for_the_server_and_come_once_and_in_order(home: Path, browser: Callable[[str], Page]) -> None:
    port = free_port()
    with served(home, port) as base:
        page = browser(base)
        open_call(page, FIRST)
        press(page, "1n")
        saved(page)
    press(page, "2n1")  # the server is gone
    expect(page.locator(".status")).to_have_attribute("data-state", "offline", timeout=60_000)
    press(page, "2z")  # second thoughts, taken back
    expect(page.locator("[data-question=introduced] [data-value=yes]")).to_have_attribute("aria-pressed", "true")
    with served(home, port):
        saved(page)
        assert answers(home, FIRST) == [("greeted", ("yes",)), ("named_company", ("no",)), ("introduced", ("yes",))]
        assert len(kept(home, FIRST)[1]) == 5
    press(page, "n1")
    expect(page.locator(".status")).to_have_attribute("data-state", "offline", timeout=60_000)
    page.keyboard.press("Enter")
    page.keyboard.type("Не договорил")  # not even saved by its writer
    page.close()
    with served(home, port) as base:
        page = browser(base)
        open_call(page, FIRST)
        saved(page)
        expect(page.locator("[data-question=client_name] textarea")).to_have_value("Не договорил")
        assert answers(home, FIRST)[-1] == ("client_name", ("yes",))
        assert len(kept(home, FIRST)[1]) == 6


@pytest.mark.slow
def test_a_machines_answer_is_a_suggestion_until_a_person_accepts_it(
    tmp_path: Path, chromium: playwright.Browser
) -> None:
    workspace = company_heard(tmp_path / "heard")
    published(workspace)
    with served(workspace.home) as base:
        context = chromium.new_context(base_url=base, locale="ru-RU", viewport={"width": 1440, "height": 900})
        context.add_cookies([session_cookie(workspace, base, "q1")])
        page = context.new_page()
        open_call(page, company.TALK)
        offered = page.locator(".question:has(.suggestion:not(.settled))").first
        expect(offered).to_contain_text("Программа предлагает")
        expect(page.locator(".score b")).to_have_attribute("data-score", "")  # it is no score
        question = str(offered.get_attribute("data-question"))
        machine = str(offered.locator(".answer.suggested").get_attribute("data-value"))
        box = page.locator(f"[data-question={question}]")
        while box.get_attribute("aria-current") is None:
            page.keyboard.press("n")
        page.keyboard.press("a")
        expect(box.locator(f"[data-value={machine}]")).to_have_attribute("aria-pressed", "true")
        expect(box.locator(".suggestion")).to_contain_text("принято")
        saved(page)
        context.close()
    assert answers(workspace.home, company.TALK) == [(question, (machine,))]
    with workspace.store.reading() as reader:
        (check,) = auto_answers.checks_of_call(reader, company.TALK).values()
    assert (check.machine.value, check.human.value, check.by) == (machine, machine, "Глеб Слушатель")
