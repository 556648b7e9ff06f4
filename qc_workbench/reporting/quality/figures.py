"""Figures of quality with their intervals, confusion matrices, and mistakes that name their call.

Intervals are of 95 %. A share of independent cases (calls) has Wilson's score interval (E. B. Wilson, 1927). What is
counted in several pieces a call (promises, words, turns) is not independent within a call: its interval comes from
drawing whole calls anew (percentile bootstrap; B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993,
ch. 13), with a fixed seed, so that the same calls give the same interval. A perfect score on ten calls is not a perfect
detector: where no call errs, the bootstrap would give an interval of no width, and Wilson's of the calls is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from qc_workbench.reporting.quality.labels import FoundCall, TrueCall
from qc_workbench.reporting.share import Share, interval_of

#: Times that the calls are drawn anew. The ends of an interval then wander by about a hundredth of its width.
RESAMPLES: Final = 2000
_SEED: Final = 20261101
_ENDS: Final = (2.5, 97.5)


class Unit(StrEnum):
    SHARE = "share"
    SECONDS = "seconds"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number. ``name`` is a code of the catalogue (``quality.figure.<task>.<name>``).

    ``count`` of ``of``: what a share stands on; for seconds ``of`` is the number of cases. ``value`` is None when there
    was nothing to count. ``lower_is_better`` tells which way is up; ``target``: what is aimed at, if anything.
    """

    task: str
    name: str
    value: float | None
    low: float | None
    high: float | None
    count: float
    of: float
    unit: Unit = Unit.SHARE
    lower_is_better: bool = False
    target: float | None = None

    @property
    def code(self) -> str:
        return f"{self.task}.{self.name}"

    @property
    def reaches_target(self) -> bool | None:
        """None where there is no target or no value."""
        if self.target is None or self.value is None:
            return None
        return self.value <= self.target if self.lower_is_better else self.value >= self.target


@dataclass(frozen=True, slots=True)
class Cell:
    """One case of a confusion matrix: what was labelled and what was found, as codes."""

    matrix: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Matrix:
    """``counts``: labelled -> found -> cases, in the order of the codes."""

    name: str
    counts: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One error of one call. ``kind`` is a code (``cli.mistake.<kind>``).

    ``expected`` and ``found`` are codes or dates; those of a confusion matrix (``matrix``) are its cell. ``at_s``:
    where to listen. ``expected_text`` and ``found_text``: the words that were labelled and those that were found.
    """

    task: str
    kind: str
    call_id: str
    scenario: str
    expected: str
    found: str
    at_s: float | None = None
    expected_text: str = ""
    found_text: str = ""
    matrix: str = ""


class Judged(Protocol):
    """What one task says of one call."""

    @property
    def cells(self) -> tuple[Cell, ...]: ...

    @property
    def mistakes(self) -> tuple[Mistake, ...]: ...


J = TypeVar("J", bound=Judged)


@dataclass(frozen=True, slots=True)
class Task(Generic[J]):
    """A question asked of every call. ``judge`` gives None where a call's labels (or the store) have no such part."""

    name: str
    judge: Callable[[TrueCall, FoundCall], J | None]
    figures: Callable[[Sequence[J]], tuple[Figure, ...]]


def share(
    task: str, name: str, count: int, of: int, *, lower_is_better: bool = False, target: float | None = None
) -> Figure:
    """A share of independent cases, with Wilson's interval."""
    found = Share(count, of)
    low, high = found.interval
    return Figure(
        task, name, found.value, low, high, count, of, lower_is_better=lower_is_better, target=target
    )  # fmt: skip


def ratio(
    task: str,
    name: str,
    counts: Sequence[float],
    totals: Sequence[float],
    *,
    lower_is_better: bool = False,
    target: float | None = None,
) -> Figure:
    """Sum over sum, one pair a call, with an interval over calls."""
    count, of = float(sum(counts)), float(sum(totals))
    low, high = ratio_interval(counts, totals)
    value = count / of if of else None
    return Figure(task, name, value, low, high, count, of, lower_is_better=lower_is_better, target=target)


def ratio_interval(counts: Sequence[float], totals: Sequence[float]) -> tuple[float, float]:
    """Interval of a ratio of sums when whole calls are drawn anew. (0, 1) where there is nothing to count."""
    pairs = [(count, total) for count, total in zip(counts, totals, strict=True) if count or total]
    of = sum(total for _, total in pairs)
    if not of:
        return 0.0, 1.0
    value = sum(count for count, _ in pairs) / of
    if value in (0.0, 1.0) or len(pairs) == 1:
        # No call differs from another: as many calls as there are say no more than Wilson's interval of them.
        low, high = interval_of(round(min(value, 1.0) * len(pairs)), len(pairs))
        return min(low, value), max(high, value)
    drawn = _drawn(len(pairs))
    above, below = (drawn @ np.array(column, dtype=np.float64) for column in zip(*pairs, strict=True))
    low, high = np.percentile((above / np.where(below > 0, below, 1))[below > 0], _ENDS)
    return float(low), float(high)


def quantile(task: str, name: str, values: Sequence[float], share_below: float) -> Figure:
    """A quantile of errors in seconds, one a call, with an interval over calls. ``share_below`` in 0..1."""
    if not values:
        return Figure(task, name, None, None, None, 0, 0, Unit.SECONDS, lower_is_better=True)
    errors = np.sort(np.array(values, dtype=np.float64))
    draws = np.random.default_rng(_SEED).integers(0, errors.size, size=(RESAMPLES, errors.size))
    low, high = np.percentile(np.quantile(errors[draws], share_below, axis=1), _ENDS)
    value = float(np.quantile(errors, share_below))
    return Figure(
        task, name, value, float(low), float(high), len(values), len(values), Unit.SECONDS, lower_is_better=True
    )  # fmt: skip


def amount(task: str, name: str, count: int, of: int, *, target: float | None = None) -> Figure:
    """How many bad things there were among ``of``; no interval: it is a list to go through, not an estimate."""
    return Figure(task, name, float(count), None, None, count, of, Unit.COUNT, lower_is_better=True, target=target)


def matrices(cells: Iterable[Cell]) -> tuple[Matrix, ...]:
    """Confusion matrices of all cases, by name; labels in order."""
    counts: dict[str, Counter[tuple[str, str]]] = {}
    for cell in cells:
        counts.setdefault(cell.matrix, Counter())[cell.expected, cell.found] += 1
    return tuple(
        Matrix(
            name,
            {
                label: {found: n for (expected, found), n in sorted(counted.items()) if expected == label}
                for label in sorted({expected for expected, _ in counted})
            },
        )
        for name, counted in counts.items()
    )


def _drawn(calls: int) -> NDArray[np.float64]:
    """How often each call is in each resample."""
    generator = np.random.default_rng(_SEED)
    return generator.multinomial(calls, np.full(calls, 1 / calls), size=RESAMPLES).astype(np.float64)
