"""Whether coaching helped: scores of an agent's calls before it and after it, honestly.

Somebody coached because of bad calls is likely to do better afterwards without any coaching: bad luck does not
repeat itself (Galton, "Regression towards mediocrity", 1886). Two things are done about it:

* the calls that the task came from are left out of "before": they were picked for being bad;
* beside the plain difference stands the one beyond what was to be expected anyway. Expected is Kelley's estimate
  (*Statistical Method*, 1923): the mean of all agents plus the reliable part of this agent's distance from it. The
  reliable part, ``n τ² / (n τ² + σ²)``, comes from the others' scores by analysis of variance (one way, random
  effects, unequal groups: Searle, Casella, McCulloch, *Variance Components*, 1992, section 3.6). Its interval
  knows that this part is itself estimated (Morris, "Parametric empirical Bayes inference", JASA 78, 1983).

The plain difference has Welch's interval (*Biometrika* 34, 1947). Only calls of the random sample belong here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from qc_workbench.domain.coaching import CoachingTask

#: Fewer calls than this on a side say nothing about their spread.
FEWEST_CALLS: Final = 3
#: Fewer colleagues than this don't tell what is usual.
FEWEST_COLLEAGUES: Final = 3


class Caution(StrEnum):
    """What a reader has to know beside the figure (``follow_up.<code>``)."""

    TOO_FEW = "too_few"  # no interval: too few calls on one side
    RETURN = "return"  # a part of the difference was to be expected without coaching
    RETURN_UNKNOWN = "return_unknown"  # how much of it was, nobody can say: too few colleagues


@dataclass(frozen=True, slots=True)
class ScoredLater:
    """``value``: what the question (or the form) came to, 0..100. ``heard_at``: when the call took place."""

    call_id: str
    heard_at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Difference:
    """After less before, points of 100; ``low`` and ``high``: its interval, None with too few calls."""

    value: float
    low: float | None
    high: float | None

    @property
    def is_certain(self) -> bool:
        """Whether zero is outside."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True)
class FollowUp:
    """``plain``: after less before. ``beyond``: after less what was to be expected; None where that is unknown.

    ``before`` and ``after``: means; None without a call.
    """

    calls_before: int
    calls_after: int
    before: float | None
    after: float | None
    expected: float | None
    plain: Difference | None
    beyond: Difference | None
    cautions: tuple[Caution, ...]


def split(
    scored: Iterable[ScoredLater], task: CoachingTask, worked_on_at: datetime | None
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Scores before the task was given, without the calls it came from, and after the agent worked on it.

    What happened between belongs to neither; until it is worked on there is no after.
    """
    before, after = [], []
    for item in scored:
        if item.call_id in task.calls:
            continue
        if item.heard_at < task.given_at:
            before.append(item.value)
        elif worked_on_at is not None and item.heard_at > worked_on_at:
            after.append(item.value)
    return tuple(before), tuple(after)


def follow_up(
    before: Sequence[float], after: Sequence[float], colleagues: Mapping[str, Sequence[float]], confidence: float = 0.95
) -> FollowUp:
    """``colleagues``: scores of all others on the same question in the time before, by agent."""
    mean_before, mean_after = _mean(before), _mean(after)
    cautions = []
    plain = None
    if mean_before is not None and mean_after is not None:
        plain = _welch(before, after, confidence)
        if plain.low is None:
            cautions.append(Caution.TOO_FEW)
    spread = _spread({**colleagues, "": before})
    expected, beyond = None, None
    if mean_before is not None and spread is not None:
        reliable = spread.between / (spread.between + spread.within / len(before)) if spread.within else 1.0
        expected = spread.mean + reliable * (mean_before - spread.mean)
        cautions.append(Caution.RETURN)
        if mean_after is not None:
            # Of the agent's level, given what was heard, of what is taken for usual, and of the calls heard after.
            heard = spread.within / len(before)
            usual = (1 - reliable) ** 2 * (mean_before - spread.mean) ** 2 * 2 / (spread.agents - 3)
            level = heard * (1 - (1 - reliable) * (spread.agents - 1) / spread.agents)
            variance = level + usual + spread.within / len(after)
            reach = _quantile(confidence, spread.freedom) * math.sqrt(variance)
            gain = mean_after - expected
            beyond = Difference(gain, gain - reach, gain + reach)
    elif mean_before is not None:
        cautions.append(Caution.RETURN_UNKNOWN)
    return FollowUp(
        len(before), len(after), mean_before, mean_after, expected, plain, beyond, tuple(cautions)
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Spread:
    """``between``: variance of agents' true means; ``within``: of the calls of one agent; ``freedom`` of the latter."""

    agents: int
    mean: float
    between: float
    within: float
    freedom: int


def _spread(groups: Mapping[str, Sequence[float]]) -> _Spread | None:
    """None with too few agents, or none of them with two calls."""
    present = [values for values in groups.values() if values]
    calls = sum(len(values) for values in present)
    freedom = calls - len(present)
    if len(present) <= FEWEST_COLLEAGUES or freedom < 1:
        return None
    means = [math.fsum(values) / len(values) for values in present]
    within = math.fsum((value - own) ** 2 for values, own in zip(present, means, strict=True) for value in values)
    within /= freedom
    centre = math.fsum(value for values in present for value in values) / calls
    around = math.fsum(len(values) * (own - centre) ** 2 for values, own in zip(present, means, strict=True))
    size = (calls - sum(len(values) ** 2 for values in present) / calls) / (len(present) - 1)
    between = max(0.0, (around / (len(present) - 1) - within) / size)
    # The mean of agents, each as heavy as it is known: few calls of one agent should not draw it to them.
    weights = [1 / (between + within / len(values)) if between or within else 1.0 for values in present]
    mean = math.fsum(weight * own for weight, own in zip(weights, means, strict=True)) / math.fsum(weights)
    return _Spread(len(present), mean, between, within, freedom)


def _welch(before: Sequence[float], after: Sequence[float], confidence: float) -> Difference:
    value = math.fsum(after) / len(after) - math.fsum(before) / len(before)
    if min(len(before), len(after)) < FEWEST_CALLS:
        return Difference(value, None, None)
    parts = [_variance(values) / len(values) for values in (before, after)]
    total = math.fsum(parts)
    if total == 0:
        return Difference(value, None, None)  # no spread at all: nothing to tell chance by
    freedom = total**2 / math.fsum(
        part**2 / (len(values) - 1) for part, values in zip(parts, (before, after), strict=True)
    )
    reach = _quantile(confidence, freedom) * math.sqrt(total)
    return Difference(value, value - reach, value + reach)


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _variance(values: Sequence[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)


def _quantile(confidence: float, freedom: float) -> float:
    """Of Student's distribution, two-sided; without importing scipy.stats, which takes two seconds."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + confidence) / 2))
