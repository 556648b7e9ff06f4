"""A reviewer's day: how much of it is done, the calls in their order, replacing one; all by keyboard."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import streamlit as st

from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Call
from qc_workbench.ui.components.blocks import nothing, open_call, picked
from qc_workbench.ui.components.replacing import REASONS, replaced, undo_button
from qc_workbench.ui.components.rows import drawn_text
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room, enter, remember, remembered
from qc_workbench.ui.views.listening_day import ListeningDay, Task
from qc_workbench.ui.views.queue import begin_listening, next_on_the_way, put_back

#: What the page remembers: the row the keys act on, the call whose replacement is asked about.
_CURSOR: Final = "queue_cursor"
_ASKED: Final = "queue_asked"


def day_line(room: Room, day: ListeningDay) -> None:
    """How much of today is done, and what a call takes."""
    t, done = room.t, day.heard.calls
    of = done + day.left
    notes = [t("listening.of_targeted", n=len(day.targeted_today))] if day.targeted_today else []
    if day.is_off:
        notes.append(t("listening.off"))
    elif day.capacity is not None:
        notes.append(t("listening.capacity", n=day.capacity))
    if day.late:
        notes.append(t("listening.late", n=day.late))
    if day.heard.mean_s is not None:
        notes.append(t("listening.mean", time=clock(day.heard.mean_s)))
    text = " · ".join([t("listening.today_of", done=t.number(done), of=t.number(of)), *notes])
    st.progress(done / of if of else 0.0, text=text)


def day_list(room: Room, day: ListeningDay, *, is_mine: bool, name: str) -> None:
    """The calls of today. Enter opens the one in hand, J and K go down and up, X replaces it, 0 undoes that."""
    t = room.t
    title = t("listening.mine", n=len(day.today)) if is_mine else ""
    st.header(title or t("listening.theirs", name=plain(name), n=len(day.today)), anchor=False)
    if is_mine:
        back = undo_button(room)
        if back is not None:
            remember(_CURSOR, back)
            st.rerun()
    if not day.today:
        _nothing_today(room, day, is_mine=is_mine)
        return
    place = _place(day)
    task = day.today[place]
    if is_mine:
        _keys(room, day, place)
        if remembered(_ASKED) == task.call_id:
            _reasons(room, task, day.calls[task.call_id], day)
    rows = [_row(item, day, t) for item in day.today]
    row = picked(rows, {}, f"queue_today_{day.reviewer}_{task.call_id}", t("listening.today_alt"), at=place)
    if row is not None and row != place and row < len(day.today):
        _move(day.today[row].call_id)
        st.rerun()


def coming_days(room: Room, day: ListeningDay) -> None:
    """What comes after today."""
    if not day.later:
        return
    t = room.t
    with st.expander(t("listening.later", n=t.number(day.later_total))):
        rows = [{t("listening.when"): t.day(item.day, "EEE, d MMM"), **_row(item, day, t)} for item in day.later]
        row = picked(rows, {}, f"queue_later_{day.reviewer}", t("listening.later_alt"))
    if row is not None and row < len(day.later):
        open_mine(room, day.later[row].call_id)


def open_mine(room: Room, call_id: str) -> None:
    """Open a call from the queue: from now on it is in progress."""
    begin_listening(room.workspace, room.viewer, call_id, room.now)
    open_call(room.t, call_id)


def _nothing_today(room: Room, day: ListeningDay, *, is_mine: bool) -> None:
    """Why the list is empty, what is next and when; Enter goes on."""
    t = room.t
    if day.targeted_today:
        nothing(t("listening.only_targeted"))
    elif day.next_day is not None:
        nothing(t("listening.all_done", day=t.day(day.next_day, "EEEE, d MMMM")))
    else:
        nothing(t("listening.nothing_at_all"))
        return
    label = t("listening.next_targeted" if day.targeted_today else "listening.go_on")
    if is_mine and st.button(label, icon=":material/play_arrow:", shortcut="Enter", key="queue_go_on"):
        following = next_on_the_way(room.workspace, room.viewer, room.now)
        if following is not None:
            open_mine(room, following)


def _place(day: ListeningDay) -> int:
    """The row in hand: the one moved to while it is there, else the first."""
    kept = remembered(_CURSOR)
    return next((place for place, task in enumerate(day.today) if task.call_id == kept), 0)


def _move(call_id: str) -> None:
    remember(_CURSOR, call_id)
    remember(_ASKED, None)


def _keys(room: Room, day: ListeningDay, place: int) -> None:
    t, task = room.t, day.today[place]
    above, below = day.today[max(0, place - 1)], day.today[min(len(day.today) - 1, place + 1)]
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            t("listening.open"), type="primary", icon=":material/play_arrow:", shortcut="Enter", key="queue_open"
        ):
            open_mine(room, task.call_id)
        st.button(
            t("listening.down"), icon=":material/keyboard_arrow_down:", shortcut="J", key="queue_down",
            disabled=below is task, on_click=_move, args=(below.call_id,),
        )  # fmt: skip
        st.button(
            t("listening.up"), icon=":material/keyboard_arrow_up:", shortcut="K", key="queue_up",
            disabled=above is task, on_click=_move, args=(above.call_id,),
        )  # fmt: skip
        if room.viewer.may(Action.REPLACE_CALL, task.agent):
            st.button(
                t("listening.replace"), icon=":material/swap_horiz:", shortcut="X", key="queue_replace",
                on_click=remember, args=(_ASKED, task.call_id),
            )  # fmt: skip
        if task.is_begun:
            st.button(
                t("listening.put_back"), icon=":material/undo:", shortcut="P", key="queue_put_back",
                help=t("listening.put_back_says"), on_click=_put_back, args=(task.call_id,),
            )  # fmt: skip


def _put_back(call_id: str) -> None:
    room = enter()
    put_back(room.workspace, room.viewer, call_id)


def _reasons(room: Room, task: Task, call: Call, day: ListeningDay) -> None:
    """Each reason is a button with a digit; Escape leaves the call as it is."""
    t = room.t
    with st.container(border=True):
        about = f"{t.moment(call.started_at)} · {day.people.agent(call.manager_id)}"
        st.markdown(t("listening.why_replaced", call=plain(about)))
        with st.container(horizontal=True):
            for number, code in enumerate(REASONS, 1):
                pressed = st.button(t(f"replacement.{code}"), shortcut=str(number), key=f"queue_replacement.{code}")
                if pressed and replaced(room, task.call_id, code):
                    remember(_ASKED, None)
                    st.toast(t("replace.done"))
                    st.rerun()
            st.button(
                t("listening.cancel"), type="tertiary", shortcut="Escape", key="queue_keep",
                on_click=remember, args=(_ASKED, None),
            )  # fmt: skip


def _row(task: Task, day: ListeningDay, t: Translator) -> dict[str, Any]:
    call = day.calls[task.call_id]
    return {
        t("column.when"): t.moment(call.started_at),
        t("column.agent"): day.people.agent(call.manager_id),
        t("column.direction"): t(f"direction.{call.direction.value}"),
        t("column.connected"): clock(call.talk_s),
        t("listening.due"): _due(task, day.day, t),
        t("column.why"): ", ".join(dict.fromkeys(drawn_text(drawn, t) for drawn in task.draws)),
    }


def _due(task: Task, today: date, t: Translator) -> str:
    if task.is_late:
        said = t("listening.was_due", day=t.day(task.due, "d MMM"))
    else:
        said = t("listening.by_today") if task.due == today else t("listening.by", day=t.day(task.due, "d MMM"))
    return f"{t('listening.begun')} · {said}" if task.is_begun else said
