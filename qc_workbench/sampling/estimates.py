"""What the random sample says about all calls: shares and means with honest intervals.

Only the random sample is used; targeted calls and replaced ones never enter. Calls drawn but not
judged yet are missing at random within their stratum: a stratum of ``N_h`` calls with ``m_h``
judged ones weighs each of them ``N_h / m_h``, which is the inverse of the inclusion probability
when everything drawn was judged (Horvitz & Thompson, JASA 47, 1952). Strata without a judged
call are left out and :attr:`Estimate.covered` says how much of the population remains.

Point estimate: the stratified mean ``Σ W_h ȳ_h`` with ``W_h = N_h / N`` (Cochran, *Sampling
Techniques*, 1977, eq. 5.1). Variance ``Σ W_h² (1 − f_h) s_h² / m_h`` with the finite population
correction ``f_h = m_h / N_h`` (eq. 5.7). Strata with one judged call have no variance of their
own; they borrow the variance of all judged calls around the common estimate, which holds the
differences between strata too and so errs on the wide side (the idea of collapsed strata,
Cochran section 5A.12).

Interval of a share: Wilson's score interval (JASA 22, 1927) with an effective sample size in
place of ``n`` (Korn & Graubard, *Survey Methodology* 24, 1998; for Wilson: Franco et al.,
*J. Survey Statistics and Methodology* 7, 2019): ``n_eff = p(1 − p) / v``, where ``v`` is the
greater of the variance above and of the one that every stratum would have with the common
share. The second never vanishes while calls remain unheard, so that "0 of 8" does not become
"0 %, exactly". Student's quantile stands for the normal one.

Interval of a mean: Student's t. When every call was judged, the interval is the value itself.
Measured coverage is in docs/sampling.md; tests/property/test_sampling_estimates.py repeats it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from qc_workbench.domain.sampling import Draw, FrameItem, Queue, SampledCall, SampleStatus
from qc_workbench.errors import UsageError

Part = TypeVar("Part", bound=Hashable)


@dataclass(frozen=True, slots=True)
class StratumSample:
    """What was judged in one stratum of one draw: ``population`` calls in it, ``values`` of the judged.

    ``absent``: calls that were judged and have no value, because the question did not apply to them.
    """

    draw_id: str
    stratum: str
    population: int
    values: tuple[float, ...]
    absent: int = 0

    @property
    def judged(self) -> int:
        return len(self.values) + self.absent


@dataclass(frozen=True, slots=True)
class FrameCount:
    """How many calls of a day a stratum of a draw holds."""

    draw_id: str
    stratum: str
    day: date
    calls: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A judged call of a draw; ``value`` as in :func:`stratum_samples`."""

    draw_id: str
    stratum: str
    day: date
    value: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate for all calls of the frame.

    ``value``, ``low`` and ``high`` are None when nothing was judged (``low`` and ``high`` also
    when one judged call says nothing about the spread). ``judged`` calls of ``population``;
    ``covered``: share of the population in strata with at least one judged call.
    """

    value: float | None
    low: float | None
    high: float | None
    judged: int
    population: int
    covered: float
    confidence: float


def stratum_samples(
    draws: Iterable[Draw],
    sampled: Iterable[SampledCall],
    values: Mapping[str, float | None],
    keep: Callable[[FrameItem], bool] | None = None,
) -> tuple[StratumSample, ...]:
    """Group judged values by stratum. ``values``: what was judged, by call id (1 and 0 for a share);
    None where the question did not apply to the call, which counts as judged (only
    :mod:`qc_workbench.sampling.scores` takes such groups).

    ``keep`` narrows to a part of the frame (an agent, a month); its size is known exactly, because
    the passport holds the frame. Draws of *one* plan: two plans draw from the same calls, and
    counting them together would count calls twice (:class:`UsageError` ``estimate_mixes_plans``).
    """
    return samples_by(draws, sampled, values, lambda item: "" if keep is None or keep(item) else None).get("", ())


def samples_by(
    draws: Iterable[Draw],
    sampled: Iterable[SampledCall],
    values: Mapping[str, float | None],
    part_of: Callable[[FrameItem], Part | None],
) -> dict[Part, tuple[StratumSample, ...]]:
    """:func:`stratum_samples` of every part of the frame (agents, teams, weeks) in one pass.

    ``part_of`` a call; None leaves it out. Parts without a judged call are there as well.
    """
    draws = tuple(draws)
    plans = sorted({draw.plan.name for draw in draws})
    if len(plans) > 1:
        raise UsageError("estimate_mixes_plans", plans=", ".join(plans))
    heard: dict[str, set[str]] = defaultdict(set)
    for row in sampled:
        if row.queue is Queue.RANDOM and row.status is not SampleStatus.REPLACED:
            heard[row.draw_id].add(row.call_id)
    found: dict[Part, list[StratumSample]] = defaultdict(list)
    for draw in draws:
        strata: dict[str, dict[Part, list[str]]] = defaultdict(lambda: defaultdict(list))
        for item in draw.frame:
            if (part := part_of(item)) is not None:
                strata[item.stratum][part].append(item.call_id)
        for stratum, parts in sorted(strata.items()):
            for part, members in parts.items():
                judged = [name for name in members if name in heard[draw.draw_id] and name in values]
                known = tuple(float(value) for name in judged if (value := values[name]) is not None)
                absent = len(judged) - len(known)
                found[part].append(StratumSample(draw.draw_id, stratum, len(members), known, absent))
    return {part: tuple(groups) for part, groups in found.items()}


def samples_by_day(
    counts: Iterable[FrameCount], judged: Iterable[Judged], part_of: Callable[[date], Part | None]
) -> dict[Part, tuple[StratumSample, ...]]:
    """:func:`samples_by` where the frame is counted already and a part is made of whole days."""
    population: dict[tuple[Part, str, str], int] = defaultdict(int)
    for item in counts:
        if (part := part_of(item.day)) is not None:
            population[part, item.draw_id, item.stratum] += item.calls
    values: dict[tuple[Part, str, str], list[float | None]] = defaultdict(list)
    for call in judged:
        if (part := part_of(call.day)) is not None:
            values[part, call.draw_id, call.stratum].append(call.value)
    found: dict[Part, list[StratumSample]] = defaultdict(list)
    for (part, draw_id, stratum), calls in population.items():
        of_part = values.get((part, draw_id, stratum), [])
        known = tuple(value for value in of_part if value is not None)
        found[part].append(StratumSample(draw_id, stratum, calls, known, len(of_part) - len(known)))
    return {part: tuple(groups) for part, groups in found.items()}


def estimate_share(strata: Sequence[StratumSample], confidence: float = 0.95) -> Estimate:
    """The share of calls with value 1 (values must be 0 or 1)."""
    if any(value not in (0, 1) for group in strata for value in group.values):
        raise UsageError("estimate_share_values")
    basis = _Basis.of(strata)
    if basis is None:
        return _nothing(strata, confidence)
    share = basis.mean
    spread = sum(term for _, term in basis.terms)  # Σ W_h²(1−f_h)/m_h: variance per unit of p(1−p)
    if spread <= 0:
        return basis.estimate(share, share, share, confidence)
    binomial = share * (1 - share)
    effective = 1 / spread
    if binomial > 0:
        effective = min(effective, binomial / max(basis.variance, 1e-300))
    quantile = student_quantile(confidence, basis.freedom)
    low, high = wilson(share, effective, quantile)
    return basis.estimate(share, low, high, confidence)


def student_quantile(confidence: float, freedom: float) -> float:
    """Of Student's distribution, two-sided."""
    # What scipy.stats.t.ppf calls, without the two seconds that importing scipy.stats takes.
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + confidence) / 2))


def estimate_mean(
    strata: Sequence[StratumSample],
    confidence: float = 0.95,
    bounds: tuple[float, float] | None = None,
) -> Estimate:
    """The mean of a value per call; ``bounds`` are the least and greatest value that it can have."""
    basis = _Basis.of(strata)
    if basis is None:
        return _nothing(strata, confidence)
    mean = basis.mean
    if all(term <= 0 for _, term in basis.terms):
        return basis.estimate(mean, mean, mean, confidence)
    if basis.judged < 2:
        low, high = bounds if bounds else (None, None)
        return basis.estimate(mean, low, high, confidence)
    reach = student_quantile(confidence, basis.freedom) * math.sqrt(basis.variance)
    low, high = mean - reach, mean + reach
    if bounds:
        low, high = max(low, bounds[0]), min(high, bounds[1])
    return basis.estimate(mean, low, high, confidence)


def wilson(share: float, effective_n: float, quantile: float) -> tuple[float, float]:
    """Wilson's score interval for a share observed with ``effective_n`` independent observations."""
    square = quantile * quantile
    centre = (share + square / (2 * effective_n)) / (1 + square / effective_n)
    reach = (
        quantile
        / (1 + square / effective_n)
        * math.sqrt(share * (1 - share) / effective_n + square / (4 * effective_n * effective_n))
    )
    # At 0 and 1 the bounds are exact; floating point must not push the value out of its interval.
    return min(share, max(0.0, centre - reach)), max(share, min(1.0, centre + reach))


@dataclass(frozen=True, slots=True)
class _Basis:
    mean: float
    variance: float
    terms: tuple[tuple[StratumSample, float], ...]  # W_h²(1−f_h)/m_h of each judged stratum
    judged: int
    freedom: int
    population: int
    covered: float

    @classmethod
    def of(cls, strata: Sequence[StratumSample]) -> _Basis | None:
        """None when nothing was judged."""
        if any(group.absent for group in strata):
            # The size of the domain is unknown here: its strata would get weights that are not theirs.
            raise UsageError("estimate_absent_values")
        present = [group for group in strata if group.values]
        if not present:
            return None
        population = sum(group.population for group in strata)
        reached = sum(group.population for group in present)
        judged = sum(len(group.values) for group in present)
        weights = [group.population / reached for group in present]
        means = [math.fsum(group.values) / len(group.values) for group in present]
        mean = math.fsum(weight * value for weight, value in zip(weights, means, strict=True))
        terms = tuple(
            (group, weight * weight * (1 - len(group.values) / group.population) / len(group.values))
            for group, weight in zip(present, weights, strict=True)
        )
        around = [(value - mean) ** 2 for group in present for value in group.values]
        common = math.fsum(around) / max(1, judged - 1)
        variance = math.fsum(
            term
            * (
                math.fsum((value - own) ** 2 for value in group.values) / (len(group.values) - 1)
                if len(group.values) > 1
                else common
            )
            for (group, term), own in zip(terms, means, strict=True)
        )
        # Degrees of freedom: judged calls less estimated means; single calls share one mean.
        several = [len(group.values) for group in present if len(group.values) > 1]
        single = len(present) - len(several)
        freedom = sum(several) - len(several) + max(0, single - 1)
        return cls(mean, variance, terms, judged, max(1, freedom), population, reached / population)

    def estimate(self, value: float, low: float | None, high: float | None, confidence: float) -> Estimate:
        return Estimate(value, low, high, self.judged, self.population, self.covered, confidence)


def _nothing(strata: Sequence[StratumSample], confidence: float) -> Estimate:
    return Estimate(None, None, None, 0, sum(group.population for group in strata), 0.0, confidence)
