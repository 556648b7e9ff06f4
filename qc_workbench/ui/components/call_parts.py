"""Parts of the call page: who and when, what was found, what the CRM knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import streamlit as st

from qc_workbench.domain.call import Call, Outcome
from qc_workbench.domain.flag import Evidence, FlagKind, Verdict
from qc_workbench.review.rulings import CaseState
from qc_workbench.ui.components.blocks import call_link, deal_text, due_text, recording_state
from qc_workbench.ui.components.rows import flag_reasons, plan_text
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import named, plain
from qc_workbench.ui.navigation import link
from qc_workbench.ui.views.call import CallView
from qc_workbench.ui.views.client import Step
from qc_workbench.ui.views.playback import evidence_name
from qc_workbench.ui.views.said import Reading

BadgeColour = Literal["orange", "blue", "red", "green", "gray"]

#: Badge colour of a case by where it stands.
STATE_COLOURS: Mapping[CaseState, BadgeColour] = {
    CaseState.WAITING: "orange",
    CaseState.ANSWERED: "orange",
    CaseState.CHECK: "gray",
    CaseState.ASKED: "blue",
    CaseState.CONFIRMED: "red",
    CaseState.REJECTED: "green",
    CaseState.UNSURE: "gray",
}


def header(view: CallView, t: Translator) -> None:
    """Who, when, which deal, and why this call is listened to."""
    call, people = view.call, view.people
    st.title(plain(f"{people.agent(call.manager_id)} · {people.client(call.client_phone, t)}"), anchor=False)
    facts = [
        t.moment(call.started_at, "d MMMM y, HH:mm"),
        t(f"direction.{call.direction.value}"),
        t("call.connected", time=clock(call.talk_s))
        if call.outcome is Outcome.ANSWERED
        else t(f"call_outcome.{call.outcome.value}"),
        plain(deal_text(people.deal(call.client_phone), t)),
    ]
    st.markdown(" · ".join(facts))
    why = [plan_text(item, t) for item in view.drawn]
    if why:
        st.caption(plain(" · ".join(why)))
    if view.recording is None or not view.recording.is_audible:
        st.warning(t("call.no_recording", state=recording_state(view.recording, t)))
    for failure in view.failures:
        st.warning(t("call.failed", step=named(t, "step", failure.step), reason=named(t, "failure", failure.code)))


def findings_panel(view: CallView, reading: Reading, t: Translator) -> None:
    """What the machine suggests and what people ruled."""
    with st.container(border=True):
        st.header(t("call.findings"), anchor=False)
        if view.conversation:
            st.markdown(
                t(
                    "call.conversation",
                    seconds=t.number(view.conversation.conversation_s),
                    answered=named(t, "answered_by", view.conversation.answered_by.value),
                )
            )
        for flag in view.flags:
            state = view.state_of(flag)
            st.markdown(f"**{t(f'flag.{flag.kind.value}')}**")
            st.badge(t(f"case_one.{state.value}"), color=STATE_COLOURS[state])
            st.text(flag_reasons(flag, t))
            st.caption("  \n".join(_evidence_line(item, reading, t) for item in flag.evidence))
            if flag.verdict is Verdict.UNSURE:
                st.caption(t("case.unsure_says"))
        for promise in view.promises:
            spoken = promise.spoken
            st.markdown(f"**{named(t, 'action', spoken.action.value)}** · {named(t, 'outcome', promise.outcome.value)}")
            st.caption(t("call.promise_due", due=due_text(spoken.due, t)))
            st.text(f"«{reading.text(spoken.quote)}»")
            call_link(t, t("call.go_to", time=clock(spoken.start_s)), view.call.call_id, spoken.start_s)
        if view.refusal and view.refusal.false_refusal and FlagKind.FALSE_REFUSAL not in {f.kind for f in view.flags}:
            st.markdown(f"**{t('flag.false_refusal')}**")
        if not (view.flags or view.promises or view.conversation):
            st.caption(t("call.nothing_found"))
        if view.flags:
            link("suspicious", t, t("call.to_case"), call=view.call.call_id)


def _evidence_line(item: Evidence, reading: Reading, t: Translator) -> str:
    quote = f" «{plain(reading.text(item.quote))}»" if item.quote else ""
    return f"{clock(item.start_s)}–{clock(item.end_s)} {evidence_name(item.kind, t)}{quote}"


def client_panel(view: CallView, t: Translator) -> None:
    """Deals, steps with the moves of their dates, notes and the other calls of the client."""
    client = view.client
    with st.container(border=True):
        st.header(t("crm.title"), anchor=False)
        if not client.deals:
            st.caption(t("deal.none"))
        for deal in client.deals:
            st.markdown(f"**{plain(deal_text(deal, t))}**")
            if deal.lost_reason:
                st.caption(t("deal.lost_reason", reason=plain(deal.lost_reason)))
            if deal.stage_since:
                st.caption(t("deal.since", day=t.day(deal.stage_since)))
        st.markdown(f"**{t('crm.steps')}**")
        for step in client.steps:
            _step(step, t)
        if not client.steps:
            st.caption(t("crm.no_steps"))
        if client.notes:
            st.markdown(f"**{t('crm.notes')}**")
        for note in client.notes:
            st.caption(f"{t.moment(note.created_at)} · {plain(view.people.agent(note.author_id))}")
            st.text(note.text)
        _calls(t("crm.earlier"), client.earlier, t)
        _calls(t("crm.later"), client.later, t)


def _step(step: Step, t: Translator) -> None:
    activity = step.activity
    if activity.done_at:
        state = t("crm_step.done", moment=t.moment(activity.done_at))
    elif activity.due_at:
        state = t("crm_step.due", moment=t.moment(activity.due_at))
    else:
        state = t("crm_step.no_date")
    st.text(f"{t(f'activity.{activity.type.value}')}: {activity.subject or '—'}")
    st.caption(state)
    if step.moved_from:
        dates = " → ".join(t.day(moment, "d MMM") for moment in step.moved_from)
        hidden = f" ({t('crm_move.diff')})" if step.may_hide_moves else ""
        st.caption(t("crm_step.moved", n=len(step.moved_from), dates=dates) + hidden)


def _calls(title: str, calls: tuple[Call, ...], t: Translator) -> None:
    if not calls:
        return
    st.markdown(f"**{title}**")
    for call in calls[-8:]:
        line = f"{t.moment(call.started_at)} · {t(f'direction.{call.direction.value}')} · {clock(call.talk_s)}"
        call_link(t, line, call.call_id)
