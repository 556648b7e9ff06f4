"""«Ваши данные»: what is kept of whom, for what, how long; the report about oneself; erasing a client."""

from qc_workbench.domain.access import Action
from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.data_parts import erasing, own, reports, retention, what_is_kept
from qc_workbench.ui.components.flash import show_flash
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.personal_data import data_room

room = enter()
heading(room.t("room.data"), room.t("data.says"))
show_flash(room)
view = data_room(room.workspace, room.t)
own(room)
what_is_kept(room, view)
if room.viewer.may(Action.ERASE_CLIENT):
    retention(room, view)
    reports(room)
    erasing(room)
