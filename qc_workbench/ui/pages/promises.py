"""«Обещания»: promises by what became of them."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.promise_card import column_name, promise_card
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.promises import Column, board

#: Cards of one screen.
PAGE = 20

room = enter()
t = room.t
view = board(room.workspace)
heading(t("room.promises"), t("promises.says"))
if not view.promises:
    nothing(t("promises.none_yet"))
    st.stop()
if view.as_of:
    st.caption(t("promises.as_of", moment=t.moment(view.as_of, "d MMMM y, HH:mm")))

asked = st.query_params.get("outcome")
first = next((column for column in Column if view.count(column)), Column.MISSING)
chosen = st.segmented_control(
    t("promises.filter"),
    list(Column),
    default=Column(asked) if asked in set(Column) else first,
    required=True,
    format_func=lambda column: f"{column_name(column, t)} · {view.count(column)}",
    key="promises_column",
    label_visibility="collapsed",
    wrap=True,
)
column = chosen or first
st.caption(t(f"column_says.{column.value}"))
promises = view.column(column)
if not promises:
    nothing(t("promises.none_here"))
pages = max(1, -(-len(promises) // PAGE))
page = st.pagination(pages, key=f"promises_page_{column.value}") if pages > 1 else 1
for promise in promises[(page - 1) * PAGE : page * PAGE]:
    promise_card(room, view, promise)
