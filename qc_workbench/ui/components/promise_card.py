"""One promise: what became of it in a sentence, and its three sources: the words, the CRM, the next calls."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from qc_workbench.domain.call import Call
from qc_workbench.domain.crm import ActivityChange, ChangeOrigin
from qc_workbench.ui.components.blocks import call_link, deal_text, due_text, moment_or_dash
from qc_workbench.ui.components.quote_row import quote_row
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import named, plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.people import Directory
from qc_workbench.ui.views.promise_story import story_sentence
from qc_workbench.ui.views.promises import Column, Promise, PromisePage


def promise_card(room: Room, view: PromisePage, promise: Promise) -> None:
    t, spoken = room.t, promise.commitment.spoken
    with st.container(border=True):
        st.markdown(f"**{plain(story_sentence(promise.commitment, promise.call.started_at, t))}**")
        words, crm, later = st.columns([5, 4, 4], gap="medium")
        with words:
            what = named(t, "action", spoken.action.value)
            st.caption(f"{what} · {named(t, 'promiser', spoken.by.value)} · {due_text(spoken.due, t)}")
            seconds = (spoken.start_s, spoken.end_s)
            quote_row(
                room, view.people, promise.call, promise.recording, spoken.quote, seconds,
                key=f"quote_{spoken.commitment_id}",
            )  # fmt: skip
        with crm:
            st.caption(t("crm.title"))
            st.text(deal_text(promise.deal, t))
            _activity(promise, view.people, t)
        with later:
            st.caption(t("promise.next_calls"))
            for call in promise.next_calls:
                call_link(t, _next_call(call, promise, view.people, t), call.call_id)
            if not promise.next_calls:
                st.text(t("promise.no_next_calls"))
            # What the sentence already tells is not said twice; what it cannot tell is.
            shown = [code for code in promise.commitment.reasons if code in _WORTH_SAYING]
            if shown:
                st.caption(". ".join(named(t, "reason", code) for code in shown))


#: Reasons that a person should weigh, beyond the sentence.
_WORTH_SAYING = frozenset({"call_only", "done_without_call", "tried_no_answer", "client_called_in_window"})


def _activity(promise: Promise, people: Directory, t: Translator) -> None:
    activity = promise.activity
    if activity is None:
        st.text(t("promise.no_step"))
        return
    st.text(f"{t(f'activity.{activity.type.value}')}: {activity.subject or '—'}")
    lines = [_move(move, people, t) for move in promise.moves]
    key = "crm_step.done" if activity.done_at else "crm_step.due"
    lines.append(t(key, moment=moment_or_dash(activity.done_at or activity.due_at, t)))
    st.caption("  \n".join(plain(line) for line in lines))


def _move(move: ActivityChange, people: Directory, t: Translator) -> str:
    """One change of the due date: from, to, when, by whom; that there may have been more, where it is so."""
    line = t(
        "promise.move",
        old=_date(move.old_value, t),
        new=_date(move.new_value, t),
        moment=t.moment(move.changed_at),
        who=people.agent(move.changed_by),
    )
    return f"{line} ({t('crm_move.diff')})" if move.origin is ChangeOrigin.DIFF else line


def _date(text: str | None, t: Translator) -> str:
    try:
        return t.day(datetime.fromisoformat(text), "d MMM") if text else "—"
    except ValueError:
        return text or "—"


def _next_call(call: Call, promise: Promise, people: Directory, t: Translator) -> str:
    line = f"{t.moment(call.started_at)} · {plain(people.agent(call.manager_id))} · {clock(call.talk_s)}"
    if call.call_id != promise.deciding:
        return line
    kept = promise.commitment.kept_by_call_id == call.call_id
    return f"**{line} · {t('promise.call_kept' if kept else 'promise.call_late')}**"


def column_name(column: Column, t: Translator) -> str:
    """Due today is a column of the board, not an outcome of its own."""
    if column is Column.DUE_TODAY:
        return t("column_name.due_today")
    return named(t, "outcome", column.value)
