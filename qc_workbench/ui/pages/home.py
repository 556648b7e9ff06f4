"""The address without a room: where this person comes in."""

from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.navigation import first_room, go
from qc_workbench.ui.state import enter

room = enter()
first = first_room(room.viewer)
if first is not None:
    go(first, room.t)
heading(room.t("app.title"))
nothing(room.t("door.no_rooms"))
