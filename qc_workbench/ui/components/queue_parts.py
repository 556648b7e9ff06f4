"""Parts of the listening queue: whose, how far the plans are, everybody's load, both queues as lists."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from qc_workbench.domain.access import Action, Scope
from qc_workbench.domain.sampling import Queue
from qc_workbench.review.pace import PaceState
from qc_workbench.ui.components.blocks import nothing, picked
from qc_workbench.ui.components.day_parts import coming_days, day_line, day_list, open_mine
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.components.rows import period_text, plan_name, queue_row
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.listening_day import listening_day
from qc_workbench.ui.views.listening_plans import (
    REPLACEMENT_DAYS,
    PlanPace,
    ReviewerLoad,
    plan_paces,
    reviewer_loads,
    share_out,
)
from qc_workbench.ui.views.queue import PAGE, Drawn, DrawnPage, Listening, drawn_pages


def may_see_others(room: Room) -> bool:
    """Heads and owners look at everybody's queue; a specialist, at their own."""
    return room.viewer.reach(Action.SEE_REPORT) is not Scope.NONE


def choose_reviewer(room: Room, view: Listening) -> str | None:
    """Whose queue: one's own, or for a head one reviewer's, or None for everybody's."""
    t = room.t
    if not may_see_others(room):
        return room.viewer.reviewer_id if room.viewer.reviewer_id in view.reviewers or view.has_team else None
    if not view.reviewers:
        return None
    return st.selectbox(
        t("queue.reviewer"),
        list(view.reviewers),
        index=None,
        format_func=view.reviewers.__getitem__,
        placeholder=t("queue.everybody"),
        key="queue_reviewer",
        width=360,
    )


def plans(room: Room) -> None:
    """How far each plan is in its newest period, and whether it will be done in time."""
    t, found = room.t, plan_paces(room.workspace, room.now)
    if not found:
        return
    for cell, plan in zip(st.columns(max(2, len(found))), found, strict=False):
        name, period = plain(plan_name(plan.draw.plan, t)), period_text(plan.draw.period, t)
        cell.progress(plan.share, text=t("listening.plan", plan=name, period=period, progress=_progress(plan, t)))


def _progress(plan: PlanPace, t: Translator) -> str:
    """«17 из 23, осталось 3 дня · успевает»."""
    counted = {"done": t.number(plan.done), "of": t.number(plan.drawn)}
    parts = []
    if plan.pace is None:
        parts.append(t("listening.count", **counted))
    elif plan.pace.state is PaceState.DONE:
        parts.append(t("pace.done", **counted))
    elif plan.pace.state is PaceState.LATE:
        parts.append(t("pace.late", **counted))
    else:
        parts.append(t("pace.left", **counted, n=plan.pace.days_left))
        short = plan.pace.state is PaceState.SHORT
        parts.append(t("pace.short", n=plan.pace.lacking) if short else t("pace.on_time"))
    if plan.older:
        parts.append(t("listening.older", n=plan.older))
    return " · ".join(parts)


def reviewer_day(room: Room, reviewer: str, view: Listening) -> None:
    """The day of one reviewer: one's own, with keys, or somebody's."""
    day = listening_day(room.workspace, reviewer, room.now)
    is_mine = reviewer == room.viewer.reviewer_id
    day_line(room, day)
    day_list(room, day, is_mine=is_mine, name=view.reviewers.get(reviewer, reviewer))
    coming_days(room, day)


def department(room: Room) -> None:
    """Everybody's load and replacements; sharing out anew."""
    if not may_see_others(room):
        return
    t, loads = room.t, reviewer_loads(room.workspace, room.now)
    if not loads:
        return
    st.header(t("listening.reviewers"), anchor=False)
    st.dataframe(
        [_load(load, t) for load in loads], hide_index=True, height="content", alt=t("listening.reviewers_alt")
    )
    for load in loads:
        count = load.replaced
        if count is not None and count.stands_out and count.others is not None:
            share, others = t.percent(count.replaced / count.handled), t.percent(count.others)
            said = t("replacements.stands_out", share=share, others=others)
            st.warning(f"**{plain(load.name)}.** {said}", icon=":material/swap_horiz:")
    if room.viewer.may(Action.PLAN_LISTENING) and st.button(
        t("listening.share_out"), help=t("listening.share_out_says"), key="queue_share_out"
    ):
        with st.spinner(t("step.assign")):
            report = share_out(room.workspace, room.viewer, room.now)
        st.toast(t("listening.shared_out", n=report.assigned))
        st.rerun()


def _load(load: ReviewerLoad, t: Translator) -> dict[str, str]:
    done = t.number(load.heard.calls)
    if load.capacity is None:
        today = done
    elif load.capacity == 0:
        today = t("listening.off_short", done=done)
    else:
        today = t("listening.count", done=done, of=t.number(load.capacity))
    count = load.replaced
    replaced = "—"
    if count is not None:
        share = t.percent(count.replaced / count.handled)
        replaced = t("listening.replaced_of", replaced=count.replaced, of=count.handled, share=share)
    return {
        t("listening.column.reviewer"): load.name,
        t("listening.column.today"): today,
        t("listening.column.waiting"): t.number(load.waiting),
        t("listening.column.late"): t.number(load.late),
        t("listening.column.mean"): "—" if load.heard.mean_s is None else clock(load.heard.mean_s),
        t("listening.column.replaced", n=REPLACEMENT_DAYS): replaced,
    }


def drawn_calls(room: Room, reviewer: str | None) -> Mapping[Queue, DrawnPage]:
    """The lists of the page, each at the page that was turned to; a reviewer has drawn calls by days instead."""
    pages = {queue: page_of(_key(queue, reviewer)) for queue in (Queue if reviewer is None else (Queue.TARGETED,))}
    return drawn_pages(room.workspace, reviewer, pages, room.viewer.agents(Action.SCORE_CALL), room.viewer)


def random_sample(room: Room, view: DrawnPage, listed: Listening) -> None:
    """Everybody's calls of the random sample; Enter opens the one that waits longest."""
    t = room.t
    st.header(t("queue.random_title", n=t.number(view.total)), anchor=False)
    if view.first_id is None:
        nothing(t("queue.nothing_random"))
        return
    if st.button(t("queue.next"), type="primary", icon=":material/play_arrow:", shortcut="Enter"):
        open_mine(room, view.first_id)
    chosen = _picked(room, view, listed, Queue.RANDOM, None, t("queue.random_alt"))
    if chosen is not None:
        open_mine(room, chosen.call.call_id)


def targeted_calls(room: Room, view: DrawnPage, listed: Listening, reviewer: str | None) -> None:
    t = room.t
    st.header(t("queue.targeted_title", n=t.number(view.total)), anchor=False)
    st.caption(t("queue.targeted_says"))
    if not view.total:
        nothing(t("queue.nothing_targeted"))
        return
    chosen = _picked(room, view, listed, Queue.TARGETED, reviewer, t("queue.targeted_alt"))
    if chosen is not None:
        open_mine(room, chosen.call.call_id)


def _picked(
    room: Room, view: DrawnPage, listed: Listening, queue: Queue, reviewer: str | None, alt: str
) -> Drawn | None:
    """The call whose row was clicked, on the page shown. Another page is another table: a click belongs to one."""
    page = pager(view.total, PAGE, room.t, _key(queue, reviewer))
    table = f"queue_{queue.value}" if page == 1 else f"queue_{queue.value}_{reviewer}_{page}"
    rows = [queue_row(item, view.people, listed.reviewers, room.t) for item in view.calls]
    row = picked(rows, {}, table, alt)
    return None if row is None or row >= len(view.calls) else view.calls[row]


def _key(queue: Queue, reviewer: str | None) -> str:
    return f"queue_page_{queue.value}_{reviewer}"
