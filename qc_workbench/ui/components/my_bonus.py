"""The agent's own statement of the discipline bonus, with the place to dispute a line."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.bonus import Line, LineState
from qc_workbench.errors import QcwError
from qc_workbench.reporting.bonus_document import approval_text
from qc_workbench.review.bonus_month import AgentBonus
from qc_workbench.review.objections import LONGEST_REASON, is_open
from qc_workbench.ui.components.blocks import nothing
from qc_workbench.ui.components.bonus_parts import choose_month, line_proof, lines, sums
from qc_workbench.ui.components.flash import done, refused
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.bonus import may_dispute, own_bonus, withdraw_objection, write_objection
from qc_workbench.ui.views.month import months


def my_bonus(room: Room, agent: str) -> None:
    """Sums and lines of a month; a line that is chosen can be disputed."""
    t = room.t
    known = months(room.workspace)
    month = choose_month(room, known) if known else None
    item = None if month is None else own_bonus(room.workspace, room.viewer, agent, month)
    if item is None:
        nothing(t("bonus.own_none"))
        return
    sums(item, t)
    st.caption(plain(approval_text(t, item)))
    st.caption(t("bonus.how"))
    line = lines(item, t, f"my_bonus_{month}")
    if line is not None:
        line_proof(room, item, line)
        _objecting(room, item, line)


def _objecting(room: Room, item: AgentBonus, line: Line) -> None:
    t, fault_id = room.t, line.fault.fault_id
    record = item.records[fault_id]
    if is_open(record.moves) and line.state is LineState.SUSPENDED:
        if st.button(t("bonus.dispute_withdraw"), key=f"dispute_withdraw_{fault_id}"):
            try:
                withdraw_objection(room.workspace, room.viewer, fault_id, room.now)
                done(t("bonus.dispute_withdrawn"))
            except QcwError as error:
                refused(error, room, moved="rulings_moved")
            st.rerun()
        return
    if not may_dispute(room.workspace, room.viewer, record, room.now):
        st.caption(t("bonus.dispute_closed"))
        return
    with st.form(f"dispute_{fault_id}", enter_to_submit=False, border=False):
        reason = st.text_area(
            t("bonus.dispute_write"), max_chars=LONGEST_REASON, height=80, key=f"dispute_reason_{fault_id}"
        )
        pressed = st.form_submit_button(t("bonus.dispute_send"), key=f"dispute_send_{fault_id}")
    if pressed:
        try:
            write_objection(room.workspace, room.viewer, fault_id, reason, room.now)
            done(t("bonus.dispute_done"))
        except QcwError as error:
            refused(error, room, reason, moved="rulings_moved")
        st.rerun()
