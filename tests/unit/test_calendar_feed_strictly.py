"""The calendar of callbacks read by a strict reader of RFC 5545 that shares nothing with the one who wrote it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.calendar import ToldEvent
from qc_workbench.domain.commitment import DueWindow
from qc_workbench.reporting.calendar_feed import EventText, feed
from tests.strict_icalendar import read_strictly

AT = datetime(2026, 9, 30, 8, 15, tzinfo=UTC)
DUE = DueWindow(date(2026, 10, 8), date(2026, 10, 8), time(13, 0), time(18, 0))
EVENT = ToldEvent("promise-1", "call-1", DUE, is_cancelled=False, sequence=0, changed_at=AT, digest="d")
WORDS = EventText(
    "Перезвонить: Ольга", "Обещали; «после трёх», \\ и точка\nВторая строка", "https://qc.example/call?id=1"
)
#: What people say, and what may stand in a name: no control characters, which RFC 5545 forbids.
SAID = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=200)


def written(*events: ToldEvent, text: EventText = WORDS, zone: str = "Europe/Moscow") -> bytes:
    texts = {item.commitment_id: text for item in events if not item.is_cancelled}
    return feed("Обещанные перезвоны: Оля", events, texts, "Отменено", ZoneInfo(zone))


def test_a_russian_text_is_folded_without_breaking_a_character_and_comes_back_whole() -> None:
    long = replace(WORDS, summary="Перезвонить: " + "ж" * 300, description=WORDS.description + "ы" * 997 + "😀" * 40)
    (event,) = read_strictly(written(EVENT, text=long)).values()
    assert (event.summary, event.description) == (long.summary, long.description)


@given(SAID, SAID)
def test_whatever_is_said_comes_back_as_it_was(summary: str, description: str) -> None:
    (event,) = read_strictly(written(EVENT, text=EventText(summary, description, "https://qc.example/"))).values()
    assert (event.summary, event.description) == (summary, description)


@pytest.mark.parametrize("zone", ["Europe/Moscow", "Europe/Kyiv", "Asia/Yekaterinburg", "America/New_York", "UTC"])
@pytest.mark.parametrize("day", [date(2026, 3, 30), date(2026, 7, 1), date(2026, 10, 26), date(2026, 12, 31)])
def test_the_moment_is_the_promised_hour_of_the_company_winter_and_summer(zone: str, day: date) -> None:
    (event,) = read_strictly(written(replace(EVENT, due=replace(DUE, due_from=day, due_to=day)), zone=zone)).values()
    assert event.begins == datetime.combine(day, time(13), ZoneInfo(zone)).astimezone(UTC)
    assert isinstance(event.begins, datetime)
    assert isinstance(event.ends, datetime)
    assert event.ends - event.begins == timedelta(hours=5)


def test_whole_days_are_days_and_the_end_is_the_day_after() -> None:
    days = DueWindow(date(2026, 10, 8), date(2026, 10, 10))
    (event,) = read_strictly(written(replace(EVENT, due=days))).values()
    assert (event.begins, event.ends) == (date(2026, 10, 8), date(2026, 10, 11))


def test_a_promise_keeps_its_uid_a_move_raises_its_sequence_and_a_kept_one_is_cancelled() -> None:
    (first,) = read_strictly(written(EVENT)).values()
    moved = replace(EVENT, due=replace(DUE, due_from=date(2026, 10, 9), due_to=date(2026, 10, 9)), sequence=1)
    (second,) = read_strictly(written(moved)).values()
    (third,) = read_strictly(written(replace(moved, is_cancelled=True, sequence=2))).values()
    assert first.uid == second.uid == third.uid
    assert [item.sequence for item in (first, second, third)] == [0, 1, 2]
    assert [item.status for item in (first, second, third)] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert (third.summary, third.description) == ("Отменено", None)


def test_several_stand_side_by_side_and_none_is_a_calendar_too() -> None:
    others = [replace(EVENT, commitment_id=f"promise-{number}") for number in range(2, 5)]
    assert len(read_strictly(written(EVENT, *others))) == 4
    assert read_strictly(written()) == {}
    assert written(EVENT) == written(EVENT), "the same events give the same bytes"
