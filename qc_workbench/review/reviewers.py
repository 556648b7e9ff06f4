"""A reviewer against the agreed scores, against time, and against themselves.

* Bias: the mean of own minus agreed score over calibrated calls, with Student's interval.
* Drift: how the reviewer's scores move over time beside the scores of the others, in points per 30 days: least squares
  on ``agent + reviewer + reviewer · time``, the slope less the mean slope of the others. If all agents get better, all
  slopes rise and nobody drifts.
* Repeatability: calls silently served to the same person again. The typical error of one score is
  ``√(Σ d² / 2n)`` (J. M. Bland, D. G. Altman, "Measurement error", *BMJ* 313, 1996), its interval from χ² on ``n``
  degrees of freedom; two scores of the same call by one person differ by less than 2.77 times that in 95 % of cases.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from qc_workbench.review.agreement import Level, QuestionAgreement, Rating, agreement
from qc_workbench.review.strictness import GivenScore
from qc_workbench.sampling.estimates import student_quantile

#: The unit of time of a drift.
DAYS = 30.0
#: Fewer scores than this don't show a drift.
FEWEST_FOR_DRIFT = 5


@dataclass(frozen=True, slots=True)
class PairedScore:
    """Two scores (points) of one call by or about one reviewer: own and agreed, or first and again."""

    reviewer: str
    call_id: str
    first: float
    second: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure in points over ``count`` scores or calls; the limits of 95 % are None where there are too few."""

    reviewer: str
    count: int
    value: float
    low: float | None
    high: float | None

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves the direction in no doubt."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


@dataclass(frozen=True, slots=True)
class Repeatability:
    """``shift``: mean of second minus first score. ``error``: typical error of one score, with its limits of 95 %."""

    reviewer: str
    calls: int
    shift: Measured
    error: float
    low: float
    high: float


def bias(pairs: Iterable[PairedScore], confidence: float = 0.95) -> tuple[Measured, ...]:
    """``first`` the own score, ``second`` the agreed one: positive is lenient. By reviewer."""
    found = []
    for reviewer, of in sorted(_by_reviewer(pairs).items()):
        found.append(_mean(reviewer, [pair.first - pair.second for pair in of], confidence))
    return tuple(found)


def repeatability(pairs: Iterable[PairedScore], confidence: float = 0.95) -> tuple[Repeatability, ...]:
    """Calls scored twice by the same person, by reviewer."""
    # What scipy.stats.chi2.ppf calls, without the time that importing it takes.
    from scipy.special import gammaincinv

    found = []
    for reviewer, of in sorted(_by_reviewer(pairs).items()):
        differences = [pair.second - pair.first for pair in of]
        squares = math.fsum(each * each for each in differences)
        tail = (1 - confidence) / 2
        few, many = (2 * float(gammaincinv(len(of) / 2, share)) for share in (tail, 1 - tail))
        found.append(
            Repeatability(
                reviewer=reviewer,
                calls=len(of),
                shift=_mean(reviewer, differences, confidence),
                error=math.sqrt(squares / (2 * len(of))),
                low=math.sqrt(squares / 2 / many),
                high=math.sqrt(squares / 2 / few),
            )
        )
    return tuple(found)


def self_agreement(
    first: Iterable[Rating], again: Iterable[Rating], levels: Mapping[str, Level]
) -> tuple[QuestionAgreement, ...]:
    """Agreement of people with themselves, per question: the two times are the two observers of each call."""
    pairs = [
        replace(rating, call_id=f"{rating.reviewer}\0{rating.call_id}", reviewer=time)
        for time, ratings in (("first", first), ("again", again))
        for rating in ratings
    ]
    return agreement(pairs, levels)


def drift(scores: Iterable[GivenScore], confidence: float = 0.95) -> tuple[Measured, ...]:
    """Points per 30 days beside the others, by reviewer. Empty where fewer than two have scores at several times."""
    by_reviewer: dict[str, list[GivenScore]] = defaultdict(list)
    for score in scores:
        by_reviewer[score.reviewer].append(score)
    able = {
        name: of
        for name, of in sorted(by_reviewer.items())
        if len(of) >= FEWEST_FOR_DRIFT and len({score.at for score in of}) > 1
    }
    given = [score for of in able.values() for score in of]
    agents = {agent: n for n, agent in enumerate(sorted({score.agent for score in given}))}
    names = {name: n for n, name in enumerate(able)}
    if len(names) < 2:
        return ()
    start = min(score.at for score in given)
    matrix = np.zeros((len(given), len(agents) + 2 * len(names)))
    points = np.array([score.points for score in given])
    points -= points.mean()
    for row, score in enumerate(given):
        own = len(agents) + names[score.reviewer]
        matrix[row, agents[score.agent]] = matrix[row, own] = 1
        matrix[row, own + len(names)] = (score.at - start).total_seconds() / 86400 / DAYS
    # The levels of agents and reviewers are known only beside each other; the slopes are not touched by that.
    inverse = np.linalg.pinv(matrix.T @ matrix, rcond=1e-10, hermitian=True)
    slopes = (inverse @ matrix.T @ points)[-len(names) :]
    rest = points - matrix @ (inverse @ matrix.T @ points)
    freedom = len(given) - int(np.linalg.matrix_rank(matrix))
    if freedom < 1:
        return ()
    covariance = inverse[-len(names) :, -len(names) :] * float(rest @ rest) / freedom
    found = []
    for name, n in names.items():
        beside = np.full(len(names), -1 / (len(names) - 1))
        beside[n] = 1.0
        value = float(beside @ slopes)
        reach = student_quantile(confidence, freedom) * math.sqrt(max(0.0, float(beside @ covariance @ beside)))
        found.append(Measured(name, len(able[name]), value, value - reach, value + reach))
    return tuple(found)


def _by_reviewer(pairs: Iterable[PairedScore]) -> dict[str, list[PairedScore]]:
    found: dict[str, list[PairedScore]] = defaultdict(list)
    for pair in pairs:
        found[pair.reviewer].append(pair)
    return found


def _mean(reviewer: str, values: list[float], confidence: float) -> Measured:
    mean = math.fsum(values) / len(values)
    if len(values) < 2:
        return Measured(reviewer, len(values), mean, None, None)
    variance = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
    reach = student_quantile(confidence, len(values) - 1) * math.sqrt(variance / len(values))
    return Measured(reviewer, len(values), mean, mean - reach, mean + reach)
