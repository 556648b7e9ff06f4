"""The breaches behind a field of the table, and a person's word on the one that is open."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.access import Action
from qc_workbench.domain.flag import Ruling
from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.errors import QcwError
from qc_workbench.ui.components.blocks import call_link, nothing, picked
from qc_workbench.ui.components.case_side import KEYS
from qc_workbench.ui.components.flash import done, refused
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.components.questions import reply_line
from qc_workbench.ui.components.team_breaches import breach_about, breach_rows
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.breaches import PAGE, Breaches, BreachState, breaches
from qc_workbench.ui.views.discipline import OrderBoard, OrderChoice
from qc_workbench.ui.views.right_of_reply import breach_reply
from qc_workbench.ui.views.violation_ruling import rule_on_faults, undo_rulings


def breach_desk(
    room: Room, choice: OrderChoice, board: OrderBoard, agent_id: str | None, kind: ViolationKind | None,
    *, only_standing: bool,
) -> None:  # fmt: skip
    """The list on the left, the breach that is open with its keys on the right."""
    t = room.t
    key = f"order_list_{choice.first}_{choice.span}_{agent_id}_{kind}_{only_standing}"
    found = breaches(
        room.workspace, room.viewer, agent_id, choice.within, kind, page_of(key), only_standing=only_standing,
        among=choice.agents,
    )  # fmt: skip
    st.header(t("discipline.list", n=t.number(found.count(found.kind))), anchor=False)
    if not found.listed:
        nothing(t("discipline.list_none"))
        return
    left, right = st.columns([7, 3], gap="medium")
    with left:
        page = pager(found.count(found.kind), PAGE, t, key)
        row = picked(breach_rows(found, t, board.name), {}, f"{key}_rows_{page}", t("discipline.list_alt"), at=0)
    with right:
        _open_breach(room, board, found, found.listed[row or 0])


def _open_breach(room: Room, board: OrderBoard, found: Breaches, item: Violation) -> None:
    """What it is, why it is suspected, its proof, and the decision."""
    t = room.t
    state, made = found.state(item), found.rulings.get(item.violation_id)
    with st.container(border=True):
        st.markdown(f"**{plain(t(f'violation.{item.kind.value}'))}**")
        st.caption(plain(f"{board.name(item.manager_id)} · {t.moment(item.happened_at)}"))
        st.caption(t(f"violation.{item.kind.value}.why"))
        st.markdown(plain(breach_about(found, item)))
        if item.detail:
            st.caption(plain(item.detail))
        if item.call_id in found.heard:
            assert item.call_id is not None
            call_link(t, t("discipline.open_call"), item.call_id)
        if made is not None and state in (BreachState.CONFIRMED, BreachState.REJECTED):
            finding = made.finding
            said = t(f"discipline.{state.value}_by", who=finding.by, moment=t.moment(finding.at))
            st.markdown(plain(f"{said} {finding.reason}".strip()))
        elif made is not None and made.finding.ruling is Ruling.ASKED:
            asked = t("answer.asked", who=made.finding.by, moment=t.moment(made.finding.at))
            st.markdown(plain(f"{asked}. {reply_line(breach_reply(room.workspace, item.violation_id), room)}"))
        elif item.cleared_at is not None:
            st.markdown(t("discipline.cleared_at", moment=t.moment(item.cleared_at)))
        else:
            st.markdown(t("discipline.suspected"))
        _keys(room, item, made.batch if made else None)


def _keys(room: Room, item: Violation, batch: str | None) -> None:
    """One key each; nobody rules on themselves."""
    t = room.t
    may = room.viewer.may(Action.RULE_ON_FLAG, item.manager_id)
    if not may:
        st.caption(t("discipline.no_ruling"))
        return
    reason = st.text_input(t("violation_ruling.reason"), key=f"order_reason_{item.violation_id}")
    days, reply = room.workspace.settings.bonus.reply_days, breach_reply(room.workspace, item.violation_id)
    heard = reply.is_heard(room.now, days)
    if reply.asked_at is None and not heard:
        st.caption(t("reply.not_asked", n=days))
    for ruling in (Ruling.CONFIRMED, Ruling.REJECTED, Ruling.ASKED):
        if st.button(
            t(f"discipline.{ruling.value}"),
            type="primary" if ruling is (Ruling.CONFIRMED if heard else Ruling.ASKED) else "secondary",
            shortcut=KEYS[ruling], width="stretch", key=f"order_{ruling.value}",
        ):  # fmt: skip
            try:
                rule_on_faults(room.workspace, room.viewer, [item.violation_id], ruling, room.now, reason)
                done(t(f"discipline.{ruling.value}_done"))
            except QcwError as error:
                refused(error, room, reason, moved="rulings_moved")
            st.rerun()
    if st.button(
        t("violation_ruling.undo"), shortcut=KEYS[Ruling.WITHDRAWN], disabled=batch is None, type="tertiary",
        width="stretch", key="order_withdrawn",
    ):  # fmt: skip
        assert batch is not None
        try:
            made = undo_rulings(room.workspace, room.viewer, batch, room.now)
            done(t("violation_ruling.withdrawn.done", n=len(made)))
        except QcwError as error:
            refused(error, room, moved="rulings_moved")
        st.rerun()
