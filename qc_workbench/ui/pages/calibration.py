"""«Калибровка»: the same call scored by several, the differences talked over; how far reviewers agree."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.calibration_agreement import agreement_over_time
from qc_workbench.ui.components.calibration_reviewers import reviewers_compared
from qc_workbench.ui.components.calibration_session import session_page
from qc_workbench.ui.components.calibration_sessions import call_sessions, my_sessions, takes_part
from qc_workbench.ui.state import enter

room = enter()
t = room.t
session_id = st.query_params.get("session")
if session_id:
    session_page(room, session_id)
    st.stop()

heading(t("room.calibration"), t("calibration.says"))
tabs = {"sessions": my_sessions, "agreement": agreement_over_time, "reviewers": reviewers_compared}
if not takes_part(room):
    del tabs["sessions"]
first = next(iter(tabs))
asked = st.query_params.get("tab", "")
chosen = st.segmented_control(
    t("calibration.tab"),
    list(tabs),
    default=asked if asked in tabs else first,
    required=True,
    format_func=lambda code: t(f"calibration_tab.{code}"),
    key="calibration_tab",
    label_visibility="collapsed",
)
if (chosen or first) == "sessions":
    call_sessions(room)
tabs[chosen or first](room)
