"""Long recordings in stretches: ordinary ones are untouched, long ones are cut in silence and put together again."""

from __future__ import annotations

import wave
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from qc_workbench.domain.acoustics import PEAK_STEP_S, Acoustics, Sound, SoundKind
from qc_workbench.domain.transcript import Party, Transcript, Turn, Word
from qc_workbench.errors import MediaError
from qc_workbench.transcription.audio import RATE_HZ, decode, stretches
from qc_workbench.work.stretches import join_acoustics, join_transcripts
from qc_workbench.work.units import MediaFailure, measure_recording


def sound_file(path: Path, samples: NDArray[np.int16]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[0])
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.ascontiguousarray(samples.T).tobytes())
    return path


def noise(seconds: float, quiet: tuple[float, ...] = ()) -> NDArray[np.int16]:
    """Two channels of noise with a silent second around each of the moments."""
    samples = np.random.default_rng(1).integers(-9000, 9000, (2, round(seconds * RATE_HZ))).astype(np.int16)
    for moment in quiet:
        samples[:, round((moment - 0.5) * RATE_HZ) : round((moment + 0.5) * RATE_HZ)] = 0
    return samples


def test_an_ordinary_recording_is_one_stretch_the_same_as_decoded_whole(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "a.wav", noise(7.3))
    (only,) = stretches(path)
    assert (only.offset_s, only.is_last) == (0.0, True)
    assert np.array_equal(only.audio.samples, decode(path).samples)


def test_a_long_one_is_cut_where_it_is_quiet_and_nothing_is_lost(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "a.wav", noise(36.0, quiet=(8.5, 17.1, 26.0)))
    parts = list(stretches(path, longest_s=10.0))
    assert [part.offset_s for part in parts] == pytest.approx([0.0, 8.5, 17.1, 26.0], abs=0.35)
    assert [part.is_last for part in parts] == [False, False, False, True]
    assert all(part.audio.duration_s <= 10.0 for part in parts)
    joined = np.concatenate([part.audio.samples for part in parts], axis=1)
    assert np.array_equal(joined, decode(path).samples)
    # peaks of the waveform lie on one grid for all stretches
    assert all((part.offset_s / PEAK_STEP_S) == pytest.approx(round(part.offset_s / PEAK_STEP_S)) for part in parts)


def test_without_a_quiet_moment_it_is_cut_all_the_same(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "a.wav", noise(25.0))
    parts = list(stretches(path, longest_s=10.0))
    assert sum(part.audio.samples.shape[1] for part in parts) == 25 * RATE_HZ
    assert all(7.0 <= part.audio.duration_s <= 10.0 for part in parts[:-1])


def test_what_is_no_sound_is_an_error_at_once_and_a_value_of_the_unit(tmp_path: Path) -> None:
    path = tmp_path / "broken.wav"
    path.write_bytes(b"no sound")
    with pytest.raises(MediaError, match="media_undecodable"):
        next(stretches(path))
    result = measure_recording(str(path), "aa")
    assert isinstance(result, MediaFailure)
    assert (result.code, result.may_pass) == ("media_undecodable", False)


def acoustics(duration_s: float, *sounds: Sound) -> Acoustics:
    return Acoustics("h", "f", duration_s, 1, sounds, ((1,) * round(duration_s / PEAK_STEP_S),))


def test_acoustics_of_stretches_cover_the_whole_and_a_pause_that_was_cut_is_one_pause() -> None:
    voice = Sound(0, 0.0, 4.0, SoundKind.VOICE, features={"level_db": -20.0})
    silence = Sound(0, 4.0, 6.0, SoundKind.SILENCE, features={"level_db": -80.0, "digital": 1.0})
    later = replace(silence, start_s=0.0, end_s=3.0, features={"level_db": -75.0, "digital": 0.0})
    first = acoustics(6.0, voice, silence)
    second = acoustics(5.0, later, replace(voice, start_s=3.0, end_s=5.0))
    whole = join_acoustics([(0.0, first), (6.0, second)])
    assert [(item.kind, item.start_s, item.end_s) for item in whole.sounds] == [
        (SoundKind.VOICE, 0.0, 4.0),
        (SoundKind.SILENCE, 4.0, 9.0),
        (SoundKind.VOICE, 9.0, 11.0),
    ]
    assert dict(whole.sounds[1].features) == {"level_db": -75.0, "digital": 0.0}
    assert (whole.duration_s, len(whole.peaks[0])) == (11.0, 220)
    assert join_acoustics([(0.0, first)]) is first


KINDS = st.sampled_from(SoundKind)
LENGTHS = st.lists(st.tuples(KINDS, st.integers(1, 40)), min_size=1, max_size=6)


@given(st.lists(LENGTHS, min_size=1, max_size=4))
def test_joined_sounds_are_in_order_without_gap_or_overlap(parts: list[list[tuple[SoundKind, int]]]) -> None:
    pieces: list[tuple[float, Acoustics]] = []
    offset_s = 0.0
    for part in parts:
        sounds: list[Sound] = []
        at = 0.0
        for kind, tenths in part:
            sounds.append(Sound(0, at, at + tenths / 10, kind, features={"level_db": -50.0}))
            at += tenths / 10
        pieces.append((offset_s, acoustics(at, *sounds)))
        offset_s += at
    whole = join_acoustics(pieces)
    assert whole.sounds[0].start_s == 0.0
    assert whole.sounds[-1].end_s == pytest.approx(offset_s)
    assert all(after.start_s == pytest.approx(before.end_s) for before, after in pairwise(whole.sounds))


def transcript(language: str | None, *starts: float, speakers: str = "separated") -> Transcript:
    turns = tuple(
        Turn(Party.AGENT, 0, start, start + 1, "да", 0.9, (Word(start, start + 1, " да", 0.9),)) for start in starts
    )
    return Transcript("c", "h", "f", language, "e", "m", turns, {"speakers": speakers})


def test_transcripts_of_stretches_keep_their_moments_and_the_language_of_most_words() -> None:
    parts = [
        (0.0, transcript("ru", 1.0, 5.0)),
        (600.1, transcript("en", 0.5)),
        (1200.0, transcript(None, speakers="not_separated")),
        (1800.5, transcript("ru", 2.0, speakers="separated_without_roles")),
    ]
    whole = join_transcripts(parts)
    assert [turn.start_s for turn in whole.turns] == [1.0, 5.0, 600.6, 1802.5]
    assert [turn.words[0].end_s for turn in whole.turns] == [2.0, 6.0, 601.6, 1803.5]
    assert (whole.language, whole.settings["speakers"]) == ("ru", "separated_without_roles")
    assert join_transcripts(parts[:1]) is parts[0][1]
