"""What the CRM knows about one client: deals, steps with the moves of their dates, notes, other calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from qc_workbench.domain.call import Call
from qc_workbench.domain.crm import Activity, ActivityChange, Deal, Note
from qc_workbench.store.browsing import activities_of, calls_with_phones, deals_of_phones, due_moves, notes_of
from qc_workbench.store.database import Reader
from qc_workbench.ui.i18n import without_contacts


@dataclass(frozen=True, slots=True)
class Step:
    """A planned or done step of the CRM and the dates it was moved from, oldest first."""

    activity: Activity
    moves: tuple[ActivityChange, ...]

    @property
    def moved_from(self) -> tuple[datetime, ...]:
        old_values = [move.old_value for move in self.moves if move.old_value]
        return tuple(datetime.fromisoformat(value) for value in old_values if _is_moment(value))


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
    names = " ".join(deal.client_name for deal in context.deals if deal.client_name)

    def step(item: Step) -> Step:
        subject = item.activity.subject
        return (
            item
            if not subject
            else replace(item, activity=replace(item.activity, subject=without_contacts(subject, names)))
        )

    return replace(
        context,
        deals=tuple(replace(deal, client_name=None) for deal in context.deals),
        steps=tuple(step(item) for item in context.steps),
        notes=tuple(replace(note, text=without_contacts(note.text, names)) for note in context.notes),
    )


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
