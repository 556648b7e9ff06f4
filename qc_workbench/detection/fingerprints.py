"""Acoustic fingerprints: the first speech of a channel in, a few numbers out that find the same recording again.

Two known methods, one for each half of the work:

*Finding* is by landmarks, pairs of prominent points of the spectrum (A. Wang, "An industrial-strength audio search
algorithm", ISMIR 2003): a pair is one number, so that recordings with common pairs come straight out of an index,
and the same recording shows as many pairs at one and the same distance in time.

*Deciding* is by sub-band differences (J. Haitsma, T. Kalker, "A highly robust audio fingerprinting system", ISMIR
2002): 32 signs of energy differences between neighbouring bands and moments; the same recording differs in few of
them after any codec, different sound in half.

Only speech is printed (the voice intervals of :mod:`qc_workbench.detection.acoustics`): tones, music, silence never
make a match. Figures by codec and noise: docs/detectors.md, "Greeting fingerprints".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.ndimage import maximum_filter

from qc_workbench.detection.sound_classes import Interval
from qc_workbench.detection.spectrum import Floats
from qc_workbench.domain.acoustics import Acoustics, SoundKind
from qc_workbench.domain.sound_print import SoundPrint
from qc_workbench.transcription.audio import RATE_HZ, Audio

#: Names the rules of this module; prints of different versions are never compared.
VERSION: Final = "prints-1"

#: The first speech is looked at up to this many seconds of voice, and up to this long after its beginning.
LONGEST_SPEECH_S: Final = 20.0
LONGEST_SPAN_S: Final = 45.0
#: Less speech than this gives no print: "hello" is too little to tell two recordings apart.
SHORTEST_SPEECH_S: Final = 2.0

#: Landmarks: windows of 64 ms every 16 ms resolve the harmonics of a voice.
PEAK_WINDOW: Final = 1024
PEAK_HOP: Final = 256
#: The telephone band, 310-3390 Hz (ITU-T G.712), in bins of 15.6 Hz.
_PEAK_LOW, _PEAK_HIGH = 20, 217
#: A peak is the largest within so many frames (80 ms) and bins (140 Hz) to either side, and among the strongest
#: of its second.
_AROUND: Final = (11, 19)
_PEAKS_A_SECOND: Final = 14
_QUIETEST_LOG_POWER: Final = -16.0
#: In each frame, one component that holds more of the power than this is a tone and no speech.
_TONE_SHARE: Final = 0.9

#: Bits: windows of 256 ms every 32 ms, compared with the window 16 ms before; 33 bands of equal ratio.
BIT_WINDOW: Final = 4096
BIT_HOP: Final = 512
BIT_STEP_S: Final = BIT_HOP / RATE_HZ
_BIT_LAG: Final = 256
_BAND_EDGES_HZ: Final = np.geomspace(300.0, 3300.0, 34)
#: Frames per step: peaks lie on a grid twice as fine as bits.
PEAKS_PER_STEP: Final = BIT_HOP // PEAK_HOP

PEAK_RECORD: Final = np.dtype([("frame", "<u2"), ("bin", "u1")])
BIT_RECORD: Final = np.dtype([("frame", "<u2"), ("bits", "<u4")])

Ints = NDArray[np.int64]


def prints_of(audio: Audio, acoustics: Acoustics, offset_s: float = 0.0) -> tuple[SoundPrint, ...]:
    """A print of each channel, also an empty one where too little is spoken. ``offset_s``: where ``audio`` begins."""
    return tuple(
        sound_print(
            audio.samples[channel],
            [(s.start_s, s.end_s) for s in acoustics.sounds if s.channel == channel and s.kind is SoundKind.VOICE],
            acoustics.content_hash,
            channel,
            offset_s,
        )
        for channel in range(audio.channels)
    )


def sound_print(
    samples: Floats, voices: Sequence[Interval], content_hash: str, channel: int, offset_s: float = 0.0
) -> SoundPrint:
    """The print of one channel. ``samples``: float32 at 16 kHz; ``voices``: its speech in time order, in seconds of
    ``samples``. Deterministic; silence before the speech changes nothing but ``first_step``."""
    first = _first_speech(voices)
    speech_s = sum(end - start for start, end in first)
    if speech_s < SHORTEST_SPEECH_S:
        return SoundPrint(content_hash, channel, VERSION, 0, round(speech_s, 2), b"", b"")
    begin = max(0, int((first[0][0] - 0.3) / BIT_STEP_S))
    part = samples[begin * BIT_HOP : int((first[-1][1] + 0.3) * RATE_HZ) + BIT_WINDOW]
    inside = [(start - begin * BIT_STEP_S, end - begin * BIT_STEP_S) for start, end in first]
    return SoundPrint(
        content_hash=content_hash,
        channel=channel,
        version=VERSION,
        first_step=begin + round(offset_s / BIT_STEP_S),
        speech_s=round(speech_s, 2),
        peaks=_peaks(part, inside).tobytes(),
        bits=_bits(part, inside).tobytes(),
    )


def peaks_of_print(item: SoundPrint) -> tuple[Ints, Ints]:
    """Frames (steps of 16 ms from ``first_step``) and bins of the peaks, in order of time."""
    records = np.frombuffer(item.peaks, PEAK_RECORD)
    return records["frame"].astype(np.int64), records["bin"].astype(np.int64)


def bits_of_print(item: SoundPrint) -> tuple[Ints, NDArray[np.uint32]]:
    """Frames (steps of 32 ms from the beginning of the recording) and their 32 bits each."""
    records = np.frombuffer(item.bits, BIT_RECORD)
    return records["frame"].astype(np.int64) + item.first_step, records["bits"].astype(np.uint32)


def _first_speech(voices: Sequence[Interval]) -> list[Interval]:
    taken: list[Interval] = []
    spoken_s = 0.0
    for start, end in voices:
        if start - voices[0][0] > LONGEST_SPAN_S or spoken_s >= LONGEST_SPEECH_S:
            break
        taken.append((start, min(end, start + LONGEST_SPEECH_S - spoken_s)))
        spoken_s += taken[-1][1] - start
    return taken


def _inside(moments_s: NDArray[np.float64], voices: Sequence[Interval]) -> NDArray[np.bool_]:
    found = np.zeros(moments_s.shape, dtype=bool)
    for start, end in voices:
        found |= (moments_s >= start) & (moments_s <= end)
    return found


def _windows(samples: Floats, width: int, hop: int) -> Floats:
    padded = np.pad(samples, (0, max(0, width - samples.size)))
    return np.lib.stride_tricks.sliding_window_view(padded, width)[::hop]


def _power(windows: Floats, width: int) -> Floats:
    spectrum = rfft(windows * np.hanning(width).astype(np.float32), axis=1)  # scipy's stays in 32 bits
    power: Floats = (spectrum.real**2 + spectrum.imag**2).astype(np.float32, copy=False)
    return power


def _peaks(samples: Floats, voices: Sequence[Interval]) -> NDArray[np.void]:
    power = _power(_windows(samples, PEAK_WINDOW, PEAK_HOP), PEAK_WINDOW)[:, _PEAK_LOW:_PEAK_HIGH]
    logs = np.log(power + 1e-10)
    spoken = _inside((np.arange(len(power)) * PEAK_HOP + PEAK_WINDOW / 2) / RATE_HZ, voices)
    spoken &= power.max(axis=1) < _TONE_SHARE * (power.sum(axis=1) + 1e-10)
    highest = maximum_filter(logs, size=_AROUND, mode="nearest")
    frames, bins = np.nonzero((logs >= highest) & spoken[:, None] & (logs > _QUIETEST_LOG_POWER))
    strength = logs[frames, bins]
    second = frames * PEAK_HOP // RATE_HZ
    order = np.lexsort((-strength, second))  # within each second the strongest first
    begins = np.searchsorted(second[order], second[order])
    kept = np.sort(order[np.arange(order.size) - begins < _PEAKS_A_SECOND])
    records = np.zeros(kept.size, PEAK_RECORD)
    records["frame"], records["bin"] = frames[kept], bins[kept]
    return records


def _bits(samples: Floats, voices: Sequence[Interval]) -> NDArray[np.void]:
    """Frame ``i`` compares the windows that begin at ``i * BIT_HOP`` and ``_BIT_LAG`` samples before."""
    count = max(0, (samples.size - BIT_WINDOW) // BIT_HOP + 1)
    numbers = np.arange(1, count)
    centres_s = (numbers * BIT_HOP + BIT_WINDOW / 2 - _BIT_LAG / 2) / RATE_HZ
    numbers = numbers[_inside(centres_s, voices)]
    if not numbers.size:
        return np.zeros(0, BIT_RECORD)
    every = np.lib.stride_tricks.sliding_window_view(samples, BIT_WINDOW)
    edges = np.round(_BAND_EDGES_HZ / (RATE_HZ / BIT_WINDOW)).astype(int)
    now, before = (
        np.log(np.add.reduceat(_power(every[starts], BIT_WINDOW)[:, : edges[-1]], edges[:-1], axis=1) + 1e-9)
        for starts in (numbers * BIT_HOP, numbers * BIT_HOP - _BIT_LAG)
    )
    signs = np.diff(now, axis=1) < np.diff(before, axis=1)
    records = np.zeros(numbers.size, BIT_RECORD)
    records["frame"] = numbers
    records["bits"] = signs @ (np.uint32(1) << np.arange(signs.shape[1], dtype=np.uint32))
    return records
