"""«Поиск»: where something was said, heard from there; searches that are kept and watched."""

import streamlit as st

from qc_workbench.domain.access import Action
from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.saved_searches import keep_form, saved_list
from qc_workbench.ui.components.search_parts import examples, found_calls, question_field
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.search import search_room

room = enter()
t = room.t
view = search_room(room.workspace, room.viewer.agents(Action.SEE_CALL))
heading(t("room.search"), t("search.says"))
left, right = st.columns([7, 3], gap="large")
with left:
    question, filters = question_field(room, view)
    if not view.indexed:
        nothing(t("search.none_yet"))
    elif not question:
        examples(t)
    can_be_kept = bool(question) and found_calls(room, question, filters)
with right:
    if can_be_kept:
        keep_form(room, question, filters)
    saved_list(room)
