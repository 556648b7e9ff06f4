"""Months of keeping: never shorter than said, borders in the company's zone, evidence until its case is over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.flag import Finding, Flag, FlagKind, Ruling, Verdict
from qc_workbench.review.retention import (
    Case,
    HoldReason,
    add_months,
    cases,
    plan_removal,
    removable_before,
    removable_from,
)

ZONES = st.sampled_from(
    [ZoneInfo(name) for name in ("Europe/Moscow", "Asia/Kamchatka", "America/New_York", "Asia/Kolkata", "UTC")]
)
MOMENTS = st.integers(978_307_200, 3_818_448_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
DAYS = st.dates(date(2001, 1, 1), date(2090, 12, 31))
MONTHS = st.integers(1, 240)
MOSCOW = ZoneInfo("Europe/Moscow")


@given(DAYS, MONTHS)
def test_a_day_so_many_months_later_is_in_that_month_and_not_after_the_same_day(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(days=1)).day == 1)


@given(DAYS, st.integers(-200, 200))
def test_the_first_of_a_month_comes_back(day: date, months: int) -> None:
    first = day.replace(day=1)
    assert add_months(add_months(first, months), -months) == first


@given(MOMENTS, MONTHS, ZONES)
def test_nothing_goes_before_its_local_day_has_come_round_and_ended(
    moment: datetime, months: int, zone: ZoneInfo
) -> None:
    gone = removable_from(moment, months, zone)
    last = (gone - timedelta(seconds=1)).astimezone(zone)
    assert last.date() == add_months(moment.astimezone(zone).date(), months)
    assert gone - moment >= timedelta(days=28 * months)


@given(MOMENTS, MOMENTS, MONTHS, ZONES)
def test_what_is_earlier_never_goes_later(a: datetime, b: datetime, months: int, zone: ZoneInfo) -> None:
    early, late = sorted((a, b))
    assert removable_from(early, months, zone) <= removable_from(late, months, zone)
    assert removable_from(early, months, zone) < removable_from(early, months + 1, zone)


@given(MOMENTS, MONTHS, ZONES, st.integers(-40, 40), st.integers(0, 86_399))
def test_the_border_of_a_table_is_the_border_of_each_row(
    as_of: datetime, months: int, zone: ZoneInfo, days: int, seconds: int
) -> None:
    border = removable_before(as_of, months, zone)
    for moment in (border, border - timedelta(microseconds=1), border + timedelta(days=days, seconds=seconds)):
        assert (moment < border) == (removable_from(moment, months, zone) <= as_of)


def test_the_border_is_midnight_of_the_company_and_not_of_utc() -> None:
    evening = datetime(2026, 1, 31, 21, 30, tzinfo=UTC)  # already 1 February in Moscow
    assert removable_from(evening, 1, MOSCOW) == datetime(2026, 3, 1, 21, tzinfo=UTC)
    assert removable_from(evening, 1, ZoneInfo("UTC")) == datetime(2026, 3, 1, tzinfo=UTC)


def flag(call_id: str, verdict: Verdict = Verdict.FLAG) -> Flag:
    return Flag(f"f-{call_id}", call_id, FlagKind.FAKE_EFFECTIVE, verdict, 0.9, (), "d", "1")


def finding(call_id: str, ruling: Ruling, at: datetime) -> Finding:
    return Finding(f"r-{call_id}", f"f-{call_id}", ruling, "q1", at)


def test_only_open_and_recent_cases_hold_a_call_and_each_says_why() -> None:
    old = datetime(2025, 1, 10, 9, tzinfo=UTC)
    as_of = datetime(2026, 3, 1, 9, tzinfo=UTC)
    ruled = datetime(2026, 1, 10, 9, tzinfo=UTC)
    rulings = {
        "f-asked": finding("asked", Ruling.ASKED, old),
        "f-fresh": finding("fresh", Ruling.CONFIRMED, ruled),
        "f-retired": finding("retired", Ruling.CONFIRMED, ruled),
        "f-stale": finding("stale", Ruling.REJECTED, old),
    }
    flags = [
        *((flag(name), True) for name in ("waiting", "asked", "fresh", "stale")),
        (flag("unsure", Verdict.UNSURE), True),
        (flag("retired"), False),
        (flag("withdrawn by the machine"), False),
    ]
    kept = [(item.call_id, old) for item, _ in flags] + [("plain", old), ("young", as_of - timedelta(days=20))]
    removal = plan_removal(kept, cases(flags, rulings), 6, as_of, MOSCOW)
    until = removable_from(ruled, 6, MOSCOW)
    assert {(item.call_id, item.reason, item.until) for item in removal.held} == {
        ("waiting", HoldReason.WAITING, None),
        ("asked", HoldReason.ASKED, None),
        ("fresh", HoldReason.RULED, until),
        ("retired", HoldReason.RULED, until),
    }
    assert set(removal.gone) == {"stale", "unsure", "withdrawn by the machine", "plain"}


@given(MOMENTS, st.lists(MOMENTS, max_size=8), st.lists(MOMENTS | st.none(), max_size=4), MONTHS, ZONES)
def test_everything_old_is_either_removed_or_held_and_nothing_young_is_touched(
    as_of: datetime, times: list[datetime], closed: list[datetime | None], months: int, zone: ZoneInfo
) -> None:
    kept = [(f"c{n}", moment) for n, moment in enumerate(times)]
    open_cases = [Case(f"c{n}", HoldReason.RULED, moment) for n, moment in enumerate(closed)]
    removal = plan_removal(kept, open_cases, months, as_of, zone)
    touched = [*removal.gone, *(item.call_id for item in removal.held)]
    assert sorted(touched) == sorted(name for name, moment in kept if removable_from(moment, months, zone) <= as_of)
    assert all(item.until is None or item.until > as_of for item in removal.held)
    assert plan_removal(kept, open_cases, 0, as_of, zone).gone == ()
