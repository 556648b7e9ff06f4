"""«Отказы»: lost deals to decide on beside what the client said, call-backs, reasons true and false."""

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.refusal_shelves import refusal_room
from qc_workbench.ui.state import enter

room = enter()
heading(room.t("room.refusals"), room.t("refusals.says"))
refusal_room(room)
