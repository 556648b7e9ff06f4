"""Promises by what became of them, with the words, the CRM and the next calls beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.commitment import KEPT_OUTCOMES, Commitment
from qc_workbench.domain.crm import Activity, ActivityChange, Deal
from qc_workbench.review.promises import Column
from qc_workbench.store.browsing import (
    activities_by_id,
    calls_by_id,
    commitments_as_of,
    due_moves,
    following_calls,
    recordings_by_call,
)
from qc_workbench.store.promises import PromiseTally, promise_tallies, promises_in_column
from qc_workbench.store.scoping import Stretch
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

__all__ = ["PAGE", "Board", "Column", "Promise", "PromisePage", "board", "promise_page"]

#: Calls after the promise that a card shows.
SHOWN_CALLS = 3
#: Cards of one page.
PAGE = 20


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise with its three sources: the words, the activity with its moves, the calls.

    ``deciding``: the call that kept the promise or came too late, also one that is not among the next few.
    """

    commitment: Commitment
    call: Call
    recording: Recording | None
    deal: Deal | None
    activity: Activity | None
    moves: tuple[ActivityChange, ...]
    next_calls: tuple[Call, ...]
    deciding: str | None


@dataclass(frozen=True, slots=True)
class Board:
    """The board as numbers; the promises come by pages: :func:`promise_page`.

    ``today``: the day of the company that the outcomes stand at. ``within``: only promises made in calls with clients
    of this time.
    """

    tallies: tuple[PromiseTally, ...]
    people: Directory
    as_of: datetime | None
    today: date
    within: Stretch | None = None

    @property
    def agents(self) -> tuple[str, ...]:
        """Ids of agents in whose calls something was promised, in order of their names."""
        return tuple(sorted({tally.manager_id for tally in self.tallies}, key=self.people.agent))

    def count(self, column: Column | None, manager_id: str | None = None) -> int:
        """``column`` None: all of them."""
        return sum(
            tally.promises
            for tally in self.tallies
            if column in (None, tally.column) and manager_id in (None, tally.manager_id)
        )

    def kept(self, manager_id: str | None = None) -> int:
        return sum(self.count(Column(outcome.value), manager_id) for outcome in KEPT_OUTCOMES)


@dataclass(frozen=True, slots=True)
class PromisePage:
    promises: tuple[Promise, ...]
    people: Directory


def board(workspace: Workspace, viewer: Viewer, within: Stretch | None = None) -> Board:
    zone = workspace.settings.company.zone
    with workspace.store.reading() as reader:
        as_of = commitments_as_of(reader)
        today = (as_of.astimezone(zone) if as_of else datetime.now(zone)).date()
        found = promise_tallies(reader, today, viewer.agents(Action.SEE_CALL), within)
        return Board(tuple(found), directory(reader, ()), as_of, today, within)


def promise_page(
    workspace: Workspace, viewer: Viewer, view: Board, column: Column | None, manager_id: str | None, page: int
) -> PromisePage:
    """Page ``page`` (from 1) of a column or of all of them, the oldest due date first."""
    mine = viewer.among(Action.SEE_CALL, manager_id)
    with workspace.store.reading() as reader:
        found = promises_in_column(reader, column, view.today, mine, PAGE, (page - 1) * PAGE, view.within)
        calls = calls_by_id(reader, {item.spoken.call_id for item in found})
        recordings = recordings_by_call(reader, calls)
        following = following_calls(reader, calls.values(), SHOWN_CALLS)
        activities = activities_by_id(reader, {item.activity_id for item in found if item.activity_id})
        moves = due_moves(reader, activities)
        deciding = calls_by_id(reader, {item.story.call_id for item in found if item.story and item.story.call_id})
        people = directory(reader, {call.client_phone for call in calls.values()}, viewer)
    return PromisePage(
        tuple(
            Promise(
                commitment=item,
                call=(call := calls[item.spoken.call_id]),
                recording=recordings.get(call.call_id),
                deal=people.deal(call.client_phone),
                activity=activities.get(item.activity_id) if item.activity_id else None,
                moves=tuple(move for move in moves if move.activity_id == item.activity_id),
                next_calls=_seen(viewer, _with(following.get(call.call_id, ()), decided := _deciding(item, deciding))),
                deciding=decided.call_id if decided else None,
            )
            for item in found
        ),
        people,
    )


def _deciding(commitment: Commitment, calls: Mapping[str, Call]) -> Call | None:
    return calls.get(commitment.story.call_id or "") if commitment.story else None


def _seen(viewer: Viewer, calls: Sequence[Call]) -> tuple[Call, ...]:
    """Those of the calls that this person may see: the sentence says when a colleague called, nothing says who."""
    return tuple(call for call in calls if viewer.may(Action.SEE_CALL, call.manager_id))


def _with(calls: Sequence[Call], deciding: Call | None) -> tuple[Call, ...]:
    """The next calls and the one that decides, which may be later or from another number of the client."""
    if deciding is None or any(call.call_id == deciding.call_id for call in calls):
        return tuple(calls)
    return tuple(sorted([*calls, deciding], key=lambda call: call.started_at))
