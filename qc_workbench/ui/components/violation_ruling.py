"""Faults that wait for a ruling, by agent, rule and day: one key decides a group, another takes it back."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from qc_workbench.domain.access import Action
from qc_workbench.domain.bonus import Fault
from qc_workbench.domain.flag import Ruling
from qc_workbench.errors import QcwError
from qc_workbench.reporting.bonus_document import fault_name
from qc_workbench.store.faults import WaitingGroup
from qc_workbench.store.scoping import Stretch
from qc_workbench.ui.components.blocks import call_link, nothing, picked
from qc_workbench.ui.components.case_side import KEYS
from qc_workbench.ui.components.flash import done, refused
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.components.questions import asked_list
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.violation_ruling import (
    PAGE,
    Group,
    Waiting,
    group_shown,
    rule_on_group,
    undo_rulings,
    waiting_rulings,
)

_RULINGS: Final = {Ruling.CONFIRMED: "confirm", Ruling.REJECTED: "reject", Ruling.ASKED: "ask"}


def violation_rulings(room: Room, within: Stretch, key: str) -> None:
    """The groups of the span on the left, the one chosen with its cases and keys on the right. ``key``: of this list,
    where a page has several. The caller shows the flash (:func:`~qc_workbench.ui.components.flash.show_flash`)."""
    t = room.t
    pages = f"{key}_{within[0]:%Y%m%d}"
    asked_list(room, key)
    view = waiting_rulings(room.workspace, room.viewer, within, room.now, page_of(pages))
    left, right = st.columns([6, 4], gap="medium")
    chosen: WaitingGroup | None = None
    with left:
        if not view.groups:
            nothing(t("violation_ruling.none"))
        else:
            st.caption(t("violation_ruling.says", n=view.faults))
            page = pager(view.total, PAGE, t, pages)
            rows = [_row(room, view, group) for group in view.groups]
            # The list under the same key forgets its mark when what it holds changes: the next group is marked then.
            at = picked(rows, {}, f"{pages}_{page}_{view.total}_{view.faults}", t("violation_ruling.list"), at=0)
            chosen = view.groups[at or 0]
    with right:
        _decision(room, view, chosen, key)


def _row(room: Room, view: Waiting, group: WaitingGroup) -> dict[str, Any]:
    t = room.t
    # The longest last: in a narrow window its end is cut, and the card beside says it whole.
    return {
        t("bonus.column.day"): t.day(group.day, "d MMM"),
        t("column.agent"): view.people.agent(group.agent_id),
        t("violation_ruling.count"): t.number(group.faults),
        t("bonus.column.fault"): fault_name(t, group.kind),
    }


def _decision(room: Room, view: Waiting, group: WaitingGroup | None, key: str) -> None:
    t = room.t
    with st.container(border=True):
        reason = ""
        may = group is not None and room.viewer.may(Action.RULE_ON_FLAG, group.agent_id)
        if group is not None:
            agent = view.people.agent(group.agent_id)
            said = t("violation_ruling.group", agent=agent, fault=fault_name(t, group.kind), day=t.day(group.day))
            st.markdown(f"**{plain(said)}**")
            why = f"violation.{group.kind}.why"
            if t.knows(why):
                st.caption(t(why))
            _cases(room, group)
            if not may:
                st.caption(t("violation_ruling.not_yours"))
            name = f"{key}_reason_{group.agent_id}_{group.kind}_{group.day}"
            reason = st.text_input(t("violation_ruling.reason"), key=name)
        days = room.workspace.settings.bonus.reply_days
        if group is not None and days:
            st.caption(t("reply.not_asked", n=days))
        first = Ruling.ASKED if days else Ruling.CONFIRMED
        for ruling, verb in _RULINGS.items() if group is not None else ():
            if st.button(
                t(f"violation_ruling.{verb}", n=group.faults if group else 0),
                type="primary" if ruling is first else "secondary",
                shortcut=KEYS[ruling],
                disabled=not may,
                width="stretch",
                key=f"{key}_{ruling.value}",
            ):
                assert group is not None
                _rule(room, group, ruling, reason)
        _undo(room, view, key)


def _cases(room: Room, group: WaitingGroup) -> None:
    """The first of them, with what each is about; a call opens."""
    t = room.t
    shown = group_shown(room.workspace, room.viewer, group, room.now)
    for fault in shown.faults:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(plain(_about(room, shown, fault)), width="stretch")
            if fault.call_id is not None:
                call_link(t, t("bonus.open_proof"), fault.call_id)
    if group.faults > len(shown.faults):
        st.caption(t("violation_ruling.more", n=group.faults - len(shown.faults)))


def _about(room: Room, shown: Group, fault: Fault) -> str:
    deal = shown.deals.get(fault.deal_id or "")
    activity = shown.activities.get(fault.activity_id or "")
    about = [activity.subject if activity else None, deal.client_name if deal else None]
    about += [deal.stage if deal else fault.deal_id]
    return " · ".join([room.t.moment(fault.happened_at), *(part for part in about if part)])


def _undo(room: Room, view: Waiting, key: str) -> None:
    """The last decisions that stand, each of which can be taken back; the key takes back one's own last."""
    t = room.t
    mine = next((item for item in view.batches if item.by == room.viewer.name), None)
    if st.button(
        t("violation_ruling.undo"), shortcut=KEYS[Ruling.WITHDRAWN], disabled=mine is None, width="stretch",
        type="tertiary", key=f"{key}_withdrawn",
    ):  # fmt: skip
        assert mine is not None
        try:
            made = undo_rulings(room.workspace, room.viewer, mine.batch, room.now)
            done(t("violation_ruling.withdrawn.done", n=len(made)))
        except QcwError as error:
            refused(error, room, moved="rulings_moved")
        st.rerun()
    if not view.batches:
        return
    with st.expander(t("violation_ruling.last")):
        for item in view.batches:
            said = f"violation_ruling.batch.{item.ruling.value}"
            if not t.knows(said):
                continue
            st.caption(
                plain(
                    t(said, n=item.faults, agent=view.people.agent(item.agent_id), fault=fault_name(t, item.kind),
                      who=item.by, moment=t.moment(item.at))
                )
            )  # fmt: skip


def _rule(room: Room, group: WaitingGroup, ruling: Ruling, reason: str) -> None:
    try:
        made = rule_on_group(room.workspace, room.viewer, group, ruling, room.now, reason)
        done(room.t(f"violation_ruling.{ruling.value}.done", n=len(made)))
    except QcwError as error:
        refused(error, room, reason, moved="rulings_moved")
    st.rerun()
