"""Calls, promises and deals as writing into a CRM meets them, and a CRM that is only a dictionary."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.commitment import (
    Action,
    Commitment,
    CommitmentOutcome,
    DueWindow,
    Promiser,
    SpokenCommitment,
)
from qc_workbench.domain.crm import Activity, ActivityType, Deal, DealStatus
from qc_workbench.domain.crm_write import CrmWrite, KeptWrite
from qc_workbench.errors import SourceUnreachable
from qc_workbench.sources.connector import CrmOrder, Written

#: A Wednesday, 12:00 in Moscow.
NOW = datetime(2026, 10, 7, 9, 0, tzinfo=UTC)
PHONE = "+79160000001"


def call(number: int = 1, **changes: Any) -> Call:
    """An answered incoming call of yesterday."""
    values: dict[str, Any] = {
        "call_id": f"tel:{number}", "started_at": NOW - timedelta(days=1, minutes=number),
        "direction": Direction.INBOUND, "manager_id": "m1", "client_phone": PHONE, "talk_s": 120.0,
        "outcome": Outcome.ANSWERED,
    }  # fmt: skip
    return Call(**(values | changes))


def promise(call_id: str = "tel:1", **changes: Any) -> Commitment:
    """A callback promised for tomorrow at three, without a task."""
    due = changes.pop("due", DueWindow(date(2026, 10, 8), date(2026, 10, 8), time(15, 0), time(16, 0)))
    outcome = changes.pop("outcome", CommitmentOutcome.SCHEDULED)
    reasons = changes.pop("reasons", ("not_due_yet", "no_task_yet"))
    activity_id = changes.pop("activity_id", None)
    values: dict[str, Any] = {
        "commitment_id": f"{call_id}-p", "call_id": call_id, "by": Promiser.AGENT, "action": Action.CALLBACK,
        "quote": "Перезвоню вам завтра после трёх", "start_s": 64.5, "end_s": 68.0, "due": due,
    }  # fmt: skip
    return Commitment(SpokenCommitment(**(values | changes)), outcome, activity_id, reasons=reasons)


def deal(number: int = 1, **changes: Any) -> Deal:
    values: dict[str, Any] = {
        "deal_id": f"crm:{number}", "client_phones": (PHONE,), "manager_id": "m1", "stage": "Новая",
        "status": DealStatus.OPEN, "created_at": NOW - timedelta(days=30),
    }  # fmt: skip
    return Deal(**(values | changes))


def activity(number: int = 1, **changes: Any) -> Activity:
    values: dict[str, Any] = {
        "activity_id": f"crm:a{number}", "manager_id": "m1", "type": ActivityType.CALL, "created_at": NOW,
        "deal_id": "crm:1",
    }  # fmt: skip
    return Activity(**(values | changes))


def order_of(item: KeptWrite) -> CrmOrder:
    write = item.write
    return CrmOrder(write, write.deal_id and write.deal_id.removeprefix("crm:"), "5", "7")


@dataclass
class DictionaryCrm:
    """A CRM that keeps what it is given by its marker, as often as it is given. ``then``: done after a write is kept
    and before the answer; ``instead``: raised before anything is kept, once each."""

    there: list[CrmWrite] = field(default_factory=list)
    looked_for: list[str] = field(default_factory=list)
    then: Callable[[CrmWrite], None] = lambda _: None
    instead: list[Exception] = field(default_factory=list)

    def find(self, order: CrmOrder) -> Written | None:
        self.looked_for.append(order.write.marker)
        found = [place for place, item in enumerate(self.there) if item.marker == order.write.marker]
        return Written(str(found[0]), f"https://crm.example/{found[0]}") if found else None

    def write(self, order: CrmOrder) -> Written:
        if self.instead:
            raise self.instead.pop(0)
        self.there.append(order.write)
        self.then(order.write)
        return Written(str(len(self.there) - 1), f"https://crm.example/{len(self.there) - 1}")

    def close(self) -> None:
        pass


def no_answer(_: CrmWrite) -> None:
    raise SourceUnreachable("source_unreachable", source="crm", detail="ReadTimeout")
