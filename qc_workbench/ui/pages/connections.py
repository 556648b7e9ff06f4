"""«Подключения»: where calls and deals come from, whether they do, and what to do where they don't."""

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.connection_details import details
from qc_workbench.ui.components.connection_form import adding
from qc_workbench.ui.components.connection_parts import live_connections
from qc_workbench.ui.components.flash import show_flash
from qc_workbench.ui.state import enter

room = enter()
heading(room.t("room.connections"), room.t("connections.says"))
show_flash(room)
adding(room)
live_connections()
details(room)
