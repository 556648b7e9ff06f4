"""Scores over time: weeks and months, the difference between two of them, the change along many.

A difference and a slope are sums of independent estimates with weights, ``Σ c_i p_i``. Their interval is put together
from the intervals of the parts (MOVER: Zou & Donner, *Statistics in Medicine* 27, 2008; Zou et al., *Computational
Statistics & Data Analysis* 53, 2009; of two shares it is Newcombe's hybrid score interval, *Statistics in Medicine* 17,
1998, method 10)::

    low = Σ c_i p_i − √ Σ (c_i p_i − min(c_i l_i, c_i u_i))²,   high likewise with the greater ones

so it keeps the unlike arms of intervals near the end of the scale, and its confidence is theirs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from qc_workbench.sampling.estimates import Estimate


class Span(StrEnum):
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True)
class Change:
    """In units of the score; of a slope, per span. ``low`` and ``high`` of 95 % where the estimates have 95 %."""

    value: float
    low: float
    high: float

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves the direction in no doubt."""
        return self.low > 0 or self.high < 0


def first_day(moment: datetime, span: Span, zone: ZoneInfo) -> date:
    """The first day of the week (Monday), month or quarter that holds the moment in the company's zone; a part
    of the frame for :func:`qc_workbench.sampling.estimates.samples_by`.
    """
    return first_of(moment.astimezone(zone).date(), span)


def first_of(day: date, span: Span) -> date:
    """The first day of the span that holds the day."""
    match span:
        case Span.WEEK:
            return day - timedelta(days=day.weekday())
        case Span.MONTH:
            return day.replace(day=1)
        case Span.QUARTER:
            return date(day.year, day.month - (day.month - 1) % 3, 1)


def next_first(first: date, span: Span) -> date:
    """The first day of the span after."""
    return first_of(first + timedelta(days={Span.WEEK: 7, Span.MONTH: 31, Span.QUARTER: 92}[span]), span)


def earlier_first(first: date, span: Span) -> date:
    """The first day of the span before."""
    return first_of(first - timedelta(days=1), span)


def number_of(first: date, span: Span) -> int:
    """Spans counted from a common origin, so that a span without calls leaves a gap."""
    if span is Span.WEEK:
        return first.toordinal() // 7
    months = first.year * 12 + first.month - 1
    return months if span is Span.MONTH else months // 3


def difference(later: Estimate, earlier: Estimate) -> Change | None:
    """How much ``later`` is above ``earlier``; None where one has no interval. Of calls that are not the same ones."""
    return _contrast([(1.0, later), (-1.0, earlier)])


def slope(points: Sequence[tuple[date, Estimate]], span: Span) -> Change | None:
    """Change of the score per span, by least squares, equal weight for each span; None with fewer than two.

    Equal weights because each span is a fact of its own about all its calls; a span where little was heard makes the
    interval longer, not the other spans more important.
    """
    known = [(number_of(first, span), each) for first, each in points if each.value is not None]
    if len({place for place, _ in known}) < 2:
        return None
    middle = math.fsum(place for place, _ in known) / len(known)
    spread = math.fsum((place - middle) ** 2 for place, _ in known)
    return _contrast([((place - middle) / spread, each) for place, each in known])


def _contrast(parts: Sequence[tuple[float, Estimate]]) -> Change | None:
    value = down = up = 0.0
    for weight, each in parts:
        if each.value is None or each.low is None or each.high is None:
            return None
        ends = sorted((weight * each.low, weight * each.high))
        value += weight * each.value
        down += (weight * each.value - ends[0]) ** 2
        up += (ends[1] - weight * each.value) ** 2
    return Change(value, value - math.sqrt(down), value + math.sqrt(up))
