"""How connected systems stand: values of the page of connections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from qc_workbench.domain.telephony import FetchState


class Family(StrEnum):
    """What a source brings: calls of a telephone system, deals of a CRM, or files."""

    TELEPHONY = "telephony"
    CRM = "crm"
    FILES = "files"


class Health(StrEnum):
    """``connections.health.<code>``. ``LATE``: nobody has asked it for longer than the schedule says."""

    PAUSED = "paused"
    FAILED = "failed"
    LATE = "late"
    NEVER = "never"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class PausedBy:
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SyncRun:
    """One reading of a source that ended. ``counts``: new, updated, unchanged, rejected, requests …"""

    began_at: datetime
    ended_at: datetime
    counts: Mapping[str, int]
    since: datetime | None = None
    until: datetime | None = None
    skew_s: float = 0.0
    error_code: str | None = None
    error_params: Mapping[str, str] = field(default_factory=dict)

    @property
    def took_s(self) -> float:
        return (self.ended_at - self.began_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Reject:
    """Rows that could not be read for one reason; ``field``: the vendor's name of the value, where it is one."""

    code: str
    field: str | None
    amount: int


@dataclass(frozen=True, slots=True)
class FetchTrouble:
    """Recordings of one state that wait or failed for one reason."""

    state: FetchState
    code: str
    detail: str | None
    amount: int


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What the store knows of one source. ``day``: sums of the counts of runs of the last 24 hours."""

    last: SyncRun | None = None
    last_good: SyncRun | None = None
    done_until: datetime | None = None
    day: Mapping[str, int] = field(default_factory=dict)
    day_runs: int = 0
    recordings: Mapping[FetchState, int] = field(default_factory=dict)
    troubles: tuple[FetchTrouble, ...] = ()
    next_fetch_at: datetime | None = None
    rejects: tuple[Reject, ...] = ()
    paused: PausedBy | None = None
