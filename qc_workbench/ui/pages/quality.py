"""«Качество детекторов»: the machine against labelled calls: figures, confusion, the calls behind each mistake."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.quality_parts import (
    about,
    by_kind,
    changes,
    choose_evaluation,
    confusion,
    figures_table,
    how_to_begin,
    live_agreement,
    other_mistakes,
)
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.quality import evaluation_view, quality_room

room = enter()
t = room.t
found = quality_room(room.workspace)
heading(t("room.quality"), t("quality.says"))
if not found.heads:
    how_to_begin(t)
    live_agreement(found.standings, t)
    st.stop()

view = evaluation_view(room.workspace, choose_evaluation(room, found))
if view is None:
    st.stop()
about(view, t)
figures_table(view, t)
confusion(room, view)
other_mistakes(room, view)
by_kind(room, view)
changes(room, view)
live_agreement(found.standings, t)
