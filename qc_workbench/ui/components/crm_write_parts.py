"""Parts of the room of writes into the CRM: what is shown, one write as a diff with its reason, the decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import streamlit as st

from qc_workbench.domain.crm_write import KeptWrite, WriteKind, WriteMode, WriteState, WriteVerdict
from qc_workbench.errors import QcwError
from qc_workbench.ui.address import code_of
from qc_workbench.ui.components.blocks import call_link, deal_text
from qc_workbench.ui.components.quote_row import quote_row
from qc_workbench.ui.crm_write_words import field_parts, kind_text, reason_of_refusal, state_text
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room, remember, remembered
from qc_workbench.ui.views.crm_writes import (
    PAGE,
    CrmWriteRoom,
    Shelf,
    ShownWrite,
    WritePage,
    decide,
    plan_again,
    waiting_ids,
)

#: Digits, because letters differ between the Russian and the English layout. They stand for the first card.
APPROVE_KEY, DECLINE_KEY, UNDO_KEY, ALL_KEY = "1", "2", "0", "9"
#: What was decided last, so that it can be taken back when it has left the list.
_LAST: Final = "crm_write_last"


def modes_line(view: CrmWriteRoom, t: Translator) -> None:
    """What happens with each kind, so that nobody wonders why nothing is sent."""
    st.markdown(t("crm_write.into", crm=plain(view.crm)))
    by_mode = {
        mode: [kind_text(t, kind) for kind, of in view.modes.items() if of is mode]
        for mode in (WriteMode.AUTOMATIC, WriteMode.APPROVED, WriteMode.DRY, WriteMode.OFF)
    }
    lines = [f"{t(f'crm_write_mode.{mode.value}')}: {', '.join(kinds)}" for mode, kinds in by_mode.items() if kinds]
    st.caption(" · ".join(lines))


def choose_shelf(view: CrmWriteRoom, t: Translator) -> tuple[Shelf, WriteKind | None]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shelf = st.segmented_control(
            t("crm_write.shelf"),
            list(Shelf),
            default=code_of(Shelf, st.query_params.get("shelf", "")) or Shelf.WAITING,
            required=True,
            format_func=lambda one: f"{t(f'crm_write.shelf.{one.value}')} · {t.number(view.count(one))}",
            key="crm_write_shelf",
            label_visibility="collapsed",
            wrap=True,
        )
        shelf = shelf or Shelf.WAITING
        kinds = [kind for kind in WriteKind if view.count(shelf, kind)]
        kind = st.selectbox(
            t("crm_write.kind"),
            kinds,
            index=None,
            format_func=lambda one: f"{kind_text(t, one)} · {t.number(view.count(shelf, one))}",
            placeholder=t("crm_write.all_kinds"),
            key=f"crm_write_kind_{shelf.value}",
            label_visibility="collapsed",
            width=280,
        )
    return shelf, kind


def over_all(room: Room, shelf: Shelf, kind: WriteKind | None) -> None:
    """Above the list: plan anew, decide on everything that is shown, take the last decision back."""
    t = room.t
    with st.container(horizontal=True):
        if st.button(t("crm_write.plan_again"), icon=":material/refresh:", key="crm_write_plan"):
            _planned(room)
        if shelf is Shelf.WAITING:
            ids = waiting_ids(room.workspace, room.viewer, kind)
            if len(ids) > 1 and st.button(
                all_text(t, "approve", len(ids)), shortcut=ALL_KEY, key="crm_write_approve_all"
            ):
                _decide(room, ids, WriteVerdict.APPROVED)
            if len(ids) > 1 and st.button(all_text(t, "decline", len(ids)), key="crm_write_decline_all"):
                _decide(room, ids, WriteVerdict.DECLINED)
        last = [item for item in (remembered(_LAST) or "").split(",") if item]
        if st.button(
            t("crm_write.undo"), shortcut=UNDO_KEY, icon=":material/undo:", type="tertiary", disabled=not last,
            key="crm_write_undo",
        ):  # fmt: skip
            _decide(room, last, WriteVerdict.WITHDRAWN)


def all_text(t: Translator, what: str, amount: int) -> str:
    """What a button over the list says it covers: more than one screen shows is said as such."""
    return t(f"crm_write.{what}_all{'_pages' if amount > PAGE else ''}", n=amount)


def _planned(room: Room) -> None:
    try:
        report = plan_again(room.workspace, room.viewer, room.now)
    except QcwError as error:
        st.error(error_text(error, room.t))
        return
    st.toast(room.t("crm_write.planned_toast", new=room.t.number(report.new), waiting=room.t.number(report.waiting)))
    st.rerun()


def write_card(room: Room, page: WritePage, shown: ShownWrite, *, is_first: bool) -> None:
    t, write = room.t, shown.kept.write
    with st.container(border=True):
        what, buttons = st.columns([5, 2], gap="medium")
        with what:
            deal = deal_text(shown.deal, t) if shown.deal else t("crm_write.no_deal")
            client = plain(page.people.client(write.client_phone, t))
            st.markdown(f"**{kind_text(t, write.kind)}** · {client} · {plain(deal)}")
            _diff(shown, t)
            _why(room, page, shown)
        with buttons:
            _state(shown, t)
            _buttons(room, shown, is_first=is_first)


def _diff(shown: ShownWrite, t: Translator) -> None:
    """What the CRM gets, a line a field: everything is new, nothing there is changed."""
    lines = [
        f":green[:material/add:] **{plain(name)}:** {plain(said).replace(chr(10), '  ' + chr(10))}"
        for name, said in (field_parts(t, field, value) for field, value in shown.diff)
    ]
    if lines:
        with st.container(border=True, gap=None):
            for line in lines:
                st.markdown(line)
    if shown.hides_words:
        st.caption(t("crm_write.words_hidden"))


def _why(room: Room, page: WritePage, shown: ShownWrite) -> None:
    """The call that is the reason, and the second in it."""
    t, write, call = room.t, shown.kept.write, shown.call
    if call is None:
        return
    at = t("crm_write.at", at=clock(write.at_s)) if write.at_s is not None else ""
    st.caption(t("crm_write.why", why=t(f"crm_write.why.{_reason(shown)}"), at=at))
    if shown.hides_words:
        return
    if write.at_s is not None:
        seconds = (max(0.0, write.at_s - 2), write.at_s + 8)
        quote_row(room, page.people, call, shown.recording, None, seconds, key=f"crm_write_{shown.kept.write_id}")
        return
    line = t(
        "promise.said",
        agent=plain(page.people.agent(call.manager_id)),
        client=plain(page.people.client(call.client_phone, t)),
        moment=t.moment(call.started_at),
    )
    call_link(t, line, call.call_id)


def _reason(shown: ShownWrite) -> str:
    write = shown.kept.write
    if write.kind is WriteKind.CALLBACK_TASK:
        return "missed" if write.at_s is None else "promised"
    return write.kind.value


def _state(shown: ShownWrite, t: Translator) -> None:
    kept = shown.kept
    state = state_text(t, kept)
    if kept.state is WriteState.PLANNED and kept.begun_at is None and not shown.may_approve:
        state = t(f"crm_write.unasked.{shown.mode.value}")
    if kept.state is WriteState.WRITTEN:
        state = t("crm_write.state_at", state=state, moment=t.moment(kept.state_at))
    st.markdown(state)
    if kept.decided_by and kept.decided_at:
        st.caption(t("crm_write.decided", who=plain(kept.decided_by), moment=t.moment(kept.decided_at)))
    elif kept.state is WriteState.WRITTEN:
        st.caption(t("crm_write.by_itself"))
    if kept.link:
        st.link_button(t("crm_write.open_there"), kept.link, icon=":material/open_in_new:")
    reason = reason_of_refusal(t, kept)
    if reason:
        st.error(plain(reason))


def _buttons(room: Room, shown: ShownWrite, *, is_first: bool) -> None:
    t, kept = room.t, shown.kept
    if kept.begun_at is not None:
        return
    match kept.state:
        case WriteState.PLANNED:
            if shown.may_approve:
                _button(room, kept, WriteVerdict.APPROVED, APPROVE_KEY if is_first else None)
            _button(room, kept, WriteVerdict.DECLINED, DECLINE_KEY if is_first else None)
            if shown.mode in (WriteMode.DRY, WriteMode.OFF):
                st.caption(t("crm_write.only_planned"))
        case WriteState.APPROVED | WriteState.DECLINED:
            _button(room, kept, WriteVerdict.WITHDRAWN)
        case WriteState.REFUSED:
            _button(room, kept, WriteVerdict.AGAIN)
            _button(room, kept, WriteVerdict.DECLINED)
        case _:
            pass


def _button(room: Room, kept: KeptWrite, verdict: WriteVerdict, key: str | None = None) -> None:
    is_main = verdict is WriteVerdict.APPROVED
    if st.button(
        room.t(f"crm_write.verdict.{verdict.value}"), type="primary" if is_main else "secondary", shortcut=key,
        width="stretch", key=f"crm_write_{verdict.value}_{kept.write_id}",
    ):  # fmt: skip
        _decide(room, [kept.write_id], verdict)


def _decide(room: Room, write_ids: Sequence[str], verdict: WriteVerdict) -> None:
    t = room.t
    try:
        taken = decide(room.workspace, room.viewer, write_ids, verdict, room.now)
    except QcwError as error:
        st.error(error_text(error, t))
        return
    if taken < len(write_ids):
        st.toast(t("crm_write.changed_meanwhile", n=len(write_ids) - taken))
    if taken:
        is_undo = verdict is WriteVerdict.WITHDRAWN
        remember(_LAST, None if is_undo else ",".join(write_ids))
        st.toast(t(f"crm_write.done.{verdict.value}", n=taken))
    st.rerun()
