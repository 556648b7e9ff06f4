"""iCalendar read as RFC 5545 says and no milder, by none of the library that the feed is written with.

A mistake that programs forgive is an error here: a long line, a bare line break, a cut character, a comma that is not
escaped, a property twice, a moment that is not in UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

LONGEST_LINE: Final = 75
_LINE: Final = re.compile(r'^([A-Z0-9-]+)((?:;[A-Z0-9-]+=(?:"[^"]*"|[^";:,]*))*):(.*)$', re.DOTALL)
_TEXTS: Final = {"SUMMARY", "DESCRIPTION", "LOCATION", "X-WR-CALNAME", "PRODID"}
_ONCE: Final = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "STATUS", "SUMMARY", "DESCRIPTION", "CLASS", "URL"}


@dataclass
class Part:
    """A component: its properties by name, as they are written, and what is inside it."""

    name: str
    properties: dict[str, tuple[dict[str, str], str]] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)

    def text(self, name: str) -> str:
        return unescaped(self.properties[name][1])

    def value(self, name: str) -> str:
        return self.properties[name][1]


@dataclass(frozen=True)
class StrictEvent:
    uid: str
    sequence: int
    status: str
    summary: str
    description: str | None
    begins: date | datetime
    ends: date | datetime


def lines_of(content: bytes) -> list[str]:
    """Unfolded lines."""
    assert content.endswith(b"\r\n")
    raw = content[:-2].split(b"\r\n")
    found: list[str] = []
    for line in raw:
        assert len(line) <= LONGEST_LINE, line
        assert b"\r" not in line, line
        assert b"\n" not in line, line
        text = line.decode("utf-8")  # each by itself: no character is cut by the fold
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", text), "control characters are not for texts"
        if text.startswith((" ", "\t")):
            found[-1] += text[1:]
        else:
            found.append(text)
    return found


def parsed(content: bytes) -> Part:
    """The one calendar of a file."""
    root = Part("")
    stack = [root]
    for line in lines_of(content):
        match = _LINE.match(line)
        assert match, line
        name, told, value = match.groups()
        if name == "BEGIN":
            stack.append(Part(value))
            stack[-2].parts.append(stack[-1])
        elif name == "END":
            assert stack.pop().name == value
        else:
            part = stack[-1]
            assert not (name in _ONCE and name in part.properties), f"{name} twice"
            parameters = dict(item.split("=", 1) for item in re.findall(r';([^;:="]+=(?:"[^"]*"|[^";:]*))', told))
            part.properties[name] = parameters, value
            if name in _TEXTS:
                unescaped(value)
    (calendar,) = root.parts
    assert stack == [root]
    assert calendar.name == "VCALENDAR"
    assert calendar.value("VERSION") == "2.0"
    assert calendar.text("PRODID")
    return calendar


def unescaped(value: str) -> str:
    assert re.fullmatch(r"(?:[^\\;,]|\\[\\;,nN])*", value, re.DOTALL), value
    return re.sub(r"\\(.)", lambda found: {"n": "\n", "N": "\n"}.get(found[1], found[1]), value, flags=re.DOTALL)


def read_strictly(content: bytes) -> dict[str, StrictEvent]:
    calendar = parsed(content)
    found: dict[str, StrictEvent] = {}
    for part in calendar.parts:
        if part.name != "VEVENT":
            continue
        assert re.fullmatch(r"\d{8}T\d{6}Z", part.value("DTSTAMP")), "of the moment in UTC"
        assert part.value("STATUS") in ("CONFIRMED", "CANCELLED", "TENTATIVE")
        begins, ends = (_moment(part, name) for name in ("DTSTART", "DTEND"))
        assert type(begins) is type(ends)
        assert begins < ends
        description = part.text("DESCRIPTION") if "DESCRIPTION" in part.properties else None
        event = StrictEvent(part.value("UID"), int(part.value("SEQUENCE")), part.value("STATUS"),
                            part.text("SUMMARY"), description, begins, ends)  # fmt: skip
        assert event.uid not in found, "a UID is one event's"
        found[event.uid] = event
    return found


def _moment(part: Part, name: str) -> date | datetime:
    """A day, or a moment in UTC: what a program makes of a zone described in the file differs from one to the next."""
    told, value = part.properties[name]
    if told.get("VALUE") == "DATE":
        assert re.fullmatch(r"\d{8}", value)
        return date.fromisoformat(value)
    assert re.fullmatch(r"\d{8}T\d{6}Z", value)
    assert not told
    return datetime.fromisoformat(value[:-1]).replace(tzinfo=UTC)
