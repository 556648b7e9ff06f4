"""Putting another call of the stratum in the place of one that cannot be judged."""

from __future__ import annotations

import streamlit as st

from pipelines.draw_sample import replace_call
from qc_workbench.errors import QcwError
from qc_workbench.ui.i18n import catalogue
from qc_workbench.ui.labels import error_text
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.queue import Drawn

#: A reason only the machine gives.
_BY_MACHINE = "replacement.flag_retired"


def replace_form(room: Room, item: Drawn) -> None:
    """Asks for the reason; both stay in the passport of the draw."""
    t = room.t
    codes = [code for code in catalogue() if code.startswith("replacement.") and code != _BY_MACHINE]
    with st.expander(t("replace.title")):
        st.markdown(t("replace.says"))
        reason = st.selectbox(
            t("replace.reason"), codes, index=None, format_func=t, placeholder=t("replace.choose"), key="replace_reason"
        )
        if st.button(t("replace.do"), disabled=reason is None):
            assert reason is not None
            try:
                for drawn in item.plans:
                    code = reason.removeprefix("replacement.")
                    replace_call(room.workspace, drawn.draw_id, drawn.call_id, code, room.who, room.now)
            except QcwError as error:
                st.error(error_text(error, t))
            else:
                st.toast(t("replace.done"))
                st.rerun()
