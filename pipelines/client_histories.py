"""Calls and CRM records put together by client: numbers that share a deal are one client."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from qc_workbench.detection.promise_traces import ClientHistory
from qc_workbench.domain.call import Call
from qc_workbench.domain.crm import Activity, ActivityChange, Deal, Note

_T = TypeVar("_T")


@dataclass(frozen=True)
class Client:
    calls: Sequence[Call]  # oldest first
    history: ClientHistory


def clients_of(
    calls: Sequence[Call],
    deals: Sequence[Deal],
    activities: Sequence[Activity],
    changes: Sequence[ActivityChange],
    notes: Sequence[Note],
    unreal_calls: Collection[str],
) -> Iterator[Client]:
    """Every client that has a call. A call with a hidden number is a client of its own, unknown to the CRM."""
    one_client = _Numbers()
    for deal in deals:
        for phone in deal.client_phones:
            one_client.join(deal.client_phones[0], phone)
    deal_client = {deal.deal_id: one_client.of(deal.client_phones[0]) for deal in deals if deal.client_phones}

    def client_of(deal_id: str | None, phone: str | None) -> str | None:
        return deal_client.get(deal_id or "") or (one_client.of(phone) if phone else None)

    by_calls = _grouped((one_client.of(call.client_phone), call) for call in calls if call.client_phone)
    by_deals = _grouped((deal_client.get(deal.deal_id), deal) for deal in deals)
    by_activities = _grouped((client_of(item.deal_id, item.client_phone), item) for item in activities)
    by_notes = _grouped((client_of(note.deal_id, note.client_phone), note) for note in notes)
    by_activity = _grouped((change.activity_id, change) for change in changes)
    for phone, own in by_calls.items():
        tasks = by_activities.get(phone, [])
        moves = [change for task in tasks for change in by_activity.get(task.activity_id, [])]
        history = ClientHistory(own, tasks, moves, by_notes.get(phone, []), by_deals.get(phone, []), unreal_calls)
        yield Client(own, history)
    for call in calls:
        if call.client_phone is None:
            yield Client((call,), ClientHistory((call,), unreal_calls=unreal_calls))


def _grouped(pairs: Iterable[tuple[str | None, _T]]) -> dict[str, list[_T]]:
    groups: dict[str, list[_T]] = {}
    for key, value in pairs:
        if key is not None:
            groups.setdefault(key, []).append(value)
    return groups


class _Numbers:
    """Which numbers are one client (disjoint sets)."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def of(self, phone: str) -> str:
        while self._parent.get(phone, phone) != phone:
            phone = self._parent[phone]
        return phone

    def join(self, first: str, second: str) -> None:
        a, b = self.of(first), self.of(second)
        if a != b:
            self._parent[max(a, b)] = min(a, b)
