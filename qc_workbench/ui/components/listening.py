"""Marking a drawn call as listened to, and going on to the next."""

from __future__ import annotations

from streamlit.delta_generator import DeltaGenerator

from qc_workbench.domain.access import Action
from qc_workbench.ui.components.blocks import open_call
from qc_workbench.ui.navigation import go
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.call import CallView
from qc_workbench.ui.views.queue import mark_listened, next_call


def listened_button(room: Room, view: CallView, place: DeltaGenerator) -> None:
    """Drawn at ``place`` where the call waits to be listened to, for whoever may score it."""
    t, call_id = room.t, view.call.call_id
    if not view.waits_for_listening or not room.viewer.may(Action.SCORE_CALL, view.call.manager_id):
        return
    pressed = place.button(
        t("queue.listened"),
        type="primary",
        shortcut="Ctrl+Enter",
        key="listened",
    )
    if not pressed:
        return
    mark_listened(room.workspace, call_id, room.who, room.now)
    following = next_call(room.workspace, room.viewer, room.now)
    if following is None:
        go("queue", t)
    else:
        open_call(t, following)
