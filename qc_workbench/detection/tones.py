"""Line tones on one channel: ringback, busy, special information tone, voicemail beeps, keypad tones.

A cadence (when the pulses come) tells ringback and busy from a beep: see ``tone_table``. Voicemail beeps in the field
were measured from 660 to 1336 Hz and 0.25 to 0.82 s; products use 350 to 2100 Hz.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from qc_workbench.detection.pulses import SAME_TONE_HZ, Pulse, find_pulses, is_keypad, is_machine_made
from qc_workbench.detection.spectrum import Floats, Frames
from qc_workbench.detection.tone_table import (
    DIAL_FROM_S,
    DIAL_HZ,
    LINE_PAIRS,
    LONE_RING_HZ,
    LONE_RING_S,
    MODULATED_WITHIN_HZ,
    NATIONAL_TONES,
    RING_PAIRS,
    SIT_GAP_S,
    SIT_HZ,
    SIT_PULSE_S,
    NationalTone,
)
from qc_workbench.domain.acoustics import Sound, SoundKind

BEEP_HZ: Final = (350.0, 2100.0)
#: Shorter: a click or a vowel. Longer: a line tone or an instrument.
BEEP_S: Final = (0.14, 1.6)
#: Exchanges differ from the table by up to 10 %, and noise and codecs smear the edges.
_TOLERANCE: Final = 0.15
_EDGE_S: Final = 0.06
_OFF_BY_HZ: Final = 14.0
#: Two rows of one cadence that a covered pulse has torn.
_TORN_S: Final = 1.0


def find_tones(channel: int, samples: Floats, frames: Frames, floor_db: float, duration_s: float) -> tuple[Sound, ...]:
    """All line tones of a channel, in time order, without overlap. ``samples``: what the frames were measured on.

    A cadence is one sound from its first pulse to the end of its last pause (the pauses of a
    ringback are part of it); the feature ``pulses`` tells how many were heard.
    """
    pulses = [
        replace(pulse, end_s=min(pulse.end_s, duration_s))
        for pulse in find_pulses(samples, frames, floor_db)
        if pulse.start_s < duration_s
    ]
    sounds: list[Sound] = []
    while pulses:
        following = pulses[3].start_s if len(pulses) > 3 else duration_s
        if _is_sit(pulses[:3]):
            sounds.append(_sound(channel, SoundKind.SIT, pulses[:3], min(pulses[2].end_s, following)))
            pulses = pulses[3:]
            continue
        cadence, taken = _cadence_at(pulses)
        group, pulses = pulses[:taken], pulses[taken:]
        if cadence is not None:
            end = min(group[-1].end_s + max(min(off for _, off in cadence.beats), _usual_pause(group)), duration_s)
            sounds.append(_sound(channel, cadence.kind, group, min(end, pulses[0].start_s) if pulses else end))
        else:
            single = _single(channel, samples, group[0])
            if single is not None:
                sounds.append(single)
    return _joined(sounds)


def _is_sit(pulses: list[Pulse]) -> bool:
    """Three rising tones, one right after the other."""
    if len(pulses) < 3:
        return False
    rising = all(low <= pulse.hz <= high for pulse, (low, high) in zip(pulses, SIT_HZ, strict=True))
    long_enough = all(SIT_PULSE_S[0] - _EDGE_S <= pulse.duration_s <= SIT_PULSE_S[1] for pulse in pulses)
    return rising and long_enough and all(b.start_s - a.end_s <= SIT_GAP_S for a, b in pairwise(pulses))


def _has_frequency(pulse: Pulse, tone: NationalTone) -> bool:
    if len(tone.hz) == 2 and pulse.second_hz is not None:
        return all(abs(a - b) < _OFF_BY_HZ for a, b in zip((pulse.hz, pulse.second_hz), tone.hz, strict=True))
    if pulse.second_hz is not None and len(tone.hz) == 1:  # 400 Hz modulated with 17 or 25 Hz has two sidebands
        middle = (pulse.hz + pulse.second_hz) / 2
        return pulse.second_hz - pulse.hz < MODULATED_WITHIN_HZ and abs(middle - tone.hz[0]) < _OFF_BY_HZ
    # components closer than the resolution (440 + 480) melt into one between them when the pulse is short or noisy
    low, high = tone.hz[0] - _OFF_BY_HZ, tone.hz[-1] + _OFF_BY_HZ
    melts = len(tone.hz) == 1 or tone.hz[-1] - tone.hz[0] < 60
    return pulse.second_hz is None and melts and low <= pulse.hz <= high


def _cadence_at(pulses: list[Pulse]) -> tuple[NationalTone | None, int]:
    """The tone whose cadence explains most pulses from the first on, and how many; (None, 1) for none."""
    best: tuple[NationalTone | None, int] = (None, 1)
    for tone in NATIONAL_TONES:
        if not _has_frequency(pulses[0], tone):
            continue
        for phase in range(len(tone.beats)):
            taken = _beats_kept(pulses, tone, phase)
            if taken >= tone.fewest_pulses and taken > best[1]:
                best = (tone, taken)
    return best


def _beats_kept(pulses: list[Pulse], tone: NationalTone, phase: int) -> int:
    """How many pulses from the first on keep the cadence, when the first is its beat number ``phase``.

    The first and the last pulse may be cut: by the ends of the recording, or by the one who answered.
    """
    if pulses[0].duration_s > _longest(tone.beats[phase][0]):
        return 0
    taken = 1
    for index, (before, after) in enumerate(pairwise(pulses)):
        on_s, off_s = tone.beats[(phase + index) % len(tone.beats)]
        next_on_s = tone.beats[(phase + index + 1) % len(tone.beats)][0]
        whole = index == 0 or before.duration_s >= _shortest(on_s)
        pause_s = after.start_s - before.end_s
        if not (
            whole
            and _has_frequency(after, tone)
            and abs(after.hz - pulses[0].hz) < SAME_TONE_HZ
            and _shortest(off_s) <= pause_s <= _longest(off_s)
            and after.duration_s <= _longest(next_on_s)
        ):
            break
        taken += 1
    # one of them at least is whole: a row of clicks at the right distance is no ringback
    return (
        taken if any(pulse.duration_s >= _shortest(min(on for on, _ in tone.beats)) for pulse in pulses[:taken]) else 0
    )


def _shortest(seconds: float) -> float:
    return seconds * (1 - _TOLERANCE) - _EDGE_S


def _longest(seconds: float) -> float:
    return seconds * (1 + _TOLERANCE) + _EDGE_S


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


def _single(channel: int, samples: Floats, pulse: Pulse) -> Sound | None:
    """A pulse without a cadence: a keypad tone, a dial tone, one ring, a beep, or nothing we name."""
    kind: SoundKind
    if pulse.second_hz is not None and is_keypad(pulse.hz, pulse.second_hz):
        kind = SoundKind.DTMF
    elif DIAL_HZ[0] <= pulse.hz <= DIAL_HZ[1] and pulse.duration_s > DIAL_FROM_S:
        kind = SoundKind.BUSY  # dial tone: the far end has hung up
    elif _is_one_ring(pulse):
        kind = SoundKind.RINGBACK
    elif _is_line_pair(pulse):
        return None
    elif _is_beep(samples, pulse):
        kind = SoundKind.BEEP
    else:
        return None
    features = {"level_db": pulse.level_db}
    if pulse.second_hz is not None:
        features["second_hz"] = pulse.second_hz
    return Sound(channel, pulse.start_s, pulse.end_s, kind, pulse.score, pulse.hz, features)


def _is_beep(samples: Floats, pulse: Pulse) -> bool:
    audible = BEEP_HZ[0] <= pulse.hz <= BEEP_HZ[1] and BEEP_S[0] <= pulse.duration_s <= BEEP_S[1]
    return audible and is_machine_made(samples, pulse)


def _is_one_ring(pulse: Pulse) -> bool:
    """The one ring before somebody answered, or what is left of it; no machine beeps with these tones."""
    if pulse.second_hz is None:
        rings = LONE_RING_HZ[0] <= pulse.hz <= LONE_RING_HZ[1]
        return rings and any(low <= pulse.duration_s <= high for low, high in LONE_RING_S)
    long_enough = 0.3 <= pulse.duration_s <= 2.5
    return long_enough and any(
        abs(pulse.hz - low) < _OFF_BY_HZ and abs(pulse.second_hz - high) < _OFF_BY_HZ for low, high in RING_PAIRS
    )


def _is_line_pair(pulse: Pulse) -> bool:
    if pulse.second_hz is None:
        return False
    modulated = pulse.second_hz - pulse.hz < MODULATED_WITHIN_HZ and pulse.hz >= 350 and pulse.second_hz < 500
    return modulated or any(
        abs(pulse.hz - low) < _OFF_BY_HZ and abs(pulse.second_hz - high) < _OFF_BY_HZ for low, high in LINE_PAIRS
    )


def _joined(sounds: list[Sound]) -> tuple[Sound, ...]:
    """A cadence that a covered or cut pulse has torn is one sound again."""
    joined: list[Sound] = []
    for sound in sounds:
        before = joined[-1] if joined else None
        if (
            before is not None
            and sound.kind is before.kind
            and sound.kind in (SoundKind.RINGBACK, SoundKind.BUSY)
            and sound.start_s - before.end_s <= _TORN_S
            and abs((sound.frequency_hz or 0) - (before.frequency_hz or 0)) < SAME_TONE_HZ
        ):
            pulses = before.features.get("pulses", 1.0) + sound.features.get("pulses", 1.0)
            features = {**before.features, "pulses": pulses}
            joined[-1] = replace(before, end_s=sound.end_s, features=features, score=min(1.0, 0.6 + 0.1 * pulses))
        else:
            joined.append(sound)
    return tuple(joined)
