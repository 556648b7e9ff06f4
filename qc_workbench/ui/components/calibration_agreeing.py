"""The card of one question: what each said and where, and the agreed answer by one key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import streamlit as st

from qc_workbench.domain.calibration import Spread, Stage
from qc_workbench.domain.evaluation import Reply
from qc_workbench.domain.form_rules import possible_values
from qc_workbench.domain.forms import NOT_APPLICABLE, Kind, Question
from qc_workbench.errors import QcwError
from qc_workbench.ui.components.blocks import call_link
from qc_workbench.ui.components.calibration_answers import answer_text, cause_text
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room, remember, remembered
from qc_workbench.ui.views.calibration import SessionView, agree, agree_where_all_do

#: Seconds as people write them in a comment: 1:23, 01:02:03.
_CLOCK: Final = re.compile(r"(?<![\d:])(?:(\d{1,2}):)?(\d{1,3}):([0-5]\d)(?![\d:])")
#: Digits, because letters differ between the Russian and the English layout; more options are clicked.
_KEYS: Final = "123456789"


def focused(view: SessionView) -> str | None:
    """The question whose card is open: the one gone to, else the first that is not agreed on, else the first."""
    codes = [spread.question for spread in view.spreads]
    kept = remembered(_key(view))
    if kept in codes:
        return kept
    open_ones = [spread.question for spread in view.spreads if spread.agreed is None]
    return next(iter(open_ones or codes), None)


def agreeing_card(room: Room, view: SessionView, at: str | None) -> None:
    t = room.t
    spread = view.spread(at)
    question = view.form.question(at) if at else None
    if spread is None or question is None:
        return
    may_agree = view.is_led and view.stage is not Stage.CLOSED and view.agreed is not None
    with st.container(border=True):
        _moving(view, spread, t)
        st.markdown(f"**{plain(question.text.of(t.language))}**")
        if question.help is not None:
            st.caption(plain(question.help.of(t.language)))
        for person, reply in spread.given:
            _said(view, question, person, reply, person in spread.apart, t)
        _comments(view, question, t)
        if may_agree:
            _agreed_answer(room, view, question, spread)
    if may_agree and view.unanimous:
        if st.button(t("agreeing.all_alike", n=view.unanimous), shortcut="Ctrl+Enter", width="stretch"):
            _kept(
                room, view, lambda: agree_where_all_do(room.workspace, room.viewer, view.session.session_id, room.now)
            )
        st.caption(t("agreeing.all_alike_says"))


def _moving(view: SessionView, spread: Spread, t: Translator) -> None:
    codes = [item.question for item in view.spreads]
    place = codes.index(spread.question)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(t("agreeing.before"), shortcut="Left", key="agreeing_before", disabled=place == 0):
            remember(_key(view), codes[place - 1])
            st.rerun()
        if st.button(t("agreeing.next"), shortcut="Right", key="agreeing_next", disabled=place == len(codes) - 1):
            remember(_key(view), codes[place + 1])
            st.rerun()
        st.caption(t("agreeing.place", n=place + 1, of=len(codes)), width="content")


def _said(view: SessionView, question: Question, person: str, reply: Reply, apart: bool, t: Translator) -> None:
    name, answer = plain(view.names.get(person, "—")), plain(answer_text(question, reply, t))
    cause = cause_text(question, reply, t)
    line = f"{name}: **{answer}**" + (f" · {plain(cause)}" if cause else "")
    st.markdown(f":orange[≠] {line}" if apart else line)
    if reply.comment:
        st.text(reply.comment)
        _listen(view, list(_seconds(reply.comment)), t)


def _comments(view: SessionView, question: Question, t: Translator) -> None:
    """Comments on the call that belong to the question."""
    for comment in view.comments:
        if comment.question == question.code:
            st.markdown(f"{plain(view.names.get(comment.by, '—'))}: {plain(comment.text)}")
            if comment.passage is not None:
                _listen(view, [comment.passage.from_s], t)


def _seconds(text: str) -> Iterator[float]:
    for hours, minutes, seconds in _CLOCK.findall(text):
        yield int(hours or 0) * 3600.0 + int(minutes) * 60.0 + int(seconds)


def _listen(view: SessionView, seconds: list[float], t: Translator) -> None:
    for second in seconds:
        call_link(t, t("agreeing.listen", at=clock(second)), view.session.call_id, max(0.1, second))


def _agreed_answer(room: Room, view: SessionView, question: Question, spread: Spread) -> None:
    t = room.t
    st.markdown(t("agreeing.title"))
    agreed = spread.agreed
    note = st.text_input(
        t("agreeing.note"), agreed.note if agreed else "", key=f"agreed_note_{view.session.session_id}_{question.code}"
    )
    cause = _cause(view, question, agreed.reply.cause if agreed else None, t)
    if question.kind in (Kind.MULTI_CHOICE, Kind.NUMBER, Kind.TEXT):
        values = _written(view, question, agreed.reply if agreed else None, t)
        if st.button(t("agreeing.keep"), type="primary", key="agreed_keep", disabled=values is None):
            _keep(room, view, question, values, note, cause)
        listed = [NOT_APPLICABLE] if NOT_APPLICABLE in possible_values(question) else []
    else:
        listed = _in_order(question)
    for place, value in enumerate(listed):
        key = "0" if value == NOT_APPLICABLE else _KEYS[place] if place < len(_KEYS) else None
        text = plain(answer_text(question, Reply(question.code, (value,)), t))
        stands = agreed is not None and agreed.reply.values == (value,)
        if st.button(
            text, type="primary" if stands else "secondary", shortcut=key, width="stretch", key=f"agreed_{value}"
        ):
            _keep(room, view, question, (value,), note, cause)
    if agreed is not None and st.button(
        t("agreeing.take_back"), shortcut="Backspace", type="tertiary", icon=":material/undo:", key="agreed_undo"
    ):
        _keep(room, view, question, None, "", None)


def _in_order(question: Question) -> list[str]:
    """Answers that may be picked, in the order of the form, "not applicable" last."""
    possible = possible_values(question)
    if question.kind is Kind.CHOICE:
        codes = [option.code for option in question.options]
    elif question.kind is Kind.SCALE:
        codes = sorted((value for value in possible if value != NOT_APPLICABLE), key=int)
    else:
        codes = ["yes", "no"]
    return [*codes, *([NOT_APPLICABLE] if NOT_APPLICABLE in possible else [])]


def _cause(view: SessionView, question: Question, before: str | None, t: Translator) -> str | None:
    if not question.causes:
        return None
    codes = [cause.code for cause in question.causes]
    names = {cause.code: cause.text.of(t.language) for cause in question.causes}
    return st.selectbox(
        t("agreeing.cause"),
        codes,
        index=codes.index(before) if before in codes else None,
        format_func=names.__getitem__,
        placeholder=t("agreeing.no_cause"),
        key=f"agreed_cause_{view.session.session_id}_{question.code}",
    )


def _written(view: SessionView, question: Question, before: Reply | None, t: Translator) -> tuple[str, ...] | None:
    """The answer of a question that one key can't answer."""
    key = f"agreed_value_{view.session.session_id}_{question.code}"
    known = before.values if before is not None and not before.is_not_applicable else ()
    if question.kind is Kind.MULTI_CHOICE:
        names = {option.code: option.text.of(t.language) for option in question.options}
        ticked = st.pills(
            t("agreeing.ticked"), list(names), selection_mode="multi", default=list(known),
            format_func=names.__getitem__, key=key, wrap=True,
        )  # fmt: skip
        return tuple(ticked)
    said = st.text_input(t("agreeing.value"), known[0] if known else "", key=key)
    return (said,) if said.strip() else None


def _keep(
    room: Room, view: SessionView, question: Question, values: tuple[str, ...] | None, note: str, cause: str | None
) -> None:
    session_id = view.session.session_id

    def write() -> None:
        agree(room.workspace, room.viewer, session_id, question.code, values, note, room.now, cause)

    codes = [item.question for item in view.spreads]
    after = codes[codes.index(question.code) + 1 :]
    _kept(room, view, write, after[0] if values is not None and after else question.code)


def _kept(room: Room, view: SessionView, write: object, then: str | None = None) -> None:
    """Write, go to the question after it, draw anew."""
    assert callable(write)
    try:
        write()
    except QcwError as error:
        st.error(error_text(error, room.t))
        return
    remember(_key(view), then)
    st.rerun()


def _key(view: SessionView) -> str:
    return f"calibration_at_{view.session.session_id}"
