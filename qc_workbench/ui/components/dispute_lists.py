"""Disputes that were ruled on, with their four answers, and how often what is disputed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import altair as alt
import streamlit as st

from qc_workbench.ui.components.blocks import call_link, nothing
from qc_workbench.ui.components.pager import pager
from qc_workbench.ui.components.plots import NEUTRAL, UNKNOWN
from qc_workbench.ui.components.score_lines import history, score_badge, side_by_side, state_badge
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.disputes import PAGE, RATE_DAYS, Disputes, NamedRate, rates, ruled_page
from qc_workbench.ui.views.scored_calls import ScoredCase

#: Lines of a plot: more of them nobody reads.
_MOST_LINES: Final = 15


def ruled_disputes(room: Room, view: Disputes) -> None:
    t = room.t
    if not view.ruled:
        nothing(t("disputes.none_ruled"))
        return
    page = pager(view.ruled, PAGE, t, "disputes_ruled_page")
    for case in ruled_page(room.workspace, room.viewer, page, room.now):
        _ruled(room, view, case)


def _ruled(room: Room, view: Disputes, case: ScoredCase) -> None:
    t = room.t
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(view.people.agent(case.scored.agent))}**", width="content")
            call_link(t, plain(t("disputes.call", moment=t.moment(case.call.started_at))), case.call.call_id)
            score_badge(case, t)
        for line in case.lines:
            if line.first is None:
                continue
            question = case.question(line.question)
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(plain(question.text.of(t.language)), width="stretch")
                if line.outcome is not None:
                    st.caption(t(f"dispute_outcome.{line.outcome.value}"), width="content")
                state_badge(line, t)
            side_by_side(question, line, t)
            with st.expander(t("dispute_side.history")):
                history(case, line, t)


def dispute_rates(room: Room) -> None:
    """Which questions are disputed most and whose scores, each with its 95 % interval."""
    t = room.t
    found = rates(room.workspace, room.viewer, room.now, t.language)
    if not any(item.rate.answers for item in found.questions):
        nothing(t("disputes.no_rates"))
        return
    st.caption(t("disputes.rates_say", n=RATE_DAYS))
    st.header(t("disputes.by_question"), anchor=False)
    _plot(found.questions, t, t("disputes.by_question"))
    st.header(t("disputes.by_reviewer"), anchor=False)
    _plot(found.reviewers, t, t("disputes.by_reviewer"))


def _plot(items: Sequence[NamedRate], t: Translator, name: str) -> None:
    """Share disputed with its interval; beside it the counts, so that one of one is not read as all."""
    shown = [item for item in items if item.rate.answers][:_MOST_LINES]
    rows = []
    for item in shown:
        rate = item.rate
        low, high = rate.dispute_interval
        changed = "—" if rate.change_share is None else t.percent(rate.change_share)
        rows.append(
            {
                "name": item.name,
                "value": 100 * (rate.dispute_share or 0.0),
                "low": 100 * low,
                "high": 100 * high,
                "text": t("disputes.of", disputed=t.number(rate.disputed), answers=t.number(rate.answers)),
                "interval": f"{t.percent(low)} – {t.percent(high)}",
                "changed": changed,
            }
        )
    base = alt.Chart(alt.InlineData(values=rows)).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=320, ticks=False, domain=False)),
        tooltip=[
            alt.Tooltip("name:N", title=" "),
            alt.Tooltip("text:N", title=t("disputes.disputed")),
            alt.Tooltip("interval:N", title=t("disputes.interval")),
            alt.Tooltip("changed:N", title=t("disputes.changed")),
        ],
    )
    scale = alt.Scale(domain=[0, 100], clamp=True)
    axis = alt.Axis(labelExpr=f"datum.value + '{t.percent_sign}'", tickCount=6)
    bars = base.mark_rule(strokeWidth=3, color=NEUTRAL, opacity=0.45).encode(
        x=alt.X("low:Q", title=None, scale=scale, axis=axis), x2="high:Q"
    )
    points = base.mark_point(filled=True, size=70, color=NEUTRAL, opacity=1).encode(x="value:Q")
    texts = base.mark_text(align="left", dx=8, color=UNKNOWN, fontSize=12).encode(x="high:Q", text="text:N")
    st.altair_chart((bars + points + texts).properties(height=40 + 28 * len(rows)), alt=name)
