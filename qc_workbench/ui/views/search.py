"""Calls in which something was said: a page of results with the lines that answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from qc_workbench.domain.call import Call, Manager, Recording
from qc_workbench.domain.search import CallFilters
from qc_workbench.domain.transcript import Turn
from qc_workbench.searching.language import parse
from qc_workbench.searching.snippets import Snippet, snippets
from qc_workbench.store.browsing import calls_by_id, recordings_by_call
from qc_workbench.store.calls import managers
from qc_workbench.store.searching import find_calls, indexed_calls
from qc_workbench.store.word_index import turns_of_calls
from qc_workbench.ui.views.said import AS_SAID, Reading
from qc_workbench.workspace import Workspace

#: Calls of one page, and lines shown of each.
PAGE = 20
LINES = 2
#: Calls that can be paged through; who wants an older one narrows the search.
LISTED = 10_000


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A call that fits; ``lines``: where it does."""

    call: Call
    recording: Recording | None
    agent: str
    lines: tuple[Snippet, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """A page of calls, the newest first. ``total``: all that fit."""

    calls: tuple[FoundCall, ...]
    total: int

    @property
    def listed(self) -> int:
        return min(self.total, LISTED)


@dataclass(frozen=True, slots=True)
class SearchRoom:
    """``agents``: names by id of those whose calls may be found; ``indexed``: calls that can be found at all."""

    agents: dict[str, str]
    indexed: int


def search_room(workspace: Workspace, agents: Collection[str] | None) -> SearchRoom:
    """``agents``: whose calls the viewer may see; None: everybody's."""
    with workspace.store.reading() as reader:
        people = managers(reader)
        return SearchRoom(_names(people.values(), agents), indexed_calls(reader))


def _names(people: Collection[Manager], agents: Collection[str] | None) -> dict[str, str]:
    shown = [person for person in people if agents is None or person.manager_id in agents]
    return {person.manager_id: person.name for person in sorted(shown, key=lambda person: person.name)}


def results(
    workspace: Workspace,
    question: str,
    filters: CallFilters,
    agents: Collection[str] | None,
    page: int = 1,
    reads: Callable[[Call], Reading] = lambda _: AS_SAID,
    *,
    masked: bool = False,
) -> Results:
    """Page ``page`` (from 1) of the calls of these agents (None: everybody's) that fit; beyond the last the first.

    ``reads``: how the viewer may read a call; ``masked``: names and numbers are not found for them.
    Raises :class:`~qc_workbench.errors.UsageError` for a question that can't be read.
    """
    query = parse(question)
    zone = workspace.settings.company.zone
    with workspace.store.reading() as reader:
        found = find_calls(
            reader, query, filters, zone, agents=agents, masked=masked, limit=PAGE, offset=(page - 1) * PAGE
        )
        if found.total and not found.call_ids:
            found = find_calls(reader, query, filters, zone, agents=agents, masked=masked, limit=PAGE)
        calls = calls_by_id(reader, found.call_ids)
        recordings = recordings_by_call(reader, found.call_ids)
        turns = turns_of_calls(reader, found.call_ids)
        people = managers(reader)

    def _read(call: Call, said: Sequence[Turn]) -> Sequence[Turn]:
        return reads(call).turns(said)

    shown = [
        FoundCall(
            calls[call_id],
            recordings.get(call_id),
            people[calls[call_id].manager_id].name
            if calls[call_id].manager_id in people
            else calls[call_id].manager_id,
            snippets(query, _read(calls[call_id], turns.get(call_id, ())), LINES),
        )
        for call_id in found.call_ids
    ]
    return Results(tuple(shown), found.total)
