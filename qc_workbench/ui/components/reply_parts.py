"""An answer to a question of a form: as text, and as something to choose."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from qc_workbench.domain.evaluation import Reply
from qc_workbench.domain.forms import NO, NOT_APPLICABLE, YES, Kind, Question
from qc_workbench.ui.i18n import Translator


def answer_text(question: Question, reply: Reply | None, t: Translator) -> str:
    """The answer in words; a dash where there is none."""
    if reply is None:
        return "—"
    if not reply.values:
        return t("answer_said.none_ticked")
    return ", ".join(value_text(question, value, t) for value in reply.values)


def value_text(question: Question, value: str, t: Translator) -> str:
    if value == NOT_APPLICABLE:
        return t("answer_said.not_applicable")
    if question.kind is Kind.YES_NO:
        return t(f"answer_said.{value}") if value in (YES, NO) else value
    option = next((item for item in question.options if item.code == value), None)
    if option is not None:
        return option.text.of(t.language)
    if question.kind is Kind.SCALE and question.highest is not None:
        return t("answer_said.of_scale", value=value, most=f"{question.highest.normalize():f}")
    return value


def cause_text(question: Question, code: str | None, t: Translator) -> str | None:
    found = next((cause for cause in question.causes if cause.code == code), None)
    return found.text.of(t.language) if found else code


def answer_input(question: Question, t: Translator, key: str) -> None:
    """A place to choose an answer, and its cause where the question has some; :func:`chosen_reply` reads it."""
    label, options = t("answer_said.answer"), _options(question)
    if question.kind in (Kind.NUMBER, Kind.TEXT):
        st.text_input(label, key=f"{key}_value")
        if question.not_applicable is not None:
            st.checkbox(t("answer_said.not_applicable"), key=f"{key}_na")
    elif question.kind is Kind.MULTI_CHOICE:
        st.pills(
            label,
            options,
            selection_mode="multi",
            format_func=lambda value: value_text(question, value, t),
            key=f"{key}_value",
            wrap=True,
        )
    elif question.kind is Kind.CHOICE:
        st.radio(
            label, options, index=None, format_func=lambda value: value_text(question, value, t), key=f"{key}_value"
        )
    else:
        st.segmented_control(
            label, options, format_func=lambda value: value_text(question, value, t), key=f"{key}_value", wrap=True
        )
    if question.causes:
        st.selectbox(
            t("answer_said.cause"),
            [cause.code for cause in question.causes],
            index=None,
            format_func=lambda code: cause_text(question, code, t) or code,
            placeholder=t("answer_said.cause_none"),
            key=f"{key}_cause",
        )


def _options(question: Question) -> Sequence[str]:
    match question.kind:
        case Kind.YES_NO:
            options = [YES, NO]
        case Kind.SCALE:
            assert question.lowest is not None
            assert question.highest is not None
            options = [str(step) for step in range(int(question.lowest), int(question.highest) + 1)]
        case _:
            options = [option.code for option in question.options]
    return [*options, NOT_APPLICABLE] if question.not_applicable is not None else options


def chosen_reply(question: Question, key: str) -> Reply | None:
    """What was chosen at :func:`answer_input`; None while nothing is."""
    value = st.session_state.get(f"{key}_value")
    cause = st.session_state.get(f"{key}_cause")
    if question.kind is Kind.MULTI_CHOICE:
        return None if value is None else Reply(question.code, tuple(value), cause)
    if st.session_state.get(f"{key}_na"):
        return Reply(question.code, (NOT_APPLICABLE,), cause)
    said = str(value).strip() if value is not None else ""
    return Reply(question.code, (said,), cause) if said else None
