"""Finding a call by agent, client or number."""

from __future__ import annotations

import streamlit as st

from qc_workbench.ui.components.blocks import call_row, nothing, open_call, picked
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.call import PAGE, agents, call_list


def choose_call(room: Room) -> None:
    t = room.t
    left, right = st.columns([2, 1])
    search = left.text_input(t("calls.search"), placeholder=t("calls.search_hint"), key="calls_search")
    names = agents(room.workspace, room.viewer)
    agent = right.selectbox(
        t("column.agent"), names, index=None, format_func=names.__getitem__, placeholder=t("calls.all_agents")
    )
    key = f"calls_page_{agent}_{search}"
    found = call_list(room.workspace, room.viewer, agent, search, page_of(key))
    page = pager(found.total, PAGE, t, key)
    if not found.total:
        nothing(t("calls.nothing"))
        return
    rows = [call_row(call, found.people, found.recordings.get(call.call_id), t) for call in found.calls]
    row = picked(rows, {}, "calls_list" if page == 1 else f"{key}_{page}", t("room.call"))
    st.caption(t("calls.shown", n=len(rows)) + (" " + t("calls.more") if found.is_cut else ""))
    if row is not None:
        open_call(t, found.calls[row].call_id)
