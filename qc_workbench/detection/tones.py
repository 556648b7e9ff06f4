"""Line tones on one channel: ringback, busy, voicemail beeps, keypad tones.

A tone is steady: one or two sharp components that hold nearly all the power and do not
glide. A cadence (when the pulses come) tells ringback and busy from a beep. Cadences and
frequencies: ITU-T E.180/Q.35 and its Supplement 2 (national tones). Voicemail beeps in
the field were measured from 660 to 1336 Hz and 0.25 to 0.82 s; products use 350 to 2100 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from qc_workbench.detection.spectrum import STEP_S, WINDOW, Floats, Frames
from qc_workbench.domain.acoustics import Sound, SoundKind
from qc_workbench.transcription.audio import RATE_HZ


@dataclass(frozen=True, slots=True)
class Cadence:
    """A national tone: its components and its pulses. Sources: ITU-T E.180 Supplement 2."""

    kind: SoundKind
    hz: tuple[float, ...]
    on_s: tuple[float, float]
    off_s: tuple[float, float]


#: Checked in order; tolerances of about 20 % because exchanges differ and codecs smear the edges.
CADENCES: Final = (
    Cadence(SoundKind.RINGBACK, (425,), (0.75, 1.3), (2.5, 4.6)),  # Russia 0.8/3.2 and 1/4; most of Europe 1/4
    Cadence(SoundKind.RINGBACK, (440, 480), (1.6, 2.4), (3.4, 4.6)),  # North America 2/4
    Cadence(SoundKind.BUSY, (425,), (0.15, 0.62), (0.15, 0.62)),  # Russia 0.35/0.35, congestion 0.175/0.175
    Cadence(SoundKind.BUSY, (480, 620), (0.2, 0.6), (0.2, 0.6)),  # North America 0.5/0.5, reorder 0.25/0.25
    Cadence(SoundKind.BUSY, (400,), (0.3, 0.45), (0.3, 0.45)),  # United Kingdom 0.375/0.375
    # United Kingdom 0.4/0.2/0.4/2: after the busy tones, whose even pauses are the narrower rule
    Cadence(SoundKind.RINGBACK, (400, 450), (0.3, 0.5), (0.15, 2.3)),  # United Kingdom 0.4/0.2/0.4/2
)
#: ITU-T Q.23.
DTMF_LOW_HZ: Final = (697.0, 770.0, 852.0, 941.0)
DTMF_HIGH_HZ: Final = (1209.0, 1336.0, 1477.0, 1633.0)

BEEP_HZ: Final = (350.0, 2100.0)
#: Shorter: a click or a vowel. Longer: a line tone or an instrument.
BEEP_S: Final = (0.14, 1.6)
_TONE_SHARE: Final = 0.8
_PAIR_SHARE: Final = 0.85
#: A beep must not glide: even a sung vowel moves more than this within its length.
_STEADY_HZ: Final = 9.0
_ABOVE_FLOOR_DB: Final = 10.0
#: A beep is made by a machine: its level does not move (10th to 90th percentile), a vowel's does.
_STEADY_DB: Final = 5.0
_SAME_TONE_HZ: Final = 25.0
#: Two components for less than this are a vowel with two strong harmonics.
_SHORTEST_PAIR_S: Final = 0.24
#: A lone pulse has no cadence to prove it; a steady dial tone lasts longer than any beep.
_FEWEST_BUSY_PULSES: Final = 3


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


def find_tones(channel: int, frames: Frames, floor_db: float, duration_s: float) -> tuple[Sound, ...]:
    """All line tones of a channel, in time order, without overlap.

    A cadence is one sound from its first pulse to the end of its last pause (the pauses of a
    ringback are part of it); the feature ``pulses`` tells how many were heard.
    """
    pulses = [
        replace(pulse, end_s=min(pulse.end_s, duration_s))
        for pulse in _pulses(frames, floor_db)
        if pulse.start_s < duration_s
    ]
    sounds: list[Sound] = []
    while pulses:
        cadence, taken = _cadence_at(pulses)
        group = pulses[:taken]
        pulses = pulses[taken:]
        if cadence is not None:
            end = min(group[-1].end_s + max(cadence.off_s[0], _usual_pause(group)), duration_s)
            if pulses:
                end = min(end, pulses[0].start_s)
            sounds.append(_sound(channel, cadence.kind, group, end))
        else:
            single = _single(channel, group[0])
            if single is not None:
                sounds.append(single)
    return tuple(sounds)


def _pulses(frames: Frames, floor_db: float) -> list[Pulse]:
    loud = frames.level_db > max(floor_db + _ABOVE_FLOOR_DB, -58.0)
    single = loud & (frames.tone_share > _TONE_SHARE)
    pair = loud & ~single & (frames.pair_share > _PAIR_SHARE)
    pulses: list[Pulse] = []
    start: int | None = None
    for index in range(frames.count + 1):
        inside = index < frames.count and bool(single[index] or pair[index])
        if inside and start is not None and abs(frames.tone_hz[index] - frames.tone_hz[index - 1]) > _SAME_TONE_HZ:
            low, high = sorted((float(frames.tone_hz[index]), float(frames.tone_hz[index - 1])))
            swapped = abs(low - min(frames.second_hz[index], frames.second_hz[index - 1])) < _SAME_TONE_HZ or (
                abs(high - max(frames.second_hz[index], frames.second_hz[index - 1])) < _SAME_TONE_HZ
            )
            if not (pair[index] and swapped):  # two equal components take turns at being the strongest
                pulses.extend(_pulse(frames, start, index))
                start = index
        if inside and start is None:
            start = index
        elif not inside and start is not None:
            pulses.extend(_pulse(frames, start, index))
            start = None
    return pulses


def _pulse(frames: Frames, first: int, last: int) -> list[Pulse]:
    """The pulse of frames ``first`` until ``last``, or none when it glides, is too short or not a line tone."""
    if last - first < 4:
        return []
    core = slice(first + 1, last - 1)
    two = float(np.median(frames.tone_share[core])) <= _TONE_SHARE
    low = _medians(np.minimum(frames.tone_hz[core], frames.second_hz[core]) if two else frames.tone_hz[core])
    if low[1] > _STEADY_HZ:
        return []
    second: float | None = None
    if two:
        high = _medians(np.maximum(frames.tone_hz[core], frames.second_hz[core]))
        if high[1] > _STEADY_HZ:
            return []
        second = high[0]
    # a frame is tonal when most of its 64 ms window is: the edges lie about half a window inside
    start_s = first * STEP_S + WINDOW / RATE_HZ * 0.35
    end_s = (last - 1) * STEP_S + WINDOW / RATE_HZ * 0.65
    share = frames.pair_share if two else frames.tone_share
    if _medians(frames.level_db[core])[1] > _STEADY_DB or (two and end_s - start_s < _SHORTEST_PAIR_S):
        return []
    return [
        Pulse(
            start_s=round(start_s, 3),
            end_s=round(max(end_s, start_s + STEP_S), 3),
            hz=round(low[0], 1),
            second_hz=None if second is None else round(second, 1),
            level_db=round(float(np.median(frames.level_db[core])), 1),
            score=round(float(np.median(share[core])), 3),
        )
    ]


def _medians(values: Floats) -> tuple[float, float]:
    """Median and the spread of the middle 80 %."""
    low, middle, high = np.percentile(values, [10, 50, 90])
    return float(middle), float(high - low)


def _has_frequency(pulse: Pulse, cadence: Cadence) -> bool:
    # components closer than the resolution (440 + 480) melt into one between them
    if len(cadence.hz) == 2 and pulse.second_hz is not None:
        return all(abs(a - b) < 15 for a, b in zip((pulse.hz, pulse.second_hz), cadence.hz, strict=True))
    low, high = cadence.hz[0] - 15, cadence.hz[-1] + 15
    melts = len(cadence.hz) == 1 or cadence.hz[-1] - cadence.hz[0] < 60
    return pulse.second_hz is None and melts and low <= pulse.hz <= high


def _cadence_at(pulses: list[Pulse]) -> tuple[Cadence | None, int]:
    """The cadence that begins with the first pulse and how many pulses it has; (None, 1) for a lone one."""
    for cadence in CADENCES:
        if not _has_frequency(pulses[0], cadence):
            continue
        taken = 1
        for before, after in pairwise(pulses):
            pause = after.start_s - before.end_s
            if not (
                _has_frequency(after, cadence)
                and abs(after.hz - pulses[0].hz) < _SAME_TONE_HZ
                and cadence.off_s[0] - 0.06 <= pause <= cadence.off_s[1] + 0.06
            ):
                break
            taken += 1
        # the first and the last pulse may be cut by the ends of the recording
        whole = [pulse.duration_s for pulse in pulses[1 : taken - 1]] or [max(p.duration_s for p in pulses[:taken])]
        fits = sum(cadence.on_s[0] - 0.06 <= on_s <= cadence.on_s[1] + 0.06 for on_s in whole)
        if fits < 0.8 * len(whole):
            continue
        if taken >= (2 if cadence.kind is SoundKind.RINGBACK else _FEWEST_BUSY_PULSES):
            return cadence, taken
    return None, 1


def _usual_pause(group: list[Pulse]) -> float:
    return float(np.median([after.start_s - before.end_s for before, after in pairwise(group)]))


def _sound(channel: int, kind: SoundKind, group: list[Pulse], end_s: float) -> Sound:
    return Sound(
        channel=channel,
        start_s=group[0].start_s,
        end_s=max(end_s, group[-1].end_s),
        kind=kind,
        score=round(min(1.0, 0.6 + 0.1 * len(group)), 2),
        frequency_hz=group[0].hz,
        features={"pulses": float(len(group)), "level_db": group[0].level_db},
    )


def _single(channel: int, pulse: Pulse) -> Sound | None:
    """A pulse without a cadence: a keypad tone, a steady line tone, a beep, or nothing we name."""
    kind: SoundKind
    if pulse.second_hz is not None and _near(pulse.hz, DTMF_LOW_HZ) and _near(pulse.second_hz, DTMF_HIGH_HZ):
        kind = SoundKind.DTMF
    elif 350 <= pulse.hz <= 500 and pulse.duration_s > 3:
        kind = SoundKind.BUSY  # dial tone: the far end has hung up
    elif BEEP_HZ[0] <= pulse.hz <= BEEP_HZ[1] and BEEP_S[0] <= pulse.duration_s <= BEEP_S[1]:
        kind = SoundKind.BEEP
    else:
        return None
    features = {"level_db": pulse.level_db}
    if pulse.second_hz is not None:
        features["second_hz"] = pulse.second_hz
    return Sound(channel, pulse.start_s, pulse.end_s, kind, pulse.score, pulse.hz, features)


def _near(hz: float, table: tuple[float, ...]) -> bool:
    return any(abs(hz - item) <= 0.025 * item for item in table)
