"""Finding a call by agent, client, number or days."""

from __future__ import annotations

import streamlit as st

from qc_workbench.store.call_lists import Talk
from qc_workbench.ui.address import Span, code_of
from qc_workbench.ui.components.blocks import call_row, nothing, open_call, picked
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.components.span_choice import span_choice
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.call import PAGE, CallList, agents, call_list

_ALL, _TALK = "all", "calls_talk"


def choose_call(room: Room) -> None:
    t = room.t
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(t("calls.search"), placeholder=t("calls.search_hint"), key="calls_search")
        span = span_choice(agents(room.workspace, room.viewer), t, "calls")
    talk = _talk(span)
    key = f"calls_page_{search}_{span}_{talk}"
    within = span.moments(room.workspace.settings.company.zone, room.now)
    found = call_list(room.workspace, room.viewer, span.agent, search, page_of(key), within, talk)
    if span.has_days:
        _choose_talk(found, t)
    page = pager(found.total, PAGE, t, key)
    if not found.total:
        is_asked = search or span.agent or span.has_days
        nothing(t("calls.nothing" if is_asked else "calls.none_yet"))
        return
    st.caption(t("calls.shown", n=len(found.calls)) + (" " + t("calls.more") if found.is_cut else ""))
    rows = [call_row(call, found.people, found.recordings.get(call.call_id), t) for call in found.calls]
    row = picked(rows, {}, "calls_list" if page == 1 else f"{key}_{page}", t("room.call"))
    if row is not None:
        open_call(t, found.calls[row].call_id)


def _talk(span: Span) -> Talk | None:
    """Which of a time's calls; the address says it at first. It is read before it is drawn: its labels are counts."""
    if not span.has_days:
        return None
    if _TALK not in st.session_state:
        st.session_state[_TALK] = code_of(Talk, st.query_params.get("talk")) or _ALL
    return code_of(Talk, st.session_state[_TALK])


def _choose_talk(found: CallList, t: Translator) -> None:
    def named(code: str) -> str:
        name = t(f"calls.talk.{code}")
        return name if code == _ALL else f"{name} · {t.number(found.talks[Talk(code)])}"

    st.segmented_control(
        t("calls.talk"), [_ALL, *Talk], required=True, format_func=named, key=_TALK, label_visibility="collapsed",
        wrap=True,
    )  # fmt: skip
