"""Line tones made on purpose, in noise and through codecs: what the tone detector is measured on.

Every specimen is a few seconds of one tone between silence, over steady noise, a babble of voices or one voice, kept
by a codec as telephone systems keep it. Noise is given as the ratio of the tone's power to the noise's within
300-3400 Hz while the tone sounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.signal import butter, sosfilt

from pipelines.telephone_codecs import gsm, has_gsm, through
from qc_workbench.detection.spectrum import Floats
from qc_workbench.detection.tone_table import DTMF_HIGH_HZ, DTMF_LOW_HZ, NATIONAL_TONES
from qc_workbench.domain.acoustics import SoundKind
from qc_workbench.transcription.audio import RATE_HZ

#: Names of the tones as the tables print them.
TONES: Final = ("beep", "short beep", "ringback", "busy", "sit", "dtmf", "dial")
KINDS: Final = {
    "beep": SoundKind.BEEP,
    "short beep": SoundKind.BEEP,
    "ringback": SoundKind.RINGBACK,
    "busy": SoundKind.BUSY,
    "sit": SoundKind.SIT,
    "dtmf": SoundKind.DTMF,
    "dial": SoundKind.BUSY,
}
NOISES: Final = ("white", "babble", "voice")
#: Container, codec, rate, bit rate.
CODECS: Final = {
    "pcm": ("wav", "pcm_s16le", 8000, 0),
    "A-law": ("wav", "pcm_alaw", 8000, 0),
    "GSM": ("gsm", "sox", 8000, 0),
    "AMR 7.95": ("amr", "libopencore_amrnb", 8000, 7950),
    "mp3 16": ("mp3", "libmp3lame", 16000, 16_000),
    "opus 16": ("ogg", "libopus", 16000, 16_000),
    "opus 8": ("ogg", "libopus", 8000, 8_000),
}
_BAND: Final = butter(4, [300, 3400], "band", fs=RATE_HZ, output="sos")
_LEVEL_DB: Final = -18.0
_AROUND_S: Final = 2.5


@dataclass(frozen=True, slots=True, eq=False)
class Specimen:
    """``start_s``..``end_s``: where the tone sounds; ``hz``: its first frequency."""

    samples: Floats
    kind: SoundKind
    start_s: float
    end_s: float
    hz: float


def steady(seconds: float, *hz: float, level_db: float = _LEVEL_DB) -> Floats:
    """A generator's tone with edges of 5 ms."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    wave = sum(np.sin(2 * np.pi * item * t) for item in hz) / np.sqrt(len(hz))
    edge = np.minimum(1.0, np.minimum(t, seconds - t) / 0.005)
    return np.asarray(10 ** (level_db / 20) * wave * edge, dtype=np.float32)


def specimen(
    tone: str, noise: str, snr_db: float | None, rng: np.random.Generator, voices: Sequence[Floats]
) -> Specimen:
    """One drawn tone. ``snr_db`` None: nothing but the hum of a good line. ``voices``: talk to make babble of."""
    sound, hz = _sound(tone, rng)
    around = round(_AROUND_S * RATE_HZ)
    samples = np.concatenate([np.zeros(around, dtype=np.float32), sound, np.zeros(around, dtype=np.float32)])
    if snr_db is None:
        samples += rng.normal(0, 10 ** (-62 / 20), samples.size).astype(np.float32)
    else:
        masker = np.asarray(sosfilt(_BAND, _masker(noise, samples.size, rng, voices)), dtype=np.float32)
        during = masker[around : around + sound.size]
        power = float(np.mean(np.square(sound[np.abs(sound) > 1e-4])))
        samples += masker * np.sqrt(power / (float(np.mean(np.square(during))) + 1e-12) / 10 ** (snr_db / 10))
        samples = samples.astype(np.float32)
    loudest = float(np.abs(samples).max())
    scale = np.float32(0.9 / loudest if loudest > 0.9 else 1.0)
    return Specimen(
        np.asarray(samples * scale, dtype=np.float32), KINDS[tone], _AROUND_S, _AROUND_S + sound.size / RATE_HZ, hz
    )


def _sound(tone: str, rng: np.random.Generator) -> tuple[Floats, float]:
    if tone in ("beep", "short beep"):
        hz = float(rng.uniform(500, 2100)) if rng.random() < 0.9 else float(rng.uniform(350, 380))
        return steady(float(rng.uniform(0.15, 0.25) if tone == "short beep" else rng.uniform(0.25, 1.5)), hz), hz
    if tone == "sit":
        parts = [steady(0.33, hz) for hz in (950, 1400, 1800)]
        return np.concatenate(parts), 950.0
    if tone == "dtmf":
        low, high = float(rng.choice(DTMF_LOW_HZ)), float(rng.choice(DTMF_HIGH_HZ))
        return steady(float(rng.uniform(0.25, 0.6)), low, high), low
    if tone == "dial":
        return steady(float(rng.uniform(3.5, 6)), 425.0), 425.0
    rows = [row for row in NATIONAL_TONES if row.kind is KINDS[tone]]
    row = rows[int(rng.integers(len(rows)))]
    period = np.concatenate([np.concatenate([steady(on, *row.hz), steady(off, 1.0) * 0]) for on, off in row.beats])
    seconds = max(8.0, 2.2 * period.size / RATE_HZ) if tone == "ringback" else 5.0
    tiled = np.tile(period, int(np.ceil(seconds * RATE_HZ / period.size)))[: round(seconds * RATE_HZ)]
    return tiled, row.hz[0]


def _masker(noise: str, size: int, rng: np.random.Generator, voices: Sequence[Floats]) -> Floats:
    if noise == "white":
        return rng.normal(0, 0.1, size).astype(np.float32)
    count = 1 if noise == "voice" else 6
    total = np.zeros(size, dtype=np.float32)
    for _ in range(count):
        voice = voices[int(rng.integers(len(voices)))]
        first = int(rng.integers(max(voice.size - size, 1)))
        part = np.resize(voice[first : first + size], size)
        total += part / (float(np.sqrt(np.mean(np.square(part)))) + 1e-6)
    return total * np.float32(0.05)


def kept_by(codec: str, samples: Floats) -> Floats | None:
    """The sound as the codec keeps it; None where no encoder for it is at hand."""
    if codec == "GSM":
        return gsm(samples) if has_gsm() else None
    container, name, rate_hz, bit_rate = CODECS[codec]
    return through(samples, container, name, rate_hz, bit_rate)
