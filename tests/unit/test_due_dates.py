"""Spoken due expressions against the day of the call (Tuesday 6 October 2026, noon, Moscow)."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from qc_workbench.config import Company
from qc_workbench.detection.due_dates import DATE_RULES, parse_due
from qc_workbench.detection.due_times import TIME_RULES
from qc_workbench.domain.commitment import DueWindow

TUESDAY = datetime.fromisoformat("2026-10-06T12:00:00+03:00")


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        # one day
        ("наберу завтра", "10-07", "10-07"),
        ("давайте послезавтра", "10-08", "10-08"),
        ("звоните в субботу", "10-10", "10-10"),
        ("во вторник удобно", "10-13", "10-13"),  # said on a Tuesday: the next one
        ("в следующую пятницу", "10-16", "10-16"),
        ("в пятницу на той неделе", "10-16", "10-16"),
        ("двадцать третьего буду ждать", "10-23", "10-23"),
        ("пятого числа", "11-05", "11-05"),  # this month's fifth has passed
        ("4 декабря", "12-04", "12-04"),
        ("через три дня", "10-09", "10-09"),
        ("через четыре дня", "10-12", "10-12"),  # Saturday: the working day after it
        ("ровно через неделю", "10-13", "10-13"),
        ("the day after tomorrow", "10-08", "10-08"),
        ("a week on Thursday", "10-15", "10-15"),
        ("on the twenty-third", "10-23", "10-23"),
        ("November 9th", "11-09", "11-09"),
        # about a day
        ("через недельку", "10-12", "10-15"),  # +5..+9 without the weekend at its end
        ("недели через две", "10-19", "10-22"),
        ("in a fortnight", "10-19", "10-22"),
        ("через месяц", "11-02", "11-10"),  # +25..+35
        ("через пару месяцев", "11-30", "12-11"),
        ("дней через пять", "10-12", "10-12"),
        ("через пару дней", "10-08", "10-09"),
        ("числа двадцатого", "10-19", "10-22"),  # two days either way, Sunday cut off
        ("числа 15-го", "10-13", "10-16"),
        # weeks and months
        ("на этой неделе", "10-06", "10-09"),
        ("на следующей неделе", "10-12", "10-16"),
        ("на той неделе", "10-12", "10-16"),
        ("в конце следующей недели", "10-15", "10-16"),
        ("на следующей неделе в среду или в четверг", "10-14", "10-15"),
        ("в первых числах ноября", "11-02", "11-05"),
        ("в начале декабря", "12-01", "12-10"),
        ("в середине ноября", "11-11", "11-20"),
        ("ближе к концу месяца", "10-20", "10-30"),
        ("towards the end of November", "11-20", "11-30"),
        ("early next week", "10-12", "10-13"),
        ("the week after next", "10-19", "10-23"),
        ("в выходные", "10-10", "10-11"),
        ("после выходных", "10-12", "10-13"),
        # up to and from
        ("до пятницы", "10-06", "10-09"),
        ("к четвергу", "10-06", "10-08"),
        ("by Friday", "10-06", "10-09"),
        ("before Friday", "10-06", "10-08"),
        ("до конца недели", "10-06", "10-09"),
        ("до конца месяца", "10-06", "10-31"),
        ("by the end of the week", "10-06", "10-09"),
        ("после среды", "10-08", "10-12"),
        ("не раньше четверга", "10-08", "10-09"),
        ("с понедельника по среду", "10-12", "10-14"),
        # holidays of the company's country
        ("после праздников", "11-05", "11-11"),
        ("после ноябрьских", "11-05", "11-11"),
    ],
)  # fmt: skip
def test_a_spoken_date_means_these_days(said: str, first: str, last: str) -> None:
    found = parse_due(said, TUESDAY, Company())
    assert found is not None
    assert (found.due_from, found.due_to) == (day(first), day(last))


@pytest.mark.parametrize("said", ["сразу после нового года", "after the new year", "после новогодних праздников"])
def test_after_new_year_is_the_first_working_week_of_january(said: str) -> None:
    found = parse_due(said, TUESDAY, Company())
    assert found == DueWindow(date(2027, 1, 11), date(2027, 1, 15))


def test_may_holidays_end_with_the_last_of_them() -> None:
    found = parse_due("давайте после майских", datetime.fromisoformat("2026-04-20T12:00:00+03:00"), Company())
    assert found is not None
    assert found.due_from == date(2026, 5, 12)


def test_holidays_come_from_the_country_of_the_settings() -> None:
    germany = Company(country="DE", timezone="Europe/Berlin")
    found = parse_due("after the holidays", datetime.fromisoformat("2026-12-22T12:00:00+01:00"), germany)
    assert found is not None
    assert found.due_from == date(2026, 12, 28)


@pytest.mark.parametrize(
    ("said", "time_from", "time_to"),
    [
        ("завтра после обеда", "13:00", "18:00"),
        ("завтра с утра", "09:00", "12:00"),
        ("завтра в первой половине дня", "09:00", "13:00"),
        ("завтра часиков в шесть", "17:30", "18:30"),
        ("завтра в 16:00", "15:30", "16:30"),
        ("завтра в половине пятого", "16:00", "17:00"),
        ("завтра с двух до четырёх", "14:00", "16:00"),
        ("завтра после трёх", "15:00", "19:00"),
        ("завтра в районе обеда", "12:00", "14:00"),
        ("tomorrow before eleven", "09:00", "11:00"),
        ("tomorrow around noon", "11:30", "12:30"),
        ("first thing tomorrow", "09:00", "11:00"),
    ],
)
def test_a_time_of_day_means_these_hours(said: str, time_from: str, time_to: str) -> None:
    found = parse_due(said, TUESDAY, Company())
    assert found is not None
    assert found.due_from == day("10-07")
    assert (found.time_from, found.time_to) == (time.fromisoformat(time_from), time.fromisoformat(time_to))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("в среду… хотя нет, лучше в пятницу", "10-09"),
        ("в четверг, ой, вру, в пятницу", "10-09"),
        ("в среду не могу, давайте в четверг", "10-08"),
        ("только не в четверг, в пятницу", "10-09"),
        ("on Wednesday, no wait, Friday", "10-09"),
        ("Thursday is no good, make it Friday", "10-09"),
    ],
)
def test_a_correction_in_the_same_breath_wins(said: str, expected: str) -> None:
    found = parse_due(said, TUESDAY, Company())
    assert found is not None
    assert (found.due_from, found.due_to) == (day(expected), day(expected))


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("восторгник после трёх", "во вторник после трёх"),
        ("в чтверг", "в четверг"),
        ("по недельник с утра", "понедельник с утра"),
        ("по 5ницу", "по пятницу"),
        ("послезафтра", "послезавтра"),
    ],
)
def test_slips_of_recognition_are_understood(heard: str, meant: str) -> None:
    assert parse_due(heard, TUESDAY, Company()) == parse_due(meant, TUESDAY, Company())
    assert parse_due(heard, TUESDAY, Company()) is not None


@pytest.mark.parametrize(
    "said",
    [
        "две недели назад",
        "на прошлой неделе во вторник",
        "с третьего раза дозвонилась",
        "створка под сорок пять градусов",
        "монтажники бывают по вторникам",
        "a week ago",
        "восемьдесят шесть тысяч с монтажом",
    ],
)
def test_what_is_no_due_date_is_none(said: str) -> None:
    assert parse_due(said, TUESDAY, Company()) is None


def test_dates_count_from_the_day_in_the_zone_of_the_company() -> None:
    late_utc = datetime.fromisoformat("2026-10-06T22:30:00+00:00")  # already Wednesday in Moscow
    found = parse_due("завтра", late_utc, Company())
    assert found is not None
    assert found.due_from == day("10-08")


def test_every_convention_has_a_name_of_its_own() -> None:
    names = [row.name for row in (*DATE_RULES, *TIME_RULES)]
    assert len(names) == len(set(names))
