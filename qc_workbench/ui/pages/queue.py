"""«Прослушка»: a reviewer's calls by days, how far the plans are, and the targeted queue apart."""

from qc_workbench.domain.sampling import Queue
from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.queue_parts import (
    choose_reviewer,
    department,
    drawn_calls,
    plans,
    random_sample,
    reviewer_day,
    targeted_calls,
)
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.queue import listening

room = enter()
heading(room.t("room.queue"), room.t("queue.says"))
view = listening(room.workspace, room.now)
reviewer = choose_reviewer(room, view)
plans(room)
drawn = drawn_calls(room, reviewer)
if reviewer is None:
    department(room)
    random_sample(room, drawn[Queue.RANDOM], view)
else:
    reviewer_day(room, reviewer, view)
targeted_calls(room, drawn[Queue.TARGETED], view, reviewer)
