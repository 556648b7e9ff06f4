"""One cell to one value: what is tolerated because it has one reading, and what is refused because it has two."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from qc_workbench.domain.call import Direction
from qc_workbench.sources import values
from qc_workbench.sources.cells import Conventions
from qc_workbench.sources.phones import e164, is_hidden, several_e164
from qc_workbench.sources.problems import BadValueError
from qc_workbench.sources.rows import CALLS, DEALS, MANAGERS, SALES, read_entries
from qc_workbench.sources.tables import guess_encoding, read_csv

MOSCOW = ZoneInfo("Europe/Moscow")
CONVENTIONS = Conventions("RU", MOSCOW)


@pytest.mark.parametrize(
    ("written", "region", "phone"),
    [
        ("8 (916) 000-00-02", "RU", "+79160000002"),
        ("79160000002", "RU", "+79160000002"),
        ("9160000002", "RU", "+79160000002"),
        ("+7 495 123-45-67 доб. 12", "RU", "+74951234567"),
        ("+7 495 123-45-67 ext. 12", "RU", "+74951234567"),
        ("tel:+79160000002", "RU", "+79160000002"),
        ("sip:79160000002@pbx.example", "RU", "+79160000002"),
        ("380671234567", "RU", "+380671234567"),
        ("810380671234567", "RU", "+380671234567"),
        ("067 123 45 67", "UA", "+380671234567"),
        ("(202) 555-0123", "US", "+12025550123"),
        ("'+79160000002", "RU", "+79160000002"),
    ],
)
def test_a_phone_becomes_e164_however_it_is_written(written: str, region: str, phone: str) -> None:
    assert e164(written, region) == phone


def test_several_phones_are_read_in_order_and_each_once() -> None:
    read = several_e164(" +79160000001; 8 916 000-00-02 ;nonsense;; 79160000001", "RU")
    assert read == (("+79160000001", "+79160000002"), ("nonsense",))


@pytest.mark.parametrize("written", ["anonymous", "Anonymous", "<unknown>", "", "СКРЫТ", "private number"])
def test_a_withheld_number_is_known_as_such(written: str) -> None:
    assert is_hidden(written)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("12,5", "12.5"),
        ("12.5", "12.5"),
        ("1 234,50", "1234.50"),
        ("1\u00a0234\u202f567", "1234567"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1,234,567", "1234567"),
        ("0,123", "0.123"),
        ("12,3456", "12.3456"),
        ("−5", "-5"),
        (",5", "0.5"),
    ],
)
def test_a_number_with_one_reading_is_read(written: str, number: str) -> None:
    assert values.number(written) == Decimal(number)


@pytest.mark.parametrize("written", ["", "-", "1e5", "inf", "NaN", "0x10", "1 23", "1,23,4", "١٢", "12 руб", "1..2"])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(BadValueError) as caught:
        values.number(written)
    assert caught.value.code == "number_format"


def test_a_number_with_two_readings_is_refused_with_both() -> None:
    with pytest.raises(BadValueError) as caught:
        values.number("1,234")
    assert caught.value.params == {"decimal": "1.234", "whole": "1234"}


def test_a_moment_without_offset_is_refused_with_the_company_s_own_offset_as_example() -> None:
    with pytest.raises(BadValueError) as caught:
        values.moment("2026-09-02T10:25:00", MOSCOW)
    assert caught.value.params == {"example": "2026-09-02T10:25:00+03:00"}


def test_a_moment_is_kept_in_utc() -> None:
    found = values.moment("2026-09-02T00:30:00+03:00", MOSCOW)
    assert found == datetime(2026, 9, 1, 21, 30, tzinfo=UTC)
    assert found.tzinfo is UTC


def test_a_bare_day_is_midnight_of_the_company_only_where_a_day_is_enough() -> None:
    assert values.moment("2026-09-02", MOSCOW, day_is_enough=True) == datetime(2026, 9, 1, 21, tzinfo=UTC)
    with pytest.raises(BadValueError):
        values.moment("2026-09-02", MOSCOW)
    with pytest.raises(BadValueError):
        values.moment("2026-09-02T10:00:00", MOSCOW, day_is_enough=True)


def test_a_word_of_a_list_is_read_in_any_case_and_a_misspelt_one_is_answered_with_the_nearest() -> None:
    assert values.choice("Inbound", Direction) is Direction.INBOUND
    with pytest.raises(BadValueError) as caught:
        values.choice("inbond", Direction)
    assert caught.value.params["similar"] == "inbound"


@pytest.mark.parametrize(
    ("text", "encoding"), [("cp1251", "Windows-1251"), ("cp866", "CP866 (DOS)"), ("koi8-r", "KOI8-R")]
)
def test_a_cyrillic_encoding_is_named(text: str, encoding: str) -> None:
    assert guess_encoding("Клиент просил перезвонить после праздников".encode(text)) == encoding


def calls_of(text: str) -> list[object]:
    return list(read_entries(CALLS, read_csv("calls.csv", text.encode(), CALLS.columns), CONVENTIONS).values)


HEADER = "call_id,started_at,direction,manager_id,client_phone,talk_s,outcome"
WHEN = "2026-09-02T10:25:00+03:00"


def test_a_hidden_caller_is_nobody_and_the_call_stays() -> None:
    [call] = calls_of(f"{HEADER}\n1,{WHEN},inbound,m1,anonymous,5,missed\n")
    assert call.client_phone is None  # type: ignore[attr-defined]


def test_an_internal_call_has_no_client_and_keeps_the_extension() -> None:
    [call] = calls_of(f"{HEADER}\n1,{WHEN},internal,m1,101,5,answered\n")
    assert call.client_phone is None  # type: ignore[attr-defined]
    assert call.attributes == {"client_phone": "101"}  # type: ignore[attr-defined]


def test_headers_may_have_capitals_spaces_and_stars_and_unknown_columns_become_attributes() -> None:
    header = "Call ID;STARTED-AT; direction* ;manager_id;client_phone;talk_s;outcome;Город"
    [call] = calls_of(f"sep=;\n{header}\n1;{WHEN};inbound;m1;+79160000002;5,5;missed;Казань\n")
    assert call.talk_s == 5.5  # type: ignore[attr-defined]
    assert call.attributes == {"город": "Казань"}  # type: ignore[attr-defined]


def test_delimiters_left_over_at_the_ends_of_lines_do_no_harm() -> None:
    assert len(calls_of(f"{HEADER},,\n1,{WHEN},inbound,m1,+79160000002,5,missed,,\n,,,,,,,,\n\n")) == 1


def test_columns_of_each_table_are_those_of_the_contract() -> None:
    assert set(MANAGERS.required) == {"manager_id", "name"}
    assert set(CALLS.required) == set(HEADER.split(","))
    assert set(DEALS.required) == {"deal_id", "client_phone", "manager_id", "stage", "status"}
    assert set(SALES.required) == {"sale_id", "sold_at", "amount"}
