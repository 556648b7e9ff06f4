"""Line tones in noise and through codecs: floors of recall, and what must never be taken for a tone.

``python -m pipelines.bench_tones`` prints the whole table; here each floor is held on a few specimens.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.bench_tones import SAMPLES, false_alarms, judged, talk_of, tones_in
from pipelines.tone_specimens import CODECS, TONES, kept_by, specimen, steady
from qc_workbench.detection.spectrum import Floats
from qc_workbench.detection.tone_table import NATIONAL_TONES, NationalTone
from qc_workbench.domain.acoustics import SoundKind
from qc_workbench.transcription.audio import RATE_HZ, decode
from tests.answering_cases import pause, with_noise

EACH = 4
#: Of EACH specimens, how many may be missed: by noise and its distance (dB).
MISSES = {("white", None): 0, ("white", 10.0): 0, ("white", 5.0): 1, ("babble", 20.0): 1, ("voice", 10.0): 2}


@cache
def voices() -> list[Floats]:
    return talk_of(SAMPLES, most=4)


@pytest.mark.parametrize(("noise", "snr_db"), MISSES)
@pytest.mark.parametrize("tone", TONES)
def test_tones_are_found_under_noise(tone: str, noise: str, snr_db: float | None) -> None:
    drawn = [
        judged(item, item.samples)
        for item in (specimen(tone, noise, snr_db, np.random.default_rng([7, seed]), voices()) for seed in range(EACH))
    ]
    assert sum(not found.hit for found in drawn) <= MISSES[noise, snr_db]


@pytest.mark.parametrize("codec", CODECS)
def test_tones_survive_codecs(codec: str) -> None:
    missed = 0
    for tone in TONES:
        item = specimen(tone, "white", 20.0, np.random.default_rng([11, len(tone)]), ())
        kept = kept_by(codec, item.samples)
        if kept is None:
            pytest.skip(f"no encoder for {codec} here")
        missed += not judged(item, kept).hit
    assert missed <= (1 if CODECS[codec][3] or codec == "GSM" else 0)


@settings(max_examples=40, deadline=None)
@given(st.floats(505, 2095), st.floats(0.16, 1.5), st.floats(-40, -6), st.floats(-70, -58), st.integers(0, 99))
def test_a_beep_of_any_pitch_and_length_is_one_beep(
    hz: float, seconds: float, level_db: float, noise_db: float, seed: int
) -> None:
    sound = np.concatenate([pause(1.0), steady(seconds, hz, level_db=level_db), pause(1.0)])
    found = tones_in(with_noise(sound, noise_db, seed))
    assert [item.kind for item in found] == [SoundKind.BEEP]
    assert found[0].frequency_hz == pytest.approx(hz, abs=8)
    assert found[0].duration_s == pytest.approx(seconds, abs=0.08)


@pytest.mark.parametrize("tone", NATIONAL_TONES, ids=lambda tone: f"{tone.kind.value} {tone.hz} {tone.beats}")
def test_every_national_tone_of_the_table_is_known_by_its_kind(tone: NationalTone) -> None:
    period = [part for on, off in tone.beats for part in (steady(on, *tone.hz), pause(off))]
    seconds = sum(on + off for on, off in tone.beats)
    sound = np.concatenate([pause(0.7), *(period * int(max(3, 5 / seconds)))])
    found = tones_in(with_noise(sound, -55))
    assert {item.kind for item in found} == {tone.kind}
    assert sum(item.duration_s for item in found) > 0.7 * (sound.size / RATE_HZ - 0.7 - tone.beats[-1][1])


@pytest.mark.parametrize("shift_hz", [-40, 0, 40])
@pytest.mark.parametrize("gap_s", [0.0, 0.03])
def test_the_special_information_tone_is_one_sound_and_no_beep(shift_hz: float, gap_s: float) -> None:
    parts = [part for hz in (950, 1400, 1800) for part in (steady(0.33, hz + shift_hz), pause(gap_s))]
    found = tones_in(with_noise(np.concatenate([pause(1), *parts, pause(1)]), -45))
    assert [item.kind for item in found] == [SoundKind.SIT]
    assert found[0].duration_s == pytest.approx(0.99 + 2 * gap_s, abs=0.1)


@pytest.mark.parametrize("seconds", [0.5, 0.8, 1.0, 1.5])
def test_a_cut_north_american_ring_is_no_beep_between_its_two_frequencies(seconds: float) -> None:
    sound = with_noise(np.concatenate([steady(seconds, 440, 480), pause(3)]), -55)
    assert SoundKind.BEEP not in {item.kind for item in tones_in(sound)}


def test_one_ring_before_an_answer_is_ringback() -> None:
    found = tones_in(with_noise(np.concatenate([pause(1), steady(1.0, 425), pause(3)]), -55))
    assert [item.kind for item in found] == [SoundKind.RINGBACK]


@pytest.mark.parametrize("twist_db", [0, 4, 8])
@pytest.mark.parametrize(("low", "high"), [(697, 1209), (770, 1477), (941, 1336), (852, 1633)])
def test_a_key_press_with_unequal_components_is_no_beep(low: float, high: float, twist_db: float) -> None:
    pressed = steady(0.3, low, level_db=-14) + steady(0.3, high, level_db=-14 - twist_db)
    found = tones_in(with_noise(np.concatenate([pause(1), pressed, pause(1)]), -50))
    assert [item.kind for item in found] == [SoundKind.DTMF]


@settings(max_examples=40, deadline=None)
@given(st.floats(120, 350), st.floats(0.15, 0.5), st.integers(0, 99))
def test_a_long_vowel_is_no_beep(pitch_hz: float, seconds: float, seed: int) -> None:
    """One harmonic of a voice near its first resonance holds nearly all power, as in a long «у»."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    rng = np.random.default_rng(seed)
    strongest = max(2, round(420 / pitch_hz))
    glide = 1 + rng.uniform(0.01, 0.04) * t / seconds
    phase = 2 * np.pi * np.cumsum(pitch_hz * glide) / RATE_HZ
    vowel = sum(
        10 ** (-rng.uniform(10, 20) * abs(k - strongest) / 20) * np.sin(k * phase) for k in range(1, strongest + 3)
    )
    sound = np.concatenate([pause(1), (0.2 * vowel * np.hanning(t.size) ** 0.3).astype(np.float32), pause(1)])
    assert not [item for item in tones_in(with_noise(sound, -60)) if item.kind is SoundKind.BEEP]


@settings(max_examples=30, deadline=None)
@given(st.floats(900, 1900), st.floats(0.4, 1.4), st.floats(4, 7), st.floats(0.01, 0.04))
def test_a_whistle_is_no_beep(hz: float, seconds: float, vibrato_hz: float, depth: float) -> None:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(hz * (1 + depth * np.sin(2 * np.pi * vibrato_hz * t))) / RATE_HZ
    sound = np.concatenate([pause(1), (0.2 * np.sin(phase)).astype(np.float32), pause(1)])
    assert not [item for item in tones_in(with_noise(sound, -60)) if item.kind is SoundKind.BEEP]


@pytest.mark.slow
def test_no_line_tone_is_heard_in_the_talk_and_music_of_the_samples() -> None:
    hours, wrong = false_alarms(SAMPLES, whole=True)
    assert hours > 0.3
    assert not wrong


@pytest.mark.parametrize("cast", ["ru_water", "ru_repair", "en_fleet", "en_garden"])
@pytest.mark.parametrize("role", ["agent", "customer", "machine"])
def test_no_line_tone_is_heard_in_other_voices(cast: str, role: str) -> None:
    spoken = decode(Path(__file__).parents[1] / "scenarios" / "voices" / f"{cast}-{role}.ogg").samples[0]
    assert not tones_in(spoken)
