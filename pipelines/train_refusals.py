"""Train the classifier of what clients say about buying, from the text in ``pipelines/corpora``.

    python -m pipelines.train_refusals [--check]

Three corpora: pieces written for it (``refusals_spoken.txt``), pieces of a second author
(``refusals_second_author.txt``) and ordinary talk (``client_talk.txt``). Labelled pieces are learned as they are and
twice with slips of recognition. Nothing is drawn without a seed: the same corpora give the same file. ``--check``
measures on the second author's pieces what is learned without them, and writes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipelines.recognition_slips import Slips, misheard
from pipelines.whole_file import whole_file
from qc_workbench.detection.refusal_classifier import CLASSES
from qc_workbench.detection.refusals import Piece, piece_of, pieces_of
from qc_workbench.detection.spoken_words import Sentence, sentences_of
from qc_workbench.domain.commitment import ClientSaid
from qc_workbench.domain.transcript import Party, Transcript, Turn

CORPORA: Final = Path(__file__).parent / "corpora"
OWN, SECOND, TALK = (
    CORPORA / name for name in ("refusals_spoken.txt", "refusals_second_author.txt", "client_talk.txt")
)
MODEL: Final = Path(__file__).parent.parent / "models" / "refusal_classifier.json"
_LABELS: Final = {"!": ClientSaid.EXPLICIT, "~": ClientSaid.POSTPONED, ".": ClientSaid.NONE}
#: Inverse strength of the ridge, the least number of examples a feature must be true of, the least weight kept.
RIDGE_C: Final = 0.2
LEAST_EXAMPLES: Final = 3
LEAST_WEIGHT: Final = 0.01
#: Times each labelled piece is learned with slips of recognition.
SLIPPED: Final = 2
SEED: Final = 1


@dataclass(frozen=True)
class Labelled:
    """Turns of a call, (A or C, text) each; the label is that of the last, the client's."""

    label: ClientSaid
    turns: tuple[tuple[str, str], ...]


def labelled(path: Path) -> list[Labelled]:
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line[:1] in _LABELS and line[1:2] == " ":
            turns = [("A", text[3:]) if text.startswith("A: ") else ("C", text) for text in line[2:].split(" / ")]
            found.append(Labelled(_LABELS[line[0]], tuple(turns)))
    return found


def transcript_of(turns: Sequence[tuple[str, str]]) -> Transcript:
    spoken = tuple(
        Turn(Party.AGENT if who == "A" else Party.CUSTOMER, 0 if who == "A" else 1, at * 6.0, at * 6.0 + 4.0, text, 0.9)
        for at, (who, text) in enumerate(turns)
    )
    return Transcript("corpus", "corpus", "corpus", None, "corpus", "corpus", spoken)


def whole_turn(item: Labelled) -> Piece | None:
    """The client's last turn as one piece, with what the agent asked before it."""
    sentences = sentences_of(transcript_of(item.turns))
    if not sentences or sentences[-1].party is not Party.CUSTOMER:
        return None
    last: list[Sentence] = [one for one in sentences if one.turn == sentences[-1].turn]
    asked = [one for one in sentences if one.party is Party.AGENT and one.position < last[0].position]
    return piece_of(last, [word.low for word in asked[-1].words] if asked else ())


Example = tuple[frozenset[str], ClientSaid]


def examples(items: Sequence[Labelled], slips: Slips, times: int = SLIPPED) -> Iterator[Example]:
    chance = random.Random(SEED)  # noqa: S311 - slips of speech, not secrets
    for item in items:
        for time in range(times + 1):
            turns = item.turns if not time else [(who, misheard(text, slips, chance)) for who, text in item.turns]
            piece = whole_turn(Labelled(item.label, tuple(turns)))
            if piece is not None:
                yield piece.features, item.label


def talk() -> Iterator[Example]:
    """Every piece of ordinary talk, cut as calls are cut."""
    for item in labelled(TALK):
        for piece in pieces_of(transcript_of(item.turns)):
            yield piece.features, ClientSaid.NONE


def train(found: Sequence[Example]) -> tuple[dict[str, list[float]], list[float]]:
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    seen = Counter(name for features, _ in found for name in features)
    vectors = DictVectorizer()
    rows = vectors.fit_transform(
        [{name: 1.0 for name in sorted(features) if seen[name] >= LEAST_EXAMPLES} for features, _ in found]
    )
    model = LogisticRegression(C=RIDGE_C, max_iter=3000, class_weight="balanced")
    model.fit(rows, [said.value for _, said in found])
    order = [list(model.classes_).index(said.value) for said in CLASSES]
    table = model.coef_[order].T
    weights = {
        str(name): [round(float(value), 3) for value in row]
        for name, row in zip(vectors.feature_names_, table, strict=True)
        if max(map(abs, row)) >= LEAST_WEIGHT
    }
    return weights, [round(float(model.intercept_[at]), 4) for at in order]


def corpora_hash() -> str:
    digest = hashlib.sha256()
    for path in (OWN, SECOND, TALK):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def measured(items: Sequence[Labelled], model: tuple[dict[str, list[float]], list[float]]) -> dict[str, Any]:
    """Accuracy by the likeliest class on labelled pieces."""
    from qc_workbench.detection.refusal_classifier import RefusalClassifier

    classifier = RefusalClassifier(*model, "")
    confused: Counter[str] = Counter()
    for item in items:
        piece = whole_turn(item)
        if piece is not None:
            likely = classifier.probabilities(piece.features)
            confused[f"{item.label.value} > {max(likely, key=lambda said: likely[said]).value}"] += 1
    right = sum(count for name, count in confused.items() if name.split(" > ")[0] == name.split(" > ")[1])
    return {"pieces": confused.total(), "accuracy": round(right / confused.total(), 3), "confusion": dict(confused)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the classifier of what clients say about buying.")
    parser.add_argument("--check", action="store_true", help="measure on the second author, write nothing")
    arguments = parser.parse_args()
    slips = Slips.read()
    own, second, ordinary = labelled(OWN), labelled(SECOND), list(talk())
    check = measured(second, train([*examples(own, slips), *ordinary]))
    print(json.dumps(check, ensure_ascii=False))
    if arguments.check:
        return
    weights, intercepts = train([*examples([*own, *second], slips), *ordinary])
    card = {
        "what": "explicit / none / postponed from the words of a client; multinomial logistic regression",
        "trained_by": "python -m pipelines.train_refusals",
        "corpora_sha256": corpora_hash(),
        "examples": {"own": len(own), "second_author": len(second), "ordinary_talk": len(ordinary)},
        "on_second_author_without_them": check,
        "limits": "Russian and English; pieces of a few sentences; see docs/detectors-promises.md",
    }
    with whole_file(MODEL) as stream:
        text = json.dumps({"card": card, "intercepts": intercepts, "weights": weights}, ensure_ascii=False)
        stream.write(text.replace('], "', '],\n"').encode() + b"\n")


if __name__ == "__main__":
    main()
