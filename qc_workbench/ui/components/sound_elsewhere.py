"""Marks on a call whose sound is heard in other calls too."""

from __future__ import annotations

import streamlit as st

from qc_workbench.ui.components.blocks import call_link
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.greetings import sound_elsewhere


def sound_elsewhere_marks(room: Room, call_id: str) -> None:
    """The same recording in another call is a warning; a known greeting is a line with its numbers."""
    t = room.t
    found = sound_elsewhere(room.workspace, room.viewer, call_id)
    if found.shared:
        first = found.shared[0]
        with st.container(border=True):
            st.markdown(
                f"**:orange[:material/warning:] {t('call.same_file' if first.is_same_file else 'call.same_sound')}**"
            )
            st.caption(t("call.same_recording_says"))
            for item in found.shared:
                call_link(t, t("call.same_recording_link", call=item.other_call_id), item.other_call_id)
    if found.count is not None and found.count.numbers:
        calls = t.number(found.count.calls)
        st.caption(f":material/voicemail: {t('call.greeting_numbers', n=found.count.numbers, calls=calls)}")
    elif found.count is not None:
        st.caption(f":material/voicemail: {t('call.greeting_one_number', n=found.count.calls)}")
