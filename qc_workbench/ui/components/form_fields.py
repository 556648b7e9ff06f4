"""The fields of what is open in the editor: the form itself, a section, or a question."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import streamlit as st

from qc_workbench.domain.auto_answer import Question as AutoQuestion
from qc_workbench.domain.call import Direction
from qc_workbench.domain.form_rules import MOST_POINTS, MOST_STEPS
from qc_workbench.domain.forms import Critical, Form, Kind, NotApplicable, Question, Section, Text, Weighing
from qc_workbench.review import form_editing
from qc_workbench.ui.components.form_examples import example_rows
from qc_workbench.ui.components.form_pen import Pen
from qc_workbench.ui.components.form_rows import (
    band_rows,
    cause_rows,
    condition_rows,
    of_question,
    of_section,
    option_rows,
)

_MOST = float(MOST_POINTS)


def form_fields(pen: Pen, form: Form) -> None:
    t = pen.t
    pen = pen.at("form")

    def set_words(field: str, is_optional: bool = False) -> Any:
        def made(form: Form, language: str, words: str) -> Form:
            return form_editing.set_form(form, **{field: _words(getattr(form, field), language, words, is_optional)})

        return made

    pen.words(t("form_field.title"), form.title, "title", set_words("title"), tall=False)
    pen.words(t("form_field.about"), form.about, "about", set_words("about", is_optional=True))
    left, right = st.columns(2, gap="small")
    with left:
        pen.several(
            t("form_field.directions"),
            list(Direction),
            form.directions,
            "directions",
            lambda form, found: form_editing.set_form(form, directions=found),
            lambda direction: t(f"direction.{direction.value}"),
            placeholder=t("form_editor.any_direction"),
        )
        pen.choice(
            t("form_field.mode"),
            list(Weighing),
            form.mode,
            "mode",
            lambda form, found: form_editing.set_form(form, mode=found),
            lambda mode: t(f"weighing.{mode.value}"),
        )
    with right:
        pen.line(
            t("form_field.stages"),
            "\n".join(form.stages),
            "stages",
            lambda form, text: form_editing.set_form(form, stages=_lines(text)),
            tall=True,
            help=t("form_editor.stages_help"),
        )
    st.markdown(f"**{t('form_field.bands')}**")
    band_rows(pen, form)


def section_fields(pen: Pen, form: Form, section: Section) -> None:
    t, code = pen.t, section.code
    pen = pen.at(f"s_{code}")
    pen.words(
        t("form_field.title"),
        section.title,
        "title",
        lambda form, language, words: form_editing.set_section(
            form, code, title=replace(form_editing.section_named(form, code).title, **{language: words})
        ),
        tall=False,
    )
    cells = st.columns(3, gap="small")
    if form.mode is Weighing.WEIGHTS or section.weight:
        with cells[0]:
            pen.number(
                t("form_field.weight"),
                section.weight,
                "weight",
                lambda form, found: form_editing.set_section(form, code, weight=found or Decimal(0)),
                least=0,
                most=_MOST,
            )
    with cells[1]:
        pen.number(
            t("form_field.critical_below"),
            section.critical_below,
            "critical_below",
            lambda form, found: form_editing.set_section(form, code, critical_below=found),
            least=0,
            most=100,
            step=5,
            placeholder=t("form_editor.never"),
            help=t("form_editor.critical_below_help"),
        )
    with cells[2]:
        _code_field(pen, code, is_section=True)
    st.markdown(f"**{t('form_field.show_when')}**")
    condition_rows(pen, form, code, section.show_when, of_section(code, "show_when"))


def question_fields(pen: Pen, form: Form, question: Question) -> None:
    t, code = pen.t, question.code
    pen = pen.at(f"q_{code}")
    _wording(pen, question)
    _worth(pen, question)
    if question.kind in (Kind.CHOICE, Kind.MULTI_CHOICE):
        st.markdown(f"**{t('form_field.options')}**")
        option_rows(pen, question)
    folds = (
        ("show_when", len(question.show_when)),
        ("causes", len(question.causes)),
        ("examples", len(question.examples)),
    )
    for field, count in folds:
        if field == "causes" and not question.is_judged and not count:
            continue
        label = t(f"form_field.{field}") + (f" · {count}" if count else "")
        with st.expander(label, expanded=bool(count), key=pen.key(f"fold_{field}")):
            if field == "show_when":
                condition_rows(pen, form, code, question.show_when, of_question(code, "show_when"))
            elif field == "causes":
                cause_rows(pen, question)
            else:
                example_rows(pen, form, question)
    _rest(pen, question)


def _wording(pen: Pen, question: Question) -> None:
    t, code = pen.t, question.code

    def set_words(field: str, is_optional: bool = False) -> Any:
        def made(form: Form, language: str, words: str) -> Form:
            before = getattr(form_editing.question_named(form, code), field)
            return form_editing.set_question(form, code, **{field: _words(before, language, words, is_optional)})

        return made

    pen.words(t("form_field.text"), question.text, "text", set_words("text"))
    pen.words(t("form_field.help"), question.help, "help", set_words("help", is_optional=True))


def _worth(pen: Pen, question: Question) -> None:
    """Kind, points, borders, what a bad answer does."""
    t, code = pen.t, question.code
    cells = st.columns(3, gap="small")
    with cells[0]:
        pen.choice(
            t("form_field.kind"),
            list(Kind),
            question.kind,
            "kind",
            lambda form, kind: _with_kind(form, code, kind),
            lambda kind: t(f"question_kind.{kind.value}"),
        )
    if question.kind in (Kind.SCALE, Kind.NUMBER):
        whole = {"step": 1.0} if question.kind is Kind.SCALE else {}
        for cell, field in zip(cells[1:], ("lowest", "highest"), strict=True):
            with cell:
                pen.number(
                    t(f"form_field.{field}"),
                    getattr(question, field),
                    f"{field}_{question.kind.value}",
                    partial(_set_border, code, field),
                    help=t("form_editor.scale_help" if whole else "form_editor.number_help", most=MOST_STEPS),
                    **whole,
                )
        cells = st.columns(3, gap="small")
        place = 0
    else:
        place = 1
    if not question.is_judged and not question.points:
        return
    with cells[place]:
        pen.number(
            t("form_field.points"),
            question.points,
            "points",
            lambda form, found: form_editing.set_question(form, code, points=found or Decimal(0)),
            least=0,
            most=_MOST,
        )
    with cells[place + 1]:
        pen.choice(
            t("form_field.critical"),
            [None, *Critical],
            question.critical,
            "critical",
            lambda form, found: form_editing.set_question(form, code, critical=found),
            lambda found: t(f"form_editor.fails.{found.value}") if found else t("form_editor.nothing"),
        )


def _rest(pen: Pen, question: Question) -> None:
    t, code = pen.t, question.code

    def setter(field: str) -> Any:
        return lambda form, found: form_editing.set_question(form, code, **{field: found})

    cells = st.columns(3, gap="small", vertical_alignment="bottom")
    with cells[0]:
        pen.choice(
            t("form_field.not_applicable"),
            [None, *NotApplicable],
            question.not_applicable,
            "not_applicable",
            setter("not_applicable"),
            lambda found: t(f"not_applicable.{found.value}") if found else t("form_editor.not_offered"),
        )
    with cells[1]:
        if question.is_judged:
            pen.number(
                t("form_field.bad_below"),
                question.bad_below,
                "bad_below",
                lambda form, found: form_editing.set_question(form, code, bad_below=found or Decimal("0.5")),
                least=0.05,
                most=1,
                step=0.05,
                help=t("form_editor.bad_below_help"),
            )
    with cells[2]:
        if question.kind is Kind.YES_NO or question.auto:
            pen.choice(
                t("form_field.auto"),
                [None, *AutoQuestion],
                question.auto,
                "auto",
                setter("auto"),
                lambda found: t(f"question.{found.value}") if found else t("form_editor.no"),
                help=t("form_editor.auto_help"),
            )
    cells = st.columns(3, gap="small", vertical_alignment="center")
    with cells[0]:
        pen.tick(t("form_field.required"), question.required, "required", setter("required"))
    with cells[1]:
        if question.is_judged or question.bonus:
            pen.tick(t("form_field.bonus"), question.bonus, "bonus", setter("bonus"), help=t("form_editor.bonus_help"))
    with cells[2]:
        _code_field(pen, code)


def _code_field(pen: Pen, code: str, *, is_section: bool = False) -> None:
    """A new code closes nothing: what was open stays open under it."""
    key, prefix = pen.key("code"), "s" if is_section else "q"

    def save() -> None:
        new = (st.session_state[key] or "").strip()
        change = form_editing.set_section if is_section else form_editing.set_question
        if pen.write(lambda form: change(form, code, code=new)):
            pen.turn_to(f"{prefix}:{new}")

    st.text_input(pen.t("form_field.code"), code, key=key, on_change=save, help=pen.t("form_editor.code_help"))


def _with_kind(form: Form, code: str, kind: Kind) -> Form:
    changed = form_editing.with_kind(form_editing.question_named(form, code), kind)
    return form_editing.set_question(
        form, code, **form_editing.changed_fields(form_editing.question_named(form, code), changed)
    )


def _words(before: Text | None, language: str, words: str, is_optional: bool) -> Text | None:
    """The text with one language changed; an optional one that is empty in both is none."""
    after = replace(before or Text("", ""), **{language: words})
    return None if is_optional and not after.ru and not after.en else after


def _set_border(code: str, field: str, form: Form, found: Decimal | None) -> Form:
    return form_editing.set_question(form, code, **{field: found})


def _lines(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
