"""What is due when: by the company's clock, once in every night of the year, and once for all that was missed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.config import parse_settings
from qc_workbench.detection.working_calendar import WorkingCalendar
from qc_workbench.domain.schedule import Due, Outcome, Run, Standing, When
from qc_workbench.errors import SettingsError
from qc_workbench.review.due_moments import due_moments, due_now, next_moment, parse_when, try_again_at

BERLIN, MOSCOW = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Moscow")
ZONES = [BERLIN, MOSCOW, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")]
DAY = timedelta(days=1)
NOON = datetime(2026, 10, 5, 9, tzinfo=UTC)  # a Monday, noon in Moscow


def moments() -> st.SearchStrategy[datetime]:
    """Minutes of some years."""
    return st.integers(0, 5 * 366 * 1440).map(lambda n: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=n))


def local(moments: list[datetime], zone: ZoneInfo) -> list[str]:
    return [moment.astimezone(zone).strftime("%d.%m %H:%M") for moment in moments]


def run(due_at: datetime, outcome: Outcome, attempt: int = 1, again: datetime | None = None) -> Run:
    end = None if outcome is Outcome.RUNNING else due_at
    return Run("nightly", due_at, attempt, None, "run-1", due_at, end, outcome, try_again_at=again)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("02:00", When(time(2))),
        ("off", None),
        ("workdays 19:00", When(time(19), working=True)),
        ("Mon, Thu 7:30", None),
        ("mon,thu 7:30", When(time(7, 30), frozenset({1, 4}))),
        ("day 31 06:00", When(time(6), month_day=31)),
        ("every 30 min", When(every_min=30)),
    ],
)
def test_a_time_is_written_as_people_say_it(text: str, expected: When | None) -> None:
    if text == "Mon, Thu 7:30":
        with pytest.raises(ValueError, match="mon"):
            parse_when(text.lower())
        return
    assert parse_when(text) == expected


@pytest.mark.parametrize("text", ["", "24:00", "2:60", "xyz 02:00", "day 32 02:00", "day 0 02:00", "every 0 min", "every 1500 min", "02:00 x"])  # fmt: skip  # noqa: E501
def test_what_is_no_time_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_when(text)
    with pytest.raises(SettingsError, match="settings_value"):
        parse_settings(f'[schedule]\ntimes = {{ nightly = "{text}" }}\n', "qcw.toml")


def test_a_job_that_does_not_exist_is_refused() -> None:
    with pytest.raises(SettingsError, match="settings_value"):
        parse_settings('[schedule]\ntimes = { nightlyy = "02:00" }\n', "qcw.toml")


def test_the_spring_night_runs_it_once_as_much_later_as_the_clock_was_moved() -> None:
    found = due_moments(When(time(2, 30)), BERLIN, datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC))
    assert local(found, BERLIN) == ["28.03 02:30", "29.03 03:30", "30.03 02:30"]


def test_the_autumn_night_runs_it_once_the_first_time() -> None:
    found = due_moments(When(time(2, 30)), BERLIN, datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 26, 12, tzinfo=UTC))  # fmt: skip  # noqa: E501
    assert found == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


def test_working_days_follow_holidays_and_months_end_on_their_last_day() -> None:
    calendar = WorkingCalendar("RU", (1, 2, 3, 4, 5), time(9), time(19))
    evening = due_moments(
        When(time(19), working=True), MOSCOW, datetime(2026, 10, 30, tzinfo=UTC), datetime(2026, 11, 6, tzinfo=UTC),
        calendar.is_working,
    )  # fmt: skip
    assert local(evening, MOSCOW) == ["30.10 19:00", "02.11 19:00", "03.11 19:00", "05.11 19:00"]
    ends = due_moments(When(time(20), month_day=31), MOSCOW, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC))  # fmt: skip  # noqa: E501
    assert local(ends, MOSCOW) == ["31.01 20:00", "28.02 20:00", "31.03 20:00", "30.04 20:00"]


@given(
    zone=st.sampled_from(ZONES),
    at=st.times().map(lambda value: value.replace(second=0, microsecond=0)),
    start=moments(),
    days=st.integers(1, 400),
)
def test_every_day_has_one_moment_and_it_is_at_its_hour_or_an_hour_later(
    zone: ZoneInfo, at: time, start: datetime, days: int
) -> None:
    found = due_moments(When(at), zone, start, start + DAY * days)
    first = start.astimezone(zone).date()
    whole = [first + DAY * number for number in range(1, days - 1)]  # those at the ends may be outside
    said = [moment.astimezone(zone).date() for moment in found]
    assert [day for day in said if day in set(whole)] == whole
    for moment in found:
        there = moment.astimezone(zone)
        asked = datetime.combine(there.date(), at, zone)
        exists = asked.astimezone(UTC).astimezone(zone).time() == at
        assert there.time() == at or not exists
        assert timedelta(0) <= there.replace(tzinfo=None) - asked.replace(tzinfo=None) <= timedelta(hours=1)


@given(
    zone=st.sampled_from(ZONES),
    when=st.one_of(
        st.integers(1, 1440).map(lambda n: When(every_min=n)),
        st.builds(
            When,
            at=st.times().map(lambda value: value.replace(second=0, microsecond=0)),
            weekdays=st.frozensets(st.integers(1, 7), min_size=1),
            month_day=st.none() | st.integers(1, 31),
        ),
    ),
    start=moments(),
    cuts=st.lists(st.integers(0, 20 * 1440), max_size=8),
)
def test_however_often_one_looks_each_moment_is_seen_once(
    zone: ZoneInfo, when: When, start: datetime, cuts: list[int]
) -> None:
    marks = [start, *(start + timedelta(minutes=cut) for cut in sorted(cuts)), start + DAY * 20]
    pieces = [moment for low, high in pairwise(marks) for moment in due_moments(when, zone, low, high)]
    whole = due_moments(when, zone, marks[0], marks[-1])
    assert pieces == whole == sorted(set(whole))
    assert next_moment(when, zone, start) in ({whole[0]} if whole else {next_moment(when, zone, marks[-1])})


def test_ten_missed_nights_are_caught_up_once_and_only_while_it_makes_sense() -> None:
    when, late = When(time(2)), timedelta(days=2)
    away = Standing(NOON - DAY * 10)
    assert due_now(when, MOSCOW, away, NOON, late) == Due(datetime(2026, 10, 4, 23, tzinfo=UTC), 1)
    assert due_now(when, MOSCOW, Standing(NOON - DAY * 10), NOON, timedelta(hours=3)) is None
    assert due_now(when, MOSCOW, Standing(NOON - timedelta(hours=1)), NOON, late) is None, "nothing was missed"


def test_nothing_is_due_before_it_was_seen_while_it_runs_while_it_is_paused_or_off() -> None:
    when, late = When(time(2)), timedelta(days=2)
    seen = NOON - DAY
    running = run(seen, Outcome.RUNNING)
    assert due_now(when, MOSCOW, Standing(), NOON, late) is None
    assert due_now(when, MOSCOW, Standing(seen, running, running), NOON, late) is None
    assert due_now(when, MOSCOW, Standing(seen, paused_by="Вера", paused_at=seen), NOON, late) is None
    assert due_now(None, MOSCOW, Standing(seen), NOON, late) is None
    assert due_now(when, MOSCOW, Standing(seen), NOON, late) is not None


def test_what_failed_is_tried_again_until_its_next_time_and_three_times_at_most() -> None:
    when, late, night = When(time(2)), timedelta(days=2), datetime(2026, 10, 4, 23, tzinfo=UTC)
    failed = run(night, Outcome.FAILED, 1, night + timedelta(minutes=5))
    standing = Standing(night, failed, failed)
    assert due_now(when, MOSCOW, standing, night + timedelta(minutes=4), late) is None
    assert due_now(when, MOSCOW, standing, night + timedelta(minutes=5), late) == Due(night, 2)
    assert due_now(when, MOSCOW, standing, night + DAY, late) == Due(night + DAY, 1), "the next night comes first"
    pauses = [try_again_at(when, run(night, Outcome.FAILED, n), night, may_help=True) for n in (1, 2, 3)]
    assert pauses == [night + timedelta(minutes=5), night + timedelta(minutes=30), None]
    assert try_again_at(when, failed, night, may_help=False) is None
    assert try_again_at(When(every_min=2), failed, night, may_help=True) is None


def test_the_next_time_is_none_where_the_company_never_works() -> None:
    assert next_moment(When(time(19), working=True), MOSCOW, NOON, lambda _: False) is None
    monday = date(2026, 10, 12)
    assert next_moment(When(time(19), working=True), MOSCOW, NOON, lambda day: day == monday) == datetime(2026, 10, 12, 16, tzinfo=UTC)  # fmt: skip  # noqa: E501
