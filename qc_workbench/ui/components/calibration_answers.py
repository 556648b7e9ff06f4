"""Answers side by side: a row a question, a column a person, differences on top.

The agreed answer stands first, so that it is seen however many people there are.
"""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import Final

import streamlit as st

from qc_workbench.domain.calibration import Given, Spread
from qc_workbench.domain.evaluation import Reply
from qc_workbench.domain.forms import Kind, Question
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.views.calibration import SessionView

#: Colours that read on white and on dark ground; an answer apart is also marked by a sign, for who sees no colours.
_STYLE: Final = """
<style>
.qcw-answers { overflow-x: auto; }
.qcw-answers table { border-collapse: collapse; width: 100%; font-size: 0.86rem; }
.qcw-answers th, .qcw-answers td { border-bottom: 1px solid #8884; padding: 0.35rem 0.5rem; text-align: left;
  vertical-align: top; }
.qcw-answers th { font-weight: 600; }
.qcw-answers td:first-child { min-width: 9.5rem; }
.qcw-answers td.apart { background: #d0542f2e; font-weight: 600; }
.qcw-answers tr.here td:first-child { box-shadow: inset 3px 0 0 #4d86c9; }
.qcw-answers tr.here { background: #4d86c91c; }
.qcw-answers .small { opacity: 0.8; font-weight: 400; font-size: 0.8rem; }
.qcw-answers .said { border-bottom: 2px dotted currentColor; }
.qcw-answers tr.scores td { border-bottom: 2px solid #8888; font-weight: 600; }
@media (max-width: 1200px) {
  .qcw-answers table { font-size: 0.8rem; }
  .qcw-answers th, .qcw-answers td { padding: 0.3rem 0.25rem; }
}
</style>
"""


def answers_table(view: SessionView, at: str | None, t: Translator) -> None:
    """``at``: the question whose card is open."""
    people = view.shown
    head = "".join(f"<th>{_who(view, item, t)}</th>" for item in people)
    rows = [_scores(view, t), *(_row(view, spread, spread.question == at, t) for spread in view.spreads)]
    st.html(
        f"{_STYLE}<div class='qcw-answers'><table><thead><tr><th>{escape(t('answers.question'))}</th>"
        f"<th>{escape(t('answers.agreed'))}</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
    differing = sum(spread.unlike > 0 for spread in view.spreads)
    st.caption(t("answers.legend", n=differing, of=len(view.spreads)))


def _who(view: SessionView, item: Given, t: Translator) -> str:
    name = escape(view.names.get(item.reviewer, "—"))
    late = f"<div class='small'>{escape(t('answers.late'))}</div>" if item.reviewer in view.late else ""
    return name + late


def _scores(view: SessionView, t: Translator) -> str:
    cells = "".join(f"<td>{escape(score_text(item.evaluation.score, t))}</td>" for item in view.shown)
    agreed = view.agreed
    text = "—" if agreed is None else score_text(agreed.score, t)
    if agreed is not None and agreed.missing:
        text = t("answers.so_far", score=text, n=len(agreed.missing))
    return f"<tr class='scores'><td>{escape(t('answers.score'))}</td><td>{escape(text)}</td>{cells}</tr>"


def _row(view: SessionView, spread: Spread, here: bool, t: Translator) -> str:
    question = view.form.question(spread.question)
    assert question is not None
    given = dict(spread.given)
    cells = []
    for item in view.shown:
        reply = given.get(item.reviewer)
        apart = item.reviewer in spread.apart
        text = "—" if reply is None else escape(answer_text(question, reply, t))
        mark = f" <span title='{escape(t('answers.apart'))}'>≠</span>" if apart else ""
        if reply is not None and reply.comment:
            text = f"<span class='said' title='{escape(reply.comment)}'>{text}</span>"
        cells.append(f"<td{' class=apart' if apart else ''}>{text}{mark}</td>")
    agreed = "" if spread.agreed is None else escape(answer_text(question, spread.agreed.reply, t))
    note = (
        f"<div class='small'>{escape(spread.agreed.note)}</div>"
        if spread.agreed is not None and spread.agreed.note
        else ""
    )
    text = escape(question.text.of(t.language))
    return f"<tr{' class=here' if here else ''}><td>{text}</td><td>{agreed}{note}</td>{''.join(cells)}</tr>"


def score_text(score: Decimal | None, t: Translator) -> str:
    return "—" if score is None else t.number(score, 0 if score == score.to_integral() else 1)


def answer_text(question: Question, reply: Reply, t: Translator) -> str:
    """An answer as people say it."""
    if reply.is_not_applicable:
        return t("calibration_answer.not_applicable")
    if question.kind is Kind.YES_NO:
        return t(f"calibration_answer.{reply.values[0]}")
    if question.kind in (Kind.CHOICE, Kind.MULTI_CHOICE):
        names = {option.code: option.text.of(t.language) for option in question.options}
        return ", ".join(names.get(value, value) for value in reply.values) or t("calibration_answer.none_ticked")
    return " ".join(reply.values)


def cause_text(question: Question, reply: Reply, t: Translator) -> str | None:
    return next((cause.text.of(t.language) for cause in question.causes if cause.code == reply.cause), None)
