"""Every part of the monthly report in both languages: all its words are in the catalogue and its numbers in place."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from qc_workbench.config_targets import Targets
from qc_workbench.domain.coaching import Clip, ClipKind
from qc_workbench.domain.consent import ConsentTally
from qc_workbench.domain.crm import ActivityType, DealStatus
from qc_workbench.domain.forms import Form, Kind, Question, Section, Text
from qc_workbench.domain.investigation import (
    Change,
    CheckCaution,
    Hypothesis,
    HypothesisState,
    LetterOutcome,
    Metric,
    MonthInvestigation,
    RepeatCheck,
    Scope,
    Standing,
)
from qc_workbench.domain.letter import Letter, LetterEvent, LetterStep
from qc_workbench.domain.measure import Measure, MeasureKind, MeasureReason
from qc_workbench.domain.missed_caller import MissedCaller, Reached
from qc_workbench.domain.month_lists import AgentFaults, CountedCall, DetectorVersion, DoneStep
from qc_workbench.domain.sales import (
    ClosedDeal,
    SalesFacts,
    SourceTally,
    StageTally,
    StepTally,
)
from qc_workbench.reporting.counting import month_facts
from qc_workbench.reporting.document import Document, Heading, Paragraph, Table, Tiles
from qc_workbench.reporting.month import Investigation, Month, MonthMore, month_of
from qc_workbench.reporting.month_basis import PAPER_ROWS, Basis
from qc_workbench.reporting.month_document import month_document
from qc_workbench.reporting.month_scores import FormFacts, KeptClip, ScoredCall
from qc_workbench.reporting.render_html import render_html
from qc_workbench.reporting.render_pdf import render_pdf
from qc_workbench.sampling.estimates import StratumSample
from qc_workbench.ui.i18n import Translator
from tests.report_cases import at, facts

OCTOBER = date(2026, 10, 1)


def deals(stretch: int, number: int, amount: int, status: DealStatus = DealStatus.WON) -> list[ClosedDeal]:
    day = at(9 + stretch, month=9 + stretch)
    return [
        ClosedDeal(
            stretch, f"d{stretch}{status}{n}", "m1", status, "Договор", "yandex", Decimal(amount + n), "RUB",
            day - timedelta(days=n), day, None,
        )
        for n in range(number)
    ]  # fmt: skip


def form() -> FormFacts:
    questions = tuple(
        Question(code, Kind.YES_NO, Text(f"Вопрос {code}", f"Question {code}"), Decimal(1)) for code in "ab"
    )
    sample = (StratumSample("w", "direction=outbound", 200, (60.0, 80.0, 100.0, 40.0)),)
    return FormFacts(
        Form("cold", Text("Холодный", "Cold"), (Section("s", Text("С", "S"), questions),)),
        "weekly", (1, 2), sample, sample, {"a": sample, "b": sample}, {"a": 2},
        tuple(ScoredCall(f"s{n}", "m1", at(5, 9, n), 10.0 * n, n == 0) for n in range(7)), 1,
    )  # fmt: skip


def investigation() -> MonthInvestigation:
    fixed = Hypothesis(
        "h1", OCTOBER, "Накручивают", Metric.PADDED_CALLS, 0.1, Scope(), 30, 3, 1, None, "Вера", at(1), "0" * 64,
        fixed_late=True,
    )  # fmt: skip
    sent = LetterEvent("l1", 1, LetterStep.MAILED, "Вера", at(15))
    letter = Letter(
        "l1", OCTOBER, "m1", "ru", ("h1",), (), "Письмо", "Текст", "a" * 64, "Вера", at(14), events=(sent,)
    )  # fmt: skip
    check = RepeatCheck(
        "l1", "h1", "m1", at(16), at(31), 9, 30, 1, 30, 5, 10, 100, 9, 90, Change(-0.27, -0.4, -0.1), None, 0.2,
        None, LetterOutcome.IMPROVED, Standing.WITHIN, (CheckCaution.RETURN,),
    )  # fmt: skip
    measure = Measure("x", OCTOBER, "m1", MeasureKind.TALK, MeasureReason.NOT_KNOWN_YET, ("h1",), "l1", at(31))
    return MonthInvestigation(OCTOBER, (HypothesisState(fixed, None, None),), (letter,), (check,), (measure,))


def more() -> MonthMore:
    missed = [
        MissedCaller(
            1,
            f"x{n}",
            "+79160000001",
            "m1",
            at(6, 9, n),
            None,
            1,
            how,
            600.0 * (n + 1) if how is Reached.BY_US else None,
        )
        for n, how in enumerate((*Reached, *([Reached.BY_US] * 11)))
    ]
    return MonthMore(
        sales=SalesFacts(
            closed=(*deals(0, 12, 100), *deals(1, 30, 1000), *deals(1, 5, 0, DealStatus.LOST)),
            sources=(SourceTally(1, "yandex", 4), SourceTally(1, "yandex", 0, 9, 2), SourceTally(1, None, 1)),
            stages=(StageTally(1, "Новая", 10, 5, 1, 2, 2, 3, 1.0), StageTally(0, "Новая", 9, 5, 1, 2, 1, 3, 1.0)),
            steps=(StepTally(1, "m1", 5, 3, 4, 2, 7),),
            missed=tuple(missed),
            has_stage_history=True,
            calls_from=at(1, month=8),
            deals_from=at(1, month=8),
            steps_from=at(1, month=8),
        ),
        targets=Targets(revenue=1, deals_won=100, win_rate=0.5, verified_share=0.9),
        forms=(form(),),
        clips=(KeptClip(Clip("k", "o1", 3.0, 9.5, ClipKind.GOOD, "Как надо", None, "Вера", at(5)), "m1", at(5)),),
        basis=Basis(
            detectors=(DetectorVersion("padded_calls", "9", 3),),
            effective=tuple(CountedCall(f"e{n}", at(5), "m1", 50, None, None) for n in range(PAPER_ROWS + 5)),
            effective_all=PAPER_ROWS + 5,
            steps=(DoneStep("a1", ActivityType.MEETING, "m1", None, at(3), None, None),),
            steps_all=1,
        ),
        investigation=investigation(),
        faults=(AgentFaults("m1", 5, 2, 1, Decimal("200.50"), "RUB", True),),
    )


def whole() -> Month:
    return month_of(month_facts(facts(), OCTOBER), more())


def document(language: str) -> Document:
    return month_document(whole(), Translator(language))


def blocks(found: Document, kind: type) -> list[object]:
    return [block for section in found.sections for block in section.blocks if isinstance(block, kind)]


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_part_has_its_words_and_becomes_every_form(language: str) -> None:
    found = document(language)
    page = render_html(found)
    for text in ("Накручивают", "Как надо", "a" * 12, "yandex", "Новая"):
        assert text in page
    assert render_pdf(found).startswith(b"%PDF")
    words = Translator(language)
    for unknown in ("metric.", "letter_step.", "measure.", "hypothesis_verdict.", "change.", "reach.", "callback."):
        assert unknown not in page
    assert words("reach.met") in page
    assert words("reach.missed") in page


@pytest.mark.parametrize("language", ["ru", "en"])
def test_each_tile_leads_to_its_definition(language: str) -> None:
    found = document(language)
    page = render_html(found)
    tiles = [tile for block in blocks(found, Tiles) for tile in block.tiles]  # type: ignore[attr-defined]
    assert len(tiles) > 6
    for tile in tiles:
        assert page.count(f'id="proof-{tile.proof}"') == 1
        assert f'href="#proof-{tile.proof}"' in page


def consent_said(month: Month, language: str) -> str:
    """What stands below the heading of the consent line, the cells of its table in brackets."""
    words = Translator(language)
    found = month_document(month, words).sections[2].blocks
    at_heading = found.index(Heading(words("report.month.consent")))
    said = [block.text for block in found[at_heading + 1 : at_heading + 2] if isinstance(block, Paragraph)]
    table = found[at_heading + 2]
    if isinstance(table, Table) and table.sheet == words("report.sheet.consent"):
        said += [str([cell.text for cell in row]) for row in table.rows]
    return " ".join(said)


def test_clients_told_of_the_recording_are_counted_and_unsure_calls_told_apart() -> None:
    tallies = (ConsentTally("inbound", 3, 1, 2), ConsentTally("outbound", 0, 0, 5))
    month = month_of(month_facts(facts(), OCTOBER), replace(more(), consent=tallies))
    said = consent_said(month, "ru")
    assert "В 4 звонках известно, предупредили ли клиента о записи: предупредили в 3 (75\xa0%)." in said
    assert "Ещё в 7 звонках неясно" in said
    assert r"'3', '1', '2', '75\xa0%'" in said
    assert "'0', '0', '5', '—'" in said  # of nothing known no share is told
    assert "In 7 more calls it is unclear" in consent_said(month, "en")


def test_a_month_without_consent_lines_says_whether_nobody_asked_or_nothing_was_recognised() -> None:
    words = Translator("ru")
    off = month_of(month_facts(facts(), OCTOBER), more())
    assert consent_said(off, "ru") == words("consent.off")
    silent = month_of(month_facts(facts(), OCTOBER), replace(more(), consent=(ConsentTally("inbound"),)))
    assert consent_said(silent, "ru") == words("month_say.consent_none")


def test_a_long_list_is_cut_on_paper_and_says_so() -> None:
    words = Translator("ru")
    found = document("ru")
    table = next(
        block
        for block in blocks(found, Table)
        if block.sheet == words("report.sheet.effective")  # type: ignore[attr-defined]
    )
    assert isinstance(table, Table)
    assert (len(table.rows), len(table.printed)) == (PAPER_ROWS + 5, PAPER_ROWS)
    page = render_html(found)
    assert f"e{PAPER_ROWS - 1}<" in page
    assert f"e{PAPER_ROWS}<" not in page
    assert table.cut in page


def test_what_grew_beyond_chance_is_said_and_what_is_few_is_not() -> None:
    month = whole()
    said = " ".join(block.text for block in blocks(document("ru"), Paragraph))  # type: ignore[attr-defined]
    assert "выручка по выигранным сделкам (" in said
    assert "средний чек (" in said
    assert "потерянные входящие (" not in said
    average = month.sales.indicator("average_deal")
    assert average is not None
    assert average.now.value == Decimal("1014.50")


def test_a_month_that_goes_on_compares_nothing() -> None:
    goes_on = month_of(month_facts(replace(facts(), as_of=at(20)), OCTOBER), more())
    text = str(month_document(goes_on, Translator("ru")))
    assert "Больше, чем месяцем раньше" not in text
    assert "Меньше, чем месяцем раньше" not in text


@pytest.mark.parametrize(("day", "weeks"), [(1, 1), (8, 2), (20, 4), (31, 5)])
def test_weeks_of_a_month_that_goes_on_are_those_that_have_begun(day: int, weeks: int) -> None:
    goes_on = month_of(month_facts(replace(facts(), as_of=at(day)), OCTOBER), more())
    assert len(goes_on.dynamics.weeks) == weeks


def test_rows_of_a_clip_and_of_a_suspicion_open_the_moment_of_the_call() -> None:
    links = [
        link.query
        for block in blocks(document("ru"), Table)
        for link in block.opens  # type: ignore[attr-defined]
        if link is not None and "at" in link.query
    ]
    assert {"id": "o1", "at": "3.0"} in links
    assert all(set(query) == {"id", "at"} for query in links)
    assert len(links) >= 3


def test_what_to_mind_of_the_repeat_check_is_said_once_below_its_table() -> None:
    known = investigation()
    again = replace(known.checks[0], letter_id="l2", agent="m2")
    month = replace(whole(), investigation=Investigation(replace(known, checks=(known.checks[0], again))))
    words = Translator("ru")
    caution = words(f"check_caution.{CheckCaution.RETURN.value}")
    page = render_html(month_document(month, words))
    assert page.count(caution) == 1


@pytest.mark.parametrize(("versions", "said"), [((1,), "версия 1"), ((1, 2), "версии 1, 2")])
def test_one_version_of_a_form_is_a_version(versions: tuple[int, ...], said: str) -> None:
    month = whole()
    some = replace(month, forms=tuple(replace(item, versions=versions) for item in month.forms))
    assert f"Холодный, {said}<" in render_html(month_document(some, Translator("ru")))
