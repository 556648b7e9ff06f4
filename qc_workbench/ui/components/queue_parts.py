"""Parts of the listening queue."""

from __future__ import annotations

import streamlit as st

from qc_workbench.ui.components.blocks import nothing, open_call, picked
from qc_workbench.ui.components.replacing import replace_form
from qc_workbench.ui.components.rows import period_text, plan_name, queue_row
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.queue import ListeningQueue


def choose_reviewer(view: ListeningQueue, t: Translator) -> ListeningQueue:
    """The queue of one QC specialist, or everybody's; nothing to choose where calls are assigned to nobody."""
    if not view.reviewers:
        return view
    reviewer = st.selectbox(
        t("queue.reviewer"),
        view.reviewers,
        index=None,
        format_func=view.people.agent,
        placeholder=t("queue.everybody"),
        key="queue_reviewer",
        width=360,
    )
    return view.of_reviewer(reviewer)


def plans(view: ListeningQueue, t: Translator) -> None:
    """How far each plan is in its newest period."""
    if not view.progress:
        return
    for cell, plan in zip(st.columns(max(2, len(view.progress))), view.progress, strict=False):
        name, period = plain(plan_name(plan.plan, t)), period_text(plan.period, t)
        cell.progress(
            plan.share, text=t("queue.plan_progress", plan=name, period=period, done=plan.done, drawn=plan.drawn)
        )


def random_sample(room: Room, view: ListeningQueue) -> None:
    t = room.t
    if not view.random:
        nothing(t("queue.nothing_random"))
        return
    if st.button(t("queue.next"), type="primary", icon=":material/play_arrow:", shortcut="Enter"):
        open_call(t, view.random[0].call.call_id)
    row = picked([queue_row(item, view.people, t) for item in view.random], {}, "queue_random", t("queue.random_alt"))
    if row is None:
        st.caption(t("queue.pick"))
        return
    chosen = view.random[row]
    if st.button(t("button.open_call"), key="open_random"):
        open_call(t, chosen.call.call_id)
    replace_form(room, chosen)


def targeted_calls(view: ListeningQueue, t: Translator) -> None:
    if not view.targeted:
        nothing(t("queue.nothing_targeted"))
        return
    rows = [queue_row(item, view.people, t) for item in view.targeted]
    row = picked(rows, {}, "queue_targeted", t("queue.targeted_alt"))
    if row is not None:
        open_call(t, view.targeted[row].call.call_id)
