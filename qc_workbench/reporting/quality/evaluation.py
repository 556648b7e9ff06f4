"""All tasks on all labelled calls: figures, slices of them, confusion matrices, and every mistake.

A labelled call that the store does not have counts as a call in which nothing was found, and is named: leaving it out
would make a lost recording look like quality.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from qc_workbench.reporting.quality import answered, conversation, padded, promises, quotes, refusals, words
from qc_workbench.reporting.quality.figures import Cell, Figure, Matrix, Mistake, Task, matrices
from qc_workbench.reporting.quality.labels import FoundCall, TrueCall

#: In the order of what costs people most: accusations first.
TASKS: Final[tuple[Task[Any], ...]] = (
    padded.TASK,
    answered.TASK,
    conversation.TASK,
    promises.TASK,
    promises.OUTCOME_TASK,
    refusals.TASK,
    refusals.FALSE_TASK,
    words.TASK,
    words.TURNS_TASK,
    quotes.TASK,
)
#: What the calls are told apart by.
DIMENSIONS: Final = ("scenario", "language", "layout", "codec")


@dataclass(frozen=True, slots=True)
class Slice:
    """The figures of the calls that are alike in one way. ``value`` is "" where the labels do not say."""

    dimension: str
    value: str
    calls: int
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``absent``: labelled calls the store does not have; ``unheard``: those it has without a transcript."""

    calls: int
    absent: tuple[str, ...]
    unheard: tuple[str, ...]
    figures: tuple[Figure, ...]
    slices: tuple[Slice, ...]
    matrices: tuple[Matrix, ...]
    mistakes: tuple[Mistake, ...]

    def figure(self, code: str) -> Figure | None:
        return next((figure for figure in self.figures if figure.code == code), None)


def evaluate(truth: Sequence[TrueCall], found: Mapping[str, FoundCall]) -> Evaluation:
    """Compare what was found with the labels, call by call; calls without labels are left out."""
    pairs = [(call, found.get(call.call_id, FoundCall(call.call_id, is_known=False))) for call in truth]
    cells: list[Cell] = []
    mistakes: list[Mistake] = []
    figures: list[Figure] = []
    groups = _groups(pairs)
    of_slices: dict[tuple[str, str], list[Figure]] = {key: [] for key in groups}
    for task in TASKS:
        judged = {call.call_id: task.judge(call, was) for call, was in pairs}
        some = [item for item in judged.values() if item is not None]
        if not some:
            continue
        figures += task.figures(some)
        for key, members in groups.items():
            alike = [item for call_id in members if (item := judged[call_id]) is not None]
            if alike:
                of_slices[key] += task.figures(alike)
        cells += [cell for item in some for cell in item.cells]
        mistakes += [mistake for item in some for mistake in item.mistakes]
    return Evaluation(
        calls=len(pairs),
        absent=tuple(call.call_id for call, was in pairs if not was.is_known),
        unheard=tuple(call.call_id for call, was in pairs if was.is_known and was.transcript is None),
        figures=tuple(figures),
        slices=tuple(
            Slice(dimension, value, len(groups[dimension, value]), tuple(found_))
            for (dimension, value), found_ in of_slices.items()
        ),
        matrices=matrices(cells),
        mistakes=tuple(mistakes),
    )


def _groups(pairs: Sequence[tuple[TrueCall, FoundCall]]) -> dict[tuple[str, str], list[str]]:
    """Calls by what they are alike in. A dimension in which all calls are alike, or none is known, tells nothing."""
    groups: dict[tuple[str, str], list[str]] = {}
    for dimension in DIMENSIONS:
        values: dict[str, list[str]] = {}
        for call, was in pairs:
            values.setdefault(_value(dimension, call, was), []).append(call.call_id)
        if len(values) > 1:
            groups |= {(dimension, value): values[value] for value in sorted(values)}
    return groups


def _value(dimension: str, call: TrueCall, was: FoundCall) -> str:
    match dimension:
        case "scenario":
            return call.scenario
        case "language":
            return call.language
        case "layout":
            return was.layout or call.layout
        case _:
            return was.codec or call.codec
