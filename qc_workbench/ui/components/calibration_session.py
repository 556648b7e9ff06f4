"""One session: who has submitted; once it is open the answers side by side, and the agreed score."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.calibration import Blindness, Stage
from qc_workbench.errors import QcwError
from qc_workbench.ui.components.blocks import call_link, heading, nothing, open_call
from qc_workbench.ui.components.calibration_agreeing import agreeing_card, focused
from qc_workbench.ui.components.calibration_answers import answers_table
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.navigation import link
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.calibration import SessionView, close, open_answers, reopen, session_view


def session_page(room: Room, session_id: str) -> None:
    t = room.t
    view = session_view(room.workspace, room.viewer, session_id)
    if view is None:
        heading(t("room.calibration"))
        nothing(t("calibration.unknown"))
        link("calibration", t, t("calibration.back"))
        return
    link("calibration", t, t("calibration.back"))
    heading(t("calibration.session", form=plain(view.form.title.of(t.language))), _says(view, t))
    _about(view, t)
    if view.stage is Stage.DO_NOW:
        st.info(t("calibration.score_first"))
        if st.button(t("calibration.score"), type="primary", shortcut="Enter"):
            open_call(t, view.session.call_id)
    _steps(room, view)
    if not view.shown:
        nothing(t("calibration.nothing_shown"))
        return
    at = focused(view)
    left, right = st.columns([7, 4], gap="medium")
    with left:
        answers_table(view, at, t)
    with right:
        agreeing_card(room, view, at)


def _says(view: SessionView, t: Translator) -> str:
    call = view.call
    if call is None:
        return t("calibration.call_gone")
    return plain(
        t(
            "calibration.call_line",
            moment=t.moment(call.started_at),
            direction=t(f"direction.{call.direction.value}"),
            agent=view.people.agent(call.manager_id),
            length=clock(call.talk_s),
        )
    )


def _about(view: SessionView, t: Translator) -> None:
    session = view.session
    facts = [
        t(f"calibration_blindness.{session.blindness.value}"),
        t("calibration.submitted", n=view.submitted, of=len(session.participants)),
        t("calibration.due", day=t.day(session.due)),
        t("calibration.led_by", name=plain(view.names.get(session.led_by, "—"))),
    ]
    with st.container(horizontal=True, vertical_alignment="center"):
        call_link(t, t("calibration.open_call"), session.call_id)
        st.caption(" · ".join(facts), width="content")
    if view.waits_for and view.stage is not Stage.CLOSED:
        st.caption(t("calibration.waits_for", names=plain(", ".join(view.waits_for))))
    if session.blindness is Blindness.SEEN:
        st.caption(t("calibration.not_measured"))
    if view.draw is not None:
        draw = view.draw
        with st.expander(t("calibration.draw_title")):
            st.markdown(
                t(
                    "calibration.draw_says",
                    n=len(draw.frame),
                    first=t.day(draw.drawn_from, "d MMMM y"),
                    last=t.day(draw.drawn_to, "d MMMM y"),
                    moment=t.moment(draw.drawn_at, "d MMMM y, HH:mm"),
                    wanted=draw.wanted,
                )
            )
            st.code(f"seed        {draw.seed}\nsha256      {draw.frame_hash}", language=None)
            again = view.drawn
            st.markdown(
                t(
                    "calibration.draw_again" if session.call_id in again else "calibration.draw_differs",
                    calls=plain(", ".join(again)),
                )
            )


def _steps(room: Room, view: SessionView) -> None:
    """What the leader may do with the session now."""
    t = room.t
    if not view.is_led:
        return
    with st.container(horizontal=True):
        if view.may_open and not view.is_opened and st.button(t("calibration.open_now"), key="session_open"):
            _do(room, view, "open")
        if view.stage is Stage.CLOSED:
            if st.button(t("calibration.reopen"), key="session_reopen", icon=":material/undo:"):
                _do(room, view, "reopen")
        elif st.button(
            t("calibration.close"),
            type="primary" if view.agreed and not view.agreed.missing else "secondary",
            key="session_close",
        ):
            _do(room, view, "close")
    if view.stage is not Stage.CLOSED and not view.is_opened:
        st.caption(t("calibration.open_says"))


def _do(room: Room, view: SessionView, step: str) -> None:
    steps = {"open": open_answers, "close": close, "reopen": reopen}
    try:
        steps[step](room.workspace, room.viewer, view.session.session_id, room.now)
    except QcwError as error:
        st.error(error_text(error, room.t))
        return
    st.toast(room.t(f"calibration.done_{step}"))
    st.rerun()
