"""Train the promise classifier and write it with its card.

    python -m pipelines.train_commitments [--seed 7] [--into models]
    python -m pipelines.train_commitments --measure PIECES.jsonl

Everything it learns from lies in ``pipelines/corpora`` (its README tells the origin), so anybody can repeat it; the
same seed gives the same bytes on the same versions of scikit-learn and numpy. Pieces and whole calls are heard several
times: as written, set among other talk, and with slips of recognition (:mod:`pipelines.recognition_slips`). Each fold
leaves out one author of whole calls and a sixth of the rest; pieces and calls, not sentences, are what folds part. The
figures of the card come from folds that the judging model had not seen, the calibration from the whole calls among
them, because only there promises are as rare as they are. The development calls are in no corpus.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import sklearn
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from pipelines.promise_corpus import (
    CORPORA,
    Example,
    Piece,
    WholeCall,
    call_examples,
    examples,
    misheard_call,
    own_pieces,
    promises_of_call,
    promises_of_piece,
    told_pieces,
    whole_calls,
    written_calls,
)
from pipelines.recognition_slips import Slips
from qc_workbench.detection.commitment_classifier import (
    CARD_FILE,
    MODEL_FILE,
    PromiseClassifier,
    classifier_of,
    promise_classifier,
)
from qc_workbench.domain.commitment import Action
from qc_workbench.reporting.share import Share

#: One for each author of whole calls.
FOLDS: Final = 6
#: Draws of the interval of F1.
_DRAWS: Final = 2000
#: How often a piece is heard, and from which time on with slips of recognition.
_HEARD, _MISHEARD_FROM = 5, 2
_STRENGTH: Final = (1.0, 2.5)
#: How often a written call is heard, each time but the first with slips.
_CALLS_HEARD: Final = 3
#: A sentence of a written call counts for two: among all that is said in a call is where the classifier has to judge.
_WEIGHT_OF_CALLS: Final = 2.0
#: Inverse strength of regularisation, chosen on the folds among 0.04 and 0.1.
_C: Final = 0.04
_ACTION_C: Final = 0.1
#: Coefficients smaller than these change no decision and are left out.
_SMALLEST, _SMALLEST_OF_ACTIONS = 0.003, 0.01
#: What tells one action from another: words and meanings of the sentence and beside it, and the rules.
_ACTIONS: Final = frozenset(action.value for action in Action)
_OF_ACTIONS: Final = ("w ", "b ", "r ", "s ", "bs", "bo", "as", "ao")
#: From these chances on a sentence without a rule is a promise, and below these one with a rule is none. Chosen on the
#: folds for the best F1 over whole calls; between 0.04 and 0.12 the second changes F1 by less than a point.
ADD_FROM: Final = 0.3
DROP_BELOW: Final = 0.08


@dataclass(frozen=True)
class Material:
    """All examples with their fold and the matrix of their features."""

    examples: tuple[Example, ...]
    written: NDArray[np.bool_]  # pieces heard as written, alone
    in_calls: NDArray[np.bool_]  # sentences of the written whole calls
    folds: NDArray[np.int64]
    matrix: csr_matrix
    names: tuple[str, ...]

    @property
    def is_promise(self) -> NDArray[np.bool_]:
        return np.array([example.is_promise for example in self.examples])


def fold_of(name: str, author: int | None = None) -> int:
    """The fold of a piece or a call: its author's, where one is named; all wordings of a call are in one fold."""
    return (author - 1 if author is not None else zlib.crc32(name.encode())) % FOLDS


def pieces_of_corpora() -> list[Piece]:
    told = ("promises_second_author.jsonl", "promises_sealed.jsonl")
    return own_pieces() + [piece for name in told for piece in told_pieces(CORPORA / name)]


def gather(seed: int) -> Material:
    """Every example of every corpus, in a fixed order."""
    slips = Slips.read()
    chance = random.Random(seed)  # noqa: S311  no secret
    pieces = pieces_of_corpora()
    talk = [piece for piece in pieces if piece.why in ("other business", "chat")]
    found: list[Example] = []
    written: list[bool] = []
    folds: list[int] = []
    for piece in pieces:
        others = [other for other in talk if other is not piece]
        for time in range(_HEARD):
            heard_as = slips if time >= _MISHEARD_FROM else None
            made = list(examples(piece, chance, heard_as, others if time else (), chance.uniform(*_STRENGTH)))
            found += made
            written += [time == 0] * len(made)
            folds += [fold_of(piece.name)] * len(made)
    calls = whole_calls()
    for call in written_calls():
        calls.append(call)
        calls += [misheard_call(call, slips, chance, chance.uniform(*_STRENGTH)) for _ in range(_CALLS_HEARD - 1)]
    in_calls = [False] * len(found)
    for call in calls:
        made = list(call_examples(call))
        found += made
        written += [False] * len(made)
        folds += [fold_of(call.name, call.author)] * len(made)
        in_calls += [call.author is not None] * len(made)
    vectors = DictVectorizer()
    matrix = vectors.fit_transform([dict.fromkeys(sorted(example.features), 1.0) for example in found])
    return Material(
        tuple(found), np.array(written), np.array(in_calls), np.array(folds), matrix,
        tuple(vectors.get_feature_names_out()),
    )  # fmt: skip


def _fit(material: Material, chosen: NDArray[np.bool_]) -> LogisticRegression:
    model = LogisticRegression(C=_C, max_iter=1000, solver="liblinear", random_state=0)
    weights = np.where(material.in_calls[chosen], _WEIGHT_OF_CALLS, 1.0)
    return model.fit(material.matrix[chosen], material.is_promise[chosen], sample_weight=weights)


def _fit_actions(material: Material, chosen: NDArray[np.bool_]) -> dict[str, dict[str, float]]:
    # What is promised beside the catalogue («скидку в акте увидите») teaches that it is a promise, not which.
    known = np.array([example.action in _ACTIONS for example in material.examples])
    rows = np.flatnonzero(chosen & material.is_promise & known)
    columns = [index for index, name in enumerate(material.names) if name.startswith(_OF_ACTIONS)]
    model = LogisticRegression(C=_ACTION_C, max_iter=1000)
    model.fit(material.matrix[rows][:, columns], [material.examples[row].action for row in rows])
    return {
        str(action): {"": round(float(model.intercept_[place]), 4)}
        | {
            material.names[columns[at]]: round(float(weight), 4)
            for at, weight in enumerate(model.coef_[place])
            if abs(weight) >= _SMALLEST_OF_ACTIONS
        }
        for place, action in enumerate(model.classes_)
    }


def _as_json(
    material: Material, model: LogisticRegression, chosen: NDArray[np.bool_], platt: tuple[float, float]
) -> dict[str, Any]:
    return {
        "weights": {
            name: round(float(weight), 4)
            for name, weight in zip(material.names, model.coef_[0], strict=True)
            if abs(weight) >= _SMALLEST
        },
        "bias": round(float(model.intercept_[0]), 4),
        "slope": round(platt[0], 4),
        "shift": round(platt[1], 4),
        "actions": _fit_actions(material, chosen),
        "add_from": ADD_FROM,
        "drop_below": DROP_BELOW,
    }


def train(seed: int) -> tuple[dict[str, Any], dict[str, Any], list[PromiseClassifier]]:
    """(the model as JSON, its figures, the models of the folds in their order)."""
    material = gather(seed)
    truth = material.is_promise
    parts = [(material.folds != fold) for fold in range(FOLDS)]
    models = [_fit(material, part) for part in parts]
    decisions = np.zeros(len(truth))
    for part, model in zip(parts, models, strict=True):
        decisions[~part] = model.decision_function(material.matrix[~part])
    calls = material.in_calls
    sigmoid = LogisticRegression(C=1e3).fit(decisions[calls][:, None], truth[calls])
    platt = (float(sigmoid.coef_[0, 0]), float(sigmoid.intercept_[0]))
    unseen = [
        classifier_of(_as_json(material, model, part, platt), f"fold-{fold}")
        for fold, (part, model) in enumerate(zip(parts, models, strict=True))
    ]
    everything = np.ones(len(truth), dtype=bool)
    whole = _as_json(material, _fit(material, everything), everything, platt)
    chances = 1 / (1 + np.exp(-(platt[0] * decisions + platt[1])))
    figures = {
        "examples": len(truth),
        "promises": int(truth.sum()),
        "sentences_of_calls_auc": round(float(roc_auc_score(truth[calls], decisions[calls])), 3),
        "sentences_of_calls_brier": round(float(brier_score_loss(truth[calls], chances[calls])), 3),
        "calls_as_written": found_in_calls(lambda call: unseen[fold_of(call.name, call.author)], None, seed),
        "calls_misheard": found_in_calls(lambda call: unseen[fold_of(call.name, call.author)], Slips.read(), seed),
        "pieces_as_written": found_in_pieces(lambda piece: unseen[fold_of(piece.name)], None, seed),
        "pieces_misheard": found_in_pieces(lambda piece: unseen[fold_of(piece.name)], Slips.read(), seed),
    }
    return whole, figures, unseen


def found_in_calls(judge: Callable[[WholeCall], PromiseClassifier], slips: Slips | None, seed: int) -> dict[str, Any]:
    """Rules and classifier together over the written whole calls; a promise must be quoted within one line."""
    chance = random.Random(seed)  # noqa: S311  no secret
    calls = written_calls()
    heard = calls if slips is None else [misheard_call(call, slips, chance) for call in calls]
    return figures_of([promises_of_call(call, judge(call)) for call in heard], seed)


def found_in_pieces(
    judge: Callable[[Piece], PromiseClassifier], slips: Slips | None, seed: int, pieces: Sequence[Piece] | None = None
) -> dict[str, Any]:
    """Rules and classifier together over whole pieces: precision, recall (95 % Wilson) and F1."""
    chance = random.Random(seed)  # noqa: S311  no secret
    chosen = pieces_of_corpora() if pieces is None else pieces
    return figures_of([promises_of_piece(piece, judge(piece), chance, slips) for piece in chosen], seed)


def figures_of(counts: Sequence[tuple[int, int, int]], seed: int) -> dict[str, Any]:
    """Figures of (right, missed, extra) of each piece; F1 with a percentile interval over pieces drawn anew."""
    table = np.array(counts)
    right, missed, extra = (int(total) for total in table.sum(axis=0))
    drawn = np.random.default_rng(seed).integers(0, len(table), (_DRAWS, len(table)))
    totals = table[drawn].sum(axis=1)
    f1 = 2 * totals[:, 0] / np.maximum(1, 2 * totals[:, 0] + totals[:, 1] + totals[:, 2])
    return {
        "right": right,
        "missed": missed,
        "extra": extra,
        "precision": _rounded(Share(right, right + extra)),
        "recall": _rounded(Share(right, right + missed)),
        "f1": [
            round(2 * right / max(1, 2 * right + missed + extra), 3),
            *(round(float(end), 3) for end in np.quantile(f1, (0.025, 0.975))),
        ],
    }


def _rounded(share: Share) -> list[float | None]:
    return [round(share.value, 3) if share.value is not None else None, *(round(end, 3) for end in share.interval)]


def _written(path: Path, value: Mapping[str, Any], indent: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=indent) + "\n"
    path.write_text(text, encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--into", type=Path, default=Path("models"))
    parser.add_argument("--measure", type=Path, help="only measure the classifier that ships on pieces of this file")
    options = parser.parse_args()
    if options.measure:
        measured = {
            name: found_in_pieces(lambda _: promise_classifier(), slips, options.seed, told_pieces(options.measure))
            for name, slips in (("as_written", None), ("misheard", Slips.read()))
        }
        print(json.dumps(measured, indent=1))
        return
    model, figures, _ = train(options.seed)
    digest = _written(options.into / MODEL_FILE, model)
    corpora = sorted([*CORPORA.glob("promises_*"), CORPORA / "whole_calls.jsonl", CORPORA / "recognition_slips.json"])
    card = {
        "what": "Logistic regression: does a sentence of a sales call oblige our company, and to what action.",
        "sha256": digest,
        "licence": "Apache-2.0",
        "trained_by": f"python -m pipelines.train_commitments --seed {options.seed}",
        "scikit_learn": sklearn.__version__,
        "corpora": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in corpora},
        "not_trained_on": "the development calls",
        "figures": figures,
        "limits": "Russian and English sales talk of small companies. A chance, not a proof: the quote is what counts.",
    }
    _written(options.into / CARD_FILE, card, indent=1)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
