"""Promises by what became of them, with the words, the CRM and the next calls beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.commitment import Commitment, CommitmentOutcome
from qc_workbench.domain.crm import Activity, Deal
from qc_workbench.store import verdicts
from qc_workbench.store.browsing import (
    activities_by_id,
    calls_by_id,
    calls_with_phones,
    commitments_as_of,
    recordings_by_call,
)
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

#: Calls after the promise that a card shows.
SHOWN_CALLS = 3


class Column(StrEnum):
    """A column of the board: an outcome, with what is due today taken out of the planned ones."""

    MISSING = "missing"
    OVERDUE = "overdue"
    DRAGGED = "dragged"
    SCHEDULED_LATE = "scheduled_late"
    DUE_TODAY = "due_today"
    SCHEDULED = "scheduled"
    KEPT = "kept"
    KEPT_UNLOGGED = "kept_unlogged"


@dataclass(frozen=True, slots=True)
class Promise:
    commitment: Commitment
    column: Column
    call: Call
    recording: Recording | None
    deal: Deal | None
    activity: Activity | None
    next_calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Board:
    promises: tuple[Promise, ...]
    people: Directory
    as_of: datetime | None

    def column(self, column: Column) -> tuple[Promise, ...]:
        return tuple(promise for promise in self.promises if promise.column is column)

    def count(self, column: Column) -> int:
        return len(self.column(column))


def column_of(commitment: Commitment, today: date) -> Column:
    due = commitment.spoken.due
    if commitment.outcome is CommitmentOutcome.SCHEDULED and due.due_from <= today <= due.due_to:
        return Column.DUE_TODAY
    return Column(commitment.outcome.value)


def board(workspace: Workspace, manager_id: str | None = None) -> Board:
    """All promises, of one agent if given; the oldest due date first."""
    zone = workspace.settings.company.zone
    with workspace.store.reading() as reader:
        commitments = verdicts.commitments(reader)
        as_of = commitments_as_of(reader)
        ids = {item.spoken.call_id for item in commitments}
        calls = calls_by_id(reader, ids)
        recordings = recordings_by_call(reader, ids)
        phones = {call.client_phone for call in calls.values() if call.client_phone}
        later: dict[str, list[Call]] = {}
        for call in calls_with_phones(reader, phones):
            later.setdefault(call.client_phone or "", []).append(call)
        activities = activities_by_id(reader, {item.activity_id for item in commitments if item.activity_id})
        people = directory(reader, phones)
    today = (as_of.astimezone(zone) if as_of else datetime.now(zone)).date()
    promises = tuple(
        Promise(
            commitment=item,
            column=column_of(item, today),
            call=origin,
            recording=recordings.get(origin.call_id),
            deal=people.deal(origin.client_phone),
            activity=activities.get(item.activity_id) if item.activity_id else None,
            next_calls=tuple(
                other for other in later.get(origin.client_phone or "", ()) if other.started_at > origin.started_at
            )[:SHOWN_CALLS],
        )
        for item in commitments
        if (origin := calls.get(item.spoken.call_id)) and manager_id in (None, origin.manager_id)
    )
    return Board(promises, people, as_of)
