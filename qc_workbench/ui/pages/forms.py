"""«Анкеты»: what calls are scored on. The list, or the one that the address names, to read or to write."""

import streamlit as st

from qc_workbench.ui.components.blocks import heading
from qc_workbench.ui.components.form_desk import form_room
from qc_workbench.ui.components.form_list import form_list
from qc_workbench.ui.state import enter

room = enter()
code = st.query_params.get("form")
if code:
    version = st.query_params.get("version", "")
    form_room(code, int(version) if version.isdecimal() and len(version) < 7 else None)
else:
    heading(room.t("room.forms"), room.t("form_editor.says"))
    form_list(room)
