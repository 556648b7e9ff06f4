"""Before and after coaching: plain, and beyond what chance alone would have brought."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from qc_workbench.domain.coaching import CoachingTask
from qc_workbench.review.followup import Caution, ScoredLater, follow_up, split

GIVEN = datetime(2026, 10, 5, 9, tzinfo=UTC)
TASK = CoachingTask("t", "m1", "Уточнять срок", ("k",), ("bad",), "q", date(2026, 10, 9), "qc", GIVEN)


def scored(call_id: str, days: float, value: float) -> ScoredLater:
    return ScoredLater(call_id, GIVEN + timedelta(days=days), value)


def test_calls_the_task_came_from_and_calls_between_belong_to_neither_side() -> None:
    calls = [scored("bad", -1, 0), scored("old", -3, 60), scored("between", 1, 70), scored("new", 3, 90)]
    assert split(calls, TASK, GIVEN + timedelta(days=2)) == ((60,), (90,))
    assert split(calls, TASK, None) == ((60,), ())


def test_the_plain_difference_has_welchs_interval() -> None:
    """Against scipy.stats.ttest_ind(equal_var=False), written down."""
    found = follow_up([50, 60, 55, 45], [70, 80, 85, 60, 75], {})
    assert found.plain is not None
    assert (found.plain.value, found.plain.low, found.plain.high) == pytest.approx((21.5, 8.7351, 34.2649), abs=1e-3)
    assert found.plain.is_certain
    assert found.cautions == (Caution.RETURN_UNKNOWN,)


def test_few_calls_give_a_difference_without_an_interval_and_say_so() -> None:
    found = follow_up([50, 60], [90], {})
    assert found.plain is not None
    assert (found.plain.value, found.plain.low, found.plain.is_certain) == (35, None, False)
    assert Caution.TOO_FEW in found.cautions
    assert follow_up([50.0], [], {}).plain is None
    assert follow_up([], [50.0], {}).before is None


def test_where_agents_do_not_differ_everybody_is_expected_back_at_the_mean() -> None:
    colleagues = {f"m{n}": [40.0, 60.0, 50.0] for n in range(9)}
    found = follow_up([30.0, 50.0, 40.0], [50.0, 50.0, 50.0], colleagues)
    assert found.expected == pytest.approx(49.0)  # the agent's own calls are in the mean too
    assert found.beyond is not None
    assert found.beyond.value == pytest.approx(1.0)
    assert Caution.RETURN in found.cautions


def test_where_calls_of_an_agent_are_all_alike_nothing_is_expected_to_return() -> None:
    colleagues = {f"m{n}": [10.0 * n] * 3 for n in range(9)}
    found = follow_up([20.0] * 3, [60.0] * 3, colleagues)
    assert found.expected == pytest.approx(20.0)


def test_without_coaching_the_worst_agents_seem_to_improve_but_not_beyond_what_was_expected() -> None:
    """400 departments of 12 agents; the worst on 8 calls is "coached" without any effect and heard 8 times more."""
    chance = np.random.default_rng(20261005)
    plain, beyond = [], []
    for _ in range(400):
        level = 70 + 5 * chance.standard_normal(12)
        calls = level[:, None] + 15 * chance.standard_normal((12, 8))
        worst = int(calls.mean(axis=1).argmin())
        later = level[worst] + 15 * chance.standard_normal(8)
        others = {str(n): list(calls[n]) for n in range(12) if n != worst}
        found = follow_up(list(calls[worst]), list(later), others)
        assert found.plain is not None
        assert found.beyond is not None
        plain.append((found.plain.value, found.plain.is_certain and found.plain.value > 0))
        beyond.append((found.beyond.value, found.beyond.is_certain))
    assert np.mean([value for value, _ in plain]) > 4, "the trap is there"
    assert abs(np.mean([value for value, _ in beyond])) < 1.5
    assert np.mean([certain for _, certain in beyond]) < 0.08
