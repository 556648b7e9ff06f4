"""Forms in words: a change, a condition, a problem, what a form is for."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from qc_workbench.domain.form_rules import FormProblem
from qc_workbench.domain.forms import NO, NOT_APPLICABLE, YES, Condition, Form, Question, Section, Text
from qc_workbench.review.form_differences import ChangeKind, FormChange
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import named, plain

#: Most of a question's text that a line takes.
_SHORT = 90


def both(code: str) -> Text:
    """A text of the catalogue in both languages, to begin with."""
    return Text(Translator("ru")(code), Translator("en")(code))


def words_of(text: Text | None, t: Translator) -> str:
    """In the reader's language, or the other one while this is still empty; not safe for Markdown yet."""
    if text is None:
        return ""
    return (text.of(t.language).strip() or text.ru.strip() or text.en.strip()) or "…"


def short(text: Text | None, t: Translator) -> str:
    """The beginning of a text, safe for Markdown."""
    said = " ".join(words_of(text, t).split())
    return plain(said if len(said) <= _SHORT else said[: _SHORT - 1] + "…")


def points_text(points: Decimal, t: Translator) -> str:
    """«10 баллов», with a fraction where there is one."""
    if points == points.to_integral_value():
        return t("form_editor.points", n=int(points))
    return t("form_editor.points_part", points=decimal_text(points, t))


def decimal_text(value: Decimal, t: Translator) -> str:
    plain_digits = f"{value:f}"
    digits = len(plain_digits.rstrip("0").partition(".")[2]) if "." in plain_digits else 0
    return t.number(value, digits)


def answer_name(question: Question | None, value: str, t: Translator) -> str:
    """An answer as it is read, from its code."""
    if value in (YES, NO, NOT_APPLICABLE):
        return t(f"reply.{value}")
    for option in question.options if question else ():
        if option.code == value:
            return words_of(option.text, t)
    return value


def condition_text(form: Form, condition: Condition, t: Translator) -> str:
    """The question by its number, as it stands in the outline, and the answers."""
    asked = form.question(condition.question)
    parts = []
    if condition.values:
        named_values = (answer_name(asked, value, t) for value in condition.values)
        parts.append(t("form_editor.or").join(t("form_editor.quoted", words=plain(value)) for value in named_values))
    if condition.at_least is not None:
        parts.append(f"≥ {decimal_text(condition.at_least, t)}")
    if condition.at_most is not None:
        parts.append(f"≤ {decimal_text(condition.at_most, t)}")
    number = next((at for at, item in enumerate(form.questions, 1) if item is asked), None)
    question = plain(condition.question) if number is None else number
    return t("form_editor.condition", question=question, answer=", ".join(parts) or "…")


def for_whom(form: Form, t: Translator) -> str:
    """Which calls a form is for."""
    parts = [t(f"form_editor.for.{direction.value}") for direction in form.directions]
    parts += [plain(stage) for stage in form.stages]
    return ", ".join(parts) or t("form_editor.for_any")


def field_names(names: Iterable[str], t: Translator) -> str:
    return ", ".join(named(t, "form_field", name) for name in names)


def change_text(change: FormChange, t: Translator) -> str:
    params: dict[str, Any] = {"words": short(change.words, t), "was": short(change.was, t)}
    params |= {"fields": field_names(change.names, t)}
    for name, value in (("before", change.before), ("after", change.after)):
        params[name] = "" if value is None else decimal_text(value, t)
    if change.kind is ChangeKind.QUESTION_ADDED and change.after is not None:
        params["after"] = points_text(change.after, t)
    return t(f"form_change.{change.kind.value}", **params)


def problem_part(form: Form, problem: FormProblem) -> tuple[str, Section | Question | None]:
    """What to open to mend a problem: its address in the editor, and the section or question itself."""
    path = problem.path
    if path[:1] != ("sections",) or len(path) < 2 or not isinstance(path[1], int) or path[1] >= len(form.sections):
        return "form", None
    section = form.sections[path[1]]
    if len(path) > 3 and path[2] == "questions" and isinstance(path[3], int) and path[3] < len(section.questions):
        question = section.questions[path[3]]
        return f"q:{question.code}", question
    return f"s:{section.code}", section


def problem_text(form: Form, problem: FormProblem, t: Translator) -> str:
    """Where it is and what is wrong."""
    _, part = problem_part(form, problem)
    where = short(part.text if isinstance(part, Question) else part.title, t) if part else t("form_editor.whole_form")
    params = {name: plain(value) for name, value in problem.params.items()}
    field = next((str(name) for name in reversed(problem.path) if isinstance(name, str)), "")
    said = t(f"form_problem.{problem.code}", **params)
    return t("form_editor.problem", where=where, field=named(t, "form_field", field), problem=said)
