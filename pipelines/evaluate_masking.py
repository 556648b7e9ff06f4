"""Measure what is hidden in transcripts, on labelled pieces.

``python -m pipelines.evaluate_masking [dev|second|test] [FOLDER]``

``FOLDER``: ``natasha/data`` of natasha's wheel, to compare with slovnet (``pip install slovnet navec``).

Goal: how many secrets (names, numbers) are hidden wholly, how many words are hidden that need not be, and what it costs
in time. A secret counts as found when every word of it is hidden; a piece without any counts as clean when nothing is.
Pieces are read twice: each party on its own channel, and both on one.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Final

from pipelines.spoken_pieces import Piece, pieces, words_hidden
from qc_workbench.detection.names_said import masked
from qc_workbench.detection.spoken_secrets import redacted
from qc_workbench.domain.transcript import Transcript

MICRO: Final = 1e6
#: Finds the words (turn, word) of a transcript that name somebody.
Masks = Callable[[Transcript], set[tuple[int, int]]]


@dataclass
class Measured:
    """``found``/``all``: secrets by kind. ``clean``/``empty``: pieces without a secret. ``spilt``: words hidden that
    are no secret, of ``words`` that are none."""

    found: Counter[str] = field(default_factory=Counter)
    all: Counter[str] = field(default_factory=Counter)
    clean: int = 0
    empty: int = 0
    spilt: int = 0
    words: int = 0
    seconds: float = 0.0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def measured_secrets(split: str) -> Measured:
    result = Measured()
    for mono in (False, True):
        for piece in pieces(f"secrets_{split}.txt", mono=mono):
            _measure_secrets(piece, result)
    return result


def _measure_secrets(piece: Piece, result: Measured) -> None:
    began = process_time()
    after = redacted(piece.transcript)
    result.seconds += process_time() - began
    hidden = words_hidden(piece.transcript, after.turns)
    of_kind: dict[str, set[tuple[int, int]]] = {}
    for word, kind in piece.secret.items():
        of_kind.setdefault(kind, set()).add(word)
    said = "; ".join(turn.text for turn in after.turns)
    for kind, words in of_kind.items():
        result.all[kind] += 1
        if words <= hidden:
            result.found[kind] += 1
        else:
            result.missed.append(f"{kind}: {said}")
    spilt = hidden - set(piece.secret)
    result.spilt += len(spilt)
    result.words += sum(len(turn.words) for turn in piece.transcript.turns) - len(piece.secret)
    if not piece.secret:
        result.empty += 1
        result.clean += not hidden
        if hidden:
            result.wrong.append(said)


def measured_names(split: str, masks: Masks, *, cased: bool = False) -> Measured:
    """Names word by word: ``found`` of ``all`` are names hidden, ``spilt`` other words hidden."""
    result = Measured()
    for piece in pieces(f"names_{split}.txt", cased=cased):
        began = process_time()
        hidden = masks(piece.transcript)
        result.seconds += process_time() - began
        said = " / ".join(turn.text for turn in piece.transcript.turns)
        names = set(piece.secret)
        result.all["name"] += len(names)
        result.found["name"] += len(names & hidden)
        result.spilt += len(hidden - names)
        result.words += sum(len(turn.words) for turn in piece.transcript.turns)
        if not names:
            result.empty += 1
            result.clean += not hidden
        if names - hidden:
            result.missed.append(said)
        if hidden - names:
            result.wrong.append(said)
    return result


def by_rules(transcript: Transcript) -> set[tuple[int, int]]:
    return words_hidden(transcript, masked(transcript).turns)


def by_slovnet(folder: Path) -> Masks:
    """Another recogniser, to compare with: navec and slovnet with the model files that natasha's wheel carries."""
    from navec import Navec  # type: ignore[import-not-found]  # no dependency: only compared with
    from slovnet import NER  # type: ignore[import-not-found]

    recogniser = NER.load(folder / "model" / "slovnet_ner_news_v1.tar")
    recogniser.navec(Navec.load(folder / "emb" / "navec_news_v1_1B_250K_300d_100q.tar"))

    def hidden(transcript: Transcript) -> set[tuple[int, int]]:
        found = set()
        for number, turn in enumerate(transcript.turns):
            spans = [span for span in recogniser(turn.text).spans if span.type == "PER"]
            at = 0
            for index, word in enumerate(turn.text.split()):
                if any(span.start < at + len(word) and at < span.stop for span in spans):
                    found.add((number, index))
                at += len(word) + 1
        return found

    return hidden


def names(split: str, masks: Masks, title: str, *, cased: bool = False) -> None:
    masks(pieces("names_dev.txt")[0].transcript)  # what is loaded once is not timed
    result = measured_names(split, masks, cased=cased)
    found, all_ = result.found["name"], result.all["name"]
    precision, recall = found / max(1, found + result.spilt), found / all_
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    print(
        f"names, {split}, {title}: precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f} ({all_} words of names); "
        f"sentences without a name left alone {result.clean} of {result.empty}; "
        f"{result.seconds * MICRO / result.words:.0f} µs a word"
    )
    for line in (*result.missed, *(f"WRONG {text}" for text in result.wrong)):
        print("   ", line)


def main(split: str) -> None:
    result = measured_secrets(split)
    print(f"secrets, {split}: {result.all.total()} said, {result.empty} pieces without (each in stereo and mono)")
    for kind, count in sorted(result.all.items()):
        print(f"  {kind:<10} {result.found[kind]:>4} of {count:>4}  recall {result.found[kind] / count:.3f}")
    print(
        f"  all        {result.found.total():>4} of {result.all.total():>4}  recall "
        f"{result.found.total() / result.all.total():.3f}"
    )
    print(f"  pieces without a secret left alone: {result.clean} of {result.empty} ({result.clean / result.empty:.3f})")
    print(f"  other words hidden: {result.spilt} of {result.words} ({result.spilt / result.words:.4f})")
    print(f"  {result.seconds * MICRO / (result.words + 1):.0f} µs a word")
    for line in (*result.missed, *(f"WRONG {text}" for text in result.wrong)):
        print("   ", line)


def _from_terminal() -> None:
    chosen = sys.argv[1] if len(sys.argv) > 1 else "test"
    main(chosen)
    if chosen == "second":  # a set of secrets alone
        return
    names(chosen, by_rules, "dictionary and rules")
    if len(sys.argv) > 2:
        slovnet = by_slovnet(Path(sys.argv[2]))
        names(chosen, slovnet, "slovnet")
        names(chosen, slovnet, "slovnet, names with capital letters", cased=True)
        names(chosen, by_rules, "dictionary and rules, names with capital letters", cased=True)


if __name__ == "__main__":
    _from_terminal()
