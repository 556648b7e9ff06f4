"""Questions to agents: what was answered, and since when a confirmation counts; for the agent the place to answer."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.access import Action
from qc_workbench.domain.flag import Flag, Ruling
from qc_workbench.errors import QcwError
from qc_workbench.reporting.bonus_document import fault_name
from qc_workbench.review.answers import LONGEST_ANSWER
from qc_workbench.review.right_of_reply import Reply, ReplyState
from qc_workbench.ui.components.blocks import call_link
from qc_workbench.ui.components.flash import done, refused
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.people import directory
from qc_workbench.ui.views.right_of_reply import (
    Question,
    asked_fault_ids,
    questions,
    reply_about,
    write_fault_answer,
)
from qc_workbench.ui.views.suspicious import write_ruling
from qc_workbench.ui.views.violation_ruling import rule_on_faults

_COLORS = {ReplyState.OPEN: "blue", ReplyState.ANSWERED: "green", ReplyState.NO_ANSWER: "orange"}


def reply_line(reply: Reply, room: Room) -> str:
    """«Ответить до …», «менеджер ответил …», «нет ответа …»: silence is said as what it is."""
    t, state = room.t, reply.state(room.now)
    if state is ReplyState.NOT_ASKED:
        return t("reply.not_asked", n=room.workspace.settings.bonus.reply_days)
    at = reply.answered_at if state is ReplyState.ANSWERED else reply.until
    assert at is not None
    return t(f"reply.{state.value}", moment=t.moment(at))


def is_heard(room: Room, flag: Flag) -> bool:
    """Whether a confirmation made now counts; says where the right of reply stands, where the house has one."""
    days = room.workspace.settings.bonus.reply_days
    if not days:
        return True
    reply = reply_about(room.workspace, flag)
    st.caption(reply_line(reply, room))
    return reply.is_heard(room.now, days)


def asked_list(room: Room, key: str) -> None:
    """For whoever rules: each open question with the agent's words and, when they were heard, the two decisions."""
    t = room.t
    mine = room.viewer.agents(Action.RULE_ON_FLAG)
    found = questions(room.workspace, mine)
    if not found:
        return
    ready = [item for item in found if item.reply.is_heard(room.now, room.workspace.settings.bonus.reply_days)]
    with st.expander(t("reply.list", n=len(found), ready=t.number(len(ready))), expanded=bool(ready)):
        st.caption(t("reply.list_says"))
        with room.workspace.store.reading() as reader:
            people = directory(reader, ())
        for item in [*ready, *(other for other in found if other not in ready)]:
            with st.container(border=True):
                title = f"{people.agent(item.agent_id)} · {fault_name(t, item.kind)}"
                st.markdown(f"**{plain(title)}** · {t('reply.cases', n=item.count)}")
                _state(item, room)
                _about(item, room)
                _said(item, t)
                _decide(room, item, f"{key}_{item.key}")


def _state(item: Question, room: Room) -> None:
    state = item.state(room.now)
    st.badge(room.t(f"reply_state.{state.value}"), color=_COLORS.get(state, "gray"))  # type: ignore[arg-type]
    assert item.reply.asked_at is not None
    asked = room.t("answer.asked", who=plain(item.by), moment=room.t.moment(item.reply.asked_at))
    st.caption(f"{asked}. {reply_line(item.reply, room)}")


def _about(item: Question, room: Room) -> None:
    """What it is about; a call opens."""
    if item.case is not None:
        call_link(room.t, room.t.moment(item.case.call.started_at), item.case.call.call_id)
        return
    for fault in sorted(item.faults, key=lambda fault: fault.happened_at):
        about = " · ".join([room.t.moment(fault.happened_at), *([fault.deal_id] if fault.deal_id else [])])
        if fault.call_id is not None:
            call_link(room.t, about, fault.call_id)
        else:
            st.caption(plain(about))
    if item.count > len(item.faults):
        st.caption(room.t("violation_ruling.more", n=item.count - len(item.faults)))


def _said(item: Question, t: Translator) -> None:
    for given in item.answers:
        st.text(given.text)
        st.caption(plain(t("answer.given", who=given.by, moment=t.moment(given.at))))


def _decide(room: Room, item: Question, key: str) -> None:
    t = room.t
    if not room.viewer.may(Action.RULE_ON_FLAG, item.agent_id):
        st.caption(t("violation_ruling.not_yours"))
        return
    with st.container(horizontal=True):
        for ruling, verb in ((Ruling.CONFIRMED, "confirm"), (Ruling.REJECTED, "reject")):
            if st.button(
                t(f"violation_ruling.{verb}", n=item.count),
                key=f"{key}_{ruling.value}",
            ):
                try:
                    _rule(room, item, ruling)
                    done(t(f"violation_ruling.{ruling.value}.done", n=item.count))
                except QcwError as error:
                    refused(error, room, moved="rulings_moved")
                st.rerun()


def _rule(room: Room, item: Question, ruling: Ruling) -> None:
    if item.case is not None:
        write_ruling(room.workspace, room.viewer, item.case.flag, ruling, room.now, "")
        return
    assert item.batch is not None
    ids = asked_fault_ids(room.workspace, item.batch)
    rule_on_faults(room.workspace, room.viewer, ids, ruling, room.now, "")


def question_to_me(room: Room, item: Question) -> None:
    """A question about breaches or promises: what they are, why the rule holds them for breaches, until when to
    answer, and where."""
    t = room.t
    with st.container(border=True):
        st.markdown(f"**{plain(fault_name(t, item.kind))}** · {t('reply.cases', n=item.count)}")
        why = f"violation.{item.kind}.why"
        if t.knows(why):
            st.caption(t(why))
        _state(item, room)
        _about(item, room)
        _said(item, t)
        if not item.answers:
            st.caption(t("reply.silence"))
        with st.form(f"reply_{item.key}", clear_on_submit=True, enter_to_submit=False, border=False):
            text = st.text_area(t("reply.write"), max_chars=LONGEST_ANSWER, height=80, key=f"reply_text_{item.key}")
            pressed = st.form_submit_button(t("answer.save"), key=f"reply_save_{item.key}")
        if pressed:
            try:
                write_fault_answer(room.workspace, room.viewer, item, text, room.now)
                done(t("answer.done"))
            except QcwError as error:
                refused(error, room, text)
            st.rerun()
