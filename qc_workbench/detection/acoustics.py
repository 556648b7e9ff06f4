"""Everything the sound alone tells about a recording: voices, line tones, music, noise, silence, peaks.

What belongs to whom: a line tone beats music, music beats a voice (the voice model hears singing in hold
music), a voice beats noise and silence. On each channel the sounds cover the recording without overlap.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from qc_workbench.detection.sound_classes import (
    Interval,
    find_music,
    floor_db,
    is_voiced,
    overlap_s,
    peaks_of,
    rest_classes,
    subtract,
)
from qc_workbench.detection.spectrum import Floats, Frames, frames_of
from qc_workbench.detection.tones import find_tones
from qc_workbench.domain.acoustics import PEAK_STEP_S, Acoustics, Sound, SoundKind
from qc_workbench.transcription.audio import RATE_HZ, Audio
from qc_workbench.transcription.crosstalk import own_speech

#: Names the rules of this module and the modules it calls; a change of them measures every recording anew.
FINGERPRINT: Final = "acoustics-9"

_SHORTEST_VOICE_S: Final = 0.12
#: Tones without pauses in which somebody could speak.
_UNBROKEN: Final = (SoundKind.BEEP, SoundKind.DTMF, SoundKind.SIT)
_CADENCES: Final = (SoundKind.RINGBACK, SoundKind.BUSY)
#: Steady noise hardly ever stands so far above its mean.
_OVER_NOISE_DB: Final = 10.0
#: A copy of the other channel's tone is at least this much quieter.
_COPY_DB: Final = 4.0


def measure(audio: Audio, content_hash: str) -> Acoustics:
    """Measure a decoded recording. Deterministic; needs no speech model but the small voice-activity one.

    Features of a VOICE: ``level_db``, ``pitch_hz`` (median), ``pitch_spread`` (interquartile range over
    median), ``voiced_share``. The other party's voice leaking in from its channel is no VOICE here. Of a
    SILENCE and a NOISE: ``level_db`` and ``digital`` (1 when all samples are exactly equal: nothing was
    recorded, not even line noise).
    """
    sounds: list[Sound] = []
    voices = own_speech(audio.samples)
    for channel in range(audio.channels):
        samples = audio.samples[channel]
        sounds.extend(_channel_sounds(channel, samples, frames_of(samples), voices[channel], audio.duration_s))
    sounds = _without_copies(sounds)
    step = round(PEAK_STEP_S * RATE_HZ)
    return Acoustics(
        content_hash=content_hash,
        fingerprint=FINGERPRINT,
        duration_s=audio.duration_s,
        channels=audio.channels,
        sounds=tuple(sorted(sounds, key=lambda sound: (sound.start_s, sound.channel))),
        peaks=tuple(peaks_of(audio.samples[channel], step) for channel in range(audio.channels)),
        speech=voices,
    )


def _without_copies(sounds: list[Sound]) -> list[Sound]:
    """Tones that a codec or an echo copied over from the other channel, where they or the music they belong to are
    louder, become noise."""
    tonal = [sound for sound in sounds if sound.kind in (*_UNBROKEN, *_CADENCES, SoundKind.MUSIC)]

    def is_copy(tone: Sound) -> bool:
        return any(
            other.channel != tone.channel
            and overlap_s((tone.start_s, tone.end_s), [(other.start_s - 0.2, other.end_s + 0.2)])
            >= 0.5 * tone.duration_s
            and other.features.get("level_db", 0.0) >= tone.features.get("level_db", 0.0) + _COPY_DB
            and (other.kind is SoundKind.MUSIC or abs((other.frequency_hz or 0) - (tone.frequency_hz or 0)) < 15)
            for other in tonal
        )

    return [
        replace(sound, kind=SoundKind.NOISE, frequency_hz=None)
        if sound.kind in (*_UNBROKEN, *_CADENCES) and is_copy(sound)
        else sound
        for sound in sounds
    ]


def _channel_sounds(
    channel: int, samples: Floats, frames: Frames, raw_voices: tuple[Interval, ...], duration_s: float
) -> list[Sound]:
    floor = floor_db(frames)
    tones = list(find_tones(channel, samples, frames, floor, duration_s))
    music = find_music(
        frames,
        floor,
        [(t.start_s, t.end_s) for t in tones if t.kind in (*_CADENCES, SoundKind.SIT)],
        duration_s,
    )
    tones = [tone for tone in tones if not _is_embedded(tone, raw_voices, music)]
    # somebody may speak in the pauses of a cadence: there the voice wins, and the cadence is cut around it
    quiet_tones: list[Sound] = []
    voices: list[Interval] = []
    hard = [(t.start_s, t.end_s) for t in tones if t.kind in _UNBROKEN]
    cadences = [(t.start_s, t.end_s) for t in tones if t.kind not in _UNBROKEN]
    for interval in subtract(raw_voices, [*hard, *music]):
        long_enough = interval[1] - interval[0] >= _SHORTEST_VOICE_S
        if long_enough and is_voiced(frames, interval) and not _is_tone(frames, interval, cadences):
            voices.append((float(interval[0]), float(interval[1])))
    for tone in tones:
        for start, end in subtract([(tone.start_s, tone.end_s)], voices):
            if tone.kind in _UNBROKEN or end - start > 0.3:
                quiet_tones.append(Sound(channel, start, end, tone.kind, tone.score, tone.frequency_hz, tone.features))
    sounds = quiet_tones
    taken = [(tone.start_s, tone.end_s) for tone in quiet_tones]
    for start, end in subtract(music, taken):
        sounds.append(Sound(channel, start, end, SoundKind.MUSIC, 0.8, None, _level(frames, (start, end))))
    sounds.extend(_voice(channel, frames, interval) for interval in voices)
    taken = [(sound.start_s, sound.end_s) for sound in sounds]
    for (start, end), kind in rest_classes(frames, floor, taken, duration_s):
        piece = samples[round(start * RATE_HZ) : round(end * RATE_HZ)]
        digital = float(piece.size > 0 and float(np.ptp(piece)) < 1e-4)
        features = {**_level(frames, (start, end)), "digital": digital}
        sounds.append(Sound(channel, start, end, kind, 1.0, None, features))
    return sounds


def _is_embedded(tone: Sound, voices: tuple[Interval, ...], music: tuple[Interval, ...]) -> bool:
    """A "beep" within music is a note, one with the same breath of voice on both sides is a vowel."""
    if tone.kind is not SoundKind.BEEP:
        return False
    if any(start - 0.2 < tone.start_s and tone.end_s < end + 0.2 for start, end in music):
        return True
    return any(start < tone.start_s - 0.1 and tone.end_s + 0.1 < end for start, end in voices)


def _is_tone(frames: Frames, interval: Interval, cadences: list[Interval]) -> bool:
    """Inside a cadence, an interval whose loud frames are mostly pure tone is a pulse, not a voice."""
    if overlap_s(interval, cadences) < 0.5 * (interval[1] - interval[0]):
        return False
    part = slice(frames.at(interval[0]), frames.at(interval[1]) + 1)
    loud = frames.level_db[part] > float(np.max(frames.level_db[part])) - 15
    loud &= frames.over_noise_db[part] > _OVER_NOISE_DB  # the noise in the pauses is no voice either
    share = np.maximum(frames.pair_share[part], frames.clear_pair_share[part])
    return not loud.any() or float(np.mean(share[loud] > 0.7)) > 0.5


def _level(frames: Frames, interval: Interval) -> dict[str, float]:
    part = frames.level_db[frames.at(interval[0]) : frames.at(interval[1]) + 1]
    return {"level_db": round(float(np.percentile(part, 75)), 1) if part.size else -120.0}


def _voice(channel: int, frames: Frames, interval: Interval) -> Sound:
    part = slice(frames.at(interval[0]), frames.at(interval[1]) + 1)
    voiced = frames.periodicity[part] > 0.5
    pitch = frames.pitch_hz[part][voiced]
    low, middle, high = np.percentile(pitch, [25, 50, 75]) if pitch.size else (0.0, 0.0, 0.0)
    features = {
        **_level(frames, interval),
        "pitch_hz": round(float(middle), 1),
        "pitch_spread": round(float((high - low) / middle), 3) if middle else 0.0,
        "voiced_share": round(float(np.mean(voiced)), 3),
    }
    return Sound(channel, interval[0], interval[1], SoundKind.VOICE, 1.0, None, features)
