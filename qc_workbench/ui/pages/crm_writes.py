"""«Запись в CRM»: what the program wants to write there and why; a named person approves or declines it."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.crm_write_parts import choose_shelf, modes_line, over_all, write_card
from qc_workbench.ui.components.pager import pager
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.crm_writes import PAGE, crm_write_room, write_page

room = enter()
t = room.t
heading(t("room.crm_writes"), t("crm_write.says"))
view = crm_write_room(room.workspace, room.viewer)
if not view.crm:
    nothing(t("crm_write.off"))
    st.stop()
modes_line(view, t)
shelf, kind = choose_shelf(view, t)
over_all(room, shelf, kind)
total = view.count(shelf, kind)
if not total:
    nothing(t(f"crm_write.none.{shelf.value}"))
    st.stop()
page = pager(total, PAGE, t, f"crm_writes_page_{shelf.value}_{kind}")
shown = write_page(room.workspace, room.viewer, shelf, kind, page)
for place, item in enumerate(shown.shown):
    write_card(room, shown, item, is_first=place == 0)
