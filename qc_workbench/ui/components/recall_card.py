"""Calling back about lost deals: the deal, what was found of it, and the form for what the client says."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.lost_deal import DealFinding, Recall, RecallResult
from qc_workbench.errors import QcwError
from qc_workbench.store.lost_deals import RecallCase
from qc_workbench.ui.components.blocks import deal_text
from qc_workbench.ui.components.finding_choice import finding_choice
from qc_workbench.ui.components.pager import pager
from qc_workbench.ui.components.quote_row import quote_row
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import error_text, named, plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.recalls import PAGE, RecallList, RecallPage, Recalls, recall_page, write_recall

_RESULTS = [result for result in RecallResult if result is not RecallResult.WITHDRAWN]


def recall_list(room: Room, view: Recalls, which: RecallList) -> None:
    """The list of one state, of one finding or of all, with a form under each deal."""
    t = room.t
    counts = {finding: view.count(which, finding) for finding in DealFinding}
    finding = finding_choice(t, counts, key=f"recall_finding_{which.value}")
    page = pager(view.count(which, finding), PAGE, t, f"recalls_page_{which.value}_{finding}")
    shown = recall_page(room.workspace, room.viewer, which, finding, page)
    for place, case in enumerate(shown.cases):
        _recall_card(room, shown, case, is_open=place == 0 and which is RecallList.WAITING)


def finding_text(case: RecallCase, t: Translator) -> str:
    """What was found, and why it is unsure or how there was no conversation."""
    text = t(f"deal_finding.{case.lost.finding.value}")
    return f"{text}: {named(t, 'deal_reason', case.lost.reason)}" if case.lost.reason else text


def _recall_card(room: Room, view: RecallPage, case: RecallCase, *, is_open: bool) -> None:
    t, deal = room.t, case.deal
    with st.container(border=True):
        words, form = st.columns([3, 2], gap="medium")
        with words:
            client = view.people.client(deal.client_phones[0] if deal.client_phones else None, t)
            st.markdown(f"**{plain(client)}** · {plain(deal_text(deal, t))}")
            if deal.deal_id in view.to_dial and deal.client_phones:
                st.markdown(t("recalls.number", number=plain(", ".join(deal.client_phones))))
            st.text(finding_text(case, t))
            st.caption(
                t(
                    "recalls.closed",
                    deal=plain(deal.deal_id),
                    agent=plain(view.people.agent(deal.manager_id)),
                    reason=plain(deal.lost_reason or "—"),
                    certainty=t.percent(case.lost.certainty),
                )
            )
            call = view.calls.get(case.lost.call_id or "")
            if call is not None:
                said = case.refusal
                known = said is not None and said.start_s is not None and said.end_s is not None
                quote_row(
                    room, view.people, call, view.recordings.get(call.call_id), said.quote if said else None,
                    (said.start_s, said.end_s) if said and known else None,  # type: ignore[arg-type]
                    key=f"recall_quote_{deal.deal_id}",
                )  # fmt: skip
        with form:
            if case.recall is not None:
                recall_said(case.recall, t)
                _undo(room, case, may=deal.deal_id in view.to_dial)
            if case.recall is None or case.recall.result is RecallResult.NO_CONTACT:
                _form(room, case, is_open=is_open, may=deal.deal_id in view.to_dial)


def recall_said(recall: Recall, t: Translator) -> None:
    """What the client told quality control."""
    said = t(f"recall_result.{recall.result.value}")
    if recall.buy_from is not None:
        said = t("recalls.buys_from", said=said, day=t.day(recall.buy_from, "d MMMM y"))
    st.markdown(f"**{said}**")
    if recall.comment:
        st.text(recall.comment)
    st.caption(t("recalls.who_when", who=plain(recall.by), moment=t.moment(recall.at)))


def _form(room: Room, case: RecallCase, *, is_open: bool, may: bool) -> None:
    """Tab, arrows and Enter are enough: the answers are radio buttons, Enter in the comment saves."""
    t, deal_id = room.t, case.deal.deal_id
    with st.expander(t("recalls.form"), expanded=is_open), st.form(f"recall_{deal_id}", border=False):
        result = st.radio(
            t("recalls.what_they_say"),
            _RESULTS,
            index=None,
            format_func=lambda one: t(f"recall_result.{one.value}"),
            key=f"recall_result_{deal_id}",
        )
        buy_from = st.date_input(t("recalls.buy_from"), value=None, format="DD.MM.YYYY", key=f"recall_day_{deal_id}")
        comment = st.text_input(t("recalls.comment"), key=f"recall_comment_{deal_id}")
        saved = st.form_submit_button(t("recalls.save"), disabled=not may, width="stretch")
    if not saved:
        return
    if result is None:
        st.warning(t("recalls.choose"))
        return
    try:
        write_recall(room.workspace, room.viewer, deal_id, result, room.now, comment, buy_from)
    except QcwError as error:
        st.error(error_text(error, t))
        return
    st.toast(t("recalls.saved"))
    st.rerun()


def _undo(room: Room, case: RecallCase, *, may: bool) -> None:
    if st.button(room.t("recalls.undo"), disabled=not may, type="tertiary", key=f"recall_undo_{case.deal.deal_id}"):
        write_recall(room.workspace, room.viewer, case.deal.deal_id, RecallResult.WITHDRAWN, room.now)
        st.rerun()
