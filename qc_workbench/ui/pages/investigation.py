"""«Расследование»: the month's hypotheses, whom they concern, letters, what changed, measures."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.flash import show_flash
from qc_workbench.ui.components.investigation_check import checks_shown, measures_shown
from qc_workbench.ui.components.investigation_letters import letters_shown
from qc_workbench.ui.components.investigation_parts import choose_month, fixing, hypotheses_shown, steps_shown
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.investigation import investigation

room = enter()
t = room.t
heading(t("room.investigation"), t("inv.says"))
show_flash(room)
month = choose_month(room)
view = investigation(room.workspace, room.viewer, month, room.now)
steps_shown(room, view)
if not view.view.hypotheses:
    fixing(room, view, is_open=True)
    st.stop()
measures_shown(room, view)
checks_shown(room, view)
letters_shown(room, view)
hypotheses_shown(room, view)
fixing(room, view, is_open=False)
