"""What a pressed key came to, said on the page that is drawn next. What was typed and not taken is given back."""

from __future__ import annotations

import json

import streamlit as st

from qc_workbench.errors import QcwError, UsageError, WriteRefused
from qc_workbench.ui.labels import error_text
from qc_workbench.ui.state import Room, remember, remembered

_KEY = "flash"


def done(text: str) -> None:
    """Say that something was done."""
    remember(_KEY, json.dumps({"done": text}))


def refused(error: QcwError, room: Room, typed: str = "", *, moved: str = "flash_moved") -> None:
    """Say what went wrong; ``typed``: the text that was not taken; ``moved``: the error where somebody was first."""
    shown = UsageError(moved) if isinstance(error, WriteRefused) else error
    remember(_KEY, json.dumps({"error": error_text(shown, room.t), "typed": typed.strip()}))


def show_flash(room: Room) -> None:
    kept = remembered(_KEY)
    if not kept:
        return
    remember(_KEY, None)
    said = json.loads(kept)
    if "done" in said:
        st.toast(said["done"])
        return
    st.error(said["error"])
    if said["typed"]:
        st.caption(room.t("flash.typed"))
        st.code(said["typed"], language=None, wrap_lines=True)
