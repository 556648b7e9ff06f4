"""Cells as people write them: whatever is written out in one of the usual ways is read back as what it was."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.file_mapping import DateOrder
from qc_workbench.sources import cell_reading
from qc_workbench.sources.problems import BadValueError

MOSCOW = ZoneInfo("Europe/Moscow")
DAYS = st.dates(date(1990, 1, 2), date(2099, 12, 30))
SPACES = st.sampled_from(["\u00a0", "\u202f", " ", ""])
MONTHS = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
]


@given(DAYS, st.sampled_from([".", "/", "-"]), st.sampled_from(["", " г.", " 10:25"]))
def test_a_date_with_the_day_first_is_read_back(day: date, mark: str, tail: str) -> None:
    written = f"{day.day:02d}{mark}{day.month:02d}{mark}{day.year}{tail}"
    assert cell_reading.day_of(written, DateOrder.DAY_FIRST)[0] == day


@given(DAYS)
def test_the_same_day_in_every_way_of_writing_is_the_same(day: date) -> None:
    ways = (
        cell_reading.day_of(day.isoformat(), DateOrder.DAY_FIRST),
        cell_reading.day_of(f"{day.month}/{day.day}/{day.year}", DateOrder.MONTH_FIRST),
        cell_reading.day_of(f"{day.day} {MONTHS[day.month - 1]} {day.year} г.", DateOrder.DAY_FIRST),
        cell_reading.day_of(day, DateOrder.MONTH_FIRST),
        cell_reading.day_of(datetime(day.year, day.month, day.day), DateOrder.DAY_FIRST),  # noqa: DTZ001
        cell_reading.day_of(float((day - date(1899, 12, 30)).days), DateOrder.DAY_FIRST)
        if day.year >= 1960
        else (day, None),
    )
    assert {found for found, _ in ways} == {day}


@given(DAYS)
def test_a_month_above_twelve_is_told_to_be_the_other_order_and_never_swapped(day: date) -> None:
    written = f"{day.month:02d}.{day.day:02d}.{day.year}"
    if day.day > 12:
        with pytest.raises(BadValueError) as error:
            cell_reading.day_of(written, DateOrder.DAY_FIRST)
        assert error.value.code == "cell_date_order"
    else:
        assert cell_reading.day_of(written, DateOrder.DAY_FIRST)[0] == date(day.year, day.day, day.month)


@given(st.datetimes(datetime(1991, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001 - cells have no zone
def test_a_moment_of_the_zone_becomes_utc_and_back(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    text = cell_reading.moment_text(f"{moment:%d.%m.%Y %H:%M:%S}", None, DateOrder.DAY_FIRST, MOSCOW)
    split = cell_reading.moment_text(moment.date(), moment.time(), DateOrder.DAY_FIRST, MOSCOW)
    assert text == split == moment.replace(tzinfo=MOSCOW).astimezone(UTC).isoformat()


@given(st.decimals(-(10**9), 10**9, places=2), SPACES, st.sampled_from(["", " руб.", " ₽", "р.", " грн", "₴"]))
def test_money_with_no_break_spaces_a_comma_and_a_currency_is_read_back(amount: Decimal, gap: str, coin: str) -> None:
    written = f"{amount:,.2f}".replace(",", gap).replace(".", ",") + coin
    assert Decimal(cell_reading.money_text(written, ",")) == amount


@given(st.decimals(0, 10**9, places=2))
def test_money_in_brackets_is_negative_and_numbers_of_the_cell_are_taken_as_they_are(amount: Decimal) -> None:
    assert Decimal(cell_reading.money_text(f"({amount})", ".")) == -amount
    assert Decimal(cell_reading.money_text(float(amount), ",")) == amount


def test_a_number_with_two_readings_is_read_by_the_mark_the_mapping_names_and_refused_without() -> None:
    assert cell_reading.money_text("1,234", ",") == "1.234"
    assert cell_reading.money_text("1,234", ".") == "1234"
    with pytest.raises(BadValueError) as error:
        cell_reading.money_text("1,234", "")
    assert error.value.code == "number_ambiguous"


@given(st.integers(0, 86_399))
def test_a_length_is_the_same_in_every_way_of_writing(seconds: int) -> None:
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    ways = [
        f"{hours}:{minutes:02d}:{rest:02d}", str(seconds), seconds, timedelta(seconds=seconds),
        time(hours, minutes, rest), f"{hours} ч {minutes} мин {rest} сек", f"{hours * 60 + minutes}:{rest:02d}"
        if hours * 60 + minutes < 1000 else str(seconds),
    ]  # fmt: skip
    assert {float(cell_reading.seconds_text(way)) for way in ways} == {float(seconds)}


NUMBERS = st.lists(st.integers(0, 9_999_999).map(lambda n: f"916{n:07d}"), min_size=1, max_size=4, unique=True)
WRITTEN = st.sampled_from(["+7{}", "8{}", "8 ({0[0]}{0[1]}{0[2]}) {0[3]}{0[4]}{0[5]}-{0[6]}{0[7]}-{0[8]}{0[9]}", "7{}"])


@given(NUMBERS, WRITTEN, st.sampled_from([", ", "; ", " / ", "\n", " и ", " | "]))
def test_every_phone_of_a_cell_is_found_in_its_order(numbers: list[str], way: str, mark: str) -> None:
    good, bad = cell_reading.phones_of(mark.join(way.format(number) for number in numbers), "RU")
    assert good == tuple(f"+7{number}" for number in numbers)
    assert not bad


@given(NUMBERS, st.sampled_from([" доб. 12", " (доб. 345)", " ext 7", " вн.101"]))
def test_an_extension_is_no_part_of_the_phone(numbers: list[str], extension: str) -> None:
    assert cell_reading.phones_of(f"+7{numbers[0]}{extension}", "RU") == ((f"+7{numbers[0]}",), ())


@given(st.text(max_size=40), st.sampled_from(list(DateOrder)), st.sampled_from([",", ".", ""]))
def test_any_text_is_read_or_told_and_nothing_else_is_raised(text: str, order: DateOrder, decimal: str) -> None:
    for read in (
        lambda: cell_reading.moment_text(text, None, order, MOSCOW),
        lambda: cell_reading.moment_text("01.02.2026", text, order, MOSCOW),
        lambda: cell_reading.money_text(text, decimal),
        lambda: cell_reading.seconds_text(text),
        lambda: cell_reading.phones_of(text, "RU"),
    ):
        with suppress(BadValueError):
            read()
