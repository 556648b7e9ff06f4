"""«Расписание»: what the program does by itself, when next, how it went; run now, pause."""

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.schedule_parts import live_schedule, runs
from qc_workbench.ui.state import enter

room = enter()
heading(room.t("room.schedule"), room.t("schedule.says"))
live_schedule()
runs(room)
