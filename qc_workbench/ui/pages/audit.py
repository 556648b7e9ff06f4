"""«Журнал»: who logged in, listened, ruled, exported and changed what."""

from qc_workbench.ui.components.audit_parts import asked, log
from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.state import enter

room = enter()
heading(room.t("room.audit"), room.t("audit_room.says"))
log(room, asked(room))
