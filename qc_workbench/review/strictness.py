"""How strict a reviewer is, with the difficulty of the calls they happened to score taken out.

An additive two-way model with the agent as a third part::

    score = agent + reviewer + call + error

Agents are fixed. Calls and reviewers are random: a call scored by one person only tells about the reviewer through
the agent's other calls, one scored by several tells it directly, and both are used in the right proportion; a
reviewer with few scores is shrunk towards the others (C. R. Henderson, *Biometrics* 31, 1975; of raters: N. T.
Longford, *J. Educational Statistics* 19, 1994). How much reviewers and calls vary is not known. Instead of one guess,
the answer is averaged over a grid of both standard deviations, in units of the error's, weighted by the restricted
likelihood under a prior even in the standard deviation of calls and in the variance of reviewers. The latter shrinks
a little less than it might and lets the intervals hold what they promise with five reviewers as well (C. N. Morris,
*JASA* 78, 1983). The interval is Student's, with the variance of that mixture.

Calls must have come to reviewers by chance, as :mod:`qc_workbench.review.assignment` hands them out. Whoever picks
their own calls can't be told from calls that were different.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from qc_workbench.sampling.estimates import student_quantile

Floats = NDArray[np.float64]

#: Standard deviations of calls and of reviewers beside the error's that are tried. On a geometric grid a point of an
#: even prior weighs its own size, and of one even in the variance the square of it.
_CALLS = np.geomspace(0.1, 10, 14)
_REVIEWERS = np.geomspace(0.01, 5, 28)


@dataclass(frozen=True, slots=True)
class GivenScore:
    """The score (points) that a reviewer gave to a call of an agent, before any dispute."""

    call_id: str
    agent: str
    reviewer: str
    points: float
    at: datetime


@dataclass(frozen=True, slots=True)
class Strictness:
    """``effect``: points that the reviewer gives to the same calls above (+, lenient) or below (−, strict) the mean
    reviewer here, with its 95 % limits; ``raw``: the same without any adjustment. ``scores`` given, ``shared`` of them
    to calls that somebody else scored too.
    """

    reviewer: str
    scores: int
    shared: int
    raw: float
    effect: float
    low: float
    high: float

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves the direction in no doubt."""
        return self.low > 0 or self.high < 0


def strictness(scores: Iterable[GivenScore], confidence: float = 0.95) -> tuple[Strictness, ...]:
    """The strictest first. Nobody to compare with (one reviewer, or no more scores than agents), nothing found."""
    given = sorted(scores, key=lambda score: (score.call_id, score.reviewer, score.at))
    names = sorted({score.reviewer for score in given})
    model = _Model.of(given, names)
    if len(names) < 2 or model.freedom < 1:
        return ()
    effects, variances = model.effects()
    reach = student_quantile(confidence, model.freedom) * np.sqrt(variances)
    who: dict[str, set[str]] = defaultdict(set)
    for score in given:
        who[score.call_id].add(score.reviewer)
    counted = Counter(score.reviewer for score in given)
    shared = Counter(score.reviewer for score in given if len(who[score.call_id]) > 1)
    everything = sum(score.points for score in given) / len(given)
    found = [
        Strictness(
            reviewer=name,
            scores=counted[name],
            shared=shared[name],
            raw=sum(score.points for score in given if score.reviewer == name) / counted[name] - everything,
            effect=float(effect),
            low=float(effect - arm),
            high=float(effect + arm),
        )
        for name, effect, arm in zip(names, effects, reach, strict=True)
    ]
    return tuple(sorted(found, key=lambda row: (row.effect, row.reviewer)))


@dataclass(frozen=True, slots=True)
class _Model:
    """Sums that the equations are made of, agents first, then reviewers.

    ``crossed``: of the scores, ``X'X``; ``sums``: ``X'y``; ``square``: ``y'y``. For calls with each number of scores:
    how many calls, ``K'K`` and ``K's`` of the calls' counts and sums, ``s's``.
    """

    agents: int
    reviewers: int
    scores: int
    crossed: Floats
    sums: Floats
    square: float
    by_size: tuple[tuple[int, int, Floats, Floats, float], ...]

    @classmethod
    def of(cls, given: Sequence[GivenScore], names: Sequence[str]) -> _Model:
        agents = {agent: n for n, agent in enumerate(sorted({score.agent for score in given}))}
        reviewers = {name: len(agents) + n for n, name in enumerate(names)}
        width = len(agents) + len(reviewers)
        # Points from the middle: sums of squares of what differs, not of the level.
        middle = sum(score.points for score in given) / max(1, len(given))
        crossed, sums, square = np.zeros((width, width)), np.zeros(width), 0.0
        calls: dict[str, list[GivenScore]] = defaultdict(list)
        for score in given:
            at, y = [agents[score.agent], reviewers[score.reviewer]], score.points - middle
            crossed[np.ix_(at, at)] += 1
            sums[at] += y
            square += y * y
            calls[score.call_id].append(score)
        sizes: dict[int, list[list[GivenScore]]] = defaultdict(list)
        for scored in calls.values():
            sizes[len(scored)].append(scored)
        by_size = []
        for size, group in sorted(sizes.items()):
            counts = np.zeros((len(group), width))
            totals = np.zeros(len(group))
            for row, scored in enumerate(group):
                for score in scored:
                    counts[row, agents[score.agent]] += 1
                    counts[row, reviewers[score.reviewer]] += 1
                    totals[row] += score.points - middle
            by_size.append((size, len(group), counts.T @ counts, counts.T @ totals, float(totals @ totals)))
        return cls(len(agents), len(reviewers), len(given), crossed, sums, square, tuple(by_size))

    @property
    def freedom(self) -> int:
        return self.scores - self.agents

    def effects(self) -> tuple[Floats, Floats]:
        """Effects of the reviewers around their mean, and their variances, averaged over the grid."""
        logs, means, variances = [], [], []
        for calls in _CALLS:
            for reviewers in _REVIEWERS:
                log, mean, variance = self._at(float(calls) ** 2, float(reviewers) ** 2)
                logs.append(log + np.log(calls) + 2 * np.log(reviewers))
                means.append(mean)
                variances.append(variance)
        weights = np.exp(np.array(logs) - max(logs))
        weights /= weights.sum()
        centre = weights @ np.array(means)
        spread = weights @ (np.array(variances) + np.array(means) ** 2) - centre**2
        return centre, np.maximum(spread, 0.0)

    def _at(self, calls: float, reviewers: float) -> tuple[float, Floats, Floats]:
        """Log restricted likelihood, effects and variances where the variances beside the error's are these."""
        left, right, square, log = self.crossed.copy(), self.sums.copy(), self.square, 0.0
        for size, count, crossed, sums, its_square in self.by_size:
            share = calls / (1 + size * calls)
            left -= share * crossed
            right -= share * sums
            square -= share * its_square
            log -= count * np.log1p(size * calls) / 2
        own = np.arange(self.agents, self.agents + self.reviewers)
        left[own, own] += 1 / reviewers
        inverse = np.linalg.inv(left)
        found = inverse @ right
        # Scores that are all alike leave nothing: the floor keeps the logarithm finite.
        rest = max(float(square - right @ found), 1e-9)
        log -= (
            self.reviewers * np.log(reviewers) + float(np.linalg.slogdet(left)[1]) + self.freedom * np.log(rest)
        ) / 2
        around = np.eye(self.reviewers) - 1 / self.reviewers
        covariance = around @ inverse[np.ix_(own, own)] @ around * (rest / self.freedom)
        return float(log), around @ found[own], np.diag(covariance)
