"""The bonus room: whose statement, its lines and proof, disputes to decide, the contest."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import streamlit as st

from pipelines.bonus import BonusMonth
from qc_workbench.domain.access import Action
from qc_workbench.domain.bonus import Line, LineState, Objection
from qc_workbench.errors import QcwError
from qc_workbench.reporting.bonus_document import amount_text, approval_text, fault_name, proof_text, state_text
from qc_workbench.reporting.contest import Board
from qc_workbench.review.bonus import month_of
from qc_workbench.review.bonus_month import AgentBonus
from qc_workbench.ui.components.blocks import nothing, picked
from qc_workbench.ui.components.flash import done, refused
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.labels import plain
from qc_workbench.ui.navigation import link
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.bonus import (
    FORMS,
    Disputed,
    approve,
    boards,
    bonus_file,
    proof,
    settle_objection,
    undo_approval,
)

#: Parts of the room by their codes in the address.
PARTS: Final = ("statements", "rulings", "disputes", "contest")


#: Places that are shown: a contest names who did well, not who came last.
PRAISED: Final = 3


def choose_month(room: Room, known: list[date]) -> date:
    """The month in the address, else the last that is over, else the newest."""
    t = room.t
    asked = st.query_params.get("month")
    over = [month for month in known if month < month_of(room.now, room.workspace.settings.company.zone)]
    start = next((month for month in known if f"{month:%Y-%m}" == asked), over[0] if over else known[0])
    return st.selectbox(
        t("bonus.month"), known, index=known.index(start), format_func=lambda month: t.day(month, "LLLL y"),
        key="bonus_month", width=260,
    )  # fmt: skip


def choose_part(room: Room, waiting: int, disputes: int) -> str:
    """Statements first where nothing waits; else what waits comes first."""
    t = room.t
    counts = {"rulings": waiting, "disputes": disputes}
    if "bonus_part" not in st.session_state:
        asked = st.query_params.get("list")
        st.session_state["bonus_part"] = asked if asked in PARTS else "rulings" if waiting else "statements"
    chosen = st.segmented_control(
        t("bonus.part"), PARTS, required=True, key="bonus_part", label_visibility="collapsed", wrap=True,
        format_func=lambda part: t(f"bonus_part.{part}", n=t.number(counts.get(part, 0))),
    )  # fmt: skip
    return chosen or "statements"


def statements(room: Room, view: BonusMonth, waiting: int) -> None:
    """Everybody's sums; one that is chosen opens whole."""
    t = room.t
    if not view.agents:
        nothing(t("bonus.nobody"))
        return
    if waiting:
        st.caption(t("bonus.waiting_first"))
    _files(room, view, view.agents, "all")
    rows = [_sums(item, view.names[item.agent_id], t) for item in view.agents]
    right = {name: st.column_config.TextColumn(alignment="right") for name in list(rows[0])[1:6]}
    st.caption(t("bonus.open"))
    row = picked(rows, right, f"bonus_agents_{view.month}", t("bonus.sheet"))
    if row is not None:
        with st.container(border=True):
            one_statement(room, view, view.agents[row])


def _sums(item: AgentBonus, name: str, t: Translator) -> dict[str, Any]:
    made = item.statement
    currency = made.terms.currency
    approved = t("bonus.changed_mark", who=item.approval.by) if item.approval and item.changes else None
    return {
        t("bonus.column.agent"): name,
        t("bonus.column.pool"): amount_text(t, made.terms.pool, currency),
        t("bonus.column.faults"): t.number(made.count(LineState.COUNTED, LineState.CAPPED)),
        t("bonus.column.deducted"): amount_text(t, made.deducted, currency),
        t("bonus.column.suspended"): amount_text(t, made.suspended, currency),
        t("bonus.column.payable"): amount_text(t, made.payable, currency),
        t("bonus.column.approved_by"): approved or (item.approval.by if item.approval else "—"),
    }


def one_statement(room: Room, view: BonusMonth, item: AgentBonus) -> None:
    """Sums, state of the approval, lines; a line that is chosen opens its proof."""
    t = room.t
    st.header(plain(view.names[item.agent_id]), anchor=False)
    sums(item, t)
    st.caption(plain(approval_text(t, item)))
    _approving(room, view, item)
    if item.changes:
        with st.expander(t("bonus.changes"), expanded=True):
            _changes(item, t)
    line = lines(item, t, f"bonus_lines_{item.agent_id}_{view.month}")
    if line is not None:
        line_proof(room, item, line)


def sums(item: AgentBonus, t: Translator) -> None:
    made = item.statement
    currency = made.terms.currency
    shown = [("pool", made.terms.pool), ("deducted", made.deducted), ("payable", made.payable)]
    if made.terms.fixed:
        shown.insert(0, ("fixed", made.terms.fixed))
    for column, (name, amount) in zip(st.columns(len(shown)), shown, strict=True):
        with column:
            st.metric(t(f"bonus.column.{name}"), amount_text(t, amount, currency))
    if made.suspended:
        st.info(t("bonus.suspended", amount=amount_text(t, made.suspended, currency)))


def lines(item: AgentBonus, t: Translator, key: str) -> Line | None:
    """The lines as a table; the one that is chosen."""
    found = item.statement.lines
    if not found:
        nothing(t("bonus.no_lines"))
        return None
    currency = item.statement.terms.currency
    rows = [
        {
            t("bonus.column.day"): t.day(line.day, "d MMM"),
            t("bonus.column.fault"): fault_name(t, line.fault.kind),
            t("bonus.column.tariff"): amount_text(t, line.tariff, currency),
            t("bonus.column.amount"): amount_text(t, line.amount, currency),
            t("bonus.column.state"): state_text(t, line),
            t("bonus.column.confirmed"): t("bonus.by_at", who=line.confirmed_by, moment=t.moment(line.confirmed_at)),
        }
        for line in found
    ]
    st.caption(t("bonus.pick_line"))
    columns: dict[str, Any] = {
        t(f"bonus.column.{name}"): st.column_config.TextColumn(alignment="right") for name in ("tariff", "amount")
    }
    columns[t("bonus.column.state")] = st.column_config.TextColumn(width="large")
    row = picked(rows, columns, key, t("bonus.document"))
    return None if row is None else found[row]


def line_proof(room: Room, item: AgentBonus, line: Line) -> None:
    """What was said about the line, by whom, and the way to what it stands on."""
    t = room.t
    record = item.records[line.fault.fault_id]
    with st.container(border=True):
        st.markdown(f"**{plain(fault_name(t, line.fault.kind))}** · {plain(proof_text(t, line.fault))}")
        said = [(each.at, f"case_one.{each.ruling.value}", each.by, each.reason) for each in record.in_order]
        moves = [(each.at, f"bonus.line_move.{each.move.value}", each.by, each.reason) for each in record.moves]
        for at, code, by, reason in sorted([*said, *moves]):
            if code.startswith("bonus."):
                text = t(code, who=by, moment=t.moment(at))
            else:
                text = t("bonus.line_ruling", ruling=t(code), who=by, moment=t.moment(at))
            st.caption(plain(text))
            if reason:
                st.text(reason)
        where = proof(line)
        if where is not None:
            link(where[0], t, t("bonus.open_proof"), **where[1])


def _approving(room: Room, view: BonusMonth, item: AgentBonus) -> None:
    t = room.t
    if view.month >= month_of(room.now, room.workspace.settings.company.zone):
        st.caption(t("bonus.month_runs"))
        return
    if not room.viewer.may(Action.APPROVE_BONUS, item.agent_id):
        if room.viewer.agent_id == item.agent_id:
            st.caption(t("bonus.not_yours"))
        return
    with st.container(horizontal=True):
        if not item.is_settled:
            label = t("bonus.approve") if item.approval is None else t("bonus.approve_again")
            if st.button(label, type="primary", key=f"bonus_approve_{item.agent_id}"):
                try:
                    approve(room.workspace, room.viewer, item.agent_id, view.month, room.now)
                    done(t("bonus.approve_done"))
                except QcwError as error:
                    refused(error, room)
                st.rerun()
        if item.approval is not None and st.button(
            t("bonus.approve_undo"), type="tertiary", key=f"bonus_undo_{item.agent_id}"
        ):
            try:
                undo_approval(room.workspace, room.viewer, item.agent_id, view.month, room.now)
                done(t("bonus.approve_undone"))
            except QcwError as error:
                refused(error, room)
            st.rerun()
        _files(room, view, (item,), item.agent_id)


def _files(room: Room, view: BonusMonth, agents: tuple[AgentBonus, ...], key: str) -> None:
    with st.container(horizontal=True):
        for form in FORMS:
            st.download_button(
                room.t("bonus.take", form=form.upper()),
                data=bonus_file(room.workspace, room.viewer, view, agents, form, room.t),
                file_name=f"bonus-{view.month:%Y-%m}.{form}", key=f"bonus_{key}_{form}", on_click="ignore",
            )  # fmt: skip


def _changes(item: AgentBonus, t: Translator) -> None:
    from qc_workbench.reporting.bonus_document import changes_table

    table = changes_table(item.changes, "", item.statement.terms.currency, t)
    rows = [{name: cell.text for name, cell in zip(table.columns, row, strict=True)} for row in table.rows]
    st.dataframe(rows, hide_index=True, height="content", alt=t("bonus.changes"))


def disputes_to_settle(room: Room, view: BonusMonth, waiting: tuple[Disputed, ...]) -> None:
    """Each open dispute: what the agent says, and the two keys of another person."""
    t = room.t
    if not waiting:
        nothing(t("bonus.no_disputes"))
    for item in waiting:
        line, name = item.line, item.line.fault.fault_id
        with st.container(border=True):
            said = t(
                "bonus.dispute_line", agent=view.names[item.bonus.agent_id], fault=fault_name(t, line.fault.kind),
                day=t.day(line.day), amount=amount_text(t, line.tariff, item.bonus.statement.terms.currency),
            )  # fmt: skip
            st.markdown(f"**{plain(said)}**")
            line_proof(room, item.bonus, line)
            if not item.may_settle:
                st.caption(t("bonus.dispute_other"))
                continue
            with st.form(f"settle_{name}", border=False, enter_to_submit=False):
                reason = st.text_input(t("bonus.settle_reason"), key=f"settle_reason_{name}")
                with st.container(horizontal=True):
                    keep = st.form_submit_button(t("bonus.keep"), key=f"settle_keep_{name}")
                    grant = st.form_submit_button(t("bonus.grant"), key=f"settle_grant_{name}")
            if keep or grant:
                move = Objection.KEEP if keep else Objection.GRANT
                try:
                    settle_objection(room.workspace, room.viewer, name, move, reason, room.now)
                    done(t("bonus.settled"))
                except QcwError as error:
                    refused(error, room, reason, moved="rulings_moved")
                st.rerun()


def contest_boards(room: Room, view: BonusMonth) -> None:
    t = room.t
    st.caption(t("contest.says", n=room.workspace.settings.bonus.contest_calls))
    for board in boards(room.workspace, room.viewer, view.month, room.now):
        with st.container(border=True):
            _board(board, view, t)


def _board(board: Board, view: BonusMonth, t: Translator) -> None:
    code = f"contest.{board.nomination.value}"
    st.header(t(code), anchor=False)
    st.caption(t(f"{code}.says"))
    digits = 0 if all(place.value.denominator == 1 for place in board.places) else 1
    rows = [
        {
            t("contest.place"): t.number(place.place),
            t("bonus.column.agent"): view.names.get(place.agent_id, place.agent_id),
            t(f"contest.value.{board.nomination.value}"): t.number(float(place.value), digits),
        }
        for place in board.places
        if place.place <= PRAISED
    ]
    if rows:
        st.dataframe(rows, hide_index=True, height="content", alt=t(code))
    else:
        st.markdown(t("contest.nobody"))
    if board.left_out:
        with st.expander(t("contest.left_out")):
            for agent_id, why in board.left_out:
                name = view.names.get(agent_id, agent_id)
                st.caption(plain(t("contest.out_line", agent=name, why=t(f"contest_out.{why.value}"))))
