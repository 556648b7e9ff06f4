"""Rules of the page of connections: how a source stands, and how much of its pace a reading has used."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from qc_workbench.domain.connection import Health, SourceFacts, SyncRun

#: A source is late when its last good reading is older than so many turns of the schedule, and never before
#: ``EARLIEST_LATE``: one turn may fall out without anybody having to look.
TURNS_MISSED: Final = 3
EARLIEST_LATE: Final = timedelta(hours=1)


def late_after(every: timedelta | None) -> timedelta | None:
    """How old the last good reading may be. ``every``: pause between two turns; None: nothing reads by itself, so
    nothing is late."""
    return None if every is None else max(EARLIEST_LATE, every * TURNS_MISSED)


def health(facts: SourceFacts, now: datetime, every: timedelta | None) -> Health:
    """The worst that can be said of a source; a pause is said first, for it is meant."""
    if facts.paused is not None:
        return Health.PAUSED
    if facts.last is None:
        return Health.NEVER
    if facts.last.error_code is not None:
        return Health.FAILED
    longest = late_after(every)
    if longest is not None and now - facts.last.ended_at > longest:
        return Health.LATE
    return Health.OK


def lag(facts: SourceFacts, now: datetime) -> timedelta | None:
    """How old the newest thing is that is surely known: now less the checkpoint; None before the first reading."""
    reached = facts.done_until or (facts.last_good.ended_at if facts.last_good else None)
    return None if reached is None else max(timedelta(), now - reached)


def budget_used(run: SyncRun, per_s: float, burst: int) -> float | None:
    """Share of the requests that the declared pace allowed while the reading lasted (``burst`` at once and ``per_s`` a
    second); None where no pace is declared or requests were not counted."""
    asked = run.counts.get("requests")
    if asked is None or per_s <= 0:
        return None
    allowed = burst + per_s * max(0.0, run.took_s)
    return min(1.0, asked / allowed) if allowed > 0 else None
