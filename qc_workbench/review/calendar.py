"""Which events a calendar of promised callbacks has, and what of them is news to a calendar program."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Final

from qc_workbench.domain.calendar import CalendarLink, Callback, ToldEvent
from qc_workbench.domain.commitment import DuePrecision, DueWindow

#: Days after its last one that an event stays: what was forgotten yesterday must be seen, what lies a season back not.
SHOWN_AFTER: Final = timedelta(days=30)
#: How long a callback takes in the calendar.
LENGTH: Final = timedelta(minutes=15)


def token_hash(token: str) -> str:
    """What is kept of a link's secret. It is of chance, 256 bits, so a plain hash tells nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


def standing(links: Sequence[CalendarLink]) -> CalendarLink | None:
    """The link of a person that works: the last one made, unless that shut the calendar."""
    last = max(links, key=lambda link: link.made_at, default=None)
    return last if last is not None and last.token_hash is not None else None


def former(links: Sequence[CalendarLink]) -> CalendarLink | None:
    """What an undo of the last step brings back; None where there was no link before it."""
    ordered = sorted(links, key=lambda link: link.made_at)
    return ordered[-2] if len(ordered) > 1 and ordered[-2].token_hash else None


def events(
    waiting: Sequence[Callback], told: Mapping[str, ToldEvent], now: datetime, today: date
) -> tuple[ToldEvent, ...]:
    """The events of a calendar: callbacks that wait, and as cancelled those told before that wait no more.

    The same callbacks give the same events however often they are asked for; their order does not matter.
    """
    found = [_told(item, told.get(item.commitment_id), now) for item in waiting if is_shown(item.due, today)]
    here = {item.commitment_id for item in waiting}
    found += [
        _gone(item, now) for item in told.values() if item.commitment_id not in here and is_shown(item.due, today)
    ]
    return tuple(sorted(found, key=lambda item: (item.due.due_from, item.commitment_id)))


def is_shown(due: DueWindow, today: date) -> bool:
    return due.due_to + SHOWN_AFTER >= today


def _told(item: Callback, before: ToldEvent | None, now: datetime) -> ToldEvent:
    if before is None:
        return ToldEvent(item.commitment_id, item.call_id, item.due, False, 0, now, item.digest)
    if before.is_cancelled or before.due != item.due:
        return ToldEvent(item.commitment_id, item.call_id, item.due, False, before.sequence + 1, now, item.digest)
    return before if before.digest == item.digest else replace(before, digest=item.digest, changed_at=now)


def _gone(before: ToldEvent, now: datetime) -> ToldEvent:
    if before.is_cancelled:
        return before
    return replace(before, is_cancelled=True, sequence=before.sequence + 1, changed_at=now)


def hours(due: DueWindow) -> tuple[datetime, datetime] | None:
    """Begin and end on the wall clock of the company; None: the whole of its days. A said hour is the middle of its
    window (half an hour either way).
    """
    if due.precision in (DuePrecision.DAY, DuePrecision.RANGE) or due.time_from is None or due.time_to is None:
        return None
    begin, end = (datetime.combine(due.due_from, at) for at in (due.time_from, due.time_to))
    if due.precision is DuePrecision.INSTANT:
        begin += (end - begin) / 2
        return begin, begin + LENGTH
    return begin, max(end, begin + LENGTH)


def begins(due: DueWindow) -> time | None:
    """The hour to name in words; None for whole days."""
    found = hours(due)
    return found[0].time() if found else None
