"""«Сегодня»: is anything on fire, what waits for a decision, is it better than last week."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.first_steps import first_steps
from qc_workbench.ui.components.overview_parts import effective_calls, period
from qc_workbench.ui.components.today_parts import (
    calls_of_day,
    choose_day,
    control,
    day_lists,
    downloads,
    fire,
    numbers,
    to_decide,
)
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.overview import overview
from qc_workbench.ui.views.today import days, today

room = enter()
view = overview(room.workspace, room.viewer)
known = days(room.workspace, room.now)
heading(room.t("room.overview"), None if view.is_empty else room.t("overview.says"))
if view.is_empty or known is None:
    first_steps(room)
    st.stop()

with st.container(horizontal=True, vertical_alignment="center"):
    day = choose_day(room, *known)
    page = today(room.workspace, room.viewer, day, room.now, view.waiting)
    downloads(room, page)
fire(page, room.t)
to_decide(view.waiting, room.t)
numbers(page, room.t)
plots = st.grid(2, min_column_width=400)
with plots.container():
    calls_of_day(page, room.t)
with plots.container():
    control(page, room.t)
day_lists(room, page)
effective_calls(view, room.workspace.settings.effective.counted_from_s, room.t)
period(view, room.t)
