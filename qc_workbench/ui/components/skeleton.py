"""What stands where a room will be until its first figures are there: the outline of a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Final

import streamlit as st

from qc_workbench.ui.i18n import Translator

_SHOWN_ROOM: Final = "qcw_shown_room"
#: Four figures and six rows, below the heading, which needs no data; drawn by frame.css.
_OUTLINE: Final = (
    f'<div class="qcw-skeleton" role="status" aria-label="{{words}}"><div>{"<i></i>" * 4}</div>{"<u></u>" * 6}</div>'
)


@contextmanager
def room_place(room: str, t: Translator) -> Iterator[None]:
    """Where the room is drawn. Whoever comes from another room sees the outline below what is drawn already; within a
    room what is there stays until it is drawn anew. A room that stops (``st.stop``) can't take the outline away:
    frame.css shows it only while something runs."""
    place, rest = st.container(), st.empty()
    if st.session_state.get(_SHOWN_ROOM) != room:
        st.session_state[_SHOWN_ROOM] = room
        rest.html(_OUTLINE.format(words=escape(t("app.loading"), quote=True)))
    with place:
        yield
    rest.empty()
