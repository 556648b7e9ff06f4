"""Searches that a person keeps or others share: the list with what is new, and what can be done to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qc_workbench.domain.access import Action, Scope
from qc_workbench.domain.search import CallFilters, SavedSearch
from qc_workbench.errors import UsageError
from qc_workbench.review.searches import saved
from qc_workbench.store import saved_searches as rows
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import insert
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ListedSearch:
    """``new``: calls that fit and were indexed since this person looked, as counted when the index grew
    (``pipelines/tell_watchers.py``); None: they do not watch it.

    ``can_remove``: it is theirs, or they plan what is listened to.
    """

    search: SavedSearch
    saved_by: str
    new: int | None
    can_remove: bool


def listed_searches(workspace: Workspace, viewer: Viewer) -> tuple[ListedSearch, ...]:
    """What this person sees: their own searches, and the shared ones if they hear more than their own calls."""
    with workspace.store.reading() as reader:
        kept = rows.searches_of(reader, viewer.person_id, shared=sees_shared(viewer))
        return tuple(
            ListedSearch(
                item.search,
                item.saved_by_name or item.search.saved_by,
                item.new,
                _may_remove(viewer, item.search),
            )
            for item in kept
        )


def new_calls(workspace: Workspace, viewer: Viewer) -> int:
    """New calls in all searches that this person watches: asked for every page, so it is one small row."""
    if not viewer.may(Action.SEARCH):
        return 0
    with workspace.store.reading() as reader:
        return rows.new_for(reader, viewer.person_id, shared=sees_shared(viewer))


def opened_search(workspace: Workspace, viewer: Viewer, search_id: str, at: datetime) -> ListedSearch | None:
    """A search as its address opens it; whoever watches it has seen with that what is new.

    None where it is not, or not for this person: nobody learns which.
    """
    item = next((item for item in listed_searches(workspace, viewer) if item.search.search_id == search_id), None)
    if item is not None and item.new is not None:
        workspace.store.write(rows.watched(search_id, viewer.person_id, at))
    return item


def sees_shared(viewer: Viewer) -> bool:
    """Agents do not: shared searches say what the department listens for."""
    return viewer.reach(Action.SEE_CALL) >= Scope.TEAM


def may_target(viewer: Viewer) -> bool:
    """Whether this person may have a search fill the targeted queue."""
    return viewer.may(Action.PLAN_LISTENING)


def _may_remove(viewer: Viewer, search: SavedSearch) -> bool:
    return search.saved_by == viewer.person_id or (search.is_shared and may_target(viewer))


def save_search(
    workspace: Workspace,
    viewer: Viewer,
    name: str,
    question: str,
    filters: CallFilters,
    at: datetime,
    *,
    is_shared: bool,
    targeted_a_day: int | None,
) -> SavedSearch:
    """Keep a search; its author watches it from now on. Raises UsageError, see :func:`~.review.searches.saved`."""
    viewer.require(Action.SEARCH)
    if targeted_a_day is not None:
        viewer.require(Action.PLAN_LISTENING)
    search = saved(
        name, question, filters, viewer.person_id, at,
        is_shared=is_shared and sees_shared(viewer), targeted_a_day=targeted_a_day,
    )  # fmt: skip
    workspace.store.write(
        insert("saved_searches", rows.saved_row(search)),
        rows.watched(search.search_id, viewer.person_id, at),
        audit_entry(at, viewer.name, "search_saved", search.search_id, targeted_a_day=targeted_a_day),
    )
    return search


def watch(workspace: Workspace, viewer: Viewer, search_id: str, at: datetime) -> None:
    """Watch a search from now on; for one that is watched: what was found until now has been seen."""
    _require_visible(workspace, viewer, search_id)
    workspace.store.write(rows.watched(search_id, viewer.person_id, at))


def unwatch(workspace: Workspace, viewer: Viewer, search_id: str) -> None:
    workspace.store.write(rows.unwatched(search_id, viewer.person_id))


def remove_search(workspace: Workspace, viewer: Viewer, search_id: str, at: datetime) -> None:
    """Take a search off everybody's list; :func:`restore_search` takes that back."""
    _change(workspace, viewer, search_id, "search_removed", at, at)


def restore_search(workspace: Workspace, viewer: Viewer, search_id: str, at: datetime) -> None:
    _change(workspace, viewer, search_id, "search_restored", None, at)


def _change(
    workspace: Workspace, viewer: Viewer, search_id: str, action: str, removed_at: datetime | None, at: datetime
) -> None:
    search = _require_visible(workspace, viewer, search_id)
    if not _may_remove(viewer, search):
        raise UsageError("search_not_yours")
    workspace.store.write(rows.removal(search_id, removed_at), audit_entry(at, viewer.name, action, search_id))


def _require_visible(workspace: Workspace, viewer: Viewer, search_id: str) -> SavedSearch:
    with workspace.store.reading() as reader:
        search = rows.saved_search(reader, search_id)
    if search is None or not (search.saved_by == viewer.person_id or (search.is_shared and sees_shared(viewer))):
        raise UsageError("search_unknown")
    return search
