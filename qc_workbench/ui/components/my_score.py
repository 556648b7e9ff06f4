"""One of the agent's own scores: what was found, and what the agent says to each question."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.dispute import DisputeMove, Line, LineState
from qc_workbench.errors import QcwError, UsageError
from qc_workbench.review.disputes import LONGEST_REASON, DisputeCase, acknowledge, appeal, dispute, withdraw
from qc_workbench.review.evaluating import checked
from qc_workbench.ui.components.blocks import call_link, nothing
from qc_workbench.ui.components.flash import done, refused
from qc_workbench.ui.components.pager import pager
from qc_workbench.ui.components.reply_parts import answer_input, answer_text, chosen_reply
from qc_workbench.ui.components.score_lines import (
    comments,
    history,
    proof,
    role_text,
    score_badge,
    score_text,
    side_by_side,
    state_badge,
)
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room, enter, remember, remembered
from qc_workbench.ui.views.my import PAGE, MyRoom, my_scores
from qc_workbench.ui.views.people import call_line
from qc_workbench.ui.views.scored_calls import Decide, ScoredCase, make_moves

_OPEN = "my_question"


def my_score_list(room: Room, agent: str, view: MyRoom) -> None:
    """The list of scores, the one chosen, and its questions."""
    t = room.t
    if not view.scores:
        nothing(t("my.no_scores"))
        return
    listed, found = st.columns([3, 7], gap="medium")
    with listed:
        page = pager(view.scores, PAGE, t, "my_scores_page")
        cases, people = my_scores(room.workspace, agent, page, room.now)
        by_id = {case.evaluation_id: case for case in cases}
        if not by_id:  # taken back since the page began
            st.markdown(t("my.no_scores"))
            return
        asked = st.query_params.get("score")
        if st.session_state.get("my_score") not in by_id:
            st.session_state["my_score"] = asked if asked in by_id else next(iter(by_id))
        chosen = st.radio(
            t("my.score"),
            list(by_id),
            format_func=lambda key: _score_line(by_id[key], t),
            captions=[plain(call_line(case.call, people, t, is_own=True)) for case in cases],
            key="my_score",
            label_visibility="collapsed",
        )
    with found:
        my_score(room, by_id[chosen])


def _score_line(case: ScoredCase, t: Translator) -> str:
    waits = case.in_state(LineState.OPEN)
    mark = " · " + t("my.answer_waits") if waits else ""
    return f"**{score_text(case.result().score, t)}** · {t.moment(case.scored.published_at, 'd MMM')}{mark}"


def my_score(room: Room, case: ScoredCase) -> None:
    t = room.t
    with st.container(border=True):
        score_badge(case, t)
        st.caption(
            plain(
                t(
                    "my.scored",
                    form=case.form.title.of(t.language),
                    who=role_text(case, case.scored.reviewer, t),
                    moment=t.moment(case.scored.published_at),
                )
            )
        )
        call_link(t, t("my.whole_call"), case.call.call_id)
        open_lines = case.in_state(LineState.OPEN)
        if open_lines and open_lines[0].until is not None:
            st.info(t("my.answer_until", moment=t.moment(open_lines[0].until), n=len(open_lines)))
            st.button(
                t("my.agree_all", n=len(open_lines)),
                type="primary",
                shortcut="1",
                key=f"agree_all_{case.evaluation_id}",
                on_click=_agree,
                args=(case, None),
            )
    comments(room, case, case.comments_on(None), case.evaluation_id)
    bad = [line for line in case.lines if case.is_bad(line) or line.disputed is not None]
    fine = [line for line in case.lines if line not in bad]
    if bad:
        st.header(t("my.look_at"), anchor=False)
    for line in bad:
        _line(room, case, line)
    if fine:
        with st.expander(t("my.fine", n=len(fine)), expanded=not bad):
            for line in fine:
                _line(room, case, line)


def _line(room: Room, case: ScoredCase, line: Line) -> None:
    t, question, key = room.t, case.question(line.question), f"{case.evaluation_id}_{line.question}"
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(question.text.of(t.language))}**", width="stretch")
            state_badge(line, t, is_mine=True)
        is_plain = line.disputed is None and line.first is None
        if is_plain:
            st.text(answer_text(question, line.original, t))
        else:
            side_by_side(question, line, t, is_mine=True)
        proof(room, case, line, with_cause=is_plain)
        if line.moves:
            with st.expander(t("dispute_side.history")):
                history(case, line, t)
        match line.state:
            case LineState.OPEN:
                _answer(room, case, line, key)
            case LineState.DISPUTED:
                st.button(
                    t("my.withdraw"), key=f"withdraw_{key}", on_click=_act, args=(case, _withdrawing(line), "withdrawn")
                )
            case LineState.RULED:
                _appeal(room, case, line, key)
            case _:
                pass


def _answer(room: Room, case: ScoredCase, line: Line, key: str) -> None:
    """Agree or dispute; the form opens at the question that is being disputed only."""
    t = room.t
    if remembered(_OPEN) != key:
        with st.container(horizontal=True):
            st.button(t("my.agree"), key=f"agree_{key}", on_click=_agree, args=(case, line.question))
            st.button(t("my.dispute"), key=f"dispute_{key}", on_click=remember, args=(_OPEN, key))
        return
    question = case.question(line.question)
    if question.help:
        st.caption(plain(question.help.of(t.language)))
    answer_input(question, t, f"counter_{key}")
    st.text_area(t("my.reason"), placeholder=t("my.reason_like"), max_chars=LONGEST_REASON, key=f"reason_{key}")
    with st.container(horizontal=True):
        st.button(t("my.send_dispute"), type="primary", key=f"send_{key}", on_click=_dispute, args=(case, line, key))
        st.button(t("my.not_now"), type="tertiary", key=f"close_{key}", on_click=remember, args=(_OPEN, None))


def _appeal(room: Room, case: ScoredCase, line: Line, key: str) -> None:
    t = room.t
    assert line.until is not None
    if remembered(_OPEN) != key:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(t("my.appeal"), key=f"appeal_{key}", on_click=remember, args=(_OPEN, key))
            st.caption(t("my.appeal_until", moment=t.moment(line.until)))
        return
    st.text_area(t("my.appeal_reason"), max_chars=LONGEST_REASON, key=f"reason_{key}")
    with st.container(horizontal=True):
        st.button(t("my.send_appeal"), type="primary", key=f"send_{key}", on_click=_send_appeal, args=(case, line, key))
        st.button(t("my.not_now"), type="tertiary", key=f"close_{key}", on_click=remember, args=(_OPEN, None))


# What a key does: called before the page is drawn anew, with the score as it was seen ------------------------------


def _agree(case: ScoredCase, question: str | None) -> None:
    who = enter().viewer.account.person
    _act(case, lambda seen: acknowledge(seen, who, None if question is None else [question]), "agreed")


def _withdrawing(line: Line) -> Decide:
    return lambda seen: (withdraw(seen, enter().viewer.account.person, line.question),)


def _dispute(case: ScoredCase, line: Line, key: str) -> None:
    who = enter().viewer.account.person
    reply = chosen_reply(case.question(line.question), f"counter_{key}")
    reason = str(st.session_state.get(f"reason_{key}") or "")

    def decide(seen: DisputeCase) -> tuple[DisputeMove, ...]:
        if reply is None:
            raise UsageError("dispute_needs_answer")
        return (dispute(seen, who, checked(case.form, reply), reason),)

    _act(case, decide, "disputed", reason)


def _send_appeal(case: ScoredCase, line: Line, key: str) -> None:
    reason = str(st.session_state.get(f"reason_{key}") or "")
    _act(case, lambda seen: (appeal(seen, enter().viewer.account.person, line.question, reason),), "appealed", reason)


def _act(case: ScoredCase, decide: Decide, said: str, typed: str = "") -> None:
    room = enter()
    try:
        make_moves(room.workspace, room.viewer, case, decide, room.now)
    except QcwError as error:
        refused(error, room, typed, moved="dispute_moved_meanwhile")
        return
    remember(_OPEN, None)
    done(room.t(f"my_done.{said}"))
