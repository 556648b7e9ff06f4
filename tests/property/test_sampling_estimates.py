from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.sampling.estimates import StratumSample, estimate_mean, estimate_share, wilson


@st.composite
def strata(draw: st.DrawFn, values: st.SearchStrategy[float]) -> list[StratumSample]:
    made = []
    for number in range(draw(st.integers(0, 6))):
        judged = tuple(draw(st.lists(values, max_size=8)))
        made.append(StratumSample("d", f"s{number}", len(judged) + draw(st.integers(0 if judged else 1, 30)), judged))
    return made


@given(strata(st.sampled_from([0.0, 1.0])))
def test_the_interval_of_a_share_holds_the_value_and_stays_between_zero_and_one(groups: list[StratumSample]) -> None:
    found = estimate_share(groups)
    if not any(group.values for group in groups):
        assert (found.value, found.low, found.high, found.covered) == (None, None, None, 0.0)
        return
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert -1e-12 <= found.low <= found.value + 1e-12
    assert found.value <= found.high + 1e-12 <= 1 + 2e-12
    assert 0 < found.covered <= 1


@given(strata(st.floats(0, 100)))
def test_a_mean_of_everything_is_exact(groups: list[StratumSample]) -> None:
    census = [StratumSample(g.draw_id, g.stratum, len(g.values), g.values) for g in groups if g.values]
    found = estimate_mean(census)
    values = [value for group in census for value in group.values]
    if values:
        assert found.value == pytest.approx(math.fsum(values) / len(values))
        assert found.low == found.value == found.high


@given(strata(st.floats(0, 100)))
def test_wider_confidence_gives_a_wider_interval_within_the_bounds(groups: list[StratumSample]) -> None:
    narrow, wide = (estimate_mean(groups, level, bounds=(0, 100)) for level in (0.8, 0.99))
    if narrow.low is not None and narrow.high is not None:
        assert wide.low is not None
        assert wide.high is not None
        assert 0 <= wide.low <= narrow.low + 1e-9
        assert narrow.high - 1e-9 <= wide.high <= 100


@given(st.floats(0, 1), st.floats(0.5, 1e6), st.floats(0.1, 20))
def test_wilson_always_holds_the_share(share: float, effective: float, quantile: float) -> None:
    low, high = wilson(share, effective, quantile)
    assert 0 <= low <= share <= high <= 1


def _coverage(kind: str, sizes: list[int], shares: list[float], fraction: float, rounds: int = 800) -> float:
    """How often the 95 % interval holds the truth in repeated stratified samples of one fixed population."""
    chance = random.Random(7)
    population = [
        [float(chance.random() < share) if kind == "share" else chance.gauss(60 + 30 * share, 15) for _ in range(size)]
        for size, share in zip(sizes, shares, strict=True)
    ]
    everything = [value for stratum in population for value in stratum]
    truth = sum(everything) / len(everything)
    held = 0
    for _ in range(rounds):
        groups = [
            StratumSample("d", str(n), len(stratum), tuple(chance.sample(stratum, math.ceil(fraction * len(stratum)))))
            for n, stratum in enumerate(population)
        ]
        found = estimate_share(groups) if kind == "share" else estimate_mean(groups)
        assert found.low is not None
        assert found.high is not None
        held += found.low - 1e-9 <= truth <= found.high + 1e-9
    return held / rounds


@pytest.mark.parametrize(
    ("kind", "sizes", "shares", "fraction"),
    [
        ("share", [40, 25, 60, 10], [0.3, 0.1, 0.5, 0.8], 0.3),
        ("share", [200, 180, 220], [0.05, 0.02, 0.04], 0.1),  # rare
        ("share", [9, 8, 12, 5, 7, 11], [0.4, 0.2, 0.6, 0.1, 0.9, 0.3], 0.1),  # mostly one call per stratum
        ("share", [20, 20], [0.5, 0.05], 0.8),  # nearly everything judged
        ("mean", [40, 25, 60, 10], [0.3, 0.1, 0.5, 0.8], 0.3),
        ("mean", [9, 8, 12, 5, 7, 11], [0.4, 0.2, 0.6, 0.1, 0.9, 0.3], 0.2),
        ("mean", [300, 5], [0.2, 0.9], 0.05),
    ],
)
def test_ninety_five_percent_intervals_hold_the_truth_about_that_often(
    kind: str, sizes: list[int], shares: list[float], fraction: float
) -> None:
    assert _coverage(kind, sizes, shares, fraction) >= 0.93
