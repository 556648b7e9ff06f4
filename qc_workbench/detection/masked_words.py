"""Which words of the search index are masked for readers who may not know names and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qc_workbench.detection.names_said import lemmas, masked_spans
from qc_workbench.domain.transcript import Turn
from qc_workbench.searching.matching import SaidWord


def masked_places(turns: Sequence[Turn], said: Sequence[SaidWord], names: Iterable[str] = ()) -> frozenset[int]:
    """Places of the words of a call that stand in a name or a number."""
    spans = masked_spans(turns, lemmas(names))
    return frozenset(
        word.place
        for word in said
        if any(start < word.end and word.start < end for start, end in spans.get(word.turn, ()))
    )
