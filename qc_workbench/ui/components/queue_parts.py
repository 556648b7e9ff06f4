"""Parts of the listening queue."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from qc_workbench.domain.sampling import Queue
from qc_workbench.ui.components.blocks import nothing, open_call, picked
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.components.replacing import replace_form
from qc_workbench.ui.components.rows import period_text, plan_name, queue_row
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.queue import PAGE, Drawn, DrawnPage, Listening, drawn_pages


def choose_reviewer(view: Listening, t: Translator) -> str | None:
    """One QC specialist, or everybody; nothing to choose where calls are assigned to nobody."""
    if not view.reviewers:
        return None
    return st.selectbox(
        t("queue.reviewer"),
        view.reviewers,
        index=None,
        format_func=view.people.agent,
        placeholder=t("queue.everybody"),
        key="queue_reviewer",
        width=360,
    )


def plans(view: Listening, t: Translator) -> None:
    """How far each plan is in its newest period."""
    if not view.progress:
        return
    for cell, plan in zip(st.columns(max(2, len(view.progress))), view.progress, strict=False):
        name, period = plain(plan_name(plan.plan, t)), period_text(plan.period, t)
        cell.progress(
            plan.share, text=t("queue.plan_progress", plan=name, period=period, done=plan.done, drawn=plan.drawn)
        )


def drawn_calls(room: Room, reviewer: str | None) -> Mapping[Queue, DrawnPage]:
    """Both queues, each at the page that was turned to."""
    return drawn_pages(room.workspace, reviewer, {queue: page_of(_key(queue, reviewer)) for queue in Queue})


def random_sample(room: Room, view: DrawnPage, reviewer: str | None) -> None:
    t = room.t
    st.subheader(t("queue.random_title", n=t.number(view.total)), anchor=False)
    if view.first_id is None:
        nothing(t("queue.nothing_random"))
        return
    if st.button(t("queue.next"), type="primary", icon=":material/play_arrow:", shortcut="Enter"):
        open_call(t, view.first_id)
    chosen = _picked(room, view, Queue.RANDOM, reviewer, t("queue.random_alt"))
    if chosen is None:
        st.caption(t("queue.pick"))
        return
    if st.button(t("button.open_call"), key="open_random"):
        open_call(t, chosen.call.call_id)
    replace_form(room, chosen)


def targeted_calls(room: Room, view: DrawnPage, reviewer: str | None) -> None:
    t = room.t
    st.subheader(t("queue.targeted_title", n=t.number(view.total)), anchor=False)
    st.caption(t("queue.targeted_says"))
    if not view.total:
        nothing(t("queue.nothing_targeted"))
        return
    chosen = _picked(room, view, Queue.TARGETED, reviewer, t("queue.targeted_alt"))
    if chosen is not None:
        open_call(t, chosen.call.call_id)


def _picked(room: Room, view: DrawnPage, queue: Queue, reviewer: str | None, alt: str) -> Drawn | None:
    """The call whose row was clicked, on the page shown. Another page is another table: a click belongs to one."""
    page = pager(view.total, PAGE, room.t, _key(queue, reviewer))
    table = f"queue_{queue.value}" if page == 1 else f"queue_{queue.value}_{reviewer}_{page}"
    row = picked([queue_row(item, view.people, room.t) for item in view.calls], {}, table, alt)
    return None if row is None or row >= len(view.calls) else view.calls[row]


def _key(queue: Queue, reviewer: str | None) -> str:
    return f"queue_page_{queue.value}_{reviewer}"
