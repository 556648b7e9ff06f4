"""Figures that are laid beside the month before and a target, and what may be said of the difference.

A month's figure is a fact; that it is *better* than another's is a claim about what stands behind both. So each change
is judged with the interval of its kind, and what lies within chance is said to be within chance:

* counts as events of a Poisson process: given both together, the later part is binomial, and its Wilson interval must
  leave out the later month's part of the days (Przyborowski & Wilenski, *Biometrika* 31, 1940);
* shares by Newcombe's interval of a difference, made of two Wilson intervals (*Stat. Med.* 17, 1998, method 10);
* sums of money as a compound Poisson sum: its variance is the sum of the squared amounts (Feller, vol. II, VI.4);
* means by Welch's interval (*Biometrika* 34, 1947);
* medians by their intervals of order statistics, which must not touch (David & Nagaraja, *Order Statistics*, 7.1).

All of 95 %. With fewer than :data:`ENOUGH` cases in either month nothing is said of a change.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from qc_workbench.reporting.share import Z_95, Share, interval_of
from qc_workbench.sampling.estimates import Estimate, student_quantile

#: Fewer cases than this in either month: too little to tell a change from chance, whatever the figures.
ENOUGH: Final = 10


class Kind(StrEnum):
    COUNT = "count"
    SHARE = "share"
    MONEY = "money"
    DAYS = "days"
    MINUTES = "minutes"


class Change(StrEnum):
    """What may be said of a figure against the month before (``change.<code>``)."""

    UP = "up"
    DOWN = "down"
    CHANCE = "chance"  # the difference is within what chance does
    FEW = "few"  # too few cases
    OPEN = "open"  # the month goes on
    PARTIAL = "partial"  # our data begin within the month before
    NONE = "none"  # nothing to compare with


class Reach(StrEnum):
    """Against a target (``reach.<code>``)."""

    MET = "met"
    MISSED = "missed"
    UNSURE = "unsure"  # an estimate whose interval holds the target
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure of one month. ``cases``: how many events stand behind it. ``low``, ``high``: 95 % interval of what the
    month says about such months; None where there is none. ``is_estimate``: from a sample, so even the month's own
    value is known only within the interval.
    """

    value: Decimal | float | int | None
    cases: int
    low: float | None = None
    high: float | None = None
    squares: float = 0.0  # of a sum: the sum of the squared parts; of a mean: the variance of one case
    is_estimate: bool = False


NOTHING: Final = Reading(None, 0)


@dataclass(frozen=True, slots=True)
class Indicator:
    """``code``: ``indicator.<code>``. ``more_is_better`` None: neither. ``target`` in the unit of the value; shares
    0..1. ``days``: how many days the two months had, for what is counted.
    """

    code: str
    kind: Kind
    now: Reading
    before: Reading | None
    change: Change
    more_is_better: bool | None = True
    target: Decimal | float | int | None = None
    reach: Reach | None = None
    currency: str | None = None

    @property
    def key(self) -> str:
        return f"{self.code}.{self.currency}" if self.currency else self.code


@dataclass(frozen=True, slots=True)
class Months:
    """How many days each month has (the part of time it had to happen in), whether the later one is over, and whether
    the data hold the whole of the one before."""

    days_now: int
    days_before: int
    is_over: bool
    is_whole_before: bool = True

    @property
    def part(self) -> float:
        return self.days_now / (self.days_now + self.days_before)


def counted(value: int) -> Reading:
    return Reading(value, value)


def shared(share: Share) -> Reading:
    low, high = share.interval
    return Reading(share.value, share.of, low, high) if share.of else NOTHING


def estimated(estimate: Estimate | None) -> Reading:
    """Of a random sample; ``cases`` are the judged ones."""
    if estimate is None or estimate.value is None:
        return NOTHING
    return Reading(estimate.value, estimate.judged, estimate.low, estimate.high, is_estimate=True)


def summed(amounts: Sequence[Decimal]) -> Reading:
    """A sum of money."""
    return Reading(sum(amounts, Decimal(0)), len(amounts), squares=math.fsum(float(item) ** 2 for item in amounts))


def averaged(amounts: Sequence[Decimal]) -> Reading:
    if not amounts:
        return NOTHING
    mean = (sum(amounts, Decimal(0)) / len(amounts)).quantize(Decimal("0.01"))
    if len(amounts) < 2:
        return Reading(mean, len(amounts))
    centre = float(mean)
    variance = math.fsum((float(item) - centre) ** 2 for item in amounts) / (len(amounts) - 1)
    reach = student_quantile(0.95, len(amounts) - 1) * math.sqrt(variance / len(amounts))
    return Reading(mean, len(amounts), centre - reach, centre + reach, variance)


def median_of(values: Sequence[float]) -> Reading:
    """The median with the interval of order statistics, where there are enough for one (six)."""
    if not values:
        return NOTHING
    ordered = sorted(values)
    found = order_interval(ordered)
    low, high = found if found else (None, None)
    return Reading(quantile(ordered, 0.5), len(ordered), low, high)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Of rising values, between two by proportion (Hyndman & Fan, 1996, type 7)."""
    place = (len(ordered) - 1) * share
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def order_interval(ordered: Sequence[float]) -> tuple[float, float] | None:
    """The narrowest pair of order statistics, as far from both ends, that holds the median in 95 % of samples."""
    n = len(ordered)
    total, term, below = 0.0, 0.5**n if n < 1000 else 0.0, -1
    if n >= 1000:  # 0.5 ** n is no number any more; the normal limit errs by less than one place
        below = math.floor(n / 2 - Z_95 * math.sqrt(n) / 2) - 1
    else:
        for position in range(n):
            total += term
            if total > 0.025:
                break
            below = position
            term *= (n - position) / (position + 1)
    return None if below < 0 else (ordered[below], ordered[n - 1 - below])


def change_of(kind: Kind, now: Reading, before: Reading | None, months: Months, *, is_mean: bool = False) -> Change:
    """What may be said. ``is_mean``: of MONEY, a mean and no sum."""
    if before is None or before.value is None or now.value is None:
        return Change.NONE
    if not months.is_over:
        return Change.OPEN
    if not months.is_whole_before:
        return Change.PARTIAL
    if kind is Kind.COUNT:
        return _counts(int(now.value), int(before.value), months)
    if min(now.cases, before.cases) < ENOUGH:
        return Change.FEW
    difference = float(now.value) - float(before.value)
    if kind is Kind.SHARE:
        return _sided(*newcombe(now, before), difference)
    if kind is Kind.MONEY and is_mean:
        return _sided(*_welch(now, before), difference)
    if kind is Kind.MONEY:
        return _sums(now, before, months)
    if now.low is None or now.high is None or before.low is None or before.high is None:
        return Change.FEW
    return _sided(now.low - before.high, now.high - before.low, difference)


def _sided(low: float, high: float, difference: float) -> Change:
    """The interval of a difference on one side of nothing, and the difference itself there too."""
    if low > 0 and difference > 0:
        return Change.UP
    return Change.DOWN if high < 0 and difference < 0 else Change.CHANCE


def _counts(now: int, before: int, months: Months) -> Change:
    both = now + before
    if both < 2 * ENOUGH:
        return Change.FEW
    low, high = interval_of(now, both)
    if low > months.part and now > before:
        return Change.UP
    return Change.DOWN if high < months.part and now < before else Change.CHANCE


def newcombe(now: Reading, before: Reading) -> tuple[float, float]:
    """Interval of the difference of two shares."""
    one, other = float(now.value or 0), float(before.value or 0)
    down = math.hypot(one - (now.low or 0.0), _high(before) - other)
    up = math.hypot(_high(now) - one, other - (before.low or 0.0))
    return one - other - down, one - other + up


def _high(reading: Reading) -> float:
    return 1.0 if reading.high is None else reading.high


def _welch(now: Reading, before: Reading) -> tuple[float, float]:
    one, other = now.squares / now.cases, before.squares / before.cases
    difference = float(now.value or 0) - float(before.value or 0)
    if one + other == 0:
        return difference, difference
    freedom = (one + other) ** 2 / (one**2 / (now.cases - 1) + other**2 / (before.cases - 1))
    reach = student_quantile(0.95, freedom) * math.sqrt(one + other)
    return difference - reach, difference + reach


def _sums(now: Reading, before: Reading, months: Months) -> Change:
    """A day's revenue, as months are of different length; the sums themselves must differ the same way."""
    daily = float(now.value or 0) / months.days_now - float(before.value or 0) / months.days_before
    reach = Z_95 * math.sqrt(now.squares / months.days_now**2 + before.squares / months.days_before**2)
    change = _sided(daily - reach, daily + reach, daily)
    is_same_way = (change is Change.UP) == ((now.value or 0) > (before.value or 0))
    return change if is_same_way else Change.CHANCE


def reach_of(now: Reading, target: Decimal | float | int | None, months: Months, *, at_least: bool) -> Reach | None:
    """Whether the month's figure is where it should be. A sum or count of a month that goes on may still get there."""
    if not target or now.value is None:
        return None
    low, high = (now.low, now.high) if now.is_estimate else (float(now.value), float(now.value))
    if low is None or high is None:
        return Reach.UNSURE
    wanted = float(target)
    is_met, is_missed = (low >= wanted, high < wanted) if at_least else (high <= wanted, low > wanted)
    if is_met:
        return Reach.MET
    if not months.is_over:
        return Reach.OPEN
    return Reach.MISSED if is_missed else Reach.UNSURE


def indicator(
    code: str,
    kind: Kind,
    now: Reading,
    before: Reading | None,
    months: Months,
    *,
    more_is_better: bool | None = True,
    target: Decimal | float | int | None = None,
    currency: str | None = None,
    is_mean: bool = False,
) -> Indicator:
    return Indicator(
        code, kind, now, before, change_of(kind, now, before, months, is_mean=is_mean), more_is_better, target or None,
        reach_of(now, target, months, at_least=more_is_better is not False), currency,
    )  # fmt: skip
