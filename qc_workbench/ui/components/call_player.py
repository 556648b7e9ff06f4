"""The player of the call page."""

from __future__ import annotations

from qc_workbench.ui.components.player import player
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.call import CallView
from qc_workbench.ui.views.desk import desk
from qc_workbench.ui.views.playback import playback


def call_player(room: Room, view: CallView, asked_s: str | None) -> None:
    """``asked_s``: the second that the address asks for, as text; what is no number begins at the beginning."""
    call = view.call
    found = (view.recording, view.acoustics, view.transcript, view.flags, view.promises)
    address = room.address(view.recording)
    shown = playback(
        call.call_id,
        address,
        *found,
        room.t,
        connected_s=call.talk_s,
        heard_before=view.judged,
        reading=room.reading(call),
    )
    start_at_s = float(asked_s) if asked_s and asked_s.replace(".", "", 1).isdecimal() else 0.0
    before_me = desk(room.workspace, room.viewer, call, room.t)
    player(shown, room.t, start_at_s=start_at_s, key="player", desk=before_me)
