"""Turning the pages of a long list. A list that fits on one page shows nothing of it."""

from __future__ import annotations

import streamlit as st

from qc_workbench.ui.i18n import Translator

#: Width of a button of the pager with the gap beside it, air that Streamlit wants besides, most numbers shown.
_BUTTON_PX = 36
_AIR_PX = 28
_BUTTONS = 7


def pager(total: int, of_page: int, t: Translator, key: str) -> int:
    """The number (from 1) of the page shown. ``key`` must differ with what is filtered, so that each list starts at 1.

    The buttons take Tab and Enter; beside them stands which rows of how many are shown.
    """
    pages = max(1, -(-total // of_page))
    if page_of(key) > pages:
        turn_to(1, key)  # the list became shorter meanwhile
    if pages == 1:
        return 1
    with st.container(horizontal=True, vertical_alignment="center"):
        # Without a width of its own it shows the number of one page only, where there are few.
        page = st.pagination(pages, key=key, width=_BUTTON_PX * (min(pages, _BUTTONS) + 2) + _AIR_PX)
        first, last = (page - 1) * of_page + 1, min(page * of_page, total)
        st.caption(t("pager.shown", first=t.number(first), last=t.number(last), total=t.number(total)), width="content")
    return page


def page_of(key: str) -> int:
    """The page that the pager of this key shows, before it is drawn."""
    return int(st.session_state.get(key, 1))


def turn_to(page: int, key: str) -> None:
    """Have the pager of this key show a page; before it is drawn."""
    st.session_state[key] = page


def choose_agent(agents: dict[str, str], t: Translator, key: str) -> str | None:
    """The id of an agent, or None for all of them. ``agents``: names by id."""
    return st.selectbox(
        t("column.agent"),
        agents,
        index=None,
        format_func=agents.__getitem__,
        placeholder=t("calls.all_agents"),
        key=key,
        label_visibility="collapsed",
        width=320,
    )
