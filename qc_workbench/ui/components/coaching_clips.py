"""The library of examples: only the passage is heard, and not whose it is."""

from __future__ import annotations

import re
from typing import Final

import streamlit as st

from qc_workbench.domain.call import Recording
from qc_workbench.domain.coaching import Clip, ClipKind
from qc_workbench.errors import QcwError, UsageError
from qc_workbench.ui.clips import clip_address
from qc_workbench.ui.components.blocks import nothing
from qc_workbench.ui.components.flash import done, refused
from qc_workbench.ui.components.pager import pager
from qc_workbench.ui.components.passage import silence_text, silent
from qc_workbench.ui.components.player import quote_button
from qc_workbench.ui.components.score_lines import HEARD_S
from qc_workbench.ui.i18n import clock
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room, enter, remember, remembered
from qc_workbench.ui.views.coaching import PAGE, CommentCase, clips, keep_clip, may_keep, questions_asked, retire_clip

_LAST = "clip_retired"
_PLACE: Final = re.compile(r"(?:(?P<minutes>\d{1,4}):)?(?P<seconds>\d{1,5}(?:[.,]\d{1,3})?)")


def clip_library(room: Room) -> None:
    t = room.t
    with st.container(horizontal=True, vertical_alignment="center"):
        kind = st.segmented_control(
            t("clip_library.kind"), list(ClipKind), format_func=lambda item: t(f"clip.{item.value}"), key="clips_kind",
            label_visibility="collapsed",
        )  # fmt: skip
        text = st.text_input(
            t("clip_library.find"),
            placeholder=t("clip_library.find"),
            key="clips_text",
            label_visibility="collapsed",
            width=320,
        )
        if remembered(_LAST):
            st.button(
                t("clip_library.undo"),
                type="tertiary",
                key="clip_undo",
                on_click=_retire,
                args=(remembered(_LAST), True),
            )
    page = int(st.session_state.get(f"clips_page_{kind}_{text}", 1))
    found = clips(room.workspace, kind, text, page)
    if not found.clips:
        nothing(t("clip_library.none") if kind is None and not text else t("clip_library.none_here"))
    pager(found.total, PAGE, t, f"clips_page_{kind}_{text}")
    asked = questions_asked(room.workspace)
    for clip in found.clips:
        form = asked.get(clip.question or "")
        question = form.question(clip.question) if form is not None and clip.question else None
        words = question.text.of(t.language) if question else None
        _clip(room, clip, found.recordings.get(clip.call_id), words)
    if may_keep(room.viewer):
        _keep_from_seconds(room)


def _clip(room: Room, clip: Clip, recording: Recording | None, question: str | None) -> None:
    t, length_s = room.t, clip.to_s - clip.from_s
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        if recording is not None and recording.is_audible:
            quote_button(clip_address(clip.clip_id), 0.0, length_s, t, key=f"clip_{clip.clip_id}")
        else:
            silent(silence_text(recording, t))
        st.badge(t(f"clip.{clip.kind.value}"), color="green" if clip.kind is ClipKind.GOOD else "red")
        says = f"**{plain(clip.title)}**" + (f"  \n{plain(question)}" if question else "")
        st.markdown(says, width="stretch")
        if may_keep(room.viewer):
            st.button(
                t("clip_library.retire"),
                type="tertiary",
                key=f"retire_{clip.clip_id}",
                on_click=_retire,
                args=(clip.clip_id, False),
            )


def _retire(clip_id: str, back: bool) -> None:
    room = enter()
    try:
        retire_clip(room.workspace, room.viewer, clip_id, room.now, back=back)
    except QcwError as error:
        refused(error, room)
        return
    remember(_LAST, None if back else clip_id)
    done(room.t("clip_library.restored") if back else room.t("clip_library.retired"))


def keep_from_comment(room: Room, item: CommentCase) -> None:
    """Keep the passage of a comment."""
    t, comment = room.t, item.comment
    assert comment.passage is not None
    from_s = comment.passage.from_s
    to_s = comment.passage.to_s if comment.passage.to_s is not None else from_s + HEARD_S
    if item.recording is not None and item.recording.duration_s is not None:
        to_s = min(to_s, item.recording.duration_s)
    key = comment.comment_id
    with st.expander(t("clip_library.keep")):
        st.text_input(t("clip_library.title"), key=f"clip_title_{key}", max_chars=200)
        st.segmented_control(
            t("clip_library.kind"), list(ClipKind), default=ClipKind.BAD, required=True,
            format_func=lambda kind: t(f"clip.{kind.value}"), key=f"clip_kind_{key}",
        )  # fmt: skip
        st.button(
            t("clip_library.do_keep"), key=f"clip_keep_{key}", on_click=_keep,
            args=(key, comment.call_id, (from_s, to_s), comment.question),
        )  # fmt: skip


def _keep_from_seconds(room: Room) -> None:
    """Keep seconds of any call that this person may choose from."""
    t = room.t
    asked = questions_asked(room.workspace)
    with st.expander(t("clip_library.from_call")):
        st.caption(t("clip_library.without_names"))
        first, second, third = st.columns([4, 2, 2])
        first.text_input(t("clip_library.call"), key="clip_call", value=st.query_params.get("clip_of", ""))
        second.text_input(t("clip_library.from_s"), key="clip_from", placeholder=clock(65))
        third.text_input(t("clip_library.to_s"), key="clip_to", placeholder=clock(80))
        st.text_input(t("clip_library.title"), key="clip_title_new", max_chars=200)
        st.segmented_control(
            t("clip_library.kind"), list(ClipKind), default=ClipKind.GOOD, required=True,
            format_func=lambda kind: t(f"clip.{kind.value}"), key="clip_kind_new",
        )  # fmt: skip
        st.selectbox(
            t("clip_library.question"),
            list(asked),
            index=None,
            format_func=lambda code: q.text.of(t.language) if (q := asked[code].question(code)) else code,
            placeholder=t("clip_library.any_question"),
            key="clip_question_new",
        )
        st.button(t("clip_library.do_keep"), key="clip_keep_new", on_click=_keep_new)


def _keep_new() -> None:
    room, state = enter(), st.session_state
    try:
        seconds = (seconds_of(str(state.get("clip_from") or "")), seconds_of(str(state.get("clip_to") or "")))
    except QcwError as error:
        refused(error, room)
        return
    _keep("new", str(state.get("clip_call") or "").strip(), seconds, state.get("clip_question_new"))


def _keep(key: str, call_id: str, seconds: tuple[float, float], question: str | None) -> None:
    room, title = enter(), str(st.session_state.get(f"clip_title_{key}") or "")
    kind = ClipKind(st.session_state[f"clip_kind_{key}"])
    try:
        keep_clip(room.workspace, room.viewer, call_id, seconds, kind, title, question, room.now)
    except QcwError as error:
        refused(error, room, title)
        return
    st.session_state[f"clip_title_{key}"] = ""
    done(room.t("clip_library.kept"))


def seconds_of(text: str) -> float:
    """``1:05`` or ``65`` or ``65,5`` as seconds. Raises :class:`UsageError` ``clip_seconds``."""
    found = _PLACE.fullmatch(text.strip())
    if found is None:
        raise UsageError("clip_seconds", value=text)
    return 60 * int(found["minutes"] or 0) + float(found["seconds"].replace(",", "."))
