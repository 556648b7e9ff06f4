"""Who may be ruled against, and when: values in, values out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.config import Company
from qc_workbench.detection.working_time import WorkingTime
from qc_workbench.domain.bonus import Fault, Terms
from qc_workbench.domain.flag import Finding, Ruling
from qc_workbench.review.bonus import Record, frozen, frozen_terms, statement
from qc_workbench.review.right_of_reply import ReplyState, calendar_days, reply_of

AT = datetime(2026, 10, 5, 9, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Moscow")
TERMS = Terms("RUB", Decimal(10000), Decimal(0), {"no_task": Decimal(100)}, {}, None, None, 0, Decimal(1), reply_days=3)
FAULT = Fault("v1", "no_task", "m1", AT)


def finding(number: int, ruling: Ruling, at: datetime, supersedes: str | None = None) -> Finding:
    return Finding(f"f{number}", "v1", ruling, "Вера", at, "", supersedes)


def test_the_deadline_is_the_end_of_a_working_day_and_passes_over_days_off() -> None:
    until = WorkingTime(Company()).reply_until
    friday = datetime(2026, 10, 30, 9, tzinfo=UTC)  # 4 November is a holiday
    assert until(friday, 3) == datetime(2026, 11, 5, 19, tzinfo=ZONE)


def test_a_question_that_was_taken_back_gives_nobody_the_right_to_rule() -> None:
    taken = [finding(1, Ruling.ASKED, AT), finding(2, Ruling.WITHDRAWN, AT + timedelta(minutes=1), "f1")]
    assert reply_of(taken, [AT + timedelta(hours=1)], 3).state(AT + timedelta(days=9)) is ReplyState.NOT_ASKED


def test_an_answer_from_before_the_question_is_no_answer_to_it() -> None:
    reply = reply_of([finding(1, Ruling.ASKED, AT)], [AT - timedelta(days=1)], 3)
    assert reply.state(AT) is ReplyState.OPEN
    assert reply.heard_from == AT + timedelta(days=3)


HOURS = st.integers(0, 200)
STEPS = st.lists(st.tuples(st.sampled_from(list(Ruling)), HOURS), max_size=8)


@given(STEPS, st.lists(HOURS, max_size=3))
def test_no_line_takes_anything_off_unless_its_agent_was_asked_and_could_answer(
    steps: list[tuple[Ruling, int]], answered: list[int]
) -> None:
    made: list[Finding] = []
    for number, (ruling, hour) in enumerate(sorted(steps, key=lambda step: step[1])):
        before = made[-1].finding_id if made and ruling is Ruling.WITHDRAWN else None
        made.append(finding(number, ruling, AT + timedelta(hours=hour), before))
    answers = tuple(AT + timedelta(hours=hour) for hour in answered)
    found = statement("m1", date(2026, 10, 1), [Record(FAULT, tuple(made), (), answers)], TERMS, ZONE, calendar_days)
    for line in found.lines:
        if line.amount:
            asked = [item.at for item in made if item.ruling is Ruling.ASKED and item.at <= line.confirmed_at]
            assert asked
            answer_came = any(min(asked) <= at <= line.confirmed_at for at in answers)
            assert answer_came or line.confirmed_at >= min(asked) + timedelta(days=3)


def test_an_approved_month_keeps_the_days_it_was_approved_under() -> None:
    assert frozen_terms(frozen(statement("m1", date(2026, 10, 1), [], TERMS, ZONE))).reply_days == 3
