"""An agent's voice, learned from stereo calls where the agent's channel is known. Pure.

Which of two voices in a mono recording is the agent's is told far better by this than by what they say.
The voice is one Gaussian over the measurements of ``speakers.voice_features``, compared with
one over all voices of the same calls (the likelihood ratio of a universal background model:
Reynolds, Quatieri and Dunn 2000, with one component each).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from qc_workbench.transcription.speakers import STEP_S, Floats, Separation, voice_features

#: Less speech of the agent than this (seconds) does not tell the voice.
ENOUGH_S: Final = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Gaussian:
    mean: Floats
    #: Cholesky factor of the covariance.
    factor: Floats

    @classmethod
    def of(cls, frames: Floats) -> Gaussian:
        covariance = np.cov(frames.T) + 1e-2 * np.eye(frames.shape[1])
        factor = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
        return cls(np.asarray(frames.mean(axis=0), dtype=np.float64), factor)

    def log_likelihood(self, frames: Floats) -> float:
        """Mean over the frames, less a constant."""
        scaled = np.linalg.solve(self.factor, (frames - self.mean).T)
        return float(-0.5 * (scaled**2).sum(axis=0).mean() - np.log(np.diag(self.factor)).sum())


@dataclass(frozen=True, slots=True, eq=False)
class AgentVoice:
    own: Gaussian
    anyone: Gaussian

    def likeness(self, frames: Floats) -> float:
        """Mean log-likelihood ratio of "this agent" to "anyone"."""
        return self.own.log_likelihood(frames) - self.anyone.log_likelihood(frames)


def speech_features(samples: NDArray[np.float32], speech: Sequence[tuple[float, float]]) -> Floats:
    """The measurements of the voiced stretches of a channel."""
    features = voice_features(samples)
    inside = np.zeros(features.shape[0], dtype=bool)
    for start_s, end_s in speech:
        inside[int(start_s / STEP_S) : int(end_s / STEP_S)] = True
    return features[inside]


def learn_voice(agent: Sequence[Floats], others: Sequence[Floats]) -> AgentVoice | None:
    """The voice from :func:`speech_features` of several calls; None when the agent said too little."""
    if sum(frames.shape[0] for frames in agent) * STEP_S < ENOUGH_S:
        return None
    own = np.concatenate(list(agent))
    return AgentVoice(Gaussian.of(own), Gaussian.of(np.concatenate([own, *others])))


def voice_lean(samples: NDArray[np.float32], separation: Separation, voice: AgentVoice) -> float:
    """How much more voice 1 than voice 0 of a separated recording is the agent's."""
    features = voice_features(samples)
    leaning = separation.leaning[: features.shape[0]]
    first, second = features[: leaning.size][leaning < 0], features[: leaning.size][leaning > 0]
    if not first.size or not second.size:
        return 0.0
    return voice.likeness(second) - voice.likeness(first)
