"""Parts of the listening queue."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.sampling import Queue
from qc_workbench.ui.components.blocks import nothing, open_call, picked
from qc_workbench.ui.components.pager import pager
from qc_workbench.ui.components.replacing import replace_form
from qc_workbench.ui.components.rows import period_text, plan_name, queue_row
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.queue import PAGE, Drawn, ListeningQueue, Reviewers, drawn_page


def choose_reviewer(found: Reviewers, t: Translator) -> str | None:
    """One QC specialist, or everybody; nothing to choose where calls are assigned to nobody."""
    if not found.ids:
        return None
    return st.selectbox(
        t("queue.reviewer"),
        found.ids,
        index=None,
        format_func=found.people.agent,
        placeholder=t("queue.everybody"),
        key="queue_reviewer",
        width=360,
    )


def plans(view: ListeningQueue, t: Translator) -> None:
    """How far each plan is in its newest period."""
    if not view.progress:
        return
    for cell, plan in zip(st.columns(max(2, len(view.progress))), view.progress, strict=False):
        name, period = plain(plan_name(plan.plan, t)), period_text(plan.period, t)
        cell.progress(
            plan.share, text=t("queue.plan_progress", plan=name, period=period, done=plan.done, drawn=plan.drawn)
        )


def random_sample(room: Room, view: ListeningQueue, reviewer: str | None) -> None:
    t = room.t
    if view.next_call_id is None:
        nothing(t("queue.nothing_random"))
        return
    if st.button(t("queue.next"), type="primary", icon=":material/play_arrow:", shortcut="Enter"):
        open_call(t, view.next_call_id)
    chosen = _picked(room, Queue.RANDOM, view.random, reviewer, t("queue.random_alt"))
    if chosen is None:
        st.caption(t("queue.pick"))
        return
    if st.button(t("button.open_call"), key="open_random"):
        open_call(t, chosen.call.call_id)
    replace_form(room, chosen)


def targeted_calls(room: Room, view: ListeningQueue, reviewer: str | None) -> None:
    if not view.targeted:
        nothing(room.t("queue.nothing_targeted"))
        return
    chosen = _picked(room, Queue.TARGETED, view.targeted, reviewer, room.t("queue.targeted_alt"))
    if chosen is not None:
        open_call(room.t, chosen.call.call_id)


def _picked(room: Room, queue: Queue, total: int, reviewer: str | None, alt: str) -> Drawn | None:
    """The call whose row was clicked, on the page shown. Another page is another table: a click belongs to one."""
    page = pager(total, PAGE, room.t, f"queue_page_{queue.value}_{reviewer}")
    view = drawn_page(room.workspace, queue, reviewer, page)
    table = f"queue_{queue.value}" if page == 1 else f"queue_{queue.value}_{reviewer}_{page}"
    row = picked([queue_row(item, view.people, room.t) for item in view.calls], {}, table, alt)
    return None if row is None or row >= len(view.calls) else view.calls[row]
