"""Reviewers beside each other, beside the agreed scores, over time, and beside themselves."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from qc_workbench.review.agreement import Level, Rating
from qc_workbench.review.reviewers import PairedScore, bias, drift, repeatability, self_agreement
from qc_workbench.review.strictness import GivenScore, Strictness, strictness

START = datetime(2026, 10, 1, tzinfo=UTC)


def department(
    effects: dict[str, float],
    calls: int = 120,
    shared: float = 0.1,
    seed: int = 1,
    slopes: dict[str, float] | None = None,
    agents: dict[str, float] | None = None,
    common_slope: float = 0.0,
) -> list[GivenScore]:
    """Calls of agents scored by one reviewer, a share of them by a second one too, over two months.

    ``slopes``: points per 30 days of a reviewer; ``common_slope`` of all agents.
    """
    chance = random.Random(seed)
    agents = agents or {"a1": 80.0, "a2": 60.0, "a3": 70.0}
    given = []
    for number in range(calls):
        agent = chance.choice(sorted(agents))
        at = START + timedelta(days=60 * number / calls)
        months = (at - START) / timedelta(days=30)
        level = agents[agent] + chance.gauss(0, 12) + common_slope * months
        for who in chance.sample(sorted(effects), 2 if chance.random() < shared else 1):
            points = level + effects[who] + (slopes or {}).get(who, 0.0) * months + chance.gauss(0, 6)
            given.append(GivenScore(f"c{number:04d}", agent, who, points, at))
    return given


def of(found: tuple[Strictness, ...], name: str) -> Strictness:
    return next(row for row in found if row.reviewer == name)


def test_a_strict_reviewer_is_found_however_easy_their_calls_were() -> None:
    """The strict one heard the best agent only; the plain mean calls them the most lenient."""
    chance = random.Random(3)
    given = []
    for number in range(90):
        agent, level = ("good", 85.0) if number % 3 else ("weak", 55.0)
        level += chance.gauss(0, 8)
        who = ["strict"] if agent == "good" and number % 2 else ["fair" if number % 4 else "kind"]
        if number % 5 == 0:
            who = ["strict", "fair"] if agent == "good" else ["fair", "kind"]
        for name in who:
            effect = {"strict": -8.0, "fair": 0.0, "kind": 3.0}[name]
            given.append(GivenScore(f"c{number}", agent, name, level + effect + chance.gauss(0, 3), START))
    found = strictness(given)
    assert of(found, "strict").raw > 0
    assert found[0].reviewer == "strict"
    assert of(found, "strict").high < 0
    assert of(found, "strict").is_certain
    assert of(found, "strict").low < -8 + 5 / 3 < of(found, "strict").high  # beside the mean of −8, 0 and 3


def test_effects_are_told_beside_the_mean_reviewer() -> None:
    found = strictness(department({"r1": 5.0, "r2": 0.0, "r3": -5.0}))
    assert sum(row.effect for row in found) == pytest.approx(0, abs=1e-9)
    assert [row.reviewer for row in found] == ["r3", "r2", "r1"]
    assert all(row.low < row.effect < row.high for row in found)


def test_a_reviewer_with_few_scores_is_shrunk_and_uncertain() -> None:
    given = department({"r1": 0.0, "r2": 0.0, "r3": 0.0, "r4": 0.0}, calls=300)
    newcomer = [GivenScore(f"n{n}", "a1", "new", 45.0, START) for n in range(2)]
    row = of(strictness([*given, *newcomer]), "new")
    assert row.scores == 2
    assert -35 < row.raw < -20
    assert -28 < row.effect < -5  # the scores are 35 points under those of the same agent
    assert row.high - row.low > 3 * (of(strictness(given), "r1").high - of(strictness(given), "r1").low)


def test_scores_of_shared_calls_are_counted() -> None:
    given = department({"r1": 0.0, "r2": 0.0}, calls=40, shared=1.0)
    assert [(row.scores, row.shared) for row in strictness(given)] == [(40, 40), (40, 40)]


def test_one_reviewer_has_nobody_to_be_compared_with() -> None:
    assert strictness(department({"r1": 0.0}, shared=0.0)) == ()
    assert strictness([]) == ()


def test_scores_that_are_all_alike_show_no_strictness() -> None:
    given = [GivenScore(f"c{n}", "a1", f"r{n % 2}", 100.0, START) for n in range(10)]
    assert [abs(row.effect) < 1e-6 for row in strictness(given)] == [True, True]


def test_bias_is_own_less_agreed_with_students_interval() -> None:
    pairs = [PairedScore("r1", f"c{n}", 70.0 + d, 70.0) for n, d in enumerate((2, 4, 6, 8))]
    (found,) = bias([*pairs, PairedScore("r2", "c1", 70.0, 75.0)])[:1]
    # mean 5, s = 2.582, t(3) = 3.182
    assert (found.value, found.low, found.high) == pytest.approx((5.0, 0.892, 9.108), abs=2e-3)
    assert found.is_certain
    other = bias([PairedScore("r2", "c1", 70.0, 75.0)])[0]
    assert (other.value, other.low, other.is_certain) == (-5.0, None, False)


def test_the_typical_error_of_one_score_comes_from_calls_scored_twice() -> None:
    # d = 2, -2, 4, 0: √(24 / 8) = 1.732; χ²(4): 0.4844 and 11.143
    pairs = [PairedScore("r1", f"c{n}", 60.0, 60.0 + d) for n, d in enumerate((2, -2, 4, 0))]
    (found,) = repeatability(pairs)
    assert (found.error, found.low, found.high) == pytest.approx((1.732, 1.0377, 4.977), abs=2e-3)
    assert found.shift.value == 1.0


def test_people_agree_with_themselves_call_by_call_and_not_with_each_other() -> None:
    first = [Rating("c1", "q", "r1", "yes"), Rating("c1", "q", "r2", "no"), Rating("c2", "q", "r1", "no")]
    again = [Rating("c1", "q", "r1", "yes"), Rating("c1", "q", "r2", "no"), Rating("c2", "q", "r1", "yes")]
    (found,) = self_agreement(first, again, {"q": Level.NOMINAL})
    assert (found.calls, found.answers) == (3, 6)
    assert found.equal == pytest.approx(2 / 3)


def test_a_reviewer_who_gets_stricter_drifts() -> None:
    given = department({"r1": 0.0, "r2": 0.0, "r3": 0.0}, calls=600, slopes={"r2": -8.0})
    found = {row.reviewer: row for row in drift(given)}
    assert found["r2"].is_certain
    assert found["r2"].low is not None
    assert found["r2"].high is not None
    assert found["r2"].low < -8 < found["r2"].high < 0


def test_nobody_drifts_when_all_agents_get_better() -> None:
    found = drift(department({"r1": 0.0, "r2": 4.0, "r3": -4.0}, calls=400, common_slope=10.0))
    assert len(found) == 3
    assert not any(row.is_certain for row in found)


def test_drift_needs_two_reviewers_and_time() -> None:
    assert drift(department({"r1": 0.0}, shared=0.0)) == ()
    same_moment = [GivenScore(f"c{n}", "a", f"r{n % 2}", 50.0 + n, START) for n in range(20)]
    assert drift(same_moment) == ()
