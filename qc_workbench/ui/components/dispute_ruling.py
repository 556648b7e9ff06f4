"""A disputed score: the sound, both answers, what each would do to the score, and a ruling with one key."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import streamlit as st

from qc_workbench.domain.dispute import DisputeMove, Line, LineState
from qc_workbench.domain.evaluation import Reply
from qc_workbench.errors import QcwError, UsageError
from qc_workbench.review.disputes import LONGEST_REASON, DisputeCase, rule, rule_again
from qc_workbench.review.evaluating import checked
from qc_workbench.ui.components.blocks import call_link, nothing
from qc_workbench.ui.components.flash import done, refused
from qc_workbench.ui.components.player import player
from qc_workbench.ui.components.reply_parts import answer_input, answer_text, chosen_reply
from qc_workbench.ui.components.score_lines import comments, history, proof, score_badge, score_text, side_by_side
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room, enter
from qc_workbench.ui.views.call import call_sound
from qc_workbench.ui.views.disputes import Disputes, WaitingCase
from qc_workbench.ui.views.playback import playback
from qc_workbench.ui.views.scored_calls import ScoredCase, make_moves, scored_case


class Choice(StrEnum):
    """``rule_choice.<code>``"""

    KEEP = "keep"
    ACCEPT = "accept"
    THIRD = "third"


#: One key each. Digits, because letters differ between the Russian and the English layout.
KEYS: Final = {Choice.KEEP: "1", Choice.ACCEPT: "2", Choice.THIRD: "3"}
_CHOSEN: Final = "dispute_chosen"


def waiting_disputes(room: Room, view: Disputes) -> None:
    """The list of what waits for this person, the longest first, and the dispute on the table."""
    t = room.t
    if view.others:
        st.caption(t("disputes.others", n=view.others))
    if not view.waiting:
        nothing(t("disputes.none"))
        return
    by_id = {item.case.scored.evaluation_id: item for item in view.waiting}
    asked = st.query_params.get("score")
    if st.session_state.get(_CHOSEN) not in by_id:
        st.session_state[_CHOSEN] = asked if asked in by_id else next(iter(by_id))
    chosen = st.selectbox(
        t("disputes.case"),
        list(by_id),
        format_func=lambda key: _case_line(by_id[key], view, room),
        key=_CHOSEN,
        label_visibility="collapsed",
    )
    _dispute(room, view, by_id[chosen])


def _case_line(item: WaitingCase, view: Disputes, room: Room) -> str:
    t, days = room.t, (room.now - item.since).days
    parts = [view.people.agent(item.case.scored.agent), t("disputes.questions", n=len(item.lines))]
    parts.append(t("disputes.waits", n=days) if days > 0 else t("disputes.waits_today"))
    if any(line.state is LineState.APPEALED for line in item.lines):
        parts.append(t("disputes.second_round"))
    return " · ".join(parts)


def _dispute(room: Room, view: Disputes, item: WaitingCase) -> None:
    """What was heard on the left, what is decided on the right."""
    case = scored_case(room.workspace, item.case.scored.evaluation_id, room.now)
    if case is None:
        return
    heard, decided = st.columns([1, 1], gap="medium")
    with heard:
        _about(room, view, case)
        _sound(room, case)
        comments(room, case, case.comments_on(None), f"all_{case.evaluation_id}")
    with decided:
        _ruling(room, case, _question(case, item, room.t))


def _about(room: Room, view: Disputes, case: ScoredCase) -> None:
    t = room.t
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(view.people.agent(case.scored.agent))}**", width="content")
        score_badge(case, t)
        call_link(t, t("my.whole_call"), case.call.call_id)
    reviewer = case.names.get(case.scored.reviewer, t("score_case.somebody"))
    title = case.form.title.of(t.language)
    st.caption(plain(t("disputes.about", moment=t.moment(case.call.started_at), form=title, who=reviewer)))


def _sound(room: Room, case: ScoredCase) -> None:
    sound = call_sound(room.workspace, case.call.call_id)
    shown = playback(
        case.call.call_id, room.address(sound.recording), sound.recording, sound.acoustics, sound.transcript, (), (),
        room.t, connected_s=case.call.talk_s, known=sound.known, reading=room.reading(case.call),
    )  # fmt: skip
    player(shown, room.t, key=f"dispute_{case.evaluation_id}", short=True)


def _question(case: ScoredCase, item: WaitingCase, t: Translator) -> Line:
    """One question at a time; of several, which."""
    by_code = {line.question: line for line in item.lines}
    if len(by_code) == 1:
        return item.lines[0]
    key = f"dispute_question_{case.evaluation_id}"
    if st.session_state.get(key) not in by_code:
        st.session_state[key] = next(iter(by_code))
    chosen = st.segmented_control(
        t("disputes.question"),
        list(by_code),
        required=True,
        format_func=lambda code: f"{list(by_code).index(code) + 1} · {case.question(code).text.of(t.language)}",
        key=key,
        label_visibility="collapsed",
        wrap=True,
    )
    return by_code[chosen or next(iter(by_code))]


def _ruling(room: Room, case: ScoredCase, line: Line) -> None:
    t, question, key = room.t, case.question(line.question), f"{case.evaluation_id}_{line.question}"
    with st.container(border=True):
        st.header(plain(question.text.of(t.language)), anchor=False)
        if question.help:
            st.caption(plain(question.help.of(t.language)))
        side_by_side(question, line, t)
        proof(room, case, line, with_cause=False)
        history(case, line, t)
        st.markdown(f"**{t('disputes.would_be')}**")
        reason_key, third_key = f"ruling_reason_{key}", f"ruling_third_{key}"
        third = chosen_reply(question, third_key)
        answers = {Choice.KEEP: line.original, Choice.ACCEPT: line.disputed, Choice.THIRD: third}
        st.text_area(t("disputes.reason"), max_chars=LONGEST_REASON, key=reason_key, height=80)
        offers = st.grid(len(Choice), min_column_width=130)
        for choice in Choice:
            with offers.container():
                _offer(case, line, choice, answers[choice], t)
        with st.expander(t("disputes.third"), expanded=third is not None):
            answer_input(question, t, third_key)


def _offer(case: ScoredCase, line: Line, choice: Choice, reply: Reply | None, t: Translator) -> None:
    """A button and what it would do to the score."""
    question, now = case.question(line.question), case.result().score
    st.button(
        t(f"rule_choice.{choice.value}"),
        shortcut=KEYS[choice],
        type="primary" if choice is Choice.KEEP else "secondary",
        width="stretch",
        key=f"rule_{choice.value}",
        on_click=_rule,
        args=(case, line, choice),
    )
    if reply is None:
        st.caption(t("disputes.third_none"))
        return
    after = case.result(reply)
    st.text(answer_text(question, reply, t))
    st.caption(t("disputes.effect", before=score_text(now, t), after=score_text(after.score, t)))
    if after.unanswered:
        st.caption(t("disputes.unanswered", n=len(after.unanswered)))


def _rule(case: ScoredCase, line: Line, choice: Choice) -> None:
    """Called before the page is drawn anew, with the dispute as it was seen."""
    room, key = enter(), f"{case.evaluation_id}_{line.question}"
    reason = str(st.session_state.get(f"ruling_reason_{key}") or "")
    third = chosen_reply(case.question(line.question), f"ruling_third_{key}")
    reply = {Choice.KEEP: line.original, Choice.ACCEPT: line.disputed, Choice.THIRD: third}[choice]
    who = room.viewer.account.person

    def decide(seen: DisputeCase) -> tuple[DisputeMove, ...]:
        if reply is None:
            raise UsageError("dispute_needs_answer")
        answer = checked(case.form, reply)
        again = line.state is LineState.APPEALED
        return (rule_again(seen, who, answer, reason) if again else rule(seen, who, answer, reason),)

    try:
        make_moves(room.workspace, room.viewer, case, decide, room.now)
    except QcwError as error:
        refused(error, room, reason, moved="dispute_ruled_meanwhile")
        return
    done(room.t(f"rule_done.{choice.value}"))
