"""An agent's own score in words that can be checked: of which calls, between which limits, what pulls it down."""

from __future__ import annotations

import streamlit as st

from qc_workbench.sampling.estimates import Estimate
from qc_workbench.sampling.trends import Change, Span
from qc_workbench.ui.components.blocks import nothing
from qc_workbench.ui.components.team_agent_parts import scored_call_list, weeks_and_slope
from qc_workbench.ui.components.team_parts import FEW, choose
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.team_words import change_code, period_name, points
from qc_workbench.ui.views.my_estimate import MyEstimate, my_estimate
from qc_workbench.ui.views.team import TeamChoice
from qc_workbench.ui.views.team_agent import QuestionLine


def my_estimate_shelf(room: Room, agent: str) -> None:
    t = room.t
    choice = choose(room, "my", with_teams=False)
    found = my_estimate(room.workspace, room.viewer, agent, choice, room.now)
    if found is None or choice.form is None:
        nothing(t("my_estimate.none"))
        return
    left, right = st.columns([2, 3], gap="large")
    with left:
        _score(room, choice, found)
    with right:
        weeks_and_slope(found.view, t)
    st.header(t("my_estimate.worst"), anchor=False)
    if not found.worst:
        st.markdown(t("my_estimate.no_bad"))
    for item in found.worst:
        st.markdown(_question(item, t))
    scored_call_list(found.view.calls, choice.form, agent, t)


def _score(room: Room, choice: TeamChoice, found: MyEstimate) -> None:
    t, estimate = room.t, found.estimate
    today = room.now.astimezone(room.workspace.settings.company.zone).date()
    with st.container(border=True):
        period = period_name(choice.first, choice.span, t, today)
        st.metric(t("my_estimate.score", period=period), points(estimate.value, t))
        st.markdown(estimate_sentence(estimate, t))
        st.markdown(change_sentence(found.change, choice.span, t))
        if estimate.judged < FEW:
            st.info(t("my_estimate.few", n=estimate.judged))
        st.caption(t("my_estimate.drawn"))


def estimate_sentence(estimate: Estimate, t: Translator) -> str:
    """By how many calls of how many, and how far that can be trusted."""
    n, of = t.number(estimate.judged), t.number(estimate.population)
    if estimate.low is None or estimate.high is None:
        return t("my_estimate.one", n=n, of=of)
    if estimate.low == estimate.high and estimate.judged == estimate.population:
        return t("my_estimate.all", n=n)
    return t("my_estimate.by", n=n, of=of, low=points(estimate.low, t), high=points(estimate.high, t))


def change_sentence(change: Change | None, span: Span, t: Translator) -> str:
    """Against the time before: better, worse, or not to be told."""
    before = t(f"my_estimate.before.{span.value}")
    if change is None:
        return t("my_estimate.no_before", before=before)
    low, high = sorted((abs(change.low), abs(change.high)))
    said = {"value": abs(change.value), "low": low, "high": high}
    return t(
        f"my_estimate.{change_code(change)}", before=before, **{name: points(value, t) for name, value in said.items()}
    )


def _question(item: QuestionLine, t: Translator) -> str:
    words = {cause.code: cause.text.of(t.language) for cause in item.question.causes}
    line = t(
        "my_estimate.question", question=plain(item.question.text.of(t.language)), bad=t.number(item.bad),
        n=item.answered,
    )  # fmt: skip
    if not item.causes:
        return line
    code = item.causes[0][0]
    return f"{line} {t('my_estimate.cause', cause=plain(words.get(code, code)))}"
