"""The rooms, who may enter them, and how to get from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import streamlit as st
from streamlit.navigation.page import Page

from qc_workbench.domain.access import Action, Scope
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.viewer import Viewer

_PAGES = Path(__file__).parent / "pages"


@dataclass(frozen=True, slots=True)
class Entrance:
    """A room is open to whoever may do ``action`` at least as far as ``least``. ``group``: heading in the sidebar.

    ``also``: general actions each of which opens it as well.
    """

    icon: str
    action: Action
    least: Scope = Scope.OWN
    group: str = ""
    also: frozenset[Action] = frozenset()


_TEAM: Final = Scope.TEAM

#: Address of a room -> who may enter. Each person comes in at the first that is theirs.
ROOMS: Final[Mapping[str, Entrance]] = {
    "overview": Entrance(":material/space_dashboard:", Action.SEE_REPORT),
    "queue": Entrance(":material/headphones:", Action.SCORE_CALL, _TEAM),
    "my": Entrance(":material/person:", Action.ANSWER_SCORE),
    "call": Entrance(":material/call:", Action.SEE_CALL),
    "search": Entrance(":material/search:", Action.SEARCH),
    "suspicious": Entrance(":material/flag:", Action.SEE_FLAG, _TEAM),
    "promises": Entrance(":material/event_upcoming:", Action.SEE_CALL, _TEAM),
    "crm_writes": Entrance(":material/upload:", Action.WRITE_TO_CRM, _TEAM, also=frozenset({Action.RUN_WORK})),
    "refusals": Entrance(":material/block:", Action.SEE_FLAG, _TEAM),
    "disputes": Entrance(":material/balance:", Action.RULE_ON_DISPUTE, _TEAM),
    "coaching": Entrance(":material/school:", Action.SEE_COACHING),
    "discipline": Entrance(":material/rule:", Action.SEE_COMPARISON, _TEAM),
    "team": Entrance(":material/groups:", Action.SEE_COMPARISON, _TEAM),
    "calibration": Entrance(
        ":material/balance:", Action.TAKE_PART_IN_CALIBRATION, also=frozenset({Action.SEE_COMPARISON})
    ),
    "month": Entrance(":material/calendar_month:", Action.SEE_REPORT),
    "investigation": Entrance(":material/troubleshoot:", Action.INVESTIGATE),
    "bonus": Entrance(":material/payments:", Action.APPROVE_BONUS, _TEAM),
    "data": Entrance(":material/shield_person:", Action.SEARCH, also=frozenset({Action.EDIT_SETTINGS})),
    "people": Entrance(":material/badge:", Action.ADMIT_PEOPLE, group="service"),
    "audit": Entrance(":material/history:", Action.SEE_AUDIT, group="service"),
    "quality": Entrance(":material/grading:", Action.SEE_REPORT, group="service"),
    "import_files": Entrance(":material/upload_file:", Action.IMPORT_FILES, group="service"),
    "work": Entrance(":material/pending_actions:", Action.RUN_WORK, group="service"),
    "schedule": Entrance(":material/schedule:", Action.RUN_WORK, group="service"),
    "connections": Entrance(":material/cable:", Action.EDIT_SETTINGS, group="service"),
    "forms": Entrance(":material/fact_check:", Action.SEE_COMPARISON, also=frozenset({Action.EDIT_FORM})),
}


#: Where the session keeps the rooms of whoever the page is drawn for: a part of a page that is drawn by itself, without
#: the frame around it, must not link to those of others.
_OPEN_ROOMS: Final = "qcw_open_rooms"


def may_enter(viewer: Viewer, room: str) -> bool:
    entrance = ROOMS[room]
    return viewer.reach(entrance.action) >= entrance.least or any(viewer.may(action) for action in entrance.also)


def first_room(viewer: Viewer) -> str | None:
    """Where this person comes in; None for somebody without any role. A room that is theirs goes before one that they
    may look into besides: whoever keeps the program running comes in at the accounts, not at writes into a CRM."""
    open_to = [room for room in ROOMS if may_enter(viewer, room)]
    own = (room for room in open_to if viewer.reach(ROOMS[room].action) >= ROOMS[room].least)
    return next(own, open_to[0] if open_to else None)


def room_page(name: str, t: Translator, *, is_mine: bool = True, new: int = 0) -> Page:
    return st.Page(
        _PAGES / f"{name}.py",
        title=room_title(name, t, new),
        icon=ROOMS[name].icon,
        url_path=name,
        visibility="visible" if is_mine else "hidden",
    )


def room_title(name: str, t: Translator, new: int = 0) -> str:
    """``new``: how much is new in the room, which the sidebar says."""
    title = t(f"room.{name}")
    return t("nav.with_new", room=title, n=t.number(new)) if new else title


def sections(viewer: Viewer, t: Translator, new: Mapping[str, int] = MappingProxyType({})) -> dict[str, list[Page]]:
    """The rooms as the sidebar shows them: the department's first, without a heading. ``new``: see :func:`room_title`.

    Rooms of others are there unseen: their address says why they stay shut (:func:`qc_workbench.ui.main.main`).
    """
    st.session_state[_OPEN_ROOMS] = frozenset(name for name in ROOMS if may_enter(viewer, name))
    home = st.Page(_PAGES / "home.py", title=t("app.title"), default=True, visibility="hidden")
    groups: dict[str, list[Page]] = {"": [home]}
    for name, room in ROOMS.items():
        heading = t(f"nav.{room.group}") if room.group else ""
        groups.setdefault(heading, []).append(room_page(name, t, is_mine=may_enter(viewer, name), new=new.get(name, 0)))
    return groups


def unlisted(t: Translator) -> list[Page]:
    """The rooms for nobody: their addresses stay, and no list of them is left of whoever was here before."""
    st.session_state[_OPEN_ROOMS] = frozenset()
    home = st.Page(_PAGES / "home.py", title=t("app.title"), default=True, visibility="hidden")
    return [home, *(room_page(name, t, is_mine=False) for name in ROOMS)]


def link(name: str, t: Translator, label: str, **query: str) -> None:
    """A link to a room, within the app; nothing where the room is not for this person."""
    if not is_open(name):
        return
    st.page_link(room_page(name, t), label=label, icon=None, query_params=query or None)


def is_open(name: str) -> bool:
    """Whether the room is one of whoever the page is drawn for."""
    return name in st.session_state.get(_OPEN_ROOMS, ())


def go(name: str, t: Translator, **query: str) -> None:
    st.switch_page(room_page(name, t), query_params=query or None)
