"""Forms, answers and scores as the browser gets them: plain JSON, texts in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from qc_workbench.domain.auto_answer import AutoAnswer
from qc_workbench.domain.evaluation import Reply
from qc_workbench.domain.forms import NO, YES, Condition, Example, Form, FormVersion, Kind, Question
from qc_workbench.review.evaluating import Suggestion, suggestions
from qc_workbench.review.scoring import is_bad
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.views.scoring import Progress

Json = dict[str, Any]


def form_payload(version: FormVersion | Form, number: int, t: Translator) -> Json:
    """A form to be drawn. Each question lists its answers, the digit that gives each, and which are bad."""
    form = version.form if isinstance(version, FormVersion) else version
    return {
        "code": form.code,
        "version": number,
        "title": form.title.of(t.language),
        "about": form.about.of(t.language) if form.about else None,
        "bands": [{"code": band.code, "text": band.text.of(t.language)} for band in form.bands],
        "sections": [
            {
                "code": section.code,
                "title": section.title.of(t.language),
                "critical_below": _number(section.critical_below),
                "when": _conditions(section.show_when),
                "questions": [_question(question, t) for question in section.questions],
            }
            for section in form.sections
        ],
    }


def _question(question: Question, t: Translator) -> Json:
    answers = _answers(question, t)
    return {
        "code": question.code,
        "kind": question.kind.value,
        "text": question.text.of(t.language),
        "help": question.help.of(t.language) if question.help else None,
        "examples": [_example(example, t) for example in question.examples],
        "points": _number(question.points),
        "bonus": question.bonus,
        "required": question.required,
        "critical": question.critical.value if question.critical else None,
        "not_applicable": question.not_applicable is not None,
        "answers": answers,
        "bad": [
            answer["value"]
            for answer in answers
            if question.kind is not Kind.MULTI_CHOICE and is_bad(question, Reply(question.code, (answer["value"],)))
        ],
        "causes": [{"code": cause.code, "text": cause.text.of(t.language)} for cause in question.causes],
        "lowest": _number(question.lowest),
        "highest": _number(question.highest),
        "when": _conditions(question.show_when),
    }


def _answers(question: Question, t: Translator) -> list[Json]:
    """``key``: the digit of the keyboard; None from the tenth option on. A scale is answered by its own digits."""
    if question.kind is Kind.YES_NO:
        return [{"value": YES, "text": t("reply.yes"), "key": "1"}, {"value": NO, "text": t("reply.no"), "key": "2"}]
    if question.kind is Kind.SCALE:
        assert question.lowest is not None
        assert question.highest is not None
        steps = range(int(question.lowest), int(question.highest) + 1)
        return [{"value": f"{step}", "text": f"{step}", "key": f"{step % 10}"} for step in steps]
    return [
        {"value": option.code, "text": option.text.of(t.language), "key": f"{place}" if place < 10 else None}
        for place, option in enumerate(question.options, 1)
    ]


def _example(example: Example, t: Translator) -> Json:
    return {"call": example.call_id, "second": float(example.second_s), "note": example.note.of(t.language)}


def _conditions(conditions: Iterable[Condition]) -> list[Json]:
    return [
        {
            "question": item.question,
            "values": list(item.values),
            "at_least": _number(item.at_least),
            "at_most": _number(item.at_most),
        }
        for item in conditions
    ]


def progress_payload(progress: Progress, after: str | None = None) -> Json:
    """What an answer changes: the answers that stand, what they come to, what is missing. ``after``: the question just
    answered."""
    evaluation, result, shown = progress.evaluation, progress.result, progress.shown
    return {
        "evaluation": evaluation.evaluation_id,
        "state": evaluation.state.value,
        "form": {"code": evaluation.form_code, "version": evaluation.version},
        "steps": [
            {"question": step.question, "reply": reply_payload(step.reply) if step.reply else None}
            for step in progress.steps
        ],
        "answers": {code: reply_payload(reply) for code, reply in progress.replies.items()},
        "shown": [question.code for question in progress.form.questions if question.code in shown],
        "bad": list(progress.bad),
        "unanswered": list(result.unanswered),
        "causes_missing": list(result.causes_missing),
        "next": progress.next_after(after),
        "score": {
            "value": _number(result.score),
            "without_failure": _number(result.without_failure),
            "band": result.band,
            "failures": list(result.failures),
            "bonus": _number(result.bonus),
            "sections": [
                {
                    "code": section.code,
                    "earned": _number(section.earned),
                    "possible": _number(section.possible),
                    "percent": _number(section.percent),
                    "is_zeroed": section.is_zeroed,
                }
                for section in result.sections
            ],
        },
        "second_opinion": evaluation.second_opinion,
        "spent_s": round(evaluation.spent_s, 1),
        "submitted_at": evaluation.submitted_at.isoformat() if evaluation.submitted_at else None,
    }


def reply_payload(reply: Reply) -> Json:
    return {"values": list(reply.values), "cause": reply.cause, "comment": reply.comment, "at_s": reply.at_s}


def suggestions_payload(
    form: Form,
    answers: Iterable[AutoAnswer],
    sign: Callable[[AutoAnswer], str],
    says: Callable[[AutoAnswer], str],
    read: Callable[[str | None], str | None],
) -> Mapping[str, Json]:
    """Question code -> the machine's answer with its proofs. ``sign``: our word for it; ``says``: what was measured;
    ``read``: a quote as the reviewer may read it."""
    return {code: _suggestion(found, sign, says, read) for code, found in suggestions(form, answers).items()}


def _suggestion(
    found: Suggestion,
    sign: Callable[[AutoAnswer], str],
    says: Callable[[AutoAnswer], str],
    read: Callable[[str | None], str | None],
) -> Json:
    machine = found.answer
    return {
        "value": found.reply.values[0],
        "machine": machine.answer.value,
        "sign": sign(machine),
        "says": says(machine),
        "proofs": [
            {"start": round(proof.start_s, 2), "end": round(proof.end_s, 2), "quote": read(proof.quote)}
            for proof in machine.proofs
        ],
    }


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
