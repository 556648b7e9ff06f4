"""«Прослушка»: calls drawn for listening, and the targeted ones apart from them."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.queue_parts import choose_reviewer, plans, random_sample, targeted_calls
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.queue import listening_queue, reviewers

room = enter()
t = room.t
heading(t("room.queue"), t("queue.says"))
reviewer = choose_reviewer(reviewers(room.workspace), t)
view = listening_queue(room.workspace, reviewer)
plans(view, t)
st.subheader(t("queue.random_title", n=t.number(view.random)), anchor=False)
random_sample(room, view, reviewer)
st.subheader(t("queue.targeted_title", n=t.number(view.targeted)), anchor=False)
st.caption(t("queue.targeted_says"))
targeted_calls(room, view, reviewer)
