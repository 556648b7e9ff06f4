"""The rooms and how to get from one to another."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from qc_workbench.ui.i18n import Translator

_PAGES = Path(__file__).parent / "pages"

FIRST_ROOM = "overview"

#: Room -> icon. The first is where one comes in; the address of a room is its name.
ROOMS = {
    "overview": ":material/space_dashboard:",
    "queue": ":material/headphones:",
    "call": ":material/call:",
    "suspicious": ":material/flag:",
    "promises": ":material/event_upcoming:",
    "refusals": ":material/block:",
    "month": ":material/calendar_month:",
    "quality": ":material/grading:",
    "work": ":material/pending_actions:",
}
#: Rooms for whoever keeps the program running, apart from those where the department works.
SERVICE_ROOMS = frozenset({"quality", "work"})


def room_page(name: str, t: Translator) -> Page:
    return st.Page(
        _PAGES / f"{name}.py",
        title=t(f"room.{name}"),
        icon=ROOMS[name],
        url_path=None if name == FIRST_ROOM else name,
        default=name == FIRST_ROOM,
    )


def sections(t: Translator) -> dict[str, list[Page]]:
    """The rooms as the sidebar shows them: the department's first, without a heading."""
    return {
        "": [room_page(name, t) for name in ROOMS if name not in SERVICE_ROOMS],
        t("nav.service"): [room_page(name, t) for name in ROOMS if name in SERVICE_ROOMS],
    }


def link(name: str, t: Translator, label: str, **query: str) -> None:
    """A link to a room, within the app."""
    st.page_link(room_page(name, t), label=label, icon=None, query_params=query or None)


def go(name: str, t: Translator, **query: str) -> None:
    st.switch_page(room_page(name, t), query_params=query or None)
