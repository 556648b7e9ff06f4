"""Is it better than usual: a day beside the same weekdays before, honest about small counts.

A difference is said only where chance alone would seldom make it; else the day is as usual. Both tests look at
one figure at a time: of ten figures that did not change, one or two in a fortnight stand out all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import comb, sqrt
from typing import Final

from qc_workbench.reporting.share import Share

#: Days with calls that a comparison needs.
FEWEST_DAYS: Final = 2
#: A difference that chance makes less often than this is said (two-sided).
_SELDOM: Final = 0.05
#: Inbound calls of either side below which a share says nothing.
_FEWEST_OF_SHARE: Final = 5


class Trend(StrEnum):
    """``trend.<code>``"""

    BETTER = "better"
    WORSE = "worse"
    MORE = "more"  # neither good nor bad by itself
    FEWER = "fewer"
    USUAL = "usual"  # among the days before
    CHANCE = "chance"  # beyond them, by no more than chance makes often
    UNKNOWN = "unknown"  # too little to compare with


class Wish(StrEnum):
    """What the company wants of a figure."""

    MORE = "more"
    FEWER = "fewer"
    NEITHER = "neither"


_SAID: Final = {
    (Wish.MORE, True): Trend.BETTER, (Wish.MORE, False): Trend.WORSE,
    (Wish.FEWER, True): Trend.WORSE, (Wish.FEWER, False): Trend.BETTER,
    (Wish.NEITHER, True): Trend.MORE, (Wish.NEITHER, False): Trend.FEWER,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """``week_ago``: the same weekday before, None where it had no calls; ``usual``: mean of ``days`` such days, for a
    share that of all their cases together."""

    week_ago: float | None
    usual: float | None
    days: int
    trend: Trend


def compare_counts(now: int, week_ago: int | None, earlier: Sequence[int], wish: Wish) -> Compared:
    """``earlier``: the comparable days, ``week_ago`` among them.

    Said to differ where it lies outside of all of them and the exact conditional test of two Poisson rates
    (Przyborowski & Wilenski, 1940) gives less than 5 %: given ``now`` + their sum, ``now`` is binomial with
    1 / (days + 1).
    """
    usual = sum(earlier) / len(earlier) if earlier else None
    if len(earlier) < FEWEST_DAYS:
        return Compared(week_ago, usual, len(earlier), Trend.UNKNOWN)
    outside = now > max(earlier) or now < min(earlier)
    more = now > sum(earlier) / len(earlier)
    if not outside:
        return Compared(week_ago, usual, len(earlier), Trend.USUAL)
    if _tail(now, now + sum(earlier), 1 / (len(earlier) + 1), upper=more) * 2 >= _SELDOM:
        return Compared(week_ago, usual, len(earlier), Trend.CHANCE)
    return Compared(week_ago, usual, len(earlier), _SAID[wish, more])


def compare_shares(now: Share, week_ago: Share | None, earlier: Sequence[Share], wish: Wish) -> Compared:
    """Said to differ where the 95 % interval of the difference (R. G. Newcombe, 1998, method 10) leaves out nought."""
    pooled = Share(sum(item.count for item in earlier), sum(item.of for item in earlier))
    ago = week_ago.value if week_ago else None
    if len(earlier) < FEWEST_DAYS or min(now.of, pooled.of) < _FEWEST_OF_SHARE:
        return Compared(ago, pooled.value, len(earlier), Trend.UNKNOWN)
    here, there = now.value or 0.0, pooled.value or 0.0
    (low, high), (pooled_low, pooled_high) = now.interval, pooled.interval
    least = here - there - sqrt((here - low) ** 2 + (pooled_high - there) ** 2)
    most = here - there + sqrt((high - here) ** 2 + (there - pooled_low) ** 2)
    if least <= 0 <= most:
        known = [item.value for item in earlier if item.value is not None]
        is_among = min(known) <= here <= max(known)
        return Compared(ago, pooled.value, len(earlier), Trend.USUAL if is_among else Trend.CHANCE)
    return Compared(ago, pooled.value, len(earlier), _SAID[wish, least > 0])


def _tail(successes: int, trials: int, chance: float, *, upper: bool) -> float:
    """Chance of so many successes or more (fewer), of a binomial; a normal one beyond 1000 trials."""
    if trials > 1000:
        from statistics import NormalDist

        mean, spread = trials * chance, sqrt(trials * chance * (1 - chance))
        shift = -0.5 if upper else 0.5
        below = NormalDist(mean, spread).cdf(successes + shift)
        return 1 - below if upper else below
    counts = range(successes, trials + 1) if upper else range(successes + 1)
    return sum(comb(trials, n) * chance**n * (1 - chance) ** (trials - n) for n in counts)
