"""The machine's answers to the questions of a form, each with its proof and a place to say what is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from qc_workbench.domain.access import Action
from qc_workbench.domain.auto_answer import Answer, AutoAnswer, Question
from qc_workbench.domain.call import Call
from qc_workbench.errors import QcwError
from qc_workbench.reporting.share import Share
from qc_workbench.ui.components.blocks import call_link
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.auto_answers import AnsweredQuestion, answered_questions, write_check
from qc_workbench.ui.views.call import CallView

_ICONS: Final[Mapping[Answer, str]] = {
    Answer.YES: ":material/check_circle:",
    Answer.NO: ":material/cancel:",
    Answer.NOT_APPLICABLE: ":material/remove:",
    Answer.UNKNOWN: ":material/help:",
}
_SHARES: Final = frozenset({Question.TALK_SHARE})
#: Digits behind the point of a measured value.
_DIGITS: Final[Mapping[Question, int]] = {Question.PATIENCE: 1}
_MEASURED: Final = frozenset(
    {
        Question.SPEECH_RATE, Question.NO_INTERRUPTIONS, Question.TALK_SHARE, Question.NO_LONG_MONOLOGUE,
        Question.PATIENCE, Question.NO_LONG_SILENCE,
    }
)  # fmt: skip


def auto_answers_panel(room: Room, view: CallView) -> None:
    """All questions of the call; closed where there is nothing to answer."""
    t = room.t
    rows = answered_questions(room.workspace, view)
    with st.expander(t("auto_answers.title"), expanded=bool(rows), icon=":material/fact_check:"):
        if not rows:
            st.caption(t("auto_answers.none"))
            return
        st.caption(t("auto_answers.says"))
        for row in rows:
            _question(room, view.call, row)


def _question(room: Room, call: Call, row: AnsweredQuestion) -> None:
    t, suggested, call_id = room.t, row.suggested, call.call_id
    code = suggested.question.value
    with st.container(horizontal=True, vertical_alignment="center", wrap=False):  # words wrap, the buttons stay right
        st.markdown(
            f"{_ICONS[suggested.answer]} **{t(f'question.{code}')}** · {t(f'auto_answer.{suggested.answer.value}')}"
            + (f" · {found}" if (found := measured(suggested, t)) else ""),
            help=f"{t(f'question.{code}.help')} {_trust(row, t)}",
            width="stretch",
        )
        if row.check is not None:
            st.caption(
                plain(t("auto_answers.human", who=row.check.by, answer=t(f"auto_answer.{row.check.human.value}"))),
                width="content",
            )
        if room.viewer.may(Action.SCORE_CALL, call.manager_id):
            _check_buttons(room, call_id, row)
    reading = room.reading(call)
    for proof in suggested.proofs:
        label = clock(proof.start_s) + (
            f" «{plain(reading.text(proof.quote))}»" if proof.quote else f"–{clock(proof.end_s)}"
        )
        call_link(t, label, call_id, proof.start_s)


def measured(suggested: AutoAnswer, t: Translator) -> str:
    """What was measured, in words with its unit; nothing where it is not a measure that decides."""
    question, value = suggested.question, suggested.value
    if value is None or question not in _MEASURED:
        return ""
    text = t.percent(value) if question in _SHARES else t.number(value, _DIGITS.get(question, 0))
    return t(f"auto_value.{question.value}", value=text)


def _trust(row: AnsweredQuestion, t: Translator) -> str:
    """How often people agreed with this suggestion, with its interval."""
    if row.agreement is None:
        return t("auto_answers.unchecked")
    share = Share(row.agreement.agreed, row.agreement.checked)
    low, high = share.interval
    return t(
        "auto_answers.agreement",
        share=t.percent(share.value or 0.0),
        low=t.percent(low),
        high=t.percent(high),
        checked=row.agreement.checked,
    )


def _check_buttons(room: Room, call_id: str, row: AnsweredQuestion) -> None:
    """One press to agree; a menu to correct, which also takes an earlier answer back."""
    t, suggested = room.t, row.suggested
    key = f"{call_id}_{suggested.question.value}"
    agreed = row.check is not None and row.check.human is suggested.answer
    if suggested.answer is not Answer.UNKNOWN and st.button(
        t("auto_answers.agree"),
        key=f"agree_{key}",
        disabled=agreed,
        type="tertiary",
    ):
        _save(room, call_id, row, suggested.answer)
    with st.popover(t("auto_answers.correct"), type="tertiary", key=f"correct_{key}"):
        for answer in (Answer.YES, Answer.NO, Answer.NOT_APPLICABLE):
            offered = answer is not suggested.answer or row.check is not None
            label = t(f"auto_answer.{answer.value}")
            if offered and st.button(label, key=f"answer_{answer.value}_{key}", width="stretch"):
                _save(room, call_id, row, answer)


def _save(room: Room, call_id: str, row: AnsweredQuestion, answer: Answer) -> None:
    t = room.t
    try:
        write_check(room.workspace, room.viewer, call_id, row.suggested, answer, room.now)
    except QcwError as error:
        st.error(error_text(error, t))
        return
    question = t(f"question.{row.suggested.question.value}")
    st.toast(t("auto_answers.done", question=question, answer=t(f"auto_answer.{answer.value}")))
    st.rerun()
