"""A call as a telephone system tells it, before it becomes a :class:`~qc_workbench.domain.call.Call`.

One value for every system: legs already collapsed, so a client's call is counted once however many telephones rang.
The words of the systems are mapped here once; the raw ones stay beside them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from qc_workbench.domain.call import Role


class Way(StrEnum):
    IN = "in"
    OUT = "out"
    INTERNAL = "internal"
    CALLBACK = "callback"  # ordered by the client on the site; the system rings the agent, then the client
    INFO = "info"  # a machine's message to the client; no call of an agent


class Ending(StrEnum):
    """How a call or a leg ended. Whether it was *answered* is told by connected seconds, not by the vendor's word."""

    ANSWERED = "answered"
    MISSED = "missed"
    VOICEMAIL = "voicemail"  # the client spoke to a machine of ours
    BUSY = "busy"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    FAILED = "failed"
    NO_ANSWER_CLIENT = "no_answer_client"  # the client did not pick up: never a missed call of ours
    IN_PROGRESS = "in_progress"
    NOT_A_CALL = "not_a_call"  # a text message and the like
    UNKNOWN = "unknown"


class Rung(StrEnum):
    """How high a call had to climb until somebody answered."""

    AGENT = "agent"  # the first who was rung
    DEPARTMENT = "department"  # another agent
    HEAD = "head"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class VendorAgent:
    """An employee as a telephone system knows them. ``key`` is what stays the same there: an id, else the extension."""

    key: str
    name: str | None = None
    extension: str | None = None


@dataclass(frozen=True, slots=True)
class Leg:
    """One attempt to connect one agent. ``talk_s`` are connected seconds of this agent with the client."""

    agent: VendorAgent | None
    started_at: datetime
    wait_s: float | None
    talk_s: float
    ending: Ending
    is_transfer: bool = False


@dataclass(frozen=True, slots=True)
class Tracking:
    """Where the client came from, as call tracking tells it."""

    source: str | None = None
    medium: str | None = None
    campaign: str | None = None
    term: str | None = None
    content: str | None = None
    landing: str | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class RecordingRef:
    """Where a recording is to be had. ``place``: an address, or a path of a folder source; "" when the system must be
    asked for it by ``key`` at the moment of downloading, because its links live for minutes only.
    """

    place: str
    key: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TelephonyCall:
    """One call. ``group_id`` is what its legs share. Times are aware; lengths are seconds.

    ``client`` is E.164 or None (hidden, or not a number); ``client_raw`` is what the system wrote.
    ``agent`` is whose call it is: who talked longest, or else who was rung first; None when nobody was.
    """

    group_id: str
    way: Way
    way_raw: str
    client: str | None
    client_raw: str
    started_at: datetime
    talk_s: float
    total_s: float
    ending: Ending
    ending_raw: str
    agent: VendorAgent | None = None
    line: str | None = None
    wait_s: float | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    hangup_by: str | None = None
    first_time: bool | None = None
    tracking: Tracking = field(default_factory=Tracking)
    crm_refs: Mapping[str, str] = field(default_factory=dict)
    legs: tuple[Leg, ...] = ()
    recording: RecordingRef | None = None

    @property
    def is_final(self) -> bool:
        return self.ending is not Ending.IN_PROGRESS


@dataclass(frozen=True, slots=True)
class AgentLine:
    """Who stands behind a vendor's agent, from ``since`` (inclusive) to ``until`` (exclusive); None: without end."""

    agent: str
    manager_id: str
    since: datetime | None = None
    until: datetime | None = None

    def holds_at(self, moment: datetime) -> bool:
        return (self.since is None or self.since <= moment) and (self.until is None or moment < self.until)


#: Which rung an employee of a role stands on; agents are told apart by who was rung first.
RUNG_OF_ROLE: Mapping[Role, Rung] = {Role.HEAD: Rung.HEAD, Role.OWNER: Rung.OWNER}


class FetchState(StrEnum):
    """What became of a recording that a telephone system keeps."""

    PENDING = "pending"
    READY = "ready"
    ABSENT = "absent"  # the system says that there is none
    FAILED = "failed"  # tried as often as is sensible, or it is no sound
