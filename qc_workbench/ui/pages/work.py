"""«Работа»: what the program does with the calls, how fast, what failed; pause, go on, cancel, try again."""

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.work_parts import live_work
from qc_workbench.ui.state import enter

room = enter()
heading(room.t("room.work"), room.t("work.says"))
live_work()
