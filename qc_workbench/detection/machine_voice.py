"""Machine or person: how likely the far end's opening is a machine's, calibrated, and why.

Two small trained models (``models/machine_voice/model.json``; data, figures and limits in ``card.md`` beside it,
trained by ``pipelines/train_machine_voice.py``): one tells from the words alone which kind of machine speaks, or a
person; one joins that with turn-taking, lengths, pauses and tones. Both are linear, so each number's share in
an answer can be named. The file is plain JSON and is compared with its checksum when it is loaded.
"""

from __future__ import annotations

import base64
import bisect
import hashlib
import json
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from math import exp, log
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from qc_workbench.detection.heard import Heard
from qc_workbench.detection.machine_voice_features import (
    BUCKETS,
    MACHINE_FAMILIES,
    MONO,
    STEREO,
    Opening,
    measured,
    opening_of,
    word_features,
)
from qc_workbench.domain.flag import AnsweredBy
from qc_workbench.errors import ModelError

FOLDER: Final = "machine_voice"
#: Classes of the word model, in its order.
CLASSES: Final = ("human", *MACHINE_FAMILIES)
_KINDS: Final = {
    "voicemail": AnsweredBy.VOICEMAIL,
    "operator_announcement": AnsweredBy.OPERATOR_ANNOUNCEMENT,
    "voice_assistant": AnsweredBy.VOICE_ASSISTANT,
    "ivr": AnsweredBy.IVR,
}
#: How many reasons are named, and how much a number must move the log-odds to be one.
_REASONS: Final = 3
_LEAST_SHARE: Final = 0.4


@dataclass(frozen=True, slots=True)
class Layout:
    """The model of one channel layout: a weight a number, the intercept, and the calibration from raw log-odds to
    probability as a rising line through points (isotonic regression)."""

    names: tuple[str, ...]
    weights: tuple[float, ...]
    middles: tuple[float, ...]
    intercept: float
    raw: tuple[float, ...]
    calibrated: tuple[float, ...]
    accuse_from: float
    protect_below: float


@dataclass(frozen=True, slots=True)
class Model:
    words: NDArray[np.float32]  # (buckets, classes)
    intercepts: NDArray[np.float32]
    words_sure: float
    words_likely: float
    stereo: Layout
    mono: Layout


@dataclass(frozen=True, slots=True)
class Judgement:
    """``probability`` 0..1 that the opening is a machine's. ``kind``: the likeliest kind of machine by the words.
    ``accuses``: high enough to call it a machine where the rules found none; ``protects``: low enough that
    what the rules found is to be doubted. ``why``: codes (``reason.<code>``) of what moved the answer most."""

    probability: float
    kind: AnsweredBy
    accuses: bool
    protects: bool
    why: tuple[str, ...]
    opening: Opening


def judge(heard: Heard) -> Judgement | None:
    """Judge the opening of a call; None when the far end said nothing. Deterministic."""
    opening = opening_of(heard)
    if opening is None:
        return None
    shipped = model()
    layout = shipped.mono if heard.mono else shipped.stereo
    numbers = measured(heard, opening, words_log_odds(opening.text), words_log_odds(opening.later_text))
    shares = [
        weight * (number - middle)
        for weight, number, middle in zip(layout.weights, numbers, layout.middles, strict=True)
    ]
    raw = layout.intercept + sum(w * m for w, m in zip(layout.weights, layout.middles, strict=True)) + sum(shares)
    probability = _calibrated(layout, raw)
    sign = 1.0 if probability >= 0.5 else -1.0
    named = sorted(zip(shares, layout.names, strict=True), key=lambda item: -sign * item[0])
    why = tuple(
        f"{'machine' if sign > 0 else 'person'}_{name}"
        for share, name in named[:_REASONS]
        if sign * share >= _LEAST_SHARE
    )
    classes = word_classes(opening.text)
    kind = max(_KINDS, key=lambda name: classes[name])
    return Judgement(
        probability=round(probability, 3),
        kind=_KINDS[kind],
        accuses=probability >= layout.accuse_from,
        protects=probability < layout.protect_below,
        why=why,
        opening=opening,
    )


def word_classes(text: str) -> dict[str, float]:
    """Probability of each of ``CLASSES`` by the words alone; the prior of the training data without words."""
    logits = _logits(text)
    raised = np.exp(logits - logits.max())
    return {name: float(value) for name, value in zip(CLASSES, raised / raised.sum(), strict=True)}


def words_log_odds(text: str) -> float:
    """Log-odds of a machine against a person by the words alone; 0 without words."""
    if not text.strip():
        return 0.0
    human = min(max(word_classes(text)["human"], 1e-6), 1 - 1e-6)
    return log((1 - human) / human)


@lru_cache(maxsize=4_000)
def words_tell_machine(text: str) -> float:
    """The word model's say in the scale of the lexicon: 0.7 sure, 0.45 likely, 0 otherwise."""
    odds = words_log_odds(text)
    return 0.7 if odds >= model().words_sure else 0.45 if odds >= model().words_likely else 0.0


@cache
def model() -> Model:
    """The model that ships with the program. Raises :class:`ModelError` ``machine_voice_damaged`` when the file is
    not the one whose checksum stands beside it."""
    folder = resources.files("models") / FOLDER
    body = (folder / "model.json").read_bytes()
    known = (folder / "model.sha256").read_text(encoding="ascii").split()[0]
    return parsed(body, known)


def parsed(body: bytes, sha256: str) -> Model:
    """A model of its file's bytes, compared with the checksum it must have."""
    found = hashlib.sha256(body).hexdigest()
    if found != sha256:
        raise ModelError("machine_voice_damaged", file=f"models/{FOLDER}/model.json", expected=sha256, found=found)
    raw = json.loads(body)
    words = raw["words"]
    weights = np.frombuffer(base64.b64decode(words["weights"]), dtype="<i2").astype(np.float32) * words["step"]
    return Model(
        words=weights.reshape(BUCKETS, len(CLASSES)),
        intercepts=np.asarray(words["intercepts"], dtype=np.float32),
        words_sure=words["sure_from"],
        words_likely=words["likely_from"],
        stereo=_layout(raw["stereo"], STEREO),
        mono=_layout(raw["mono"], MONO),
    )


def _layout(raw: dict[str, Any], names: tuple[str, ...]) -> Layout:
    if tuple(raw["names"]) != names:
        raise ModelError(
            "machine_voice_damaged", file=f"models/{FOLDER}/model.json", expected=names, found=raw["names"]
        )
    return Layout(
        names=names,
        weights=tuple(raw["weights"]),
        middles=tuple(raw["middles"]),
        intercept=raw["intercept"],
        raw=tuple(raw["calibration"]["raw"]),
        calibrated=tuple(raw["calibration"]["probability"]),
        accuse_from=raw["accuse_from"],
        protect_below=raw["protect_below"],
    )


def _logits(text: str) -> NDArray[np.float32]:
    shipped = model()
    found = list(word_features(text))
    if not found:
        return shipped.intercepts
    result: NDArray[np.float32] = (
        shipped.words[found].sum(axis=0) / np.sqrt(np.float32(len(found))) + shipped.intercepts
    )
    return result


def _calibrated(layout: Layout, raw: float) -> float:
    """Between the points of the calibration; beyond them its ends."""
    at = bisect.bisect_right(layout.raw, raw)
    if at == 0:
        return layout.calibrated[0]
    if at == len(layout.raw):
        return layout.calibrated[-1]
    low, high = layout.raw[at - 1], layout.raw[at]
    share = (raw - low) / (high - low) if high > low else 1.0
    return layout.calibrated[at - 1] + share * (layout.calibrated[at] - layout.calibrated[at - 1])


def sigmoid(value: float) -> float:
    """1 / (1 + e^-value) without overflow."""
    return 1 / (1 + exp(-value)) if value >= 0 else exp(value) / (1 + exp(value))
