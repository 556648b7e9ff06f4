"""«Подозрительные звонки»: the seconds that matter, both sides, a ruling with one key."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.case_parts import (
    case_evidence,
    case_header,
    case_sound,
    choose_case,
    decision,
    pattern_table,
)
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.suspicious import suspicious_calls

room = enter()
t = room.t
view = suspicious_calls(room.workspace)
heading(t("room.suspicious"), t("suspicious.says"))
if not view.tallies:
    nothing(t("suspicious.none"))
    st.stop()

case = choose_case(room, view, st.query_params.get("call"))
left, right = st.columns([7, 3], gap="medium")
with left:
    if case is None:
        nothing(t("suspicious.none_here"))
    else:
        case_header(case, t)
        case_sound(room, case)
        case_evidence(case, t)
with right:
    decision(room, case)
    pattern_table(view, t)
