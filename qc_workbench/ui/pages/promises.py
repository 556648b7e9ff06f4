"""«Обещания»: promises by what became of them."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.pager import pager
from qc_workbench.ui.components.promise_board import choose_column, choose_span, kept_line
from qc_workbench.ui.components.promise_card import promise_card
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.promises import PAGE, board, promise_page

room = enter()
t = room.t
heading(t("room.promises"), t("promises.says"))
span = choose_span(room)
view = board(room.workspace, room.viewer, span.moments(room.workspace.settings.company.zone, room.now))
if not view.tallies:
    nothing(t("promises.none_in_span" if span.has_days else "promises.none_yet"))
    st.stop()
if view.as_of:
    st.caption(t("promises.as_of", moment=t.moment(view.as_of, "d MMMM y, HH:mm")))
kept_line(view, span, t)
column = choose_column(view, span.agent, t)
total = view.count(column, span.agent)
if not total:
    nothing(t("promises.none_here"))
page = pager(total, PAGE, t, f"promises_page_{column}_{span}")
shown = promise_page(room.workspace, room.viewer, view, column, span.agent, page)
for promise in shown.promises:
    promise_card(room, shown, promise)
