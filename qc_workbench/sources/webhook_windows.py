"""Which periods to ask again for what webhooks hint at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from qc_workbench.domain.webhooks import Hint
from qc_workbench.sources.connector import Window

#: Before and after the moment at which a call began: vendors round, and their clocks differ a little.
AROUND: Final = timedelta(minutes=10)
#: A call that ended at a known moment began no longer before it.
LONGEST_CALL: Final = timedelta(hours=2)
#: Periods with a shorter gap between them are asked as one: a question costs more than its rows.
NEAR: Final = timedelta(hours=1)


def window_of(hint: Hint, received_at: datetime, known_start: datetime | None) -> Window:
    """Where the call is to be looked for: around its beginning where that is known, else before its end or the
    arrival of the webhook."""
    began = known_start or hint.began_at
    if began is not None and began <= received_at + AROUND:
        return Window(began - AROUND, began + AROUND)
    ended = min(hint.happened_at or received_at, received_at)
    return Window(ended - LONGEST_CALL, ended + AROUND)


def joined(windows: Iterable[Window]) -> list[Window]:
    """The same moments in as few periods as pay."""
    found: list[Window] = []
    for window in sorted(windows, key=lambda item: (item.since, item.until)):
        if found and window.since <= found[-1].until + NEAR:
            found[-1] = Window(found[-1].since, max(found[-1].until, window.until))
        else:
            found.append(window)
    return found
