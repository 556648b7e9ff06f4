"""A calendar of promised callbacks: the link to it, what stands in it, what calendar programs were told last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from qc_workbench.domain.commitment import DueWindow


@dataclass(frozen=True, slots=True)
class CalendarLink:
    """``token_hash``: SHA-256 of the secret, in hexadecimal digits; None: the calendar is shut."""

    person_id: str
    made_at: datetime
    token_hash: str | None
    language: str
    made_by: str


@dataclass(frozen=True, slots=True)
class Callback:
    """A promised callback as the calendar shows it. ``digest``: of everything that is read there but the time."""

    commitment_id: str
    call_id: str
    due: DueWindow
    digest: str


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """What was told of a callback. ``sequence``: as RFC 5545 has it, one more with each change that matters."""

    commitment_id: str
    call_id: str
    due: DueWindow
    is_cancelled: bool
    sequence: int
    changed_at: datetime
    digest: str
