"""On the page of a call without words: they are asked for, their place in the queue, and what to do when they fail."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from qc_workbench.errors import QcwError
from qc_workbench.ui.components.work_parts import REFRESH_S
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.navigation import link
from qc_workbench.ui.state import Room, enter
from qc_workbench.ui.views.words import Words, WordsOfCall, ask_for_words, try_again, words


def missing_words(room: Room, call_id: str) -> None:
    """Nothing for a call whose words are here or that has no sound. Opening the call asks for its words."""
    found = ask_for_words(room.workspace, call_id, room.now)
    if found.state is Words.FAILED:
        _another_try(room, call_id)
    elif found.state.is_awaited:
        _awaited(call_id, room.now)


@st.fragment(run_every=REFRESH_S)
def _awaited(call_id: str, since: datetime) -> None:
    """Looks again every few seconds; draws the whole page when there is something new to show."""
    room = enter()
    found = words(room.workspace, call_id, room.now, since)
    if not found.state.is_awaited:
        st.rerun()
    st.info(_said(found, room.t), icon=":material/hourglass_top:")
    if found.state in (Words.PAUSED, Words.NOBODY_WORKS):
        link("work", room.t, room.t("words.to_work"))


def _said(found: WordsOfCall, t: Translator) -> str:
    match found.state:
        case Words.WAITS:
            return t("words.waits", n=found.before)
        case Words.RUNNING:
            return t("words.running", since=t.time(found.since) if found.since else "—")
        case Words.PAUSED if found.pause:
            return t("words.paused", who=plain(found.pause.by), moment=t.moment(found.pause.at))
        case state:
            return t(f"words.{state.value}")


def _another_try(room: Room, call_id: str) -> None:
    """Why it failed stands above; here is the way on."""
    t = room.t
    pressed = st.button(
        t("work.retry_button"),
        icon=":material/replay:",
        key="words_again",
    )
    if not pressed:
        return
    try:
        try_again(room.workspace, room.viewer, call_id, room.now)
    except QcwError as error:
        st.error(error_text(error, t))
        return
    st.rerun()
