"""Patterns of an agent: they grow with what they measure, keep their promise of 95 %, and say nothing of few calls."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qc_workbench.detection.intent import (
    AFTER_S,
    BEFORE_S,
    HANG_UPS_NEEDED,
    PatternKind,
    PatternLine,
    Reading,
    agent_pattern,
    excess,
    median_interval,
)
from qc_workbench.domain.pattern import OTHERS, DurationTally, RepeatTally, VerifiedTally

TRIALS = 400


def smooth(calls_a_second: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Expected calls of each second from 40 before to 100 after the threshold: longer ones are rarer."""
    return np.exp(-np.arange(140) / 80) * calls_a_second


def drawn(rng: np.random.Generator, calls_a_second: float, times: float = 1.0) -> dict[int, int]:
    expected = smooth(calls_a_second)
    expected[40:50] *= times
    return {second - 40: int(calls) for second, calls in enumerate(rng.poisson(expected)) if calls}


def tallies(agent: str, histogram: dict[int, int], verified: bool | None = None) -> list[DurationTally]:
    return [DurationTally(agent, second, verified, calls) for second, calls in histogram.items()]


def lines(
    durations: list[DurationTally], repeats: list[RepeatTally] | None = None, heard: list[VerifiedTally] | None = None
) -> dict[PatternKind, PatternLine]:
    return {line.kind: line for line in agent_pattern("m1", durations, repeats or [], heard or [])}


histograms = st.dictionaries(st.integers(-BEFORE_S, AFTER_S - 1), st.integers(1, 20), min_size=12)


@settings(max_examples=40, deadline=None)
@given(histograms, st.integers(0, 9), st.integers(1, 30))
def test_more_calls_just_above_the_threshold_raise_the_excess_and_its_interval(
    histogram: dict[int, int], second: int, more: int
) -> None:
    before = excess(histogram)
    after = excess({**histogram, second: histogram.get(second, 0) + more})
    assert (before is None) == (after is None)  # the neighbours decide whether there is enough
    if before and after:
        assert after.expected == before.expected
        assert after.ratio > before.ratio
        assert after.interval[0] >= before.interval[0]
        assert after.interval[1] > before.interval[1]
        assert after.interval[0] <= after.ratio <= after.interval[1]


@settings(max_examples=40, deadline=None)
@given(histograms, histograms, st.integers(0, 9), st.integers(1, 30))
def test_more_calls_just_above_the_threshold_never_look_better_beside_the_others(
    mine: dict[int, int], others: dict[int, int], second: int, more: int
) -> None:
    def of(histogram: dict[int, int]) -> PatternLine:
        return lines([*tallies("m1", histogram), *tallies(OTHERS, others)])[PatternKind.AGAINST_PEERS]

    before, after = of(mine), of({**mine, second: mine.get(second, 0) + more})
    if before.value is not None and after.value is not None:
        assert after.value > before.value


@pytest.mark.parametrize(("calls_a_second", "times"), [(2.0, 1.0), (5.0, 1.0), (2.0, 3.0), (5.0, 2.0)])
def test_the_interval_of_the_excess_holds_the_truth_as_often_as_it_says(calls_a_second: float, times: float) -> None:
    rng = np.random.default_rng(7)
    found = [excess(drawn(rng, calls_a_second, times)) for _ in range(TRIALS)]
    told = [item for item in found if item is not None]
    held = [item.interval[0] <= times <= item.interval[1] for item in told]
    assert len(told) > 0.8 * TRIALS
    assert 0.92 <= np.mean(held) <= 0.99


def test_honest_agents_are_rarely_called_higher_and_padding_ones_mostly() -> None:
    rng = np.random.default_rng(8)

    def share_higher(times: float) -> float:
        readings = [lines(tallies("m1", drawn(rng, 2.0, times)))[PatternKind.JUST_ABOVE].reading for _ in range(TRIALS)]
        return float(np.mean([reading is Reading.HIGHER for reading in readings]))

    assert share_higher(1.0) <= 0.025
    assert share_higher(3.0) >= 0.9


@pytest.mark.parametrize("mode_s", [20, 35, 60, 120])
def test_an_ordinary_peak_of_the_durations_is_no_pattern(mode_s: int) -> None:
    """Log-normal durations, wherever their mode lies, a million of them."""
    seconds = np.arange(1, 700)
    density = np.exp(-((np.log(seconds) - np.log(mode_s) - 0.36) ** 2) / (2 * 0.36)) / seconds
    histogram = {int(second) - 40: round(1e6 * share) for second, share in enumerate(density / density.sum(), 1)}
    assert lines(tallies("m1", histogram))[PatternKind.JUST_ABOVE].reading is Reading.USUAL


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-20, 49), st.booleans()), max_size=7))
def test_nothing_is_said_of_few_calls(calls: list[tuple[int, bool]]) -> None:
    mine = [DurationTally("m1", second, verified, 1) for second, verified in calls]
    others = tallies(OTHERS, dict.fromkeys(range(-20, 50), 50), verified=False)
    repeats = [RepeatTally("m1", len(calls), min(1, len(calls))), RepeatTally(OTHERS, 500, 400)]
    heard = [VerifiedTally("m1", True, len(calls), 0), VerifiedTally(OTHERS, True, 500, 490)]
    for line in lines([*mine, *others], repeats, heard).values():
        assert line.reading is Reading.TOO_FEW
        assert line.value is None
        assert line.interval is None


@settings(max_examples=50)
@given(st.lists(st.integers(0, 300), min_size=HANG_UPS_NEEDED, max_size=60))
def test_a_median_lies_in_its_interval_and_the_interval_in_the_data(values: list[int]) -> None:
    histogram = {value: values.count(value) for value in values}
    median, low, high = median_interval(histogram)
    assert min(values) <= low <= median <= high <= max(values)
    assert median == sorted(values)[(len(values) + 1) // 2 - 1]


def test_the_interval_of_a_median_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(9)
    held = []
    for _ in range(TRIALS):
        values = rng.integers(0, 101, size=25)  # median 50
        _, low, high = median_interval({int(value): int((values == value).sum()) for value in values})
        held.append(low <= 50 <= high)
    assert np.mean(held) >= 0.94


def test_lines_hung_up_soon_after_the_threshold_are_sooner_than_the_others() -> None:
    mine = tallies("m1", {2: 6, 3: 8, 4: 6}, verified=False) + tallies("m1", {90: 20}, verified=True)
    others = tallies(OTHERS, {12: 30, 20: 40, 40: 30}, verified=False)
    line = lines(mine + others)[PatternKind.HANG_UP]
    assert (line.value, line.usual, line.beside, line.reading) == (3, 20, 90, Reading.LOWER)


def test_repeats_are_calls_to_a_number_that_was_called_so_before() -> None:
    line = lines([], [RepeatTally("m1", 40, 10), RepeatTally(OTHERS, 200, 190)])[PatternKind.REPEATS]
    assert (line.count, line.of, line.value, line.usual) == (30, 40, 0.75, 0.05)
    assert line.reading is Reading.HIGHER


def test_the_verified_share_is_of_the_random_sample_where_that_is_enough() -> None:
    sampled, picked = VerifiedTally("m1", True, 20, 18), VerifiedTally("m1", False, 30, 0)
    others = VerifiedTally(OTHERS, True, 100, 95)
    line = lines([], heard=[sampled, picked, others])[PatternKind.VERIFIED]
    assert (line.is_random, line.value, line.usual) == (True, 0.9, 0.95)
    without = lines([], heard=[VerifiedTally("m1", True, 4, 4), picked])[PatternKind.VERIFIED]
    assert (without.is_random, without.count, without.of) == (False, 4, 34)
