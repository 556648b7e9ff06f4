"""One lost deal to decide on: the CRM's reason beside what was heard and what the client told quality control."""

from __future__ import annotations

from typing import Final

import streamlit as st

from qc_workbench.domain.access import Action
from qc_workbench.domain.lost_deal import DealFinding, DealVerdict
from qc_workbench.errors import QcwError
from qc_workbench.store.deal_decisions import DecisionCase
from qc_workbench.store.lost_deals import RecallCase
from qc_workbench.ui.components.blocks import deal_text
from qc_workbench.ui.components.finding_choice import finding_choice
from qc_workbench.ui.components.pager import pager
from qc_workbench.ui.components.quote_row import quote_row
from qc_workbench.ui.components.recall_card import finding_text, recall_said
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room, remember, remembered
from qc_workbench.ui.views.deal_decisions import (
    PAGE,
    DecisionList,
    DecisionPage,
    Decisions,
    decide_on_deal,
    decision_page,
    warm_up_download,
)

#: One key each, for the card in hand: the first of the page.
_KEYS: Final = {DealVerdict.GENUINE: "1", DealVerdict.REWORK_SAME: "2", DealVerdict.REWORK_OTHER: "3"}
#: The deal decided on last in this session.
_LAST: Final = "last_decided_deal"
_FORMS: Final = ("xlsx", "csv")


def decision_list(room: Room, view: Decisions, which: DecisionList) -> None:
    """The list of one state, of one finding or of all."""
    t = room.t
    counts = {finding: view.count(which, finding) for finding in DealFinding}
    finding = finding_choice(t, counts, key=f"decision_finding_{which.value}")
    if which is DecisionList.WARM_UP:
        _downloads(room)
    elif which is DecisionList.WAITING and room.viewer.reach(Action.RULE_ON_FLAG):
        st.caption(t("decision.keys"))
    _undo_last(room)
    page = pager(view.count(which, finding), PAGE, t, f"decisions_page_{which.value}_{finding}")
    shown = decision_page(room.workspace, room.viewer, which, finding, page, room.now)
    for place, case in enumerate(shown.cases):
        _card(room, shown, case, in_hand=place == 0)


def _undo_last(room: Room) -> None:
    """0 takes back the decision just made, whose card has left the list."""
    deal_id = remembered(_LAST)
    if not isinstance(deal_id, str):
        return
    label = room.t("decision.undo_last", deal=plain(deal_id))
    if st.button(label, icon=":material/undo:", shortcut="0", type="tertiary", key="decision_undo_last"):
        remember(_LAST, None)
        try:
            decide_on_deal(room.workspace, room.viewer, deal_id, DealVerdict.WITHDRAWN, room.now)
        except QcwError as error:
            st.error(error_text(error, room.t))
            return
        st.rerun()


def _downloads(room: Room) -> None:
    if not room.viewer.reach(Action.EXPORT_CALLS):
        return
    with st.container(horizontal=True):
        for form in _FORMS:
            st.download_button(
                room.t("warm_up.download", form=form.upper()),
                data=warm_up_download(room.workspace, room.viewer, form, room.t),
                file_name=f"warm-up.{form}",
                key=f"warm_up_{form}",
                on_click="ignore",
            )


def _card(room: Room, view: DecisionPage, case: DecisionCase, *, in_hand: bool) -> None:
    t, deal = room.t, case.deal
    with st.container(border=True):
        words, side = st.columns(2, gap="medium")
        with words:
            client = view.people.client(deal.client_phones[0] if deal.client_phones else None, t)
            st.markdown(f"**{plain(client)}** · {plain(deal_text(deal, t))}")
            agent = plain(view.people.agent(deal.manager_id))
            if deal.closed_at is None:
                st.caption(t("decision.deal_open", deal=plain(deal.deal_id), agent=agent))
            else:
                st.caption(t("decision.deal", deal=plain(deal.deal_id), agent=agent, moment=t.moment(deal.closed_at)))
            st.text(t("decision.reason", reason=deal.lost_reason) if deal.lost_reason else t("decision.no_reason"))
            _heard(room, view, case)
        with side:
            _called_back(case, t)
            if case.decision is None:
                _choice(room, view, case, in_hand=in_hand)
            else:
                _decided(room, view, case)


def _heard(room: Room, view: DecisionPage, case: DecisionCase) -> None:
    """What was found of the deal, with the client's words to read and to hear."""
    t, lost = room.t, case.lost
    if lost is None:
        st.caption(t("decision.not_examined"))
        return
    st.text(finding_text(RecallCase(lost, case.deal, case.refusal, case.recall), t))
    call = view.calls.get(lost.call_id or "")
    if call is None:
        return
    said = case.refusal
    known = said is not None and said.start_s is not None and said.end_s is not None
    quote_row(
        room, view.people, call, view.recordings.get(call.call_id), said.quote if said else None,
        (said.start_s, said.end_s) if said and known else None,  # type: ignore[arg-type]
        key=f"decision_quote_{case.deal.deal_id}",
    )  # fmt: skip


def _called_back(case: DecisionCase, t: Translator) -> None:
    if case.recall is None:
        st.caption(t("decision.not_called"))
        return
    st.caption(t("decision.client_said_qc"))
    recall_said(case.recall, t)


def _choice(room: Room, view: DecisionPage, case: DecisionCase, *, in_hand: bool) -> None:
    """A button and a key each. Another agent is chosen first, a note and a day may be."""
    t, deal = room.t, case.deal
    may = room.viewer.may(Action.RULE_ON_FLAG, deal.manager_id)
    others = [agent for agent in view.workers if agent != deal.manager_id]
    with st.expander(t("decision.details"), expanded=False):
        worker = st.selectbox(
            t("decision.other_agent"), others, index=None, format_func=lambda agent: view.workers[agent],
            placeholder=t("decision.choose_agent"), key=f"decision_worker_{deal.deal_id}", disabled=not may,
            label_visibility="collapsed",
        )  # fmt: skip
        comment = st.text_input(t("decision.comment"), key=f"decision_comment_{deal.deal_id}", disabled=not may)
        known = case.recall.buy_from if case.recall else None
        buy_from = st.date_input(
            t("decision.buy_from"), value=known, format="DD.MM.YYYY", key=f"decision_day_{deal.deal_id}",
            disabled=not may,
        )  # fmt: skip
    with st.container(horizontal=True):
        for verdict, key in _KEYS.items():
            pressed = st.button(
                t(f"deal_verdict.{verdict.value}"),
                shortcut=key if in_hand and may else None,
                disabled=not may,
                key=f"decision_{verdict.value}_{deal.deal_id}",
            )
            if pressed:
                try:
                    decide_on_deal(
                        room.workspace, room.viewer, deal.deal_id, verdict, room.now,
                        worked_by=worker if verdict is DealVerdict.REWORK_OTHER else None, buy_from=buy_from,
                        comment=comment,
                    )  # fmt: skip
                except QcwError as error:
                    st.error(error_text(error, t))
                    return
                remember(_LAST, deal.deal_id)
                st.toast(t("decision.saved"))
                st.rerun()


def _decided(room: Room, view: DecisionPage, case: DecisionCase) -> None:
    t, decision = room.t, case.decision
    assert decision is not None
    agent = view.people.agent(decision.worked_by)
    st.markdown(f"**{t(f'deal_verdict.{decision.verdict.value}.done', agent=plain(agent))}**")
    if decision.buy_from is not None:
        st.text(f"{t('warm_up.buy_from')} {t.day(decision.buy_from, 'd MMMM y')}")
    if decision.comment:
        st.text(decision.comment)
    st.caption(t("decision.stands", who=plain(decision.by), moment=t.moment(decision.at)))
    may = room.viewer.may(Action.RULE_ON_FLAG, case.deal.manager_id)
    if st.button(t("decision.undo"), type="tertiary", disabled=not may, key=f"decision_undo_{case.deal.deal_id}"):
        decide_on_deal(room.workspace, room.viewer, case.deal.deal_id, DealVerdict.WITHDRAWN, room.now)
        st.rerun()
