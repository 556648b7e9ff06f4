"""The other party's voice heard quietly on this channel, and how to leave it out.

Stereo call recordings are rarely clean: low-rate MP3 and Opus fold the two channels
together, and a telephone's echo returns the voice a fraction of a second later. Such a
copy is quieter than the original and correlated with it; a second person talking at the
same time is not correlated, however quiet. Both conditions are required, so that a quiet
customer under a loud agent stays.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from qc_workbench.transcription.audio import RATE_HZ
from qc_workbench.transcription.voice_activity import speech_intervals

Intervals = tuple[tuple[float, float], ...]

#: A copy is at least this much quieter than its original on the other channel.
QUIETER_BY_DB: Final = 3.0
#: Correlation with the other channel from which sound is its copy. Independent voices give under
#: 0.2 over 0.3 s; copies in low-rate codecs 0.7 and more.
COPY_CORRELATION: Final = 0.45
#: Longest delay of an echo that is looked for.
LONGEST_ECHO_S: Final = 0.4
_SMOOTHING_S: Final = 0.3
_FRAME: Final = 320
#: What is left of a copy shorter than this is an edge, not a word.
_SHORTEST_REST_S: Final = 0.15


def own_speech(samples: NDArray[np.float32]) -> tuple[Intervals, ...]:
    """Per channel, the intervals (seconds) in which its own party speaks; copies of the other are left out.

    ``samples``: (channels, n) at 16 kHz. One channel: all voice on it.
    """
    voiced = tuple(speech_intervals(channel) for channel in samples)
    if len(voiced) == 1:
        return voiced
    return tuple(
        without_copies(voiced[this], copied_frames(samples[this], samples[1 - this]), _FRAME / RATE_HZ)
        for this in (0, 1)
    )


def copied_frames(this: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Frames of 20 ms in which ``this`` channel holds a quieter copy of ``other`` and nothing of its own."""
    return max((_copied_at(this, other, delay) for delay in _delays(this, other)), key=lambda found: int(found.sum()))


def _copied_at(this: NDArray[np.float32], other: NDArray[np.float32], delay: int) -> NDArray[np.bool_]:
    shifted = other
    if delay:
        shifted = np.zeros_like(other)
        shifted[delay:] = other[:-delay]
    width = round(_SMOOTHING_S * RATE_HZ / _FRAME)
    count = this.size // _FRAME

    def smoothed(product: NDArray[np.float32]) -> NDArray[np.float64]:
        energy = product[: count * _FRAME].reshape(count, _FRAME).mean(axis=1, dtype=np.float64)
        from scipy.ndimage import uniform_filter1d  # costs a second of start-up: only where there is work

        return np.asarray(uniform_filter1d(energy, width, mode="nearest"), dtype=np.float64)

    ours, theirs = smoothed(this * this) + 1e-12, smoothed(shifted * shifted) + 1e-12
    correlation = np.abs(smoothed(this * shifted)) / np.sqrt(ours * theirs)
    quieter = 10 * np.log10(theirs / ours) >= QUIETER_BY_DB
    return np.asarray(quieter & (correlation >= COPY_CORRELATION), dtype=np.bool_)


def without_copies(voiced: Intervals, copied: NDArray[np.bool_], frame_s: float) -> Intervals:
    """The voiced intervals less the copied frames; rests too short for a syllable are dropped."""
    kept: list[tuple[float, float]] = []
    for start_s, end_s in voiced:
        first, last = int(start_s / frame_s), min(copied.size, int(np.ceil(end_s / frame_s)))
        own = np.concatenate(([False], ~copied[first:last], [False])).astype(np.int8)
        edges = np.flatnonzero(np.diff(own))
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            rest = (max(start_s, (first + begin) * frame_s), min(end_s, (first + end) * frame_s))
            whole = begin == 0 and end == last - first
            if whole or rest[1] - rest[0] >= _SHORTEST_REST_S:
                kept.append(rest)
    return tuple(kept)


def silenced(samples: NDArray[np.float32], copied: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The channel with its copied frames set to silence, for recognition."""
    result = samples.copy()
    frames = result[: copied.size * _FRAME].reshape(-1, _FRAME)
    frames[copied] = 0.0
    return result


def _delays(this: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[int, ...]:
    """Delays (samples) at which a copy may lie: none (a codec), and the likeliest echo of the first minute."""
    # every second sample is enough for a delay and halves the work
    a, b = this[: 60 * RATE_HZ : 2], other[: 60 * RATE_HZ : 2]
    if not a.any() or not b.any():
        return (0,)
    reach = round(LONGEST_ECHO_S * RATE_HZ / 2)
    from scipy.signal import correlate  # costs a second of start-up: only where there is work

    correlation = np.abs(correlate(a, b, mode="full", method="fft"))
    echo = int(np.argmax(correlation[b.size - 1 : b.size + reach])) * 2
    return (0, echo) if echo else (0,)
