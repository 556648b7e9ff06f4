"""Generated sounds of a telephone line: tones, music nobody wrote, noise, and what codecs do to all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from scipy.signal import butter, resample_poly, sosfilt

from qc_workbench.detection.tone_table import NATIONAL_TONES
from qc_workbench.domain.acoustics import SoundKind
from qc_workbench.transcription.audio import RATE_HZ, decode
from tests.answering_cases import Samples, encoded, pause, tone

#: Container, codec, rate, bit rate (mono, stereo).
CODECS: Final = {
    "pcm": ("wav", "pcm_s16le", 8000, (0, 0)),
    "a-law": ("wav", "pcm_alaw", 8000, (0, 0)),
    "mu-law": ("wav", "pcm_mulaw", 8000, (0, 0)),
    "mp3": ("mp3", "libmp3lame", 16000, (16_000, 32_000)),
    "opus": ("ogg", "libopus", 16000, (12_000, 20_000)),
}
_BAND: Final = butter(4, [300, 3400], "band", fs=RATE_HZ, output="sos")


def through_codec(channels: list[Samples], codec: str, folder: Path) -> Samples:
    """What is left of the sound after a telephone system has kept it: (channels, n)."""
    container, name, rate_hz, bit_rates = CODECS[codec]
    path = encoded(channels, container, name, rate_hz, bit_rates[len(channels) - 1], folder / f"call.{container}")
    return decode(path).samples


def telephone_band(samples: Samples) -> Samples:
    return np.asarray(sosfilt(_BAND, samples), dtype=np.float32)


def other_voice(samples: Samples, factor: float) -> Samples:
    """The same words by a voice that is smaller (``factor`` over 1: higher, quicker) or bigger."""
    return np.asarray(resample_poly(samples, 100, round(100 * factor)), dtype=np.float32)


def cadence_of(kind: SoundKind, rng: np.random.Generator, seconds: float, level_db: float) -> Samples:
    """A national ringback or busy tone drawn from the table, from a random moment of its period."""
    rows = [row for row in NATIONAL_TONES if row.kind is kind]
    row = rows[int(rng.integers(len(rows)))]
    period = np.concatenate(
        [part for on_s, off_s in row.beats for part in (tone(on_s, *row.hz, level_db=level_db), pause(off_s))]
    )
    sound = np.tile(period, int(np.ceil(seconds * RATE_HZ / period.size)) + 1)
    first = int(rng.integers(period.size)) if rng.random() < 0.5 else 0
    return np.asarray(sound[first : first + round(seconds * RATE_HZ)], dtype=np.float32)


def special_information(rng: np.random.Generator, level_db: float) -> Samples:
    parts = [tone(rng.uniform(0.28, 0.38), hz + rng.uniform(-30, 30), level_db=level_db) for hz in (950, 1400, 1800)]
    return np.concatenate([part for item in parts for part in (item, pause(rng.uniform(0.0, 0.02)))])


def music(rng: np.random.Generator, seconds: float, level_db: float = -18.0) -> Samples:
    """A tune over chords: a scale in a random key, notes with harmonics that die away over sustained chords."""
    beat_s = rng.uniform(0.28, 0.5)
    root = 130.8 * 2 ** (rng.integers(12) / 12)
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12, 14, 16])
    out = np.zeros(round(seconds * RATE_HZ) + RATE_HZ * 3, dtype=np.float64)

    def play(at_s: float, length_s: float, semitone: int, loud: float, decay: float) -> None:
        t = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
        hz = root * 2 ** (semitone / 12)
        wave = sum(np.sin(2 * np.pi * hz * k * t + rng.uniform(0, 6)) / k**1.3 for k in range(1, 6))
        edge = np.minimum(1.0, np.minimum(t / 0.01, (length_s - t) / 0.05))
        first = round(at_s * RATE_HZ)
        out[first : first + t.size] += loud * wave * edge * np.exp(-decay * t)

    for bar in range(int(seconds / (beat_s * 4)) + 1):
        degree = int(rng.choice([0, 3, 4, 5]))
        for third in (0, 2, 4):
            play(bar * 4 * beat_s, min(4 * beat_s, 2.9), int(scale[(degree + third) % 7]), 0.5, 0.3)
        for beat in range(4):
            if rng.random() < 0.85:
                semitone = int(scale[rng.integers(10)]) + 12
                play((bar * 4 + beat) * beat_s, min(beat_s * 1.6, 1.5), semitone, 0.6, 2.5)
    cut = out[: round(seconds * RATE_HZ)]
    return np.asarray(cut / np.abs(cut).max() * 10 ** (level_db / 20) * 2, dtype=np.float32)


def noise(kind: str, rng: np.random.Generator, seconds: float) -> Samples:
    """What an agent's microphone picks up: "typing", "breath", "office" or "silence"."""
    size = round(seconds * RATE_HZ)
    white = rng.normal(0, 1, size)
    if kind == "typing":
        out = np.zeros(size)
        at = 0
        while at < size - 1000:
            length = int(rng.integers(250, 760))
            click = rng.normal(0, 1, length) * np.exp(-np.arange(length) / 120) * rng.uniform(0.02, 0.08)
            out[at : at + length] += click[: size - at]
            at += int(rng.uniform(0.07, 0.5) * RATE_HZ)
    elif kind == "breath":
        shape = (np.sin(2 * np.pi * np.arange(size) / RATE_HZ / rng.uniform(2.8, 4.2)) > 0.3) * 0.012
        out = sosfilt(butter(2, [400, 1800], "band", fs=RATE_HZ, output="sos"), white) * shape
    elif kind == "office":
        out = sosfilt(butter(2, 900, "low", fs=RATE_HZ, output="sos"), white) * 0.012
    else:
        out = white * 0.0
    return np.asarray(out, dtype=np.float32)
