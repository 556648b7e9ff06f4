"""What the agent says: asked for or not, one statement after another, none ever changed."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.access import Action
from qc_workbench.domain.agent_answer import AgentAnswer
from qc_workbench.domain.flag import Finding, Flag, Ruling
from qc_workbench.errors import QcwError
from qc_workbench.review.answers import LONGEST_ANSWER
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.suspicious import write_answer


def agents_answer(
    room: Room, flag: Flag, agent_id: str, ruling: Finding | None, answers: tuple[AgentAnswer, ...]
) -> None:
    """The question, the answers so far, and, for the agent whose call it is, the place to write one."""
    t = room.t
    with st.container(border=True):
        st.markdown(f"**{t('answer.title')}**")
        asked = ruling is not None and ruling.ruling is Ruling.ASKED
        if asked and ruling is not None:
            st.caption(plain(t("answer.asked", who=ruling.by, moment=t.moment(ruling.at))))
        for given in answers:
            st.text(given.text)
            st.caption(plain(t("answer.given", who=given.by, moment=t.moment(given.at))))
        is_mine = room.viewer.may(Action.ANSWER_FLAG, agent_id)
        if not answers:
            code = "answer.waiting" if asked else "answer.not_asked"
            st.caption(t(f"{code}.mine" if is_mine else code))
        if not is_mine:
            return
        # A form: what is being typed survives a key pressed elsewhere, and comes once. Ctrl+Enter is taken already: on
        # the page of a call it goes on to the next one.
        with st.form(f"answer_form_{flag.flag_id}", clear_on_submit=True, enter_to_submit=False, border=False):
            text = st.text_area(
                t("answer.write"),
                placeholder=t("answer.placeholder"),
                max_chars=LONGEST_ANSWER,
                height=80,
                key=f"answer_{flag.flag_id}",
            )
            with st.container(horizontal=True, vertical_alignment="center"):
                pressed = st.form_submit_button(
                    t("answer.save"),
                    key=f"answer_save_{flag.flag_id}",
                )
                st.caption(t("answer.kept"), width="stretch")
        if pressed:
            _save(room, flag, text)


def _save(room: Room, flag: Flag, text: str) -> None:
    try:
        write_answer(room.workspace, room.viewer, flag, text, room.now)
    except QcwError as error:
        st.error(error_text(error, room.t))
        return
    st.toast(room.t("answer.done"))
    st.rerun()
