"""«Мои звонки»: an agent's scores, suspicions that wait for an answer, promises due, tasks, letters."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.calendar_link import calendar_link
from qc_workbench.ui.components.coaching_tasks import my_tasks
from qc_workbench.ui.components.flash import show_flash
from qc_workbench.ui.components.investigation_letters import letters_to_me
from qc_workbench.ui.components.my_bonus import my_bonus
from qc_workbench.ui.components.my_estimate import my_estimate_shelf
from qc_workbench.ui.components.my_score import my_score_list
from qc_workbench.ui.components.my_things import choose_shelf, errands, promises, suspicions
from qc_workbench.ui.navigation import link
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.my import Shelf, my_room

room = enter()
t, agent = room.t, room.viewer.agent_id
heading(t("room.my"), t("my.says"))
show_flash(room)
if agent is None:
    nothing(t("my.no_employee"))
    st.stop()
view = my_room(room.workspace, room.viewer, agent, room.now)
match choose_shelf(room, view):
    case Shelf.SCORES:
        my_score_list(room, agent, view)
    case Shelf.SUSPICIONS:
        link("data", t, t("reply.what_is_kept"))
        suspicions(room, agent)
    case Shelf.PROMISES:
        promises(room, agent, view)
        calendar_link(room)
    case Shelf.TASKS:
        errands(room)
        my_tasks(room, agent)
    case Shelf.ESTIMATE:
        my_estimate_shelf(room, agent)
    case Shelf.LETTERS:
        letters_to_me(room)
    case Shelf.BONUS:
        my_bonus(room, agent)
