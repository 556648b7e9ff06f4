"""Calibration: whatever happens in whatever order, nobody reads another's answer too early."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.access import AccessRole, Account, Person, Subject
from qc_workbench.domain.calibration import Blindness, CalibrationSession, Given, Stage, StepKind
from qc_workbench.domain.evaluation import Evaluation, EvaluationState, Purpose, Reply
from qc_workbench.domain.forms import FormState, FormVersion, Kind, Question
from qc_workbench.errors import UsageError
from qc_workbench.review import calibrating, calibration_comparison
from qc_workbench.review.calibrating import CalibrationCase
from qc_workbench.review.calibration_draws import draw, drawn, renamed
from qc_workbench.review.scoring import score
from tests.calibration_cases import AT, FORM, session_of
from tests.form_cases import form_of, text, yes_no

PEOPLE = ("anna", "boris", "vera", "gleb")
LEADER, OUTSIDER = "head", "somebody"
HEAD = Person(LEADER, frozenset({AccessRole.HEAD}), None, None)


def evaluation(reviewer: str, minute: int | None, *, form: str = "talk", **more: object) -> Evaluation:
    """Submitted ``minute`` minutes after the call; a draft without one."""
    made = Evaluation(
        f"e-{reviewer}", "c1", form, 1, reviewer, EvaluationState.DRAFT, AT + timedelta(seconds=1),
        purpose=Purpose.CALIBRATION,
    )  # fmt: skip
    if minute is not None:
        at = AT + timedelta(minutes=minute)
        made = replace(made, state=EvaluationState.SUBMITTED, submitted_at=at, score=Decimal(50))
    return replace(made, **more)  # type: ignore[arg-type]


def answered(reviewer: str, minute: int | None, **given_: str) -> Given:
    replies = tuple(Reply(code, (value,)) for code, value in (given_ or {"greeting": "yes"}).items())
    return Given(evaluation(reviewer, minute), replies)


def case_of(session: CalibrationSession, given_: Sequence[Given]) -> CalibrationCase:
    return CalibrationCase(session, (), tuple(given_))


def after(case: CalibrationCase, *kinds: StepKind, minute: int = 1000, person: Person = HEAD) -> CalibrationCase:
    make = {
        StepKind.OPENED: calibrating.opened,
        StepKind.CLOSED: calibrating.closed,
        StepKind.REOPENED: calibrating.reopened,
    }
    for kind in kinds:
        case = replace(case, steps=(*case.steps, make[kind](case, person, AT + timedelta(minutes=minute))))
    return case


@st.composite
def cases(draw_: st.DrawFn) -> CalibrationCase:
    """Any session at any moment: who has begun, submitted and when; what the leader did in between."""
    asked = draw_(st.sets(st.sampled_from(PEOPLE), min_size=2).map(sorted))
    blindness = draw_(st.sampled_from(Blindness))
    leader = LEADER if blindness is Blindness.UNKNOWN else draw_(st.sampled_from([LEADER, asked[0]]))
    session = session_of("c1", participants=asked, blindness=blindness, led_by=leader)
    minutes = draw_(st.lists(st.none() | st.integers(1, 9), min_size=len(asked), max_size=len(asked)))
    begun = draw_(st.sets(st.sampled_from(asked)))
    given_ = [
        answered(name, minute)
        for name, minute in zip(asked, minutes, strict=True)
        if minute is not None or name in begun
    ]
    case = case_of(session, given_)
    who = replace(HEAD, person_id=leader)
    for kind in draw_(st.lists(st.sampled_from([StepKind.OPENED, StepKind.CLOSED, StepKind.REOPENED]), max_size=3)):
        try:
            case = after(case, kind, minute=draw_(st.integers(1, 9)), person=who)
        except UsageError:
            continue
    return case


EVERYBODY = (*PEOPLE, LEADER, OUTSIDER)


@given(cases())
def test_no_way_of_looking_shows_anothers_answer_before_the_opening(case: CalibrationCase) -> None:
    """Every function that gives answers to a person, and the definition beside it: all have submitted, or the leader
    opened; a session that is not blind shows those who have submitted to each other."""
    session = case.session
    led = any(step.kind is StepKind.OPENED for step in case.steps)
    whole = {item.reviewer for item in case.given if item.evaluation.submitted_at} >= set(session.participants)
    is_open = led or (whole and session.blindness is Blindness.BLIND)
    for person in EVERYBODY:
        seen = {item.reviewer for item in calibrating.answers_shown(case, person)}
        seen |= {who for spread in calibration_comparison.spreads(FORM, case, person) for who, _ in spread.given}
        as_they_come = session.blindness is Blindness.SEEN and (
            person in case.submitted or (person == session.led_by and person not in session.participants)
        )
        if not is_open and not as_they_come:
            assert seen <= {person}
            assert not any(spread.agreed for spread in calibration_comparison.spreads(FORM, case, person))
            assert calibrating.stage(case, person) is not Stage.DISCUSS
        if person not in (*session.participants, session.led_by):
            assert seen == set()
        assert seen <= {item.reviewer for item in case.given if item.evaluation.submitted_at}  # never a draft


@given(cases())
def test_an_unannounced_session_does_not_exist_for_its_participants_before_the_leader_opens_it(
    case: CalibrationCase,
) -> None:
    hidden = replace(case, session=replace(case.session, blindness=Blindness.UNKNOWN, led_by=LEADER))
    is_opened = any(step.kind is StepKind.OPENED for step in case.steps)
    for person in (*PEOPLE, OUTSIDER):
        listed = calibrating.stage(hidden, person) is not None
        assert listed == (is_opened and person in case.session.participants)
        if not is_opened:
            assert calibrating.answers_shown(hidden, person) == ()


@given(cases())
def test_what_is_submitted_after_the_opening_counts_nowhere_and_nothing_is_lost(case: CalibrationCase) -> None:
    sent = {item.reviewer for item in case.given if item.evaluation.state is EvaluationState.SUBMITTED}
    in_time, late = ({item.reviewer for item in of} for of in (case.in_time, case.late))
    assert in_time | late == sent
    assert not in_time & late
    opened = [step.at for step in case.steps if step.kind is StepKind.OPENED]
    for item in case.late:
        assert item.evaluation.submitted_at is not None
        assert opened
        assert item.evaluation.submitted_at > min(opened)


@given(cases())
def test_an_evaluation_is_for_the_session_exactly_while_its_author_may_score_blind(case: CalibrationCase) -> None:
    for person in EVERYBODY:
        expected = (
            person in case.session.participants
            and person not in case.submitted
            and case.opened_at is None
            and case.closed_at is None
        )
        assert calibrating.is_to_score(case, person) == expected
        if calibrating.stage(case, person) is Stage.DO_NOW:
            assert expected


def test_a_leader_who_takes_part_opens_only_after_their_own_answers() -> None:
    session = session_of("c1", participants=("anna", LEADER), led_by=LEADER)
    waiting = case_of(session, [answered("anna", 1)])
    with pytest.raises(UsageError, match="calibration_own_first"):
        calibrating.opened(waiting, HEAD, AT)
    with pytest.raises(UsageError, match="calibration_nothing_yet"):
        calibrating.opened(case_of(session, []), HEAD, AT)
    with pytest.raises(UsageError, match="calibration_not_leader"):
        calibrating.opened(waiting, replace(HEAD, person_id="anna"), AT)


def test_nothing_can_be_agreed_on_before_the_opening_or_after_the_closing() -> None:
    session = session_of("c1", participants=("anna", "boris"), led_by=LEADER)
    case = case_of(session, [answered("anna", 1)])
    reply = Reply("greeting", ("yes",))
    with pytest.raises(UsageError, match="calibration_not_now"):
        calibrating.agreed_on(case, FORM, HEAD, "greeting", reply, "", AT)
    opened = after(case, StepKind.OPENED)
    step = calibrating.agreed_on(opened, FORM, HEAD, "greeting", reply, " слышно на 0:07 ", AT)
    assert (step.step, step.note) == (2, "слышно на 0:07")
    with pytest.raises(UsageError, match="calibration_not_now"):
        calibrating.agreed_on(after(opened, StepKind.CLOSED), FORM, HEAD, "greeting", reply, "", AT)
    with pytest.raises(UsageError, match="reply_wrong"):
        calibrating.agreed_on(opened, FORM, HEAD, "greeting", Reply("greeting", ("maybe",)), "", AT)


def open_case(*given_: Given) -> CalibrationCase:
    names = tuple(item.reviewer for item in given_)
    return case_of(session_of("c1", participants=names, led_by=LEADER), given_)


def test_the_median_of_a_scale_and_the_commonest_code_say_who_is_apart() -> None:
    scale = Question("q", Kind.SCALE, text("q"), Decimal(1), lowest=Decimal(1), highest=Decimal(5))
    form = form_of(scale, yes_no("r"))

    def spread(question: str, *values: str) -> tuple[tuple[str, ...] | None, tuple[str, ...], float]:
        case = open_case(*(answered(name, 1, **{question: value}) for name, value in zip(PEOPLE, values, strict=False)))
        (found,) = calibration_comparison.spreads(form, case, PEOPLE[0])
        return found.middle, found.apart, round(found.unlike, 3)

    assert spread("q", "3", "3", "5") == (("3",), ("vera",), 0.667)
    # two middle answers: neither is the one, and only what lies outside them is apart
    assert spread("q", "2", "3", "4", "5") == (None, ("anna", "gleb"), 1.0)
    assert spread("q", "2", "4") == (None, (), 1.0)
    assert spread("r", "yes", "yes", "no") == (("yes",), ("vera",), 0.667)
    assert spread("r", "yes", "no") == (None, (), 1.0)
    assert spread("r", "yes", "yes") == (("yes",), (), 0.0)


def test_differences_stand_on_top_and_the_agreed_answer_takes_the_place_of_the_median() -> None:
    form = form_of(yes_no("a"), yes_no("b"), yes_no("c"))
    case = open_case(answered("anna", 1, a="yes", b="yes", c="no"), answered("boris", 2, a="yes", b="no", c="no"))
    assert [item.question for item in calibration_comparison.spreads(form, case, "anna")] == ["b", "a", "c"]
    step = calibrating.agreed_on(case, form, HEAD, "c", Reply("c", ("yes",)), "", AT)
    settled = replace(case, steps=(step,))
    of_c = calibration_comparison.spreads(form, settled, "anna")[-1]
    assert (of_c.question, of_c.middle, of_c.apart) == ("c", ("yes",), ("anna", "boris"))
    again = calibrating.agreed_on(settled, form, HEAD, "c", None, "", AT)
    assert calibration_comparison.agreed_answers(replace(settled, steps=(step, again))) == {}


def test_unanimous_answers_are_taken_over_and_come_to_the_score_of_the_form() -> None:
    form = form_of(yes_no("a", 30), yes_no("b", 10), yes_no("c", 10))
    case = open_case(answered("anna", 1, a="yes", b="yes", c="no"), answered("boris", 2, a="yes", b="no", c="no"))
    taken = calibration_comparison.unanimous(form, case)
    assert [(reply.question, reply.values) for reply in taken] == [("a", ("yes",)), ("c", ("no",))]
    for reply in (*taken, Reply("b", ("yes",))):
        step = calibrating.agreed_on(case, form, HEAD, reply.question, reply, "", AT)
        case = replace(case, steps=(*case.steps, step))
    found = calibration_comparison.agreed_score(form, case)
    assert found.missing == ()
    assert found.score == score(form, {r.question: r for r in (*taken, Reply("b", ("yes",)))}).score == Decimal(80)


# Calling ------------------------------------------------------------------------------------------------------------

VERSION = FormVersion(FORM, 1, FormState.PUBLISHED, "", "", AT)


def account(name: str, role: AccessRole = AccessRole.QC, agent_id: str | None = None) -> Account:
    return Account(Person(name, frozenset({role}), agent_id, None), name, name.title(), AT)


@pytest.mark.parametrize(
    ("changes", "people", "before", "code"),
    [
        ({"participants": ("anna",)}, (), (), "calibration_few"),
        ({"participants": ("anna", "agent")}, (account("agent", AccessRole.AGENT),), (), "calibration_not_eligible"),
        ({"participants": ("anna", "self")}, (account("self", agent_id="m1"),), (), "calibration_not_eligible"),
        ({"participants": ("anna", "nobody")}, (), (), "calibration_not_eligible"),
        ({"blindness": Blindness.UNKNOWN, "led_by": "anna"}, (), (), "calibration_leader_knows"),
        ({}, (), ("boris",), "calibration_scored_before"),
        ({"due": AT}, (), (), "calibration_due"),
    ],
)
def test_what_could_not_be_blind_or_fair_is_refused(
    changes: dict[str, object], people: tuple[Account, ...], before: tuple[str, ...], code: str
) -> None:
    session = replace(session_of("c1", participants=("anna", "boris")), **changes)  # type: ignore[arg-type]
    known = (account("anna"), account("boris"), *people)
    with pytest.raises(UsageError, match=code):
        calibrating.called(session, VERSION, Subject("m1"), known, before)


def test_a_session_that_is_not_blind_may_be_about_a_call_they_know() -> None:
    session = session_of("c1", participants=("boris", "anna"), blindness=Blindness.SEEN)
    known = (account("anna"), account("boris"))
    made = calibrating.called(session, VERSION, Subject("m1"), known, ("boris",))
    assert made.participants == ("anna", "boris")
    assert len(made.session_id) == 32


@given(st.sets(st.text("abcdef0123456789", min_size=1, max_size=6), min_size=1, max_size=30), st.data())
def test_a_draw_is_made_again_after_ids_are_gone(ids: set[str], data: st.DataObject) -> None:
    wanted = data.draw(st.integers(1, len(ids)))
    days = (AT.date(), AT.date())
    made = draw(sorted(ids), wanted, "seed", days, "head", AT)
    assert drawn(made) == drawn(draw(sorted(ids, reverse=True), wanted, "seed", days, "head", AT))
    assert len(set(drawn(made))) == wanted
    gone = {old: f"erased-{place}" for place, old in enumerate(data.draw(st.sets(st.sampled_from(sorted(ids)))))}
    assert drawn(renamed(made, gone)) == tuple(gone.get(call_id, call_id) for call_id in drawn(made))


def test_a_draw_asks_for_no_more_than_there_is() -> None:
    with pytest.raises(UsageError, match="calibration_frame_small"):
        draw(["c1"], 2, "seed", (AT.date(), AT.date()), "head", datetime(2026, 1, 1, tzinfo=AT.tzinfo))
