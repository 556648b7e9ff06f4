"""Heard seconds: a union is the same seconds, gaps are the others, time at work grows no faster than the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.errors import UsageError
from qc_workbench.review.hearing import MOST_RANGES, gaps, heard_more, seconds, told, union

AT = datetime(2026, 10, 5, 8, tzinfo=UTC)
moments = st.integers(0, 60).map(lambda quarter: quarter / 4)  # exact in binary: sums can be compared
ranges = st.lists(st.tuples(moments, moments), max_size=12)


def seconds_by_hand(items: list[tuple[float, float]]) -> set[int]:
    """The quarters of a second that lie in any of the ranges."""
    return {quarter for start, end in items for quarter in range(int(start * 4), int(end * 4))}


@given(ranges)
def test_a_union_holds_the_same_seconds_in_few_disjoint_ranges_in_order(items: list[tuple[float, float]]) -> None:
    found = union(items)
    assert seconds_by_hand(list(found)) == seconds_by_hand(items)
    assert all(start < end for start, end in found)
    assert all(before[1] < after[0] for before, after in pairwise(found))
    assert seconds(found) == len(seconds_by_hand(items)) / 4


@given(ranges, ranges, st.randoms())
def test_it_does_not_matter_in_which_order_and_how_often_ranges_are_told(
    first: list[tuple[float, float]], second: list[tuple[float, float]], chance: object
) -> None:
    whole = union([*first, *second])
    assert union([*union(second), *union(first), *first]) == whole
    assert union(whole) == whole


@given(ranges, moments, st.sampled_from([0.0, 0.5, 1.2]))
def test_gaps_are_the_stretches_of_the_recording_outside_that_are_long_enough(
    items: list[tuple[float, float]], duration_s: float, longer_than_s: float
) -> None:
    found = gaps(items, duration_s, longer_than_s)
    free = {quarter for quarter in range(int(duration_s * 4)) if quarter not in seconds_by_hand(items)}
    assert seconds_by_hand(list(found)) <= free
    assert all(end - start > longer_than_s for start, end in found)
    left = sorted(free - seconds_by_hand(list(found)))
    runs = [quarter for quarter in left if quarter - 1 not in left]
    for run in runs:
        length = next(n for n in range(1, len(left) + 2) if run + n not in left)
        assert length / 4 <= longer_than_s


@given(st.lists(st.tuples(ranges, st.floats(0, 30), st.floats(0, 20)), min_size=1, max_size=6))
def test_time_at_work_grows_no_faster_than_the_clock(
    reports: list[tuple[list[tuple[float, float]], float, float]],
) -> None:
    heard, now, every = None, AT, []
    for items, spent_s, later_s in reports:
        before = heard
        now += timedelta(seconds=later_s)
        heard = heard_more(before, "c", "p", items, spent_s, now)
        every += items
        assert heard.ranges == union(every)
        if before is not None:
            assert 0 <= heard.spent_s - before.spent_s <= (heard.updated_at - before.updated_at).total_seconds() + 1e-6
    assert heard is not None
    assert heard.heard_s == seconds(heard.ranges)
    assert heard.share(15.0) == min(1.0, heard.heard_s / 15.0)
    assert heard.share(0.0) is None


def test_a_report_is_cut_to_the_recording_and_nonsense_is_refused() -> None:
    assert told([[-1.0, 2.0], [9.0, 12.0], [11.0, 12.0]], 5.0, 10.0) == (((0.0, 2.0), (9.0, 10.0)), 5.0)
    nonsense: list[tuple[list[list[float]], float]] = [
        ([[1.0]], 0.0), ([[1.0, float("nan")]], 0.0), ([], -1.0), ([], 1e9), ([[0.0, 1.0]] * (MOST_RANGES + 1), 0.0),
    ]  # fmt: skip
    for items, spent_s in nonsense:
        with pytest.raises(UsageError, match="heard_unreadable"):
            told(items, spent_s, 10.0)
