"""Train the machine voice model and write it with its checksum, its figures and its card.

    python -m pipelines.train_machine_voice [--seed 7] [--calls 5000] [--texts 16000] [--into models/machine_voice]
    python -m pipelines.train_machine_voice --measure HOME TRUTH NAME

The first trains from the banks alone, so anybody can repeat it; the same seed gives the same bytes on the same versions
of numpy, scipy and scikit-learn. The second measures the trained model on labelled recordings of a workspace
(measured and transcribed) and puts the figures into the card; nothing there is trained on.

Templates, not sentences, are what folds part: a sentence of a fold's calls is never a wording of a template that
the model saw. All figures, the calibration and the thresholds come from such unseen folds.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from pipelines.machine_voice_calls import FOLDS, Invented, invented_calls, invented_texts
from pipelines.machine_voice_card import card_of
from qc_workbench.detection.heard import hear
from qc_workbench.detection.machine_voice import CLASSES, judge
from qc_workbench.detection.machine_voice_features import BUCKETS, MONO, STEREO, measured, opening_of, word_features
from qc_workbench.reporting.share import Share
from qc_workbench.store import calls as call_rows
from qc_workbench.store import listening
from qc_workbench.workspace import Workspace

Numbers = NDArray[np.float64]
#: At most this share of people's calls may lie above the threshold to accuse, of machines' below that to protect.
_WRONGLY_ACCUSED: Final = 0.001
_WRONGLY_PROTECTED: Final = 0.01
#: Texts of people above which the words are called sure or likely.
_SURE_WRONG: Final = 0.001
_LIKELY_WRONG: Final = 0.01
#: The lexicon and the banks were written by the same hand, so the lexicon knows the banks' wordings better than the
#: world's. In this share of the machines' calls it is taken to know nothing.
_LEXICON_LACKS: Final = 0.4
#: What is counted of each judgement on recordings.
_TOLD: Final = ("right", "accuses", "protects")
_WORDS_C: Final = 8.0
_CALLS_C: Final = 1.0


@dataclass(frozen=True, slots=True)
class Words:
    """A word model as arrays: what the program itself computes with."""

    weights: Numbers  # (buckets, classes)
    intercepts: Numbers

    def log_odds(self, texts: Sequence[str]) -> Numbers:
        logits = np.asarray(_sparse(texts) @ self.weights) + self.intercepts
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        human = np.clip(raised[:, 0] / raised.sum(axis=1), 1e-6, 1 - 1e-6)
        odds: Numbers = np.log((1 - human) / human)
        odds[[not text.strip() for text in texts]] = 0.0
        return odds


def _sparse(texts: Sequence[str]) -> csr_matrix:
    indptr: list[int] = [0]
    indices: list[int] = []
    values: list[float] = []
    for text in texts:
        found = word_features(text)
        indices.extend(found)
        values.extend([1 / np.sqrt(max(len(found), 1))] * len(found))
        indptr.append(len(indices))
    return csr_matrix((values, indices, indptr), shape=(len(texts), BUCKETS), dtype=np.float64)


def _train_words(texts: Sequence[tuple[str, str]]) -> Words:
    found = LogisticRegression(C=_WORDS_C, max_iter=120, tol=1e-3)
    found.fit(_sparse([text for text, _ in texts]), [CLASSES.index(family) for _, family in texts])
    return Words(found.coef_.T, found.intercept_)


def _rows(words: Words, calls: Sequence[Invented], names: Sequence[str], seed: int) -> tuple[Numbers, Numbers]:
    """Numbers and labels of calls whose far end said anything."""
    openings = [(call, opening) for call in calls if (opening := opening_of(call.heard)) is not None]
    first = words.log_odds([opening.text for _, opening in openings])
    later = words.log_odds([opening.later_text for _, opening in openings])
    rows = np.asarray(
        [measured(call.heard, opening, a, b) for (call, opening), a, b in zip(openings, first, later, strict=True)]
    )
    labels = np.asarray([float(call.machine) for call, _ in openings])
    lacking = np.random.default_rng(seed).random(len(labels)) < _LEXICON_LACKS * labels
    rows[lacking, list(names).index("lexicon")] = 0.0
    return rows, labels


def train(seed: int, calls: int, texts: int, *, trees: bool = True) -> tuple[dict[str, Any], dict[str, Any]]:
    """The model as it is kept, and the figures of its card. Deterministic. ``trees``: compare with boosted trees."""
    by_fold = [invented_texts(texts // FOLDS, seed=seed * 100 + fold, fold=fold) for fold in range(FOLDS)]
    unseen = [_train_words([t for other in range(FOLDS) if other != f for t in by_fold[other]]) for f in range(FOLDS)]
    words, word_figures = _words_and_figures(by_fold, unseen)
    kept: dict[str, Any] = {"words": words}
    figures: dict[str, Any] = {"seed": seed, "calls": calls, "texts": texts, "lexicon_lacks": _LEXICON_LACKS}
    figures["words"] = word_figures
    for name, mono in (("stereo", False), ("mono", True)):
        names = MONO if mono else STEREO
        parts = []
        for fold in range(FOLDS):
            drawn = seed * 100 + 10 * (fold + 1) + mono
            made = invented_calls(calls // FOLDS, mono=mono, seed=drawn, fold=fold)
            parts.append(_rows(unseen[fold], made, names, drawn))
        kept[name], figures[name] = _layout(parts, names, trees=trees)
    return kept, figures


def _words_and_figures(
    by_fold: Sequence[Sequence[tuple[str, str]]], unseen: Sequence[Words]
) -> tuple[dict[str, Any], dict[str, Any]]:
    odds = np.concatenate([m.log_odds([t for t, _ in fold]) for m, fold in zip(unseen, by_fold, strict=True)])
    machine = np.asarray([family != "human" for fold in by_fold for _, family in fold])
    sure = float(np.quantile(odds[~machine], 1 - _SURE_WRONG))
    likely = float(np.quantile(odds[~machine], 1 - _LIKELY_WRONG))
    final = _train_words([item for fold in by_fold for item in fold])
    step = float(np.abs(final.weights).max() / 32000)
    kept = {
        "classes": list(CLASSES),
        "step": step,
        "weights": base64.b64encode(np.round(final.weights / step).astype("<i2").tobytes()).decode(),
        "intercepts": [round(float(value), 5) for value in final.intercepts],
        "sure_from": round(sure, 3),
        "likely_from": round(likely, 3),
    }
    figures = {
        "auc": round(float(roc_auc_score(machine, odds)), 4),
        "sure_found": _share((odds >= sure) & machine, machine),
        "likely_found": _share((odds >= likely) & machine, machine),
    }
    return kept, figures


def _layout(
    parts: Sequence[tuple[Numbers, Numbers]], names: Sequence[str], *, trees: bool
) -> tuple[dict[str, Any], dict[str, Any]]:
    rows, labels = (np.concatenate([part[at] for part in parts]) for at in (0, 1))
    folds = np.concatenate([np.full(len(part[1]), fold) for fold, part in enumerate(parts)])
    raw, boosted, calibrated = (np.zeros(len(labels)) for _ in range(3))
    for fold in range(FOLDS):
        seen, new = folds != fold, folds == fold
        raw[new] = (
            LogisticRegression(C=_CALLS_C, max_iter=500).fit(rows[seen], labels[seen]).decision_function(rows[new])
        )
        if trees:
            forest = HistGradientBoostingClassifier(max_iter=150, learning_rate=0.08, random_state=0)
            boosted[new] = forest.fit(rows[seen], labels[seen]).predict_proba(rows[new])[:, 1]
    for fold in range(FOLDS):
        seen, new = folds != fold, folds == fold
        calibrated[new] = _isotonic(raw[seen], labels[seen]).predict(raw[new])
    final = LogisticRegression(C=_CALLS_C, max_iter=500).fit(rows, labels)
    points = _points(_isotonic(raw, labels))
    accuse = float(np.quantile(calibrated[labels == 0], 1 - _WRONGLY_ACCUSED, method="higher"))
    protect = float(np.quantile(calibrated[labels == 1], _WRONGLY_PROTECTED, method="lower"))
    accuse, protect = max(round(accuse + 0.0005, 3), 0.9), min(round(protect, 3), 0.5)
    kept = {
        "names": list(names),
        "weights": [round(float(value), 4) for value in final.coef_[0]],
        "middles": [round(float(value), 4) for value in rows.mean(axis=0)],
        "intercept": round(float(final.intercept_[0]), 4),
        "calibration": {"raw": [a for a, _ in points], "probability": [b for _, b in points]},
        "accuse_from": accuse,
        "protect_below": protect,
    }
    machine = labels == 1
    figures = {
        "calls": len(labels),
        "machines": int(machine.sum()),
        "auc": round(float(roc_auc_score(labels, raw)), 4),
        "auc_boosted_trees": round(float(roc_auc_score(labels, boosted)), 4) if trees else None,
        "brier": round(float(brier_score_loss(labels, calibrated)), 4),
        "right_at_half": _share((calibrated >= 0.5) == machine, np.ones(len(labels), dtype=bool)),
        "accuse_from": accuse,
        "machines_found_to_accuse": _share((calibrated >= accuse) & machine, machine),
        "people_accused": _share((calibrated >= accuse) & ~machine, ~machine),
        "protect_below": protect,
        "people_protected": _share((calibrated < protect) & ~machine, ~machine),
        "machines_protected": _share((calibrated < protect) & machine, machine),
        "reliability": _reliability(calibrated, labels),
        "weights": {name: round(float(w), 2) for name, w in zip(names, final.coef_[0], strict=True)},
    }
    return kept, figures


def _isotonic(raw: Numbers, labels: Numbers) -> IsotonicRegression:
    return IsotonicRegression(y_min=0.001, y_max=0.999, out_of_bounds="clip").fit(raw, labels)


def _points(fitted: IsotonicRegression) -> list[tuple[float, float]]:
    pairs = zip(fitted.X_thresholds_, fitted.y_thresholds_, strict=True)
    return [(round(float(a), 4), round(float(b), 4)) for a, b in pairs]


def _reliability(probability: Numbers, labels: Numbers) -> list[dict[str, float]]:
    """Ten equal bins: how many calls, mean probability, share that were machines."""
    table = []
    for low in np.arange(0, 1, 0.1):
        inside = (probability >= low) & ((probability < low + 0.1) | (low > 0.85))
        if inside.any():
            table.append({
                "from": round(float(low), 1), "calls": int(inside.sum()),
                "said": round(float(probability[inside].mean()), 3), "were": round(float(labels[inside].mean()), 3),
            })  # fmt: skip
    return table


def _share(found: NDArray[np.bool_], of: NDArray[np.bool_]) -> list[float]:
    return _interval(int(found.sum()), int(of.sum()))


def _interval(part: int, whole: int) -> list[float]:
    """Part, whole, and the 95 % Wilson interval."""
    low, high = Share(part, whole).interval
    return [part, whole, round(low, 4), round(high, 4)]


def measure_recorded(home: Path, truth: Path) -> dict[str, Any]:
    """Figures on labelled recordings by who opened the call; calls whose far end says nothing have no opening."""
    openers: dict[str, bool] = {}
    for line in map(json.loads, truth.read_text(encoding="utf-8").splitlines()):
        spoken = [span for span in line["spans"] if span.get("channel") == "customer" and span.get("text")]
        if spoken:
            openers[line["id"]] = min(spoken, key=lambda span: span["start"])["kind"] == "machine"
    told: dict[bool, list[tuple[bool, bool, bool]]] = {True: [], False: []}
    with Workspace.open(home).store.reading() as reader:
        recordings = call_rows.recordings(reader)
        for call_id, machine in openers.items():
            recording = recordings.get(call_id)
            acoustics = listening.acoustics(reader, recording.content_hash or "") if recording else None
            if recording is None or acoustics is None:
                continue
            found = judge(hear(recording, acoustics, listening.transcript(reader, call_id)))
            if found is not None:
                told[machine].append(((found.probability >= 0.5) == machine, found.accuses, found.protects))
    return {
        name: {
            key: _interval(sum(row[at] for row in told[machine]), len(told[machine])) for at, key in enumerate(_TOLD)
        }
        for name, machine in (("machine", True), ("person", False))
    }


def keep(into: Path, model: dict[str, Any], figures: dict[str, Any]) -> None:
    """Write model, checksum, figures and card. Figures on recordings measured with another model are dropped."""
    body = json.dumps(model, ensure_ascii=False, indent=None, separators=(",", ":")).encode()
    into.mkdir(parents=True, exist_ok=True)
    (into / "model.json").write_bytes(body)
    digest = hashlib.sha256(body).hexdigest()
    (into / "model.sha256").write_text(f"{digest}  model.json\n", encoding="ascii")
    keep_figures(into, {**figures, "sha256": digest, "recorded": {}})


def keep_figures(into: Path, figures: dict[str, Any]) -> None:
    (into / "figures.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    (into / "card.md").write_text(card_of(figures), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--calls", type=int, default=5000)
    parser.add_argument("--texts", type=int, default=16000)
    parser.add_argument("--into", type=Path, default=Path("models/machine_voice"))
    parser.add_argument("--measure", nargs=3, metavar=("HOME", "TRUTH", "NAME"))
    options = parser.parse_args()
    if options.measure:
        home, truth, name = options.measure
        figures = json.loads((options.into / "figures.json").read_text(encoding="utf-8"))
        figures["recorded"][name] = measure_recorded(Path(home), Path(truth))
        keep_figures(options.into, figures)
    else:
        keep(options.into, *train(options.seed, options.calls, options.texts))


if __name__ == "__main__":
    main()
