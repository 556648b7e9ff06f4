"""Clients who called in vain, and how they were reached: the same for the page of a day and the report of a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

#: A caller who got no answer is looked for this long: every day and month had the same chance.
CALLBACK_DAYS: Final = 7


class Reached(StrEnum):
    """How a caller who got no answer was reached within :data:`CALLBACK_DAYS`."""

    BY_US = "by_us"
    BY_CLIENT = "by_client"  # they called again themselves
    TRIED = "tried"  # we called, nobody answered
    NEVER = "never"
    HIDDEN = "hidden"  # no number to call


@dataclass(frozen=True, slots=True)
class MissedCaller:
    """The first unanswered call of a client since they were last talked to; ``attempts`` until they were reached.

    ``stretch``: the place of the span of days among those asked for. ``after_s``: from the first attempt to the
    answered call, None where there was none. ``client_phone`` None: the number was hidden.
    ``source``: of the first of the attempts that names one.
    """

    stretch: int
    call_id: str
    client_phone: str | None
    manager_id: str
    started_at: datetime
    source: str | None
    attempts: int
    reached: Reached
    after_s: float | None = None
    reached_call_id: str | None = None
