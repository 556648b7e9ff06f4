"""Coaching tasks: what is to be done, by whom it is seen and done, whether it helped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import streamlit as st

from qc_workbench.domain.coaching import TaskState
from qc_workbench.errors import QcwError
from qc_workbench.ui.components.blocks import call_link, nothing
from qc_workbench.ui.components.coaching_follow_up import follow_up_shown
from qc_workbench.ui.components.flash import done, refused
from qc_workbench.ui.components.pager import pager
from qc_workbench.ui.components.passage import passage_button
from qc_workbench.ui.components.score_lines import HEARD_S
from qc_workbench.ui.i18n import clock
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room, enter
from qc_workbench.ui.views.coaching import (
    PAGE,
    CoachingRoom,
    TaskCase,
    TaskShelf,
    needed_for,
    own_tasks,
    tasks_of_shelf,
    write_step,
)

_COLOURS: Final[Mapping[TaskState, Literal["blue", "violet", "orange", "green", "gray"]]] = {
    TaskState.GIVEN: "blue",
    TaskState.SEEN: "violet",
    TaskState.DONE: "orange",
    TaskState.CLOSED: "green",
    TaskState.CANCELLED: "gray",
}


def my_tasks(room: Room, agent: str) -> None:
    """The agent's open tasks, which are seen by being shown here, and those that wait for a check."""
    t = room.t
    found = own_tasks(room.workspace, room.viewer, agent, TaskShelf.OPEN, 1, room.now)
    waiting = own_tasks(room.workspace, room.viewer, agent, TaskShelf.DONE, 1, room.now)
    if not found and not waiting:
        nothing(t("my.no_tasks"))
    for case in found:
        if case.state is TaskState.GIVEN:
            case = _seen(room, agent, case)
        _card(room, case, None)
    for case in waiting:
        _card(room, case, None)


def _seen(room: Room, agent: str, case: TaskCase) -> TaskCase:
    """The task after its agent has opened it; as it was where somebody changed it at this moment."""
    try:
        write_step(room.workspace, room.viewer, case, TaskState.SEEN, room.now)
    except QcwError:
        return case
    fresh = own_tasks(room.workspace, room.viewer, agent, TaskShelf.OPEN, 1, room.now)
    return next((item for item in fresh if item.task.task_id == case.task.task_id), case)


def task_list(room: Room, view: CoachingRoom) -> None:
    """Tasks by where they are."""
    t = room.t
    if "task_shelf" not in st.session_state:
        wanted = (TaskShelf.DONE, TaskShelf.OVERDUE, TaskShelf.OPEN)
        st.session_state["task_shelf"] = next((shelf for shelf in wanted if view.counts[shelf]), TaskShelf.OPEN)
    chosen = st.segmented_control(
        t("coaching.state"),
        list(TaskShelf),
        required=True,
        format_func=lambda shelf: f"{t(f'task_shelf.{shelf.value}')} · {t.number(view.counts[shelf])}",
        key="task_shelf",
        label_visibility="collapsed",
        wrap=True,
    )
    shelf = chosen or TaskShelf.OPEN
    total = view.counts[shelf]
    if not total:
        nothing(t(f"task_none.{shelf.value}"))
        return
    page = pager(total, PAGE, t, f"tasks_page_{shelf.value}")
    for case in tasks_of_shelf(room.workspace, room.viewer, shelf, page, room.now):
        _card(room, case, view)


def _card(room: Room, case: TaskCase, view: CoachingRoom | None) -> None:
    """``view`` None: on the agent's own page, where their name needs no saying."""
    t, task = room.t, case.task
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            if view is not None:
                st.markdown(f"**{plain(view.people.agent(task.agent))}**", width="content")
            st.badge(t(f"coaching_state.{case.state.value}"), color=_COLOURS[case.state])
            if case.is_overdue:
                st.badge(t("coaching.overdue"), color="red")
            st.caption(
                plain(t("coaching.given", who=case.given_by, moment=t.day(task.given_at), due=t.day(task.due))),
                width="content",
            )
        st.text(task.text)
        _comments(room, case)
        for step in case.steps:
            if step.note:
                st.caption(t("coaching.note", moment=t.moment(step.at)))
                st.text(step.note)
        _keys(room, case)
        if case.state in (TaskState.DONE, TaskState.CLOSED):
            key = f"helped_{task.task_id}"
            if st.toggle(t("coaching.helped"), key=key):
                follow_up_shown(room, case)


def _comments(room: Room, case: TaskCase) -> None:
    for comment in case.comments:
        with st.container(horizontal=True, vertical_alignment="center"):
            at_s = None
            if comment.passage is not None:
                at_s = comment.passage.from_s
                to_s = comment.passage.to_s if comment.passage.to_s is not None else at_s + HEARD_S
                recording = case.recordings.get(comment.call_id)
                key = f"task_{case.task.task_id}_{comment.comment_id}"
                passage_button(room, recording, at_s, to_s, key=key, brief=True)
            st.text(comment.text, width="stretch")
            label = room.t("coaching.to_call") if at_s is None else room.t("coaching.to_second", at=clock(at_s))
            call_link(room.t, label, comment.call_id, at_s)


def _keys(room: Room, case: TaskCase) -> None:
    """What this person may do with the task now."""
    t, task_id, is_mine = room.t, case.task.task_id, room.viewer.agent_id == case.task.agent
    if is_mine:
        if case.state in (TaskState.GIVEN, TaskState.SEEN):
            st.button(
                t("coaching.do_done"),
                type="primary",
                key=f"done_{task_id}",
                on_click=_step,
                args=(case, TaskState.DONE),
            )
        return
    offered = []
    if case.state is TaskState.DONE:
        offered = [TaskState.CLOSED, TaskState.GIVEN]
    if case.state in (TaskState.GIVEN, TaskState.SEEN, TaskState.DONE):
        offered.append(TaskState.CANCELLED)
    offered = [state for state in offered if room.viewer.may(needed_for(state), case.task.agent)]
    if not offered and not case.can_undo:
        return
    if TaskState.GIVEN in offered:
        st.text_input(t("coaching.note_label"), key=f"note_{task_id}", max_chars=1000)
    with st.container(horizontal=True):
        for state in offered:
            st.button(
                t(f"coaching_do.{state.value}"),
                type="primary" if state is TaskState.CLOSED else "secondary",
                key=f"{state.value}_{task_id}",
                on_click=_step,
                args=(case, state),
            )
        if case.can_undo:
            st.button(t("coaching.undo"), type="tertiary", key=f"undo_{task_id}", on_click=_step, args=(case, None))


def _step(case: TaskCase, to: TaskState | None) -> None:
    """Called before the page is drawn anew, with the task as it was seen."""
    room = enter()
    note = str(st.session_state.get(f"note_{case.task.task_id}") or "") if to is TaskState.GIVEN else ""
    try:
        write_step(room.workspace, room.viewer, case, to, room.now, note)
    except QcwError as error:
        refused(error, room, note, moved="task_moved_meanwhile")
        return
    done(room.t("coaching_done.undone") if to is None else room.t(f"coaching_done.{to.value}"))
