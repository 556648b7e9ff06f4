"""«Обещания»: promises by what became of them."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.pager import choose_agent, pager
from qc_workbench.ui.components.promise_card import column_name, promise_card
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.promises import PAGE, Column, board, promise_page

room = enter()
t = room.t
view = board(room.workspace, room.viewer)
heading(t("room.promises"), t("promises.says"))
if not view.tallies:
    nothing(t("promises.none_yet"))
    st.stop()
if view.as_of:
    st.caption(t("promises.as_of", moment=t.moment(view.as_of, "d MMMM y, HH:mm")))
agent = choose_agent({name: view.people.agent(name) for name in view.agents}, t, "promises_agent")

asked = st.query_params.get("outcome")
first = next((column for column in Column if view.count(column, agent)), Column.MISSING)
chosen = st.segmented_control(
    t("promises.filter"),
    list(Column),
    default=Column(asked) if asked in set(Column) else first,
    required=True,
    format_func=lambda column: f"{column_name(column, t)} · {t.number(view.count(column, agent))}",
    key="promises_column",
    label_visibility="collapsed",
    wrap=True,
)
column = chosen or first
st.caption(t(f"column_says.{column.value}"))
total = view.count(column, agent)
if not total:
    nothing(t("promises.none_here"))
page = pager(total, PAGE, t, f"promises_page_{column.value}_{agent}")
shown = promise_page(room.workspace, room.viewer, view, column, agent, page)
for promise in shown.promises:
    promise_card(room, shown, promise)
