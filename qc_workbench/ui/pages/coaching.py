"""«Развитие»: tasks from comments, whether they helped, the library of good and bad examples."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.coaching_clips import clip_library
from qc_workbench.ui.components.coaching_comments import comments_to_tasks
from qc_workbench.ui.components.coaching_tasks import task_list
from qc_workbench.ui.components.flash import show_flash
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.coaching import coaching_room

room = enter()
t = room.t
heading(t("room.coaching"), t("coaching.says"))
show_flash(room)
view = coaching_room(room.workspace, room.viewer, room.now)
shelves = ["tasks", *(["comments"] if view.comments is not None else []), "clips"]
shelf = st.segmented_control(
    t("coaching.shelf"),
    shelves,
    default="tasks",
    required=True,
    format_func=lambda name: (
        f"{t('coaching_shelf.comments')} · {t.number(view.comments or 0)}"
        if name == "comments"
        else t(f"coaching_shelf.{name}")
    ),
    key="coaching_shelf",
    label_visibility="collapsed",
    wrap=True,
)
if shelf == "comments":
    comments_to_tasks(room, view)
elif shelf == "clips":
    clip_library(room)
else:
    task_list(room, view)
