"""Figures of calibrations and second looks: what counts, and that they are those of the tested statistics."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from qc_workbench.domain.calibration import Blindness, Given, StepKind
from qc_workbench.domain.evaluation import Evaluation, EvaluationState, Purpose, Reply
from qc_workbench.domain.forms import FormState, FormVersion
from qc_workbench.review import calibrating
from qc_workbench.review.agreement import Level, alpha
from qc_workbench.review.calibrating import CalibrationCase
from qc_workbench.review.calibration_figures import Advice, Scored, Source, advice, figures
from tests.calibration_cases import AT, FORM, session_of
from tests.property.test_calibration import HEAD, LEADER

VERSION = FormVersion(FORM, 1, FormState.PUBLISHED, "", "", AT)
GOOD = {"greeting": "yes", "needs": "5", "next_step": "yes"}


def sent(call_id: str, who: str, purpose: Purpose, points: int, minute: int = 1) -> Evaluation:
    at = AT + timedelta(minutes=minute)
    return Evaluation(
        f"{call_id}-{who}-{purpose}", call_id, "talk", 1, who, EvaluationState.SUBMITTED,
        AT + timedelta(seconds=minute), submitted_at=at, score=Decimal(points), purpose=purpose,
    )  # fmt: skip


def replies(**given: str) -> dict[str, Reply]:
    return {code: Reply(code, (value,)) for code, value in (GOOD | given).items()}


def looked(call_id: str, who: str, purpose: Purpose, points: int = 50, minute: int = 1, **given: str) -> Scored:
    return Scored(sent(call_id, who, purpose, points, minute), "m1", replies(**given))


def case(
    call_id: str, points: dict[str, int], blindness: Blindness = Blindness.BLIND, **greeting: str
) -> CalibrationCase:
    session = session_of(call_id, participants=tuple(points), led_by=LEADER, blindness=blindness)
    given = tuple(
        Given(
            sent(call_id, who, Purpose.CALIBRATION, score, 1 + place),
            tuple(replies(greeting=greeting.get(who, "yes")).values()),
        )
        for place, (who, score) in enumerate(points.items())
    )
    return CalibrationCase(session, (), given)


def settled(found: CalibrationCase, **given: str) -> CalibrationCase:
    for reply in replies(**given).values():
        step = calibrating.agreed_on(found, FORM, HEAD, reply.question, reply, "", AT)
        found = replace(found, steps=(*found.steps, step))
    return replace(found, steps=(*found.steps, calibrating.closed(found, HEAD, AT)))


def test_agreement_is_told_apart_by_source_and_put_together() -> None:
    said = {"c1": ("yes", "yes"), "c2": ("no", "no"), "c3": ("yes", "no")}
    cases = [case(call_id, {"anna": 50, "boris": 50}, anna=one, boris=two) for call_id, (one, two) in said.items()]
    firsts = [looked(call_id, "anna", Purpose.SCORE) for call_id in ("d1", "d2")]
    seconds = [
        looked("d1", "boris", Purpose.SECOND_LOOK, greeting="no"),
        looked("d2", "boris", Purpose.SECOND_LOOK),
    ]
    found = figures([VERSION], cases, dict.fromkeys(said, "m1"), [*firsts, *seconds], firsts)
    greeting = next(item for item in found.questions if item.question.code == "greeting")
    assert (found.sessions, found.second_looks) == (3, 2)
    assert {source: item.calls for source, item in greeting.by_source.items()} == {
        Source.TOGETHER: 5, Source.CALIBRATION: 3, Source.SECOND_LOOK: 2,
    }  # fmt: skip
    assert greeting.by_source[Source.CALIBRATION].alpha == alpha(list(said.values()), Level.NOMINAL)
    assert greeting.by_source[Source.SECOND_LOOK].alpha == alpha([("yes", "no"), ("yes", "yes")], Level.NOMINAL)
    assert greeting.whole.alpha == alpha([*said.values(), ("yes", "no"), ("yes", "yes")], Level.NOMINAL)
    assert found.questions[0] == greeting  # the others were answered alike: no alpha, and last
    assert [advice(item.whole) for item in found.questions] == [Advice.REWORD, Advice.ALIKE, Advice.ALIKE]


def test_sessions_that_were_seen_or_are_not_open_count_nowhere() -> None:
    seen = settled(case("c1", {"anna": 90, "boris": 40}, Blindness.SEEN))
    unannounced = case("c2", {"anna": 90, "boris": 40}, Blindness.UNKNOWN)
    waiting = replace(case("c3", {"anna": 90, "boris": 40}), given=case("c3", {"anna": 90, "boris": 40}).given[:1])
    calibrations = [Scored(item.evaluation, "m1", {}) for found in (seen, unannounced, waiting) for item in found.given]
    found = figures([VERSION], [seen, unannounced, waiting], {}, calibrations, [])
    assert (found.sessions, found.questions, found.reviewers) == (0, (), ())


def test_an_answer_sent_after_the_opening_counts_nowhere() -> None:
    whole = case("c1", {"anna": 90, "boris": 40})
    early = replace(whole, given=whole.given[:1])
    opened = calibrating.opened(early, HEAD, AT + timedelta(minutes=1, seconds=30))
    found = figures([VERSION], [replace(whole, steps=(opened,))], {}, [], [])
    assert [row.reviewer for row in found.reviewers] == ["anna"]
    assert all(item.whole.calls == 0 for item in found.questions)


def test_bias_is_own_less_agreed_over_closed_sessions_only() -> None:
    # Agreed: everything right, 100 points.
    closed = [settled(case(f"c{n}", {"anna": 90 + n, "boris": 100})) for n in range(3)]
    still_open = case("c9", {"anna": 0, "boris": 0})
    found = {row.reviewer: row for row in figures([VERSION], [*closed, still_open], {}, [], []).reviewers}
    anna, boris = found["anna"].bias, found["boris"].bias
    assert anna is not None
    assert boris is not None
    assert (anna.count, anna.value) == (3, pytest.approx(-9))
    assert (boris.value, boris.low, boris.high) == (0, 0, 0)
    assert found["anna"].scores == 4


def test_a_session_with_a_question_left_open_has_no_agreed_score_to_be_beside() -> None:
    half = case("c1", {"anna": 90, "boris": 100})
    step = calibrating.agreed_on(half, FORM, HEAD, "greeting", Reply("greeting", ("yes",)), "", AT)
    half = replace(half, steps=(step,))
    half = replace(half, steps=(step, calibrating.closed(half, HEAD, AT)))
    assert half.steps[-1].kind is StepKind.CLOSED
    assert {row.bias for row in figures([VERSION], [half], {}, [], []).reviewers} == {None}


def test_second_looks_of_the_same_person_measure_repeatability_and_no_agreement() -> None:
    firsts = [looked("d1", "anna", Purpose.SCORE, 80), looked("d2", "anna", Purpose.SCORE, 60)]
    seconds = [
        looked("d1", "anna", Purpose.SECOND_LOOK, 70, 30, greeting="no"),
        looked("d2", "anna", Purpose.SECOND_LOOK, 64, 30),
    ]
    found = figures([VERSION], [], {}, [*firsts, *seconds], firsts)
    (anna,) = found.reviewers
    assert anna.repeatability is not None
    assert (anna.repeatability.calls, anna.repeatability.shift.value) == (2, pytest.approx(-3))
    assert anna.repeatability.error == pytest.approx((116 / 4) ** 0.5)
    assert all(item.whole.calls == 0 for item in found.questions)
    assert anna.scores == 2


def test_a_question_that_was_asked_otherwise_in_an_older_version_is_not_compared_with_the_new_one() -> None:
    from qc_workbench.domain.forms import Kind

    sections = FORM.sections[0]
    questions = tuple(
        replace(question, kind=Kind.YES_NO, lowest=None, highest=None) if question.code == "needs" else question
        for question in sections.questions
    )
    newer = replace(VERSION, form=replace(FORM, sections=(replace(sections, questions=questions),)), version=2)
    old = [looked("d1", "anna", Purpose.SCORE), looked("d1", "boris", Purpose.SECOND_LOOK)]
    new = [
        Scored(replace(item.evaluation, call_id="d2", version=2, evaluation_id=f"{n}"), "m1", replies(needs="yes"))
        for n, item in enumerate(old)
    ]
    found = figures([VERSION, newer], [], {}, [*old, *new], [old[0], new[0]])
    calls = {item.question.code: item.whole.calls for item in found.questions}
    assert calls == {"greeting": 2, "needs": 1, "next_step": 2}
