"""Scoring a call step by step: what may be answered, what is suggested, what an undo takes back, when it is done."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from qc_workbench.domain.auto_answer import Answer, AnswerCheck, AutoAnswer
from qc_workbench.domain.call import Direction
from qc_workbench.domain.evaluation import Evaluation, EvaluationState, Purpose, Reply, SavedReply
from qc_workbench.domain.form_rules import possible_values
from qc_workbench.domain.forms import NO, NOT_APPLICABLE, YES, Form, FormState, FormVersion, Kind, Question
from qc_workbench.errors import UsageError
from qc_workbench.review.scoring import score, shown_questions

#: Characters of a written answer or comment: two pages.
LONGEST_REPLY: Final = 4000
_NUMBER: Final = re.compile(r"-?\d{1,9}(?:[.,]\d{1,6})?")
_OF_MACHINE: Final[Mapping[Answer, str]] = {
    Answer.YES: YES,
    Answer.NO: NO,
    Answer.NOT_APPLICABLE: NOT_APPLICABLE,
}
_OF_PERSON: Final[Mapping[str, Answer]] = {words: answer for answer, words in _OF_MACHINE.items()}


def forms_for(versions: Iterable[FormVersion], direction: Direction, stage: str | None) -> list[FormVersion]:
    """Published forms that fit a call; those that name its stage first, then its direction, then those for any."""
    fitting = [item for item in versions if item.state is FormState.PUBLISHED and item.form.fits(direction, stage)]
    return sorted(fitting, key=lambda item: (not item.form.stages, not item.form.directions, item.form.code))


def begun(
    call_id: str, version: FormVersion, reviewer: str, at: datetime, purpose: Purpose = Purpose.SCORE
) -> Evaluation:
    """A draft of a named person. Raises :class:`UsageError` ``evaluation_needs_name``, ``form_not_published``."""
    who = reviewer.strip()
    if not who:
        raise UsageError("evaluation_needs_name")
    if version.state is not FormState.PUBLISHED:
        raise UsageError("form_not_published", form=version.form.code, version=version.version)
    content = "\n".join((call_id, version.form.code, str(version.version), who, at.isoformat(), purpose.value))
    evaluation_id = hashlib.sha256(content.encode()).hexdigest()[:32]
    key = (evaluation_id, call_id, version.form.code, version.version)
    return Evaluation(*key, who, EvaluationState.DRAFT, at, purpose=purpose)


def checked(form: Form, reply: Reply) -> Reply:
    """The reply as it may be kept: options in the form's order, a number with a point, blanks around texts gone.

    Raises :class:`UsageError` ``reply_question`` (no such question), ``reply_wrong`` (with what may be answered),
    ``reply_cause`` (a cause that the question has not got), ``reply_too_long``.
    """
    question = form.question(reply.question)
    if question is None:
        raise UsageError("reply_question", question=reply.question, form=form.code)
    if reply.cause is not None and reply.cause not in {cause.code for cause in question.causes}:
        expected = ", ".join(cause.code for cause in question.causes) or "-"
        raise UsageError("reply_cause", question=question.code, value=reply.cause, expected=expected)
    longest = max(map(len, (reply.comment, *reply.values)))
    if longest > LONGEST_REPLY:
        raise UsageError("reply_too_long", question=question.code, length=longest, most=LONGEST_REPLY)
    values = _values(question, reply.values)
    if values is None:
        given = ", ".join(reply.values) or "-"
        raise UsageError("reply_wrong", question=question.code, value=given, expected=expected_of(question))
    return replace(reply, values=values, comment=reply.comment.strip())


def _values(question: Question, given: tuple[str, ...]) -> tuple[str, ...] | None:
    """The answer in its one form, or None where it is none to this question."""
    listed = possible_values(question)
    if NOT_APPLICABLE in given:
        return given if len(given) == 1 and NOT_APPLICABLE in listed else None
    if question.kind is Kind.MULTI_CHOICE:
        in_order = tuple(option.code for option in question.options if option.code in given)
        return in_order if len(in_order) == len(given) else None
    if len(given) != 1:
        return None
    said = given[0].strip()
    if question.kind is Kind.TEXT:
        return (said,) if said else None
    if question.kind is Kind.NUMBER:
        return (f"{Decimal(said.replace(',', '.')):f}",) if _NUMBER.fullmatch(said) else None
    return (said,) if said in listed else None


def expected_of(question: Question) -> str:
    """What may be answered, for a message: the codes, or the kind where they can't be listed."""
    return ", ".join(sorted(possible_values(question))) or question.kind.value


def standing_replies(steps: Sequence[SavedReply]) -> dict[str, Reply]:
    """The replies that count (question code -> reply): the last step of each question that was not taken back."""
    standing: dict[str, Reply] = {}
    for step in _kept(steps):
        if step.reply is None:
            standing.pop(step.question, None)
        else:
            standing[step.question] = step.reply
    return standing


def step_to_undo(steps: Sequence[SavedReply]) -> SavedReply | None:
    """The last step that still stands: what an undo takes back now. None where there is nothing left."""
    return max(_kept(steps), key=lambda step: step.place, default=None)


def _kept(steps: Sequence[SavedReply]) -> list[SavedReply]:
    undone = {step.undoes for step in steps}
    return [
        step for step in sorted(steps, key=lambda step: step.place) if step.undoes is None and step.place not in undone
    ]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A machine's answer offered as a reply, with its proofs; nothing is scored by it before a person accepts."""

    reply: Reply
    answer: AutoAnswer


def suggestions(form: Form, answers: Iterable[AutoAnswer]) -> dict[str, Suggestion]:
    """Question code -> suggestion, for questions that are tied to the machine's. Abstentions suggest nothing, nor does
    "not applicable" where the form does not offer it."""
    by_question = {answer.question: answer for answer in answers}
    found: dict[str, Suggestion] = {}
    for question in form.questions:
        answer = by_question.get(question.auto) if question.auto else None
        words = _OF_MACHINE.get(answer.answer) if answer else None
        if answer and words in possible_values(question):
            found[question.code] = Suggestion(Reply(question.code, (words,)), answer)
    return found


def check_of(
    evaluation: Evaluation, reply: Reply, suggestion: Suggestion, version: str, at: datetime
) -> AnswerCheck | None:
    """What a reply says about the suggestion it was given beside: agreed or overruled. ``version``: of the machine.

    None where the reply is to another question."""
    human = _OF_PERSON.get(reply.values[0]) if reply.values else None
    if human is None or reply.question != suggestion.reply.question:
        return None
    machine = suggestion.answer
    return AnswerCheck(evaluation.call_id, machine.question, version, machine.answer, human, evaluation.reviewer, at)


def submitted(form: Form, evaluation: Evaluation, replies: Mapping[str, Reply], at: datetime) -> Evaluation:
    """The evaluation as it is sent, with its score. Replies to questions that are not shown are kept and don't count.

    Raises :class:`UsageError` ``evaluation_unfinished`` (questions without an answer), ``evaluation_cause_missing``,
    ``evaluation_submitted`` where it was sent before.
    """
    if evaluation.state is EvaluationState.SUBMITTED:
        raise UsageError("evaluation_submitted", call=evaluation.call_id, by=evaluation.reviewer)
    result = score(form, replies)
    if result.unanswered:
        raise UsageError("evaluation_unfinished", n=len(result.unanswered), questions=_first(form, result.unanswered))
    if result.causes_missing:
        raise UsageError("evaluation_cause_missing", questions=_first(form, result.causes_missing))
    return replace(
        evaluation,
        state=EvaluationState.SUBMITTED,
        submitted_at=at,
        score=result.score,
        band=result.band,
        failed=result.has_failed,
    )


def next_question(form: Form, replies: Mapping[str, Reply], after: str | None = None) -> str | None:
    """The next question to answer from ``after`` on, round to the beginning; None when nothing is left."""
    shown = shown_questions(form, replies)
    order = [question.code for question in form.questions if question.code in shown]
    start = order.index(after) + 1 if after in order else 0
    return next((code for code in order[start:] + order[:start] if code not in replies), None)


def _first(form: Form, codes: Sequence[str]) -> str:
    """Codes of a message: the first five."""
    order = [question.code for question in form.questions if question.code in codes]
    return ", ".join(order[:5]) + ("…" if len(order) > 5 else "")
