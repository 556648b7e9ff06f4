"""Searches kept under a name: what is new in each, opening, watching, keeping and removing them."""

from __future__ import annotations

import streamlit as st

from qc_workbench.domain.search import CallFilters
from qc_workbench.errors import UsageError
from qc_workbench.review.searches import MOST_A_DAY, MOST_NAME
from qc_workbench.ui.components.search_parts import ask_saved
from qc_workbench.ui.labels import error_text, plain
from qc_workbench.ui.state import Room, enter, remember, remembered
from qc_workbench.ui.views.saved_searches import (
    ListedSearch,
    listed_searches,
    may_target,
    remove_search,
    restore_search,
    save_search,
    sees_shared,
    unwatch,
    watch,
)

_REMOVED, _WRONG = "search_removed", "search_wrong"


def saved_list(room: Room) -> None:
    """The searches of this person and the shared ones, those with something new marked."""
    t = room.t
    listed = listed_searches(room.workspace, room.viewer)
    new = sum(item.new or 0 for item in listed)
    st.header(t("search.saved"), anchor=False)
    if new:
        st.markdown(f":red-badge[{t('search.new_in_all', n=new)}]")
    _undo(room)
    if not listed:
        st.caption(t("search.saved_none"))
    for item in listed:
        _row(room, item)


def _row(room: Room, item: ListedSearch) -> None:
    t, search = room.t, item.search
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.button(
                plain(search.name), key=f"search_open_{search.search_id}", type="tertiary", help=plain(search.question),
                on_click=_open, args=(item,),
            )  # fmt: skip
            if item.new:
                st.markdown(f":red-badge[{t('search.new', n=item.new)}]", width="content")
        notes = [t("search.by", name=plain(item.saved_by))] if search.is_shared else [t("search.only_mine")]
        if search.targeted_a_day is not None:
            notes.append(t("search.targets", n=search.targeted_a_day))
        st.caption(" · ".join(notes))
        with st.container(horizontal=True, gap="small"):
            if item.new is None:
                st.button(
                    t("search.watch"), icon=":material/notifications:", key=f"search_watch_{search.search_id}",
                    on_click=_watch, args=(search.search_id,),
                )  # fmt: skip
            else:
                st.button(
                    t("search.unwatch"), icon=":material/notifications_off:", key=f"search_unwatch_{search.search_id}",
                    on_click=_unwatch, args=(search.search_id,),
                )  # fmt: skip
            if item.can_remove:
                st.button(
                    t("search.remove"), icon=":material/delete:", key=f"search_remove_{search.search_id}",
                    on_click=_remove, args=(search.search_id,),
                )  # fmt: skip


# Pressed: before the page is drawn anew, so each asks again who it is.


def _open(item: ListedSearch) -> None:
    """Ask it; whoever watches it has seen what is new with that."""
    ask_saved(item.search)
    if item.new is not None:
        _watch(item.search.search_id)


def _watch(search_id: str) -> None:
    room = enter()
    watch(room.workspace, room.viewer, search_id, room.now)


def _unwatch(search_id: str) -> None:
    room = enter()
    unwatch(room.workspace, room.viewer, search_id)


def _remove(search_id: str) -> None:
    room = enter()
    remove_search(room.workspace, room.viewer, search_id, room.now)
    remember(_REMOVED, search_id)


def _undo(room: Room) -> None:
    removed = remembered(_REMOVED)
    if removed is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(room.t("search.removed"), width="content")
        st.button(room.t("search.undo"), icon=":material/undo:", key="search_undo", on_click=_restore, args=(removed,))


def _restore(search_id: str) -> None:
    room = enter()
    restore_search(room.workspace, room.viewer, search_id, room.now)
    remember(_REMOVED, None)


def keep_form(room: Room, question: str, filters: CallFilters) -> None:
    """Keeping the search that is on the page under a name."""
    t = room.t
    with st.expander(t("search.keep"), icon=":material/bookmark_add:"):
        st.text_input(t("search.name"), key="search_name", max_chars=MOST_NAME)
        if sees_shared(room.viewer):
            st.checkbox(t("search.share"), key="search_share")
        if may_target(room.viewer):
            st.number_input(
                t("search.a_day"), min_value=1, max_value=MOST_A_DAY, value=None, key="search_a_day",
                placeholder=t("search.a_day_none"), help=t("search.a_day_help"),
            )  # fmt: skip
        st.button(t("search.save"), type="primary", key="search_save", on_click=_save, args=(question, filters))
        wrong = remembered(_WRONG)
        if wrong:
            st.warning(wrong)


def _save(question: str, filters: CallFilters) -> None:
    room, state = enter(), st.session_state
    try:
        save_search(
            room.workspace, room.viewer, state["search_name"], question, filters, room.now,
            is_shared=bool(state.get("search_share")), targeted_a_day=state.get("search_a_day"),
        )  # fmt: skip
    except UsageError as error:
        remember(_WRONG, error_text(error, room.t))
        return
    remember(_WRONG, None)
    state.update({"search_name": "", "search_share": False, "search_a_day": None})
