"""The calendar of promised callbacks as iCalendar (RFC 5545): the same events give the same bytes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vDuration, vText

from qc_workbench.domain.calendar import ToldEvent
from qc_workbench.review.calendar import hours

_PRODUCT: Final = "-//QC Workbench//callbacks//EN"
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
#: How often calendar programs are asked to look; most keep to a pace of their own.
REFRESH: Final = timedelta(minutes=30)

Words = Callable[..., str]


@dataclass(frozen=True, slots=True)
class EventText:
    """What is read in an event. ``link``: the call in the workbench."""

    summary: str
    description: str
    link: str


def feed(
    name: str, events: Sequence[ToldEvent], texts: Mapping[str, EventText], cancelled: str, zone: ZoneInfo
) -> bytes:
    """``texts`` by commitment, of those that wait; an event without one is cancelled and says ``cancelled`` only."""
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", vText(_line(name)))
    calendar.add("x-wr-timezone", zone.key)
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    for item in events:
        calendar.add_component(_event(item, texts.get(item.commitment_id), cancelled, zone))
    return bytes(calendar.to_ical())


def _event(item: ToldEvent, text: EventText | None, cancelled: str, zone: ZoneInfo) -> Event:
    event = Event()
    event.add("uid", uid(item.commitment_id))
    event.add("dtstamp", item.changed_at)
    event.add("last-modified", item.changed_at)
    event.add("sequence", item.sequence)
    stretch = hours(item.due)
    if stretch is None:
        event.add("dtstart", item.due.due_from)
        event.add("dtend", item.due.due_to + timedelta(days=1))  # exclusive
        event.add("transp", "TRANSPARENT")
    else:
        # In UTC: of a described zone some programs read a part and are an hour off (ical.js 2.2, Moscow). Nothing here
        # repeats, so there is no rule that needs the zone.
        for name, wall in zip(("dtstart", "dtend"), stretch, strict=True):
            event.add(name, wall.replace(tzinfo=zone).astimezone(UTC))
    is_off = item.is_cancelled or text is None
    event.add("status", "CANCELLED" if is_off else "CONFIRMED")
    event.add("summary", cancelled if text is None or item.is_cancelled else _line(text.summary))
    if text is not None and not item.is_cancelled:
        event.add("description", "\n".join(map(_line, text.description.splitlines())))
        event.add("url", text.link)
    event.add("class", "PRIVATE")
    return event


def _line(text: str) -> str:
    """Without what ends a line anywhere: it would begin a property of its own."""
    return _CONTROL.sub(" ", text)


def uid(commitment_id: str) -> str:
    """The same for a promise for ever; it tells nothing of the call."""
    return f"{hashlib.sha256(f'callback {commitment_id}'.encode()).hexdigest()[:32]}@qc-workbench"
