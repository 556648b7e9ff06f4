"""What a speech engine is given and what it gives back, and what the pipeline needs of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from qc_workbench.domain.transcript import Word
from qc_workbench.transcription.audio import RATE_HZ, Audio
from qc_workbench.transcription.crosstalk import Intervals
from qc_workbench.transcription.packing import Interval

#: Name of the way of recognition in transcripts.
ENGINE: Final = "faster-whisper"


@dataclass(frozen=True, slots=True, eq=False)
class ChannelSpeech:
    """One channel ready for recognition: its samples and where its own party speaks (seconds)."""

    channel: int
    samples: NDArray[np.float32]
    speech: tuple[Interval, ...]

    @property
    def length_s(self) -> float:
        return self.samples.size / RATE_HZ


@dataclass(frozen=True, slots=True)
class Passage:
    """What was recognised in one window, with the model's own doubts about it.

    ``mean_log_probability`` per token; ``no_speech`` 0..1; ``compression`` is the ratio
    of the text's size to its zlib size: looping text compresses well.
    """

    channel: int
    words: tuple[Word, ...]
    mean_log_probability: float
    no_speech: float
    compression: float


@dataclass(frozen=True, slots=True)
class Recognised:
    """All passages of a call. ``language`` is None when nothing was said."""

    language: str | None
    language_probability: float
    passages: tuple[Passage, ...]


class Recogniser(Protocol):
    """What the pipeline needs of a speech engine; tests use a small fake."""

    @property
    def model_name(self) -> str: ...

    @property
    def settings(self) -> Mapping[str, str]: ...

    @property
    def fingerprint(self) -> str: ...

    def listen(self, audio: Audio, speech: Sequence[Intervals] = ()) -> tuple[ChannelSpeech, ...]:
        """The speech of each channel before recognition; ``speech``: where it was found before, per channel."""

    def recognise(self, calls: Sequence[Sequence[ChannelSpeech]]) -> list[Recognised]: ...
