"""«Месяц»: the monthly report to read here, to sign, or to take as a file."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.flash import show_flash
from qc_workbench.ui.components.month_parts import choose, comparison, signature
from qc_workbench.ui.components.report import show_document
from qc_workbench.ui.navigation import link
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.month import months

room = enter()
t = room.t
heading(t("room.month"), t("month.says"))
known = months(room.workspace)
if not known:
    nothing(t("month.none"))
    link("overview", t, t("empty.begin"))
    st.stop()

show_flash(room)
page = choose(room, known)
signature(room, page)
comparison(room, page)
show_document(page.document, t, page.notes)
