"""Line tones, music and voices in generated sound: found, named, placed on the right channel, through codecs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qc_workbench.detection.acoustics import measure
from qc_workbench.domain.acoustics import PEAK_STEP_S, Acoustics, Sound, SoundKind
from qc_workbench.transcription.audio import RATE_HZ, Audio, decode
from tests.answering_cases import Samples, cadence, encoded, pause, tone, with_noise

CODECS = {
    "A-law": ("wav", "pcm_alaw", 8000, 0),
    "µ-law": ("wav", "pcm_mulaw", 8000, 0),
    "mp3 16 kbit/s": ("mp3", "libmp3lame", 16000, 16000),
    "opus 16 kbit/s": ("ogg", "libopus", 16000, 16000),
}


def measured(*channels: Samples) -> Acoustics:
    return measure(Audio(np.stack(channels)), "hash")


def of_kind(acoustics: Acoustics, *kinds: SoundKind) -> list[Sound]:
    return [sound for sound in acoustics.sounds if sound.kind in kinds]


def around(sound: Samples, before_s: float = 2.0, after_s: float = 3.0) -> Samples:
    return np.concatenate([pause(before_s), sound, pause(after_s)])


@pytest.mark.parametrize("seconds", [0.2, 0.5, 1.4])
def test_beeps_of_every_pitch_are_found_with_their_frequency_and_their_place(seconds: float) -> None:
    pitches = [380.0, 660.0, 699.0, 746.0, 879.0, 1004.0, 1336.0, 2050.0]
    sound = np.concatenate([np.concatenate([pause(2), tone(seconds, hz), pause(1)]) for hz in pitches])
    found = of_kind(measured(with_noise(sound, -50)), SoundKind.BEEP)
    assert [item.frequency_hz for item in found] == pytest.approx(pitches, abs=6)
    assert [item.start_s for item in found] == pytest.approx(
        [2.0 + index * (3 + seconds) for index in range(len(pitches))], abs=0.06
    )
    assert [item.duration_s for item in found] == pytest.approx([seconds] * len(pitches), abs=0.1)


@pytest.mark.parametrize(("noise_db", "level_db"), [(-60, -20), (-45, -8), (-36, -8), (-36, -20)])
def test_a_beep_is_found_above_noise_of_every_level(noise_db: float, level_db: float) -> None:
    found = of_kind(measured(with_noise(around(tone(0.5, 1000, level_db=level_db)), noise_db)), SoundKind.BEEP)
    assert [round(sound.frequency_hz or 0, -1) for sound in found] == [1000]


@pytest.mark.parametrize("codec", CODECS)
def test_codecs_keep_beeps_and_cadences_recognisable(codec: str, tmp_path: Path) -> None:
    sound = with_noise(np.concatenate([pause(1), cadence(15, 1.0, 4.0, 425), pause(1), tone(0.4, 880), pause(2)]), -48)
    found = measure(decode(encoded([sound], *CODECS[codec], tmp_path / "call")), "hash")
    assert [item.kind for item in of_kind(found, SoundKind.RINGBACK, SoundKind.BEEP, SoundKind.BUSY)] == [
        SoundKind.RINGBACK,
        SoundKind.BEEP,
    ]


@pytest.mark.parametrize(
    ("on_s", "off_s", "hz", "kind"),
    [
        (1.0, 4.0, (425.0,), SoundKind.RINGBACK),
        (0.8, 3.2, (425.0,), SoundKind.RINGBACK),
        (2.0, 4.0, (440.0, 480.0), SoundKind.RINGBACK),
        (0.35, 0.35, (425.0,), SoundKind.BUSY),
        (0.175, 0.175, (425.0,), SoundKind.BUSY),
        (0.5, 0.5, (480.0, 620.0), SoundKind.BUSY),
    ],
)
def test_national_cadences_are_told_apart_and_hold_no_beep(
    on_s: float, off_s: float, hz: tuple[float, ...], kind: SoundKind
) -> None:
    sound = with_noise(np.concatenate([pause(1), cadence(18, on_s, off_s, *hz), pause(2)]), -50)
    found = of_kind(measured(sound), SoundKind.RINGBACK, SoundKind.BUSY, SoundKind.BEEP)
    assert [item.kind for item in found] == [kind]
    assert found[0].start_s == pytest.approx(1.0, abs=0.1)
    assert 19.0 - off_s - 0.2 <= found[0].end_s <= 21.0  # the last pause belongs to the cadence


def test_keypad_tones_are_no_beeps() -> None:
    found = measured(with_noise(around(tone(0.3, 770, 1336)), -50))
    assert [item.kind for item in of_kind(found, SoundKind.DTMF, SoundKind.BEEP)] == [SoundKind.DTMF]


def test_a_gliding_tone_is_no_beep() -> None:
    t = np.arange(round(0.6 * RATE_HZ)) / RATE_HZ
    glide = (0.3 * np.sin(2 * np.pi * (600 * t + 250 * t**2))).astype(np.float32)
    assert not of_kind(measured(with_noise(around(glide), -50)), SoundKind.BEEP)


def test_a_chord_progression_is_music_without_beeps() -> None:
    chords = [(262, 330, 392), (294, 370, 440), (349, 440, 523), (392, 494, 587)]
    played = [tone(0.75, *chord, level_db=-10) for chord in chords * 4]
    found = measured(with_noise(np.concatenate([pause(1), *played, pause(1)]), -55))
    music = of_kind(found, SoundKind.MUSIC)
    assert sum(item.duration_s for item in music) > 8
    assert not of_kind(found, SoundKind.BEEP, SoundKind.RINGBACK, SoundKind.BUSY)


def test_each_sound_stays_on_the_channel_where_it_was_heard() -> None:
    beep = np.concatenate([pause(2), tone(0.5, 900), pause(20.5)])
    busy = np.concatenate([pause(8), cadence(14, 0.35, 0.35, 425), pause(1)])
    found = measured(with_noise(beep, -55, seed=1), with_noise(busy, -55, seed=2))
    assert {(item.channel, item.kind) for item in of_kind(found, SoundKind.BEEP, SoundKind.BUSY)} == {
        (0, SoundKind.BEEP),
        (1, SoundKind.BUSY),
    }
    assert max(found.peaks[0][: round(3 / PEAK_STEP_S)]) > 20 > max(found.peaks[1][: round(3 / PEAK_STEP_S)])


def test_line_noise_is_silence_and_keystrokes_are_noise_and_a_dead_channel_is_marked() -> None:
    keys = pause(12)
    for second in np.arange(1.0, 11.0, 0.3):
        first = round(second * RATE_HZ)
        click = np.random.default_rng(first).normal(0, 0.08, 400) * np.exp(-np.arange(400) / 100)
        keys[first : first + 400] += click.astype(np.float32)
    found = measured(with_noise(keys, -60), pause(12))
    by_channel = {
        channel: {item.kind for item in found.sounds if item.channel == channel and item.duration_s > 3}
        for channel in (0, 1)
    }
    assert by_channel == {0: {SoundKind.NOISE}, 1: {SoundKind.SILENCE}}
    assert all(item.features["digital"] == 1 for item in found.sounds if item.channel == 1)


def test_peaks_follow_the_loudest_sample_of_each_step() -> None:
    found = measured(np.concatenate([pause(1), tone(1, 500, level_db=-6.02), pause(1)]))
    assert len(found.peaks[0]) == 3 / PEAK_STEP_S
    assert found.peaks[0][30] == 50
    assert found.peaks[0][5] == 0
