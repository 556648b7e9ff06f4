"""«Отказы»: lost deals beside what the client said."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.refusal_card import refusal_card
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.refusals import refusals

room = enter()
t = room.t
view = refusals(room.workspace)
heading(t("room.refusals"), t("refusals.says"))

st.subheader(t("refusals.doubtful", n=len(view.doubtful)), anchor=False)
if not view.doubtful:
    nothing(t("refusals.none_doubtful"))
for case in view.doubtful:
    refusal_card(room, view, case)
if view.ruled:
    st.subheader(t("refusals.ruled", n=len(view.ruled)), anchor=False)
    for case in view.ruled:
        refusal_card(room, view, case)
st.subheader(t("refusals.genuine", n=len(view.genuine)), anchor=False)
for case in view.genuine:
    refusal_card(room, view, case)
