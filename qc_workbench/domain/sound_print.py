"""Fingerprints of sound: what is kept of the first speech of a channel, and what a comparison of two gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from qc_workbench.domain.flag import AnsweredBy, Ruling


@dataclass(frozen=True, slots=True)
class SoundPrint:
    """The first speech of one channel as numbers that survive codecs, but from which no speech can be made again.

    ``content_hash`` and ``channel`` name the sound, ``version`` the rules that made it. ``first_step`` is where the
    frames below are counted from, in steps of :data:`~qc_workbench.detection.fingerprints.BIT_STEP_S` from the
    beginning of the recording; ``speech_s`` the speech covered. ``peaks``: prominent points of the
    spectrum, little-endian records of (uint16 frame, uint8 bin), in order. ``bits``: signs of differences between
    neighbouring bands, records of (uint16 frame, uint32 bits), in order. Both are empty where nobody speaks.
    """

    content_hash: str
    channel: int
    version: str
    first_step: int
    speech_s: float
    peaks: bytes
    bits: bytes

    @property
    def key(self) -> tuple[str, int]:
        return self.content_hash, self.channel


class Relation(StrEnum):
    """What two recordings that share a sound are to each other."""

    GREETING = "greeting"  # two calls in which the same recording was played: something else in them differs
    DUPLICATE = "duplicate"  # one recording kept twice, re-encoded or cut
    UNCLEAR = "unclear"  # nothing besides the shared sound tells which of the two


@dataclass(frozen=True, slots=True)
class PrintMatch:
    """The same sound in two prints: ``looked_up`` and ``found``.

    ``start_s``, ``end_s``: where its longest stretch lies in the recording looked up; ``offset_s``: a moment of the
    other recording less the same moment of this one. ``matched_s``: seconds of speech that agree in it.
    ``error_rate``: share of their bits that differ (two recordings of the same sound: under 0.34; different
    ones about 0.5). ``votes``: landmarks in common.
    """

    looked_up: tuple[str, int]
    found: tuple[str, int]
    offset_s: float
    start_s: float
    end_s: float
    matched_s: float
    error_rate: float
    votes: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """A stored sound (``sound``) in a call: where in its recording, how much of it, and what is known of the call.

    ``offset_s``: a moment of the recording that the sound was stored from less the same moment of this one.
    ``relation`` is to that recording; None for that one itself (its ``start_s``, ``end_s``, ``matched_s`` are 0).
    ``is_far``: on the far end's channel of a stereo recording; None in mono. ``ruling`` is the standing one on the
    call's padded-call flag, ``rests_on_it``: that flag names a known greeting. ``answered_by``: as measured.
    """

    sound: tuple[str, int]
    content_hash: str
    channel: int
    call_id: str
    client_phone: str | None
    started_at: datetime
    start_s: float
    end_s: float
    offset_s: float
    matched_s: float
    relation: Relation | None
    is_far: bool | None
    ruling: Ruling | None
    rests_on_it: bool
    answered_by: AnsweredBy | None


class Heard(StrEnum):
    """Where else a greeting was heard."""

    CONFIRMED = "confirmed"  # in a call that a head of sales confirmed as answered by a machine
    SEVERAL_NUMBERS = "several_numbers"  # on other clients' numbers: an operator's, or a company's menu
    ONE_NUMBER = "one_number"  # in other calls of this number only: one subscriber's


@dataclass(frozen=True, slots=True)
class KnownGreeting:
    """A stretch of a call in which a known machine's recording is played.

    ``label`` is who plays it, where a confirmed case told; ``channel``, ``start_s``, ``end_s`` place it in this call's
    recording. How often it was heard is no part of it: that grows, and what was found in a call must not
    change by it (see :class:`GreetingCount`).
    """

    heard: Heard
    label: AnsweredBy | None
    channel: int
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class GreetingCount:
    """How often the recording played in a call was heard: in ``calls`` other calls on ``numbers`` other numbers."""

    numbers: int
    calls: int
