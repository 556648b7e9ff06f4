"""The form as a reviewer will see it, to be answered for trial: what the score makes of it, at once."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import streamlit as st

from qc_workbench.domain.evaluation import Reply, Result, SectionResult
from qc_workbench.domain.form_rules import problems_of
from qc_workbench.domain.forms import NO, NOT_APPLICABLE, YES, Critical, Example, Form, Kind, Question
from qc_workbench.errors import QcwError
from qc_workbench.review.evaluating import checked
from qc_workbench.review.scoring import is_bad, score, shown_questions
from qc_workbench.ui.components.form_examples import examples_heard
from qc_workbench.ui.form_words import answer_name, decimal_text, points_text, short, words_of
from qc_workbench.ui.i18n import LANGUAGES, Translator
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room, enter, remember, remembered
from qc_workbench.ui.views.form_examples import ExampleSound, example_sounds

#: In the trial only: nothing of a list of several applies. An answer too, worth nothing.
_NONE_OF_THESE = "-"
#: Who listens, and how each example is heard.
Heard = tuple[Room, Mapping[Example, ExampleSound]]
_NAMES = {"ru": "Русский", "en": "English"}


@st.fragment
def preview(form: Form, t: Translator, name: str) -> None:
    """``name`` keeps the answers of one form apart from another's."""
    room = enter()
    sounds = example_sounds(room.workspace, room.viewer, form)
    with st.container(horizontal=True, vertical_alignment="center"):
        language = st.segmented_control(
            t("form_editor.preview_language"),
            LANGUAGES,
            default=t.language,
            required=True,
            format_func=_NAMES.__getitem__,
            key=f"forms_try_language_{name}",
            label_visibility="collapsed",
        )
        st.button(
            t("form_editor.clear_answers"),
            key=f"forms_try_clear_{name}",
            type="tertiary",
            on_click=lambda: remember(f"forms_try_{name}", str(int(remembered(f"forms_try_{name}") or 0) + 1)),
        )
    spoken = Translator(language or t.language, t.zone)
    total = st.container(border=True)
    broken = _unanswerable(form)
    turn = remembered(f"forms_try_{name}") or "0"
    replies: dict[str, Reply] = {}
    heads = []
    for section in form.sections:
        head = st.container()
        heads.append(head)
        for question in section.questions:
            if question.code in broken or question.code not in shown_questions(form, replies):
                continue
            reply = _asked(form, question, spoken, f"forms_try_{name}_{turn}_{question.code}", (room, sounds))
            if reply is not None:
                replies[question.code] = reply
    result = score(form, replies)
    shown = shown_questions(form, replies)
    for section, head, points in zip(form.sections, heads, result.sections, strict=True):
        if any(question.code in shown for question in section.questions):
            head.markdown(f"**{plain(words_of(section.title, spoken))}**{_section_points(points, spoken)}")
    with total:
        _total(form, result, len(list(form.questions)) - len(shown), spoken)


def _unanswerable(form: Form) -> frozenset[str]:
    """Questions whose answers can't be worked out yet: a scale without borders, options missing."""
    found = set()
    for problem in problems_of(form):
        path = problem.path
        if len(path) > 4 and path[2] == "questions" and problem.code in ("scale", "number", "options_needed"):
            found.add(form.sections[int(path[1])].questions[int(path[3])].code)
    return frozenset(found)


def _asked(form: Form, question: Question, t: Translator, key: str, heard: Heard) -> Reply | None:
    """The question with its help, examples and fields, and the trial answer to it."""
    marks = []
    if question.points:
        marks.append(("+" if question.bonus else "") + points_text(question.points, t))
    if question.critical is Critical.FORM:
        marks.append(f":red[{t('critical.form')}]")
    if question.critical is Critical.SECTION:
        marks.append(f":orange[{t('critical.section')}]")
    if not question.required:
        marks.append(t("form_editor.optional"))
    with st.container(gap="small"):
        st.markdown(f"{plain(words_of(question.text, t))}  \n:small[{' · '.join(marks)}]")
        if question.help:
            st.caption(plain(words_of(question.help, t)))
        room, sounds = heard
        examples_heard(room, question, sounds, t, f"{key}_example")
        values = _values(question, t, key)
        if values is None:
            return None
        try:
            reply = checked(form, Reply(question.code, values))
        except QcwError as error:
            st.error(error_text(error, t))
            return None
        if question.causes and is_bad(question, reply):
            cause = st.selectbox(
                t("form_editor.cause"),
                [cause.code for cause in question.causes],
                index=None,
                format_func={cause.code: words_of(cause.text, t) for cause in question.causes}.__getitem__,
                key=f"{key}_cause",
                placeholder=t("form_editor.choose_cause"),
            )
            reply = Reply(reply.question, reply.values, cause)
        return reply


def _values(question: Question, t: Translator, key: str) -> tuple[str, ...] | None:
    """What was answered, None for nothing yet. The key tells kinds apart: their answers are of different types."""
    label, key = words_of(question.text, t), f"{key}_{question.kind.value}"
    not_applicable = [NOT_APPLICABLE] if question.not_applicable else []

    def name(code: str) -> str:
        return t("form_editor.none_of_these") if code == _NONE_OF_THESE else plain(answer_name(question, code, t))

    match question.kind:
        case Kind.YES_NO | Kind.SCALE:
            steps = [YES, NO] if question.kind is Kind.YES_NO else _steps(question)
            found = st.segmented_control(
                label, steps + not_applicable, format_func=name, key=key, label_visibility="collapsed"
            )
            return (found,) if found else None
        case Kind.CHOICE:
            options = [option.code for option in question.options]
            found = st.radio(
                label, options + not_applicable, index=None, format_func=name, key=key, label_visibility="collapsed"
            )
            return (found,) if found else None
        case Kind.MULTI_CHOICE:
            options = [option.code for option in question.options]
            ticked = st.pills(
                label,
                [*options, _NONE_OF_THESE, *not_applicable],
                selection_mode="multi",
                format_func=name,
                key=key,
                label_visibility="collapsed",
            )
            for alone, values in ((NOT_APPLICABLE, (NOT_APPLICABLE,)), (_NONE_OF_THESE, ())):
                if alone in ticked:
                    return values
            return tuple(ticked) or None
    if not_applicable and st.checkbox(t("reply.not_applicable"), key=f"{key}_na"):
        return (NOT_APPLICABLE,)
    if question.kind is Kind.NUMBER:
        number = st.number_input(label, value=None, format="%g", key=key, label_visibility="collapsed")
        return None if number is None else (f"{number:.6f}".rstrip("0").rstrip("."),)
    said = st.text_input(label, key=key, label_visibility="collapsed")
    return (said,) if said and said.strip() else None


def _steps(question: Question) -> list[str]:
    assert question.lowest is not None
    assert question.highest is not None
    return [str(step) for step in range(int(question.lowest), int(question.highest) + 1)]


def _section_points(points: SectionResult, t: Translator) -> str:
    if points.percent is None:
        return ""
    text = t("form_editor.section_points", earned=_short(points.earned, t), possible=_short(points.possible, t))
    return f" · :red[{text}]" if points.is_zeroed else f" · {text}"


def _total(form: Form, result: Result, hidden: int, t: Translator) -> None:
    names: Mapping[str, str] = {question.code: short(question.text, t) for question in form.questions} | {
        section.code: short(section.title, t) for section in form.sections
    }
    band = next((item for item in form.bands if item.code == result.band), None)
    shown = "—" if result.score is None else decimal_text(result.score, t)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.metric(t("form_editor.score"), shown, width="content")
        with st.container(gap=None):
            if band:
                st.markdown(f"**{plain(words_of(band.text, t))}**")
            parts = [
                t("form_editor.section_points", earned=_short(result.earned, t), possible=_short(result.possible, t))
            ]
            if result.bonus:
                parts.append(t("form_editor.bonus_points", bonus=_short(result.bonus, t)))
            if result.unanswered:
                parts.append(t("form_editor.unanswered", n=len(result.unanswered)))
            if result.causes_missing:
                parts.append(t("form_editor.causes_missing", n=len(result.causes_missing)))
            if hidden:
                parts.append(t("form_editor.hidden", n=hidden))
            st.caption(" · ".join(parts))
    if result.failures:
        without = "—" if result.without_failure is None else decimal_text(result.without_failure, t)
        failed = ", ".join(names.get(code, code) for code in result.failures)
        st.error(t("form_editor.failed", parts=failed, without=without))


def _short(value: Decimal, t: Translator) -> str:
    return decimal_text(value.normalize() if value else Decimal(0), t)
