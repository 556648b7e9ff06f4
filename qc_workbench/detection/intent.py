"""What an agent's calls look like together: five numbers beside single cases, and never a verdict on one call.

Each is a number with a 95 % interval and what is usual for the other agents. None raises the score of a flag, none
is a finding; under a least number of calls it says only that there are too few.

**Just above the threshold** (``JUST_ABOVE``). Calls that end within ``WIDTH_S`` after the counting threshold, divided
by what the neighbouring durations let one expect: a parabola through the counts of 5-second bins from 20 s before
to 50 s after the threshold, those ten seconds left out. This is the bunching estimator (Chetty, Friedman, Olsen and
Pistaferri 2011; Kleven 2016, "Bunching", Annual Review of Economics 8). The expectation is a fixed weighted sum of
Poisson counts; with its mean and variance matched to one scaled Poisson count, the ratio has the interval of two
Poisson rates (conditional binomial, Przyborowski and Wilenski 1940, with Wilson's score interval).

**Beside the others** (``AGAINST_PEERS``). The share of these ten seconds among the calls around the threshold, divided
by the other agents' pooled share. Few calls are drawn towards the others: a beta prior worth ``PRIOR_CALLS`` calls
(empirical Bayes, Efron and Morris 1975), the interval is that of the posterior.

**Hanging up** (``HANG_UP``). Seconds after the threshold at which half of the counted calls without a conversation have
ended, with the distribution-free interval of a median (Thompson 1936), beside those with a conversation.

**Repeats** (``REPEATS``). Of the counted calls without a conversation, how many were made to a number that the agent
had already called so; Wilson interval.

**Verified** (``VERIFIED``). Of the counted calls examined with a verdict, how many were conversations; of the random
sample where it holds enough, because the others are examined for a reason; Wilson interval.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from statistics import NormalDist

import numpy as np
from scipy import special

from qc_workbench.domain.pattern import DurationTally, RepeatTally, VerifiedTally
from qc_workbench.sampling.estimates import wilson

#: Seconds after the threshold in which an excess is looked for.
WIDTH_S = 10
#: The neighbouring durations: so many seconds before the threshold, and from ``WIDTH_S`` to so many after it.
BEFORE_S, AFTER_S = 20, 50
_BIN_S = 5
_DEGREE = 2
#: Normal quantile of a two-sided 95 % interval, and what lies outside on each side.
_QUANTILE = NormalDist().inv_cdf(0.975)
_TAIL = 0.025
#: Calls that the prior of ``AGAINST_PEERS`` is worth.
PRIOR_CALLS = 50.0

#: A peak of the durations right at the threshold looks like an excess of up to this ratio (log-normal durations with a
#: mode of 35 s): only what is surely more is called higher than usual.
CURVATURE = 1.15

#: Least numbers of calls under which a line says "too few".
NEIGHBOURS_NEEDED = 40
EXPECTED_NEEDED = 4.0
AROUND_NEEDED = 30
PEERS_NEEDED = 100
HANG_UPS_NEEDED = 8
REPEATS_NEEDED = 10
VERIFIED_NEEDED = 10

#: Seconds from the threshold -> calls.
Histogram = Mapping[int, int]


class PatternKind(StrEnum):
    JUST_ABOVE = "just_above"
    AGAINST_PEERS = "against_peers"
    HANG_UP = "hang_up"
    REPEATS = "repeats"
    VERIFIED = "verified"


class Reading(StrEnum):
    """How the number stands to what is usual: only where the whole interval lies on one side."""

    TOO_FEW = "too_few"
    USUAL = "usual"
    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True, slots=True)
class PatternLine:
    """``value`` with its ``interval``: a ratio, seconds or a share by ``kind``. ``usual``: the same of the others.

    ``count`` of ``of``: the calls behind it; ``needed``: how many there must be. ``beside``: for ``HANG_UP`` the
    median of calls with a conversation. ``is_random``: for ``VERIFIED``, whether it is of the random sample.
    """

    kind: PatternKind
    reading: Reading
    count: int
    of: float
    needed: int
    value: float | None = None
    interval: tuple[float, float] | None = None
    usual: float | None = None
    beside: float | None = None
    is_random: bool = False


@dataclass(frozen=True, slots=True)
class Excess:
    """``observed`` calls in the ten seconds after the threshold, ``expected`` by their neighbours; their ratio."""

    observed: int
    expected: float
    ratio: float
    interval: tuple[float, float]


def agent_pattern(
    manager_id: str,
    durations: Iterable[DurationTally],
    repeats: Iterable[RepeatTally],
    verified: Iterable[VerifiedTally],
) -> tuple[PatternLine, ...]:
    """Five lines about one agent, in the order of :class:`PatternKind`. Everybody else in the counts is a peer."""
    calls = _Durations(durations)
    repeated = {item.manager_id: (item.calls - item.numbers, item.calls) for item in repeats}
    random: dict[str, tuple[int, int]] = {}
    everything: dict[str, tuple[int, int]] = {}
    for item in verified:
        pair = (item.verified, item.examined)
        everything[item.manager_id] = _sum(everything.get(item.manager_id, (0, 0)), pair)
        if item.is_random:
            random[item.manager_id] = pair
    return (
        _just_above(calls, manager_id),
        _against_peers(calls, manager_id),
        _hang_up(calls, manager_id),
        _share(PatternKind.REPEATS, repeated, manager_id, REPEATS_NEEDED),
        _verified(random, everything, manager_id),
    )


# Just above the threshold ---------------------------------------------------------------------------------------------


def excess(histogram: Histogram) -> Excess | None:
    """How many more calls end just above the threshold than their neighbours let expect; None of too few calls."""
    bins = _bins(histogram)
    neighbours = np.array([bins[place] for place in _NEIGHBOURS], dtype=float)
    expected = float(_weights() @ neighbours)
    variance = float(_weights() ** 2 @ neighbours)
    if neighbours.sum() < NEIGHBOURS_NEEDED or expected < EXPECTED_NEEDED or variance <= 0:
        return None
    observed = sum(bins[place] for place in _ABOVE)
    # one Poisson count of mean ``matched`` over ``reach`` times the exposure has the same mean and variance
    matched, reach = expected**2 / variance, expected / variance
    low, high = wilson(observed / (observed + matched), observed + matched, _QUANTILE)
    ratio = observed / expected
    return Excess(observed, expected, ratio, (reach * low / (1 - low), reach * high / (1 - high)))


_ABOVE = range(WIDTH_S // _BIN_S)
_NEIGHBOURS = (*range(-BEFORE_S // _BIN_S, 0), *range(WIDTH_S // _BIN_S, AFTER_S // _BIN_S))


@cache
def _weights() -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """How the count of each neighbouring bin enters the expectation: a least-squares parabola, read off above."""

    def powers(places: Iterable[int]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        return np.array([[(place + 0.5) ** power for power in range(_DEGREE + 1)] for place in places])

    found: np.ndarray[tuple[int], np.dtype[np.float64]] = powers(_ABOVE).sum(axis=0) @ np.linalg.pinv(
        powers(_NEIGHBOURS)
    )
    return found


def _bins(histogram: Histogram) -> dict[int, int]:
    bins: dict[int, int] = defaultdict(int)
    for second, calls in histogram.items():
        bins[second // _BIN_S] += calls
    return bins


def _just_above(calls: _Durations, agent: str) -> PatternLine:
    found = excess(calls.all.of(agent))
    if found is None:
        count = _between(calls.all.of(agent), -BEFORE_S, AFTER_S)
        return PatternLine(PatternKind.JUST_ABOVE, Reading.TOO_FEW, count, count, NEIGHBOURS_NEEDED)
    others = excess(calls.all.others(agent))
    return PatternLine(
        PatternKind.JUST_ABOVE,
        Reading.HIGHER if found.interval[0] > CURVATURE else Reading.USUAL,
        found.observed,
        found.expected,
        NEIGHBOURS_NEEDED,
        found.ratio,
        found.interval,
        others.ratio if others else None,
    )


def _against_peers(calls: _Durations, agent: str) -> PatternLine:
    mine, others = calls.all.of(agent), calls.all.others(agent)
    count, of = _between(mine, 0, WIDTH_S), _between(mine, -BEFORE_S, AFTER_S)
    peers = _between(others, -BEFORE_S, AFTER_S)
    usual = _between(others, 0, WIDTH_S) / peers if peers else 0.0
    if of < AROUND_NEEDED or peers < PEERS_NEEDED or not 0 < usual < 1:
        return PatternLine(PatternKind.AGAINST_PEERS, Reading.TOO_FEW, count, of, AROUND_NEEDED)
    above, below = count + PRIOR_CALLS * usual, of - count + PRIOR_CALLS * (1 - usual)
    low, high = (float(special.betaincinv(above, below, share)) / usual for share in (_TAIL, 1 - _TAIL))
    ratio = above / (above + below) / usual
    return PatternLine(
        PatternKind.AGAINST_PEERS, _reading((low, high), 1.0), count, of, AROUND_NEEDED, ratio, (low, high), 1.0
    )


# Hanging up -----------------------------------------------------------------------------------------------------------


def median_interval(histogram: Histogram) -> tuple[int, int, int]:
    """Median of whole seconds with its distribution-free 95 % interval: (median, low, high). Not of nothing."""
    values = sorted(histogram)
    ends = np.cumsum([histogram[value] for value in values])
    size = int(ends[-1])

    def at(rank: int) -> int:
        return values[int(np.searchsorted(ends, min(max(rank, 1), size)))]

    # the lowest rank whose value lies above the median in at most 2.5 % of samples
    reach = int(np.searchsorted(special.bdtr(np.arange(size // 2 + 1), size, 0.5), _TAIL))
    return at((size + 1) // 2), at(reach), at(size + 1 - reach)


def _hang_up(calls: _Durations, agent: str) -> PatternLine:
    mine = calls.empty.of(agent)
    count = sum(mine.values())
    if count < HANG_UPS_NEEDED:
        return PatternLine(PatternKind.HANG_UP, Reading.TOO_FEW, count, count, HANG_UPS_NEEDED)
    median, low, high = median_interval(mine)
    talks, peers = calls.talks.of(agent), calls.empty.others(agent)
    usual = median_interval(peers)[0] if sum(peers.values()) >= HANG_UPS_NEEDED else None
    return PatternLine(
        PatternKind.HANG_UP,
        Reading.USUAL if usual is None else _reading((low, high), usual),
        count,
        count,
        HANG_UPS_NEEDED,
        median,
        (low, high),
        usual,
        beside=median_interval(talks)[0] if sum(talks.values()) >= HANG_UPS_NEEDED else None,
    )


# Shares ---------------------------------------------------------------------------------------------------------------


def _share(
    kind: PatternKind, counts: Mapping[str, tuple[int, int]], agent: str, needed: int, *, is_random: bool = False
) -> PatternLine:
    count, of = counts.get(agent, (0, 0))
    if of < needed:
        return PatternLine(kind, Reading.TOO_FEW, count, of, needed, is_random=is_random)
    total = _sum(*(pair for name, pair in counts.items() if name != agent))
    usual = total[0] / total[1] if total[1] >= needed else None
    interval = wilson(count / of, of, _QUANTILE)
    reading = Reading.USUAL if usual is None else _reading(interval, usual)
    return PatternLine(kind, reading, count, of, needed, count / of, interval, usual, is_random=is_random)


def _verified(
    random: Mapping[str, tuple[int, int]], everything: Mapping[str, tuple[int, int]], agent: str
) -> PatternLine:
    if random.get(agent, (0, 0))[1] >= VERIFIED_NEEDED:
        return _share(PatternKind.VERIFIED, random, agent, VERIFIED_NEEDED, is_random=True)
    return _share(PatternKind.VERIFIED, everything, agent, VERIFIED_NEEDED)


# Together -------------------------------------------------------------------------------------------------------------


class _Collected:
    """Histograms by agent, and of all of them together."""

    def __init__(self) -> None:
        self.agents: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        self.total: dict[int, int] = defaultdict(int)

    def add(self, item: DurationTally) -> None:
        self.agents[item.manager_id][item.second] += item.calls
        self.total[item.second] += item.calls

    def of(self, agent: str) -> Histogram:
        return self.agents.get(agent, {})

    def others(self, agent: str) -> Histogram:
        mine = self.of(agent)
        return {second: calls - mine.get(second, 0) for second, calls in self.total.items()}


class _Durations:
    """All calls, and the counted ones without (``empty``) and with a conversation (``talks``)."""

    def __init__(self, tallies: Iterable[DurationTally]) -> None:
        self.all, self.empty, self.talks = _Collected(), _Collected(), _Collected()
        for item in tallies:
            self.all.add(item)
            if item.second >= 0 and item.verified is not None:
                (self.talks if item.verified else self.empty).add(item)


def _between(histogram: Histogram, first: int, end: int) -> int:
    return sum(calls for second, calls in histogram.items() if first <= second < end)


def _sum(*pairs: tuple[int, int]) -> tuple[int, int]:
    return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)


def _reading(interval: Sequence[float], usual: float) -> Reading:
    if interval[0] > usual:
        return Reading.HIGHER
    return Reading.LOWER if interval[1] < usual else Reading.USUAL
