"""How likely a client refuses or puts off: three linear models, from pieces of talk to the whole call.

*pieces* judges what is said in a piece (:mod:`refusal_features`), *endings* the last turns of both sides, *stand* puts
their words together for the call (:mod:`refusal_stand`). Each is a multinomial logistic regression, trained by
``pipelines/train_refusals.py`` from the labelled text in ``pipelines/corpora`` with made slips of recognition; *stand*
learns from what the other two say of calls they have not seen. ``models/refusal_classifier.json`` holds the weights as
plain numbers, its card what they were trained on, how well they did on people they had not seen, and the checksum.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import exp
from typing import Any, Final

from qc_workbench.domain.commitment import ClientSaid
from qc_workbench.errors import ModelError

MODEL_FILE: Final = "refusal_classifier.json"
CARD_FILE: Final = "refusal_classifier.card.json"
#: Order of the weights of each feature.
CLASSES = (ClientSaid.EXPLICIT, ClientSaid.NONE, ClientSaid.POSTPONED)


@dataclass(frozen=True)
class LinearModel:
    """``weights``: feature -> one number a class, in the order of :data:`CLASSES`."""

    weights: Mapping[str, Sequence[float]]
    intercepts: Sequence[float]

    def of(self, features: Collection[str]) -> dict[ClientSaid, float]:
        """Probabilities of what is true; they sum to 1. Features that were not seen in training say nothing."""
        return self.of_numbers(dict.fromkeys(features, 1.0))

    def of_numbers(self, numbers: Mapping[str, float]) -> dict[ClientSaid, float]:
        """The same where features have values."""
        scores = list(self.intercepts)
        for name in sorted(numbers):
            for index, weight in enumerate(self.weights.get(name, ())):
                scores[index] += weight * numbers[name]
        highest = max(scores)
        powers = [exp(score - highest) for score in scores]
        return {said: power / sum(powers) for said, power in zip(CLASSES, powers, strict=True)}


@dataclass(frozen=True)
class RefusalClassifier:
    pieces: LinearModel
    endings: LinearModel
    stand: LinearModel
    fingerprint: str


def classifier_of(raw: Mapping[str, Any], fingerprint: str) -> RefusalClassifier:
    pieces, endings, stand = (
        LinearModel(raw[name]["weights"], raw[name]["intercepts"]) for name in ("pieces", "endings", "stand")
    )
    return RefusalClassifier(pieces, endings, stand, fingerprint)


@cache
def refusal_classifier() -> RefusalClassifier:
    """The classifier that ships with the program. Raises :class:`ModelError` ``refusal_classifier_damaged`` when the
    file is not the one whose checksum is on its card."""
    folder = resources.files("models")
    card = json.loads((folder / CARD_FILE).read_bytes())
    return parsed((folder / MODEL_FILE).read_bytes(), card["sha256"])


def parsed(body: bytes, sha256: str) -> RefusalClassifier:
    """A classifier of its file's bytes, compared with the checksum it must have."""
    found = hashlib.sha256(body).hexdigest()
    if found != sha256:
        raise ModelError("refusal_classifier_damaged", file=f"models/{MODEL_FILE}", expected=sha256, found=found)
    return classifier_of(json.loads(body), found[:16])
