"""«Месяц»: the monthly report to read here or to take as a file."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading, nothing
from qc_workbench.ui.components.report import show_document
from qc_workbench.ui.state import enter
from qc_workbench.ui.views.month import FORMS, month_file, month_report, months

room = enter()
t = room.t
heading(t("room.month"), t("month.says"))
known = months(room.workspace)
if not known:
    nothing(t("month.none"))
    st.stop()

with st.container(horizontal=True, vertical_alignment="bottom"):
    chosen = st.selectbox(
        t("month.which"), known, format_func=lambda month: t.day(month, "LLLL y"), key="month", width=260
    )
    document = month_report(room.workspace, chosen, room.now, t)
    for form in FORMS:
        st.download_button(
            t("month.download", form=form.upper()),
            data=month_file(room.workspace, room.viewer, chosen, document, form, t),
            file_name=f"{chosen:%Y-%m}.{form}",
            key=f"month_{form}",
            on_click="ignore",
            type="primary" if form == "pdf" else "secondary",
        )
show_document(document)
