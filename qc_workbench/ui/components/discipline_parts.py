"""Parts of the room of order: what is looked at, the table of rules and agents, the trend, what is to be returned."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Final

import streamlit as st

from qc_workbench.domain.violation import ViolationKind
from qc_workbench.reporting.exports import safe_cell
from qc_workbench.sampling.trends import Span
from qc_workbench.ui.address import code_of
from qc_workbench.ui.components.blocks import nothing, picked
from qc_workbench.ui.components.discipline_list import breach_desk
from qc_workbench.ui.components.discipline_plots import ACROSS, days_plot, heat_table
from qc_workbench.ui.components.pager import page_of, pager
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.state import Room, put_in_address, remember, remembered
from qc_workbench.ui.team_words import period_name
from qc_workbench.ui.views.discipline import (
    Logged,
    OrderBoard,
    OrderChoice,
    lead_exchange,
    logged_calls,
    order_board,
    order_choice,
    trend,
)

PARTS: Final = ("table", "rulings", "logged", "exchange", "consent", "rules")
_RULE, _AGENT, _HEAT = "order_rule", "order_agent", "order_heat"
#: The rules of the rows, for the click on a cell.
_KINDS: Final = "order_kinds"
#: What the room keeps in its address: a field of the table that is sent to somebody opens the same list.
_ADDRESS: Final = ("agent", "rule")
#: Lines of a page.
_PAGE: Final = 20


def choose_order(room: Room) -> OrderChoice:
    """Time and team: kept while one goes elsewhere and back."""
    t, state = room.t, st.session_state
    span = state.get("order_span") or Span.MONTH
    found = order_choice(
        room.workspace, room.viewer, room.now, span, state.get(f"order_first_{span}"), state.get("order_team")
    )
    today = room.now.astimezone(room.workspace.settings.company.zone).date()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            t("team.span"), list(Span), default=span, required=True, format_func=lambda item: t(f"team.span.{item}"),
            key="order_span", persist_state="session",
        )  # fmt: skip
        st.selectbox(
            t("team.period"), found.firsts, index=found.firsts.index(found.first), width=260,
            format_func=lambda first: period_name(first, span, t, today), key=f"order_first_{span}",
            persist_state="session",
        )  # fmt: skip
        if found.teams:
            names = {item.team_id: item.name for item in found.teams}
            st.selectbox(
                t("team.team"), names, index=None, placeholder=t("team.everybody"), width=260,
                format_func=names.__getitem__, key="order_team", persist_state="session",
            )  # fmt: skip
    return found


def choose_part(room: Room) -> str:
    t = room.t
    chosen = st.segmented_control(
        t("discipline.part"), PARTS, default=PARTS[0], required=True, key="order_part", label_visibility="collapsed",
        wrap=True, format_func=lambda part: t(f"discipline_part.{part}"), persist_state="session",
    )  # fmt: skip
    return chosen or PARTS[0]


def table_and_list(room: Room, choice: OrderChoice) -> None:
    """The table, the days, and the breaches behind the field that is chosen."""
    t = room.t
    board = order_board(room.workspace, room.viewer, choice)
    if not board.cells:
        nothing(t("discipline.none"))
        return
    _from_address(board)
    tiles = st.grid(3, min_column_width=200)
    said = ((board.opened, "opened"), (board.standing, "standing"), (len(board.agents), "agents"))
    for number, name in said:
        with tiles.container(border=True, height="stretch"):
            st.metric(t(f"discipline.{name}"), t.number(number), help=t(f"discipline.{name}_help"))
    st.header(t("discipline.table"), anchor=False)
    st.caption(t("discipline.table_says"))
    standing = st.toggle(t("discipline.only_standing"), key="order_standing", persist_state="session")
    key = f"order_agents_{choice.first}_{choice.span}"
    at = pager(len(board.agents), ACROSS, t, key)
    shown = board.agents[(at - 1) * ACROSS : at * ACROSS]
    st.session_state[_KINDS] = [kind.value for kind in board.kinds]
    heat_table(board, shown, t, _HEAT, standing=standing, picked=_clicked)
    agent_id, kind = _narrowed(board, t)
    st.header(t("discipline.days"), anchor=False)
    days_plot(trend(room.workspace, choice, room.now, agent_id, kind), t)
    breach_desk(room, choice, board, agent_id, kind, only_standing=standing)


def _clicked() -> None:
    """A cell of the table was clicked: the list is about it. Another click on it shows everything again."""
    cells = st.session_state[_HEAT]["selection"]["cells"]
    kinds = st.session_state.get(_KINDS, ())
    row, agent = cells[0] if cells else (None, None)
    st.session_state[_RULE] = None if row is None or row >= len(kinds) else kinds[row]
    st.session_state[_AGENT] = agent if agent != "_index" else None


def _from_address(board: OrderBoard) -> None:
    """What the address asks for, once; from then on what is chosen here."""
    asked = "&".join(st.query_params.get(name, "") for name in _ADDRESS)
    if remembered("order_address") == asked and _RULE in st.session_state:
        return
    kind, agent = code_of(ViolationKind, st.query_params.get("rule")), st.query_params.get("agent")
    st.session_state[_RULE] = kind.value if kind in board.kinds else None
    st.session_state[_AGENT] = agent if agent in board.agents else None


def _narrowed(board: OrderBoard, t: Translator) -> tuple[str | None, ViolationKind | None]:
    """The same two choices without a mouse, and how to take them back."""
    if st.session_state.get(_AGENT) not in board.agents:
        st.session_state[_AGENT] = None
    if code_of(ViolationKind, st.session_state.get(_RULE)) not in board.kinds:
        st.session_state[_RULE] = None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        names = {agent: board.name(agent) for agent in sorted(board.agents, key=board.name)}
        agent = st.selectbox(
            t("column.agent"), names, index=None, format_func=names.__getitem__, placeholder=t("calls.all_agents"),
            key=_AGENT, width=300,
        )  # fmt: skip
        rules = {kind.value: t(f"violation.{kind.value}") for kind in board.kinds}
        rule = st.selectbox(
            t("breach.rule"), rules, index=None, format_func=rules.__getitem__, placeholder=t("discipline.all_rules"),
            key=_RULE, width=320,
        )  # fmt: skip
    said = {"agent": agent, "rule": rule}
    put_in_address(_ADDRESS, {name: value for name, value in said.items() if value})
    remember("order_address", f"{agent or ''}&{rule or ''}")
    return agent, code_of(ViolationKind, rule)


def exchange_list(room: Room, choice: OrderChoice) -> None:
    """Deals beyond the limit, agent by agent, and the file to hand on."""
    t = room.t
    found = lead_exchange(room.workspace, room.viewer, choice.agents)
    st.caption(t("discipline.exchange_says", n=room.workspace.settings.discipline.open_deals_at_most))
    if not found:
        nothing(t("discipline.exchange_none"))
        return
    key = "order_exchange"
    at = pager(len(found), _PAGE, t, key)
    rows = [
        {
            t("column.agent"): item.name,
            t("discipline.deal"): item.deal_id,
            t("discipline.stage"): item.deal.stage if item.deal else "—",
            t("discipline.stage_since"): t.moment(item.deal.stage_since)
            if item.deal and item.deal.stage_since
            else "—",
        }
        for item in found
    ]
    st.dataframe(rows[(at - 1) * _PAGE : at * _PAGE], hide_index=True, height="content", key=f"{key}_{at}")
    st.download_button(
        t("discipline.exchange_csv"), data=_csv(rows), file_name="lead-exchange.csv", mime="text/csv",
        on_click="ignore", key=f"{key}_csv",
    )  # fmt: skip


def _csv(rows: list[dict[str, str]]) -> bytes:
    """As Excel opens it: with a mark of its encoding, and no cell that it would take for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([safe_cell(cell) for cell in row.values()])
    return out.getvalue().encode("utf-8-sig")


def logged_table(room: Room, choice: OrderChoice) -> None:
    """Calls made beside calls entered, of everybody; of the one chosen, day by day."""
    t = room.t
    found = logged_calls(room.workspace, room.viewer, choice)
    st.caption(t("discipline.logged_says"))
    if not found:
        nothing(t("discipline.logged_none"))
        return
    key = f"order_logged_{choice.first}_{choice.span}"
    at = pager(len(found), _PAGE, t, key)
    shown = found[(at - 1) * _PAGE : at * _PAGE]
    rows = [{t("column.agent"): one.name, **_counted(one.made, one.entered, one.without_trace, t)} for one in shown]
    row = picked(rows, {}, f"{key}_{page_of(key)}", t("discipline.logged_alt"), at=0)
    _agent_days(shown[row or 0], t)


def _agent_days(one: Logged, t: Translator) -> None:
    st.header(one.name, anchor=False)
    st.dataframe(
        [
            {t("plot.day"): _day(item.day, t), **_counted(item.made, item.entered, item.without_trace, t)}
            for item in reversed(one.days)
        ],
        hide_index=True,
        height="content" if len(one.days) < _PAGE else 420,
        key=f"order_logged_days_{one.agent_id}",
    )


def _counted(made: int, entered: int, without_trace: int, t: Translator) -> dict[str, int]:
    return {t("discipline.made"): made, t("discipline.entered"): entered, t("discipline.without_trace"): without_trace}


def _day(day: date, t: Translator) -> str:
    return t.day(day, "EE, d MMM")
