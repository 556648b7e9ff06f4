"""«Обзор»: what happened, what waits."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.first_steps import first_steps
from qc_workbench.ui.components.overview_parts import effective_calls, lost_calls, period, promises, waiting
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.overview import overview

room = enter()
view = overview(room.workspace, room.viewer)
heading(room.t("room.overview"), None if view.is_empty else room.t("overview.says"))
if view.is_empty:
    first_steps(room)
    st.stop()

period(view, room.t)
waiting(view, room.t)
left, right = st.columns([3, 2], gap="large")
with left:
    effective_calls(view, room.workspace.settings.effective.counted_from_s, room.t)
with right:
    lost_calls(view, room.t)
    promises(view, room.t)
