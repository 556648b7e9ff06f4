"""The answers of a calibration session side by side: how unlike they are, who is apart, what is agreed on.

Which of them a person may see, :mod:`~qc_workbench.review.calibrating` decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from qc_workbench.domain.calibration import (
    Agreed,
    AgreedScore,
    Given,
    Spread,
    StepKind,
)
from qc_workbench.domain.evaluation import Reply
from qc_workbench.domain.forms import Form, Kind, Question
from qc_workbench.review.calibrating import FEWEST, CalibrationCase, answers_shown, sees_all
from qc_workbench.review.scoring import score, shown_questions


def agreed_answers(case: CalibrationCase) -> dict[str, Agreed]:
    """Question -> the answer that stands as agreed."""
    found: dict[str, Agreed] = {}
    for step in case.steps:
        if step.kind is not StepKind.AGREED or step.question is None:
            continue
        if step.reply is None:
            found.pop(step.question, None)
        else:
            found[step.question] = Agreed(step.reply, step.note, step.by, step.at)
    return found


def agreed_score(form: Form, case: CalibrationCase) -> AgreedScore:
    """What the agreed answers come to so far; ``missing``: required questions that nobody agreed on yet."""
    result = score(form, {code: item.reply for code, item in agreed_answers(case).items()})
    return AgreedScore(result.score, result.unanswered)


def spreads(form: Form, case: CalibrationCase, person_id: str, is_leading: bool = False) -> tuple[Spread, ...]:
    """Every question somebody answered, as this person may see it; the most unlike first, then as the form asks."""
    shown = answers_shown(case, person_id, is_leading)
    settled = agreed_answers(case) if sees_all(case, person_id, is_leading) else {}
    asked = {item.reviewer: shown_questions(form, _by_question(item)) for item in shown}
    found = []
    for question in form.questions:
        answers = [
            (item.reviewer, reply)
            for item in shown
            for reply in item.replies
            if reply.question == question.code and question.code in asked[item.reviewer]
        ]
        if not answers and question.code not in settled:
            continue
        found.append(_spread(question, answers, settled.get(question.code)))
    return tuple(sorted(found, key=lambda item: -item.unlike))


def _spread(question: Question, answers: Sequence[tuple[str, Reply]], agreed: Agreed | None) -> Spread:
    values = [reply.values for _, reply in answers]
    pairs = len(values) * (len(values) - 1)
    alike = sum(count * (count - 1) for count in Counter(values).values())
    unlike = 0.0 if not pairs or question.kind is Kind.TEXT else 1 - alike / pairs
    if agreed is not None:
        middle: tuple[str, ...] | None = agreed.reply.values
        apart = [who for who, reply in answers if reply.values != middle]
    else:
        middle, within = _middle(question, values)
        apart = [who for who, reply in answers if within is not None and reply.values not in within]
    if question.kind is Kind.TEXT:
        apart = []
    return Spread(question.code, tuple(answers), unlike, middle, tuple(apart), agreed)


def _middle(
    question: Question, values: Sequence[tuple[str, ...]]
) -> tuple[tuple[str, ...] | None, frozenset[tuple[str, ...]] | None]:
    """The middle answer, and the answers that are not apart from it; None where nobody can be said to be apart.

    Of numbers the median: with an even count both middle answers are in the middle and neither is *the* one.
    """
    if not values:
        return None, None
    (commonest, times), *rest = Counter(values).most_common()
    numbers = sorted((Decimal(value[0]), value) for value in values if _is_number(question, value))
    if 2 * len(numbers) > len(values):
        low, high = numbers[(len(numbers) - 1) // 2], numbers[len(numbers) // 2]
        between = frozenset(value for number, value in numbers if low[0] <= number <= high[0])
        return (low[1] if low[0] == high[0] else None), between
    if rest and rest[0][1] == times:
        return None, None
    return commonest, frozenset({commonest})


def _is_number(question: Question, values: tuple[str, ...]) -> bool:
    return question.kind in (Kind.SCALE, Kind.NUMBER) and not Reply(question.code, values).is_not_applicable


def unanimous(form: Form, case: CalibrationCase) -> tuple[Reply, ...]:
    """Answers that all who scored in time gave alike and that are not agreed on yet: one key takes them all over.

    A written text is nobody's but its author's."""
    given, settled = case.in_time, agreed_answers(case)
    if len(given) < FEWEST:
        return ()
    found = []
    for question in form.questions:
        if question.code in settled or question.kind is Kind.TEXT:
            continue
        replies = [_by_question(item).get(question.code) for item in given]
        first = replies[0]
        if first is not None and all(reply is not None and reply.values == first.values for reply in replies):
            causes = Counter(reply.cause for reply in replies if reply is not None and reply.cause is not None)
            cause = causes.most_common(1)[0][0] if causes else None
            found.append(Reply(question.code, first.values, cause))
    return tuple(found)


def _by_question(item: Given) -> dict[str, Reply]:
    return {reply.question: reply for reply in item.replies}
