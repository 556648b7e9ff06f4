"""The owner's daily page: missed callers, what is late, what waits for a decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.commitment import CommitmentOutcome
from qc_workbench.domain.flag import Ruling
from qc_workbench.reporting.day import Day, MissedCaller, Reached, build_day, missed_callers
from tests.report_cases import at, call, facts, finding, missed, promise

SIXTH = date(2026, 10, 6)


def page(day: date = SIXTH, **changes: object) -> Day:
    return build_day(replace(facts(), **changes), day)  # type: ignore[arg-type]


def only(*calls: Call) -> MissedCaller:
    [caller] = missed_callers(calls, calls, at(7))
    return caller


def test_a_caller_we_called_back_is_reached_by_us_with_the_time_it_took() -> None:
    caller = page().missed[0]
    assert (caller.reached, caller.reached_by_call_id, caller.after_s) == (Reached.BY_US, "back", 7200)
    assert caller.attempts == 2
    assert page().median_callback_s == 7200


def test_a_caller_who_got_through_at_the_second_attempt_was_not_our_merit() -> None:
    again = call("again", at(6, 14), direction=Direction.INBOUND, phone="+79000000009")
    assert only(missed("i", at(6, 13)), again).reached is Reached.BY_CLIENT


def test_our_unanswered_call_is_an_attempt_and_no_contact() -> None:
    tried = call("try", at(6, 14), outcome=Outcome.MISSED, talk_s=0, phone="+79000000009")
    assert only(missed("i", at(6, 13)), tried).reached is Reached.TRIED


def test_a_call_before_the_missed_one_does_not_count_as_a_call_back() -> None:
    before = call("before", at(6, 12), phone="+79000000009")
    assert only(missed("i", at(6, 13)), before).reached is Reached.NOT_YET


def test_hidden_numbers_are_each_a_caller_who_cannot_be_called() -> None:
    calls = (missed("a", at(6, 13), None), missed("b", at(6, 14), None))
    assert [item.reached for item in missed_callers(calls, calls, at(7))] == [Reached.HIDDEN, Reached.HIDDEN]


def test_the_page_compares_with_the_same_day_a_week_ago() -> None:
    earlier = page(date(2026, 10, 13)).week_ago
    assert earlier.calls == page().now.calls == 5


def test_suspicious_calls_are_those_of_the_day_and_decisions_are_all_that_wait() -> None:
    assert [item.call_id for item in page(date(2026, 10, 1)).suspicious] == ["o1"]
    assert page().suspicious == ()
    assert page().decisions.suspicious_calls == 1
    ruled = page(findings=(finding("flag-o1", Ruling.CONFIRMED),))
    assert ruled.decisions.suspicious_calls == 0
    asked = page(findings=(finding("flag-o1", Ruling.ASKED),))
    assert asked.decisions.suspicious_calls == 1


def test_promises_of_the_day_are_those_whose_window_holds_it_and_that_are_not_kept() -> None:
    wide = promise("o1", CommitmentOutcome.SCHEDULED, date(2026, 10, 5), date(2026, 10, 7))
    kept = promise("o3", CommitmentOutcome.KEPT, SIXTH)
    assert [item.spoken.call_id for item in page(commitments=(wide, kept)).due_today] == ["o1"]


def test_a_broken_promise_is_one_whose_window_has_passed() -> None:
    broken = promise("o1", CommitmentOutcome.MISSING, date(2026, 10, 5))
    assert [item.spoken.call_id for item in page(commitments=(broken,)).broken] == ["o1"]
    assert page(date(2026, 10, 5), commitments=(broken,)).broken == ()


def test_overdue_tasks_are_those_not_done_by_the_end_of_the_day() -> None:
    assert [item.activity.activity_id for item in page().overdue] == ["a1"]
    assert page(date(2026, 10, 4)).overdue == ()


def test_a_deal_is_stuck_only_past_the_limit_of_its_stage() -> None:
    assert page(date(2026, 10, 24)).stuck == ()
    [stuck] = page(date(2026, 10, 30)).stuck
    assert (stuck.deal.deal_id, stuck.limit_days) == ("d4", 5)
