"""Krippendorff's alpha against its definition by pairs, and what must not change it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.review.agreement import Level, alpha

units = st.lists(st.lists(st.integers(1, 5).map(float), min_size=1, max_size=4), min_size=1, max_size=8)


def by_pairs(given: list[list[float]], level: Level) -> float | None:
    """Disagreement of the pairs within calls over that of all pairs of pairable answers, written out."""
    paired = [unit for unit in given if len(unit) > 1]
    answers = [answer for unit in paired for answer in unit]
    counts = {answer: answers.count(answer) for answer in set(answers)}

    def apart(one: float, other: float) -> float:
        low, high = min(one, other), max(one, other)
        if level is Level.NOMINAL:
            return float(one != other)
        if level is Level.INTERVAL:
            return (one - other) ** 2
        between = sum(count for answer, count in counts.items() if low <= answer <= high)
        return (between - (counts[low] + counts[high]) / 2) ** 2

    observed = sum(sum(apart(*pair) for pair in itertools.permutations(unit, 2)) / (len(unit) - 1) for unit in paired)
    expected = sum(apart(*pair) for pair in itertools.permutations(answers, 2))
    if expected == 0:
        return None
    return 1 - (observed / len(answers)) / (expected / (len(answers) * (len(answers) - 1)))


@given(units, st.sampled_from(Level))
def test_alpha_is_what_its_definition_says(given: list[list[float]], level: Level) -> None:
    found, wanted = alpha(given, level, resamples=0), by_pairs(given, level)
    assert (found is None) == (wanted is None)
    if found is not None:
        assert found.value == pytest.approx(wanted)


@given(units, st.sampled_from(Level), st.randoms())
def test_neither_the_order_of_calls_nor_of_reviewers_matters(given: list[list[float]], level: Level, chance) -> None:  # type: ignore[no-untyped-def]
    shuffled = [chance.sample(unit, len(unit)) for unit in chance.sample(given, len(given))]
    one, other = alpha(given, level, resamples=0), alpha(shuffled, level, resamples=0)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert one.value == pytest.approx(other.value)


@given(units)
def test_each_level_sees_only_what_it_is_about(given: list[list[float]]) -> None:
    """Names may be exchanged on a nominal level, steps stretched on an ordinal, units changed on an interval one."""
    for level, change in (
        (Level.NOMINAL, lambda answer: (answer * 3) % 7),
        (Level.ORDINAL, lambda answer: answer**3),
        (Level.INTERVAL, lambda answer: 20 * answer - 7),
    ):
        one, other = (
            alpha(values, level, resamples=0) for values in (given, [[change(each) for each in u] for u in given])
        )
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert one.value == pytest.approx(other.value)


@given(units, st.sampled_from(Level))
def test_the_interval_holds_the_value_and_never_passes_one(given: list[list[float]], level: Level) -> None:
    found = alpha(given, level, resamples=60)
    if found is not None and found.low is not None and found.high is not None:
        assert found.low <= found.value <= found.high <= 1 + 1e-12
