"""The daily page: comparisons that don't cry wolf, callers with one outcome each, what leaves by e-mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.config import Company
from qc_workbench.detection.working_calendar import WorkingCalendar
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.today import DayNumbers
from qc_workbench.reporting.callbacks import CallBack, callback_deadline, called_back, median_minutes
from qc_workbench.reporting.comparing import Trend, Wish, compare_counts, compare_shares
from qc_workbench.reporting.day_mail import day_mail
from qc_workbench.reporting.render_html import render_html
from qc_workbench.reporting.share import Share
from qc_workbench.reporting.today import Alarm, Figure, compared_stretches
from qc_workbench.reporting.today_document import today_document
from qc_workbench.reporting.today_lists import DayList, listed, total_of
from qc_workbench.reporting.today_words import compared_text, figure_text, note_of
from qc_workbench.ui.i18n import Translator
from tests.missed_in_python import missed_in_python
from tests.report_cases import at, call, missed
from tests.today_cases import a_day

GOLDEN = Path(__file__).parents[1] / "golden" / "reports"
BERLIN = Company(timezone="Europe/Berlin", country="DE")

# Callers -------------------------------------------------------------------------------------------------------------


def test_each_way_of_being_called_back_is_told_apart() -> None:
    page = a_day()
    assert [item.how for item in page.callers] == [
        CallBack.IN_TIME, CallBack.LATE, CallBack.OWN_TRY, CallBack.NEVER, CallBack.HIDDEN,
    ]  # fmt: skip
    assert page.median_callback_min == (5 + 120) / 2


PHONES = ["+79160000001", "+79160000002", None]
some_calls = st.lists(
    st.builds(
        lambda minute, direction, phone, outcome: Call(
            "", at(6, 8) + timedelta(minutes=minute), direction, "m1", phone, 30, outcome
        ),
        st.integers(0, 2000), st.sampled_from(Direction), st.sampled_from(PHONES), st.sampled_from(Outcome),
    ),
    max_size=14,
).map(lambda found: [replace(item, call_id=f"c{number}") for number, item in enumerate(found)])  # fmt: skip


@given(some_calls, st.integers(1, 600))
def test_every_missed_call_has_exactly_one_outcome(calls: list[Call], minutes: int) -> None:
    unanswered = [
        item for item in calls if item.direction is Direction.INBOUND and item.outcome is not Outcome.ANSWERED
    ]
    found = called_back(missed_in_python(calls, [(at(1), at(30))], at(30)), minutes, Company())
    assert sum(item.caller.attempts for item in found) == len(unanswered)
    assert sum(sum(item.how is how for item in found) for how in CallBack) == len(found)
    for item in found:
        phone = item.caller.client_phone
        after = [other for other in calls if other.client_phone == phone and other.started_at > item.caller.started_at]
        ours = [other for other in after if other.direction is Direction.OUTBOUND]
        if item.how in (CallBack.IN_TIME, CallBack.LATE):
            reached_at = item.caller.started_at + timedelta(seconds=item.caller.after_s or 0)
            assert (item.how is CallBack.IN_TIME) == (reached_at <= item.deadline)
            assert any(other.started_at == reached_at and other.outcome is Outcome.ANSWERED for other in ours)
        if item.how is CallBack.NEVER:
            assert not ours
            assert phone is not None
    waits = [item for item in found if item.how in (CallBack.IN_TIME, CallBack.LATE)]
    assert (median_minutes(found) is None) == (not waits)


@pytest.mark.parametrize(
    ("missed_at", "deadline"),
    [
        (at(6, 10), at(6, 10, 15)),
        (at(6, 18, 50), at(7, 9, 5)),  # ten minutes today, five tomorrow
        (at(6, 22), at(7, 9, 15)),
        (at(6, 7), at(6, 9, 15)),
        (at(9, 18, 55), at(12, 9, 10)),  # Friday evening goes on on Monday
        (at(3, 18, 55, month=11), at(5, 9, 10, month=11)),  # the 4th of November is a holiday
    ],
)
def test_the_minutes_of_a_call_back_are_minutes_of_work(missed_at: datetime, deadline: datetime) -> None:
    assert callback_deadline(missed_at, 15, Company()) == deadline


@given(st.integers(0, 330_000).map(lambda minutes: at(20, month=3) + timedelta(minutes=minutes)), st.integers(1, 900))
def test_a_deadline_is_within_working_hours_and_after_the_call(missed_at: datetime, minutes: int) -> None:
    deadline = callback_deadline(missed_at, minutes, BERLIN)
    local = deadline.astimezone(BERLIN.zone)
    assert deadline >= missed_at + timedelta(minutes=minutes) - timedelta(hours=1)  # a clock set back in between
    assert WorkingCalendar.of(BERLIN).is_working(local.date())
    assert BERLIN.day_starts < local.time() <= BERLIN.day_ends
    assert callback_deadline(missed_at, minutes + 1, BERLIN) > deadline


# Comparing -----------------------------------------------------------------------------------------------------------

counts = st.integers(0, 3000)


@given(counts, st.lists(counts, max_size=4), st.sampled_from(Wish))
def test_a_count_inside_of_the_usual_ones_is_usual(now: int, earlier: list[int], wish: Wish) -> None:
    found = compare_counts(now, earlier[0] if earlier else None, earlier, wish)
    if len(earlier) < 2:
        assert found.trend is Trend.UNKNOWN
    elif min(earlier) <= now <= max(earlier):
        assert found.trend is Trend.USUAL
    elif found.trend is not Trend.CHANCE:
        assert (now > max(earlier)) == (found.trend is _up(wish))


def _up(wish: Wish) -> Trend:
    return {Wish.MORE: Trend.BETTER, Wish.FEWER: Trend.WORSE, Wish.NEITHER: Trend.MORE}[wish]


def test_small_counts_differ_only_when_they_differ_much() -> None:
    assert compare_counts(2, 0, [0, 1, 0, 0], Wish.FEWER).trend is Trend.CHANCE
    assert compare_counts(12, 2, [2, 3, 1, 2], Wish.FEWER).trend is Trend.WORSE
    assert compare_counts(80, 40, [40, 42, 39, 41], Wish.NEITHER).trend is Trend.MORE
    assert compare_counts(1200, 1000, [1000, 1010, 990, 1005], Wish.MORE).trend is Trend.BETTER


def test_a_share_of_a_few_calls_says_nothing() -> None:
    assert compare_shares(Share(1, 2), Share(0, 20), [Share(0, 20)] * 4, Wish.FEWER).trend is Trend.UNKNOWN
    assert compare_shares(Share(1, 10), Share(1, 20), [Share(1, 20)] * 4, Wish.FEWER).trend is Trend.CHANCE
    assert compare_shares(Share(12, 30), Share(1, 20), [Share(1, 20)] * 4, Wish.FEWER).trend is Trend.WORSE


@given(st.integers(0, 50), st.integers(0, 50), st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=4))
def test_more_lost_calls_are_never_better(missed_now: int, answered: int, before: list[tuple[int, int]]) -> None:
    now = Share(missed_now, missed_now + answered)
    earlier = [Share(lost, lost + kept) for lost, kept in before]
    found = compare_shares(now, None, earlier, Wish.FEWER)
    pooled = sum(item.count for item in earlier) / max(1, sum(item.of for item in earlier))
    if found.trend is Trend.BETTER:
        assert (now.value or 0) < pooled
    if found.trend is Trend.WORSE:
        assert (now.value or 0) > pooled


def test_a_weekday_without_calls_is_no_part_of_what_is_usual() -> None:
    assert a_day().compared(Figure.CALLS).days == 3
    assert a_day().compared(Figure.LOST_RATE).trend is Trend.WORSE


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_days_of_a_changed_clock_are_compared_up_to_the_same_time_of_day(day: date) -> None:
    noon = datetime.combine(day, time(12), BERLIN.zone).astimezone(UTC)
    stretches = compared_stretches(day, noon, BERLIN)
    assert len(stretches) == 5
    assert {end.astimezone(BERLIN.zone).time() for _, end in stretches} == {time(12)}
    assert [start.astimezone(BERLIN.zone).date() for start, _ in stretches] == [
        day - timedelta(days=7 * n) for n in range(5)
    ]
    over = compared_stretches(day, noon + timedelta(days=1), BERLIN)
    assert over[0][1] - over[0][0] == timedelta(hours=23 if day.month == 3 else 25)


# What it says --------------------------------------------------------------------------------------------------------


def test_what_is_on_fire_is_said_and_a_calm_day_is_calm() -> None:
    assert a_day().alarms == {
        Alarm.ESCALATED: 1, Alarm.NEVER: 1, Alarm.LOST_RATE: 5, Alarm.OVERDUE: 2, Alarm.BROKEN: 1,
    }  # fmt: skip
    calm = replace(
        a_day(), numbers=DayNumbers(calls=40, inbound=20, missed=1), callers=(), broken_total=0,
        control=replace(a_day().control, history={}),
    )  # fmt: skip
    assert calm.alarms == {}


def test_who_can_still_be_called_in_time_is_no_alarm() -> None:
    late = missed("i9", at(6, 18, 55))
    callers = called_back(missed_in_python([late], [(at(6, 0), at(7, 0))], at(6, 19)), 15, Company())
    assert Alarm.NEVER not in replace(a_day(), callers=callers, moment=at(6, 19)).alarms


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_mail_says_the_same_words_every_time(language: str) -> None:
    mail = day_mail(a_day(), "owner@example.com", Translator(language))
    assert f"{mail.subject}\n\n{mail.text}" == (GOLDEN / f"day_mail.{language}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", ["ru", "en"])
def test_no_whole_phone_leaves_by_mail_or_file(language: str) -> None:
    words = Translator(language)
    mail = day_mail(a_day(), "owner@example.com", words)
    for text in (mail.text, mail.html, render_html(today_document(a_day(), words))):
        assert "9160000" not in text
        assert "123-45-67" not in text
        assert "+7916·····" not in text or "·····14" in text
    assert mail.attachments == ()
    assert "<script" not in mail.html
    assert "http" not in mail.html


def test_a_name_in_the_mail_is_text() -> None:
    hostile = replace(a_day(), company="<img src=x>")
    assert "<img" not in day_mail(hostile, "owner@example.com", Translator("ru")).html


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_list_that_is_cut_says_so(language: str) -> None:
    page = a_day()
    assert total_of(page, DayList.OVERDUE) == 7
    assert len(listed(page, DayList.OVERDUE, Translator(language)).rows) == 1
    cut = {"ru": "Показаны первые 1 из 7", "en": "The first 1 of 7 are shown"}[language]
    assert cut in str(today_document(page, Translator(language)).sections)
    assert cut in day_mail(page, "owner@example.com", Translator(language)).text


def test_nothing_to_compare_with_is_said() -> None:
    first = replace(a_day(), earlier=(None, None, None, None))
    assert compared_text(first, Figure.CALLS, Translator("ru")) == "сравнить не с чем"
    second = replace(a_day(), earlier=(DayNumbers(calls=9, inbound=3), None, None, None))
    assert "мало данных" in compared_text(second, Figure.CALLS, Translator("ru"))


def test_escalations_are_not_said_to_be_none_where_telephony_tells_of_no_call_who_answered_it() -> None:
    page, words = a_day(), Translator("ru")
    untold = replace(page, numbers=replace(page.numbers, roles_known=0, escalated=0))
    said = (figure_text(untold, Figure.ESCALATED, words), compared_text(untold, Figure.ESCALATED, words))
    assert said == ("—", "")
    assert note_of(untold, Figure.ESCALATED, words) == "телефония не сообщает, кто ответил"
    assert figure_text(page, Figure.ESCALATED, words) == "1"


def test_a_call_answered_by_an_agent_is_no_escalation_of_the_day() -> None:
    rows = listed(a_day(), DayList.ESCALATED, Translator("ru")).rows
    assert [row[3].text for row in rows] == ["собственник"]
    assert call("x", at(6)).answered_by_role is None
