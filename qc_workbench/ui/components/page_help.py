"""«About this page»: what a room is for, what to do in it, where its figures come from. One press away everywhere."""

from __future__ import annotations

from typing import Final

import streamlit as st

from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.navigation import room_title

#: Works in every room, also while the cursor is in none of its fields.
KEY: Final = "F1"
#: What is said of a room, in this order; keys only where a room has its own.
PARTS: Final = ("do", "numbers", "keys")


def page_help(room: str, t: Translator) -> None:
    """The button that opens it."""
    pressed = st.button(t("help.open"), icon=":material/help:", shortcut=KEY, type="tertiary", key="page_help")
    if pressed:
        st.dialog(room_title(room, t), width="medium")(_says)(room, t)


def _says(room: str, t: Translator) -> None:
    st.markdown(t(f"help.{room}.why"))
    for part in PARTS:
        code = f"help.{room}.{part}"
        if t.knows(code):
            st.markdown(f"**{t(f'help.{part}')}**")
            st.markdown(t(code))
