"""Parts of the room of suspicious calls."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.flag import Evidence, Ruling, Side
from qc_workbench.errors import QcwError
from qc_workbench.review.rulings import CaseState
from qc_workbench.store.cases import Case
from qc_workbench.ui.components.blocks import call_link
from qc_workbench.ui.components.call_parts import STATE_COLOURS
from qc_workbench.ui.components.pager import choose_agent, pager, turn_to
from qc_workbench.ui.components.player import player
from qc_workbench.ui.components.rows import flag_reasons
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room, remember, remembered
from qc_workbench.ui.views.call import call_sound
from qc_workbench.ui.views.people import call_line
from qc_workbench.ui.views.playback import evidence_name, playback
from qc_workbench.ui.views.suspicious import (
    PAGE,
    CasePage,
    SuspiciousCalls,
    asked_case,
    case_page,
    defence,
    one_case,
    write_ruling,
)

_LAST_RULED = "last_ruled"

#: Lines of the table of agents on one page.
PATTERNS = 12

#: One key each. Digits, because letters differ between the Russian and the English layout.
KEYS = {Ruling.CONFIRMED: "1", Ruling.REJECTED: "2", Ruling.ASKED: "3", Ruling.WITHDRAWN: "0"}


def choose_case(room: Room, view: SuspiciousCalls, asked_call: str | None) -> Case | None:
    """The case on the table; above it, which cases are listed: of one state, of one agent or of all."""
    t = room.t
    states = st.container()
    row = st.container(horizontal=True, vertical_alignment="center")
    with row:
        manager_id = choose_agent({name: view.people.agent(name) for name in view.agents}, t, "suspicious_agent")
    state = states.segmented_control(
        t("suspicious.filter"),
        list(CaseState),
        default=CaseState.WAITING,
        required=True,
        format_func=lambda state: f"{t(f'case.{state.value}')} · {t.number(view.count(state, manager_id))}",
        key="suspicious_state",
        label_visibility="collapsed",
        wrap=True,
    )
    with row:
        page = _page(room, view, state or CaseState.WAITING, manager_id, asked_call)
    return _pick_case(room, case_page(room.workspace, state or CaseState.WAITING, manager_id, page))


def _page(room: Room, view: SuspiciousCalls, state: CaseState, manager_id: str | None, asked_call: str | None) -> int:
    """The page of the list: the one turned to, or the one of the case that the address names."""
    key = f"suspicious_page_{state.value}_{manager_id}"
    if asked_call and remembered("asked") != asked_call:
        asked = asked_case(room.workspace, asked_call, state, manager_id)
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
    """What the machine says and what speaks for the agent, in a line each."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(t(f"case_one.{case.state.value}"), color=STATE_COLOURS[case.state])
        st.caption(
            t("suspicious.measured", connected=clock(case.call.talk_s), score=t.percent(case.flag.score)),
            width="content",
        )
    st.text(flag_reasons(case.flag, t))
    kinds = [evidence_name(kind, t) for kind in defence(case.flag)]
    st.caption(t("suspicious.defence", kinds="; ".join(kinds)) if kinds else t("suspicious.nothing_for"))


def case_evidence(case: Case, t: Translator) -> None:
    """Every piece of evidence with its seconds and words, both sides beside each other."""
    for cell, title, side in zip(
        st.columns(2), ("suspicious.against", "suspicious.for"), (Side.AGAINST, Side.FOR), strict=True
    ):
        items = [item for item in case.flag.evidence if item.side is side]
        with cell:
            st.markdown(t(title))
            st.text("\n".join(_evidence(item, t) for item in items) or "—")


def case_sound(room: Room, case: Case) -> None:
    sound = call_sound(room.workspace, case.call.call_id)
    shown = playback(
        case.call.call_id,
        room.address(sound.recording),
        sound.recording,
        sound.acoustics,
        sound.transcript,
        (case.flag,),
        (),
        room.t,
    )
    start_at_s = shown.clip[0] if shown.clip else 0.0
    player(shown, room.t, start_at_s=start_at_s, key=f"case_{case.flag.flag_id}", short=True)
    call_link(room.t, room.t("suspicious.whole_call"), case.call.call_id)


def decision(room: Room, case: Case | None) -> None:
    """Confirm, reject, ask, undo: one key each. Only a named person decides."""
    t = room.t
    with st.container(border=True):
        st.subheader(t("ruling.title"), anchor=False)
        if not room.who:
            st.info(t("sidebar.who_needed"))
        if case is not None and case.ruling is not None:
            ruling = case.ruling
            st.markdown(
                t(
                    "ruling.stands",
                    ruling=t(f"case_one.{ruling.ruling.value}"),
                    who=plain(ruling.by),
                    moment=t.moment(ruling.at),
                )
            )
            if ruling.reason:
                st.text(ruling.reason)
        reason = st.text_input(t("ruling.reason"), key=f"reason_{case.flag.flag_id}" if case else "reason_none")
        for ruling_kind in (Ruling.CONFIRMED, Ruling.REJECTED, Ruling.ASKED):
            if st.button(
                t(f"ruling.{ruling_kind.value}"),
                type="primary" if ruling_kind is Ruling.CONFIRMED else "secondary",
                shortcut=KEYS[ruling_kind],
                disabled=case is None or not room.who,
                width="stretch",
                key=f"rule_{ruling_kind.value}",
            ):
                assert case is not None
                _rule(room, case, ruling_kind, reason)
        _undo_button(room, case)


def _undo_button(room: Room, case: Case | None) -> None:
    """Takes back the ruling of the case shown, or of the one ruled last (it has left the list)."""
    last = remembered(_LAST_RULED)
    flag_id = case.flag.flag_id if case is not None and case.ruling is not None else last
    if st.button(
        room.t("ruling.withdrawn"),
        shortcut=KEYS[Ruling.WITHDRAWN],
        disabled=not flag_id or not room.who,
        width="stretch",
        type="tertiary",
        key="rule_withdrawn",
    ):
        assert flag_id is not None
        found = one_case(room.workspace, flag_id)
        if found is not None:
            _rule(room, found, Ruling.WITHDRAWN, "")


def _rule(room: Room, case: Case, ruling: Ruling, reason: str) -> None:
    try:
        write_ruling(room.workspace, case.flag, ruling, room.who, room.now, reason)
    except QcwError as error:
        st.error(error_text(error, room.t))
        return
    remember(_LAST_RULED, None if ruling is Ruling.WITHDRAWN else case.flag.flag_id)
    st.toast(room.t(f"ruling.{ruling.value}.done"))
    st.rerun()


def pattern_table(view: SuspiciousCalls, t: Translator) -> None:
    """Each agent's cases beside their counted calls: one case is chance, a row of them is a habit."""
    with st.container(border=True):
        st.subheader(t("suspicious.pattern"), anchor=False)
        st.caption(t("suspicious.pattern_says"))
        page = pager(len(view.patterns), PATTERNS, t, "suspicious_patterns")
        for row in view.patterns[(page - 1) * PATTERNS : page * PATTERNS]:
            st.text(view.people.agent(row.manager_id))
            st.caption(
                t(
                    "suspicious.pattern_line",
                    waiting=t.number(row.waiting),
                    confirmed=t.number(row.confirmed),
                    rejected=t.number(row.rejected),
                    counted=t.number(row.counted),
                )
            )


def _evidence(item: Evidence, t: Translator) -> str:
    quote = f" «{item.quote}»" if item.quote else ""
    return f"{clock(item.start_s)}–{clock(item.end_s)} {evidence_name(item.kind, t)}{quote}"
