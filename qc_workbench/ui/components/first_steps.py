"""An empty workspace: the three ways to begin."""

from __future__ import annotations

import streamlit as st

from qc_workbench.ui.components.importing import bring_folder, bring_sample, sample_is_here
from qc_workbench.ui.navigation import link
from qc_workbench.ui.state import Room


def first_steps(room: Room) -> None:
    t = room.t
    st.markdown(t("empty.says"))
    sample, folder, connection = st.columns(3)
    with sample, st.container(border=True, height="stretch"):
        st.header(t("empty.sample"), anchor=False)
        st.markdown(t("empty.sample.says"))
        wants_sample = st.button(
            t("empty.sample.do"), type="primary", key="bring_sample", disabled=not sample_is_here()
        )
        if not sample_is_here():
            st.caption(t("empty.sample.absent"))
    with folder, st.container(border=True, height="stretch"):
        st.header(t("empty.folder"), anchor=False)
        st.markdown(t("empty.folder.says"))
        path = st.text_input(t("empty.folder.path"), key="bring_folder_path", placeholder="exports/2026-10")
        wants_folder = st.button(t("empty.folder.do"), key="bring_folder", disabled=not path.strip())
    with connection, st.container(border=True, height="stretch"):
        st.header(t("empty.connection"), anchor=False)
        st.markdown(t("empty.connection.says"))
        link("connections", t, t("empty.connection.do"))
        link("import_files", t, t("empty.files.do"))
    if wants_sample:
        bring_sample(room)
    elif wants_folder:
        bring_folder(room, path)
