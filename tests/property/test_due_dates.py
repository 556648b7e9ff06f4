"""Rules that hold for every spoken due expression, whenever it is said."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.config import Company
from qc_workbench.detection.due_dates import parse_due
from qc_workbench.detection.working_calendar import WorkingCalendar

COMPANY = Company()
CALENDAR = WorkingCalendar.of(COMPANY)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2029, 12, 31)).map(  # noqa: DTZ001  the zone is set at once
    lambda moment: moment.replace(tzinfo=ZoneInfo("Europe/Moscow"))
)
WEEKDAYS = ("понедельник", "вторник", "среду", "четверг", "пятницу", "субботу", "воскресенье")
PHRASES = (
    *(f"в {name}" for name in WEEKDAYS), "завтра", "послезавтра", "сегодня вечером", "через недельку",
    "недели через две",
    "через месяц", "через пару месяцев", "через полгода", "на следующей неделе", "на этой неделе", "до конца недели",
    "к пятнице", "до среды", "после вторника", "не раньше четверга", "в выходные", "после выходных", "числа десятого",
    "тридцать первого", "в начале месяца", "в середине ноября", "в конце месяца", "до конца месяца", "после праздников",
    "после майских", "сразу после нового года", "в новом году", "весной", "ближе к зиме", "на днях", "через час",
    "next week", "by Friday", "before Monday", "in a fortnight", "towards the end of March",
    "the 5th of May", "after the holidays",
    "early next month", "in a month", "over the weekend", "within two days", "end of the month",
)  # fmt: skip


@given(MOMENTS, st.sampled_from(PHRASES))
def test_a_window_starts_on_the_call_day_or_later_and_ends_no_earlier_than_it_starts(
    said_at: datetime, phrase: str
) -> None:
    found = parse_due(f"перезвоните {phrase}", said_at, COMPANY)
    if found is not None:  # «в середине ноября», nine months ahead, is taken for the past
        assert said_at.date() <= found.due_from <= found.due_to
        assert found.due_to <= said_at.date() + timedelta(days=420)


@given(MOMENTS, st.integers(0, 6))
def test_a_weekday_said_is_the_weekday_got_within_a_week(said_at: datetime, weekday: int) -> None:
    found = parse_due(f"наберите в {WEEKDAYS[weekday]}", said_at, COMPANY)
    assert found is not None
    assert found.due_from == found.due_to
    assert found.due_from.weekday() == weekday
    assert timedelta(days=1) <= found.due_from - said_at.date() <= timedelta(days=7)


@given(
    MOMENTS,
    st.integers(1, 40),
    st.sampled_from(
        [*(f"в {name}" for name in WEEKDAYS), "на следующей неделе", "завтра", "до пятницы", "by Thursday"]
    ),
)
def test_what_counts_in_weeks_moves_with_the_week(said_at: datetime, weeks: int, phrase: str) -> None:
    shift = timedelta(weeks=weeks)
    now, then = parse_due(phrase, said_at, COMPANY), parse_due(phrase, said_at + shift, COMPANY)
    assert now is not None
    assert then is not None
    assert (now.due_from + shift, now.due_to + shift) == (then.due_from, then.due_to)


@given(MOMENTS)
def test_after_the_holidays_is_five_working_days_that_follow_days_off(said_at: datetime) -> None:
    found = parse_due("давайте после праздников", said_at, COMPANY)
    assert found is not None
    assert CALENDAR.is_working(found.due_from)
    assert not CALENDAR.is_working(found.due_from - timedelta(days=1))
    days = [found.due_from + timedelta(days=n) for n in range((found.due_to - found.due_from).days + 1)]
    assert sum(CALENDAR.is_working(day) for day in days) == 5


@given(MOMENTS, st.integers(9, 17), st.integers(1, 2))
def test_hours_said_as_a_range_are_that_range(said_at: datetime, first: int, length: int) -> None:
    found = parse_due(f"завтра с {first} до {first + length}", said_at, COMPANY)
    assert found is not None
    assert found.time_from is not None
    assert found.time_to is not None
    assert (found.time_from.hour, found.time_to.hour) == (first, first + length)


@given(MOMENTS, st.integers(0, 6), st.integers(0, 6))
def test_a_corrected_day_replaces_the_first(said_at: datetime, first: int, second: int) -> None:
    found = parse_due(f"в {WEEKDAYS[first]}… хотя нет, лучше в {WEEKDAYS[second]}", said_at, COMPANY)
    assert found is not None
    assert found.due_from.weekday() == second
