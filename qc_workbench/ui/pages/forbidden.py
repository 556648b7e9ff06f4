"""A room that is not for this person's role."""

from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.state import enter

room = enter()
heading(room.t("door.title.closed"))
nothing(room.t("door.forbidden"))
