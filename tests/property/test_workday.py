"""A reviewer's days: nothing late without need, no day overfull, and the list of today stays while it is worked off."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from qc_workbench.domain.sampling import Period
from qc_workbench.review.due import DrawnBy, DueRule
from qc_workbench.review.workday import HORIZON_DAYS, days_of
from qc_workbench.review.workload import OpenCall, Reviewer

MONDAY = date(2026, 10, 5)
people = st.tuples(st.integers(1, 6), st.frozensets(st.integers(0, 6), min_size=1)).map(
    lambda spec: Reviewer("q", spec[0], spec[1])
)
drawn_calls = st.lists(st.integers(-3, 12), max_size=30).map(
    lambda dues: [OpenCall(f"c{n}", "m", MONDAY + timedelta(days=due)) for n, due in enumerate(dues)]
)
targeted_calls = st.lists(st.integers(-3, 12), max_size=8).map(
    lambda dues: [OpenCall(f"t{n}", "m", MONDAY + timedelta(days=due), False) for n, due in enumerate(dues)]
)


@given(drawn_calls, targeted_calls, people, st.integers(0, 4))
def test_every_call_has_a_day_and_no_day_is_overfull(
    calls: list[OpenCall], picked: list[OpenCall], me: Reviewer, heard: int
) -> None:
    places = sum(me.places(MONDAY + timedelta(days=number)) for number in range(1, HORIZON_DAYS))
    assume(places >= len(calls) + len(picked))
    slots = days_of([*calls, *picked], me, MONDAY, heard=heard)
    assert Counter(slot.call_id for slot in slots) == Counter(call.call_id for call in [*calls, *picked])
    for day, taken in Counter(slot.day for slot in slots).items():
        assert taken <= max(0, me.places(day) - (heard if day == MONDAY else 0))


@given(drawn_calls, people)
def test_as_few_calls_are_late_as_there_can_be(calls: list[OpenCall], me: Reviewer) -> None:
    slots = days_of(calls, me, MONDAY)
    feasible = all(
        sum(call.due <= day for call in calls) <= sum(me.places(MONDAY + timedelta(days=n)) for n in range(13)
                                                     if MONDAY + timedelta(days=n) <= day)
        for day in {call.due for call in calls}
    )  # fmt: skip
    assert any(slot.is_late for slot in slots) is not feasible


@given(drawn_calls, people, st.integers(0, 3))
def test_what_is_left_of_today_does_not_change_while_it_is_worked_off(
    calls: list[OpenCall], me: Reviewer, heard: int
) -> None:
    today = [slot.call_id for slot in days_of(calls, me, MONDAY, heard=heard) if slot.day == MONDAY]
    assume(today)
    left = [call for call in calls if call.call_id != today[0]]
    again = [slot.call_id for slot in days_of(left, me, MONDAY, heard=heard + 1) if slot.day == MONDAY]
    assert again == today[1:]


@given(drawn_calls, targeted_calls, people)
def test_targeted_calls_move_no_drawn_one(calls: list[OpenCall], picked: list[OpenCall], me: Reviewer) -> None:
    alone = days_of(calls, me, MONDAY)
    both = [slot for slot in days_of([*calls, *picked], me, MONDAY) if slot.call_id.startswith("c")]
    assert both == list(alone)


@given(drawn_calls, targeted_calls, people, st.integers(0, 3), st.integers(0, 3))
def test_targeted_calls_of_today_stay_too_in_whatever_order_the_day_is_worked_off(
    calls: list[OpenCall], picked: list[OpenCall], me: Reviewer, heard: int, heard_targeted: int
) -> None:
    def today(left: list[OpenCall], drawn: int, targeted: int) -> list[str]:
        slots = days_of(left, me, MONDAY, heard=drawn, heard_targeted=targeted)
        return [slot.call_id for slot in slots if slot.day == MONDAY]

    everything = [*calls, *picked]
    before = today(everything, heard, heard_targeted)
    first_targeted = next((call_id for call_id in before if call_id.startswith("t")), None)
    if first_targeted is None:
        return
    left = [call for call in everything if call.call_id != first_targeted]
    after = today(left, heard, heard_targeted + 1)
    assert after == [call_id for call_id in before if call_id != first_targeted]


def test_calls_due_at_the_end_of_the_week_are_spread_over_it() -> None:
    calls = [OpenCall(f"c{n}", "m", MONDAY + timedelta(days=6)) for n in range(20)]
    slots = days_of(calls, Reviewer("q", 30), MONDAY)
    assert Counter(slot.day for slot in slots) == {MONDAY + timedelta(days=n): 4 for n in range(5)}


# Due days -------------------------------------------------------------------------

RULE = DueRule(workdays=(1, 2, 3, 4, 5), targeted_days=5)
days = st.integers(0, 60).map(lambda number: MONDAY + timedelta(days=number))


def test_a_day_is_to_be_heard_on_the_next_working_day_and_a_week_within_the_week_after_it() -> None:
    friday, saturday = MONDAY + timedelta(days=4), MONDAY + timedelta(days=5)
    monday, sunday = MONDAY + timedelta(days=7), MONDAY + timedelta(days=6)
    assert RULE.due(DrawnBy("d", "", Period.DAILY, MONDAY, MONDAY + timedelta(days=1))) == MONDAY + timedelta(days=1)
    assert RULE.due(DrawnBy("d", "", Period.DAILY, friday, saturday)) == monday
    assert RULE.due(DrawnBy("w", "", Period.WEEKLY, sunday, monday)) == sunday + timedelta(days=7)
    assert RULE.due(DrawnBy("targeted", "", None, None, MONDAY)) == saturday


@given(st.sampled_from(Period), days, days)
def test_nobody_is_late_with_a_call_on_the_day_it_is_drawn(every: Period, period_to: date, drawn_on: date) -> None:
    due = RULE.due(DrawnBy("p", "", every, period_to, drawn_on))
    assert due >= drawn_on
    assert due > period_to
    assert due <= max(period_to, drawn_on) + timedelta(days=7)


def test_a_company_without_working_days_is_due_at_once() -> None:
    assert DueRule((), 1).due(DrawnBy("d", "", Period.DAILY, MONDAY, MONDAY)) == MONDAY + timedelta(days=1)
