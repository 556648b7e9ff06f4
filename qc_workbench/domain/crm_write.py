"""What the workbench wants to put into a CRM, and what became of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final


class WriteKind(StrEnum):
    """In the order in which one call's writes make sense: a deal before what goes into it."""

    NEW_DEAL = "new_deal"  # with the person behind the number
    TRACKING_FIELDS = "tracking_fields"
    CALLBACK_TASK = "callback_task"
    CALL_ACTIVITY = "call_activity"
    CALL_NOTE = "call_note"


class WriteMode(StrEnum):
    """``DRY``: planned and shown, never sent. ``APPROVED``: sent once a named person has approved it."""

    OFF = "off"
    DRY = "dry"
    APPROVED = "approved"
    AUTOMATIC = "automatic"


class WriteState(StrEnum):
    PLANNED = "planned"
    APPROVED = "approved"
    DECLINED = "declined"
    WRITTEN = "written"
    REFUSED = "refused"  # by the CRM, for good; a person may have it tried again
    NOT_NEEDED = "not_needed"  # its reason went away before it was sent


class WriteVerdict(StrEnum):
    """What a person decides on a write. ``WITHDRAWN`` undoes the decision; ``AGAIN`` has a refused one tried again."""

    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    AGAIN = "again"


#: Before the CRM's own key of a deal's field, among the fields of a write.
CUSTOM: Final = "field:"
#: Digits of the id that stand in the marker: 64 bits, so two writes of a company never share one by chance.
_MARKER_DIGITS: Final = 16


def write_id_of(crm: str, kind: WriteKind, subject: str) -> str:
    """The same for the same thing however often it is planned: what makes a write happen once."""
    return hashlib.sha256("\0".join((crm, kind.value, subject)).encode()).hexdigest()[:32]


def marker_of(write_id: str) -> str:
    """What stands in the text in the CRM, so that a write is found again there. Names nobody."""
    return f"[qcw:{write_id[:_MARKER_DIGITS]}]"


@dataclass(frozen=True, slots=True)
class CrmWrite:
    """One thing to put into a CRM. ``subject``: what it is about; with ``crm`` and ``kind`` it makes the id.

    ``deal_id`` and ``manager_id`` are the workbench's. ``at_s``: the second of the call that is the reason; ``quote``:
    what was said there. ``fields``: what the CRM is given, in words of the company's language; moments are ISO 8601 in
    UTC, lengths whole seconds.
    """

    crm: str
    kind: WriteKind
    subject: str
    call_id: str
    manager_id: str
    client_phone: str | None
    deal_id: str | None
    fields: Mapping[str, str]
    at_s: float | None = None
    quote: str | None = None

    @property
    def write_id(self) -> str:
        return write_id_of(self.crm, self.kind, self.subject)

    @property
    def marker(self) -> str:
        return marker_of(self.write_id)

    @property
    def custom(self) -> Mapping[str, str]:
        """Fields of the deal, by the CRM's own keys."""
        return {name.removeprefix(CUSTOM): value for name, value in self.fields.items() if name.startswith(CUSTOM)}

    @property
    def digest(self) -> str:
        """Equal for equal contents: what a person approved is what is written."""
        said = repr((self.deal_id, self.manager_id, self.client_phone, sorted(self.fields.items())))
        return hashlib.sha256(said.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class KeptWrite:
    """A write as the store keeps it. ``begun_at``: it is being sent, or was when the sender died: whether the CRM has
    it is unknown until it is looked for. ``crm_id``: what the CRM calls it; ``link``: where a person sees it there.
    ``decided_by``: who decided last.
    """

    write: CrmWrite
    state: WriteState
    planned_at: datetime
    state_at: datetime
    begun_at: datetime | None = None
    attempts: int = 0
    next_try_at: datetime | None = None
    crm_id: str | None = None
    link: str | None = None
    error_code: str | None = None
    error_params: Mapping[str, str] = field(default_factory=dict)
    decided_by: str | None = None
    decided_at: datetime | None = None

    @property
    def write_id(self) -> str:
        return self.write.write_id

    @property
    def is_settled(self) -> bool:
        """Nothing more happens to it by itself, and it is not planned anew."""
        return self.state in SETTLED or self.begun_at is not None


#: States in which the same thing is not planned again.
SETTLED: Final = frozenset({WriteState.WRITTEN, WriteState.DECLINED, WriteState.REFUSED})
