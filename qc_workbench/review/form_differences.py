"""What is different in another version of a form, in parts that a person can read one by one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import Final

from qc_workbench.domain.forms import Form, Question, Section, Text


class ChangeKind(StrEnum):
    FORM_FIELDS = "form_fields"
    SECTION_ADDED = "section_added"
    SECTION_REMOVED = "section_removed"
    SECTION_FIELDS = "section_fields"
    SECTIONS_ORDER = "sections_order"
    QUESTION_ADDED = "question_added"
    QUESTION_REMOVED = "question_removed"
    QUESTION_MOVED = "question_moved"
    QUESTION_POINTS = "question_points"
    QUESTION_TEXT = "question_text"
    QUESTION_FIELDS = "question_fields"
    QUESTIONS_ORDER = "questions_order"


@dataclass(frozen=True, slots=True)
class FormChange:
    """``part``: code of the question or section, "" for the form. ``words``: its text, after the change where
    it is still there. ``before`` and ``after``: points. ``was``: the text before. ``names``: fields that differ."""

    kind: ChangeKind
    part: str = ""
    words: Text | None = None
    was: Text | None = None
    names: tuple[str, ...] = ()
    before: Decimal | None = None
    after: Decimal | None = None


#: Fields that have a line of their own.
_TOLD_APART: Final = {"text", "points", "questions", "sections"}


def differences(before: Form, after: Form) -> list[FormChange]:
    """All that differs, from the top down; nothing for equal forms."""
    return [*_form(before, after), *_sections(before, after), *_questions(before, after)]


def _differing(before: object, after: object) -> tuple[str, ...]:
    names = (field.name for field in fields(before))  # type: ignore[arg-type]  # both are dataclasses
    return tuple(name for name in names if name not in _TOLD_APART and getattr(before, name) != getattr(after, name))


def _form(before: Form, after: Form) -> Iterator[FormChange]:
    if names := _differing(before, after):
        yield FormChange(ChangeKind.FORM_FIELDS, words=after.title, was=before.title, names=names)


def _sections(before: Form, after: Form) -> Iterator[FormChange]:
    old = {section.code: section for section in before.sections}
    new = {section.code: section for section in after.sections}
    for section in before.sections:
        if section.code not in new:
            yield FormChange(ChangeKind.SECTION_REMOVED, section.code, section.title)
    for section in after.sections:
        if section.code not in old:
            yield FormChange(ChangeKind.SECTION_ADDED, section.code, section.title)
        elif names := _differing(old[section.code], section):
            yield FormChange(ChangeKind.SECTION_FIELDS, section.code, section.title, old[section.code].title, names)
    if [code for code in old if code in new] != [code for code in new if code in old]:
        yield FormChange(ChangeKind.SECTIONS_ORDER)


def _questions(before: Form, after: Form) -> Iterator[FormChange]:
    old, new = _by_code(before), _by_code(after)
    for code, (_, question) in old.items():
        if code not in new:
            yield FormChange(ChangeKind.QUESTION_REMOVED, code, question.text, before=question.points)
    for code, (home, question) in new.items():
        if code not in old:
            yield FormChange(ChangeKind.QUESTION_ADDED, code, question.text, after=question.points)
            continue
        was_home, was = old[code]
        if was_home.code != home.code:
            yield FormChange(ChangeKind.QUESTION_MOVED, code, question.text, was=home.title)
        yield from _question(was, question)
    for section in after.sections:
        had = next((item for item in before.sections if item.code == section.code), None)
        codes = [question.code for question in section.questions]
        stood = [question.code for question in had.questions] if had else []
        if [code for code in stood if code in codes] != [code for code in codes if code in stood]:
            yield FormChange(ChangeKind.QUESTIONS_ORDER, section.code, section.title)


def _question(was: Question, question: Question) -> Iterator[FormChange]:
    if was.text != question.text:
        yield FormChange(ChangeKind.QUESTION_TEXT, question.code, question.text, was.text)
    if was.points != question.points:
        points = {"before": was.points, "after": question.points}
        yield FormChange(ChangeKind.QUESTION_POINTS, question.code, question.text, **points)  # type: ignore[arg-type]
    if names := _differing(was, question):
        yield FormChange(ChangeKind.QUESTION_FIELDS, question.code, question.text, names=names)


def _by_code(form: Form) -> dict[str, tuple[Section, Question]]:
    return {question.code: (section, question) for section in form.sections for question in section.questions}
