"""Scores against docs/scoring.md, written down a second time as one flat list of points."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from qc_workbench.domain.evaluation import Reply
from qc_workbench.domain.form_rules import problems_of
from qc_workbench.domain.forms import Condition, Form, Question
from qc_workbench.review.evaluating import checked
from qc_workbench.review.scoring import score, shown_questions
from tests.form_cases import forms, scored

Replies = dict[str, Reply]

#: Forms are large to make: the definition gets most of the time.
few = settings(max_examples=40)


def asked(form: Form, replies: Replies, code: str) -> bool:
    """By its own and its section's conditions, each followed back to the beginning."""
    section = next(item for item in form.sections if any(question.code == code for question in item.questions))
    question = form.question(code)
    assert question is not None

    def holds(condition: Condition) -> bool:
        reply = replies.get(condition.question)
        if reply is None or not asked(form, replies, condition.question):
            return False
        if condition.values and not any(value in condition.values for value in reply.values):
            return False
        bounds = [condition.at_least, condition.at_most]
        if bounds == [None, None]:
            return True
        if reply.values == ("not_applicable",):
            return False
        said = float(reply.values[0])
        low, high = (float("-inf") if bounds[0] is None else float(bounds[0]), bounds[1])
        return low <= said <= (float("inf") if high is None else float(high))

    return all(holds(condition) for condition in (*section.show_when, *question.show_when))


def part(question: Question, reply: Reply) -> Fraction:
    """The credit by the table of docs/scoring.md."""
    if question.kind == "yes_no":
        return {"yes": Fraction(1), "no": Fraction(0)}[reply.values[0]]
    if question.kind == "scale":
        steps = range(int(question.lowest or 0), int(question.highest or 0) + 1)
        return Fraction(steps.index(int(reply.values[0])), len(steps) - 1)
    if question.kind == "number":
        assert question.lowest is not None
        assert question.highest is not None
        return Fraction(1 if question.lowest <= Decimal(reply.values[0]) <= question.highest else 0)
    worth = {option.code: Fraction(option.credit) for option in question.options}
    whole = Fraction(0)
    for value in reply.values:
        whole += worth[value]
    return sorted([Fraction(0), whole, Fraction(1)])[1]


def by_definition(form: Form, replies: Replies) -> tuple[Fraction | None, bool]:
    """Score before rounding and failure, and whether the form failed."""
    failed = False
    bonus = Fraction(0)
    shares: list[tuple[Fraction, Fraction]] = []  # what counts in the whole, which part of it was earned
    for section in form.sections:
        mine = [question for question in section.questions if asked(form, replies, question.code)]
        answered = [question for question in mine if question.code in replies and question.kind != "text"]
        waived = [question for question in answered if replies[question.code].values == ("not_applicable",)]
        judged = [question for question in answered if question not in waived]
        bad = [question for question in judged if part(question, replies[question.code]) < question.bad_below]
        rows = [
            (Fraction(question.points), Fraction(question.points) * part(question, replies[question.code]))
            for question in judged
            if not question.bonus
        ]
        rows += [
            (Fraction(question.points), Fraction(question.points if question.not_applicable == "full" else 0))
            for question in waived
            if question.not_applicable in ("full", "nothing")
        ]
        extra = sum(
            Fraction(question.points) * part(question, replies[question.code]) for question in judged if question.bonus
        )
        possible, earned = sum(row[0] for row in rows), sum(row[1] for row in rows)
        if any(question.critical == "section" for question in bad):
            earned, extra = 0, 0
        if any(question.critical == "form" for question in bad):
            failed = True
        unfinished = any(question.required and question.code not in replies for question in mine)
        if section.critical_below is not None and possible and not unfinished:
            failed = failed or Fraction(earned) / possible * 100 < section.critical_below
        bonus += extra
        if possible:
            stake = Fraction(section.weight) if form.mode == "weights" else Fraction(possible)
            shares.append((stake, Fraction(earned) / possible))
    stakes = sum(stake for stake, _ in shares)
    if not stakes:
        return None, failed
    return min(Fraction(100), sum(stake * share for stake, share in shares) / stakes * 100 + bonus), failed


def half_up(value: Fraction) -> Decimal:
    """Hundredths by the quotient of whole numbers."""
    whole, rest = divmod(value.numerator * 100, value.denominator)
    return (Decimal(whole + (2 * rest >= value.denominator)) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)


@settings(max_examples=150)
@given(scored())
def test_a_score_is_what_the_definition_says(case: tuple[Form, Replies]) -> None:
    form, replies = case
    exact, failed = by_definition(form, replies)
    result = score(form, replies)
    assert result.without_failure == (None if exact is None else half_up(exact))
    assert result.has_failed == failed
    assert result.score == (Decimal(0) if failed else result.without_failure)


@few
@given(scored())
def test_a_score_lies_within_0_and_100_and_in_its_band(case: tuple[Form, Replies]) -> None:
    form, replies = case
    result = score(form, replies)
    if result.score is None:
        assert result.band is None
        return
    assert 0 <= result.score <= 100
    within = [band.code for band in form.bands if band.from_score <= result.score]
    assert result.band == (within[-1] if within else None)


@few
@given(scored())
def test_questions_that_are_not_shown_change_nothing(case: tuple[Form, Replies]) -> None:
    form, replies = case
    shown = shown_questions(form, replies)
    assert shown == {question.code for question in form.questions if asked(form, replies, question.code)}
    assert score(form, {code: reply for code, reply in replies.items() if code in shown}) == score(form, replies)


@few
@given(scored())
def test_unanswered_are_the_required_questions_that_are_shown_and_nothing_else(case: tuple[Form, Replies]) -> None:
    form, replies = case
    missing = [
        question.code
        for question in form.questions
        if question.required and question.code not in replies and asked(form, replies, question.code)
    ]
    assert list(score(form, replies).unanswered) == missing


@few
@given(scored(), st.data())
def test_a_better_answer_never_lowers_the_score_where_nothing_depends_on_it(
    case: tuple[Form, Replies], data: st.DataObject
) -> None:
    form, replies = case
    flat = replace(
        form,
        sections=tuple(
            replace(
                section,
                show_when=(),
                questions=tuple(replace(question, show_when=()) for question in section.questions),
            )
            for section in form.sections
        ),
    )
    scales = [
        question
        for question in flat.questions
        if question.kind == "scale" and replies.get(question.code, Reply("", ())).values != ("not_applicable",)
    ]
    if not scales:
        return
    question = data.draw(st.sampled_from(scales))
    steps = range(int(question.lowest or 0), int(question.highest or 0) + 1)
    scores = [score(flat, {**replies, question.code: Reply(question.code, (str(step),))}).score for step in steps]
    known = [item for item in scores if item is not None]
    assert len(known) in (0, len(scores))
    assert all(worse <= better for worse, better in pairwise(known))


@few
@given(scored())
def test_a_dropped_answer_counts_as_if_it_had_not_been_asked(case: tuple[Form, Replies]) -> None:
    form, replies = case
    dropped = {
        question.code
        for question in form.questions
        if question.not_applicable == "drop" and question.code in replies and replies[question.code].is_not_applicable
    }
    without = replace(
        form,
        sections=tuple(
            replace(
                section,
                questions=tuple(replace(item, points=Decimal(0), bonus=False) if item.code in dropped else item
                                for item in section.questions),
            )
            for section in form.sections
        ),
    )  # fmt: skip
    assert score(without, replies).without_failure == score(form, replies).without_failure


@few
@given(forms())
def test_forms_of_these_tests_break_no_rule(form: Form) -> None:
    assert problems_of(form) == []


@few
@given(scored())
def test_replies_of_these_tests_may_be_given(case: tuple[Form, Replies]) -> None:
    form, replies = case
    assert {code: checked(form, reply) for code, reply in replies.items()} == replies
