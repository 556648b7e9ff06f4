"""Scores from a random sample: an agent's, a team's, a week's, a question's mean with an interval that covers.

A score has a floor and a ceiling, most calls lie near the ceiling, some fall to the floor (an auto-fail), and there
are few of them. There ``mean ± t·s/√n`` promises 95 % and holds 40 to 90 %: five perfect calls give "100, exactly".
So the interval is built as for a share (see :mod:`qc_workbench.sampling.estimates`), with the mean on 0..1:

* Point estimate: ``p = Σ w_h Σ y / Σ w_h a_h`` with ``w_h = N_h / m_h``: ``m_h`` calls judged of ``N_h`` in a stratum,
  ``a_h`` of them with a value. The stratified mean (Cochran, *Sampling Techniques*, 1977, eq. 5.1); where a question
  did not apply to every call, the ratio estimator of a domain (eq. 5A.48), whose size is estimated too.
* Variance of the mean: ``φ·p(1−p)·S``, ``S = Σ w_h² (1 − f_h) a_h / (Σ w_h a_h)²``, with the finite population
  correction ``f_h = m_h / N_h``. A value on 0..1 has at most the variance ``p(1−p)``; the *dispersion* ``φ`` of 0..1
  says what part of it this form has (1: yes or no, about 0.15: ten questions of equal weight). McCullagh & Nelder,
  *Generalized Linear Models*, 1989, section 4.5.
* Few calls say little about ``φ``, so it is moderated by that of the peers, ``φ₀``: ``(d·φ_own + k·φ₀) / (d + k)`` on
  ``d + k`` degrees of freedom (Smyth, *Stat. Appl. Genet. Mol. Biol.* 3, 2004, eq. 4), ``k`` being the degrees of
  freedom of the peers, at most :data:`PEER_WEIGHT`. What peers there are not enough of is replaced by the worst case,
  ``φ = 1``, with the weight :data:`LONELY_WEIGHT`.
* Interval: Wilson's (JASA 22, 1927) with ``n_eff = 1 / (φ·S)`` (Korn & Graubard, *Survey Methodology* 24, 1998) and
  Student's quantile. It never leaves the scale and is long towards its middle.

What else was tried (t, bootstrap-t, t on the logit, Clopper-Pearson on ``n_eff``), and how often each held the truth,
is in docs/scoring-statistics.md with the command that repeats it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from qc_workbench.errors import UsageError
from qc_workbench.sampling.estimates import Estimate, StratumSample, student_quantile, wilson

Key = TypeVar("Key", bound=Hashable)

#: The scale of a score.
POINTS = (0.0, 100.0)
#: Degrees of freedom that the peers' dispersion counts for at most. Chosen by the simulation: less leaves rare
#: auto-fails unseen and two calls too wide, more hides an agent who differs from the team.
PEER_WEIGHT = 24.0
#: Degrees of freedom of the worst case where there are no peers: two calls.
LONELY_WEIGHT = 2.0


@dataclass(frozen=True, slots=True)
class Spread:
    """What the judged calls of one agent say, on a scale of 0..1.

    ``mean``; ``unit``: variance of the mean for each unit of variance of a call (``S``); ``variance`` of a call within
    its stratum on ``freedom`` degrees of freedom; ``judged`` calls of ``population``; ``covered`` as in ``Estimate``.
    """

    mean: float
    unit: float
    variance: float
    freedom: int
    judged: int
    population: int
    covered: float

    @property
    def binomial(self) -> float:
        """``p(1−p)`` without the bias that the error of ``p`` brings."""
        return self.mean * (1 - self.mean) + self.unit * self.variance


def spread_of(strata: Sequence[StratumSample], bounds: tuple[float, float] = POINTS) -> Spread | None:
    """None when nothing was judged. ``bounds``: least and greatest possible value.

    Raises :class:`UsageError` ``score_out_of_bounds`` for a value outside of them.
    """
    low, high = bounds
    present = [group for group in strata if group.judged]
    values = [[(value - low) / (high - low) for value in group.values] for group in present]
    everything = [value for group in values for value in group]
    if not everything:
        return None
    outside = [value for group in present for value in group.values if not low <= value <= high]
    if outside:
        raise UsageError("score_out_of_bounds", value=outside[0], low=low, high=high)
    population = sum(group.population for group in strata)
    weights = [group.population / group.judged for group in present]
    size = math.fsum(weight * len(group) for weight, group in zip(weights, values, strict=True))
    mean = math.fsum(weight * math.fsum(group) for weight, group in zip(weights, values, strict=True)) / size
    mean = min(1.0, max(0.0, mean))
    terms = [
        (weight / size) ** 2 * (1 - group.judged / group.population) * len(found)
        for weight, group, found in zip(weights, present, values, strict=True)
    ]
    unit = math.fsum(terms)
    own, freedom = _variances(present, values, mean)
    variance = math.fsum(term * its for term, its in zip(terms, own, strict=True)) / unit if unit > 0 else 0.0
    reached = sum(group.population for group in present)
    return Spread(mean, unit, variance, freedom, len(everything), population, reached / population)


def _variances(
    groups: Sequence[StratumSample], values: Sequence[Sequence[float]], mean: float
) -> tuple[list[float], int]:
    """The variance of a call in each stratum, and the degrees of freedom of all of them together.

    A stratum with one value borrows from the strata of the same name in other draws that have one too (collapsed
    strata, Cochran 5A.12), else from all calls around the common mean, which errs on the wide side.
    """
    # Where a question did not apply to some calls, how many it applied to is chance as well: the differences between
    # strata belong to the variance then, so all are one cell.
    one = any(group.absent for group in groups)
    cells: dict[tuple[str, ...], list[float]] = defaultdict(list)
    cell_of: list[tuple[str, ...]] = []
    for group, found in zip(groups, values, strict=True):
        cell_of.append(() if one else (group.draw_id, group.stratum) if len(found) > 1 else (group.stratum,))
        cells[cell_of[-1]] += found
    everything = [value for found in values for value in found]
    common = math.fsum((value - mean) ** 2 for value in everything) / max(1, len(everything) - 1)
    lone = sum(len(cell) == 1 for cell in cells.values())
    freedom = sum(len(cell) - 1 for cell in cells.values() if cell) + max(0, lone - 1)
    own = {key: _variance(cell) if len(cell) > 1 and not one else common for key, cell in cells.items()}
    return [own[key] for key in cell_of], freedom


def _variance(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)


@dataclass(frozen=True, slots=True)
class Peers:
    """What others lend: their degrees of freedom, ``binomial`` and ``variance`` weighted by them; how many calls of
    theirs were judged, and the sum of their values on 0..1."""

    freedom: float
    binomial: float
    variance: float
    judged: int
    points: float

    @property
    def mean(self) -> float:
        """Of all together; the middle, where intervals are the longest, when there are none."""
        return self.points / self.judged if self.judged else 0.5

    @classmethod
    def of(cls, spreads: Sequence[Spread]) -> Peers:
        return cls(
            float(sum(peer.freedom for peer in spreads)),
            math.fsum(peer.freedom * peer.binomial for peer in spreads),
            math.fsum(peer.freedom * peer.variance for peer in spreads),
            sum(peer.judged for peer in spreads),
            math.fsum(peer.judged * peer.mean for peer in spreads),
        )

    def without(self, spread: Spread) -> Peers:
        """These less one of them: a department need not be added up anew for each of its agents."""
        freedom = self.freedom - spread.freedom
        binomial = self.binomial - spread.freedom * spread.binomial
        # What is left of a subtraction of equals is no variance.
        is_nothing = freedom <= 0 or binomial <= 1e-12 * self.binomial
        return Peers(
            max(0.0, freedom),
            0.0 if is_nothing else binomial,
            0.0 if is_nothing else max(0.0, self.variance - spread.freedom * spread.variance),
            self.judged - spread.judged,
            self.points - spread.judged * spread.mean,
        )


def moderated(own: Spread | None, peers: Peers) -> tuple[float, float]:
    """Dispersion and its degrees of freedom: one's own calls, then the peers', then the worst case."""
    peer_weight = min(PEER_WEIGHT, peers.freedom) if peers.binomial > 0 else 0.0
    theirs = peers.variance / peers.binomial if peers.binomial > 0 else 0.0
    lonely = LONELY_WEIGHT * (1 - peer_weight / PEER_WEIGHT)
    own_weight = own.freedom if own is not None and own.binomial > 0 else 0
    mine = own.variance / own.binomial if own is not None and own.binomial > 0 else 0.0
    total = own_weight + peer_weight + lonely
    # Calls that are all at one end tell nothing of the dispersion, but they are not fewer for it.
    freedom = (0 if own is None else own.freedom) + peer_weight + lonely
    return min(1.0, (own_weight * mine + peer_weight * theirs + lonely) / total), freedom


def estimate_score(
    strata: Sequence[StratumSample],
    peers: Sequence[Sequence[StratumSample]] = (),
    bounds: tuple[float, float] = POINTS,
    confidence: float = 0.95,
) -> Estimate:
    """The mean of a bounded value over all calls of the strata. ``peers``: others scored on the same form, without
    this one; they lend their dispersion, never their mean.
    """
    lent = [spread for peer in peers if (spread := spread_of(peer, bounds)) is not None]
    own = spread_of(strata, bounds)
    if own is None:
        return Estimate(None, None, None, 0, sum(group.population for group in strata), 0.0, confidence)
    return _interval(own, *moderated(own, Peers.of(lent)), bounds, confidence)


def estimate_scores(
    groups: Mapping[Key, Sequence[StratumSample]],
    earlier: Sequence[Sequence[StratumSample]] = (),
    bounds: tuple[float, float] = POINTS,
    confidence: float = 0.95,
) -> dict[Key, Estimate]:
    """:func:`estimate_score` of each (agents of a department, weeks of an agent), the others being the peers.

    ``earlier``: more peers, the same people's calls of the weeks before, where a week alone says too little.
    """
    lent = [spread for peer in earlier if (spread := spread_of(peer, bounds)) is not None]
    spreads = {key: spread_of(strata, bounds) for key, strata in groups.items()}
    populations = {key: sum(group.population for group in strata) for key, strata in groups.items()}
    return estimates_of(spreads, populations, lent, bounds, confidence)


def estimates_of(
    spreads: Mapping[Key, Spread | None],
    populations: Mapping[Key, int],
    earlier: Sequence[Spread] = (),
    bounds: tuple[float, float] = POINTS,
    confidence: float = 0.95,
) -> dict[Key, Estimate]:
    """:func:`estimate_scores` of what the judged calls say; ``populations``: calls of those without a judged one."""
    everybody = Peers.of([*earlier, *(spread for spread in spreads.values() if spread is not None)])
    return {
        key: Estimate(None, None, None, 0, populations[key], 0.0, confidence)
        if own is None
        else _interval(own, *moderated(own, everybody.without(own)), bounds, confidence)
        for key, own in spreads.items()
    }


def _interval(
    own: Spread, dispersion: float, freedom: float, bounds: tuple[float, float], confidence: float
) -> Estimate:
    floor, width = bounds[0], bounds[1] - bounds[0]
    low, high = limits(own.mean, dispersion * own.unit, freedom, confidence)
    return Estimate(
        floor + width * own.mean,
        floor + width * low,
        floor + width * high,
        own.judged,
        own.population,
        own.covered,
        confidence,
    )


def limits(mean: float, unit: float, freedom: float, confidence: float) -> tuple[float, float]:
    """Wilson's limits on 0..1 with ``n_eff = 1 / unit``; a census (``unit`` 0) has none but the value."""
    if unit <= 0:
        return mean, mean
    return wilson(mean, 1 / unit, student_quantile(confidence, max(1.0, freedom)))
