"""What else waits for the agent: which shelf is open, suspicions to answer, promises to see to."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.flag import FlagKind
from qc_workbench.reporting.bonus_document import fault_name
from qc_workbench.ui.address import code_of
from qc_workbench.ui.components.blocks import call_link, deal_text, nothing
from qc_workbench.ui.components.case_answer import agents_answer
from qc_workbench.ui.components.case_file_parts import both_sides
from qc_workbench.ui.components.pager import pager
from qc_workbench.ui.components.player import quote_button
from qc_workbench.ui.components.promise_card import column_name, promise_card
from qc_workbench.ui.components.questions import question_to_me, reply_line
from qc_workbench.ui.components.rows import flag_reasons
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.state import Room, put_in_address, remember, remembered
from qc_workbench.ui.views.call import call_sound
from qc_workbench.ui.views.casefile import case_file
from qc_workbench.ui.views.my import COLUMNS, MyRoom, Shelf, errands_of, my_suspicions
from qc_workbench.ui.views.people import call_line
from qc_workbench.ui.views.promises import PAGE, promise_page
from qc_workbench.ui.views.right_of_reply import reply_about

#: The shelf in the address, and the one that was written there last.
_LIST, _WRITTEN = "list", "my_shelf_written"


def choose_shelf(room: Room, view: MyRoom) -> Shelf:
    """Scores first; each shelf says how much of it waits. The address holds which one is open."""
    t, asked = room.t, st.query_params.get(_LIST)
    if view.reply_until is not None:
        st.warning(t("reply.reminder", n=view.waiting.get(Shelf.SUSPICIONS, 0), moment=t.moment(view.reply_until)))
    if "my_shelf" not in st.session_state or remembered(_WRITTEN) != asked:
        st.session_state["my_shelf"] = code_of(Shelf, asked) or Shelf.SCORES
    chosen = st.segmented_control(
        t("my.shelf"),
        list(Shelf),
        required=True,
        format_func=lambda shelf: _named(shelf, view, t),
        key="my_shelf",
        label_visibility="collapsed",
        wrap=True,
    )
    shelf = chosen or Shelf.SCORES
    said = None if shelf is Shelf.SCORES else shelf.value
    put_in_address((_LIST,), {} if said is None else {_LIST: said})
    remember(_WRITTEN, said)
    return shelf


def _named(shelf: Shelf, view: MyRoom, t: Translator) -> str:
    name, waiting = t(f"my_shelf.{shelf.value}"), view.waiting.get(shelf)
    if shelf is Shelf.SUSPICIONS and view.answered:
        # An answered question stays in sight until it is ruled on: a bare nought beside it would deny it.
        return t("my_shelf.questions", name=name, waiting=t.number(waiting or 0), answered=t.number(view.answered))
    return name if waiting is None else f"{name} · {t.number(waiting)}"


def suspicions(room: Room, agent: str) -> None:
    """Each with its seconds, the machine's reasons and the place to answer."""
    t = room.t
    found = my_suspicions(room.workspace, agent)
    if not found.cases and not found.others:
        nothing(t("my.no_suspicions"))
        return
    st.caption(t("reply.my_says", n=room.workspace.settings.bonus.reply_days))
    for case in found.cases:
        with st.container(border=True):
            st.markdown(f"**{plain(fault_name(t, case.flag.kind.value))}** · {plain(flag_reasons(case.flag, t))}")
            st.caption(f"{reply_line(reply_about(room.workspace, case.flag), room, is_mine=True)} {t('reply.silence')}")
            with st.container(horizontal=True, vertical_alignment="center"):
                for number, piece in enumerate(case.flag.evidence[:3]):
                    quote_button(
                        room.address(found.recordings.get(case.call.call_id)), piece.start_s, piece.end_s, t,
                        key=f"suspicion_{case.flag.flag_id}_{number}", brief=True,
                    )  # fmt: skip
                call_link(t, plain(call_line(case.call, found.people, t, is_own=True)), case.call.call_id)
            if case.flag.kind is FlagKind.FAKE_EFFECTIVE and st.toggle(
                t("reply.both_sides"), key=f"both_sides_{case.flag.flag_id}"
            ):
                sound = call_sound(room.workspace, case.call.call_id)
                both_sides(room, case, sound, case_file(room.workspace, case, sound, 0, room.now), case.flag.flag_id)
            agents_answer(room, case.flag, case.call.manager_id, case.ruling, case.answers)
    for question in found.others:
        question_to_me(room, question)


def promises(room: Room, agent: str, view: MyRoom) -> None:
    """The agent's promises that are due today or broken, by column."""
    t, board = room.t, view.promises
    if not any(board.count(column, agent) for column in COLUMNS):
        nothing(t("my.no_promises"))
        return
    for column in COLUMNS:
        total = board.count(column, agent)
        if not total:
            continue
        st.header(f"{column_name(column, t)} · {t.number(total)}", anchor=False)
        page = pager(total, PAGE, t, f"my_promises_{column.value}")
        shown = promise_page(room.workspace, room.viewer, board, column, agent, page)
        for promise in shown.promises:
            promise_card(room, shown, promise)


def errands(room: Room) -> None:
    """Lost deals that the head of sales gave to the agent to take up again. Nothing where there are none."""
    t = room.t
    found = errands_of(room.workspace, room.viewer, room.now)
    if not found:
        return
    st.header(f"{t('errand.title')} · {t.number(sum(not errand.is_done for errand in found))}", anchor=False)
    st.caption(t("errand.says"))
    for errand in found:
        deal, decision = errand.deal, errand.decision
        with st.container(border=True):
            st.markdown(f"**{t('errand.deal', deal=plain(deal.deal_id), what=plain(deal_text(deal, t)))}**")
            st.text(t("decision.reason", reason=deal.lost_reason) if deal.lost_reason else t("decision.no_reason"))
            if decision.comment:
                st.text(decision.comment)
            if errand.called_at is not None:
                state = t("errand.called", moment=t.moment(errand.called_at))
            else:
                state = t("errand.reopened" if errand.is_reopened else "errand.waits")
            st.badge(state, color="green" if errand.is_done else "orange")
            st.caption(t("errand.from", who=plain(decision.by), moment=t.moment(decision.at)))
