"""«Отказы»: lost deals beside what the client said."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.refusal_card import refusal_list
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.refusals import RefusalList, refusal_lists

room = enter()
t = room.t
counts = refusal_lists(room.workspace)
heading(t("room.refusals"), t("refusals.says"))

st.subheader(t("refusals.doubtful", n=t.number(counts[RefusalList.DOUBTFUL])), anchor=False)
if not counts[RefusalList.DOUBTFUL]:
    nothing(t("refusals.none_doubtful"))
refusal_list(room, RefusalList.DOUBTFUL, counts[RefusalList.DOUBTFUL])
if counts[RefusalList.RULED]:
    st.subheader(t("refusals.ruled", n=t.number(counts[RefusalList.RULED])), anchor=False)
    refusal_list(room, RefusalList.RULED, counts[RefusalList.RULED])
st.subheader(t("refusals.genuine", n=t.number(counts[RefusalList.GENUINE])), anchor=False)
refusal_list(room, RefusalList.GENUINE, counts[RefusalList.GENUINE])
