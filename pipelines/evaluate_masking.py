"""Measure what is hidden in transcripts, on labelled pieces: ``python -m pipelines.evaluate_masking [dev|test]``.

Goal: how many secrets (names, numbers) are hidden wholly, how many words are hidden that need not be, and what it costs
in time. A secret counts as found when every word of it is hidden; a piece without any counts as clean when nothing is.
Pieces are read twice: each party on its own channel, and both on one.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter
from typing import Final

from pipelines.spoken_pieces import Piece, pieces, words_hidden
from qc_workbench.detection.spoken_secrets import redacted

MICRO: Final = 1e6


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
    began = perf_counter()
    after = redacted(piece.transcript)
    result.seconds += perf_counter() - began
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


def main(split: str) -> None:
    result = measured_secrets(split)
    print(f"secrets, {split}: {result.all.total()} said, {result.empty} pieces without (each in stereo and mono)")
    for kind, count in sorted(result.all.items()):
        print(f"  {kind:<10} {result.found[kind]:>4} of {count:>4}  recall {result.found[kind] / count:.3f}")
    print(f"  all        {result.found.total():>4} of {result.all.total():>4}  recall "
          f"{result.found.total() / result.all.total():.3f}")
    print(f"  pieces without a secret left alone: {result.clean} of {result.empty} ({result.clean / result.empty:.3f})")
    print(f"  other words hidden: {result.spilt} of {result.words} ({result.spilt / result.words:.4f})")
    print(f"  {result.seconds * MICRO / (result.words + 1):.0f} µs a word")
    for line in (*result.missed, *(f"WRONG {text}" for text in result.wrong)):
        print("   ", line)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "test")
