"""The form as an outline: a line a question with its points; the one that is open shows its fields in place."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import streamlit as st

from qc_workbench.domain.forms import Critical, Form, Question, Section, Weighing
from qc_workbench.review import form_editing
from qc_workbench.ui.components.form_fields import form_fields, question_fields, section_fields
from qc_workbench.ui.components.form_pen import Pen
from qc_workbench.ui.form_words import both, condition_text, decimal_text, for_whom, points_text, short
from qc_workbench.ui.i18n import Translator

#: Keys that need no mouse: what is open up and down, the next one.
_UP, _DOWN, _NEXT = "Alt+Up", "Alt+Down", "Alt+N"


def outline(pen: Pen, form: Form, wrong: frozenset[str]) -> None:
    """``wrong``: addresses of the parts with a problem."""
    t = pen.t
    head = t("form_editor.form_line", mode=t(f"weighing.{form.mode.value}"), whom=for_whom(form, t))
    _line(pen, "form", f"**{t('form_editor.whole_form')}** · {head}", wrong)
    if pen.open == "form":
        with st.container(border=True):
            form_fields(pen, form)
    number = 0
    for section in form.sections:
        _section(pen, form, section, wrong)
        for question in section.questions:
            number += 1
            _question(pen, form, question, number, wrong)
        _add_question(pen, section)
    _add_section(pen)


def _line(pen: Pen, part: str, label: str, wrong: frozenset[str]) -> None:
    is_open = pen.open == part
    mark = ":red[:material/error:] " if part in wrong else ""
    st.button(
        mark + label,
        key=f"forms_part_{pen.name}_{part}",
        type="tertiary",
        icon=":material/keyboard_arrow_down:" if is_open else ":material/chevron_right:",
        on_click=pen.turn_to,
        args=("" if is_open else part,),
        wrap=True,
    )


def _section(pen: Pen, form: Form, section: Section, wrong: frozenset[str]) -> None:
    t, part = pen.t, f"s:{section.code}"
    marks = [points_text(sum_of_points(section), t)]
    if form.mode is Weighing.WEIGHTS:
        marks.append(t("form_editor.weight", weight=decimal_text(section.weight, t)))
    if section.critical_below is not None:
        marks.append(f":red[{t('form_editor.fails_below', percent=decimal_text(section.critical_below, t))}]")
    marks += [condition_text(form, condition, t) for condition in section.show_when]
    _line(pen, part, f"**{short(section.title, t)}** · :small[{' · '.join(marks)}]", wrong)
    if pen.open != part:
        return
    with st.container(border=True):
        code = section.code
        _tools(
            pen,
            part,
            lambda form, by: form_editing.move_section(form, code, by),
            lambda form: form_editing.copy_section(form, code)[0],
            lambda form: form_editing.remove_section(form, code),
        )
        section_fields(pen, form, section)


def _question(pen: Pen, form: Form, question: Question, number: int, wrong: frozenset[str]) -> None:
    part = f"q:{question.code}"
    _line(pen, part, f"{number}. {short(question.text, pen.t)} · :small[{_marks(form, question, pen.t)}]", wrong)
    if pen.open != part:
        return
    with st.container(border=True):
        code = question.code
        _tools(
            pen,
            part,
            lambda form, by: form_editing.move_question(form, code, by),
            lambda form: form_editing.copy_question(form, code)[0],
            lambda form: form_editing.remove_question(form, code),
        )
        question_fields(pen, form, question)


def _marks(form: Form, question: Question, t: Translator) -> str:
    marks = [t(f"question_kind.{question.kind.value}").lower()]
    if question.points:
        marks.append(("+" if question.bonus else "") + points_text(question.points, t))
    if question.critical is not None:
        colour = "red" if question.critical is Critical.FORM else "orange"
        marks.append(f":{colour}[{t(f'critical.{question.critical.value}').lower()}]")
    if question.auto:
        marks.append(t("form_editor.auto_mark"))
    marks += [condition_text(form, condition, t) for condition in question.show_when]
    return " · ".join(marks)


def _tools(
    pen: Pen,
    part: str,
    move: Callable[[Form, int], Form],
    copy: Callable[[Form], Form],
    remove: Callable[[Form], Form],
) -> None:
    t = pen.t
    with st.container(horizontal=True, gap="small"):
        kept = pen.at(part)
        kept.button(
            t("form_editor.up"), lambda form: move(form, -1), "up", icon=":material/arrow_upward:", shortcut=_UP
        )
        kept.button(
            t("form_editor.down"), lambda form: move(form, 1), "down", icon=":material/arrow_downward:", shortcut=_DOWN
        )
        kept.button(t("form_editor.copy"), copy, "copy", icon=":material/content_copy:")
        kept.button(t("form_editor.remove"), remove, "remove", icon=":material/delete:", then="")


def _add_question(pen: Pen, section: Section) -> None:
    code, words = section.code, both("form_editor.new_question")
    after = next((item.code for item in section.questions if pen.open == f"q:{item.code}"), None)

    def press() -> None:
        opened: list[str] = []

        def made(form: Form) -> Form:
            form, new = form_editing.add_question(form, code, words, after)
            opened.append(new)
            return form

        if pen.write(made):
            pen.turn_to(f"q:{opened[-1]}")

    is_here = after is not None or pen.open == f"s:{code}"
    st.button(
        pen.t("form_editor.add_question"),
        key=f"forms_add_question_{pen.name}_{code}",
        on_click=press,
        type="tertiary",
        icon=":material/add:",
        shortcut=_NEXT if is_here else None,
    )


def _add_section(pen: Pen) -> None:
    title, words = both("form_editor.new_section"), both("form_editor.new_question")

    def press() -> None:
        opened: list[str] = []

        def made(form: Form) -> Form:
            form, new = form_editing.add_section(form, title, words)
            opened.append(new)
            return form

        if pen.write(made):
            pen.turn_to(f"s:{opened[-1]}")

    label = pen.t("form_editor.add_section")
    st.button(label, key=f"forms_add_section_{pen.name}", on_click=press, icon=":material/add:")


def sum_of_points(section: Section) -> Decimal:
    return sum((question.points for question in section.questions if not question.bonus), Decimal(0))
