"""What the sound itself shows, before any word is recognised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class SoundKind(StrEnum):
    VOICE = "voice"  # speech of a person or of a machine: sound alone can't always tell
    RINGBACK = "ringback"
    BUSY = "busy"
    SIT = "sit"  # special information tone: three rising tones, the number cannot be reached
    BEEP = "beep"
    DTMF = "dtmf"
    MUSIC = "music"
    NOISE = "noise"
    SILENCE = "silence"


@dataclass(frozen=True, slots=True)
class Sound:
    """One stretch of one kind on one channel; ``score`` in 0..1; ``features`` are measured values by name."""

    channel: int
    start_s: float
    end_s: float
    kind: SoundKind
    score: float = 1.0
    frequency_hz: float | None = None
    features: Mapping[str, float] = field(default_factory=dict)

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class Acoustics:
    """Everything measured on one recording. Sounds are in time order, per channel without overlap.

    ``peaks``: per channel, loudest absolute sample (0..100) per ``PEAK_STEP_S``, for the waveform. ``speech``: per
    channel, the intervals (seconds) in which its own party's voice was found, before tones and music were taken out
    of them: what recognition listens to. Empty where it was not kept.
    """

    content_hash: str
    fingerprint: str
    duration_s: float
    channels: int
    sounds: tuple[Sound, ...]
    peaks: tuple[tuple[int, ...], ...]
    speech: tuple[tuple[tuple[float, float], ...], ...] = ()


#: Seconds of sound behind one peak of the waveform.
PEAK_STEP_S = 0.05
