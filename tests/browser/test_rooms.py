"""The app in a browser: rooms open by address, the player plays and seeks, keys work, rulings are made and undone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qc_workbench.domain.job import JobState
from qc_workbench.store import listening
from qc_workbench.store.database import Statement, insert
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.navigation import ROOMS
from qc_workbench.workspace import Workspace
from tests.browser.conftest import playwright
from tests.browser.serving import SETTLED
from tests.ui import sample_company as company
from tests.ui.busy_ledger import job_row

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

Page = playwright.Page
expect = playwright.expect


def opened(page: Page, address: str) -> None:
    page.goto(address)
    settled(page)


def settled(page: Page) -> None:
    page.wait_for_selector(SETTLED, timeout=60_000)


def playing_time(page: Page) -> float:
    return float(page.locator("section.qcw").get_attribute("data-time") or 0)


def wait_for_time(page: Page, seconds: float) -> None:
    page.wait_for_function(
        """([at]) => { for (const host of document.querySelectorAll('*')) {
             const box = host.shadowRoot?.querySelector('section.qcw');
             if (box) return Number(box.dataset.time) >= at; } return false; }""",
        arg=[seconds],
        timeout=60_000,
    )


@pytest.mark.slow
def test_every_room_opens_by_its_address(visit: Callable[[str], Page]) -> None:
    t = Translator("ru")
    people = {"h1": visit("h1"), "m1": visit("m1")}
    for employee, room in [("h1", room) for room in ROOMS if room != "my"] + [("m1", "my")]:
        page = people[employee]
        opened(page, f"/{room}")
        title = t(f"room.{room}")
        expect(page.get_by_role("heading", level=1)).to_have_text(title, timeout=60_000)
        expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_call_plays_and_says_how_much_was_heard(page: Page, workspace_home: Path) -> None:
    opened(page, f"/call?id={company.PROMISE}")
    page.get_by_role("button", name="Слушать (пробел)").click()
    wait_for_time(page, 1.0)
    page.get_by_role("button", name="Пауза (пробел)").click()
    expect(page.locator(".heard")).to_have_text(re.compile(r"Прослушано [1-9]\d*\s%"))
    store = Workspace.open(workspace_home).store
    with store.reading() as reader:
        heard = "select count(*) from audit where object = ? and action = 'recording_played' and actor = 'Вера Главная'"
        assert reader.value(heard, company.PROMISE) == 1


@pytest.mark.slow
def test_a_recording_in_a_format_browsers_do_not_know_plays_too(page: Page) -> None:
    opened(page, f"/call?id={company.TALK}")
    page.get_by_role("button", name="Слушать (пробел)").click()
    wait_for_time(page, 0.5)


def test_a_click_on_a_word_goes_to_it_and_the_sound_goes_on_from_there(page: Page) -> None:
    opened(page, f"/call?id={company.PROMISE}")
    page.locator(".word", has_text="четверг").first.click()
    at = playing_time(page)
    assert 4.5 < at < 9.0
    expect(page.locator(".word.now")).to_have_text("четверг")
    page.get_by_role("button", name="Слушать (пробел)").click()
    wait_for_time(page, at + 0.5)
    page.get_by_role("button", name="Пауза (пробел)").click()
    assert playing_time(page) < at + 8
    # What was jumped over was not heard: some seconds of thirty at most.
    heard = re.search(r"\d+", page.locator(".heard").inner_text())
    assert heard is not None
    assert 1 <= int(heard.group()) < 25


def test_keys_play_move_and_change_the_speed_in_any_layout(page: Page) -> None:
    opened(page, f"/call?id={company.PROMISE}")
    page.locator("section.qcw").wait_for()
    page.keyboard.press("l")
    assert playing_time(page) == pytest.approx(5.0, abs=0.1)
    page.keyboard.press("ArrowRight")
    assert playing_time(page) == pytest.approx(10.0, abs=0.1)
    page.keyboard.press("j")
    page.keyboard.press("Shift+ArrowLeft")
    assert playing_time(page) == pytest.approx(4.0, abs=0.1)
    # The physical key L with the Russian layout on.
    page.evaluate("document.dispatchEvent(new KeyboardEvent('keydown', {code: 'KeyL', key: 'д', bubbles: true}))")
    assert playing_time(page) == pytest.approx(9.0, abs=0.1)
    page.keyboard.press(".")
    expect(page.get_by_role("combobox", name="Скорость")).to_have_value("1.25")
    page.keyboard.press("Space")
    expect(page.locator("section.qcw")).to_have_attribute("data-playing", "true")
    wait_for_time(page, 9.3)
    page.keyboard.press("k")
    expect(page.locator("section.qcw")).to_have_attribute("data-playing", "false")


def test_keys_typed_into_a_field_are_text(page: Page) -> None:
    opened(page, "/suspicious")
    page.get_by_role("textbox", name="Комментарий").fill("")
    page.get_by_role("textbox", name="Комментарий").press_sequentially("jl 1")
    expect(page.get_by_role("textbox", name="Комментарий")).to_have_value("jl 1")
    expect(page.locator("section.qcw")).to_have_attribute("data-playing", "false")


def test_a_deep_link_opens_the_call_at_its_second(page: Page) -> None:
    opened(page, f"/call?id={company.PROMISE}&at=4.5")
    expect(page.get_by_role("heading", level=1)).to_have_text("Борис Образцов · Ирина, квартира")
    page.locator("section.qcw").wait_for()
    assert playing_time(page) == pytest.approx(4.5, abs=0.05)


@pytest.mark.slow
def test_the_key_moment_of_a_case_plays_and_stops_by_itself(page: Page) -> None:
    opened(page, "/suspicious")
    page.get_by_role("combobox", name="Скорость").select_option("2.5")
    page.get_by_role("button", name="Секунды, из-за которых").click()
    expect(page.locator("section.qcw")).to_have_attribute("data-playing", "true")
    expect(page.locator("section.qcw")).to_have_attribute("data-playing", "false", timeout=60_000)
    assert playing_time(page) == pytest.approx(11.5, abs=1.0)


@pytest.mark.slow
def test_the_language_of_the_browser_is_the_first_and_the_switch_changes_it(page: Page) -> None:
    opened(page, "/promises")
    expect(page.get_by_role("heading", level=1)).to_have_text("Обещания")
    page.get_by_role("radio", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Promises")
    page.get_by_role("link", name="Today").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")


def test_a_case_is_confirmed_with_one_key_and_undone_with_another(page: Page) -> None:
    opened(page, "/suspicious")
    expect(page.get_by_role("button", name=re.compile("Подтвердить"))).to_be_enabled()
    page.locator("h1").click()
    page.keyboard.press("1")
    expect(page.get_by_text("Подтверждены · 1")).to_be_visible()
    # the page is drawn from top to bottom: the key works when its button is there and the one before is gone
    expect(page.locator("button:disabled", has_text="Отменить последнее")).to_have_count(0)
    expect(page.locator("button:enabled", has_text="Отменить последнее")).to_have_count(1)
    page.locator("h1").click()
    page.keyboard.press("0")
    expect(page.get_by_text("Ждут решения · 1")).to_be_visible()


@pytest.mark.slow
def test_a_tile_of_the_overview_opens_what_it_counts(page: Page) -> None:
    opened(page, "/")
    # the tile's own link: the page is drawn from top to bottom, and "the first link" is another while it grows
    page.locator("[data-testid='stMain'] a[href*='suspicious']").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Подозрительные звонки")
    assert page.url.endswith("/suspicious")


@pytest.mark.slow
def test_a_quote_of_a_promise_plays_in_the_list(page: Page) -> None:
    opened(page, "/promises")
    button = page.get_by_role("button", name="Слушать (пробел)").first
    button.click()
    expect(page.get_by_role("button", name="Пауза (пробел)")).to_have_count(1)


@pytest.mark.slow
def test_a_search_is_there_again_after_hearing_a_result_and_opening_its_call(page: Page) -> None:
    opened(page, "/search?q=четверг&agent=m2")
    page.get_by_role("button", name="Услышать это место").first.click()
    expect(page.get_by_role("button", name="Пауза (пробел)")).to_have_count(1)
    field = page.get_by_label("Что искать")
    field.fill("клиент:четверг")
    field.press("Enter")
    expect(page).to_have_url(re.compile("клиент|%D0%BA%D0%BB"))
    settled(page)
    page.locator(f"[data-testid='stMain'] a[href*='{company.PROMISE}']").click()
    expect(page).to_have_url(re.compile("/call"))
    page.go_back()
    expect(field).to_have_value("клиент:четверг")
    page.go_back()
    expect(field).to_have_value("четверг")
    expect(page.get_by_text("Найден 1 звонок")).to_be_visible()


@pytest.mark.slow
def test_work_is_paused_and_the_pause_undone_with_the_keyboard(page: Page, workspace_home: Path) -> None:
    store = Workspace.open(workspace_home).store
    store.write(insert("jobs", job_row("transcribe", "some-recording", JobState.WAITING, datetime.now(UTC))))
    try:
        opened(page, "/work")
        # while the room draws itself anew, the button that was there before the name stays for an instant, disabled
        pause = page.locator("button", has_text=re.compile("^Приостановить$"))
        expect(pause).to_have_count(1)
        expect(pause).to_be_enabled()
        pause.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Приостановлено: Распознавание речи. Кто: Вера Главная")).to_be_visible()
        expect(page.get_by_role("button", name="Продолжить", exact=True)).to_be_visible()
        expect(page.locator("button:enabled", has_text="Вернуть как было")).to_have_count(1)
        settled(page)
        page.locator("h1").click()
        page.keyboard.press("0")
        expect(page.get_by_text("Приостановлено:")).to_have_count(0)
        # The page goes on by itself: what is done meanwhile shows without a reload.
        store.write(Statement("update jobs set state = 'done', finished_at = now()"))
        expect(page.get_by_text("очередь пуста")).to_be_visible(timeout=60_000)
    finally:
        store.write(Statement("delete from jobs"))


@pytest.mark.slow
def test_the_words_of_an_opened_call_come_by_themselves(page: Page, workspace_home: Path) -> None:
    """No model here: what a worker would write is written while the page is open."""
    store = Workspace.open(workspace_home).store
    with store.reading() as reader:
        kept = listening.transcript(reader, company.TALK)
    assert kept is not None
    store.write(Statement("delete from transcripts where call_id = ?", (company.TALK,)))
    store.write(Statement("delete from turns where call_id = ?", (company.TALK,)))
    try:
        opened(page, f"/call?id={company.TALK}")
        expect(page.get_by_text("вы первый в очереди")).to_be_visible(timeout=60_000)
        expect(page.locator(".word", has_text="двери")).to_have_count(0)
        store.write(*listening.save_transcript(kept, company.AS_OF))
        expect(page.locator(".word", has_text="двери").first).to_be_visible(timeout=60_000)
        expect(page.get_by_text("вы первый в очереди")).to_have_count(0)
    finally:
        store.write(*listening.save_transcript(kept, company.AS_OF), Statement("delete from jobs"))


def test_a_mistake_of_the_program_is_a_sentence_without_links_outside(
    page: Page, server: str, workspace_home: Path
) -> None:
    """A table is missing, as after a failed update: the page says so and leads nowhere else."""
    store = Workspace.open(workspace_home).store
    store.write(Statement("alter table refusals rename to refusals_away"))
    try:
        opened(page, "/refusals")
        expect(page.get_by_text("из-за ошибки в программе")).to_be_visible()
        links = [link.evaluate("link => link.href") for link in page.locator("a").all()]
        assert [link for link in links if not link.startswith(server)] == []
    finally:
        store.write(Statement("alter table refusals_away rename to refusals"))


def test_an_uploads_words_and_sizes_are_in_the_language_of_the_page(page: Page) -> None:
    opened(page, "/import_files")
    upload = page.get_by_test_id("stFileUploader")
    expect(upload).to_contain_text("до 200\u00a0МБ на файл")
    expect(upload.get_by_role("button", name="Загрузить")).to_be_visible()
    page.set_input_files("input[type=file]", {"name": "5.7KB.csv", "mimeType": "text/csv", "buffer": b"x;y\n" * 1425})
    chip = upload.get_by_test_id("stFileChip")
    expect(chip).to_contain_text("5,7\u00a0КБ")
    expect(chip).to_have_attribute("aria-label", "5.7KB.csv, 5,7\u00a0КБ")
    expect(chip.get_by_test_id("stFileChipName")).to_have_text("5.7KB.csv")  # a name is nobody's to translate
    expect(chip.get_by_role("button", name="Убрать 5.7KB.csv")).to_be_visible()
    settled(page)
    page.evaluate(
        "() => { const style = document.createElement('style'); document.body.append(style);"
        " style.textContent = ':root { --qcw-language: en !important }'; }"
    )
    expect(chip).to_contain_text("5.7\u00a0KB")
    expect(chip).to_have_attribute("aria-label", "5.7KB.csv, 5.7\u00a0KB")
    expect(chip.get_by_role("button", name="Remove 5.7KB.csv")).to_be_visible()


@pytest.mark.parametrize("address", ["/month", "/refusals?list=reasons"])
def test_no_column_of_a_table_to_read_is_cut_off_on_a_narrow_page(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 1024, "height": 900})
    opened(page, address)
    page.wait_for_selector("[data-testid=stTable] table", timeout=60_000)
    settled(page)
    cut = """(table) => [table, ...table.querySelectorAll("*")].filter((node) =>
        node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).overflowX !== "visible").length"""
    tables = page.get_by_test_id("stTable").all()
    assert tables
    assert [table.evaluate(cut) for table in tables] == [0] * len(tables)


def test_a_number_of_the_day_brings_the_list_it_opens_into_sight(page: Page) -> None:
    opened(page, "/overview?day=2026-10-10")
    lists = page.get_by_role("heading", name="Списки дня")
    lists.wait_for()
    expect(lists).not_to_be_in_viewport()
    page.get_by_role("button", name="Показать", exact=True).first.click()
    expect(lists).to_be_in_viewport(timeout=60_000)
