"""A telephone call as the telephone system reports it, and the file that recorded it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"


class Outcome(StrEnum):
    """How the telephone system says the call ended; *answered* means connected, not "a person spoke"."""

    ANSWERED = "answered"
    MISSED = "missed"
    BUSY = "busy"
    FAILED = "failed"


class Role(StrEnum):
    MANAGER = "manager"  # the agent, менеджер
    HEAD = "head"  # head of sales, РОП
    OWNER = "owner"
    QC = "qc"


@dataclass(frozen=True, slots=True)
class Manager:
    """An employee who talks to clients or judges those who do."""

    manager_id: str
    name: str
    role: Role = Role.MANAGER
    extension: str | None = None
    group_id: str | None = None
    hired_at: datetime | None = None
    left_at: datetime | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One call. ``talk_s`` are *connected* seconds: they may hold a voicemail greeting and silence.

    ``client_phone`` is E.164, or None when the number was hidden. ``attributes``
    keeps columns of the source that the workbench has no name for.
    """

    call_id: str
    started_at: datetime
    direction: Direction
    manager_id: str
    client_phone: str | None
    talk_s: float
    outcome: Outcome
    wait_s: float | None = None
    recording_name: str | None = None
    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    keyword: str | None = None
    answered_by_role: Role | None = None
    group_id: str | None = None
    language: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


class RecordingState(StrEnum):
    READY = "ready"
    ABSENT = "absent"  # the call names no recording
    MISSING = "missing"  # it names one that is not there
    EMPTY = "empty"  # a file without sound: zero bytes or no audio frames
    TRUNCATED = "truncated"  # decodes, but ends well before the call did, or breaks off
    NOT_AUDIO = "not_audio"
    UNSUPPORTED = "unsupported"  # audio outside the documented range (rate, channels)
    EXPIRED = "expired"  # removed when its period of keeping was over; ``detail`` is the day
    ERASED = "erased"  # removed because the person asked for it; ``detail`` is the day


#: States in which there is sound to listen to.
AUDIBLE_STATES = frozenset({RecordingState.READY, RecordingState.TRUNCATED})

#: States of sound that was removed on purpose: nothing brings it back.
REMOVED_STATES = frozenset({RecordingState.EXPIRED, RecordingState.ERASED})


@dataclass(frozen=True, slots=True)
class Recording:
    """The recording of one call. Sound is kept once per ``content_hash`` (sha256 of the file).

    ``path`` is relative to the workspace. ``agent_channel`` is the index of the
    agent's channel in a stereo file (0 = left), None in a mono one.
    """

    call_id: str
    state: RecordingState
    content_hash: str | None = None
    path: str | None = None
    size_bytes: int | None = None
    container: str | None = None
    codec: str | None = None
    rate_hz: int | None = None
    channels: int | None = None
    duration_s: float | None = None
    agent_channel: int | None = None
    detail: str | None = None

    @property
    def is_audible(self) -> bool:
        return self.state in AUDIBLE_STATES
