"""From comments for coaching to a task."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import streamlit as st

from qc_workbench.domain.coaching import Comment
from qc_workbench.errors import QcwError, UsageError
from qc_workbench.review.coaching import LONGEST_TEXT
from qc_workbench.ui.components.blocks import call_link, nothing
from qc_workbench.ui.components.coaching_clips import keep_from_comment
from qc_workbench.ui.components.flash import done, refused
from qc_workbench.ui.components.pager import choose_agent
from qc_workbench.ui.components.passage import passage_button
from qc_workbench.ui.components.score_lines import HEARD_S
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room, enter
from qc_workbench.ui.views.coaching import (
    CoachingRoom,
    CommentCase,
    comments_waiting,
    give_task,
    may_keep,
    questions_asked,
)

#: Days that a task is due in, where nothing else is chosen.
_DUE_DAYS: Final = 7


def comments_to_tasks(room: Room, view: CoachingRoom) -> None:
    """One agent's comments are ticked on the left, the task is written on the right."""
    t = room.t
    waiting = comments_waiting(room.workspace, room.viewer)
    if not waiting:
        nothing(t("coaching.no_comments"))
        return
    agents = {item.comment.agent: view.people.agent(item.comment.agent) for item in waiting}
    by_agent = dict(sorted(agents.items(), key=lambda item: item[1]))
    chosen = choose_agent(by_agent, t, "coaching_agent")
    shown = [item for item in waiting if chosen in (None, item.comment.agent)]
    listed, writing = st.columns([6, 4], gap="medium")
    with listed:
        for item in shown:
            _comment(room, view, item)
    ticked = [item.comment for item in shown if st.session_state.get(f"use_{item.comment.comment_id}")]
    with writing:
        _task(room, view, ticked)


def _comment(room: Room, view: CoachingRoom, item: CommentCase) -> None:
    t, comment = room.t, item.comment
    with st.container(border=True):
        line = t("coaching.comment", agent=view.people.agent(comment.agent), moment=t.moment(item.call.started_at))
        st.checkbox(f"**{plain(line)}**", key=f"use_{comment.comment_id}")
        st.text(comment.text)
        with st.container(horizontal=True, vertical_alignment="center"):
            if comment.passage is not None:
                from_s = comment.passage.from_s
                to_s = comment.passage.to_s if comment.passage.to_s is not None else from_s + HEARD_S
                passage_button(room, item.recording, from_s, to_s, key=f"c_{comment.comment_id}", brief=True)
            call_link(t, t("coaching.to_call"), comment.call_id, comment.passage.from_s if comment.passage else None)
        if comment.passage is not None and may_keep(room.viewer):
            keep_from_comment(room, item)


def _task(room: Room, view: CoachingRoom, ticked: Sequence[Comment]) -> None:
    t = room.t
    asked = questions_asked(room.workspace)
    with st.container(border=True):
        st.header(t("coaching.new_task"), anchor=False)
        st.caption(t("coaching.ticked", n=len(ticked)) if ticked else t("coaching.tick_first"))
        st.text_area(
            t("coaching.text"), placeholder=t("coaching.text_like"), max_chars=LONGEST_TEXT, height=120, key="task_text"
        )
        st.date_input(
            t("coaching.due"),
            value=view.today + timedelta(days=_DUE_DAYS),
            min_value=view.today,
            format="DD.MM.YYYY",
            key="task_due",
        )
        st.selectbox(
            t("coaching.question"),
            list(asked),
            index=None,
            format_func=lambda code: _question_text(asked, code, t.language),
            placeholder=t("coaching.whole_score"),
            help=t("coaching.question_help"),
            key="task_question",
        )
        st.button(
            t("coaching.give"), type="primary", disabled=not ticked, key="task_give", on_click=_give, args=(ticked,)
        )


def _question_text(asked: object, code: str, language: str) -> str:
    form = asked[code]  # type: ignore[index]
    question = form.question(code)
    return str(question.text.of(language)) if question else code


def _give(ticked: Sequence[Comment]) -> None:
    room = enter()
    text, due = str(st.session_state.get("task_text") or ""), st.session_state.get("task_due")
    try:
        if not isinstance(due, date):
            raise UsageError("task_needs_due")
        give_task(room.workspace, room.viewer, ticked, text, due, st.session_state.get("task_question"), room.now)
    except QcwError as error:
        refused(error, room, text)
        return
    for comment in ticked:
        st.session_state.pop(f"use_{comment.comment_id}", None)
    st.session_state["task_text"] = ""
    done(room.t("coaching_done.given"))
