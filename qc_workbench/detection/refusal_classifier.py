"""How likely a piece of a client's talk refuses or puts off: a linear classifier over :mod:`refusal_features`.

Multinomial logistic regression, trained by ``pipelines/train_refusals.py`` from the labelled text in
``pipelines/corpora`` with made slips of recognition. ``models/refusal_classifier.json`` holds its weights as plain
numbers and, under ``card``, what it was trained on and how well it did on people it had not seen.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import exp

from qc_workbench.domain.commitment import ClientSaid

#: Order of the weights of each feature.
CLASSES = (ClientSaid.EXPLICIT, ClientSaid.NONE, ClientSaid.POSTPONED)


@dataclass(frozen=True)
class RefusalClassifier:
    """``weights``: feature -> one number a class, in the order of :data:`CLASSES`."""

    weights: Mapping[str, Sequence[float]]
    intercepts: Sequence[float]
    fingerprint: str

    def probabilities(self, features: Collection[str]) -> dict[ClientSaid, float]:
        """Sum to 1. Features that were not seen in training say nothing."""
        scores = list(self.intercepts)
        for name in features:
            for index, weight in enumerate(self.weights.get(name, ())):
                scores[index] += weight
        highest = max(scores)
        powers = [exp(score - highest) for score in scores]
        return {said: power / sum(powers) for said, power in zip(CLASSES, powers, strict=True)}


@cache
def refusal_classifier() -> RefusalClassifier:
    text = (resources.files("models") / "refusal_classifier.json").read_text(encoding="utf-8")
    raw = json.loads(text)
    return RefusalClassifier(raw["weights"], raw["intercepts"], hashlib.sha256(text.encode()).hexdigest()[:16])
