"""Whose calls and of which days a list shows: chosen here, kept in the address."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from qc_workbench.ui.address import SPAN, Span, span_of
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.state import put_in_address, remember, remembered


def span_choice(agents: dict[str, str], t: Translator, key: str) -> Span:
    """``agents``: names by id. An address that is sent, reloaded or gone back to shows the same list again."""
    address = {name: st.query_params[name] for name in SPAN if name in st.query_params}
    agent_key, days_key = f"{key}_agent", f"{key}_days"
    if days_key not in st.session_state or remembered(f"{key}_address") != urlencode(address):
        asked = span_of(address)
        st.session_state[agent_key] = asked.agent
        st.session_state[days_key] = tuple(day for day in (asked.first, asked.last) if day is not None)
    named = st.session_state.get(agent_key)  # one whose calls are not for this person has none here, not everybody's
    names = agents if named is None or named in agents else {**agents, named: named}
    agent = st.selectbox(
        t("column.agent"), names, index=None, format_func=names.__getitem__, placeholder=t("calls.all_agents"),
        key=agent_key, width=300,
    )  # fmt: skip
    chosen = st.date_input(t("calls.days"), key=days_key, format="DD.MM.YYYY", width=240)
    days = chosen if isinstance(chosen, tuple) else (chosen,)
    span = Span(agent, days[0] if days else None, days[1] if len(days) > 1 else None)
    put_in_address(SPAN, span.address)
    remember(f"{key}_address", urlencode(span.address))
    return span
