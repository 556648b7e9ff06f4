"""«Команда»: scores that say how sure they are, of everybody or of one agent."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.team_agent_parts import one_agent
from qc_workbench.ui.components.team_parts import choose, whole_team
from qc_workbench.ui.state import enter

room = enter()
heading(room.t("room.team"), room.t("team.says"))
choice = choose(room)
agent_id = st.query_params.get("agent")
if agent_id:
    one_agent(room, choice, agent_id)
else:
    whole_team(room, choice)
