"""Who is really better: places that intervals allow, and how many more calls would tell.

Two agents share a place while their intervals overlap. Overlapping is not handed on (A may overlap B and B overlap C
while A is clearly above C), so each has both: the *place*, shared by everybody in an unbroken chain of overlaps, and
the places from ``first`` to ``last`` that remain possible when only clear differences count (Goldstein & Spiegelhalter,
*J. Royal Statistical Society A* 159, 1996). Comparing 95 % intervals by overlap calls two equal agents different in
far fewer than 5 % of cases (Schenker & Gentleman, *American Statistician* 55, 2001): it errs on the side of the agent.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from qc_workbench.sampling.estimates import Estimate, StratumSample
from qc_workbench.sampling.scores import POINTS, Peers, Spread, limits, moderated, spread_of

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Place(Generic[Key]):
    """``place`` from 1, shared; ``first`` to ``last``: the places that are possible. ``estimate`` of a mean."""

    who: Key
    estimate: Estimate
    place: int
    first: int
    last: int


def places(estimates: Mapping[Key, Estimate]) -> tuple[Place[Key], ...]:
    """The best first, within a place by the estimate. Those without an interval have no place and are left out."""
    known = [
        (each.low, each.high, each.value, who, each)
        for who, each in estimates.items()
        if each.value is not None and each.low is not None and each.high is not None
    ]
    lows, highs = sorted(row[0] for row in known), sorted(row[1] for row in known)
    found: list[Place[Key]] = []
    place, reached = 0, float("inf")
    for position, (low, high, _, who, each) in enumerate(
        sorted(known, key=lambda row: (-row[1], -row[0], str(row[3]))), start=1
    ):
        if high < reached:  # nobody before it, all of whom end higher, reaches down to it
            place = position
        reached = min(reached, low)
        clearly_better = len(known) - bisect_right(lows, high)
        clearly_worse = bisect_left(highs, low)
        found.append(Place(who, each, place, 1 + clearly_better, len(known) - clearly_worse))
    return tuple(sorted(found, key=lambda row: (row.place, -(row.estimate.value or 0.0), str(row.who))))


def calls_needed(
    strata: Sequence[StratumSample],
    half_width: float,
    peers: Sequence[Sequence[StratumSample]] = (),
    bounds: tuple[float, float] = POINTS,
    confidence: float = 0.95,
) -> int:
    """How many more of these calls have to be judged until the interval is ``± half_width`` or narrower.

    It stands on what is known now: the mean, the variance of a call and how unevenly the strata were judged stay, and
    one's own calls count for more the more there are. Where nothing was judged, the mean and the dispersion are the
    peers', or the worst case. 0: it is narrow enough; never more than the calls that are left, which make it exact.
    Half the width counts, because an interval near the end of the scale has arms of unlike length.
    """
    lent = [spread for peer in peers if (spread := spread_of(peer, bounds)) is not None]
    judged = sum(group.judged for group in strata)
    population = sum(group.population for group in strata)
    return calls_needed_of(
        spread_of(strata, bounds), judged, population, half_width, Peers.of(lent), bounds, confidence
    )


def calls_needed_of(
    own: Spread | None,
    judged: int,
    population: int,
    half_width: float,
    peers: Peers,
    bounds: tuple[float, float] = POINTS,
    confidence: float = 0.95,
) -> int:
    """:func:`calls_needed` of what the judged calls say. ``judged``: those a question did not apply to count too."""
    mean = own.mean if own is not None else peers.mean
    unevenness = _unevenness(own, judged, population)
    goal = half_width / (bounds[1] - bounds[0])

    def is_enough(more: int) -> bool:
        calls = judged + more
        if calls >= population:
            return True
        if calls == 0:
            return False
        dispersion, freedom = moderated(None if own is None else replace(own, freedom=own.freedom + more), peers)
        if own is None:
            freedom += more
        unit = dispersion * unevenness * (1 - calls / population) / calls
        low, high = limits(mean, unit, freedom, confidence)
        return (high - low) / 2 <= goal

    return bisect_left(range(population - judged), True, key=is_enough)


def _unevenness(own: Spread | None, judged: int, population: int) -> float:
    """How many times the variance is that of as many calls drawn from all strata alike (the design effect, Kish)."""
    if own is None or judged >= population or own.unit <= 0:
        return 1.0
    return max(1.0, own.unit * judged / (1 - judged / population))
