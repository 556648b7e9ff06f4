"""The link of an agent's calendar: made, shown once, renewed, shut, and each of these taken back."""

from __future__ import annotations

import streamlit as st

from qc_workbench.errors import QcwError
from qc_workbench.review.calendar import token_hash
from qc_workbench.ui.calendar_route import address_of
from qc_workbench.ui.components.flash import done, refused
from qc_workbench.ui.state import Room, enter, remember, remembered
from qc_workbench.ui.views.calendar import MyCalendar, make_link, my_calendar, shut, undo

#: The secret of the link that was made on this page: shown until the page is closed or left, and kept nowhere else.
_MADE = "calendar_made"


def calendar_link(room: Room) -> None:
    t, view = room.t, my_calendar(room.workspace, room.viewer)
    with st.expander(t("calendar.title"), icon=":material/event:", expanded=remembered(_MADE) is not None):
        st.caption(t("calendar.says"))
        _state(room, view)
        with st.container(horizontal=True, gap="small"):
            if view.link is None:
                st.button(t("calendar.do.make"), key="calendar_make", type="primary", on_click=_make)
            else:
                st.button(t("calendar.do.renew"), key="calendar_renew", icon=":material/refresh:", on_click=_make)
                st.button(t("calendar.do.shut"), key="calendar_shut", icon=":material/link_off:", on_click=_shut)
            if view.former is not None:
                st.button(t("calendar.do.undo"), key="calendar_undo", icon=":material/undo:", on_click=_undo)


def _state(room: Room, view: MyCalendar) -> None:
    t, token = room.t, remembered(_MADE)
    if token and (view.link is None or view.link.token_hash != token_hash(token)):
        token = None  # meanwhile another one was made elsewhere
    if view.link is None:
        st.text(t("calendar.none"))
        return
    if token:
        st.info(t("calendar.once"))
        server = room.workspace.settings.serve.public_address or _server()
        st.code(f"{server}{address_of(token)}", language=None, wrap_lines=True)
        if not room.workspace.settings.serve.public_address:
            st.caption(t("calendar.from_outside"))
    else:
        st.text(t("calendar.stands", moment=t.moment(view.link.made_at)))
    st.caption(t("calendar.read_on", day=t.day(view.read_on)) if view.read_on else t("calendar.not_read"))


def _server() -> str:
    """Where this browser found the server."""
    parts = (st.context.url or "").split("/", 3)
    return "/".join(parts[:3]) if len(parts) > 2 else ""


def _make() -> None:
    room = enter()
    try:
        remember(_MADE, make_link(room.workspace, room.viewer, room.t.language, room.now))
    except QcwError as error:
        refused(error, room)


def _shut() -> None:
    room = enter()
    remember(_MADE, None)
    try:
        shut(room.workspace, room.viewer, room.t.language, room.now)
        done(room.t("calendar.is_shut"))
    except QcwError as error:
        refused(error, room)


def _undo() -> None:
    room = enter()
    remember(_MADE, None)
    try:
        undo(room.workspace, room.viewer, room.now)
        done(room.t("calendar.is_back"))
    except QcwError as error:
        refused(error, room)
