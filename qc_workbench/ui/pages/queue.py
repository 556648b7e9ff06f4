"""«Прослушка»: calls drawn for listening, and the targeted ones apart from them."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.queue_parts import choose_reviewer, plans, random_sample, targeted_calls
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.queue import listening_queue

room = enter()
heading(room.t("room.queue"), room.t("queue.says"))
view = choose_reviewer(listening_queue(room.workspace), room.t)
plans(view, room.t)
st.subheader(room.t("queue.random_title", n=len(view.random)), anchor=False)
random_sample(room, view)
st.subheader(room.t("queue.targeted_title", n=len(view.targeted)), anchor=False)
st.caption(room.t("queue.targeted_says"))
targeted_calls(view, room.t)
