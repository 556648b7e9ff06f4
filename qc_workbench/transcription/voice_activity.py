"""Where a voice sounds on one channel: the Silero model that comes inside faster-whisper.

The model was trained on 16 kHz sound; telephone recordings hold only 300-3400 Hz of it
and customers are often 20 dB quieter than agents. So the channel is brought to one
loudness first (the gain is limited, so that line noise is not turned into speech), and
the thresholds are lower than the library's defaults: a missed quiet «угу» costs more
than half a second of noise, which the speech model and the phantom rules reject later.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from faster_whisper.vad import VadOptions, get_speech_timestamps
from numpy.typing import NDArray

from qc_workbench.transcription.audio import RATE_HZ

#: Probability of voice that opens and keeps open an interval. The library's defaults are 0.5 and
#: 0.35; lower ones keep quiet and band-limited voices (measured in docs/transcription.md).
OPEN_AT: Final = 0.4
KEEP_FROM: Final = 0.25
#: Shorter sounds are clicks, not syllables.
SHORTEST_VOICE_S: Final = 0.1
#: Pauses up to this long stay inside an interval.
SHORTEST_PAUSE_S: Final = 0.25
#: Added before and after an interval: the model reacts a little late on unvoiced consonants.
PADDING_S: Final = 0.06

#: Loudness (RMS of the loud frames, full scale = 1) that channels are brought to, and the limit of
#: the gain: 30 dB lifts a whispering customer, but not the noise floor of a dead line.
_TARGET_RMS: Final = 0.08
_LARGEST_GAIN: Final = 31.6
_FRAME: Final = 480


def speech_intervals(samples: NDArray[np.float32]) -> tuple[tuple[float, float], ...]:
    """Intervals with a voice, as (start, end) in seconds, in time order, without overlap.

    ``samples``: one channel at 16 kHz. The voice may be a person's or a machine's, and
    singing counts: whose voice it is, is decided elsewhere. Pauses shorter than
    ``SHORTEST_PAUSE_S`` do not split an interval.
    """
    if samples.ndim != 1:
        raise ValueError(f"one channel is expected, got an array of shape {samples.shape}")
    if samples.size < RATE_HZ // 50 or not samples.any():
        return ()
    found = get_speech_timestamps(
        levelled(samples),
        VadOptions(
            threshold=OPEN_AT,
            neg_threshold=KEEP_FROM,
            min_speech_duration_ms=round(SHORTEST_VOICE_S * 1000),
            min_silence_duration_ms=round(SHORTEST_PAUSE_S * 1000),
            speech_pad_ms=round(PADDING_S * 1000),
        ),
        RATE_HZ,
    )
    length_s = samples.size / RATE_HZ
    return tuple((item["start"] / RATE_HZ, min(item["end"] / RATE_HZ, length_s)) for item in found)


def levelled(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The channel with its loud frames brought to one level; silence stays silence."""
    frames = samples[: samples.size // _FRAME * _FRAME].reshape(-1, _FRAME)
    if not frames.size:
        return samples
    loud = float(np.percentile(np.sqrt(np.mean(np.square(frames), axis=1)), 95))
    if loud <= 0:
        return samples
    gain = min(_TARGET_RMS / loud, _LARGEST_GAIN)
    return np.asarray(np.clip(samples * np.float32(gain), -1.0, 1.0), dtype=np.float32)


def overlap_s(start_s: float, end_s: float, intervals: tuple[tuple[float, float], ...]) -> float:
    """Seconds of ``start_s``..``end_s`` that lie inside the intervals."""
    return sum(max(0.0, min(end_s, end) - max(start_s, start)) for start, end in intervals)
