"""The questions of a scored call: the four answers side by side, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import streamlit as st

from qc_workbench.domain.coaching import Comment
from qc_workbench.domain.dispute import DisputeMove, Line, LineState
from qc_workbench.domain.evaluation import Reply
from qc_workbench.domain.forms import Question
from qc_workbench.ui.components.passage import passage_button
from qc_workbench.ui.components.reply_parts import answer_text, cause_text
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.scored_calls import ScoredCase

#: Seconds played from a comment on a single second.
HEARD_S: Final = 12.0

_Colour = Literal["blue", "gray", "green", "orange", "violet"]
_COLOURS: Final[Mapping[LineState, _Colour]] = {
    LineState.OPEN: "blue",
    LineState.LAPSED: "gray",
    LineState.ACKNOWLEDGED: "green",
    LineState.DISPUTED: "orange",
    LineState.RULED: "violet",
    LineState.SETTLED: "gray",
    LineState.APPEALED: "orange",
    LineState.FINAL: "gray",
}


def score_badge(case: ScoredCase, t: Translator) -> None:
    """The score as it was given and, where rulings changed it, as it stands, with the band."""
    given, now = case.evaluation.score, case.result()
    band = next((item.text.of(t.language) for item in case.form.bands if item.code == now.band), None)
    standing = score_text(now.score, t)
    if given != now.score:
        standing = t("score_case.changed", given=score_text(given, t), now=standing)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"## {standing}", width="content")
        if band:
            st.badge(plain(band), color="red" if now.has_failed else "blue")
        if now.has_failed:
            st.badge(t("score_case.failed"), color="red")


def score_text(value: object, t: Translator) -> str:
    """With a tenth where there is one: 91, 74,9, and 56 for 55,96."""
    if value is None:
        return "—"
    shown = round(float(str(value)), 1)
    return t.number(shown, 1 if shown % 1 else 0)


def state_badge(line: Line, t: Translator, *, is_mine: bool = False) -> None:
    waits_for_me = is_mine and line.state is LineState.OPEN
    st.badge(t("my.answer_yours" if waits_for_me else f"line_state.{line.state.value}"), color=_COLOURS[line.state])


def side_by_side(question: Question, line: Line, t: Translator, *, is_mine: bool = False) -> None:
    """Original, the agent's, first ruling, final; the last two where there was a ruling."""
    shown: list[tuple[str, Reply | None]] = [
        ("original", line.original),
        ("mine" if is_mine else "disputed", line.disputed),
    ]
    if line.first is not None:
        shown.append(("first", line.first))
        shown.append(("final", line.final if line.state in _OVER else None))
    answers = st.grid(4, min_column_width=120)
    for name, reply in shown:
        with answers.container():
            st.caption(t(f"dispute_side.{name}"))
            st.text(answer_text(question, reply, t))
            if reply is not None and reply.cause:
                st.caption(plain(cause_text(question, reply.cause, t) or ""))


_OVER: Final = frozenset({LineState.SETTLED, LineState.FINAL})


def history(case: ScoredCase, line: Line, t: Translator) -> None:
    """Every move about the question: who (their role), when, what, why."""
    for move in line.moves:
        st.caption(plain(_move_text(case, move, t)))
        if move.reason:
            st.text(move.reason)


def _move_text(case: ScoredCase, move: DisputeMove, t: Translator) -> str:
    question = case.question(move.question)
    what = t(f"dispute_move.{move.move.value}")
    if move.reply is not None:
        what = f"{what}: {answer_text(question, move.reply, t)}"
    return t("dispute_side.move", moment=t.moment(move.at), who=role_text(case, move.by, t), what=what)


def role_text(case: ScoredCase, person_id: str, t: Translator) -> str:
    """A person by their role: who it was matters less than what they are for."""
    role = case.roles.get(person_id)
    return t(f"access_role.{role.value}") if role else t("score_case.somebody")


def proof(room: Room, case: ScoredCase, line: Line, *, with_cause: bool = True) -> None:
    """Why the answer is what it is: cause (where it does not stand beside), the reviewer's words, comments."""
    t, question = room.t, case.question(line.question)
    cause = cause_text(question, line.original.cause, t)
    if cause and with_cause:
        st.caption(t("score_case.cause", cause=plain(cause)))
    if line.original.comment:
        st.text(line.original.comment)
    comments(room, case, case.comments_on(line.question), f"{case.evaluation_id}_{line.question}")


def comments(room: Room, case: ScoredCase, found: Iterable[Comment], key: str) -> None:
    """Comments with the button that plays their seconds."""
    for number, comment in enumerate(found):
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            if comment.passage is not None:
                from_s = comment.passage.from_s
                to_s = comment.passage.to_s if comment.passage.to_s is not None else from_s + HEARD_S
                passage_button(room, case.recording, from_s, to_s, key=f"comment_{key}_{number}", brief=True)
            st.text(comment.text, width="stretch")


def second_text(comment: Comment) -> str:
    return clock(comment.passage.from_s) if comment.passage else ""
