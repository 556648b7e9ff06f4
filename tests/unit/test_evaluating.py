"""Answering a form: what is let through, what is suggested, what an undo takes back, what may be sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from qc_workbench.domain.auto_answer import Answer, AutoAnswer, Proof
from qc_workbench.domain.auto_answer import Question as AutoQuestion
from qc_workbench.domain.call import Direction
from qc_workbench.domain.evaluation import EvaluationState, Reply, SavedReply
from qc_workbench.domain.forms import Condition, FormState, FormVersion, Kind, NotApplicable, Option, Question
from qc_workbench.errors import UsageError
from qc_workbench.review import evaluating
from qc_workbench.ui.i18n import Translator
from tests.form_cases import CAUSES, form_of, replies, text, yes_no

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
FORM = form_of(
    yes_no("greeted", auto=AutoQuestion.GREETED, not_applicable=NotApplicable.DROP),
    yes_no("asked", auto=AutoQuestion.ASKED_NEEDS, causes=CAUSES),
    Question("tone", Kind.SCALE, text("tone"), Decimal(5), lowest=Decimal(1), highest=Decimal(5)),
    Question("pause", Kind.NUMBER, text("pause")),
    Question("topics", Kind.MULTI_CHOICE, text("topics"), options=(Option("a", text("a")), Option("b", text("b")))),
    Question("note", Kind.TEXT, text("note"), required=False),
)
PUBLISHED = FormVersion(FORM, 3, FormState.PUBLISHED, "hash", "anna", NOON)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (Reply("greeted", ("not_applicable",)), ("not_applicable",)),
        (Reply("tone", ("5",)), ("5",)),
        (Reply("pause", (" 2,5 ",)), ("2.5",)),
        (Reply("topics", ("b", "a")), ("a", "b")),
        (Reply("topics", ()), ()),
        (Reply("note", (" хорошо \n",)), ("хорошо",)),
    ],
)
def test_a_reply_is_kept_in_its_one_form(given: Reply, kept: tuple[str, ...]) -> None:
    assert evaluating.checked(FORM, given).values == kept


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply("greeted", ("maybe",)), "reply_wrong"),
        (Reply("greeted", ()), "reply_wrong"),
        (Reply("asked", ("not_applicable",)), "reply_wrong"),
        (Reply("tone", ("6",)), "reply_wrong"),
        (Reply("pause", ("NaN",)), "reply_wrong"),
        (Reply("pause", ("1e9",)), "reply_wrong"),
        (Reply("topics", ("a", "a")), "reply_wrong"),
        (Reply("topics", ("c",)), "reply_wrong"),
        (Reply("topics", ("a", "not_applicable")), "reply_wrong"),
        (Reply("note", (" ",)), "reply_wrong"),
        (Reply("note", ("x" * 4001,)), "reply_too_long"),
        (Reply("asked", ("no",), "weather"), "reply_cause"),
        (Reply("nobody", ("yes",)), "reply_question"),
    ],
)
def test_a_reply_that_is_none_is_refused_with_what_was_expected(reply: Reply, code: str) -> None:
    with pytest.raises(UsageError) as error:
        evaluating.checked(FORM, reply)
    assert error.value.code == code
    assert reply.question in Translator("ru").error(error.value)


def step(place: int, reply: Reply | None, undoes: int | None = None, question: str = "greeted") -> SavedReply:
    return SavedReply(place, reply.question if reply else question, reply, "anna", NOON, undoes)


def test_undo_takes_back_one_step_after_another_whatever_question_it_was() -> None:
    first, second, other = Reply("greeted", ("no",)), Reply("greeted", ("yes",)), Reply("tone", ("4",))
    steps = [step(1, first), step(2, other), step(3, second)]
    assert evaluating.standing_replies(steps) == {"greeted": second, "tone": other}
    last = evaluating.step_to_undo(steps)
    assert last is not None
    assert last.place == 3
    steps.append(step(4, None, undoes=3))
    assert evaluating.standing_replies(steps) == {"greeted": first, "tone": other}
    steps += [step(5, None, undoes=2, question="tone"), step(6, None, undoes=1)]
    assert evaluating.standing_replies(steps) == {}
    assert evaluating.step_to_undo(steps) is None


def test_clearing_an_answer_is_a_step_that_can_be_undone() -> None:
    said = Reply("greeted", ("yes",))
    steps = [step(1, said), step(2, None)]
    assert evaluating.standing_replies(steps) == {}
    steps.append(step(3, None, undoes=2))
    assert evaluating.standing_replies(steps) == {"greeted": said}


def test_the_machine_suggests_only_what_the_form_lets_a_person_answer() -> None:
    proof = Proof(1.0, 2.0, "Добрый день")
    answers = [
        AutoAnswer(AutoQuestion.GREETED, Answer.YES, (proof,)),
        AutoAnswer(AutoQuestion.ASKED_NEEDS, Answer.NOT_APPLICABLE),
        AutoAnswer(AutoQuestion.TALK_SHARE, Answer.NO),
    ]
    found = evaluating.suggestions(FORM, answers)
    assert {code: item.reply.values for code, item in found.items()} == {"greeted": ("yes",)}
    assert found["greeted"].answer.proofs == (proof,)
    abstained = [AutoAnswer(AutoQuestion.GREETED, Answer.UNKNOWN), AutoAnswer(AutoQuestion.ASKED_NEEDS, Answer.NO)]
    assert set(evaluating.suggestions(FORM, abstained)) == {"asked"}


def test_a_person_who_overrules_the_machine_is_remembered_with_both_answers() -> None:
    draft = evaluating.begun("c1", PUBLISHED, "anna", NOON)
    suggestion = evaluating.suggestions(FORM, [AutoAnswer(AutoQuestion.GREETED, Answer.YES)])["greeted"]
    check = evaluating.check_of(draft, Reply("greeted", ("no",)), suggestion, "7", NOON)
    assert check is not None
    assert (check.call_id, check.machine, check.human, check.by, check.version) == (
        "c1", Answer.YES, Answer.NO, "anna", "7",
    )  # fmt: skip
    assert evaluating.check_of(draft, Reply("asked", ("no",)), suggestion, "7", NOON) is None


def test_an_unfinished_evaluation_is_not_sent_and_says_what_is_missing() -> None:
    draft = evaluating.begun("c1", PUBLISHED, "anna", NOON)
    given = replies(greeted="yes", asked="no", tone="4")
    with pytest.raises(UsageError) as error:
        evaluating.submitted(FORM, draft, given, NOON)
    assert error.value.code == "evaluation_unfinished"
    assert "2 обязательных вопроса (pause, topics)" in Translator("ru").error(error.value)
    given |= replies(pause="3", topics=())
    with pytest.raises(UsageError) as error:
        evaluating.submitted(FORM, draft, given, NOON)
    assert (error.value.code, error.value.params["questions"]) == ("evaluation_cause_missing", "asked")
    given["asked"] = Reply("asked", ("no",), "knowledge")
    sent = evaluating.submitted(FORM, draft, given, NOON + timedelta(minutes=4))
    assert (sent.state, sent.score, sent.failed) == (EvaluationState.SUBMITTED, Decimal("55.00"), False)
    with pytest.raises(UsageError) as error:
        evaluating.submitted(FORM, sent, given, NOON)
    assert error.value.code == "evaluation_submitted"


def test_a_call_is_scored_by_a_named_person_on_a_published_form() -> None:
    for version, who, code in (
        (PUBLISHED, " ", "evaluation_needs_name"),
        (replace(PUBLISHED, state=FormState.DRAFT), "anna", "form_not_published"),
        (replace(PUBLISHED, state=FormState.RETIRED), "anna", "form_not_published"),
    ):
        with pytest.raises(UsageError) as error:
            evaluating.begun("c1", version, who, NOON)
        assert error.value.code == code


def test_forms_made_for_the_stage_come_before_those_for_the_direction_and_for_any() -> None:
    def version(code: str, **more: object) -> FormVersion:
        return replace(PUBLISHED, form=replace(FORM, code=code, **more))  # type: ignore[arg-type]

    offered = [
        version("any"),
        version("outbound", directions=(Direction.OUTBOUND,)),
        version("thinking", stages=("Думают",)),
        version("inbound", directions=(Direction.INBOUND,)),
        replace(version("draft"), state=FormState.DRAFT),
    ]
    found = evaluating.forms_for(offered, Direction.OUTBOUND, "Думают")
    assert [item.form.code for item in found] == ["thinking", "outbound", "any"]
    assert [item.form.code for item in evaluating.forms_for(offered, Direction.INBOUND, None)] == ["inbound", "any"]


def test_the_next_question_skips_what_is_answered_or_not_shown_and_goes_round() -> None:
    form = form_of(
        yes_no("one"), yes_no("two", show_when=(Condition("one", ("no",)),)), yes_no("three"), yes_no("four")
    )
    given = replies(one="yes", three="yes")
    assert evaluating.next_question(form, given, "one") == "four"
    assert evaluating.next_question(form, replies(one="no", three="yes", four="no"), "four") == "two"
    assert evaluating.next_question(form, given | replies(four="no"), "four") is None
