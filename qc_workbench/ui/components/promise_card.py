"""One promise: the words, what the CRM has, the next calls."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.call import Call
from qc_workbench.ui.components.blocks import call_link, deal_text, due_text, moment_or_dash
from qc_workbench.ui.components.player import quote_button
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import named, plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.people import Directory
from qc_workbench.ui.views.promises import Column, Promise, PromisePage


def promise_card(room: Room, view: PromisePage, promise: Promise) -> None:
    t, spoken = room.t, promise.commitment.spoken
    with st.container(border=True):
        words, crm, later = st.columns([5, 4, 4], gap="medium")
        with words:
            what = named(t, "action", spoken.action.value)
            st.markdown(f"**{what}** · {named(t, 'promiser', spoken.by.value)} · {due_text(spoken.due, t)}")
            st.text(f"«{spoken.quote}»")
            with st.container(horizontal=True, vertical_alignment="center"):
                quote_button(
                    room.address(promise.recording),
                    spoken.start_s,
                    spoken.end_s,
                    t,
                    key=f"quote_{spoken.commitment_id}",
                )
                line = t(
                    "promise.said",
                    agent=plain(view.people.agent(promise.call.manager_id)),
                    client=plain(view.people.client(promise.call.client_phone, t)),
                    moment=t.moment(promise.call.started_at),
                )
                call_link(t, line, promise.call.call_id, spoken.start_s)
        with crm:
            st.caption(t("crm.title"))
            st.text(deal_text(promise.deal, t))
            _activity(promise, t)
            reasons = [named(t, "reason", code) for code in promise.commitment.reasons]
            if reasons:
                st.caption(". ".join(reasons))
        with later:
            st.caption(t("promise.next_calls"))
            for call in promise.next_calls:
                call_link(t, _next_call(call, view.people, t), call.call_id)
            if not promise.next_calls:
                st.text(t("promise.no_next_calls"))


def _activity(promise: Promise, t: Translator) -> None:
    activity = promise.activity
    if activity is None:
        st.text(t("promise.no_step"))
        return
    st.text(f"{t(f'activity.{activity.type.value}')}: {activity.subject or '—'}")
    key = "crm_step.done" if activity.done_at else "crm_step.due"
    st.caption(t(key, moment=moment_or_dash(activity.done_at or activity.due_at, t)))
    if promise.commitment.moves:
        st.caption(t("promise.moved", n=promise.commitment.moves))


def _next_call(call: Call, people: Directory, t: Translator) -> str:
    return f"{t.moment(call.started_at)} · {plain(people.agent(call.manager_id))} · {clock(call.talk_s)}"


def column_name(column: Column, t: Translator) -> str:
    """Due today is a column of the board, not an outcome of its own."""
    if column is Column.DUE_TODAY:
        return t("column_name.due_today")
    return named(t, "outcome", column.value)
