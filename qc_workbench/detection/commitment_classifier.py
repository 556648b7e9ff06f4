"""A trained judge of candidate sentences: how likely one obliges the company, and to do what.

Logistic regression over the features of :mod:`commitment_features`; the coefficients are a JSON file that ships with
the program (``models/promise_classifier.json``, with a card of its origin and its SHA-256 beside it), so judging needs
no training library. Trained by ``pipelines/train_commitments.py``. The chance is calibrated (Platt 1999: a sigmoid
fitted to decisions about pieces that the model had not seen).
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from qc_workbench.domain.commitment import Action

MODEL_FILE: Final = "promise_classifier.json"
CARD_FILE: Final = "promise_classifier.card.json"


class DamagedClassifier(ValueError):
    """The file of coefficients is not the one its card was written for."""


@dataclass(frozen=True)
class PromiseClassifier:
    """``weights``: feature -> coefficient. ``actions``: action -> its coefficients; the highest sum wins.
    A rule's finding is dropped below ``drop_below``; a sentence without one is a promise from ``add_from``."""

    weights: Mapping[str, float]
    bias: float
    slope: float
    shift: float
    actions: Mapping[str, Mapping[str, float]]
    add_from: float
    drop_below: float
    fingerprint: str

    def chance(self, features: Iterable[str]) -> float:
        """Calibrated probability 0..1 that a sentence with these features obliges the company."""
        known = self.weights
        decision = self.bias + sum(known.get(feature, 0.0) for feature in features)
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, self.slope * decision + self.shift))))

    def action(self, features: Iterable[str]) -> Action:
        """What is most likely promised."""
        held = list(features)
        sums = {
            name: weights.get("", 0.0) + sum(weights.get(feature, 0.0) for feature in held)
            for name, weights in self.actions.items()
        }
        return Action(max(sorted(sums), key=lambda name: sums[name]))


def classifier_of(raw: Mapping[str, Any], fingerprint: str) -> PromiseClassifier:
    return PromiseClassifier(
        raw["weights"], raw["bias"], raw["slope"], raw["shift"], raw["actions"], raw["add_from"], raw["drop_below"],
        fingerprint,
    )  # fmt: skip


@cache
def promise_classifier() -> PromiseClassifier:
    """The classifier that ships with the program, read on first use.

    Raises :class:`DamagedClassifier` where the file is not the one its card names.
    """
    models = resources.files("models")
    return checked((models / MODEL_FILE).read_bytes(), (models / CARD_FILE).read_bytes())


def checked(model: bytes, card: bytes) -> PromiseClassifier:
    """The classifier in ``model``, if it is the very one that ``card`` names by its SHA-256."""
    found, named = hashlib.sha256(model).hexdigest(), json.loads(card)["sha256"]
    if found != named:
        raise DamagedClassifier(
            f"models/{MODEL_FILE} is damaged or of another version: its SHA-256 is {found[:16]}…, {CARD_FILE} names "
            f"{named[:16]}…. Install the program again, or train it anew: python -m pipelines.train_commitments"
        )
    return classifier_of(json.loads(model), found[:16])


@cache
def classifier_fingerprint() -> str:
    """Names the classifier that ships with the program, without reading its coefficients in."""
    return hashlib.sha256((resources.files("models") / MODEL_FILE).read_bytes()).hexdigest()[:16]
