"""«Отказы»: lost deals beside what the client said."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.refusal_card import refusal_list, refusals_shown
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.refusals import RefusalList

room = enter()
t = room.t
view = refusals_shown(room)
heading(t("room.refusals"), t("refusals.says"))

st.subheader(t("refusals.doubtful", n=t.number(view.totals[RefusalList.DOUBTFUL])), anchor=False)
if not view.totals[RefusalList.DOUBTFUL]:
    nothing(t("refusals.none_doubtful"))
refusal_list(room, view, RefusalList.DOUBTFUL)
if view.totals[RefusalList.RULED]:
    st.subheader(t("refusals.ruled", n=t.number(view.totals[RefusalList.RULED])), anchor=False)
    refusal_list(room, view, RefusalList.RULED)
st.subheader(t("refusals.genuine", n=t.number(view.totals[RefusalList.GENUINE])), anchor=False)
refusal_list(room, view, RefusalList.GENUINE)
