"""Do reviewers answer a question alike? Krippendorff's alpha and the share of equal answers, per question.

Alpha compares the disagreement that was observed with the one that chance would give with the same answers::

    α = 1 − D_o / D_e,   D_o = Σ o_ck δ²_ck / n,   D_e = Σ n_c n_k δ²_ck / (n (n − 1))

``o_ck``: coincidences, i.e. each ordered pair of answers to one call counts ``1 / (m − 1)``, ``m`` answers having been
given to it; ``n_c`` their sums, ``n`` the sum of all. Calls with one answer have no pair and drop out; a missing answer
needs nothing else. ``δ²``: nominal 0 or 1; interval ``(c − k)²``; ordinal ``(Σ_{g=c..k} n_g − (n_c + n_k) / 2)²``
(K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011, sections C and D; A. F. Hayes, K. Krippendorff,
"Answering the call for a standard reliability measure for coding data", *Communication Methods and Measures* 1, 2007).
1: they agree; 0: as by chance; below: worse than chance. Where all answers are the same, chance can't disagree either:
alpha is not defined (None), and only the share of equal answers tells something.

Interval: percentiles of alpha over calls drawn anew with replacement (Efron & Tibshirani 1993, ch. 13), both D_o and
D_e recomputed. (Hayes & Krippendorff keep D_e; in a calibration its error is not small.) With fewer than
some 20 calls it is too short (J. Hughes, arXiv 2210.13265, 2022). Where nobody ever disagreed it would have no width;
then its lower end is ``1 − u / P``, ``u`` being the upper Wilson limit of "0 of so many calls" and ``P`` the share of
unlike pairs by chance.

Share of equal answers: of the pairs of answers to a call, averaged over calls; Wilson's interval of as many calls.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from qc_workbench.errors import UsageError
from qc_workbench.reporting.share import Z_95
from qc_workbench.sampling.estimates import wilson

#: A code, a number, or the codes ticked in a multiple choice.
Answer: TypeAlias = str | float | tuple[str, ...]
Floats = NDArray[np.float64]

#: From here on conclusions may be drawn, and from ``TENTATIVE`` tentative ones (Krippendorff, *Content Analysis*, 2nd
#: ed., 2004, p. 241).
RELIABLE, TENTATIVE = 0.8, 0.667
#: Times that the calls are drawn anew.
RESAMPLES = 2000
_SEED = 20261123
#: Numbers held at once while drawing anew: 64 MB.
_BLOCK = 8_000_000


class Level(StrEnum):
    NOMINAL = "nominal"  # yes or no, a choice: equal or not
    ORDINAL = "ordinal"  # a scale whose steps need not be of equal size; numbers in their order
    INTERVAL = "interval"  # points, percent


@dataclass(frozen=True, slots=True)
class Rating:
    """What one reviewer answered to one question about one call. A question that was not answered has no rating."""

    call_id: str
    question: str
    reviewer: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Alpha:
    """``low`` and ``high`` of 95 %; None where most of the redrawn calls leave alpha undefined."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class QuestionAgreement:
    """``calls`` with at least two answers, ``answers`` to them. ``equal``: share (0..1) of equal pairs, and its limits.

    Without such calls ``alpha`` and ``equal`` are None and the limits 0 and 1.
    """

    question: str
    level: Level
    calls: int
    answers: int
    alpha: Alpha | None
    equal: float | None
    low: float
    high: float


def agreement(
    ratings: Iterable[Rating], levels: Mapping[str, Level], resamples: int = RESAMPLES
) -> tuple[QuestionAgreement, ...]:
    """Agreement on each question of ``levels``, in their order. Ratings of other questions are passed over.

    Where a reviewer answered a call twice, the first answer given here counts: the second one was silently served
    again and belongs to :func:`qc_workbench.review.reviewers.repeatability`.
    Raises :class:`UsageError` ``agreement_not_numbers`` for words on an ordinal or interval level.
    """
    units: dict[str, dict[str, dict[str, Answer]]] = defaultdict(lambda: defaultdict(dict))
    for rating in ratings:
        units[rating.question][rating.call_id].setdefault(rating.reviewer, rating.answer)
    found = []
    for question, level in levels.items():
        calls = [list(given.values()) for _, given in sorted(units[question].items()) if len(given) > 1]
        equal = _equal(calls)
        low, high = (0.0, 1.0) if equal is None else wilson(equal, len(calls), Z_95)
        found.append(
            QuestionAgreement(
                question=question,
                level=level,
                calls=len(calls),
                answers=sum(map(len, calls)),
                alpha=alpha(calls, level, resamples),
                equal=equal,
                low=low,
                high=high,
            )
        )
    return tuple(found)


def alpha(units: Sequence[Sequence[Answer]], level: Level, resamples: int = RESAMPLES) -> Alpha | None:
    """``units``: the answers to each call, missing ones left out. None where it is not defined.

    ``resamples`` 0: no interval. The same units give the same interval.
    """
    paired = [unit for unit in units if len(unit) > 1]
    positions = _positions(paired, level)
    counts = np.array([[unit.count(each) for each in positions] for unit in map(list, paired)], dtype=np.float64)
    if len(positions) < 2:
        return None
    scale = np.array(list(positions.values()), dtype=np.float64)
    given = counts.sum(axis=1)
    pairs = counts[:, :, None] * counts[:, None, :]
    diagonal = np.arange(len(positions))
    pairs[:, diagonal, diagonal] -= counts
    pairs /= (given - 1)[:, None, None]
    value = float(_alpha_of(pairs.sum(axis=0)[None], scale, level)[0])
    if resamples == 0:
        return Alpha(value, None, None)
    unlike = float(pairs.sum() - pairs[:, diagonal, diagonal].sum())
    if unlike == 0:
        total = counts.sum(axis=0)
        by_chance = 1 - float((total * (total - 1)).sum() / (total.sum() * (total.sum() - 1)))
        return Alpha(value, 1 - wilson(0.0, len(paired), Z_95)[1] / by_chance, 1.0)
    redrawn = _redrawn(pairs, scale, level, resamples)
    if len(redrawn) * 2 < resamples:
        return Alpha(value, None, None)
    low, high = np.quantile(redrawn, [0.025, 0.975])
    return Alpha(value, min(value, float(low)), max(value, float(high)))


def _positions(units: Sequence[Sequence[Answer]], level: Level) -> dict[Answer, float]:
    """Every answer that was given, in order, with its number."""
    given = {answer for unit in units for answer in unit}
    if level is Level.NOMINAL:
        return {answer: float(n) for n, answer in enumerate(sorted(given, key=repr))}
    for answer in given:
        if not isinstance(answer, int | float):
            raise UsageError("agreement_not_numbers", answer=answer, level=level.value)
    return {answer: float(answer) for answer in sorted(given)}  # type: ignore[arg-type]


def _alpha_of(coincidences: Floats, scale: Floats, level: Level) -> Floats:
    """Alpha of each matrix of the stack; nan where all answers are the same."""
    sums = coincidences.sum(axis=2)
    total = sums.sum(axis=1)
    if level is Level.NOMINAL:
        apart = np.broadcast_to(1 - np.eye(len(scale)), coincidences.shape)
    else:
        # The ordinal difference is that of the middle ranks: Σ_{g=c..k} n_g − (n_c + n_k) / 2.
        at = sums.cumsum(axis=1) - sums / 2 if level is Level.ORDINAL else np.broadcast_to(scale, sums.shape)
        apart = (at[:, :, None] - at[:, None, :]) ** 2
    observed = (coincidences * apart).sum(axis=(1, 2))
    expected = (sums[:, :, None] * sums[:, None, :] * apart).sum(axis=(1, 2))
    alphas: Floats = 1 - (total - 1) * observed / np.where(expected > 0, expected, np.nan)
    return alphas


def _redrawn(pairs: Floats, scale: Floats, level: Level, resamples: int) -> Floats:
    """Alpha of the calls drawn anew, as often as it is defined."""
    chance = np.random.default_rng(_SEED)
    calls, answers, _ = pairs.shape
    flat = pairs.reshape(calls, answers * answers)
    block = max(1, _BLOCK // max(calls, answers * answers))
    found = []
    for start in range(0, resamples, block):
        times = chance.multinomial(calls, np.full(calls, 1 / calls), size=min(block, resamples - start))
        stack = (times.astype(np.float64) @ flat).reshape(-1, answers, answers)
        found.append(_alpha_of(stack, scale, level))
    alphas = np.concatenate(found)
    return alphas[np.isfinite(alphas)]


def _equal(units: Sequence[Sequence[Answer]]) -> float | None:
    """Share of equal pairs of answers to a call, averaged over calls."""
    if not units:
        return None
    shares = []
    for unit in units:
        equal = sum(unit.count(answer) - 1 for answer in unit)
        shares.append(equal / (len(unit) * (len(unit) - 1)))
    return sum(shares) / len(shares)
