"""A passage of a recording to play; where the recording is gone, why, in words and without a dead button."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.call import Recording, RecordingState
from qc_workbench.ui.components.blocks import recording_state
from qc_workbench.ui.components.player import quote_button
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.state import Room


def passage_button(
    room: Room, recording: Recording | None, start_s: float, end_s: float, *, key: str, brief: bool = False
) -> None:
    """Plays these seconds; ``brief``: it shows only where they begin."""
    address = room.address(recording)
    if address is None:
        when = clock(start_s) if brief else f"{clock(start_s)}–{clock(end_s)}"
        silent(f"{when} · {silence_text(recording, room.t)}")
        return
    quote_button(address, start_s, end_s, room.t, key=key, brief=brief)


def silent(text: str) -> None:
    """In the place of a play button."""
    st.caption(f":material/volume_off: {text}", width="content")


def silence_text(recording: Recording | None, t: Translator) -> str:
    """«запись удалена по сроку хранения 5 мар. 2026»"""
    if recording is None or recording.state is RecordingState.ABSENT:
        return t("passage.no_recording")
    return t("passage.recording", state=recording_state(recording, t))
