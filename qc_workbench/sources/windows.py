"""Periods to ask for: from the checkpoint less an overlap up to now, cut to what a system answers at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from qc_workbench.sources.connector import Window

#: Asked again at each sync: vendors write rows late and correct them. Source: contracts, pitfall 7.
OVERLAP: Final = timedelta(hours=2)
#: A call that is still "in progress" holds the checkpoint back so long at most; some never end in the vendor's books.
LONGEST_WAIT: Final = timedelta(hours=24)
#: Times of calls are whole seconds, so a window shorter than this can't be halved.
SHORTEST: Final = timedelta(seconds=1)


def period_to_ask(
    done_until: datetime | None,
    now: datetime,
    history: timedelta,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Window | None:
    """What one sync reads; None when there is nothing. What a person asked for (``since``, ``until``) goes first."""
    start = since or (now - history if done_until is None else done_until - OVERLAP)
    end = min(until or now, now)
    return Window(start, end) if start < end else None


def split(window: Window, longest: timedelta | None) -> Iterator[Window]:
    """Windows of at most ``longest`` that follow each other without gap or overlap and together are ``window``."""
    start = window.since
    while start < window.until:
        end = window.until if longest is None else min(window.until, start + longest)
        yield Window(start, end)
        start = end


def halves(window: Window) -> tuple[Window, Window] | None:
    """Two parts that meet on a whole second; None when the window is too short for it."""
    if window.length < 2 * SHORTEST:
        return None
    middle = window.since + timedelta(seconds=int(window.length.total_seconds() / 2))
    return Window(window.since, middle), Window(middle, window.until)


def next_checkpoint(
    done_until: datetime | None, window: Window, complete_until: datetime, unfinished: Iterable[datetime], now: datetime
) -> datetime | None:
    """How far everything is known after a window. Never goes back, and never over a gap or a call still going on.

    ``complete_until``: how far the answer is complete, which is less than the window's end where the vendor's clock is
    behind ours. ``unfinished``: when the calls in progress began.
    """
    if done_until is not None and window.since > done_until:
        return done_until
    reached = min(window.until, complete_until)
    held = [began for began in unfinished if began > now - LONGEST_WAIT]
    reached = min([reached, *held])
    return reached if done_until is None else max(done_until, reached)
