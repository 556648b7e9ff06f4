"""Which promises are listed: whose, of which days, of which column."""

from __future__ import annotations

from typing import Final

import streamlit as st

from qc_workbench.ui.address import Span, code_of
from qc_workbench.ui.components.promise_card import column_name
from qc_workbench.ui.components.span_choice import span_choice
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.state import Room
from qc_workbench.ui.views.call import agents
from qc_workbench.ui.views.promises import Board, Column

#: All columns together, in the address and among the choices.
ALL: Final = "all"


def choose_span(room: Room) -> Span:
    """Nothing is asked where there is nobody to choose."""
    names = agents(room.workspace, room.viewer)
    if not names:
        return Span()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        return span_choice(names, room.t, "promises")


def choose_column(view: Board, agent: str | None, t: Translator) -> Column | None:
    """A column of the board, at first the one that the address names, else the first with a promise; None: all."""
    asked = st.query_params.get("outcome", "")
    first = next((column for column in Column if view.count(column, agent)), Column.MISSING)

    def named(code: str) -> str:
        column = code_of(Column, code)
        name = t("promises.all") if column is None else column_name(column, t)
        return f"{name} · {t.number(view.count(column, agent))}"

    chosen = st.segmented_control(
        t("promises.filter"),
        [*Column, ALL],
        default=asked if asked in {*Column, ALL} else first,
        required=True,
        format_func=named,
        key="promises_column",
        label_visibility="collapsed",
        wrap=True,
    )
    column = code_of(Column, chosen or first)
    st.caption(t("promises.all_says") if column is None else t(f"column_says.{column.value}"))
    return column


def kept_line(view: Board, span: Span, t: Translator) -> None:
    """How many of the time's promises were kept."""
    if span.has_days:
        total, kept = view.count(None, span.agent), view.kept(span.agent)
        st.markdown(t("promises.kept_of", kept=t.number(kept), total=t.number(total)))
