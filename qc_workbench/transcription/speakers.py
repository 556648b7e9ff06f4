"""Telling two voices apart on one channel, from the sound alone. Pure: samples in, spans out.

No downloaded speaker model is used. Voices differ on a telephone line in the shape of the
vocal tract (cepstrum) and in pitch; both are measured in every 10 ms of speech, stretches are
grouped into two voices, and the borders are found by a hidden Markov model that seldom changes
the speaker (the classical scheme of Gaussian models with Viterbi resegmentation: Reynolds and
Torres-Carrasquillo 2005; the criterion for "two voices at all" follows Chen and
Gopalakrishnan 1998). Its quality and limits are in docs/transcription.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qc_workbench.domain.transcript import Word
from qc_workbench.transcription.audio import RATE_HZ

Floats = NDArray[np.float64]

#: Step of all measurements, seconds.
STEP_S: Final = 0.01
_STEP: Final = round(STEP_S * RATE_HZ)
_FRAME: Final = 512
#: Frames measured together: bounds the memory for recordings of any length.
_BLOCK: Final = 3000
_FILTERS: Final = 26
_CEPSTRA: Final = 16
#: Telephone band; what lies outside is the codec's, not the speaker's.
_BAND_HZ: Final = (250.0, 3500.0)
_PITCH_HZ: Final = (75.0, 380.0)
#: Stretches compared as wholes are at most this long.
_STRETCH_S: Final = 1.6
#: Cost of a change of speaker, in units of log-likelihood; frames are far from independent, so
#: their likelihoods count a tenth.
_CHANGE_COST: Final = 12.0
_FRAME_WEIGHT: Final = 0.1
#: Two voices are accepted when each speaks this long and the split explains the sound this much
#: better, per second of the rarer voice (measured on known one-voice and two-voice recordings).
SHORTEST_VOICE_S: Final = 0.8
CERTAIN_FROM: Final = 0.4
#: A pause or the end of a sentence lets the speaker change.
_PHRASE_PAUSE_S: Final = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Separation:
    """Which of two voices speaks when.

    ``leaning``: per 10 ms of the recording, how much more voice 1 than voice 0 it is (log-likelihood
    ratio; 0 where nobody speaks). ``margin``: how certain it is that there are two voices at all.
    """

    leaning: Floats
    margin: float

    @property
    def is_certain(self) -> bool:
        return self.margin >= CERTAIN_FROM


def separate(samples: NDArray[np.float32], speech: Sequence[tuple[float, float]]) -> Separation:
    """Separate the speech of one channel into two voices; see :class:`Separation` for "one only"."""
    features = voice_features(samples)
    total = features.shape[0]
    stretches = _stretches(speech, total)
    nothing = Separation(np.zeros(total), 0.0)
    if len(stretches) < 4:
        return nothing
    frames = np.concatenate([np.arange(start, end) for start, end in stretches])
    spoken = features[frames]
    spoken = (spoken - spoken.mean(axis=0)) / (spoken.std(axis=0) + 1e-6)
    owner = np.repeat(np.arange(len(stretches)), [end - start for start, end in stretches])
    voice = _grouped(spoken, owner, len(stretches))[owner]
    borders = np.flatnonzero(np.diff(frames) > 1) + 1
    ratio = np.zeros(frames.size)
    for _ in range(8):
        if min(np.count_nonzero(voice), np.count_nonzero(~voice)) * STEP_S < SHORTEST_VOICE_S:
            return nothing
        ratio = _log_likelihood(spoken, spoken[voice]) - _log_likelihood(spoken, spoken[~voice])
        found = _smoothed_path(ratio * _FRAME_WEIGHT, borders)
        if np.array_equal(found, voice):
            break
        voice = found
    leaning = np.zeros(total)
    leaning[frames] = ratio
    return Separation(leaning, _two_voice_margin(spoken, voice))


def speaker_of_words(words: Sequence[Word], separation: Separation) -> list[int]:
    """The voice (0 or 1) of each word; all 0 when the voices are not certainly two.

    Whole phrases are decided, not words: people change at pauses and ends of sentences.
    """
    if not separation.is_certain:
        return [0] * len(words)
    speakers: list[int] = []
    for phrase in _phrases(words):
        lean = sum(
            float(separation.leaning[int(word.start_s / STEP_S) : int(word.end_s / STEP_S) + 1].sum())
            for word in phrase
        )
        speakers.extend([int(lean > 0)] * len(phrase))
    return speakers


def voice_features(samples: NDArray[np.float32]) -> Floats:
    """Per 10 ms: cepstral coefficients of the telephone band and the logarithm of the pitch."""
    count = max(0, (samples.size - _FRAME) // _STEP + 1)
    if count == 0:
        return np.zeros((0, _CEPSTRA + 1))
    parts = [_block_features(samples, first, min(first + _BLOCK, count)) for first in range(0, count, _BLOCK)]
    cepstra, pitch, strength = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return np.column_stack([cepstra, 2.0 * _log_pitch(pitch, strength)])


def _block_features(samples: NDArray[np.float32], first: int, last: int) -> tuple[Floats, Floats, Floats]:
    """Cepstra, logarithm of the pitch and its strength of the frames ``first`` until ``last``."""
    from scipy.fft import dct  # costs a second of start-up: only where there is work

    part = samples[first * _STEP : (last - 1) * _STEP + _FRAME]
    before = samples[first * _STEP - 1] if first else np.float32(0)
    emphasised = part.copy()
    emphasised[1:] -= np.float32(0.95) * part[:-1]
    emphasised[:1] -= np.float32(0.95) * before
    plain = np.lib.stride_tricks.sliding_window_view(part, _FRAME)[::_STEP]
    sharp = np.lib.stride_tricks.sliding_window_view(emphasised.astype(np.float64), _FRAME)[::_STEP]
    window = np.hanning(_FRAME)
    power = np.abs(np.fft.rfft(sharp * window, axis=1)) ** 2
    cepstra = dct(np.log(power @ _filters().T + 1e-9), type=2, norm="ortho", axis=1)[:, 1 : _CEPSTRA + 1]
    return cepstra, *_pitch(plain * window)


def _pitch(frames: Floats) -> tuple[Floats, Floats]:
    """Logarithm of the fundamental of each frame by autocorrelation, and how periodic the frame is."""
    spectrum = np.abs(np.fft.rfft(frames, 2 * _FRAME, axis=1)) ** 2
    correlation = np.fft.irfft(spectrum, axis=1)[:, :_FRAME]
    correlation = correlation / (correlation[:, :1] + 1e-9)
    shortest, longest = round(RATE_HZ / _PITCH_HZ[1]), round(RATE_HZ / _PITCH_HZ[0])
    # the window's own correlation falls with the lag; undo it so that low voices are not taken for high
    taper = 1.0 - np.arange(shortest, longest) / _FRAME
    part = correlation[:, shortest:longest] / taper
    best = part.argmax(axis=1)
    return np.log(RATE_HZ / (best + shortest)), part[np.arange(part.shape[0]), best]


def _log_pitch(pitch: Floats, strength: Floats) -> Floats:
    """The pitch smoothed; unvoiced frames take the nearest voiced value's median."""
    from scipy.ndimage import median_filter  # costs a second of start-up: only where there is work

    voiced = strength > 0.55
    if not voiced.any():
        return np.zeros(pitch.size)
    positions = np.arange(pitch.size)
    filled = np.interp(positions, positions[voiced], pitch[voiced])
    return np.asarray(median_filter(filled, 25, mode="nearest"), dtype=np.float64)


@cache
def _filters() -> Floats:
    """Triangular filters, evenly spaced in mel over the telephone band."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in _BAND_HZ)
    edges = 700 * (10 ** (np.linspace(low, high, _FILTERS + 2) / 2595) - 1)
    bins = np.arange(_FRAME // 2 + 1) * RATE_HZ / _FRAME
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.asarray(np.clip(np.minimum(rising, falling), 0, None), dtype=np.float64)


def _stretches(speech: Sequence[tuple[float, float]], total: int) -> list[tuple[int, int]]:
    found = []
    for start_s, end_s in speech:
        start, end = int(start_s / STEP_S), min(total, int(end_s / STEP_S))
        parts = max(1, int(np.ceil((end - start) * STEP_S / _STRETCH_S)))
        edges = np.linspace(start, end, parts + 1).astype(int)
        found += [(int(a), int(b)) for a, b in itertools.pairwise(edges) if b - a >= 20]
    return found


def _grouped(spoken: Floats, owner: NDArray[np.int_], count: int) -> NDArray[np.bool_]:
    """Stretches in two groups by their mean voice, in a space where the spread inside a stretch is one."""
    from scipy.cluster.hierarchy import fcluster, linkage  # costs a second of start-up: only where there is work

    sizes = np.bincount(owner, minlength=count)
    means = np.stack([np.bincount(owner, column, count) / sizes for column in spoken.T], axis=1)
    inside = np.cov((spoken - means[owner]).T) + 0.05 * np.eye(spoken.shape[1])
    whitening = np.linalg.inv(np.linalg.cholesky(inside))
    tree = linkage(means @ whitening.T, method="ward")
    return np.asarray(fcluster(tree, 2, criterion="maxclust") == 2)


def _log_likelihood(frames: Floats, own: Floats) -> Floats:
    """Under one Gaussian with a covariance shrunk towards the common one (the frames are standardised)."""
    mean = own.mean(axis=0)
    weight = own.shape[0] / (own.shape[0] + 100.0)
    covariance = weight * np.cov(own.T) + (1 - weight) * np.eye(own.shape[1])
    factor = np.linalg.cholesky(covariance + 1e-3 * np.eye(own.shape[1]))
    scaled = np.linalg.solve(factor, (frames - mean).T)
    return np.asarray(-0.5 * (scaled**2).sum(axis=0) - np.log(np.diag(factor)).sum(), dtype=np.float64)


def _smoothed_path(ratio: Floats, borders: NDArray[np.int_]) -> NDArray[np.bool_]:
    """The likeliest sequence of two speakers; a change at a pause costs a third."""
    cost = np.full(ratio.size, _CHANGE_COST)
    cost[borders] = _CHANGE_COST / 3
    score = [0.0, 0.0]
    came_from = np.zeros((ratio.size, 2), dtype=np.int8)
    for index in range(ratio.size):
        half = ratio[index] / 2
        stay0, stay1 = score[0], score[1]
        change = cost[index]
        from0 = 1 if stay1 - change > stay0 else 0
        from1 = 0 if stay0 - change > stay1 else 1
        came_from[index] = (from0, from1)
        score = [(stay1 - change if from0 else stay0) - half, (stay1 if from1 else stay0 - change) + half]
    path = np.zeros(ratio.size, dtype=bool)
    state = int(score[1] > score[0])
    for index in range(ratio.size - 1, -1, -1):
        path[index] = bool(state)
        state = int(came_from[index, state])
    return path


def _two_voice_margin(spoken: Floats, voice: NDArray[np.bool_]) -> float:
    """How much two Gaussians explain the sound better than one, per frame of the rarer voice.

    The same quantity as in the Bayesian information criterion's test for a change of speaker,
    divided by the data so that it does not grow with the length of the call.
    """
    rarer = min(np.count_nonzero(voice), np.count_nonzero(~voice))
    if rarer * STEP_S < SHORTEST_VOICE_S:
        return 0.0
    apart = _log_likelihood(spoken[voice], spoken[voice]).sum() + _log_likelihood(spoken[~voice], spoken[~voice]).sum()
    together = _log_likelihood(spoken, spoken).sum()
    return float((apart - together) / rarer)


def _phrases(words: Sequence[Word]) -> list[list[Word]]:
    phrases: list[list[Word]] = []
    for word in words:
        last = phrases[-1][-1] if phrases else None
        if (
            last is None
            or word.start_s - last.end_s >= _PHRASE_PAUSE_S
            or last.text.rstrip().endswith((".", "?", "!", "…"))
        ):
            phrases.append([word])
        else:
            phrases[-1].append(word)
    return phrases
