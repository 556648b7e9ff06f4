"""Choosing a case in the room of suspicious calls, its head and its sound."""

from __future__ import annotations

import streamlit as st

from qc_workbench.review.rulings import CaseState
from qc_workbench.store.cases import Case
from qc_workbench.ui.components.blocks import call_link
from qc_workbench.ui.components.call_parts import STATE_COLOURS
from qc_workbench.ui.components.pager import choose_agent, pager, turn_to
from qc_workbench.ui.components.player import player
from qc_workbench.ui.components.rows import flag_reasons
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.state import Room, remember, remembered
from qc_workbench.ui.views.call import CallSound
from qc_workbench.ui.views.desk import desk
from qc_workbench.ui.views.people import call_line
from qc_workbench.ui.views.playback import playback
from qc_workbench.ui.views.suspicious import PAGE, CasePage, SuspiciousCalls, asked_case, case_page, state_of_call


def choose_case(room: Room, view: SuspiciousCalls, asked_call: str | None) -> Case | None:
    """The case on the table; above it, which cases are listed: of one state, of one agent or of all."""
    t = room.t
    if asked_call and remembered("asked_state") != asked_call:
        remember("asked_state", asked_call)
        found = state_of_call(room.workspace, room.viewer, asked_call, view.downgraded)
        if found is not None:
            st.session_state["suspicious_state"] = found
    states = st.container()
    row = st.container(horizontal=True, vertical_alignment="center")
    with row:
        manager_id = choose_agent({name: view.people.agent(name) for name in view.agents}, t, "suspicious_agent")
    st.session_state.setdefault("suspicious_state", _first_state(view))
    state = states.segmented_control(
        t("suspicious.filter"),
        list(CaseState),
        required=True,
        format_func=lambda state: f"{t(f'case.{state.value}')} · {t.number(view.count(state, manager_id))}",
        key="suspicious_state",
        label_visibility="collapsed",
        wrap=True,
    )
    with row:
        page = _page(room, view, state or CaseState.WAITING, manager_id, asked_call)
    listed = case_page(room.workspace, room.viewer, state or CaseState.WAITING, manager_id, page, view.downgraded)
    return _pick_case(room, listed)


def _first_state(view: SuspiciousCalls) -> CaseState:
    """What waits for a ruling: new cases, else answered ones, else those to check."""
    waiting = (CaseState.WAITING, CaseState.ANSWERED, CaseState.CHECK)
    return next((state for state in waiting if view.count(state)), CaseState.WAITING)


def _page(room: Room, view: SuspiciousCalls, state: CaseState, manager_id: str | None, asked_call: str | None) -> int:
    """The page of the list: the one turned to, or the one of the case that the address names."""
    key = f"suspicious_page_{state.value}_{manager_id}"
    if asked_call and remembered("asked") != asked_call:
        asked = asked_case(room.workspace, room.viewer, asked_call, state, manager_id, view.downgraded)
        if asked is not None:
            remember("asked", asked_call)
            st.session_state["suspicious_case"], page_asked = asked
            turn_to(page_asked, key)
    return pager(view.count(state, manager_id), PAGE, room.t, key)


def _pick_case(room: Room, found: CasePage) -> Case | None:
    """The case chosen in the list, or the first of the page."""
    t = room.t
    if not found.cases:
        return None
    by_id = {case.flag.flag_id: case for case in found.cases}
    if st.session_state.get("suspicious_case") not in by_id:
        st.session_state["suspicious_case"] = found.cases[0].flag.flag_id
    chosen = st.selectbox(
        t("suspicious.case"),
        list(by_id),
        format_func=lambda flag_id: call_line(by_id[flag_id].call, found.people, t),
        key="suspicious_case",
        label_visibility="collapsed",
    )
    return by_id[chosen]


def case_header(case: Case, t: Translator) -> None:
    """Where the case stands and what the machine says, in a line each."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(t(f"case_one.{case.state.value}"), color=STATE_COLOURS[case.state])
        st.caption(
            t("suspicious.measured", connected=clock(case.call.talk_s), score=t.percent(case.flag.score)),
            width="content",
        )
    st.text(flag_reasons(case.flag, t))


def case_sound(room: Room, case: Case, sound: CallSound) -> None:
    """The player, at the seconds that matter."""
    shown = playback(
        case.call.call_id,
        room.address(sound.recording),
        sound.recording,
        sound.acoustics,
        sound.transcript,
        (case.flag,),
        (),
        room.t,
        connected_s=case.call.talk_s,
        known=sound.known,
        reading=room.reading(case.call),
    )
    start_at_s = shown.clip[0] if shown.clip else 0.0
    before_me = desk(room.workspace, room.viewer, case.call, room.t)
    player(shown, room.t, start_at_s=start_at_s, key=f"case_{case.flag.flag_id}", short=True, desk=before_me)
    call_link(room.t, room.t("suspicious.whole_call"), case.call.call_id)
