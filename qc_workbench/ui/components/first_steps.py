"""An empty workspace: the three ways to begin."""

from __future__ import annotations

import streamlit as st

from qc_workbench.ui.state import Room


def first_steps(room: Room) -> None:
    t = room.t
    st.markdown(t("empty.says"))
    home = str(room.workspace.home)
    choices = (
        ("sample", "qcw demo"),
        ("folder", f'qcw --home "{home}" ingest csv FOLDER\nqcw --home "{home}" run'),
        ("connection", f"{room.workspace.settings_file}"),
    )
    for cell, (code, command) in zip(st.columns(len(choices)), choices, strict=True):
        with cell, st.container(border=True, height="stretch"):
            st.subheader(t(f"empty.{code}"), anchor=False)
            st.markdown(t(f"empty.{code}.says"))
            st.code(command, language=None, wrap_lines=True)
