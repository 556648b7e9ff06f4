"""A machine's suggestion (:class:`Flag`) and a person's decision (:class:`Finding`): different types on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FlagKind(StrEnum):
    FAKE_EFFECTIVE = "fake_effective"  # padded call: counted as effective without a conversation
    FALSE_REFUSAL = "false_refusal"  # the deal is lost, but the client never refused


class Verdict(StrEnum):
    FLAG = "flag"
    UNSURE = "unsure"  # not enough evidence: the detector abstains and says why


class Side(StrEnum):
    """Whether a piece of evidence speaks against the agent or for them."""

    AGAINST = "against"
    FOR = "for"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One stretch of the recording that supports a flag.

    ``kind`` is a code of the catalogue (``evidence.<kind>``): ``voicemail_greeting``,
    ``operator_announcement``, ``voice_assistant``, ``ivr``, ``beep``, ``ringback``, ``busy``,
    ``music``, ``silence``, ``agent_monologue``, ``short_human``, ``live_talk``, ``message_left`` …
    ``quote`` is recognised text that has voice under it, or None.
    """

    channel: int
    start_s: float
    end_s: float
    kind: str
    quote: str | None = None
    side: Side = Side.AGAINST


@dataclass(frozen=True, slots=True)
class Flag:
    """Immutable. ``flag_id`` is a hash of call, kind, detector, version, verdict and evidence."""

    flag_id: str
    call_id: str
    kind: FlagKind
    verdict: Verdict
    score: float
    evidence: tuple[Evidence, ...]
    detector: str
    version: str
    reasons: tuple[str, ...] = ()  # codes (``reason.<code>``) that say in one line why


class Ruling(StrEnum):
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    ASKED = "asked"  # the agent was asked to explain
    WITHDRAWN = "withdrawn"  # undo of the ruling before


@dataclass(frozen=True, slots=True)
class Finding:
    """A named person's ruling on a flag. Append-only: a later finding supersedes an earlier one."""

    finding_id: str
    flag_id: str
    ruling: Ruling
    by: str
    at: datetime
    reason: str = ""
    supersedes: str | None = None


class AnsweredBy(StrEnum):
    HUMAN = "human"
    VOICEMAIL = "voicemail"
    OPERATOR_ANNOUNCEMENT = "operator_announcement"
    VOICE_ASSISTANT = "voice_assistant"
    IVR = "ivr"
    NOBODY = "nobody"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Conversation:
    """How much of a call was a live conversation, as measured.

    ``conversation_s``: seconds of live two-way human speech. ``verified_effective``
    is None when the recording was not examined or the detector abstains.
    """

    call_id: str
    fingerprint: str
    answered_by: AnsweredBy
    message_left: bool
    conversation_s: float
    agent_speech_s: float
    customer_speech_s: float
    verified_effective: bool | None
