"""Heard seconds put together, and the stretches in which nobody speaks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from qc_workbench.domain.hearing import Heard, Range
from qc_workbench.errors import UsageError

#: Silences up to this long belong to a conversation: people breathe and think. Longer ones may be skipped.
LONGEST_BREATH_S: Final = 1.2
#: Ranges one report may bring. Ten seconds of listening make a handful.
MOST_RANGES: Final = 1000
#: Seconds at work that one report may bring: reports come every ten seconds, one that waited for the line brings more.
MOST_SPENT_S: Final = 3600.0


def union(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """The same seconds as disjoint ranges in order; ranges that touch become one, empty ones nothing."""
    result: list[Range] = []
    for start, end in sorted(item for item in ranges if item[1] > item[0]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((start, end))
    return tuple(result)


def seconds(ranges: Iterable[Range]) -> float:
    """How long disjoint ranges are together."""
    return math.fsum(end - start for start, end in ranges)


def gaps(ranges: Iterable[Range], duration_s: float, longer_than_s: float = LONGEST_BREATH_S) -> tuple[Range, ...]:
    """The stretches of 0..``duration_s`` outside all ranges that last longer than this."""
    found, at = [], 0.0
    for start, end in (*union(ranges), (duration_s, math.inf)):
        if min(start, duration_s) - at > longer_than_s:
            found.append((at, min(start, duration_s)))
        at = max(at, end)
    return tuple(found)


def told(ranges: Sequence[Sequence[float]], spent_s: float, duration_s: float) -> tuple[tuple[Range, ...], float]:
    """What a report may add: ranges inside the recording, seconds that can be.

    Raises :class:`UsageError` ``heard_unreadable`` for what no player says.
    """
    numbers = [value for item in ranges for value in item] + [spent_s]
    if (
        len(ranges) > MOST_RANGES
        or any(len(item) != 2 for item in ranges)
        or not all(math.isfinite(value) for value in numbers)
        or not 0 <= spent_s <= MOST_SPENT_S
    ):
        raise UsageError("heard_unreadable")
    return union((max(0.0, start), min(end, duration_s)) for start, end in ranges), spent_s


def heard_more(
    before: Heard | None,
    call_id: str,
    person_id: str,
    ranges: Iterable[Range],
    spent_s: float,
    at: datetime,
    report: str = "",
) -> Heard:
    """What has been heard after a report; ``before`` itself when it is the latest one sent again (``report``).

    Time at work grows no faster than the clock: two windows of one call do not make an hour two.
    """
    if before is not None and report and before.last_report == report:
        return before
    whole = union((*(before.ranges if before else ()), *ranges))
    if before is not None:
        spent_s = before.spent_s + min(spent_s, max(0.0, (at - before.updated_at).total_seconds()))
    return Heard(call_id, person_id, whole, seconds(whole), spent_s, at, report)
