"""What the CRM knows about one client: deals, steps with the moves of their dates, notes, other calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from qc_workbench.domain.call import Call
from qc_workbench.domain.contacts import without_contacts
from qc_workbench.domain.crm import Activity, ActivityChange, ChangeOrigin, Deal, Note
from qc_workbench.store.browsing import activities_of, calls_with_phones, deals_of_phones, due_moves, notes_of
from qc_workbench.store.database import Reader


@dataclass(frozen=True, slots=True)
class Step:
    """A planned or done step of the CRM and the dates it was moved from, oldest first."""

    activity: Activity
    moves: tuple[ActivityChange, ...]

    @property
    def moved_from(self) -> tuple[datetime, ...]:
        old_values = [move.old_value for move in self.moves if move.old_value]
        return tuple(datetime.fromisoformat(value) for value in old_values if _is_moment(value))

    @property
    def may_hide_moves(self) -> bool:
        """Whether a move is known only as a difference between two readings of the CRM."""
        return any(move.origin is ChangeOrigin.DIFF for move in self.moves)


@dataclass(frozen=True, slots=True)
class ClientContext:
    """``deals``: the newest first; everything else the oldest first."""

    deals: tuple[Deal, ...]
    steps: tuple[Step, ...]
    notes: tuple[Note, ...]
    earlier: tuple[Call, ...]
    later: tuple[Call, ...]

    def only(self, is_seen: Callable[[Call], bool]) -> ClientContext:
        """Of the other calls those that may be seen."""
        earlier, later = (tuple(call for call in calls if is_seen(call)) for calls in (self.earlier, self.later))
        return replace(self, earlier=earlier, later=later)


def without_client(context: ClientContext) -> ClientContext:
    """For somebody who need not know the client: what was written about them names nobody and has no number."""
    names = names_of(context.deals)
    return replace(
        context,
        deals=tuple(unnamed_deal(deal) for deal in context.deals),
        steps=tuple(replace(step, activity=unnamed_activity(step.activity, names)) for step in context.steps),
        notes=tuple(replace(note, text=without_contacts(note.text, names)) for note in context.notes),
    )


def names_of(deals: Iterable[Deal]) -> str:
    """The clients' names, as :func:`without_contacts` takes them."""
    return " ".join(deal.client_name for deal in deals if deal.client_name)


def unnamed_deal(deal: Deal) -> Deal:
    return replace(deal, client_name=None)


def unnamed_activity(activity: Activity, names: str) -> Activity:
    """Its subject without these names and any number."""
    return replace(activity, subject=without_contacts(activity.subject, names)) if activity.subject else activity


def client_context(reader: Reader, call: Call) -> ClientContext:
    phone = call.client_phone
    deals = deals_of_phones(reader, [phone] if phone else [])
    ids = [deal.deal_id for deal in deals]
    activities = activities_of(reader, ids, phone)
    moves: dict[str, list[ActivityChange]] = {}
    for move in due_moves(reader, [activity.activity_id for activity in activities]):
        moves.setdefault(move.activity_id, []).append(move)
    others = calls_with_phones(reader, [phone] if phone else [])
    return ClientContext(
        deals=tuple(deals),
        steps=tuple(Step(activity, tuple(moves.get(activity.activity_id, ()))) for activity in activities),
        notes=tuple(notes_of(reader, ids, phone)),
        earlier=tuple(other for other in others if other.started_at < call.started_at),
        later=tuple(other for other in others if other.started_at > call.started_at),
    )


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
