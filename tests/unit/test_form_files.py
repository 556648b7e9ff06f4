"""A form that can't be used is refused with its file, line, place, what was expected and the next step."""

from __future__ import annotations

import pytest

from qc_workbench.domain.call import Direction
from qc_workbench.domain.form_rules import problems_of
from qc_workbench.domain.forms import NOT_APPLICABLE, Critical, FormState, Kind, NotApplicable, Weighing
from qc_workbench.errors import ImportFailed
from qc_workbench.review.scoring import score
from qc_workbench.sources.form_files import form_problems, form_text, read_form, starter_forms
from qc_workbench.ui.i18n import Translator, catalogue
from tests.form_cases import replies

GOOD = """\
form: small
title: {ru: Проверка, en: Check}
bands:
  - {code: low, from: 0, ru: Плохо, en: Poor}
  - {code: high, from: 80, ru: Хорошо, en: Good}
sections:
  - code: talk
    title: {ru: Разговор, en: Talk}
    questions:
      - code: greeted
        kind: yes_no
        text: {ru: Поздоровался, en: Greeted}
        points: 2.5
        auto: greeted
      - code: tone
        kind: scale
        text: {ru: Тон, en: Tone}
        lowest: 1
        highest: 5
        points: 10
        show_when:
          - {question: greeted, is: [yes]}
      - code: offer
        kind: choice
        text: {ru: Предложение, en: Offer}
        options:
          - {code: fits, ru: Подходит, en: Fits, credit: 1}
          - {code: beside, ru: Мимо, en: Beside the point}
        points: 5
      - code: pause_s
        kind: number
        text: {ru: Пауза, en: Pause}
        highest: 3
        points: 1
      - code: note
        kind: text
        text: {ru: Заметка, en: Note}
        required: false
"""

#: What is replaced in the good form by what, the line of the message, its problem, and a word of the expectation.
BROKEN = [
    ("form: small\n", "", 1, "field_missing", "form"),
    ("form: small", "form: Small!", 1, "code", "not_applicable"),
    ("title: {ru: Проверка, en: Check}", "title: Проверка", 2, "mapping", "ru, en"),
    ("title: {ru: Проверка, en: Check}", "title: {ru: Проверка, en: ' '}", 2, "blank", "both languages"),
    ("title: {ru: Проверка, en: Check}", f"title: {{ru: Проверка, en: {'x' * 2001}}}", 2, "long", "2000"),
    ("from: 0", "from: 5", 4, "band", "first at 0"),
    ("from: 80", "from: 0", 5, "band", "higher"),
    ("  - code: talk", "  - code: talk\n    weight: 3", 8, "weight_unused", "mode: weights"),
    ("form: small", "form: small\nmode: weights", 8, "weight_needed", "above 0"),
    ("  - code: talk", "  - code: talk\n    critical_below: 101", 8, "critical_below", "100"),
    ("code: tone", "code: greeted", 15, "code_twice", "another"),
    ("kind: scale", "kind: stars", 16, "member", "yes_no, scale"),
    ("points: 2.5", "points: много", 13, "decimal", "2.5"),
    ("points: 2.5", "points: 2000", 13, "points", "1000"),
    ("points: 2.5", "points: 2.5\n        points: 3", 14, "field_twice", "once"),
    ("points: 2.5", "pionts: 2.5", 13, "unknown_field", "points"),
    ("points: 2.5", "points: 2.5\n        bad_below: 2", 14, "bad_below", "up to 1"),
    ("points: 2.5", "points: 2.5\n        bonus: yes", 14, "flag", "true or false"),
    ("points: 2.5", "points: 2.5\n        bonus: true\n        critical: form", 14, "bonus", "drop"),
    ("points: 2.5", "points: 2.5\n        lowest: 1", 14, "borders_unused", "scale and number"),
    ("points: 2.5", "points: 2.5\n        options: []\n        help: [a]", 15, "mapping", "ru, en"),
    ("points: 2.5", "points: [1, 2]", 13, "text", "quotes"),
    ("highest: 5\n        points: 10", "highest: 50\n        points: 10", 19, "scale", "ten steps"),
    ("highest: 5\n        points: 10", "highest: 5\n        points: 10\n        auto: patience", 21, "auto", "yes_no"),
    ("question: greeted, is: [yes]", "question: later, is: [yes]", 22, "condition_unknown", "above"),
    ("question: greeted, is: [yes]", "question: offer, is: [fits]", 22, "condition_later", "back only"),
    ("question: greeted, is: [yes]", "question: greeted, is: [maybe]", 22, "condition_value", "no, yes"),
    ("question: greeted, is: [yes]", "question: greeted", 22, "condition_empty", "at_least"),
    ("question: greeted, is: [yes]", "question: greeted, at_least: 1", 22, "condition_borders", "is"),
    ("show_when:\n          - {question: greeted, is: [yes]}", "show_when: greeted", 21, "list", "hyphen"),
    ("credit: 1", "credit: 1.5", 27, "credit", "0 to 1"),
    ("credit: 1", "credit: 0.5", 26, "options_worth", "earn 1"),
    ("          - {code: beside, ru: Мимо, en: Beside the point}\n", "", 26, "options_needed", "two"),
    ("kind: choice", "kind: yes_no", 26, "options_unused", "multi_choice"),
    ("        highest: 3\n", "", 33, "not_judged", "lowest"),
    ("highest: 3", "highest: 3\n        lowest: 4", 33, "number", "Swap"),
]


@pytest.mark.parametrize(("old", "new", "line", "code", "expected"), BROKEN, ids=[f"{b[3]}-{b[2]}" for b in BROKEN])
def test_a_broken_form_says_where_what_and_what_was_expected(
    old: str, new: str, line: int, code: str, expected: str
) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(ImportFailed) as error:
        read_form(GOOD.replace(old, new), "mine.yaml")
    problem = error.value.params["problem"]
    assert (getattr(problem, "code", ""), error.value.params["line"]) == (f"form_problem.{code}", line)
    english, russian = (Translator(language).error(error.value) for language in ("en", "ru"))
    assert "mine.yaml" in english
    assert f"line {line}" in english
    assert expected in english
    assert f"строка {line}" in russian


def test_every_problem_has_a_text_and_every_text_a_case() -> None:
    cased = {code for _, _, _, code, _ in BROKEN} | {"more", "nothing_scored", "no_questions", "second"}
    texts = {code.removeprefix("form_problem.") for code in catalogue() if code.startswith("form_problem.")}
    assert texts == cased


def test_a_good_form_is_read_and_its_words_stay_words() -> None:
    form = read_form(GOOD, "mine.yaml")
    assert problems_of(form) == []
    assert [question.code for question in form.questions] == ["greeted", "tone", "offer", "pause_s", "note"]
    tone = form.question("tone")
    assert tone is not None
    assert tone.show_when[0].values == ("yes",)
    assert read_form(form_text(form), "mine.yaml") == form


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "form_empty"),
        ("form: [", "form_syntax"),
        ("form: a\n\tb: c", "form_syntax"),
        ('form: "\\UFFFFFFFF"', "form_syntax"),
        ("a: &x [1]\nb: *x", "form_alias"),
        ("a: " + "[" * 10_000, "form_deep"),
        ("# " + "x" * 400_000, "form_too_long"),
        ("form: \x01", "form_syntax"),
    ],
)
def test_what_is_no_form_at_all_is_refused_before_it_can_grow(text: str, code: str) -> None:
    with pytest.raises(ImportFailed) as error:
        read_form(text, "mine.yaml")
    assert error.value.code == code
    assert "mine.yaml" in Translator("ru").error(error.value)


def test_an_editor_gets_all_problems_with_their_lines() -> None:
    text = (
        GOOD.replace("from: 0", "from: 5").replace("points: 2.5", "points: 2000").replace("code: beside", "code: fits")
    )
    assert [(line, problem.code) for line, problem in form_problems(text, "mine.yaml")] == [
        (13, "points"), (28, "code_twice"), (4, "band"),
    ]  # fmt: skip
    with pytest.raises(ImportFailed) as error:
        read_form(text, "mine.yaml")
    assert "And 2 more problems" in Translator("en").error(error.value)


def test_a_form_without_points_and_a_section_without_questions_are_no_form() -> None:
    empty = "form: a\ntitle: {ru: А, en: A}\nsections:\n  - {code: s, title: {ru: С, en: S}, questions: []}\n"
    assert [(line, problem.code) for line, problem in form_problems(empty, "a.yaml")] == [
        (3, "nothing_scored"), (4, "no_questions"),
    ]  # fmt: skip


def test_an_example_before_the_beginning_is_refused() -> None:
    clip = "auto: greeted\n        examples: [{call: c1, second: -1, ru: Вот, en: Here}]"
    assert [problem.code for _, problem in form_problems(GOOD.replace("auto: greeted", clip), "a.yaml")] == ["second"]


@pytest.mark.parametrize(
    ("family", "members"),
    [
        ("question_kind", Kind), ("weighing", Weighing), ("not_applicable", NotApplicable), ("critical", Critical),
        ("form_state", FormState), ("reply", ["yes", "no", NOT_APPLICABLE]),
    ],
)  # fmt: skip
def test_every_choice_in_a_form_has_a_name(family: str, members: list[str]) -> None:
    assert [member for member in members if f"{family}.{member}" not in catalogue()] == []


# The starter set ---------------------------------------------------------------------------------------------------


def test_the_starter_set_has_its_four_forms_of_10_to_14_questions() -> None:
    forms = starter_forms()
    assert set(forms) == {"cold_call", "inbound_lead", "appointment", "follow_up"}
    for form in forms.values():
        questions = list(form.questions)
        assert 10 <= len(questions) <= 14, form.code
        assert any(question.critical for question in questions), form.code
        assert any(question.auto for question in questions), form.code
        assert [question.code for question in questions if question.points and not question.help] == []
        assert form.bands, form.code


@pytest.mark.parametrize("code", ["cold_call", "inbound_lead", "appointment", "follow_up"])
def test_a_starter_form_is_the_same_after_being_written_and_read(code: str) -> None:
    form = starter_forms()[code]
    assert read_form(form_text(form), f"{code}.yaml") == form


def test_starter_forms_fit_the_calls_they_are_for() -> None:
    forms = starter_forms()
    inbound = {code for code, form in forms.items() if form.fits(Direction.INBOUND, None)}
    outbound = {code for code, form in forms.items() if form.fits(Direction.OUTBOUND, "Думают")}
    assert inbound == {"inbound_lead", "appointment"}
    assert outbound == {"cold_call", "follow_up", "appointment"}


def test_a_cold_call_that_met_a_gatekeeper_is_not_blamed_for_the_offer_it_could_not_make() -> None:
    form = starter_forms()["cold_call"]
    given = replies(
        introduced="yes", named_company="yes", reason="yes", permission="yes", decision_maker="learned",
        next_step="dated", summed_up="yes", respectful="yes", truthful="yes", room="yes",
    )  # fmt: skip
    result = score(form, given)
    assert result.is_complete
    assert result.band == "excellent"
    lied = score(form, given | replies(truthful="no"))
    assert (lied.score, lied.band, lied.failures) == (0, "poor", ("truthful",))
    assert lied.without_failure == result.score


def test_a_meeting_without_its_hour_fails_and_a_cancelled_one_is_not_asked_for_it() -> None:
    form = starter_forms()["appointment"]
    given = replies(
        introduced="yes", reminded="yes", purpose="set", choice_of_time="yes", exact_time="no", place="yes",
        who_comes="yes", value="5", prepare="yes", reminder="yes", repeated="yes", respectful="yes",
    )  # fmt: skip
    failed = score(form, given)
    assert (failed.score, failed.failures) == (0, ("agreement",))
    cancelled = score(form, given | replies(purpose="cancelled", why="yes", new_date="yes"))
    assert (cancelled.score, cancelled.is_complete) == (100, True)
