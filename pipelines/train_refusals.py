"""Train the classifier of what clients say about buying, from the text in ``pipelines/corpora``.

    python -m pipelines.train_refusals [--check]

Pieces and endings of calls are learned as they are and with slips of recognition; how much each counts for the whole
call is learned from what models say of authors they have not read. Nothing is drawn without a seed: the same corpora
give the same file. ``--check`` measures, leaving one author out at a time, what the call is taken for, and what the
second author's pieces are, and writes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pipelines.recognition_slips import Slips
from pipelines.refusal_corpus import (
    CORPORA,
    OLDER,
    OLDER_CALLS,
    OWN,
    OWN_CALLS,
    OWN_WHOLE,
    SECOND,
    TALK,
    WHOLE,
    Example,
    Labelled,
    WholeCall,
    examples,
    labelled,
    ordinary_talk,
    whole_calls,
    whole_turn,
)
from pipelines.whole_file import whole_file
from qc_workbench.detection.refusal_classifier import CARD_FILE, CLASSES, MODEL_FILE, LinearModel
from qc_workbench.detection.refusal_stand import ending_features, numbers_of
from qc_workbench.domain.commitment import ClientSaid

MODELS: Final = CORPORA.parent.parent / "models"
#: Inverse strength of the ridge of pieces, endings and the stand of the call.
PIECES_C: Final = 0.2
ENDINGS_C: Final = 0.03
STAND_C: Final = 0.02
#: The least number of examples a feature must be true of, and the least weight kept.
LEAST_EXAMPLES: Final = 3
LEAST_ENDINGS: Final = 4
LEAST_WEIGHT: Final = 0.01

Numbers = tuple[Mapping[str, float], ClientSaid]


def train(found: Sequence[Example], strength: float, least: int, *, balanced: bool = True) -> LinearModel:
    seen = Counter(name for features, _ in found for name in features)
    rows = [{name: 1.0 for name in sorted(features) if seen[name] >= least} for features, _ in found]
    return _fitted(rows, [said for _, said in found], strength, balanced=balanced)


def train_stand(found: Sequence[Numbers]) -> LinearModel:
    """Learned on values brought to one scale; the scale is folded into the weights."""
    names = sorted(found[0][0])
    middle = {name: sum(row[name] for row, _ in found) / len(found) for name in names}
    spread = {
        name: (sum((row[name] - middle[name]) ** 2 for row, _ in found) / len(found)) ** 0.5 or 1.0 for name in names
    }
    rows = [{name: (row[name] - middle[name]) / spread[name] for name in names} for row, _ in found]
    model = _fitted(rows, [said for _, said in found], STAND_C, balanced=False)
    weights = {name: [value / spread[name] for value in row] for name, row in model.weights.items()}
    moved = [sum(row[at] * middle[name] for name, row in weights.items()) for at in range(len(CLASSES))]
    rounded = {name: [round(value, 4) for value in row] for name, row in weights.items()}
    return LinearModel(rounded, [round(one - by, 4) for one, by in zip(model.intercepts, moved, strict=True)])


def _fitted(
    rows: Sequence[Mapping[str, float]], labels: Sequence[ClientSaid], strength: float, *, balanced: bool
) -> LinearModel:
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    vectors = DictVectorizer()
    table = vectors.fit_transform(rows)
    model = LogisticRegression(C=strength, max_iter=3000, tol=1e-3, class_weight="balanced" if balanced else None)
    model.fit(table, [said.value for said in labels])
    order = [list(model.classes_).index(said.value) for said in CLASSES]
    weights = {
        str(name): [round(float(value), 3) for value in row]
        for name, row in zip(vectors.feature_names_, model.coef_[order].T, strict=True)
        if max(map(abs, row)) >= LEAST_WEIGHT
    }
    return LinearModel(weights, [round(float(model.intercept_[at]), 4) for at in order])


@dataclass
class Corpus:
    """All that is learned from; models of parts of it are kept, since cross-fitting asks for them again."""

    pieces: Sequence[Example]
    ordinary: Sequence[Example]
    calls: Sequence[WholeCall]
    _kept: dict[frozenset[int], tuple[LinearModel, LinearModel]] = field(default_factory=dict)

    def models(self, without: Iterable[int] = ()) -> tuple[LinearModel, LinearModel]:
        """Models of pieces and endings that have read nothing of some authors."""
        left_out = frozenset(without)
        if left_out not in self._kept:
            read = [call for call in self.calls if call.author not in left_out]
            # the older calls are the ordinary talk
            talk = [] if OLDER_CALLS in left_out else self.ordinary
            own = [one for call in read if call.author != OLDER_CALLS for one in call.examples()]
            endings = [(ending_features(talk), call.label) for call in read for talk in call.talks]
            self._kept[left_out] = (
                train([*self.pieces, *talk, *own], PIECES_C, LEAST_EXAMPLES),
                train(endings, ENDINGS_C, LEAST_ENDINGS),
            )
        return self._kept[left_out]

    def numbers(self, author: int, without: Iterable[int]) -> list[Numbers]:
        """What models without an author (and ``without``) say of the author's calls."""
        pieces, endings = self.models({author, *without})
        return [
            (
                numbers_of(talk, [pieces.of(one.features) for one in talk.pieces], endings.of(ending_features(talk))),
                call.label,
            )
            for call in self.calls
            if call.author == author
            for talk in call.talks
        ]

    def stand(self, without: Iterable[int] = ()) -> LinearModel:
        left_out = set(without)
        authors = sorted({call.author for call in self.calls} - left_out)
        return train_stand([row for author in authors for row in self.numbers(author, left_out)])


def read_corpus(slips: Slips) -> Corpus:
    pieces = [*examples([*labelled(OWN), *labelled(SECOND)], slips)]
    return Corpus(pieces, list(ordinary_talk()), whole_calls(slips))


def one_author_out(corpus: Corpus) -> dict[str, Any]:
    """The likeliest of each call by models that have read nothing of its author, slips of recognition included."""
    confused: Counter[str] = Counter()
    by_author: dict[int, list[bool]] = {}
    for author in sorted({call.author for call in corpus.calls} - {OLDER_CALLS, OWN_CALLS}):
        stand = corpus.stand({author})
        for numbers, label in corpus.numbers(author, ()):
            likely = stand.of_numbers(numbers)
            found = max(CLASSES, key=lambda said: likely[said])
            confused[f"{label} > {found}"] += 1
            by_author.setdefault(author, []).append(found is label)
    return {
        "calls": confused.total(),
        "accuracy": _right(confused),
        "by_author": {author: round(sum(right) / len(right), 3) for author, right in by_author.items()},
        "confusion": dict(sorted(confused.items())),
    }


def corpora_hashes() -> dict[str, str]:
    files = (OWN, SECOND, TALK, WHOLE, OWN_WHOLE, OLDER)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def measured(items: Sequence[Labelled], model: LinearModel) -> dict[str, Any]:
    """Accuracy by the likeliest class on labelled pieces."""
    confused: Counter[str] = Counter()
    for item in items:
        piece = whole_turn(item)
        if piece is not None:
            likely = model.of(piece.features)
            confused[f"{item.label} > {max(likely, key=lambda said: likely[said])}"] += 1
    return {"pieces": confused.total(), "accuracy": _right(confused), "confusion": dict(sorted(confused.items()))}


def _right(confused: Counter[str]) -> float:
    right = sum(count for name, count in confused.items() if name.split(" > ")[0] == name.split(" > ")[1])
    return round(right / confused.total(), 3)


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the classifier of what clients say about buying.")
    parser.add_argument("--check", action="store_true", help="measure, write nothing")
    arguments = parser.parse_args()
    slips = Slips.read()
    corpus = read_corpus(slips)
    own = [one for call in corpus.calls if call.author != OLDER_CALLS for one in call.examples()]
    alone = train([*examples(labelled(OWN), slips), *corpus.ordinary, *own], PIECES_C, LEAST_EXAMPLES)
    figures = {
        "second_author_without_them": measured(labelled(SECOND), alone),
        "whole_calls_one_author_out": one_author_out(corpus),
    }
    print(json.dumps(figures, ensure_ascii=False, indent=1))
    if arguments.check:
        return
    pieces, endings = corpus.models()
    parts = {"pieces": pieces, "endings": endings, "stand": corpus.stand()}
    raw = {name: {"intercepts": model.intercepts, "weights": model.weights} for name, model in parts.items()}
    body = json.dumps(raw, ensure_ascii=False).replace('], "', '],\n"').encode() + b"\n"
    card = {
        "what": "What a client said about buying (explicit, none, postponed): pieces, ending and stand of a call.",
        "trained_by": "python -m pipelines.train_refusals",
        "sha256": hashlib.sha256(body).hexdigest(),
        "corpora": corpora_hashes(),
        "not_trained_on": "the development calls",
        "figures": figures,
        "licence": "Apache-2.0",
        "limits": "Russian and English sales talk of small companies; see docs/detectors-promises.md.",
    }
    with whole_file(MODELS / MODEL_FILE) as stream:
        stream.write(body)
    with whole_file(MODELS / CARD_FILE) as stream:
        stream.write(json.dumps(card, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n")


if __name__ == "__main__":
    main()
