from __future__ import annotations

from dataclasses import replace

import pytest

from qc_workbench.domain.sampling import Queue, SampleStatus
from qc_workbench.errors import UsageError
from qc_workbench.sampling.draws import make_draw, redraw, replacement
from qc_workbench.sampling.estimates import StratumSample, estimate_mean, estimate_share, stratum_samples, wilson
from tests.property.test_sampling_draws import due
from tests.sampling_cases import LATER, call, plan


def test_wilson_gives_the_published_interval() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263 and 1 of 29, method 3, 95 %
    assert wilson(81 / 263, 263, 1.959964) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(1 / 29, 29, 1.959964) == pytest.approx((0.0061, 0.1718), abs=5e-5)


def test_thinly_sampled_calls_weigh_more() -> None:
    groups = [StratumSample("d", "a", 90, (1, 1, 1)), StratumSample("d", "b", 10, (0, 0, 0))]
    assert estimate_share(groups).value == pytest.approx(0.9)  # not 0.5


def test_none_found_in_a_small_sample_is_not_a_certain_zero() -> None:
    found = estimate_share([StratumSample("d", "a", 100, (0,) * 8)])
    assert found.value == 0
    assert found.low == 0
    assert found.high is not None
    assert 0.25 < found.high < 0.5


def test_everything_judged_leaves_no_doubt() -> None:
    found = estimate_share([StratumSample("d", "a", 4, (1, 0, 0, 1))])
    assert (found.low, found.value, found.high) == (0.5, 0.5, 0.5)


def test_one_judged_call_says_nothing_about_the_spread() -> None:
    groups = [StratumSample("d", "a", 10, (70.0,))]
    assert estimate_mean(groups).low is None
    assert (estimate_mean(groups, bounds=(0, 100)).low, estimate_mean(groups, bounds=(0, 100)).high) == (0, 100)


def test_calls_that_nobody_judged_are_reported_as_not_covered() -> None:
    found = estimate_mean([StratumSample("d", "a", 30, (1.0, 2.0)), StratumSample("d", "b", 70, ())])
    assert found.covered == pytest.approx(0.3)
    assert (found.judged, found.population) == (2, 100)


def test_a_mean_agrees_with_the_textbook_formula() -> None:
    found = estimate_mean([StratumSample("d", "a", 20, (50.0, 60.0, 70.0, 80.0))])
    # s² = 166.67, (1 − 4/20)·s²/4 = 33.33, t(3) = 3.1824
    assert found.value == 65
    assert found.high == pytest.approx(65 + 3.1824 * 33.3333**0.5, abs=1e-3)


def test_targeted_and_replaced_calls_never_enter_an_estimate() -> None:
    (draw,) = due(plan(), [call(f"c{n:02d}") for n in range(20)])
    rows = list(redraw(draw))
    retired, newcomer = replacement(draw, rows, rows[0].call_id, "silent", LATER)
    assert newcomer is not None
    rows = [retired, *rows[1:], newcomer]
    others = [item.call_id for item in draw.frame if item.call_id not in {row.call_id for row in rows}]
    rows += [replace(newcomer, call_id=name, queue=Queue.TARGETED, draw_id="targeted") for name in others]
    values = {item.call_id: 1.0 for item in draw.frame} | {
        row.call_id: 0.0 for row in rows if row.queue is Queue.RANDOM
    }
    values[retired.call_id] = 1.0
    assert retired.status is SampleStatus.REPLACED
    (group,) = stratum_samples([draw], rows, values)
    assert group.values == (0.0,) * 6
    assert group.population == 20


def test_a_part_of_the_frame_is_estimated_with_its_own_size() -> None:
    calls = [call(f"a{n}", manager_id="m1") for n in range(7)] + [call(f"b{n}", manager_id="m2") for n in range(11)]
    (draw,) = due(plan(), calls)
    values = dict.fromkeys((item.call_id for item in calls), 1.0)
    groups = stratum_samples([draw], redraw(draw), values, keep=lambda item: item.agent_id == "m2")
    assert [(group.population, len(group.values)) for group in groups] == [(11, 4)]


def test_two_plans_are_not_added_up() -> None:
    (draw,) = due(plan(), [call("c1")])
    other = make_draw(plan("other"), "s", (draw.period_from, draw.period_to), draw.frame, LATER, "t")
    with pytest.raises(UsageError, match="estimate_mixes_plans"):
        stratum_samples([draw, other], [], {})


def test_a_share_of_values_other_than_yes_and_no_is_refused() -> None:
    with pytest.raises(UsageError, match="estimate_share_values"):
        estimate_share([StratumSample("d", "a", 10, (0.5,))])
