"""Promises by what became of them, with the words, the CRM and the next calls beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.commitment import Commitment
from qc_workbench.domain.crm import Activity, Deal
from qc_workbench.review.promises import Column
from qc_workbench.store.browsing import (
    activities_by_id,
    calls_by_id,
    commitments_as_of,
    following_calls,
    recordings_by_call,
)
from qc_workbench.store.promises import agents_who_promised, column_counts, promises_in_column
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

__all__ = ["PAGE", "Board", "Column", "Promise", "PromisePage", "board", "promise_page"]

#: Calls after the promise that a card shows.
SHOWN_CALLS = 3
#: Cards of one page.
PAGE = 20


@dataclass(frozen=True, slots=True)
class Promise:
    commitment: Commitment
    call: Call
    recording: Recording | None
    deal: Deal | None
    activity: Activity | None
    next_calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """The board as numbers. ``today``: the day of the company that the outcomes stand at."""

    counts: Mapping[Column, int]
    agents: tuple[str, ...]
    people: Directory
    as_of: datetime | None
    today: date


@dataclass(frozen=True, slots=True)
class PromisePage:
    promises: tuple[Promise, ...]
    people: Directory


def board(workspace: Workspace, manager_id: str | None = None) -> Board:
    """How many promises stand in each column, of one agent's calls if given."""
    zone = workspace.settings.company.zone
    with workspace.store.reading() as reader:
        as_of = commitments_as_of(reader)
        today = (as_of.astimezone(zone) if as_of else datetime.now(zone)).date()
        people = directory(reader, ())
        agents = sorted(agents_who_promised(reader), key=people.agent)
        return Board(column_counts(reader, today, manager_id), tuple(agents), people, as_of, today)


def promise_page(workspace: Workspace, view: Board, column: Column, manager_id: str | None, page: int) -> PromisePage:
    """Page ``page`` (from 1) of a column, the oldest due date first."""
    with workspace.store.reading() as reader:
        found = promises_in_column(reader, column, view.today, manager_id, PAGE, (page - 1) * PAGE)
        calls = calls_by_id(reader, {item.spoken.call_id for item in found})
        recordings = recordings_by_call(reader, calls)
        following = following_calls(reader, calls.values(), SHOWN_CALLS)
        activities = activities_by_id(reader, {item.activity_id for item in found if item.activity_id})
        people = directory(reader, {call.client_phone for call in calls.values()})
    return PromisePage(
        tuple(
            Promise(
                commitment=item,
                call=(call := calls[item.spoken.call_id]),
                recording=recordings.get(call.call_id),
                deal=people.deal(call.client_phone),
                activity=activities.get(item.activity_id) if item.activity_id else None,
                next_calls=tuple(following.get(call.call_id, ())),
            )
            for item in found
        ),
        people,
    )
