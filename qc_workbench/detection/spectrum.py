"""Short-time spectrum of one channel, reduced at once to the few numbers per frame that the detectors read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qc_workbench.transcription.audio import RATE_HZ

Floats = NDArray[np.float32]

#: 64 ms: resolves tones 16 Hz apart, short enough for a busy tone's 0.25 s pulses.
WINDOW: Final = 1024
HOP: Final = 320
STEP_S: Final = HOP / RATE_HZ
_BIN_HZ: Final = RATE_HZ / WINDOW
#: The telephone band (ITU-T G.712); what lies outside is codec noise or hum.
_LOW_BIN: Final = round(280 / _BIN_HZ)
_HIGH_BIN: Final = round(3500 / _BIN_HZ)
#: Half width of the main lobe of a Hann window, in bins.
_LOBE: Final = 3
#: Frames transformed together: bounds the memory for recordings of any length.
_BLOCK: Final = 3000
#: Distance of the frames compared for persistence: 120 ms, longer than most speech sounds.
_APART: Final = 6
#: Frames from which the steady noise is learned, and the width (bins) over which a line stands out of it.
_NOISE_FRAMES: Final = 1000
_NOISE_BINS: Final = 41
#: Pitch of human voices, Hz.
_PITCH_HZ: Final = (70.0, 400.0)


@dataclass(frozen=True, slots=True, eq=False)
class Frames:
    """One value per ``STEP_S``; frame ``i`` is centred on ``i * STEP_S + WINDOW / 2 / RATE_HZ``.

    ``level_db``: power in the telephone band, dB of full scale. ``tone_hz``: frequency of the strongest
    component. ``tone_share``, ``pair_share``: share of the power in it, in it and the second strongest.
    ``second_hz``: the second one. ``persistence``: likeness (0..1) to the spectrum 120 ms later.
    ``flatness``: geometric over arithmetic mean of the power (1: white noise).
    ``pitch_hz``, ``periodicity``: from the autocorrelation; periodicity near 1 is a voiced sound.
    Of the strongest component alone: ``tone_db`` its level, ``over_noise_db`` how far it stands above the steady noise
    of the channel at that frequency, ``clear_share`` and ``clear_pair_share`` the shares when that noise is left out.
    """

    level_db: Floats
    tone_hz: Floats
    tone_share: Floats
    second_hz: Floats
    pair_share: Floats
    persistence: Floats
    flatness: Floats
    pitch_hz: Floats
    periodicity: Floats
    tone_db: Floats
    over_noise_db: Floats
    clear_share: Floats
    clear_pair_share: Floats

    @property
    def count(self) -> int:
        return int(self.level_db.size)

    def at(self, seconds: float) -> int:
        """The frame centred nearest to a moment, kept inside."""
        return min(max(round((seconds * RATE_HZ - WINDOW / 2) / HOP), 0), max(self.count - 1, 0))


def frames_of(samples: Floats) -> Frames:
    """Measure one channel at ``RATE_HZ``. Sound shorter than a window is padded with silence."""
    if samples.size < WINDOW:
        samples = np.pad(samples, (0, WINDOW - samples.size))
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    window = np.hanning(WINDOW).astype(np.float32)
    noise = _steady_noise(windows[:: max(1, len(windows) // _NOISE_FRAMES)], window)
    parts = [
        _measure(windows[first : first + _BLOCK + _APART], window, noise) for first in range(0, len(windows), _BLOCK)
    ]
    columns = [np.concatenate([part[index][:_BLOCK] for part in parts]) for index in range(len(parts[0]))]
    return Frames(*columns)


def _steady_noise(some: Floats, window: Floats) -> Floats:
    """Power per bin of the noise that never stops: a low percentile of each bin, freed of lines by a running median.

    For noise the power of a bin is exponentially distributed, whose 20th percentile is 0.223 of the mean (the
    minimum-statistics idea of Martin 2001, in its simplest form).
    """
    spectrum = np.fft.rfft(some * window, axis=1)
    power = (spectrum.real**2 + spectrum.imag**2)[:, _LOW_BIN:_HIGH_BIN]
    low = np.percentile(power, 20, axis=0) / 0.223
    padded = np.pad(low, _NOISE_BINS // 2, mode="edge")
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(padded, _NOISE_BINS), axis=1)
    return np.asarray(smooth, dtype=np.float32)


def _measure(block: Floats, window: Floats, noise: Floats) -> tuple[Floats, ...]:
    spectrum = np.fft.rfft(block * window, axis=1)
    full_power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    power = full_power[:, _LOW_BIN:_HIGH_BIN]
    total = power.sum(axis=1) + 1e-12
    level_db = 10 * np.log10(total / (WINDOW**2 / 8)) + 3.0
    rows = np.arange(len(power))
    peak = power.argmax(axis=1)
    tone_power, without = _lobe_power(power, peak)
    second = without.argmax(axis=1)
    second_power, _ = _lobe_power(without, second)
    magnitude = np.sqrt(power)
    norm = np.linalg.norm(magnitude, axis=1) + 1e-9
    persistence = np.zeros(len(power), dtype=np.float32)
    if len(power) > _APART:
        dots = np.einsum("ij,ij->i", magnitude[:-_APART], magnitude[_APART:])
        persistence[:-_APART] = dots / (norm[:-_APART] * norm[_APART:])
        persistence[-_APART:] = persistence[-_APART - 1]
    flatness = np.exp(np.log(power + 1e-12).mean(axis=1)) / (power.mean(axis=1) + 1e-12)
    pitch_hz, periodicity = _pitch(full_power)
    lobe_noise = noise[peak] * (2 * _LOBE + 1)
    clear = np.maximum(tone_power - lobe_noise, 0.0)
    second_clear = np.maximum(second_power - noise[second] * (2 * _LOBE + 1), 0.0)
    rest = np.maximum(total - noise.sum(), clear + second_clear) + 1e-12
    columns = (
        level_db,
        _interpolated_hz(power, rows, peak),
        tone_power / total,
        _interpolated_hz(without, rows, second),
        (tone_power + second_power) / total,
        persistence,
        flatness,
        pitch_hz,
        periodicity,
        10 * np.log10((tone_power + 1e-12) / (WINDOW**2 / 8)) + 3.0,
        np.minimum(10 * np.log10((tone_power + 1e-12) / (lobe_noise + 1e-12)), 90.0),
        clear / rest,
        (clear + second_clear) / rest,
    )
    return tuple(column.astype(np.float32) for column in columns)


def _lobe_power(power: Floats, peak: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Power within the main lobe around ``peak`` of each row, and the rows without it."""
    offsets = np.arange(-_LOBE, _LOBE + 1)
    columns = np.clip(peak[:, None] + offsets[None, :], 0, power.shape[1] - 1)
    inside = np.zeros(power.shape, dtype=bool)
    np.put_along_axis(inside, columns, True, axis=1)
    without = np.where(inside, np.float32(0), power)
    return (power.sum(axis=1) - without.sum(axis=1)).astype(np.float32), without


def _interpolated_hz(power: Floats, rows: NDArray[np.intp], peak: NDArray[np.intp]) -> Floats:
    """Frequency of a peak between the bins (parabola through the logarithms of three bins)."""
    inner = np.clip(peak, 1, power.shape[1] - 2)
    left, middle, right = (np.log(power[rows, inner + step] + 1e-12) for step in (-1, 0, 1))
    bend = left - 2 * middle + right
    shift = np.where(np.abs(bend) > 1e-6, 0.5 * (left - right) / np.where(bend == 0, 1, bend), 0.0)
    hz: Floats = ((inner + np.clip(shift, -0.5, 0.5) + _LOW_BIN) * _BIN_HZ).astype(np.float32)
    return hz


def _pitch(full_power: Floats) -> tuple[Floats, Floats]:
    """Pitch and periodicity from the autocorrelation, corrected for the window's own (Boersma 1993)."""
    kept = full_power.copy()
    kept[:, : _LOW_BIN // 2] = 0
    kept[:, _HIGH_BIN:] = 0
    correlation = np.fft.irfft(kept, axis=1)
    shortest, longest = round(RATE_HZ / _PITCH_HZ[1]), round(RATE_HZ / _PITCH_HZ[0])
    own = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(WINDOW), 2 * WINDOW)) ** 2)[:longest]
    lags = correlation[:, shortest:longest] / (own[shortest:longest] / own[0])
    best = lags.argmax(axis=1)
    height = lags[np.arange(len(lags)), best] / (correlation[:, 0] + 1e-12)
    return (RATE_HZ / (best + shortest)).astype(np.float32), np.clip(height, 0, 1).astype(np.float32)
