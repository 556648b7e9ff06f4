"""How often the 95 % intervals of strictness and drift hold the truth."""

from __future__ import annotations

import random

import pytest

from qc_workbench.review.reviewers import drift
from qc_workbench.review.strictness import strictness
from tests.unit.test_reviewers import department


def held(reviewers: int, calls: int, shared: float, spread: float, rounds: int) -> tuple[float, float]:
    """Shares of the intervals of strictness and of drift that held the truth."""
    chance = random.Random(11)
    strict = drifted = 0
    for seed in range(rounds):
        effects = {f"r{n}": chance.gauss(0, spread) for n in range(reviewers)}
        slopes = {name: chance.gauss(0, 2) for name in effects}
        middle = sum(effects.values()) / reviewers
        for row in strictness(department(effects, calls, shared, seed)):
            strict += row.low <= effects[row.reviewer] - middle <= row.high
        for moved in drift(department(effects, calls, shared, seed, slopes)):
            others = (sum(slopes.values()) - slopes[moved.reviewer]) / (reviewers - 1)
            assert moved.low is not None
            assert moved.high is not None
            drifted += moved.low <= slopes[moved.reviewer] - others <= moved.high
    return strict / rounds / reviewers, drifted / rounds / reviewers


DEPARTMENTS = [(5, 150, 0.1, 4.0), (3, 60, 0.2, 4.0), (8, 400, 0.05, 0.5)]


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_intervals_of_reviewers_hold_the_truth_about_that_often(department: tuple[int, int, float, float]) -> None:
    strict, drifted = held(*department, rounds=20)
    assert strict >= 0.85
    assert drifted >= 0.88


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("department", DEPARTMENTS)
def test_intervals_of_reviewers_hold_the_truth_as_often_as_promised(
    department: tuple[int, int, float, float],
) -> None:
    strict, drifted = held(*department, rounds=200)
    # Where reviewers hardly differ, shrinking holds more often than promised; where they do, a little less.
    assert 0.91 <= strict <= 0.998
    assert 0.93 <= drifted <= 0.98
