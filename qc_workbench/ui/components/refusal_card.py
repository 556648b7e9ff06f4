"""One lost deal: the client's words and the CRM's reason."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.access import Action
from qc_workbench.domain.flag import Finding, Flag, Ruling
from qc_workbench.store.cases import RefusalList
from qc_workbench.ui.components.blocks import deal_text
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.components.quote_row import quote_row
from qc_workbench.ui.components.recall_card import finding_text, recall_said
from qc_workbench.ui.labels import named, plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.deal_decisions import rule_on_refusal
from qc_workbench.ui.views.refusals import PAGE, RefusalCase, Refusals, refusals


def refusals_shown(room: Room) -> Refusals:
    """All lists, each at the page that was turned to."""
    return refusals(room.workspace, room.viewer, {which: page_of(_key(which)) for which in RefusalList})


def refusal_list(room: Room, view: Refusals, which: RefusalList) -> None:
    pager(view.totals[which], PAGE, room.t, _key(which))
    for case in view.lists[which]:
        refusal_card(room, view, case)


def _key(which: RefusalList) -> str:
    return f"refusals_page_{which.value}"


def refusal_card(room: Room, view: Refusals, case: RefusalCase) -> None:
    t, refusal = room.t, case.refusal
    with st.container(border=True):
        words, crm = st.columns([3, 2], gap="medium")
        with words:
            st.markdown(f"**{named(t, 'client_said', refusal.client_said.value)}**")
            if case.judged is not None:
                st.caption(finding_text(case.judged, t))
            known = refusal.start_s is not None and refusal.end_s is not None
            quote_row(
                room, view.people, case.call, case.recording, refusal.quote,
                (refusal.start_s, refusal.end_s) if known else None,  # type: ignore[arg-type]
                key=f"refusal_{refusal.call_id}",
            )  # fmt: skip
        with crm:
            st.caption(t("crm.title"))
            st.text(deal_text(case.deal, t))
            if case.deal and case.deal.lost_reason:
                st.text(t("deal.lost_reason", reason=case.deal.lost_reason))
            if case.judged is not None and case.judged.recall is not None:
                recall_said(case.judged.recall, t)
            if case.flag is not None:
                _decision(room, case.flag, case.ruling, refusal.deal_id)


def _decision(room: Room, flag: Flag, ruling: Finding | None, deal_id: str | None) -> None:
    """Back to work, or a refusal after all. Only a named person decides."""
    t = room.t
    if ruling is not None:
        what = t(f"refusal_ruling.{ruling.ruling.value}.done")
        st.caption(t("ruling.stands", ruling=what, who=plain(ruling.by), moment=t.moment(ruling.at)))
    offered = (Ruling.CONFIRMED, Ruling.REJECTED) if ruling is None else (Ruling.WITHDRAWN,)
    with st.container(horizontal=True):
        for choice in offered:
            pressed = st.button(
                t(f"refusal_ruling.{choice.value}"),
                disabled=not room.viewer.reach(Action.RULE_ON_FLAG),
                key=f"refusal_{choice.value}_{flag.flag_id}",
            )
            if pressed:
                rule_on_refusal(room.workspace, room.viewer, flag, ruling, choice, deal_id, room.now)
                st.rerun()
