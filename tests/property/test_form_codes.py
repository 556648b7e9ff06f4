"""Codes of options, causes and bands: made of the first words, kept where scores stand, followed by conditions."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_workbench.domain.form_rules import CODE, problems_of
from qc_workbench.domain.forms import Band, Condition, Form, Kind, Option, Question, Section, Text
from qc_workbench.errors import UsageError
from qc_workbench.review import form_codes, form_editing
from tests.form_cases import forms

NEW = Text("Новый вариант", "New option")


def form_of(*options: str) -> Form:
    reason = Question(
        "reason",
        Kind.CHOICE,
        Text("Почему?", "Why?"),
        Decimal(5),
        options=tuple(Option(code, Text(code, code), Decimal(place == 0)) for place, code in enumerate(options)),
    )
    then = Question(
        "then", Kind.TEXT, Text("И что?", "So what?"), show_when=(Condition("reason", (options[-1],)),), required=False
    )
    bands = (Band("low", Text("Плохо", "Poor"), Decimal(0)), Band("high", Text("Хорошо", "Good"), Decimal(80)))
    return Form("f", Text("Анкета", "Form"), (Section("s", Text("Раздел", "Section"), (reason, then)),), bands=bands)


def codes(form: Form) -> list[str]:
    return [item.code for item in form_codes.items_of(form, "reason", "options")]


def test_the_first_words_of_a_new_item_make_its_code_and_later_ones_do_not() -> None:
    form = form_of("yes_it_is", "option")
    form = form_codes.worded(form, "reason", "options", 1, "ru", "Дорого, нет денег", None)
    assert codes(form) == ["yes_it_is", "dorogo_net_deneg"]
    form = form_codes.worded(form, "reason", "options", 1, "en", "Too expensive", None)
    form = form_codes.worded(form, "reason", "options", 1, "ru", "Слишком дорого", None)
    assert codes(form) == ["yes_it_is", "dorogo_net_deneg"]
    assert form_codes.items_of(form, "reason", "options")[1].text == Text("Слишком дорого", "Too expensive")


def test_a_condition_on_an_item_follows_its_code() -> None:
    form = form_codes.worded(form_of("a", "option_2"), "reason", "options", 1, "en", "Later", None)
    assert form_editing.question_named(form, "then").show_when == (Condition("reason", ("later",)),)
    form = form_codes.recoded(form, "reason", "options", 1, "not_now", None)
    assert form_editing.question_named(form, "then").show_when == (Condition("reason", ("not_now",)),)
    assert problems_of(form) == []


def test_two_items_with_the_same_words_have_two_codes() -> None:
    form = form_codes.worded(form_of("later", "option"), "reason", "options", 1, "en", "Later", None)
    assert codes(form) == ["later", "later_2"]


def test_a_code_under_which_scores_may_stand_stays() -> None:
    published = form_of("a", "option_2")
    form = form_codes.worded(published, "reason", "options", 1, "en", "Later", published)
    assert codes(form) == ["a", "option_2"]
    with pytest.raises(UsageError, match="form_code_used"):
        form_codes.recoded(form, "reason", "options", 1, "later", published)
    with pytest.raises(UsageError, match="form_code_used"):
        form_codes.recoded(form, None, "bands", 0, "poor", published)


@pytest.mark.parametrize(("code", "expected"), [("a", "form_code_taken"), ("Не код", "form_code_wrong")])
def test_a_code_that_wont_do_is_refused(code: str, expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        form_codes.recoded(form_of("a", "b"), "reason", "options", 1, code, None)


def test_a_band_whose_border_passes_another_changes_places_with_it() -> None:
    low, high = form_of("a", "b").bands
    assert form_codes.in_order((replace(low, from_score=Decimal(90)), high)) == (
        high,
        replace(low, from_score=Decimal(90)),
    )


@settings(max_examples=60)
@given(st.lists(st.integers()), st.integers(-2, 12), st.sampled_from((-1, 1)))
def test_up_and_down_again_is_as_it_was_and_nothing_is_lost(items: list[int], place: int, by: int) -> None:
    moved = form_codes.moved(tuple(items), place, by)
    assert sorted(moved) == sorted(items)
    assert moved == tuple(items) or form_codes.moved(moved, place + by, -by) == tuple(items)


@settings(max_examples=60)
@given(st.data(), forms(), st.text(max_size=60))
def test_whatever_is_typed_codes_stay_sound_and_apart(data: st.DataObject, form: Form, words: str) -> None:
    lists: list[tuple[str | None, str]] = [(None, "bands")] if form.bands else []
    lists += [(question.code, field) for question in form.questions for field in ("options", "causes")
              if getattr(question, field)]  # fmt: skip
    if not lists:
        return
    question, field = data.draw(st.sampled_from(lists))
    place = data.draw(st.integers(0, len(form_codes.items_of(form, question, field)) - 1))
    fresh = form_codes.recoded(form, question, field, place, f"{form_codes.STEMS[field]}_77", None)
    after = form_codes.worded(fresh, question, field, place, "ru", words, None)
    found = [item.code for item in form_codes.items_of(after, question, field)]
    assert len(set(found)) == len(found)
    assert all(CODE.fullmatch(code) for code in found)
    assert {problem.code for problem in problems_of(after)} <= {"blank"}
