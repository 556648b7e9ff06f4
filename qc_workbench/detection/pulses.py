"""Steady tones of one channel, one pulse after the other, before anybody asks what they mean.

A machine's tone is one or two sharp components that hold nearly all the power, do not glide and do not swell.
A sung or spoken vowel glides or swells, a chord has more components, a bell dies away.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qc_workbench.detection.spectrum import STEP_S, WINDOW, Floats, Frames
from qc_workbench.detection.tone_table import DTMF_HIGH_HZ, DTMF_LOW_HZ
from qc_workbench.transcription.audio import RATE_HZ

_TONE_SHARE: Final = 0.8
_PAIR_SHARE: Final = 0.85
#: A beep must not glide: even a sung vowel moves more than this within its length.
_STEADY_HZ: Final = 9.0
_ABOVE_FLOOR_DB: Final = 4.0
#: What is so much quieter than the sound within these frames beside it is its echo or what a codec made of its end.
_TAIL_DB: Final = 12.0
_BESIDE: Final = 5
_TAIL_S: Final = 0.5
#: Under steady noise: the strongest of 30 independent places stands so far above their mean by chance only once in
#: thousands of frames.
_OVER_NOISE_DB: Final = 13.0
_QUIETEST_DB: Final = -58.0
#: A beep is made by a machine: its level does not move (10th to 90th percentile), a vowel's does.
_STEADY_DB: Final = 5.0
SAME_TONE_HZ: Final = 25.0
#: Voices' strongest harmonics that pass for a tone lie below this frequency. Above it GSM's wobble may be allowed for.
_VOICE_HZ: Final = 800.0
_CODEC_DB: Final = 2.5
#: Two components for less than this are a vowel with two strong harmonics.
_SHORTEST_PAIR_S: Final = 0.24
_FEWEST_FRAMES: Final = 4
#: Noise tears a tone for a moment; what goes on at the same frequency and level was one tone.
_TEAR_S: Final = 0.09
_SAME_LINE_HZ: Final = 6.0
_SAME_LEVEL_DB: Final = 3.0


@dataclass(frozen=True, slots=True)
class Pulse:
    """One uninterrupted steady tone; ``second_hz`` is None for a single frequency."""

    start_s: float
    end_s: float
    hz: float
    second_hz: float | None
    level_db: float
    score: float

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


def find_pulses(samples: Floats, frames: Frames, floor_db: float) -> list[Pulse]:
    """All pulses in time order. ``samples``: the channel that the frames were measured on."""
    padded = np.pad(frames.level_db, _BESIDE, mode="edge")
    loudest_beside = np.lib.stride_tricks.sliding_window_view(padded, 2 * _BESIDE + 1).max(axis=1)
    loud = (
        (frames.level_db > max(floor_db + _ABOVE_FLOOR_DB, _QUIETEST_DB))
        & (frames.level_db > loudest_beside - _TAIL_DB)
        & (frames.over_noise_db > _OVER_NOISE_DB)
    )
    single = loud & (np.maximum(frames.tone_share, frames.clear_share) > _TONE_SHARE)
    pair = loud & ~single & (np.maximum(frames.pair_share, frames.clear_pair_share) > _PAIR_SHARE)
    pulses: list[Pulse] = []
    start: int | None = None
    for index in range(frames.count + 1):
        inside = index < frames.count and bool(single[index] or pair[index])
        if inside and start is not None and _changes(frames, index, bool(pair[index] and pair[index - 1])):
            pulses.extend(_pulse(frames, start, index))
            start = index
        if inside and start is None:
            start = index
        elif not inside and start is not None:
            pulses.extend(_pulse(frames, start, index))
            start = None
    return [_resolved(samples, pulse) for pulse in _mended(pulses)]


def _changes(frames: Frames, index: int, is_pair: bool) -> bool:
    """Whether another tone begins; two equal components that take turns at being the strongest are one tone.

    ``is_pair``: this frame and the one before hold two components (where one tone follows another, a single one does).
    """
    if abs(frames.tone_hz[index] - frames.tone_hz[index - 1]) <= SAME_TONE_HZ:
        return False
    low, high = sorted((float(frames.tone_hz[index]), float(frames.tone_hz[index - 1])))
    swapped = abs(low - min(frames.second_hz[index], frames.second_hz[index - 1])) < SAME_TONE_HZ or (
        abs(high - max(frames.second_hz[index], frames.second_hz[index - 1])) < SAME_TONE_HZ
    )
    return not (is_pair and swapped)


def _pulse(frames: Frames, first: int, last: int) -> list[Pulse]:
    """The pulse of frames ``first`` until ``last``, or none when it glides, swells or is too short."""
    if last - first < _FEWEST_FRAMES:
        return []
    core = slice(first + 1, last - 1)
    tone_share = np.maximum(frames.tone_share[core], frames.clear_share[core])
    two = float(np.median(tone_share)) <= _TONE_SHARE
    low = medians(np.minimum(frames.tone_hz[core], frames.second_hz[core]) if two else frames.tone_hz[core])
    if low[1] > (_STEADY_HZ if two or low[0] < _VOICE_HZ else 1.4 * _STEADY_HZ):
        return []
    second: float | None = None
    if two:
        high = medians(np.maximum(frames.tone_hz[core], frames.second_hz[core]))
        if high[1] > _STEADY_HZ:
            return []
        second = high[0]
    # a frame is tonal when most of its 64 ms window is: the edges lie about half a window inside
    start_s = first * STEP_S + WINDOW / RATE_HZ * 0.35
    end_s = (last - 1) * STEP_S + WINDOW / RATE_HZ * 0.65
    steady_db = _STEADY_DB if two or low[0] < _VOICE_HZ else _STEADY_DB + _CODEC_DB
    if medians(frames.level_db[core])[1] > steady_db or (two and end_s - start_s < _SHORTEST_PAIR_S):
        return []
    share = np.maximum(frames.pair_share[core], frames.clear_pair_share[core]) if two else tone_share
    return [
        Pulse(
            start_s=round(start_s, 3),
            end_s=round(max(end_s, start_s + STEP_S), 3),
            hz=round(low[0], 1),
            second_hz=None if second is None else round(second, 1),
            level_db=round(float(np.median(frames.level_db[core])), 1),
            score=round(float(np.median(share)), 3),
        )
    ]


def medians(values: Floats) -> tuple[float, float]:
    """Median and the spread of the middle 80 %."""
    low, middle, high = np.percentile(values, [10, 50, 90])
    return float(middle), float(high - low)


def _mended(pulses: list[Pulse]) -> list[Pulse]:
    mended: list[Pulse] = []
    for pulse in pulses:
        before = mended[-1] if mended else None
        if before is not None and _is_tail(before, pulse):
            continue
        if (
            before is not None
            and pulse.start_s - before.end_s <= _TEAR_S
            and abs(pulse.hz - before.hz) <= _SAME_LINE_HZ
            and abs(pulse.level_db - before.level_db) <= _SAME_LEVEL_DB
        ):
            mended[-1] = replace(before, end_s=pulse.end_s, score=min(before.score, pulse.score))
        else:
            mended.append(pulse)
    return mended


def _is_tail(before: Pulse, pulse: Pulse) -> bool:
    same = abs(pulse.hz - before.hz) < SAME_TONE_HZ and pulse.start_s - before.end_s < _TAIL_S
    return same and pulse.level_db < before.level_db - _TAIL_DB


#: Two components nearer than a 64 ms window resolves (440 + 480 Hz) melt into one between them; the whole pulse
#: resolves them. The weaker one of a pair that an exchange plays is at most 6 dB lower.
_MELTED_HZ: Final = (380.0, 500.0)
_MELTED_FROM_S: Final = 0.12
_PARTNER_DB: Final = 8.0
_REACH_HZ: Final = 90.0
#: A keypad tone's two components may differ in level by 8 dB and more ("twist").
_TWIST_DB: Final = 14.0


def _resolved(samples: Floats, pulse: Pulse) -> Pulse:
    """The pulse with its second component, where only the spectrum of the whole pulse shows it."""
    middle = pulse.hz if pulse.second_hz is None else (pulse.hz + pulse.second_hz) / 2
    apart_hz = 0.0 if pulse.second_hz is None else pulse.second_hz - pulse.hz
    if apart_hz > _REACH_HZ or pulse.duration_s < _MELTED_FROM_S:
        return pulse
    cut = samples[round((pulse.start_s + 0.01) * RATE_HZ) : round((pulse.end_s - 0.01) * RATE_HZ)]
    cut = cut[: 2 * RATE_HZ]
    if cut.size < round(0.08 * RATE_HZ):
        return pulse
    size = 4 * WINDOW * max(1, int(np.ceil(cut.size / WINDOW)))
    power = np.abs(np.fft.rfft(cut * np.hanning(cut.size), size)) ** 2
    bin_hz = RATE_HZ / size
    lobe_hz = 2.2 * RATE_HZ / cut.size
    hz = np.arange(power.size) * bin_hz
    strongest = float(power[(hz > middle - _REACH_HZ) & (hz < middle + _REACH_HZ)].max())
    band = (hz > 280) & (hz < 2000)
    peaks = np.flatnonzero(band[1:-1] & (power[1:-1] > power[:-2]) & (power[1:-1] >= power[2:])) + 1
    near = [p for p in peaks if abs(hz[p] - middle) < _REACH_HZ and power[p] > strongest * 10 ** (-_PARTNER_DB / 10)]
    if _MELTED_HZ[0] <= middle <= _MELTED_HZ[1] and len(near) == 2 and hz[near[1]] - hz[near[0]] > lobe_hz:
        return replace(pulse, hz=round(float(hz[near[0]]), 1), second_hz=round(float(hz[near[1]]), 1))
    if pulse.second_hz is not None:
        return pulse
    far = [p for p in peaks if abs(hz[p] - pulse.hz) > 150 and power[p] > strongest * 10 ** (-_TWIST_DB / 10)]
    if far:
        low, high = sorted((pulse.hz, round(float(hz[max(far, key=lambda p: power[p])]), 1)))
        if is_keypad(low, high):
            return replace(pulse, hz=low, second_hz=high)
    return pulse


#: A strong harmonic of a voice has its neighbours: at half and at one and a half of its frequency, 24 dB and less under
#: it (measured on vowels of 120 calls: -24 dB to +11 dB; beeps of 30: -49 dB and lower). The third to fifth
#: harmonic has one on either side.
_NEIGHBOUR_DB: Final = -24.0
_NEIGHBOUR_OVER_REST_DB: Final = 9.0
#: How far a machine's phase strays from that of a constant frequency (radians), and its level (dB), away from its
#: edges. A whistle with the least vibrato strays by 1 and more.
_STRAY_RAD: Final = 0.4
_STRAY_DB: Final = 4.0
_EDGE_S: Final = 0.035
_SMOOTH_S: Final = 0.03
_LOOK_EVERY: Final = 80


def is_machine_made(samples: Floats, pulse: Pulse) -> bool:
    """Whether a pulse holds its frequency and level as only a generator does, and is no harmonic of a voice."""
    cut = samples[round(pulse.start_s * RATE_HZ) : round(pulse.end_s * RATE_HZ)].astype(np.float64)
    return _is_steady(cut, pulse.hz) and not (pulse.hz < _VOICE_HZ and _has_neighbours(cut, pulse.hz))


def _is_steady(cut: NDArray[np.float64], hz: float) -> bool:
    width = round(_SMOOTH_S * RATE_HZ)
    edge = round(_EDGE_S * RATE_HZ)
    inner = cut[edge:-edge] if cut.size > 2 * edge + width + 8 * _LOOK_EVERY else cut
    if inner.size < width + 4 * _LOOK_EVERY:
        return True  # too short to tell
    window = np.hanning(width)
    turned = inner * np.exp(-2j * np.pi * hz * np.arange(inner.size) / RATE_HZ)
    envelope = np.convolve(turned, window / window.sum(), "valid")[::_LOOK_EVERY]
    phase = np.unwrap(np.angle(envelope))
    steps = np.arange(phase.size)
    stray = phase - np.polyval(np.polyfit(steps, phase, 1), steps)
    low, high = np.percentile(20 * np.log10(np.abs(envelope) + 1e-9), [10, 90])
    return float(np.std(stray)) <= _STRAY_RAD and float(high - low) <= _STRAY_DB + (
        0.0 if hz < _VOICE_HZ else 2 * _CODEC_DB
    )


def _has_neighbours(cut: NDArray[np.float64], hz: float) -> bool:
    edge = round(0.01 * RATE_HZ)
    inner = cut[edge:-edge]
    power = np.abs(np.fft.rfft(inner * np.hanning(inner.size), 1 << 15)) ** 2
    grid = np.arange(power.size) * RATE_HZ / (1 << 15)

    def peak(at: float, reach: float = 15.0) -> float:
        return float(power[(grid > at - reach) & (grid < at + reach)].max()) + 1e-12

    main = peak(hz)

    def is_there(ratio: float) -> bool:
        strength = peak(ratio * hz)
        rest = float(np.median(power[np.abs(grid - ratio * hz) < 0.2 * hz])) + 1e-12
        over_main_db, over_rest_db = 10 * np.log10(strength / main), 10 * np.log10(strength / rest)
        return bool(over_main_db > _NEIGHBOUR_DB and over_rest_db > _NEIGHBOUR_OVER_REST_DB)

    if is_there(0.5) or is_there(1.5):
        return True
    return any(is_there((number - 1) / number) and is_there((number + 1) / number) for number in (3, 4, 5))


def is_keypad(low_hz: float, high_hz: float) -> bool:
    """Whether two components make a key of a telephone (ITU-T Q.23; exchanges accept 1.5 %, codecs smear)."""
    return _near(low_hz, DTMF_LOW_HZ) and _near(high_hz, DTMF_HIGH_HZ)


def _near(hz: float, table: tuple[float, ...]) -> bool:
    return any(abs(hz - item) <= 0.025 * item for item in table)
