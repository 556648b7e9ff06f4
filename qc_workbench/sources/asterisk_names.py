"""What the name of a recording of Asterisk says: patterns of FreePBX, Elastix, MixMonitor and hand-written dial plans.

Source: contracts, ``asterisk__recording_filename_patterns`` (FreePBX's is documented in its code, the others are seen
in the wild). Times in names are of the server's clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

SOUND: Final = frozenset({"wav", "mp3", "gsm", "ogg", "opus", "wav49", "m4a", "ulaw", "slin", "raw"})


class Track(StrEnum):
    """What a file of MixMonitor holds: both sides, or one as the recorded channel received or sent it."""

    MIXED = "mixed"
    RECEIVED = "received"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class RecordingName:
    """``stem``: what a mixed file and its two tracks share. ``parties``: numbers, in no particular order."""

    stem: str
    track: Track = Track.MIXED
    unique_id: str | None = None
    at: datetime | None = None
    parties: tuple[str, ...] = ()
    kind: str | None = None


_UNIQUE: Final = r"(?P<unique>\d{9,10}\.\d+)"
_STAMP: Final = r"(?P<date>\d{8})-(?P<time>\d{6})"
_PATTERNS: Final = (
    re.compile(
        r"^(?P<kind>out|in|exten|external|internal|q|rg|conf|force|ondemand)"
        rf"-(?P<one>[^-]+)-(?P<two>[^-]+)-{_STAMP}-{_UNIQUE}(?P<rest>[^.]*)$",
        re.IGNORECASE,
    ),
    re.compile(rf"^(?P<kind>OUT|IN|q|g)(?P<one>\d+)-{_STAMP}-{_UNIQUE}$", re.IGNORECASE),
    re.compile(
        r"^(?P<date>\d{4}-?\d{2}-?\d{2})[-_T](?P<time>\d{2}[-:_]?\d{2}[-:_]?\d{2})"
        r"[-_](?P<one>\+?\d{2,15})[-_](?P<two>\+?\d{2,15})(?:[-_](?P<rest>[\w.]+))?$"
    ),
    re.compile(rf"^{_UNIQUE}$"),
)
_TRACK: Final = re.compile(r"^(?P<stem>.+?)[-_.](?P<track>r|t|rx|tx|in|out)$", re.IGNORECASE)
_TRACKS: Final = {
    "r": Track.RECEIVED, "rx": Track.RECEIVED, "in": Track.RECEIVED,
    "t": Track.SENT, "tx": Track.SENT, "out": Track.SENT,
}  # fmt: skip
_ANY_UNIQUE: Final = re.compile(r"(?<!\d)(\d{9,10}\.\d+)(?!\d)")


def read_name(name: str) -> RecordingName | None:
    """What a file's name says; None for what is no sound by its ending."""
    stem, _, ending = name.rpartition(".")
    if ending.casefold() not in SOUND or not stem:
        return None
    cut = _TRACK.match(stem)
    if cut is not None:
        found = _of_stem(cut["stem"])
        return replace(found, track=_TRACKS[cut["track"].casefold()])
    return _of_stem(stem)


def _of_stem(stem: str) -> RecordingName:
    found = next((match for pattern in _PATTERNS if (match := pattern.match(stem))), None)
    if found is None:
        unique = _ANY_UNIQUE.search(stem)
        return RecordingName(stem, unique_id=unique[1] if unique else None)
    said = found.groupdict()
    rest = _ANY_UNIQUE.search(said.get("rest") or "")
    return RecordingName(
        stem,
        unique_id=said.get("unique") or (rest[1] if rest else None),
        at=_moment(said.get("date"), said.get("time")),
        parties=tuple(said[name] for name in ("one", "two") if said.get(name)),
        kind=(said.get("kind") or "").casefold() or None,
    )


def _moment(date: str | None, time: str | None) -> datetime | None:
    digits = re.sub(r"\D", "", f"{date}{time}")
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S")  # noqa: DTZ007 - the server's clock; its zone is the source's
    except ValueError:
        return None
