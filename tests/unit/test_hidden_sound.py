"""What is played where a secret was said: a tone, on the channel it was said on, and nothing of the sound under it."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from qc_workbench.domain.redaction import Hidden, Secret
from qc_workbench.work.covered_sound import TONE_HZ, cover, kept_covered

RATE = 8000


def noise(path: Path, seconds: float = 4.0, channels: int = 2) -> np.ndarray:
    """Sound whose channels differ, loud everywhere."""
    chance = np.random.default_rng(7)
    sound = chance.integers(8000, 16000, (round(seconds * RATE), channels)).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setparams((channels, 2, RATE, 0, "NONE", ""))
        out.writeframes(sound.tobytes())
    return sound


def heard(path: Path) -> np.ndarray:
    with wave.open(str(path), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())


def pitch(sound: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound.astype(float)))) * RATE / len(sound))


def test_the_seconds_of_a_secret_are_a_quiet_tone_and_the_rest_is_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    before = noise(path)
    cover(path, [Hidden(Secret.CARD, 1.0, 2.0)])
    after = heard(path)
    assert abs(pitch(after[RATE : 2 * RATE, 0]) - TONE_HZ) < 2
    assert np.abs(after[RATE : 2 * RATE]).max() < 1200
    assert np.array_equal(after[:RATE], before[:RATE])
    assert np.array_equal(after[2 * RATE :], before[2 * RATE :])


@pytest.mark.parametrize(("channel", "covered"), [(0, {0}), (1, {1}), (None, {0, 1}), (5, {0, 1})])
def test_one_channel_is_covered_where_it_is_known_and_all_of_them_otherwise(
    tmp_path: Path, channel: int | None, covered: set[int]
) -> None:
    path = tmp_path / "call.wav"
    before = noise(path)
    cover(path, [Hidden(Secret.CARD, 1.0, 2.0, channel)])
    after = heard(path)
    changed = {lane for lane in (0, 1) if not np.array_equal(after[:, lane], before[:, lane])}
    assert changed == covered


def test_a_piece_of_a_recording_is_covered_at_its_own_seconds(tmp_path: Path) -> None:
    path = tmp_path / "clip.wav"
    before = noise(path, 2.0, 1)
    cover(path, [Hidden(Secret.CARD, 0.0, 10.5), Hidden(Secret.CARD, 11.5, 99.0)], offset_s=10.0)
    after = heard(path)[:, 0]
    assert np.array_equal(after[RATE // 2 : 3 * RATE // 2], before[RATE // 2 : 3 * RATE // 2, 0])
    assert np.abs(after[: RATE // 2]).max() < 1200
    assert np.abs(after[3 * RATE // 2 :]).max() < 1200


def test_other_seconds_are_another_file_and_the_old_one_goes(tmp_path: Path) -> None:
    made: list[Path] = []

    def write(path: Path) -> None:
        made.append(path)
        noise(path)

    first = kept_covered(tmp_path, "abc", [Hidden(Secret.CARD, 1.0, 2.0)], write)
    assert kept_covered(tmp_path, "abc", [Hidden(Secret.CARD, 1.0, 2.0)], write) == first
    assert len(made) == 1
    second = kept_covered(tmp_path, "abc", [Hidden(Secret.CARD, 1.0, 2.5)], write)
    assert list(tmp_path.iterdir()) == [second]
    assert np.abs(heard(second)[2 * RATE : round(2.5 * RATE)]).max() < 1200
