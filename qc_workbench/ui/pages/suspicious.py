"""«Подозрительные звонки»: the seconds that matter, both sides, the agent's answer, a ruling with one key."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.case_answer import agents_answer
from qc_workbench.ui.components.case_file_parts import both_sides, what_would_change
from qc_workbench.ui.components.case_parts import case_header, case_sound, choose_case
from qc_workbench.ui.components.case_side import around_case, decision, downgraded_notice
from qc_workbench.ui.components.sound_elsewhere import sound_elsewhere_marks
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.call import call_sound
from qc_workbench.ui.views.casefile import case_file
from qc_workbench.ui.views.suspicious import suspicious_calls

room = enter()
t = room.t
view = suspicious_calls(room.workspace, room.viewer)
heading(t("room.suspicious"), t("suspicious.says"))
if not view.tallies:
    nothing(t("suspicious.none"))
    st.stop()

downgraded_notice(view, t)
case = choose_case(room, view, st.query_params.get("call"))
left, right = st.columns([7, 3], gap="medium")
with right:
    decision(room, case)
if case is None:
    with left:
        nothing(t("suspicious.none_here"))
    with right:
        around_case(room, view, None, ())
    st.stop()

sound = call_sound(room.workspace, case.call.call_id)
with left:
    case_header(case, t)
    sound_elsewhere_marks(room, case.call.call_id)
    case_sound(room, case, sound)
    found = case_file(room.workspace, case, sound, view.confirmed(case.call.manager_id), room.now)
    both_sides(room, case, sound, found)
    what_would_change(room, sound, found)
    agents_answer(room, case.flag, case.call.manager_id, case.ruling, case.answers)
with right:
    around_case(room, view, case, found.pattern)
