"""What was said: words with times, grouped into turns, each by one party."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from qc_workbench.domain.redaction import Hidden


class Party(StrEnum):
    AGENT = "agent"
    CUSTOMER = "customer"
    MACHINE = "machine"  # greeting, IVR, operator announcement, voice assistant
    UNKNOWN = "unknown"


class Suspicion(StrEnum):
    """Why a turn's text may be invented by the speech model. Suspect text is never quoted as evidence."""

    NO_VOICE = "no_voice"  # no voice activity under it
    LOW_PROBABILITY = "low_probability"
    REPETITIVE = "repetitive"  # compression ratio: the model is looping
    PHANTOM_PHRASE = "phantom_phrase"  # «Продолжение следует», «Субтитры…»


@dataclass(frozen=True, slots=True)
class Word:
    """One word; ``start_s``/``end_s`` from the beginning of the recording, ``probability`` in 0..1."""

    start_s: float
    end_s: float
    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of speech of one party on one channel (0 = left or mono)."""

    party: Party
    channel: int
    start_s: float
    end_s: float
    text: str
    confidence: float
    words: tuple[Word, ...] = ()
    suspicion: Suspicion | None = None

    @property
    def is_quotable(self) -> bool:
        return self.suspicion is None


@dataclass(frozen=True, slots=True)
class Transcript:
    """All turns of a call in time order, with the settings that produced them.

    ``fingerprint`` names model, options and program version: two transcripts
    with the same content hash and fingerprint are the same.
    """

    call_id: str
    content_hash: str
    fingerprint: str
    language: str | None
    engine: str
    model: str
    turns: tuple[Turn, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    #: seconds in which a secret is said: its words are not here, its sound is not played (:mod:`redaction`)
    hidden: tuple[Hidden, ...] = ()
    #: the rules that looked for secrets; None: nobody has looked yet
    redacted_by: str | None = None
