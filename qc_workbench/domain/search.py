"""Searches over what was said: which calls count, searches that people keep, and who watches them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from qc_workbench.domain.call import Direction
from qc_workbench.domain.commitment import ClientSaid
from qc_workbench.domain.flag import FlagKind


@dataclass(frozen=True, slots=True)
class CallFilters:
    """Which calls count. Days are the company's and both count; ``flag``: a standing flag of this kind.

    None: no such limit.
    """

    agent_id: str | None = None
    direction: Direction | None = None
    day_from: date | None = None
    day_to: date | None = None
    talk_from_s: int | None = None
    talk_to_s: int | None = None
    flag: FlagKind | None = None
    client_said: ClientSaid | None = None


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search under a name. Everybody sees a shared one; others see only their own.

    ``targeted_a_day``: at most so many calls a day that fit go to the targeted queue; only calls indexed at
    ``targeted_since`` or later, so that a rule made today does not fill the queue with last year.
    """

    search_id: str
    name: str
    question: str
    filters: CallFilters
    saved_by: str
    saved_at: datetime
    is_shared: bool = False
    targeted_a_day: int | None = None
    targeted_since: datetime | None = None
