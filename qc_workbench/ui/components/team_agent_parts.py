"""One agent's scores: how sure they are, where they go, what pulls them down, the calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from qc_workbench.domain.forms import Form
from qc_workbench.ui.components.blocks import nothing, open_call, picked, read_table
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.components.team_breaches import breach_list
from qc_workbench.ui.components.team_parts import BREACHES, FEW, nothing_scored, proofs
from qc_workbench.ui.components.team_plots import bands_plot, weeks_plot
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.navigation import go, link
from qc_workbench.ui.state import Room
from qc_workbench.ui.team_words import (
    change_code,
    change_text,
    judged_change,
    limits,
    needed_text,
    part_text,
    place_text,
    points,
)
from qc_workbench.ui.views.team import GOAL, AgentRow, TeamChoice, team_view
from qc_workbench.ui.views.team_agent import AgentView, QuestionLine, ScoredLine, agent_view

#: Calls of one screen.
_PAGE: Final = 15


def one_agent(room: Room, choice: TeamChoice, agent_id: str) -> None:
    t = room.t
    # buttons: a link to the room one is in leaves the old address standing
    if st.button(t("team.back"), key="team_back", type="tertiary"):
        go("team", t)
    found = team_view(room.workspace, room.viewer, room.now, choice, agent_id=agent_id)
    if found is None:
        nothing_scored(choice, t)
        return
    row = next(iter(found.whole), None)
    if row is None:
        nothing(t("team.agent_unknown"))
        return
    assert choice.form is not None
    st.header(plain(row.name), anchor=False)
    if st.query_params.get("list") == BREACHES:
        if st.button(t("team.back_to_agent"), key="team_back_to_agent", type="tertiary"):
            go("team", t, agent=agent_id)
        breach_list(room, agent_id, choice.moments(room.workspace.settings.company.zone))
        return
    view = agent_view(room.workspace, room.viewer, choice, row)
    _figures(row, choice, t)
    left, right = st.columns([3, 2], gap="large")
    with left:
        weeks_and_slope(view, t)
    with right:
        if view.bands:
            st.markdown(f"**{t('team.bands_title')}**")
            bands_plot(view.bands, choice.form, t)
        _how(row, t)
    _questions(view.questions, t)
    scored_call_list(view.calls, choice.form, agent_id, t)


def _figures(row: AgentRow, choice: TeamChoice, t: Translator) -> None:
    estimate = row.estimate
    tiles = st.grid(5, min_column_width=150)
    figures: tuple[tuple[str, str, str], ...] = (
        (t("team.column.score"), points(estimate.value, t), limits(estimate, t)),
        (t("team.column.place"), place_text(row.place, t), ""),
        (
            t("team.scored"),
            t("team.of", n=t.number(estimate.judged), of=t.number(estimate.population)),
            f"{t('team.column.needed', goal=t.number(GOAL))}: {needed_text(row.needed, t)}",
        ),
        (t("team.change"), change_text(row.change, t).split(" (")[0], judged_change(row.change, t)),
        (t("team.column.failed"), t.number(row.failed), ""),
    )
    for name, value, note in figures:
        with tiles.container(border=True, height="stretch"):
            st.metric(name, value)
            if note:
                st.caption(note)
    if 0 < estimate.judged < FEW:
        st.info(t("team.few", n=estimate.judged))
    with st.container(horizontal=True, vertical_alignment="center"):
        counted = {
            t("team.column.verified"): part_text(row.extra.verified, t),
            t("team.column.promises"): part_text(row.extra.promises, t),
            t("team.column.violations"): t.number(row.extra.violations),
        }
        for name, (target, query) in proofs(choice, row.agent_id, t).items():
            label = f"{name}: {counted[name]}"
            if target != "team":
                link(target, t, label, **query)
            elif st.button(label, key="team_breaches", type="tertiary", icon=":material/rule:"):
                go("team", t, **query)


def _how(row: AgentRow, t: Translator) -> None:
    estimate = row.estimate
    if estimate.value is None:
        return
    with st.container(border=True):
        st.markdown(f"**{t('team.how')}**")
        st.caption(t("team.how_first", n=t.number(estimate.judged), of=t.number(estimate.population)))
        st.caption(t("team.how_second", low=points(estimate.low, t), high=points(estimate.high, t)))
        if estimate.covered < 1:
            st.caption(t("team.covered", share=t.percent(estimate.covered)))


def _questions(questions: Sequence[QuestionLine], t: Translator) -> None:
    if not questions:
        return
    st.subheader(t("team.questions_title"), anchor=False)
    st.caption(t("team.questions_says"))
    rows = []
    for item in questions:
        words = {cause.code: cause.text.of(t.language) for cause in item.question.causes}
        rows.append(
            {
                t("team.column.place"): place_text(item.place, t),
                t("team.column.question"): item.question.text.of(t.language),
                t("team.column.earned"): t.percent((item.place.estimate.value or 0.0) / 100),
                t("team.column.interval"): limits(item.place.estimate, t),
                t("team.column.bad"): t("team.of", n=t.number(item.bad), of=t.number(item.answered)),
                t("team.column.causes"): ", ".join(f"{words.get(code, code)} · {n}" for code, n in item.causes) or "—",
            }
        )
    read_table(rows, t("team.questions_title"))


def weeks_and_slope(view: AgentView, t: Translator) -> None:
    """The score week by week, and whether it goes anywhere."""
    st.markdown(f"**{t('team.weeks_title')}**")
    weeks_plot(view.weeks, t)
    if view.slope is not None:
        st.caption(t(f"team.slope_{change_code(view.slope)}", text=change_text(view.slope, t, 1)))


def scored_call_list(calls: Sequence[ScoredLine], form: Form, agent_id: str, t: Translator) -> None:
    """The calls that the estimate is made of; a row opens the call."""
    if not calls:
        return
    st.subheader(t("team.calls_title"), anchor=False)
    st.caption(t("team.calls_says"))
    key = f"team_calls_{agent_id}"
    page = page_of(key)
    pager(len(calls), _PAGE, t, key)
    shown = calls[(page - 1) * _PAGE : page * _PAGE]
    bands = {band.code: band.text.of(t.language) for band in form.bands}
    row = picked([_call(item, bands, t) for item in shown], {}, f"{key}_rows_{page}", t("team.calls_title"))
    if row is not None:
        open_call(t, shown[row].call_id)


def _call(item: ScoredLine, bands: dict[str, str], t: Translator) -> dict[str, Any]:
    return {
        t("column.when"): t.moment(item.started_at),
        t("team.column.score"): points(item.score, t),
        t("team.column.band"): bands.get(item.band or "", "—"),
        t("team.column.failed"): t("team.failed") if item.failed else "—",
        t("team.column.was"): points(item.submitted, t) if item.submitted != item.score else "—",
    }
