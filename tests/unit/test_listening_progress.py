"""Time at work, the pace of a plan, replaced calls."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.review.pace import Pace, PaceState, pace
from qc_workbench.review.replacements import Replacement, count_replacements
from qc_workbench.review.timer import IDLE_AFTER, Timer
from qc_workbench.review.workload import Reviewer

NINE = datetime(2026, 10, 5, 9, tzinfo=UTC)
MONDAY = date(2026, 10, 5)


def after(*seconds: float) -> Timer:
    timer = Timer()
    for second in seconds:
        timer = timer.sign(NINE + timedelta(seconds=second))
    return timer


def test_the_clock_stands_still_a_minute_after_the_last_sign_and_goes_on_with_the_next() -> None:
    timer = after(0, 30)
    assert timer.seconds(NINE + timedelta(seconds=50)) == 50
    assert not timer.is_paused(NINE + timedelta(seconds=50))
    assert timer.seconds(NINE + timedelta(hours=3)) == 90
    assert timer.is_paused(NINE + timedelta(hours=3))
    assert after(0, 30, 10_830, 10_840).active_s == 100


def test_a_timer_that_was_stopped_counts_nothing_until_it_is_needed_again() -> None:
    stopped = after(0, 30).stop(NINE + timedelta(seconds=40))
    assert stopped.seconds(NINE + timedelta(hours=1)) == 40
    assert stopped.sign(NINE + timedelta(hours=1)).seconds(NINE + timedelta(hours=1, seconds=5)) == 45


@given(st.lists(st.floats(0, 4000), max_size=20))
def test_time_at_work_is_never_more_than_time_passed_nor_than_a_minute_a_sign(seconds: list[float]) -> None:
    timer = after(*seconds)
    shown = timer.seconds(NINE + timedelta(hours=2))
    assert 0 <= shown <= min(7200, IDLE_AFTER.total_seconds() * len(seconds)) + 1e-6
    assert timer == after(*[s for n, s in enumerate(seconds) if all(s > earlier for earlier in seconds[:n])])


def test_a_plan_says_how_many_are_done_and_how_many_working_days_are_left() -> None:
    friday = MONDAY + timedelta(days=4)
    assert pace(17, 23, MONDAY + timedelta(days=2), MONDAY, [Reviewer("q", 2)]) == Pace(
        17, 23, 3, 2, 0, PaceState.ON_TIME
    )
    assert pace(17, 23, MONDAY + timedelta(days=6), friday, [Reviewer("q", 6)]).days_left == 1  # the weekend is none


def test_a_plan_that_nobody_can_finish_in_time_says_how_many_calls_lack() -> None:
    short = pace(0, 23, MONDAY + timedelta(days=1), MONDAY, [Reviewer("q", 10)], done_today=4, others=2)
    assert (short.state, short.lacking) == (PaceState.SHORT, 9)  # 10 - 4 + 10 - 2 = 14 places
    away = Reviewer("q", 10, away=frozenset({MONDAY}))
    assert pace(22, 23, MONDAY, MONDAY, [away]) == Pace(22, 23, 0, 1, 1, PaceState.SHORT)


def test_a_plan_after_its_day_is_late_and_a_finished_one_never() -> None:
    tuesday = MONDAY + timedelta(days=1)
    assert pace(22, 23, MONDAY, tuesday, [Reviewer("q", 10)]).state is PaceState.LATE
    assert pace(23, 23, MONDAY, tuesday, [Reviewer("q", 10)]).state is PaceState.DONE


def test_replaced_calls_are_counted_by_person_and_reason() -> None:
    made = [Replacement("q1", "silent"), Replacement("q1", "damaged"), Replacement("q1", "silent")]
    first, second = count_replacements(made, {"q1": 7, "q2": 10, "q3": 0})
    assert (first.by, first.replaced, first.handled, first.reasons) == ("q1", 3, 10, {"silent": 2, "damaged": 1})
    assert (second.by, second.replaced, second.others) == ("q2", 0, pytest.approx(0.3))


def test_only_a_share_that_chance_does_not_explain_stands_out() -> None:
    def stands_out(replaced: int) -> bool:
        made = [Replacement("q1", "silent")] * replaced + [Replacement("q2", "silent")] * 5
        return next(item.stands_out for item in count_replacements(made, {"q1": 100, "q2": 100}) if item.by == "q1")

    assert not stands_out(7)
    assert stands_out(25)
    assert not count_replacements([Replacement("q1", "silent")] * 50, {})[0].stands_out  # nobody to compare with
