"""Lists within a form, a row an item: options, causes, bands, conditions, example clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, Protocol, TypeVar

import streamlit as st

from qc_workbench.domain.form_rules import possible_values
from qc_workbench.domain.forms import Band, Cause, Condition, Example, Form, Kind, Option, Question, Text
from qc_workbench.review import form_editing
from qc_workbench.ui.components.form_pen import Pen
from qc_workbench.ui.form_words import answer_name, both, words_of

_Item = TypeVar("_Item", Option, Cause, Band, Example, Condition)
#: Puts a changed list into the form.
Put = Callable[[Form, Callable[[tuple[Any, ...]], tuple[Any, ...]]], Form]


class _Coded(Protocol):
    @property
    def code(self) -> str: ...

    @property
    def text(self) -> Text: ...


def of_question(code: str, field: str) -> Put:
    """The list ``field`` of a question."""

    def put(form: Form, made: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Form:
        question = form_editing.question_named(form, code)
        return form_editing.set_question(form, code, **{field: made(getattr(question, field))})

    return put


def of_section(code: str, field: str) -> Put:
    def put(form: Form, made: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Form:
        section = form_editing.section_named(form, code)
        return form_editing.set_section(form, code, **{field: made(getattr(section, field))})

    return put


def of_form(field: str) -> Put:
    return lambda form, made: form_editing.set_form(form, **{field: made(getattr(form, field))})


def _with(place: int, **changed: Any) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """The list with fields of one item changed."""
    return lambda items: tuple(replace(item, **changed) if at == place else item for at, item in enumerate(items))


def _with_words(place: int, field: str, language: str, words: str) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    def made(items: tuple[Any, ...]) -> tuple[Any, ...]:
        if place >= len(items):
            return items
        text = replace(getattr(items[place], field), **{language: words})
        return _with(place, **{field: text})(items)

    return made


def _put_number(put: Put, place: int, field: str, form: Form, found: Decimal | None) -> Form:
    return put(form, _with(place, **{field: found or Decimal(0)}))


def _put_border(put: Put, place: int, field: str, form: Form, found: Decimal | None) -> Form:
    return put(form, _with(place, **{field: found}))


def _without(place: int) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    return lambda items: tuple(item for at, item in enumerate(items) if at != place)


def _remove(pen: Pen, put: Put, place: int, key: str) -> None:
    def press() -> None:
        pen.write(lambda form: put(form, _without(place)))
        pen.afresh()  # the rows below move up, and with them what their fields show

    st.button("✕", key=pen.key(f"{key}_remove"), on_click=press, type="tertiary", help=pen.t("form_editor.remove_row"))


def _add(pen: Pen, put: Put, made: Callable[[tuple[Any, ...]], tuple[Any, ...]], key: str, label: str) -> None:
    pen.button(label, lambda form: put(form, made), f"{key}_add", type="tertiary", icon=":material/add:")


def _named_rows(
    pen: Pen,
    items: Sequence[_Coded],
    put: Put,
    key: str,
    number: tuple[str, str, Callable[[Any], Decimal], float, float, float] | None = None,
) -> None:
    """Rows of things with words in both languages and perhaps a number (label, field, value, borders, step).

    Their codes are made by the program and stand in the YAML text.
    """
    widths = [4, 4, 2.6, 0.8] if number else [4, 4, 0.8]
    for place, item in enumerate(items):
        cells = st.columns(widths, gap="small", vertical_alignment="bottom")
        label = "visible" if place == 0 else "collapsed"
        row = f"{key}_{place}"
        for cell, language in zip(cells, ("ru", "en"), strict=False):
            with cell:
                pen.line(
                    pen.t(f"form_editor.in_{language}"),
                    item.text.of(language),
                    f"{row}_{language}",
                    lambda form, words, at=place, language=language: put(
                        form, _with_words(at, "text", language, words)
                    ),  # type: ignore[misc]
                    label_visibility=label,
                )
        if number:
            name, field, value, least, most, step = number
            with cells[2]:
                pen.number(
                    name,
                    value(item),
                    f"{row}_{field}",
                    partial(_put_number, put, place, field),
                    least=least,
                    most=most,
                    step=step,
                    label_visibility=label,
                )
        with cells[-1]:
            _remove(pen, put, place, row)


def option_rows(pen: Pen, question: Question) -> None:
    """Answers to choose from, with the part of the points that each earns."""
    put = of_question(question.code, "options")
    least = -1.0 if question.kind is Kind.MULTI_CHOICE else 0.0
    credit = (pen.t("form_field.credit"), "credit", lambda option: option.credit, least, 1.0, 0.25)
    _named_rows(pen, question.options, put, "option", credit)
    words = both("form_editor.new_option")
    _add(pen, put, lambda items: form_editing.added_option(items, words), "option", pen.t("form_editor.add_option"))


def cause_rows(pen: Pen, question: Question) -> None:
    put = of_question(question.code, "causes")
    _named_rows(pen, question.causes, put, "cause")
    words = both("form_editor.new_cause")
    _add(pen, put, lambda items: form_editing.added_cause(items, words), "cause", pen.t("form_editor.add_cause"))


def band_rows(pen: Pen, form: Form) -> None:
    put = of_form("bands")
    start = (pen.t("form_field.from"), "from_score", lambda band: band.from_score, 0.0, 100.0, 5.0)
    _named_rows(pen, form.bands, put, "band", start)
    words = both("form_editor.new_band")
    _add(pen, put, lambda items: form_editing.added_band(items, words), "band", pen.t("form_editor.add_band"))


def example_rows(pen: Pen, question: Question) -> None:
    """Clips: the call, the second, and what is to be heard there."""
    t, put = pen.t, of_question(question.code, "examples")
    for place, example in enumerate(question.examples):
        row = f"example_{place}"
        cells = st.columns([3, 2, 4, 4, 0.7], gap="small", vertical_alignment="bottom")
        with cells[0]:
            pen.line(
                t("form_field.call"),
                example.call_id,
                f"{row}_call",
                lambda form, call, at=place: put(form, _with(at, call_id=call)),  # type: ignore[misc]
            )
        with cells[1]:
            pen.number(
                t("form_field.second"),
                example.second_s,
                f"{row}_second",
                partial(_put_number, put, place, "second_s"),
                least=0.0,
            )
        for cell, language in zip(cells[2:], ("ru", "en"), strict=False):
            with cell:
                pen.line(
                    t(f"form_editor.in_{language}"),
                    example.note.of(language),
                    f"{row}_{language}",
                    lambda form, words, at=place, language=language: put(
                        form, _with_words(at, "note", language, words)
                    ),  # type: ignore[misc]
                )
        with cells[4]:
            _remove(pen, put, place, row)
    words = both("form_editor.new_example")
    _add(pen, put, lambda items: form_editing.added_example(items, words), "example", t("form_editor.add_example"))


def condition_rows(pen: Pen, form: Form, part: str, conditions: Sequence[Condition], put: Put) -> None:
    """Conditions on earlier questions, picked from what they may be answered. All must hold."""
    t = pen.t
    before = {question.code: question for question in form_editing.asked_before(form, part)}
    for place, condition in enumerate(conditions):
        row = f"when_{place}"
        asked = before.get(condition.question)
        cells = st.columns([4, 5, 0.7], gap="small", vertical_alignment="bottom")
        with cells[0]:
            known = list(before) if asked else [condition.question, *before]
            pen.choice(
                t("form_editor.if_question"),
                known,
                condition.question,
                f"{row}_question",
                lambda form, code, at=place: put(form, lambda items: _condition_of(items, at, code)),  # type: ignore[misc]
                lambda code: words_of(before[code].text, t) if code in before else code,
            )
        with cells[1]:
            if asked is not None:
                _condition_answer(pen, asked, condition, place, put)
        with cells[2]:
            _remove(pen, put, place, row)
    if before:
        last = next(reversed(before.values()))
        add = Condition(last.code)
        _add(pen, put, lambda items: (*items, add), "when", t("form_editor.add_condition"))
    elif not conditions:
        st.caption(t("form_editor.nothing_before"))


def _condition_of(items: tuple[Condition, ...], place: int, code: str) -> tuple[Condition, ...]:
    """Another question: answers of the one before mean nothing there."""
    return tuple(Condition(code) if at == place else item for at, item in enumerate(items))


def _condition_answer(pen: Pen, asked: Question, condition: Condition, place: int, put: Put) -> None:
    t, row = pen.t, f"when_{place}"
    listed = possible_values(asked)
    order = [option.code for option in asked.options] or ["yes", "no"]
    options = [code for code in order if code in listed] + sorted(listed - set(order))
    has_borders = asked.kind in (Kind.NUMBER, Kind.SCALE)
    cells = st.columns([2, 1, 1] if has_borders else [1], gap="small")
    with cells[0]:
        pen.several(
            t("form_editor.is_answered"),
            options,
            condition.values,
            f"{row}_is_{asked.code}",
            lambda form, values: put(form, _with(place, values=values)),
            lambda code: answer_name(asked, code, t),
            placeholder=t("form_editor.any_of"),
        )
    for cell, name in zip(cells[1:], ("at_least", "at_most"), strict=False):
        with cell:
            pen.number(
                t(f"form_field.{name}"),
                getattr(condition, name),
                f"{row}_{name}_{asked.code}",
                partial(_put_border, put, place, name),
            )
