"""Lists within a form, a row an item: options, causes, bands, conditions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, Protocol

import streamlit as st

from qc_workbench.domain.form_rules import possible_values
from qc_workbench.domain.forms import Condition, Form, Kind, Question, Text
from qc_workbench.review import form_codes, form_editing
from qc_workbench.ui.components.form_pen import Pen
from qc_workbench.ui.form_words import answer_name, both, words_of

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


def _put_of(question: str | None, field: str) -> Put:
    """Of a question's list, or of the form's own."""
    return of_form(field) if question is None else of_question(question, field)


def _with(place: int, **changed: Any) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """The list with fields of one item changed."""
    return lambda items: tuple(replace(item, **changed) if at == place else item for at, item in enumerate(items))


def with_words(place: int, field: str, language: str, words: str) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    def made(items: tuple[Any, ...]) -> tuple[Any, ...]:
        if place >= len(items):
            return items
        text = replace(getattr(items[place], field), **{language: words})
        return _with(place, **{field: text})(items)

    return made


def put_number(put: Put, place: int, field: str, form: Form, found: Decimal | None) -> Form:
    return put(form, _with(place, **{field: found or Decimal(0)}))


def _put_border(put: Put, place: int, field: str, form: Form, found: Decimal | None) -> Form:
    return put(form, _with(place, **{field: found}))


def _without(place: int) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    return lambda items: tuple(item for at, item in enumerate(items) if at != place)


def remove_button(pen: Pen, put: Put, place: int, key: str) -> None:
    def press() -> None:
        pen.write(lambda form: put(form, _without(place)))
        pen.afresh()  # the rows below move up, and with them what their fields show

    says = pen.t("form_editor.remove_row")
    st.button("✕", key=pen.still(f"{key}_remove"), on_click=press, type="tertiary", help=says)


def _add(pen: Pen, put: Put, made: Callable[[tuple[Any, ...]], tuple[Any, ...]], key: str, label: str) -> None:
    pen.button(label, lambda form: put(form, made), f"{key}_add", type="tertiary", icon=":material/add:")


def _move(pen: Pen, put: Put, place: int, key: str) -> None:
    """Up and down. ``key`` goes with the item: the focus follows it, so that pressing again carries it on. At the end
    nothing happens; a button that is switched off there would lose the focus."""
    for by, name, icon in ((-1, "up", "↑"), (1, "down", "↓")):

        def press(by: int = by) -> None:
            pen.write(lambda form: put(form, lambda items: form_codes.moved(items, place, by)))
            pen.afresh()

        st.button(
            icon,
            key=pen.still(f"{key}_{name}"),
            on_click=press,
            type="tertiary",
            help=pen.t(f"form_editor.row_{name}"),
        )


def _codes(pen: Pen, items: Sequence[_Coded], question: str | None, field: str) -> None:
    """Codes of the list, by which answers are kept and exported: to be changed until somebody was scored on them."""
    t = pen.t
    with st.popover(t("form_editor.codes"), type="tertiary", key=pen.key(f"{field}_codes")):
        st.caption(t("form_editor.codes_help"))
        for place, item in enumerate(items):
            used = form_codes.is_used(pen.settled, question, field, item.code)
            key = pen.key(f"{field}_{place}_code_{item.code}")

            def save(place: int = place, key: str = key) -> None:
                new = (st.session_state[key] or "").strip()
                pen.write(lambda form: form_codes.recoded(form, question, field, place, new, pen.settled))
                pen.afresh()

            st.text_input(
                words_of(item.text, t),
                item.code,
                key=key,
                on_change=save,
                disabled=used,
                help=t("form_editor.code_used") if used else None,
            )


def _named_rows(
    pen: Pen,
    items: Sequence[_Coded],
    question: str | None,
    field: str,
    number: tuple[str, str, Callable[[Any], Decimal], float, float, float] | None = None,
    on_number: Callable[[int, Form, Decimal | None], Form] | None = None,
) -> None:
    """Rows of things with words in both languages and perhaps a number (label, field, value, borders, step).

    ``on_number``: what a changed number does, where it is more than that.
    """
    put = _put_of(question, field)
    is_moved = field != "bands"
    cells_of = [4, 4] + ([2.6] if number else []) + [2.5 if is_moved else 0.8]
    key = form_codes.STEMS[field]
    for place, item in enumerate(items):
        cells = st.columns(cells_of, gap="small", vertical_alignment="bottom")
        label = "visible" if place == 0 else "collapsed"
        row = f"{key}_{place}"
        for cell, language in zip(cells, ("ru", "en"), strict=False):
            with cell:
                pen.line(
                    pen.t(f"form_editor.in_{language}"),
                    item.text.of(language),
                    f"{row}_{language}",
                    lambda form, words, at=place, language=language: form_codes.worded(  # type: ignore[misc]
                        form, question, field, at, language, words, pen.settled
                    ),
                    label_visibility=label,
                )
        if number:
            name, value_field, value, least, most, step = number
            with cells[2]:
                pen.number(
                    name,
                    value(item),
                    f"{row}_{value_field}",
                    partial(on_number, place) if on_number else partial(put_number, put, place, value_field),
                    least=least,
                    most=most,
                    step=step,
                    label_visibility=label,
                )
        with cells[-1], st.container(horizontal=True, gap=None):
            if is_moved:
                twins = sum(other.code == item.code for other in items[:place])  # a draft may have such a mistake
                _move(pen, put, place, f"{key}_{item.code}_{twins}")
            remove_button(pen, put, place, row)


def option_rows(pen: Pen, question: Question) -> None:
    """Answers to choose from, with the part of the points that each earns."""
    least = -1.0 if question.kind is Kind.MULTI_CHOICE else 0.0
    credit = (pen.t("form_field.credit"), "credit", lambda option: option.credit, least, 1.0, 0.25)
    _named_rows(pen, question.options, question.code, "options", credit)
    words = both("form_editor.new_option")
    _below(pen, question.options, question.code, "options", lambda items: form_editing.added_option(items, words))


def cause_rows(pen: Pen, question: Question) -> None:
    _named_rows(pen, question.causes, question.code, "causes")
    words = both("form_editor.new_cause")
    _below(pen, question.causes, question.code, "causes", lambda items: form_editing.added_cause(items, words))


def band_rows(pen: Pen, form: Form) -> None:
    """Bands stand by where they begin: a changed border puts its row in its place."""
    start = (pen.t("form_field.from"), "from_score", lambda band: band.from_score, 0.0, 100.0, 5.0)
    put = of_form("bands")

    def put_start(place: int, form: Form, found: Decimal | None) -> Form:
        changed = put(form, lambda items: form_codes.in_order(_with(place, from_score=found or Decimal(0))(items)))
        if [band.code for band in changed.bands] != [band.code for band in form.bands]:
            pen.afresh()  # rows change places, and with them what their fields show
        return changed

    _named_rows(pen, form.bands, None, "bands", start, put_start)
    words = both("form_editor.new_band")
    _below(pen, form.bands, None, "bands", lambda items: form_editing.added_band(items, words))


def _below(
    pen: Pen,
    items: Sequence[_Coded],
    question: str | None,
    field: str,
    added: Callable[[tuple[Any, ...]], tuple[Any, ...]],
) -> None:
    """Under a list: one more, and the codes."""
    put, stem = _put_of(question, field), form_codes.STEMS[field]
    with st.container(horizontal=True, vertical_alignment="center"):
        _add(pen, put, added, stem, pen.t(f"form_editor.add_{stem}"))
        if items:
            _codes(pen, items, question, field)


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
            remove_button(pen, put, place, row)
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
