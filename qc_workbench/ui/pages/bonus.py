"""«Бонус»: what waits for a ruling, what each agent's bonus of a month comes to, approval, the contest."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.bonus_parts import (
    choose_month,
    choose_part,
    contest_boards,
    disputes_to_settle,
    statements,
)
from qc_workbench.ui.components.flash import show_flash
from qc_workbench.ui.components.violation_ruling import violation_rulings
from qc_workbench.ui.navigation import link
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.bonus import bonus_room, disputed, stretch_of
from qc_workbench.ui.views.month import months
from qc_workbench.ui.views.violation_ruling import waiting_count

room = enter()
t = room.t
heading(t("room.bonus"), t("bonus.says"))
show_flash(room)
known = months(room.workspace)
if not known:
    nothing(t("bonus.none"))
    link("overview", t, t("empty.begin"))
    st.stop()

month = choose_month(room, known)
within = stretch_of(room.workspace, month)
view = bonus_room(room.workspace, room.viewer, month)
waiting = waiting_count(room.workspace, room.viewer, within, room.now)
open_disputes = disputed(view, room.viewer)
match choose_part(room, waiting, len(open_disputes)):
    case "rulings":
        violation_rulings(room, within, "bonus_rulings")
    case "disputes":
        disputes_to_settle(room, view, open_disputes)
    case "contest":
        contest_boards(room, view)
    case _:
        statements(room, view, waiting)
