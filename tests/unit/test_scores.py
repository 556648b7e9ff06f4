"""Scores of agents and teams: the estimate, its interval, places, calls needed, trends, bands, questions."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from qc_workbench.errors import UsageError
from qc_workbench.sampling.breakdown import distribution, worst_questions
from qc_workbench.sampling.draws import redraw
from qc_workbench.sampling.estimates import Estimate, StratumSample, estimate_mean, estimate_share, samples_by, wilson
from qc_workbench.sampling.ranking import calls_needed, places
from qc_workbench.sampling.scores import estimate_score, estimate_scores, spread_of
from qc_workbench.sampling.trends import Span, difference, first_day, slope
from tests.property.test_sampling_draws import due
from tests.sampling_cases import call, plan


def stratum(*values: float, of: int = 40, name: str = "s", absent: int = 0, draw: str = "d") -> StratumSample:
    return StratumSample(draw, name, of, values, absent)


def between(low: float, high: float) -> Estimate:
    return Estimate((low + high) / 2, low, high, 9, 90, 1.0, 0.95)


def width(found: Estimate) -> float:
    assert found.low is not None
    assert found.high is not None
    return found.high - found.low


ORDINARY = [stratum(62, 81, 74, 90, 55, name="in"), stratum(70, 88, 66, name="out")]
TEAM = [[stratum(50 + 5 * n, 60 + 4 * n, 85 - n, 95, of=60)] for n in range(6)]

# The estimate ----------------------------------------------------------------


def test_the_estimate_is_the_stratified_mean() -> None:
    groups = [stratum(90, 90, 90, of=90, name="a"), stratum(10, 30, of=10, name="b")]
    assert estimate_score(groups).value == pytest.approx(0.9 * 90 + 0.1 * 20)
    assert estimate_score(groups).value == pytest.approx(estimate_mean(groups).value)


def test_a_few_perfect_calls_are_not_a_certain_hundred() -> None:
    found = estimate_score([stratum(100, 100, 100, 100, 100)])
    assert (found.value, found.high) == (100, 100)
    assert found.low is not None
    assert found.low < 60
    assert estimate_mean([stratum(100, 100, 100, 100, 100)]).low == 100  # what it replaces


def test_peers_make_the_interval_of_few_calls_shorter_and_longer() -> None:
    alone = estimate_score([stratum(80, 60)])
    assert width(estimate_score([stratum(80, 60)], TEAM)) < width(alone)
    alike = [stratum(80, 81, 79, 80)]
    assert width(estimate_score(alike, TEAM)) > 3 * width(estimate_mean(alike))


def test_peers_lend_their_dispersion_never_their_mean() -> None:
    assert estimate_score(ORDINARY, TEAM).value == estimate_score(ORDINARY).value


def test_every_agent_has_the_others_as_peers() -> None:
    groups = {"a": ORDINARY, **{str(n): strata for n, strata in enumerate(TEAM)}}
    found = estimate_scores(groups)
    assert found["a"] == estimate_score(ORDINARY, TEAM)
    assert estimate_scores({"a": ORDINARY}, TEAM)["a"] == found["a"]


def test_an_agent_without_judged_calls_has_no_score() -> None:
    found = estimate_scores({"a": [stratum(of=12)], "b": ORDINARY})
    assert (found["a"].value, found["a"].low, found["a"].population, found["a"].covered) == (None, None, 12, 0)


def test_hearing_every_call_leaves_no_doubt() -> None:
    found = estimate_score([stratum(50, 70, of=2), stratum(90, of=1)], TEAM)
    assert (found.low, found.value, found.high) == (70, 70, 70)


def test_hearing_half_of_the_calls_says_more_than_as_many_of_a_thousand() -> None:
    assert width(estimate_score([stratum(*range(40, 80, 2), of=40)])) < 0.8 * width(
        estimate_score([stratum(*range(40, 80, 2), of=1000)])
    )


def test_single_calls_of_several_weeks_borrow_from_each_other() -> None:
    """Between two directions that differ, not within them: collapsing by name sees that the calls hardly vary."""
    weeks = [stratum(90 + w, name="in", draw=str(w)) for w in range(4)]
    weeks += [stratum(30 + w, name="out", draw=str(w)) for w in range(4)]
    spread = spread_of(weeks)
    assert spread is not None
    assert spread.variance == pytest.approx((5 / 3) / 100**2)
    assert spread.freedom == 6


def test_a_yes_or_no_question_heard_often_has_about_the_interval_of_a_share() -> None:
    group = [stratum(*[1.0] * 30 + [0.0] * 10, of=4000)]
    score, share = estimate_score(group, (), (0, 1)), estimate_share(group)
    assert (score.low, score.high) == pytest.approx((share.low, share.high), abs=0.01)
    assert (score.low, score.high) == pytest.approx(wilson(0.75, 40, 1.96), abs=0.02)


def test_calls_that_a_question_did_not_apply_to_are_heard_and_have_no_part_in_its_mean() -> None:
    groups = [stratum(100, 0, of=100, name="a", absent=2), stratum(100, 100, of=100, name="b", absent=0)]
    # of 100 calls in a, the question applies to about 50: (50·0.5 + 100·1) / 150
    assert estimate_score(groups).value == pytest.approx(100 * 125 / 150)


def test_estimates_that_know_no_not_applicable_refuse_it() -> None:
    for estimate in (estimate_mean, estimate_share):
        with pytest.raises(UsageError, match="estimate_absent_values"):
            estimate([stratum(1, 0, absent=1)])


def test_a_score_beyond_the_scale_is_refused() -> None:
    with pytest.raises(UsageError, match="score_out_of_bounds"):
        estimate_score([stratum(50, 101)])


def test_agents_are_told_apart_in_one_pass_and_not_applicable_counts_as_judged() -> None:
    calls = [call(f"a{n}", manager_id="m1") for n in range(7)] + [call(f"b{n}", manager_id="m2") for n in range(11)]
    (drawn,) = due(plan(), calls)
    values = {item.call_id: None if item.call_id.startswith("b") else 80.0 for item in calls}
    found = samples_by([drawn], redraw(drawn), values, lambda item: item.agent_id)
    assert {who: [(g.population, len(g.values), g.absent) for g in groups] for who, groups in found.items()} == {
        "m1": [(7, 3, 0)], "m2": [(11, 0, 4)],
    }  # fmt: skip


# Places ----------------------------------------------------------------------


def test_agents_whose_intervals_overlap_share_a_place() -> None:
    found = places(
        {"best": between(85, 95), "middle": between(75, 88), "chained": between(60, 76), "last": between(20, 40)}
    )
    assert [(row.who, row.place, row.first, row.last) for row in found] == [
        ("best", 1, 1, 2),
        ("middle", 1, 1, 3),
        ("chained", 1, 2, 3),
        ("last", 4, 4, 4),
    ]


def test_intervals_that_touch_overlap() -> None:
    assert [row.place for row in places({"a": between(80, 90), "b": between(70, 80)})] == [1, 1]


def test_whoever_has_no_interval_has_no_place() -> None:
    assert [row.who for row in places({"a": between(80, 90), "b": Estimate(None, None, None, 0, 9, 0.0, 0.95)})] == [
        "a"
    ]


# Calls needed ----------------------------------------------------------------


def test_so_many_more_calls_make_the_interval_narrow_enough_and_one_less_does_not() -> None:
    values = [62.0, 81.0, 74.0, 90.0, 55.0, 70.0]
    more = calls_needed([stratum(*values, of=400)], 8)
    assert 5 < more < 60
    twice = values * (1 + (6 + more) // 6)
    heard = estimate_score([stratum(*twice[: 6 + more], of=400)])
    assert width(heard) / 2 == pytest.approx(8, abs=1.0)


def test_a_narrow_interval_needs_nothing_more() -> None:
    assert calls_needed([stratum(*range(40, 80), of=60)], 8) == 0


def test_what_is_left_is_always_enough() -> None:
    assert calls_needed([stratum(0, 100, 0, 100, of=10)], 1) == 6


def test_an_agent_nobody_has_heard_needs_what_the_peers_suggest() -> None:
    assert 0 < calls_needed([stratum(of=400)], 8, TEAM) < calls_needed([stratum(of=400)], 8) < 400


# Trends ----------------------------------------------------------------------


def test_a_difference_of_two_shares_is_newcombes() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table II, method 10: 56/70 − 48/80
    low, high = wilson(56 / 70, 70, 1.959964), wilson(48 / 80, 80, 1.959964)
    found = difference(Estimate(56 / 70, *low, 70, 700, 1.0, 0.95), Estimate(48 / 80, *high, 80, 800, 1.0, 0.95))
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert found.is_certain


def test_a_slope_counts_the_weeks_that_passed_not_the_points() -> None:
    points = [
        (date(2026, 9, 7), between(50, 54)),
        (date(2026, 9, 14), between(52, 56)),
        (date(2026, 10, 5), between(58, 62)),
    ]
    found = slope(points, Span.WEEK)
    assert found is not None
    assert found.value == pytest.approx(2.0)
    assert found.low < 2 < found.high


def test_one_week_has_no_trend_and_a_week_without_calls_is_a_gap() -> None:
    nothing = Estimate(None, None, None, 0, 9, 0.0, 0.95)
    assert slope([(date(2026, 9, 7), between(50, 54)), (date(2026, 9, 14), nothing)], Span.WEEK) is None
    assert difference(between(1, 2), nothing) is None


def test_weeks_and_months_begin_in_the_companys_zone() -> None:
    moment = datetime(2026, 10, 31, 22, 30, tzinfo=UTC)  # Sunday, 1 November, 01:30 in Moscow
    moscow = ZoneInfo("Europe/Moscow")
    assert first_day(moment, Span.MONTH, moscow) == date(2026, 11, 1)
    assert first_day(moment, Span.WEEK, moscow) == date(2026, 10, 26)


def test_a_year_turns_without_a_gap() -> None:
    months = [(date(2026, 12, 1), between(50, 60)), (date(2027, 1, 1), between(53, 63))]
    weeks = [(date(2026, 12, 28), between(50, 60)), (date(2027, 1, 4), between(53, 63))]
    for points, span in ((months, Span.MONTH), (weeks, Span.WEEK)):
        found = slope(points, span)
        assert found is not None
        assert found.value == pytest.approx(3.0)


# Bands and questions ---------------------------------------------------------


def test_each_call_is_in_one_band_and_the_last_band_holds_its_end() -> None:
    bands = distribution([stratum(0, 59, 60, 79, 100, 100, of=60)], (0, 60, 80, 100))
    assert [round(6 * (band.share.value or 0)) for band in bands] == [2, 2, 2]
    assert [(band.low, band.high) for band in bands] == [(0, 60), (60, 80), (80, 100)]
    for band in bands:
        assert band.share.low is not None
        assert band.share.high is not None
        assert 0 <= band.share.low < 2 / 6 < band.share.high <= 1


def test_bands_must_rise_and_hold_every_score() -> None:
    with pytest.raises(UsageError, match="score_bands_order"):
        distribution(ORDINARY, (0, 60, 60))
    with pytest.raises(UsageError, match="score_out_of_bounds"):
        distribution(ORDINARY, (60, 80, 100))


def test_the_worst_questions_come_first_with_intervals_and_shared_places() -> None:
    answers = {
        "greeting": [stratum(*[100] * 20, of=100)],
        "next step": [stratum(*[0] * 15, 100, of=100, absent=4)],
        "needs": [stratum(*[0] * 10, *[100] * 6, of=100)],
    }
    found = worst_questions(answers)
    assert [(row.who, row.place) for row in found] == [("next step", 1), ("needs", 1), ("greeting", 3)]
    estimate = found[0].estimate
    assert estimate.value == pytest.approx(6.25)
    assert estimate.low is not None
    assert estimate.high is not None
    assert 0 < estimate.low < 6.25 < estimate.high < 40
