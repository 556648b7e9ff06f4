"""«Подозрительные звонки»: the seconds that matter, both sides, a ruling with one key."""

import streamlit as st

from qc_workbench.review.rulings import CaseState
from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.case_parts import (
    case_evidence,
    case_header,
    case_sound,
    decision,
    pattern_table,
    pick_case,
)
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.suspicious import suspicious_calls

room = enter()
t = room.t
view = suspicious_calls(room.workspace)
heading(t("room.suspicious"), t("suspicious.says"))
if not view.cases:
    nothing(t("suspicious.none"))
    st.stop()

counts = {state: len(view.in_state(state)) for state in CaseState}
shown = st.segmented_control(
    t("suspicious.filter"),
    list(CaseState),
    default=CaseState.WAITING,
    required=True,
    format_func=lambda state: f"{t(f'case.{state.value}')} · {counts[state]}",
    key="suspicious_state",
    label_visibility="collapsed",
)
case = pick_case(view, shown or CaseState.WAITING, st.query_params.get("call"), t)
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
