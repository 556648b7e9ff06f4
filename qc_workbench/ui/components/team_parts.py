"""Parts of the team's room: what is looked at, all together, the table, the file."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from qc_workbench.sampling.trends import Span
from qc_workbench.store.call_lists import Talk
from qc_workbench.ui.components.blocks import nothing, picked, picked_cell
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.components.promise_board import ALL
from qc_workbench.ui.components.rows import plan_name
from qc_workbench.ui.components.team_plots import scores_plot
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.navigation import go, is_open
from qc_workbench.ui.state import Room
from qc_workbench.ui.team_words import (
    change_text,
    judged_change,
    limits,
    needed_text,
    part_text,
    period_name,
    place_text,
    points,
)
from qc_workbench.ui.views.team import GOAL, PAGE, AgentRow, TeamChoice, TeamView, team_choice, team_view
from qc_workbench.ui.views.team_file import TeamFormat, may_take, team_file

#: Fewer scored calls than these say little, whatever the score.
FEW: Final = 5
#: In the address of an agent: the breaches of order that the number counts.
BREACHES: Final = "breaches"


def choose(room: Room, key: str = "team", *, with_teams: bool = True) -> TeamChoice:
    """Time, form and team: kept while one goes to an agent and back. ``key``: of the room."""
    t = room.t
    state = st.session_state
    span = state.get(f"{key}_span") or Span.MONTH
    found = team_choice(
        room.workspace, room.viewer, room.now, span, state.get(f"{key}_first_{span}"), state.get(f"{key}_form"),
        state.get(f"{key}_team") if with_teams else None,
    )  # fmt: skip
    today = room.now.astimezone(room.workspace.settings.company.zone).date()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            t("team.span"), list(Span), default=span, required=True, format_func=lambda item: t(f"team.span.{item}"),
            key=f"{key}_span", persist_state="session",
        )  # fmt: skip
        st.selectbox(
            t("team.period"), found.firsts, index=found.firsts.index(found.first), width=260,
            format_func=lambda first: period_name(first, span, t, today), key=f"{key}_first_{span}",
            persist_state="session",
        )  # fmt: skip
        if len(found.forms) > 1 and found.scored is not None:
            codes = list(found.forms)
            st.selectbox(
                t("team.form"), codes, index=codes.index(found.scored.form_code), width=260,
                format_func=lambda code: found.forms[code].title.of(t.language), key=f"{key}_form",
                persist_state="session",
            )  # fmt: skip
        if found.teams and with_teams:
            names = {item.team_id: item.name for item in found.teams}
            st.selectbox(
                t("team.team"), names, index=None, placeholder=t("team.everybody"), width=260,
                format_func=names.__getitem__, key=f"{key}_team", persist_state="session",
            )  # fmt: skip
    return found


def whole_team(room: Room, choice: TeamChoice) -> None:
    """Everybody side by side, or why there is nothing to see."""
    t = room.t
    key = f"team_page_{choice.span}_{choice.first}_{choice.team and choice.team.team_id}"
    view = team_view(room.workspace, room.viewer, room.now, choice, page_of(key))
    if view is None:
        nothing_scored(choice, t)
        return
    if not view.rows:
        nothing(t("team.nobody"))
        return
    _together(view, t)
    st.header(t("team.plot_title"), anchor=False)
    st.caption(t("team.plot_says"))
    pager(len(view.rows), PAGE, t, key)
    scores_plot(view.whole, view.team, t)
    st.header(t("team.table_title"), anchor=False)
    st.caption(t("team.table_says"))
    scores = [_scores(item, t) for item in view.whole]
    columns = _columns(t)
    opened = picked(scores, columns, f"{key}_{page_of(key)}", t("team.table_title"))
    if opened is not None:
        go("team", t, agent=view.whole[opened].agent_id)
    _counts(view, choice, columns, f"{key}_{page_of(key)}_counts", t)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = {item.agent_id: item.name for item in sorted(view.rows, key=lambda item: item.name)}
        chosen = st.selectbox(
            t("team.pick"),
            names,
            index=None,
            placeholder=t("team.pick_hint"),
            format_func=names.__getitem__,
            key="team_pick",
            width=320,
        )
        if chosen is not None:
            go("team", t, agent=chosen)
        for form in TeamFormat if may_take(room.viewer, view) else ():
            st.download_button(
                t(f"team.download.{form.value}"),
                data=team_file(room.workspace, room.viewer, room.now, choice, t, form),
                file_name=f"{choice.first:%Y-%m-%d}_{choice.span}.{form.value}",
                on_click="ignore",
                key=f"team_download_{form.value}",
            )


def _counts(view: TeamView, choice: TeamChoice, columns: dict[str, Any], key: str, t: Translator) -> None:
    """What is counted beside the scores, in a table of its own: in one with them a narrow page cuts it off."""
    st.header(t("team.counts_title"), anchor=False)
    st.caption(t("team.counts_says"))
    rows = [_counted(item, t) for item in view.whole]
    found = picked_cell(rows, columns, key, t("team.counts_title"))
    if found is not None:
        row, column = found
        agent_id = view.whole[row].agent_id
        target, query = proofs(choice, agent_id, t).get(column or "", ("team", {"agent": agent_id}))
        go(target, t, **query)


def proofs(choice: TeamChoice, agent_id: str, t: Translator) -> dict[str, tuple[str, dict[str, str]]]:
    """Column -> the room and the address that list what it counts."""
    span = choice.span_of(agent_id).address
    found = {
        "verified": ("call", span | {"talk": Talk.EXAMINED.value}),
        "promises": ("promises", span | {"outcome": ALL}),
        "violations": ("team", {"agent": agent_id, "list": BREACHES}),
    }
    return {t(f"team.column.{name}"): to for name, to in found.items() if is_open(to[0])}


def nothing_scored(choice: TeamChoice, t: Translator) -> None:
    last = choice.last_scored
    nothing(t("team.none_in_period", day=t.day(last, "d MMMM y")) if last else t("team.none_yet"))


def _together(view: TeamView, t: Translator) -> None:
    assert view.choice.scored is not None
    assert view.choice.form is not None
    team = view.team
    tiles = st.grid(3, min_column_width=200)
    with tiles.container(border=True, height="stretch"):
        st.metric(t("team.together"), points(team.value, t), help=t("team.together_help"))
        st.caption(limits(team, t) if team.value is not None else t("team.not_scored"))
    with tiles.container(border=True, height="stretch"):
        plan = plan_name(view.choice.scored.plan, t)
        scored = t("team.of", n=t.number(team.judged), of=t.number(team.population))
        st.metric(t("team.scored"), scored, help=t("team.scored_help", plan=plan))
        st.caption(plain(view.choice.form.title.of(t.language)))
    with tiles.container(border=True, height="stretch"):
        change = view.change
        st.metric(t("team.change"), change_text(change, t).split(" (")[0], help=t("team.change_help"))
        st.caption(judged_change(change, t))
    if 0 < team.covered < 1:
        st.caption(t("team.covered", share=t.percent(team.covered)))
    if 0 < team.judged < FEW:
        st.info(t("team.few", n=team.judged))


def _scores(row: AgentRow, t: Translator) -> dict[str, Any]:
    return {
        t("team.column.place"): place_text(row.place, t),
        t("column.agent"): row.name,
        t("team.column.score"): points(row.estimate.value, t),
        t("team.column.interval"): limits(row.estimate, t),
        t("team.column.scored"): t("team.of", n=t.number(row.estimate.judged), of=t.number(row.estimate.population)),
        t("team.column.needed", goal=t.number(GOAL)): needed_text(row.needed, t),
        t("team.column.change"): change_text(row.change, t),
        t("team.column.weeks"): [value for _, value in row.weeks if value is not None],
    }


def _counted(row: AgentRow, t: Translator) -> dict[str, str]:
    known = row.estimate.value is not None
    return {
        t("column.agent"): row.name,
        t("team.column.failed"): t.number(row.failed) if known else "—",
        t("team.column.verified"): part_text(row.extra.verified, t),
        t("team.column.promises"): part_text(row.extra.promises, t),
        t("team.column.violations"): t.number(row.extra.violations),
    }


def _columns(t: Translator) -> dict[str, Any]:
    goal = t.number(GOAL)
    helps = {
        t(f"team.column.{name}"): st.column_config.TextColumn(help=t(f"team.column.{name}_help"))
        for name in ("place", "failed", "verified", "promises", "violations")
    }
    return helps | {
        t("team.column.needed", goal=goal): st.column_config.TextColumn(help=t("team.column.needed_help", goal=goal)),
        t("team.column.weeks"): st.column_config.LineChartColumn(y_min=0, y_max=100, width="small"),
    }
