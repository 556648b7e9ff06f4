"""Rules of docs/scoring.md on the smallest forms that show them; chance rarely meets these corners."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qc_workbench.domain.forms import Condition, Critical, Kind, NotApplicable, Question
from qc_workbench.review.scoring import score, shown_questions
from tests.form_cases import form_of, replies, text, yes_no


def scale(code: str, points: int) -> Question:
    return Question(code, Kind.SCALE, text(code), Decimal(points), lowest=Decimal(1), highest=Decimal(5))


def test_the_example_of_the_document_comes_to_its_52_points() -> None:
    form = form_of(
        yes_no("greeting", 5),
        scale("needs", 20),
        yes_no("objection", 10, not_applicable=NotApplicable.DROP),
        yes_no("next_step", 15),
        yes_no("second_product", 2, bonus=True),
    )
    result = score(
        form, replies(greeting="yes", needs="4", objection="not_applicable", next_step="no", second_product="yes")
    )
    assert (result.earned, result.possible, result.bonus, result.score) == (20, 40, 2, 52)


def test_a_section_set_to_zero_loses_its_bonus_too() -> None:
    form = form_of(yes_no("told", critical=Critical.SECTION), yes_no("more", 10), yes_no("extra", 3, bonus=True))
    result = score(form, replies(told="no", more="yes", extra="yes"))
    assert (result.score, result.bonus, result.sections[0].is_zeroed, result.has_failed) == (0, 0, True, False)


@pytest.mark.parametrize(("said", "is_shown"), [("1", False), ("2", True), ("4", True), ("5", False)])
def test_both_borders_of_a_condition_belong_to_it(said: str, is_shown: bool) -> None:
    within = Condition("tone", at_least=Decimal(2), at_most=Decimal(4))
    form = form_of(scale("tone", 10), yes_no("why", show_when=(within,)))
    assert ("why" in shown_questions(form, replies(tone=said))) is is_shown


def test_halves_are_rounded_up() -> None:
    form = form_of(yes_no("one", 1), yes_no("rest", 799))
    assert score(form, replies(one="yes", rest="no")).score == Decimal("0.13")  # 0.125
