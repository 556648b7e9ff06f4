"""Whether a letter helped: an agent's share before it and after it, beside those who got none.

Three things are kept apart, because any of them may look like the effect of a letter:

* **luck**: the difference of two shares has an interval, with Agresti and Caffo's variance (*The American Statistician*
  54, 2000: one case is added to each side, so that no bad ones at all do not look certain);
* **what changed for everybody** (a new rule, a quiet month): the change of colleagues without a letter is taken off,
  difference in differences. Colleagues change by different amounts, so their spread (DerSimonian and Laird, *Controlled
  Clinical Trials* 7, 1986) belongs into the interval, with Satterthwaite's degrees of freedom (1946): one person is
  compared with persons, not with calls;
* **regression to the mean**: letters go to those who looked worst, so a fall comes without any letter. What was to be
  expected is Kelley's estimate (*Statistical Method*, 1923): the mean of all agents plus the reliable part of this
  agent's distance from it. A share's variance depends on the share, so that each agent has their own, as in Efron and
  Morris (JASA 70, 1975); the interval knows that mean and reliable part are estimated too (Morris, JASA 78, 1983).

A letter is said to have helped only where all three are excluded, or where nothing is left to put right.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from qc_workbench.domain.investigation import (
    CaseCount,
    Change,
    CheckCaution,
    Hypothesis,
    LetterOutcome,
    RepeatCheck,
    Standing,
)
from qc_workbench.review.investigating import figures_of

#: Fewer colleagues without a letter than this don't tell what changed for everybody.
FEWEST_COLLEAGUES: Final = 3
#: Chance of a fresh share's interval being wrong on one side.
ERROR: Final = 0.025
#: A colleague with fewer cases on a side says nothing about a change; an agent with fewer fresh ones neither.
FEWEST_CASES: Final = 10

#: bad of all, before and after.
Sides = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A letter and a hypothesis of it, and the fresh stretch it is judged on."""

    letter_id: str
    agent: str
    fresh_from: datetime
    fresh_to: datetime


def check(
    hypothesis: Hypothesis,
    asked: Asked,
    before: Mapping[str, CaseCount],
    after: Mapping[str, CaseCount],
    written_to: Collection[str],
) -> RepeatCheck:
    """``before`` and ``after``: everybody of the scope; ``written_to``: who got any letter of the month."""
    nothing = CaseCount(asked.agent, 0, 0, 0, 0)
    mine, fresh = before.get(asked.agent, nothing), after.get(asked.agent, nothing)
    others = {
        agent: (before[agent].bad, before[agent].of, after[agent].bad, after[agent].of)
        for agent in sorted(set(before) & set(after) - set(written_to) - {asked.agent})
        if min(before[agent].of, after[agent].of) >= FEWEST_CASES
    }
    own: Sides = (mine.bad, mine.of, fresh.bad, fresh.of)
    plain = difference(own)
    cautions = []
    beyond_others = difference_in_differences(own, others) if plain is not None else None
    if beyond_others is None:
        cautions.append(CheckCaution.NO_COLLEAGUES)
    expected, beyond_expected = expectation(
        own, {agent: item for agent, item in before.items() if agent != asked.agent}
    )
    cautions.append(CheckCaution.RETURN_UNKNOWN if expected is None else CheckCaution.RETURN)
    standing = figures_of(hypothesis, fresh, ERROR, ERROR).standing
    if fresh.of < FEWEST_CASES:
        cautions.append(CheckCaution.FEW_FRESH)
    elif fresh.of < hypothesis.least_of:
        # Fewer days than a month: the claim's own least number is not asked of them.
        standing = figures_of(_with_fewer(hypothesis), fresh, ERROR, ERROR).standing
    totals = [sum(sides[place] for sides in others.values()) for place in range(4)]
    return RepeatCheck(
        letter_id=asked.letter_id,
        hypothesis_id=hypothesis.hypothesis_id,
        agent=asked.agent,
        fresh_from=asked.fresh_from,
        fresh_to=asked.fresh_to,
        before_bad=mine.bad,
        before_of=mine.of,
        after_bad=fresh.bad,
        after_of=fresh.of,
        others=len(others),
        others_before_bad=totals[0],
        others_before_of=totals[1],
        others_after_bad=totals[2],
        others_after_of=totals[3],
        plain=plain,
        beyond_others=beyond_others,
        expected=expected,
        beyond_expected=beyond_expected,
        outcome=outcome(standing, plain, beyond_others, beyond_expected, fresh.of),
        standing=standing,
        cautions=tuple(cautions),
    )


def outcome(
    standing: Standing, plain: Change | None, beyond_others: Change | None, beyond_expected: Change | None, fresh: int
) -> LetterOutcome:
    """Improved: below the threshold for certain, or fell for certain by more than was to be expected without a letter
    and by more than colleagues did. Not improved: above the threshold for certain, and fell for certain by no more than
    either. All between is not enough data, and accuses nobody.

    Kelley's estimate alone would call it ignored where an outlier halved their share: it takes shares for normally
    distributed, and draws an outlier further back than luck does (docs/simulation.md has figures). Where a comparison
    can't be made, a plain fall shows no effect of the letter, and does keep from saying that it was ignored.
    """
    if fresh < FEWEST_CASES or plain is None:
        return LetterOutcome.NOT_ENOUGH_DATA
    if standing is Standing.WITHIN or (_fell(beyond_expected) and _fell(beyond_others)):
        return LetterOutcome.IMPROVED
    fell = _fell(beyond_expected or plain) or _fell(beyond_others or plain)
    return LetterOutcome.NOT_IMPROVED if standing is Standing.VIOLATOR and not fell else LetterOutcome.NOT_ENOUGH_DATA


def _fell(change: Change | None) -> bool:
    return change is not None and change.is_certain and change.value < 0


def difference(sides: Sides) -> Change | None:
    """After less before; None where a side has no case."""
    bad_before, before, bad_after, after = sides
    if not before or not after:
        return None
    value = bad_after / after - bad_before / before
    reach = _quantile(None) * math.sqrt(_variance(sides))
    return Change(value, max(-1.0, value - reach), min(1.0, value + reach))


def difference_in_differences(own: Sides, others: Mapping[str, Sides]) -> Change | None:
    """The agent's change less that of colleagues, each colleague as heavy as their change is known.

    None with fewer than :data:`FEWEST_COLLEAGUES` of them.
    """
    if len(others) < FEWEST_COLLEAGUES or not own[1] or not own[3]:
        return None
    changes = [sides[2] / sides[3] - sides[0] / sides[1] for sides in others.values()]
    variances = [_variance(sides) for sides in others.values()]
    between = _between(changes, variances)
    weights = [1 / (variance + between) for variance in variances]
    usual = math.fsum(w * change for w, change in zip(weights, changes, strict=True)) / math.fsum(weights)
    of_persons = between + 1 / math.fsum(weights)
    of_calls = _variance(own)
    freedom = (of_calls + of_persons) ** 2 / (of_persons**2 / (len(others) - 1))
    value = own[2] / own[3] - own[0] / own[1] - usual
    reach = _quantile(freedom) * math.sqrt(of_calls + of_persons)
    return Change(value, value - reach, value + reach)


def _between(changes: list[float], variances: list[float]) -> float:
    """Variance of the true changes of colleagues, by DerSimonian and Laird's moments."""
    weights = [1 / variance for variance in variances]
    total = math.fsum(weights)
    mean = math.fsum(w * change for w, change in zip(weights, changes, strict=True)) / total
    spread = math.fsum(w * (change - mean) ** 2 for w, change in zip(weights, changes, strict=True))
    scale = total - math.fsum(w * w for w in weights) / total
    return max(0.0, (spread - (len(changes) - 1)) / scale)


def _variance(sides: Sides) -> float:
    """Of the difference of two shares."""
    return _variance_of(*sides[:2]) + _variance_of(*sides[2:])


def _variance_of(bad: int, of: int) -> float:
    """Of a share; one bad and one good case added."""
    share = (bad + 1) / (of + 2)
    return share * (1 - share) / (of + 2)


def expectation(own: Sides, others: Mapping[str, CaseCount]) -> tuple[float | None, Change | None]:
    """The share to be expected without a letter, and after less it. ``others``: colleagues before, with a letter too.

    None with no case before, or fewer than :data:`FEWEST_COLLEAGUES` of them.
    """
    bad_before, before, bad_after, after = own
    sides = [(item.bad, item.of) for item in others.values() if item.of] + [(bad_before, before)]
    if not before or len(sides) <= FEWEST_COLLEAGUES:
        return None, None
    shares, variances = [bad / of for bad, of in sides], [_variance_of(*item) for item in sides]
    between = _between(shares, variances)
    weights = [1 / (variance + between) for variance in variances]
    usual = math.fsum(w * share for w, share in zip(weights, shares, strict=True)) / math.fsum(weights)
    heard = variances[-1]
    reliable = between / (between + heard)
    distance = bad_before / before - usual
    expected = usual + reliable * distance
    if not after:
        return expected, None
    # Of the agent's level, given what was counted; of the reliable part; of what is taken for usual; of fresh cases.
    level = reliable * heard
    of_reliable = (1 - reliable) ** 2 * distance**2 * 2 / (len(sides) - 3)
    of_usual = (1 - reliable) ** 2 / math.fsum(weights)
    # A share above a half counts as a half: else one more bad case could make the interval narrower and the fall sure.
    of_fresh = _variance_of(min(bad_after, after // 2), after)
    reach = _quantile(None) * math.sqrt(level + of_reliable + of_usual + of_fresh)
    gain = bad_after / after - expected
    return expected, Change(gain, gain - reach, gain + reach)


def _with_fewer(hypothesis: Hypothesis) -> Hypothesis:
    return replace(hypothesis, least_of=FEWEST_CASES, least_cases=1)


def _quantile(freedom: float | None) -> float:
    """Two-sided 95 % of Student's distribution; None: of the normal one."""
    if freedom is None:
        return 1.959963984540054
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.975))
