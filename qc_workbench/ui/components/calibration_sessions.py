"""The sessions of one person, and calling new ones."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from qc_workbench.domain.access import Action
from qc_workbench.domain.calibration import Blindness, Stage
from qc_workbench.errors import QcwError
from qc_workbench.ui.components.blocks import nothing, open_call
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.navigation import go, link
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.calibration import SessionLine, SessionList, session_list
from qc_workbench.ui.views.calibration_calling import (
    MOST_CALLS,
    Calling,
    CallingChoices,
    call_for_chosen,
    call_for_drawn,
    calling_choices,
)

#: A week to score is what a week's work leaves room for.
_DUE_DAYS = 7


def takes_part(room: Room) -> bool:
    """Whether sessions are for this person at all; others look at the figures only."""
    return room.viewer.may(Action.TAKE_PART_IN_CALIBRATION)


def my_sessions(room: Room) -> None:
    """What to score now, what waits, what is open for discussion, what is closed."""
    t = room.t
    view = session_list(room.workspace, room.viewer)
    if not view.lines:
        nothing(t("calibration.none_yet"))
        return
    first = next((line for line in view.of(Stage.DO_NOW)), None)
    if first is not None and st.button(
        t("calibration.score_next"), type="primary", icon=":material/play_arrow:", shortcut="Enter"
    ):
        open_call(t, first.session.call_id)
    for stage in Stage:
        lines = view.of(stage)
        if lines:
            st.header(t(f"calibration_stage.{stage.value}", n=len(lines)), anchor=False)
            for line in lines:
                _line(room, view, line)


def _line(room: Room, view: SessionList, line: SessionLine) -> None:
    t, session = room.t, line.session
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        with st.container(gap=None):
            link("calibration", t, f"**{session_title(view, line, t)}**", session=session.session_id)
            st.caption(" · ".join(_facts(room, view, line)))
        if line.stage is Stage.DO_NOW and st.button(t("calibration.score"), key=f"score_{session.session_id}"):
            open_call(t, session.call_id)


def session_title(view: SessionList, line: SessionLine, t: Translator) -> str:
    """The call in a line, without its client."""
    if line.call is None:
        return t("calibration.call_gone")
    return plain(
        t(
            "calibration.call_line",
            moment=t.moment(line.call.started_at),
            direction=t(f"direction.{line.call.direction.value}"),
            agent=view.people.agent(line.call.manager_id),
            length=clock(line.call.talk_s),
        )
    )


def _facts(room: Room, view: SessionList, line: SessionLine) -> list[str]:
    t, session = room.t, line.session
    facts = [plain(line.title.of(t.language)), t("calibration.submitted", n=line.submitted, of=line.asked)]
    if line.stage in (Stage.DO_NOW, Stage.WAITING) and not line.is_opened:
        late = session.due < room.now
        facts.append(t("calibration.overdue" if late else "calibration.due", day=t.day(session.due)))
    facts.append(
        t("calibration.led_by_me")
        if line.is_mine
        else t("calibration.led_by", name=plain(view.names.get(session.led_by, "—")))
    )
    if session.blindness is not Blindness.BLIND:
        facts.append(t(f"calibration_blindness.{session.blindness.value}"))
    return facts


def call_sessions(room: Room) -> None:
    """A new session: the form, the people, drawn calls or one chosen. Only for those who may lead."""
    t = room.t
    if not room.viewer.may(Action.LEAD_CALIBRATION):
        return
    with st.expander(t("calling.title"), icon=":material/add:"):
        choices = calling_choices(room.workspace)
        if not choices.versions:
            nothing(t("calling.no_forms"))
            return
        if len(choices.people) < 2:
            nothing(t("calling.no_people"))
            return
        _calling_form(room, choices)


def _calling_form(room: Room, choices: CallingChoices) -> None:
    t = room.t
    left, right = st.columns(2, gap="large")
    names = {account.person.person_id: account.name for account in choices.people}
    with left:
        version = st.selectbox(
            t("calling.form"),
            choices.versions,
            format_func=lambda item: t("calling.version", title=item.form.title.of(t.language), n=item.version),
            key="calling_form",
        )
        people = st.multiselect(
            t("calling.people"), list(names), format_func=names.__getitem__, placeholder=t("calling.choose_people"),
            key="calling_people",
        )  # fmt: skip
        blindness = st.radio(
            t("calling.blindness"),
            list(Blindness),
            format_func=lambda item: t(f"calibration_blindness.{item.value}"),
            captions=[t(f"calibration_blindness_says.{item.value}") for item in Blindness],
            key="calling_blindness",
        )
    today = room.now.astimezone(t.zone).date()
    with right:
        due = st.date_input(
            t("calling.due"), today + timedelta(days=_DUE_DAYS), min_value=today, format="DD.MM.YYYY", key="calling_due"
        )
        how = st.radio(
            t("calling.calls"), ["drawn", "chosen"], format_func=lambda code: t(f"calling.{code}"), key="calling_how"
        )
        asked = Calling(version.form.code, version.version, tuple(people), due, blindness or Blindness.BLIND)
        try:
            if how == "drawn":
                _by_draw(room, asked)
            else:
                _by_choice(room, asked)
        except QcwError as error:
            st.error(error_text(error, t))


def _by_draw(room: Room, asked: Calling) -> None:
    t = room.t
    today = room.now.astimezone(t.zone).date()
    one, two = st.columns(2)
    calls = one.number_input(t("calling.count"), 1, MOST_CALLS, 1, key="calling_count")
    days = two.date_input(
        t("calling.days"), (today - timedelta(days=30), today), max_value=today, format="DD.MM.YYYY", key="calling_days"
    )
    st.caption(t("calling.drawn_says"))
    if st.button(t("calling.do_draw"), type="primary", key="calling_draw"):
        chosen = list(days)  # one day only while the second is not picked yet
        span = (chosen[0], chosen[-1]) if chosen else (today, today)
        made = call_for_drawn(room.workspace, room.viewer, asked, int(calls), span, room.now)
        st.toast(t("calling.done_drawn", n=int(calls), frame=t.number(len(made.frame))))
        st.rerun()


def _by_choice(room: Room, asked: Calling) -> None:
    t = room.t
    call_id = st.text_input(t("calling.call_id"), st.query_params.get("call", ""), key="calling_call")
    st.caption(t("calling.chosen_says"))
    if st.button(t("calling.do_choose"), type="primary", key="calling_choose", disabled=not call_id.strip()):
        made = call_for_chosen(room.workspace, room.viewer, asked, call_id, room.now)
        go("calibration", t, session=made.session_id)
