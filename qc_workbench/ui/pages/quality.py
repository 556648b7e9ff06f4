"""«Качество детекторов»: the machine against labelled calls: figures, confusion, the calls behind each mistake."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.quality_parts import about, choose_evaluation, how_to_begin, live_agreement, sections
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.quality import evaluation_view, quality_room

room = enter()
t = room.t
found = quality_room(room.workspace)
heading(t("room.quality"), t("quality.says"))
if not found.heads:
    how_to_begin(t)
    if found.standings:
        st.header(t("quality.live_title"), anchor=False)
        live_agreement(found.standings, t)
    st.stop()

view = evaluation_view(room.workspace, room.viewer, choose_evaluation(room, found))
if view is not None:
    about(view, t)
    sections(room, view, found)
