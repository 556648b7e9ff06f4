"""«Звонок»: one call, heard and read, with what the CRM knows; without one, the list of calls."""

import streamlit as st

from qc_workbench.ui.components.auto_answers import auto_answers_panel
from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.call_list import choose_call
from qc_workbench.ui.components.call_parts import client_panel, findings_panel, header
from qc_workbench.ui.components.call_player import call_player
from qc_workbench.ui.components.case_answer import agents_answer
from qc_workbench.ui.components.listening import listened_button
from qc_workbench.ui.components.missing_words import missing_words
from qc_workbench.ui.components.scoring_panel import scoring_panel
from qc_workbench.ui.components.sound_elsewhere import sound_elsewhere_marks
from qc_workbench.ui.labels import plain
from qc_workbench.ui.navigation import link
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.call import call_view

t = (room := enter()).t
if not (call_id := st.query_params.get("id")):
    heading(t("room.call"), t("calls.says"))
    choose_call(room)
    st.stop()

if (view := call_view(room.workspace, room.viewer, call_id)) is None:
    heading(t("room.call"))
    nothing(t("calls.unknown", call=plain(call_id)))
    link("call", t, t("calls.to_list"))
    st.stop()

with st.container():  # may grow; the columns stay where they are, so an old call leaves at once
    header(view, t)
    missing_words(room, call_id)
    sound_elsewhere_marks(room, call_id)
left, right = st.columns([7, 4], gap="medium")
above = left.container()
with left:
    call_player(room, view, st.query_params.get("at"))
with right:
    is_scored_here = scoring_panel(room, view)
if not is_scored_here:
    listened_button(room, view, above)
with left:
    auto_answers_panel(room, view)
with right:
    findings_panel(view, room.reading(view.call), t)
    for flag in view.flags:
        agents_answer(room, flag, view.call.manager_id, view.rulings.get(flag.flag_id), view.answers_to(flag))
    client_panel(view, t)
