"""Reports as files: the same content as HTML, PDF and XLSX, in both languages, nothing of the data taken for code."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from qc_workbench.config import Company
from qc_workbench.domain.call import Manager
from qc_workbench.domain.flag import Evidence
from qc_workbench.reporting.document import Document, Plot
from qc_workbench.reporting.month import build_month
from qc_workbench.reporting.month_document import evidence_text, month_document
from qc_workbench.reporting.plots import intervals, to_svg
from qc_workbench.reporting.render_html import render_html
from qc_workbench.reporting.render_pdf import FONT, render_pdf
from qc_workbench.reporting.render_xlsx import render_xlsx
from qc_workbench.reporting.today_document import today_document
from qc_workbench.ui.i18n import Translator
from tests.report_cases import facts
from tests.today_cases import a_day

ZONE = ZoneInfo("Europe/Moscow")
SECTIONS = {
    "ru": ["1. Динамика продаж", "2. Расследование", "3. Анализ звонков", "4. Итоги", "Приложение. Как посчитано"],
    "en": ["1. Dynamics", "2. Investigation", "3. Call analysis", "4. Results", "Appendix. How it was counted"],
}


def month(language: str = "ru", name: str = "Борис") -> Document:
    known = facts()
    known = replace(known, company=Company(name="Тихий створ"), managers={**known.managers, "m1": Manager("m1", name)})
    return month_document(build_month(known, date(2026, 10, 1)), Translator(language, ZONE))


def day(language: str = "ru") -> Document:
    return today_document(a_day(), Translator(language, ZONE))


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_four_sections_and_the_appendix_come_in_their_order(language: str) -> None:
    assert [section.title for section in month(language).sections] == SECTIONS[language]
    page = render_html(month(language))
    positions = [page.index(f"<h2>{title}</h2>") for title in SECTIONS[language]]
    assert positions == sorted(positions)
    assert f'<html lang="{language}">' in page


def test_html_needs_nothing_from_outside_and_no_script() -> None:
    page = render_html(month())
    assert "<script" not in page
    links = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)""", page)
    assert [link for link in links if not link.startswith("#")] == []
    assert "<svg" in page


def test_names_and_quotes_are_shown_as_text_and_never_run() -> None:
    page = render_html(month(name="<img src=x onerror=alert(1)>"))
    assert "<img" not in page
    assert "&lt;img src=x" in page
    assert "Оставьте сообщение &lt;после&gt; сигнала" in page


def test_the_evidence_of_a_padded_call_has_its_place_and_says_what_speaks_for_the_agent() -> None:
    page = render_html(month())
    assert "0:01–0:07" in page
    assert "в пользу менеджера" in page


def test_a_plot_is_told_in_words_too() -> None:
    plots = [block for section in month().sections for block in section.blocks if isinstance(block, Plot)]
    assert plots
    for plot in plots:
        assert plot.description in render_html(month())


@pytest.mark.parametrize("make", [month, day], ids=["month", "day"])
@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_pdf_has_text_pages_and_numbers_on_them(make: object, language: str) -> None:
    assert callable(make)
    document: Document = make(language)
    pages = PdfReader(io.BytesIO(render_pdf(document))).pages
    text = " ".join(page.extract_text() for page in pages)
    for section in document.sections:
        assert section.title in text
    assert f"1 / {len(pages)}" in text
    # Vector plots: no page carries a bitmap.
    assert [image.name for page in pages for image in page.images] == []


def test_typst_markup_in_a_name_stays_text() -> None:
    text = PdfReader(io.BytesIO(render_pdf(month(name="#panic()[x] $y$")))).pages
    assert "#panic()[x] $y$" in " ".join(page.extract_text() for page in text)


def test_a_workbook_has_real_numbers_frozen_headers_and_filters() -> None:
    book = load_workbook(io.BytesIO(render_xlsx(month("en"), Translator("en", ZONE), ZONE)))
    sheet = book["Agents"]
    header = [cell.value for cell in sheet[1]]
    boris = next(row for row in sheet.iter_rows(min_row=2, values_only=True) if row[0] == "Борис")
    assert boris[header.index("Calls")] == 4
    assert boris[header.index("Amount won")] == 1000.5
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref
    weeks = book["Weeks"]
    assert weeks["D3"].value == pytest.approx(2 / 3)
    assert weeks["D3"].number_format == "0%"


def test_times_in_a_workbook_are_of_the_companys_clock() -> None:
    book = load_workbook(io.BytesIO(render_xlsx(month("en"), Translator("en", ZONE), ZONE)))
    assert book["Suspicious calls"]["B2"].value == datetime(2026, 10, 1, 9, tzinfo=UTC).replace(tzinfo=None)


def test_a_formula_in_the_data_stays_text_in_a_workbook() -> None:
    book = load_workbook(io.BytesIO(render_xlsx(month("en", name="=1+1"), Translator("en", ZONE), ZONE)))
    names = [row[0] for row in book["Agents"].iter_rows(min_row=2)]
    cell = next(cell for cell in names if cell.value == "=1+1")
    assert cell.data_type == "s"


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_month_without_a_call_is_still_a_report(language: str) -> None:
    empty = month_document(build_month(facts(), date(2025, 1, 1)), Translator(language, ZONE))
    assert Translator(language)("report.month.no_calls") in render_html(empty)
    assert render_pdf(empty).startswith(b"%PDF")


def test_unexamined_effective_calls_are_unknown_and_not_clean() -> None:
    known = replace(facts(), conversations={}, flags=())
    words = Translator("ru", ZONE)
    page = render_html(month_document(build_month(known, date(2026, 10, 1)), words))
    assert words("report.say.all_unknown") in page
    assert words("report.empty.padded") not in page


def test_many_stretches_of_one_kind_are_told_once_by_the_longest() -> None:
    stretches = tuple(Evidence(0, start, end, "silence") for start, end in ((1.0, 2.0), (5.0, 20.0), (30.0, 31.0)))
    told = evidence_text((Evidence(1, 0.5, 0.9, "beep"), *stretches), Translator("en", ZONE))
    assert told.count(";") == 1
    assert "0:05–0:20 and 2 more" in told


def test_the_names_beside_a_plot_are_whole_whatever_the_font() -> None:
    long = "Узнал, как зовут клиента, и обращался по имени?"
    drawn = to_svg(intervals([(long, 40.0, 55.0, 66.0)], "Балл", (0, 100)), FONT)
    assert f">{long}<" in drawn
    assert f'font-family="{FONT}"' in drawn


def test_a_list_that_is_empty_on_paper_sends_nobody_to_a_field_of_the_page() -> None:
    nothing = Translator("ru")("today.none_of_list")
    empty = today_document(replace(a_day(), escalated=(), broken=(), due_today=()), Translator("ru", ZONE))
    assert nothing not in render_html(empty)
    assert "За этот день ничего." in render_html(empty)
