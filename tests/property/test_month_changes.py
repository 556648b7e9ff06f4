"""The report never calls a difference a rise or a fall that chance may have made, in the rule or in words."""

from __future__ import annotations

import math
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.reporting.indicators import (
    ENOUGH,
    Change,
    Indicator,
    Kind,
    Months,
    Reach,
    averaged,
    change_of,
    counted,
    estimated,
    indicator,
    median_of,
    newcombe,
    order_interval,
    reach_of,
    shared,
    summed,
)
from qc_workbench.reporting.month_indicators import changes_in_words, targets_in_words
from qc_workbench.reporting.share import Share
from qc_workbench.sampling.estimates import Estimate
from qc_workbench.ui.i18n import Translator

OVER = Months(31, 30, is_over=True)
WORDS = {language: Translator(language, ZoneInfo("Europe/Moscow")) for language in ("ru", "en")}
shares = st.integers(0, 4000).flatmap(lambda of: st.builds(Share, st.integers(0, of), st.just(of)))
amounts = st.lists(st.decimals(1, 10**6, places=2), max_size=40)
days = st.lists(st.floats(0, 400), max_size=60)
CERTAIN = (Change.UP, Change.DOWN)


def direction(change: Change) -> int:
    return {Change.UP: 1, Change.DOWN: -1}[change]


@given(shares, shares)
def test_a_share_rises_only_where_the_interval_of_the_difference_leaves_nothing_out(now: Share, before: Share) -> None:
    change = change_of(Kind.SHARE, shared(now), shared(before), OVER)
    if change in CERTAIN:
        low, high = newcombe(shared(now), shared(before))
        assert low > 0 if change is Change.UP else high < 0
        assert min(now.of, before.of) >= ENOUGH
        assert now.value is not None
        assert before.value is not None
        assert math.copysign(1, now.value - before.value) == direction(change)


@given(shares)
def test_a_share_against_itself_has_not_changed(share: Share) -> None:
    assert change_of(Kind.SHARE, shared(share), shared(share), OVER) not in CERTAIN


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_a_count_changes_only_beyond_what_the_length_of_the_months_and_chance_explain(now: int, before: int) -> None:
    change = change_of(Kind.COUNT, counted(now), counted(before), OVER)
    if change in CERTAIN:
        # The square root of a Poisson count has a deviation of a half: a rough rule of another kind.
        gap = math.sqrt(now / 31) - math.sqrt(before / 30)
        assert abs(gap) > 1.5 * math.sqrt((1 / 31 + 1 / 30) / 4)
        assert math.copysign(1, gap) == direction(change)


@given(amounts, amounts)
def test_a_sum_and_a_mean_of_few_deals_say_nothing(now: list[Decimal], before: list[Decimal]) -> None:
    sums = change_of(Kind.MONEY, summed(now), summed(before), OVER)
    means = change_of(Kind.MONEY, averaged(now), averaged(before), OVER, is_mean=True)
    if min(len(now), len(before)) < ENOUGH:
        assert sums is Change.FEW
        assert means in (Change.FEW, Change.NONE)
    if sums in CERTAIN:
        assert (sum(now) > sum(before)) == (sums is Change.UP)
    if means in CERTAIN:
        assert (sum(now) / len(now) > sum(before) / len(before)) == (means is Change.UP)


@given(days, days)
def test_a_median_changes_only_where_the_intervals_do_not_touch(now: list[float], before: list[float]) -> None:
    change = change_of(Kind.DAYS, median_of(now), median_of(before), OVER)
    if change in CERTAIN:
        higher, lower = (now, before) if change is Change.UP else (before, now)
        one, other = order_interval(sorted(higher)), order_interval(sorted(lower))
        assert one is not None
        assert other is not None
        assert one[0] > other[1]


@given(st.integers(1, 1500))
def test_the_interval_of_a_median_holds_it_in_at_least_95_of_100_samples(n: int) -> None:
    found = order_interval([float(number) for number in range(n)])
    if found is None:
        assert n < 6
        return
    below = int(found[0])
    assert found[1] == n - 1 - below
    missed = 2 * sum(math.comb(n, number) for number in range(below + 1)) / 2**n
    assert missed <= 0.0501


@given(shares, shares)
def test_a_month_that_goes_on_is_not_compared(now: Share, before: Share) -> None:
    goes_on = Months(31, 30, is_over=False)
    assert change_of(Kind.SHARE, shared(now), shared(before), goes_on) in (Change.OPEN, Change.NONE)
    assert reach_of(shared(now), 0.5, goes_on, at_least=True) in (Reach.MET, Reach.OPEN, None)


@given(shares, shares)
def test_a_month_that_the_data_hold_in_part_is_not_compared_with(now: Share, before: Share) -> None:
    partial = Months(31, 30, is_over=True, is_whole_before=False)
    assert change_of(Kind.SHARE, shared(now), shared(before), partial) in (Change.PARTIAL, Change.NONE)
    assert change_of(Kind.COUNT, counted(500), counted(3), partial) is Change.PARTIAL


@given(st.floats(0.01, 0.99), st.floats(0, 0.2), st.floats(0.01, 1))
def test_an_estimate_meets_a_target_only_with_its_whole_interval(value: float, wide: float, target: float) -> None:
    low, high = max(0.0, value - wide), min(1.0, value + wide)
    reading = estimated(Estimate(value, low, high, 50, 1000, 1.0, 0.95))
    reach = reach_of(reading, target, OVER, at_least=True)
    assert reach is (Reach.MET if low >= target else Reach.MISSED if high < target else Reach.UNSURE)


items = st.builds(
    lambda code, now, before: indicator(code, Kind.SHARE, shared(now), shared(before), OVER, target=0.5),
    st.sampled_from(["win_rate", "lost_call_rate", "held_share", "never_called_back"]), shares, shares,
)  # fmt: skip


@pytest.mark.parametrize("language", ["ru", "en"])
@given(found=st.lists(items, max_size=4, unique_by=lambda item: item.code))
def test_a_sentence_says_higher_or_lower_only_of_what_the_rule_allows(language: str, found: list[Indicator]) -> None:
    words = WORDS[language]
    said = " ".join(changes_in_words(found, words))
    up, down = words("month_say.up", list=""), words("month_say.down", list="")
    assert (up.rstrip(". ") in said) == any(item.change is Change.UP for item in found)
    assert (down.rstrip(". ") in said) == any(item.change is Change.DOWN for item in found)
    for item in found:
        if item.change not in CERTAIN:
            name = words(f"indicator.{item.code}")
            assert f"{name[:1].lower()}{name[1:]} (" not in said
    for item in found:
        name = words(f"indicator.{item.code}")
        told = " ".join(targets_in_words([item], words))
        assert bool(told) == (item.now.value is not None)
        assert not told or name[1:] in told
