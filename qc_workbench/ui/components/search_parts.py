"""The search room: the question, which calls count, what was found."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Direction
from qc_workbench.domain.commitment import ClientSaid
from qc_workbench.domain.flag import FlagKind
from qc_workbench.domain.search import CallFilters, SavedSearch
from qc_workbench.errors import UsageError
from qc_workbench.searching.snippets import Snippet
from qc_workbench.ui.address import SEARCH, search_address, searched
from qc_workbench.ui.components.blocks import call_link, nothing
from qc_workbench.ui.components.pager import page_of, pager, turn_to
from qc_workbench.ui.components.player import quote_button
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room, put_in_address, remember, remembered
from qc_workbench.ui.views.said import searches_masked
from qc_workbench.ui.views.saved_searches import opened_search
from qc_workbench.ui.views.search import LISTED, PAGE, FoundCall, SearchRoom, results

_QUESTION = "search_question"
_AGENT, _DIRECTION, _DAYS = "search_agent", "search_direction", "search_days"
_FROM, _TO, _FLAG, _SAID = "search_talk_from", "search_talk_to", "search_flag", "search_said"
#: The address as this page left it; the saved search that is open, and what it asked when it was opened.
_ADDRESS, _OPENED, _OPENED_AS = "search_address", "search_opened", "search_opened_as"
#: The page of results in the address, and the one that was written there last.
_PAGE, _PAGE_WRITTEN = "page", "search_page_written"

#: Codes of questions that show what can be asked.
_EXAMPLES = ("words", "phrase", "client", "near", "greeting", "prefix")


def question_field(room: Room, view: SearchRoom) -> tuple[str, CallFilters]:
    """What is asked and of which calls.

    All of it is in the address: one that is sent, reloaded or gone back to asks the same again."""
    t = room.t
    opened = _follow_address(room)
    question = st.text_input(
        t("search.question"), key=_QUESTION, placeholder=t("search.placeholder"), icon=":material/search:"
    ).strip()
    with st.expander(t("search.conditions"), icon=":material/filter_alt:", expanded=_has_conditions()):
        filters = _filters(view, t)
    with st.expander(t("search.help_title"), icon=":material/help:"):
        st.markdown(t("search.help"))
    asked = search_address(question, filters)
    _write_address({"saved": opened} if opened and remembered(_OPENED_AS) == urlencode(asked) else asked)
    return question, filters


def _follow_address(room: Room) -> str | None:
    """Ask what the address asks, unless this page wrote it and its fields are still there; the id of the saved search
    that is open."""
    address = _read_address()
    if _QUESTION not in st.session_state or remembered(_ADDRESS) != urlencode(address):
        search_id = address.get("saved")
        item = opened_search(room.workspace, room.viewer, search_id, room.now) if search_id else None
        if search_id and item is None:
            st.warning(error_text(UsageError("search_unknown"), room.t))
        if item is None:
            ask(*searched(address))
        else:
            ask_saved(item.search)
        if item is not None and item.new:
            remember(_ADDRESS, urlencode(address))
            st.rerun()  # the sidebar was drawn before this was seen
    return remembered(_OPENED)


def _read_address() -> dict[str, str]:
    return {name: st.query_params[name] for name in SEARCH if name in st.query_params}


def _write_address(said: dict[str, str]) -> None:
    """Other calls begin at their first page."""
    if _read_address() != said:
        put_in_address((*SEARCH, _PAGE), said)
    remember(_ADDRESS, urlencode(_read_address()))


def ask(question: str, filters: CallFilters) -> None:
    """Put a question into the field; as a callback, before the field is drawn."""
    days = (filters.day_from, filters.day_to)
    values: dict[str, Any] = {
        _QUESTION: question, _AGENT: filters.agent_id, _DIRECTION: filters.direction,
        _DAYS: tuple(day for day in days if day is not None), _FROM: filters.talk_from_s, _TO: filters.talk_to_s,
        _FLAG: filters.flag, _SAID: filters.client_said,
    }  # fmt: skip
    st.session_state.update(values)
    remember(_OPENED, None)


def ask_saved(search: SavedSearch) -> None:
    """The same with a saved search, whose id the address then holds until something else is asked."""
    ask(search.question, search.filters)
    remember(_OPENED, search.search_id)
    remember(_OPENED_AS, urlencode(search_address(search.question, search.filters)))


def _has_conditions() -> bool:
    keys = (_AGENT, _DIRECTION, _DAYS, _FROM, _TO, _FLAG, _SAID)
    return any(st.session_state.get(key) not in (None, ()) for key in keys)


def _filters(view: SearchRoom, t: Translator) -> CallFilters:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = st.session_state.get(_AGENT)  # one whose calls are not for this person finds nothing, not everything
        names = view.agents if asked is None or asked in view.agents else {**view.agents, asked: asked}
        agent = st.selectbox(
            t("column.agent"), names, index=None, key=_AGENT, width=200,
            format_func=lambda name: names.get(name, name), placeholder=t("calls.all_agents"),
        )  # fmt: skip
        direction = st.selectbox(
            t("column.direction"), list(Direction), index=None, key=_DIRECTION, width=150,
            format_func=lambda kind: t(f"direction.{kind.value}"), placeholder=t("search.any"),
        )  # fmt: skip
        days = _days(t)
        least = st.number_input(
            t("search.talk_from"), min_value=0, value=None, step=10, key=_FROM, width=140, placeholder=t("search.any")
        )
        most = st.number_input(
            t("search.talk_to"), min_value=0, value=None, step=10, key=_TO, width=140, placeholder=t("search.any")
        )
        flag = st.selectbox(
            t("search.flag"), list(FlagKind), index=None, key=_FLAG, width=210,
            format_func=lambda kind: t(f"flag.{kind.value}"), placeholder=t("search.any"),
        )  # fmt: skip
        said = st.selectbox(
            t("search.client_said"), list(ClientSaid), index=None, key=_SAID, width=190,
            format_func=lambda kind: t(f"client_said.{kind.value}"), placeholder=t("search.any"),
        )  # fmt: skip
    return CallFilters(agent, direction, *days, least, most, flag, said)


def _days(t: Translator) -> tuple[date | None, date | None]:
    """The first and the last day; while only one was chosen it stands for the first."""
    if _DAYS not in st.session_state:
        st.session_state[_DAYS] = ()
    chosen = st.date_input(t("search.days"), key=_DAYS, format="DD.MM.YYYY", width=220)
    days = chosen if isinstance(chosen, tuple) else (chosen,)
    return (days[0] if days else None), (days[1] if len(days) > 1 else None)


def examples(t: Translator) -> None:
    """Questions to begin with; a press asks one."""
    st.caption(t("search.examples"))
    with st.container(horizontal=True):
        for code in _EXAMPLES:
            question = t(f"search.example.{code}")
            st.button(
                plain(question), key=f"search_example_{code}", help=t(f"search.example_says.{code}"),
                on_click=ask, args=(question, CallFilters()),
            )  # fmt: skip


def found_calls(room: Room, question: str, filters: CallFilters) -> bool:
    """The calls that fit, a page at a time; False where the question can't be read (the reason is shown)."""
    t = room.t
    key = f"search_page_{hash((question, filters))}"
    _follow_page(key)
    try:
        view = results(
            room.workspace, question, filters, room.viewer.agents(Action.SEE_CALL), page_of(key), room.reading,
            masked=searches_masked(room.workspace, room.viewer),
        )  # fmt: skip
    except UsageError as error:
        st.warning(error_text(error, t), icon=":material/edit:")
        return False
    if not view.total:
        nothing(t("search.nothing"))
        return True
    st.markdown(f"**{t('search.found', n=view.total)}**")
    if view.total > LISTED:
        st.caption(t("search.cut", n=LISTED))
    for found in view.calls:
        _card(room, found)
    _write_page(pager(view.listed, PAGE, t, key))
    return True


def _follow_page(key: str) -> None:
    """Turn to the page that the address names when it is not the one that this page wrote there."""
    asked = st.query_params.get(_PAGE, "1")
    if key not in st.session_state or remembered(_PAGE_WRITTEN) != asked:
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 1
        turn_to(min(max(1, number), LISTED // PAGE), key)


def _write_page(page: int) -> None:
    said = str(page)
    if st.query_params.get(_PAGE, "1") != said:
        put_in_address((_PAGE,), {_PAGE: said})
    remember(_PAGE_WRITTEN, said)


def _card(room: Room, found: FoundCall) -> None:
    t, call = room.t, found.call
    line = t(
        "search.call",
        moment=t.moment(call.started_at, "d MMM y, HH:mm"),
        agent=plain(found.agent),
        direction=t(f"direction.{call.direction.value}"),
        length=clock(call.talk_s),
    )
    with st.container(border=True):
        call_link(t, line, call.call_id, found.lines[0].begins_s if found.lines else None)
        for snippet in found.lines:
            button, text = st.columns([1, 5.5], gap="small", vertical_alignment="center")
            with button:
                quote_button(
                    room.address(found.recording), snippet.begins_s, snippet.ends_s, t,
                    key=f"search_play_{call.call_id}_{snippet.turn}", brief=True,
                )  # fmt: skip
            text.markdown(f"{t(f'party.{snippet.party.value}')}: {_marked(snippet)}")


def _marked(snippet: Snippet) -> str:
    """The line as Markdown, the words that answer on a coloured ground."""
    return "".join(f":orange-background[{plain(text)}]" if mark else plain(text) for text, mark in snippet.pieces)
