"""«Прослушка»: calls drawn for listening, and the targeted ones apart from them."""

from qc_workbench.domain.sampling import Queue
from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.queue_parts import choose_reviewer, drawn_calls, plans, random_sample, targeted_calls
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.queue import listening

room = enter()
heading(room.t("room.queue"), room.t("queue.says"))
view = listening(room.workspace)
reviewer = choose_reviewer(view, room.t)
plans(view, room.t)
drawn = drawn_calls(room, reviewer)
random_sample(room, drawn[Queue.RANDOM], reviewer)
targeted_calls(room, drawn[Queue.TARGETED], reviewer)
