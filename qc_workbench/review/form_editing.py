"""Changes that a person makes to a form, one at a time: form in, form out.

Sections and questions are named by their codes, so that a change said of one text of a draft can be made in a newer
one. Raises :class:`UsageError` ``form_part_gone`` where the named part is not there, ``form_code_wrong`` and
``form_code_taken`` for a new code that won't do.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any, Final

from qc_workbench.domain.form_rules import CODE
from qc_workbench.domain.forms import (
    NOT_APPLICABLE,
    Band,
    Cause,
    Condition,
    Example,
    Form,
    Kind,
    Option,
    Question,
    Section,
    Text,
)
from qc_workbench.errors import UsageError

_LONGEST_CODE: Final = 40
_LATIN: Final = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        (
            "a", "b", "v", "g", "d", "e", "e", "zh", "z", "i", "y", "k", "l", "m", "n", "o", "p", "r", "s", "t", "u",
            "f", "h", "ts", "ch", "sh", "sch", "", "y", "", "e", "yu", "ya",
        ),
        strict=True,
    )
)  # fmt: skip


def new_code(words: str, taken: Collection[str], fallback: str) -> str:
    """A code made of words in either language that nothing else has."""
    latin = "".join(_LATIN.get(char, char) for char in words.lower())
    parts = re.findall(r"[a-z0-9]+", latin)[:4]
    stem = "_".join(parts)[: _LONGEST_CODE - 4].strip("_")
    if not CODE.fullmatch(stem) or stem == NOT_APPLICABLE:
        stem = fallback
    if stem not in taken:
        return stem
    stem = re.sub(r"_\d+$", "", stem)  # a copy of greeting_2 is greeting_3, not greeting_2_2
    return next(code for number in range(2, len(taken) + 3) if (code := f"{stem}_{number}") not in taken)


# Reading -------------------------------------------------------------------------------------------------------------


def section_named(form: Form, code: str) -> Section:
    for section in form.sections:
        if section.code == code:
            return section
    raise UsageError("form_part_gone", part=code)


def question_named(form: Form, code: str) -> Question:
    found = form.question(code)
    if found is None:
        raise UsageError("form_part_gone", part=code)
    return found


def asked_before(form: Form, code: str) -> tuple[Question, ...]:
    """Questions that a condition of this question or section may name: those above it."""
    before: list[Question] = []
    for section in form.sections:
        if section.code == code:
            return tuple(before)
        for question in section.questions:
            if question.code == code:
                return tuple(before)
            before.append(question)
    return tuple(before)


def changed_fields(before: Question | Section | Form, after: Question | Section | Form) -> dict[str, Any]:
    """Name -> new value of every field that differs."""
    return {
        field.name: getattr(after, field.name)
        for field in fields(before)
        if getattr(before, field.name) != getattr(after, field.name)
    }


# Fields --------------------------------------------------------------------------------------------------------------


def set_form(form: Form, **changed: Any) -> Form:
    """Fields of the form itself; its code stays."""
    return replace(form, **{name: value for name, value in changed.items() if name not in ("code", "sections")})


def set_section(form: Form, code: str, /, **changed: Any) -> Form:
    """Fields of a section; its questions stay. A new code must be free."""
    section_named(form, code)
    changed.pop("questions", None)
    if "code" in changed:
        free_code(changed["code"], {section.code for section in form.sections} - {code})
    return replace(
        form,
        sections=tuple(replace(item, **changed) if item.code == code else item for item in form.sections),
    )


def set_question(form: Form, code: str, /, **changed: Any) -> Form:
    """Fields of a question. With a new code, which must be free, the conditions that name it follow."""
    question_named(form, code)
    new = changed.get("code", code)
    if new != code:
        free_code(new, {question.code for question in form.questions} - {code})
    form = _each_question(form, lambda item: (replace(item, **changed) if item.code == code else item,))
    return form if new == code else _renamed_in_conditions(form, code, new)


def _renamed_in_conditions(form: Form, old: str, new: str) -> Form:
    def renamed(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
        return tuple(replace(item, question=new) if item.question == old else item for item in conditions)

    form = _each_question(form, lambda item: (replace(item, show_when=renamed(item.show_when)),))
    return replace(
        form, sections=tuple(replace(section, show_when=renamed(section.show_when)) for section in form.sections)
    )


def with_kind(question: Question, kind: Kind) -> Question:
    """The question as another kind: what the new kind does not know goes, what it needs is put in."""
    if kind is question.kind:
        return question
    has_options = kind in (Kind.CHOICE, Kind.MULTI_CHOICE)
    options = question.options if has_options else ()
    if has_options and not options:
        options = (
            Option("option_1", Text("Вариант 1", "Option 1"), Decimal(1)),
            Option("option_2", Text("Вариант 2", "Option 2")),
        )
    if kind is Kind.CHOICE:  # a part may be taken off only where options add up
        options = tuple(replace(item, credit=max(item.credit, Decimal(0))) for item in options)
    scale = (Decimal(1), Decimal(5)) if kind is Kind.SCALE else (None, None)
    changed = replace(
        question,
        kind=kind,
        options=options,
        lowest=scale[0],
        highest=scale[1],
        auto=question.auto if kind is Kind.YES_NO else None,
    )
    if changed.is_judged:
        return changed
    return replace(changed, points=Decimal(0), bonus=False, critical=None, causes=())


# Order and number ----------------------------------------------------------------------------------------------------


def add_section(form: Form, title: Text, question: Text, after: str | None = None) -> tuple[Form, str]:
    """A section with one question behind ``after``, at the end without it; and its code."""
    code = new_code(title.en, {section.code for section in form.sections}, "section")
    sections = list(form.sections)
    place = len(sections) if after is None else sections.index(section_named(form, after)) + 1
    first = Question(
        new_code(question.en, {item.code for item in form.questions}, "question"), Kind.YES_NO, question, Decimal(5)
    )
    sections.insert(place, Section(code, title, (first,)))
    return replace(form, sections=tuple(sections)), code


def add_question(form: Form, section: str, text: Text, after: str | None = None) -> tuple[Form, str]:
    """A question of yes or no behind ``after``, at the end of the section without it; and its code."""
    home = section_named(form, section)
    code = new_code(text.en, {item.code for item in form.questions}, "question")
    added = Question(code, Kind.YES_NO, text, Decimal(5))
    questions = list(home.questions)
    place = next((number for number, item in enumerate(questions, 1) if item.code == after), len(questions))
    questions.insert(place, added)
    return _with_questions(form, section, questions), code


def copy_question(form: Form, code: str) -> tuple[Form, str]:
    """A second one like it behind it; and its code."""
    copied = question_named(form, code)
    new = new_code(code.replace("_", " "), {item.code for item in form.questions}, "question")
    second = replace(copied, code=new)
    return _each_question(form, lambda item: (item, second) if item.code == code else (item,)), new


def copy_section(form: Form, code: str) -> tuple[Form, str]:
    """A second section like it behind it, whose conditions name its own questions; and its code."""
    copied = section_named(form, code)
    new = new_code(code.replace("_", " "), {section.code for section in form.sections}, "section")
    taken = {item.code for item in form.questions}
    names: dict[str, str] = {}
    for question in copied.questions:
        names[question.code] = new_code(question.code.replace("_", " "), taken | set(names.values()), "question")
    questions = tuple(
        replace(
            question,
            code=names[question.code],
            show_when=tuple(replace(item, question=names.get(item.question, item.question))
                            for item in question.show_when),
        )
        for question in copied.questions
    )  # fmt: skip
    second = replace(copied, code=new, questions=questions)
    sections = [item for section in form.sections for item in ((section, second) if section is copied else (section,))]
    return replace(form, sections=tuple(sections)), new


def move_question(form: Form, code: str, by: int) -> Form:
    """One place up (-1) or down (1), over the border of a section into the next one."""
    question = question_named(form, code)
    home = next(number for number, section in enumerate(form.sections) if question in section.questions)
    questions = list(form.sections[home].questions)
    place = questions.index(question)
    target = place + by
    if 0 <= target < len(questions):
        questions.insert(target, questions.pop(place))
        return _with_questions(form, form.sections[home].code, questions)
    other = home + by
    if not 0 <= other < len(form.sections):
        return form
    moved = [*form.sections[other].questions, question] if by < 0 else [question, *form.sections[other].questions]
    form = _with_questions(form, form.sections[home].code, [item for item in questions if item is not question])
    return _with_questions(form, form.sections[other].code, moved)


def move_section(form: Form, code: str, by: int) -> Form:
    """One place up (-1) or down (1)."""
    sections = list(form.sections)
    place = sections.index(section_named(form, code))
    target = place + by
    if not 0 <= target < len(sections):
        return form
    sections.insert(target, sections.pop(place))
    return replace(form, sections=tuple(sections))


def remove_question(form: Form, code: str) -> Form:
    """Without the question. Conditions that name it stay and are a problem until somebody decides about them."""
    question_named(form, code)
    return _each_question(form, lambda item: () if item.code == code else (item,))


def remove_section(form: Form, code: str) -> Form:
    section_named(form, code)
    return replace(form, sections=tuple(section for section in form.sections if section.code != code))


def _with_questions(form: Form, section: str, questions: Iterable[Question]) -> Form:
    kept = tuple(questions)
    return replace(
        form,
        sections=tuple(replace(item, questions=kept) if item.code == section else item for item in form.sections),
    )


def _each_question(form: Form, change: Any) -> Form:
    """Every question replaced by what ``change`` makes of it: none, one or several."""
    return replace(
        form,
        sections=tuple(
            replace(section, questions=tuple(new for item in section.questions for new in change(item)))
            for section in form.sections
        ),
    )


# Items of lists ------------------------------------------------------------------------------------------------------


def added_option(options: tuple[Option, ...], words: Text) -> tuple[Option, ...]:
    return (*options, Option(new_code("option", {item.code for item in options}, "option"), words))


def added_cause(causes: tuple[Cause, ...], words: Text) -> tuple[Cause, ...]:
    return (*causes, Cause(new_code("cause", {item.code for item in causes}, "cause"), words))


def added_band(bands: tuple[Band, ...], words: Text) -> tuple[Band, ...]:
    """A band above the last one, half of the way up to 100; the first from 0."""
    start = (bands[-1].from_score + 100) / 2 if bands else Decimal(0)
    whole = Decimal(int(start))
    return (*bands, Band(new_code("band", {item.code for item in bands}, "band"), words, whole))


def added_example(examples: tuple[Example, ...], call_id: str, second_s: float, note: Text) -> tuple[Example, ...]:
    """A moment of a call; one that is there already is not added again."""
    second = Decimal(f"{second_s:.3f}".rstrip("0").rstrip("."))
    if any(item.call_id == call_id and item.second_s == second for item in examples):
        return examples
    return (*examples, Example(call_id, second, note))


def free_code(code: str, taken: Collection[str]) -> None:
    """Raises :class:`UsageError` for a code that won't do or that something else has."""
    if not CODE.fullmatch(code) or code == NOT_APPLICABLE:
        raise UsageError("form_code_wrong", value=code)
    if code in taken:
        raise UsageError("form_code_taken", value=code)
