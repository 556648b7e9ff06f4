"""Replacing a drawn call that cannot be judged, from the queue and from the call's own page, and taking it back."""

from __future__ import annotations

from typing import Final

import streamlit as st

from qc_workbench.errors import QcwError
from qc_workbench.ui.components.blocks import open_call
from qc_workbench.ui.i18n import catalogue
from qc_workbench.ui.labels import error_text
from qc_workbench.ui.navigation import go
from qc_workbench.ui.state import Room, remember, remembered
from qc_workbench.ui.views.queue import begin_listening, next_call, replace_in_queue, undo_in_queue

#: What the pages remember of the last replacement: the call and its draws.
_REPLACED: Final = "queue_replaced"
#: A reason only the machine gives.
_BY_MACHINE: Final = "flag_retired"
_CODES: Final = tuple(code.removeprefix("replacement.") for code in catalogue() if code.startswith("replacement."))
#: What a person may say, in the order of the digits that say it.
REASONS: Final = tuple(code for code in _CODES if code != _BY_MACHINE)


def replaced(room: Room, call_id: str, reason: str) -> bool:
    """Whether another call took its place; where not, it is said why."""
    try:
        draws = replace_in_queue(room.workspace, room.viewer, call_id, reason, room.now)
    except QcwError as error:
        st.error(error_text(error, room.t))
        return False
    remember(_REPLACED, "\n".join((call_id, *draws)))
    return True


def replace_and_go_on(room: Room, call_id: str, reason: str) -> None:
    """Replace the call that is open and open the next one; the queue where none is left."""
    if reason not in REASONS or not replaced(room, call_id, reason):
        return
    st.toast(room.t("scoring.replaced"))
    following = next_call(room.workspace, room.viewer, room.now)
    if following is None:
        go("queue", room.t)
        return
    begin_listening(room.workspace, room.viewer, following, room.now)
    open_call(room.t, following)


def undo_button(room: Room) -> str | None:
    """Takes the last replacement back; the call that is there again, when it was pressed."""
    kept = remembered(_REPLACED)
    if not kept:
        return None
    if not st.button(room.t("listening.undo"), icon=":material/undo:", shortcut="0", key="queue_undo"):
        return None
    remember(_REPLACED, None)
    call_id, *draws = kept.split("\n")
    try:
        undo_in_queue(room.workspace, room.viewer, call_id, draws, room.now)
    except QcwError as error:
        st.error(error_text(error, room.t))
        return None
    st.toast(room.t("listening.undone"))
    return call_id
