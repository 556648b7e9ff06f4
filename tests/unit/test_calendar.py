"""A calendar of callbacks: what is news to a calendar program, and what it reads."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from qc_workbench.domain.calendar import CalendarLink, Callback, ToldEvent
from qc_workbench.domain.commitment import DueWindow
from qc_workbench.reporting.calendar_feed import EventText, feed, uid
from qc_workbench.review.calendar import SHOWN_AFTER, events, former, hours, standing

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 10, 6, 9, tzinfo=UTC)
TODAY = date(2026, 10, 6)
AFTERNOON = DueWindow(date(2026, 10, 8), date(2026, 10, 8), time(13), time(18))

dues = st.builds(
    lambda day, length, hour: DueWindow(
        TODAY + timedelta(days=day),
        TODAY + timedelta(days=day + (0 if hour is not None else length)),
        None if hour is None else time(hour),
        None if hour is None else time(hour + 1),
    ),
    st.integers(-60, 60), st.integers(0, 5), st.none() | st.integers(0, 22),
)  # fmt: skip
callbacks = st.lists(
    st.builds(lambda n, due, digest: Callback(f"cm_{n}", f"call-{n}", due, digest),
              st.integers(0, 6), dues, st.sampled_from("ab")),
    unique_by=lambda item: item.commitment_id, max_size=5,
)  # fmt: skip


def told(found: tuple[ToldEvent, ...]) -> dict[str, ToldEvent]:
    return {item.commitment_id: item for item in found}


def shown(found: tuple[ToldEvent, ...], texts: dict[str, EventText] | None = None) -> Calendar:
    content = feed("Звонки", found, texts or {}, "Отменено", MOSCOW)
    parsed = Calendar.from_ical(content)
    assert isinstance(parsed, Calendar)
    return parsed


@given(callbacks, callbacks, st.data())
def test_the_same_callbacks_in_any_order_give_the_same_events_however_often(
    before: list[Callback], after: list[Callback], data: st.DataObject
) -> None:
    first = events(before, {}, NOW, TODAY)
    later = NOW + timedelta(hours=1)
    second = events(after, told(first), later, TODAY)
    shuffled = data.draw(st.permutations(after))
    assert events(shuffled, told(first), later, TODAY) == second
    again = events(after, {**told(first), **told(second)}, later + timedelta(hours=1), TODAY)
    assert again == second, "nothing new: nothing changes"


@given(callbacks, callbacks)
def test_a_sequence_rises_exactly_when_the_time_changes_or_an_event_goes_or_comes_back(
    before: list[Callback], after: list[Callback]
) -> None:
    first = told(events(before, {}, NOW, TODAY))
    second = told(events(after, first, NOW + timedelta(hours=1), TODAY))
    waits = {item.commitment_id for item in after}
    for key, event in second.items():
        assert event.is_cancelled == (key not in waits)
        old = first.get(key)
        if old is None:
            assert event.sequence == 0
            continue
        is_news = old.due != event.due or old.is_cancelled != event.is_cancelled
        assert event.sequence == old.sequence + is_news
        assert (event.changed_at > old.changed_at) == (is_news or old.digest != event.digest)


@given(callbacks)
def test_events_leave_a_month_after_their_last_day(found: list[Callback]) -> None:
    shown_now = told(events(found, {}, NOW, TODAY))
    for item in found:
        assert (item.commitment_id in shown_now) == (item.due.due_to + SHOWN_AFTER >= TODAY)


def test_an_event_has_a_stable_id_a_rising_sequence_and_is_cancelled_when_it_waits_no_more() -> None:
    first = events([Callback("cm_1", "call-1", AFTERNOON, "a")], {}, NOW, TODAY)
    moved = replace(AFTERNOON, due_from=date(2026, 10, 9), due_to=date(2026, 10, 9))
    second = events([Callback("cm_1", "call-1", moved, "a")], told(first), NOW + timedelta(hours=1), TODAY)
    third = events([], told(second), NOW + timedelta(hours=2), TODAY)
    texts = {"cm_1": EventText("Перезвонить: Ольга", "Телефон: +7", "https://qc.test/call?id=1")}
    found = [shown(item, texts).walk("VEVENT")[0] for item in (first, second, third)]
    assert {str(item["UID"]) for item in found} == {uid("cm_1")}
    assert [int(item["SEQUENCE"]) for item in found] == [0, 1, 2]
    assert [str(item["STATUS"]) for item in found] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [item.decoded("DTSTART").day for item in found] == [8, 9, 9]
    assert str(found[2]["SUMMARY"]) == "Отменено"
    assert "DESCRIPTION" not in found[2]
    assert "URL" not in found[2]


def test_hours_are_of_the_companys_zone_and_days_without_an_hour_are_whole() -> None:
    whole = DueWindow(date(2026, 10, 8), date(2026, 10, 9))
    said = DueWindow(date(2026, 10, 8), date(2026, 10, 8), time(14, 30), time(15, 30))
    items = [Callback(f"cm_{n}", "c", due, "a") for n, due in enumerate((AFTERNOON, whole, said))]
    parsed = shown(events(items, {}, NOW, TODAY))
    found = {str(item["UID"]): item for item in parsed.walk("VEVENT")}
    part, days, hour = (found[uid(f"cm_{n}")] for n in range(3))
    assert part["DTSTART"].to_ical() == b"20261008T100000Z", "in UTC, which every program reads alike"
    assert part.decoded("DTSTART") == datetime(2026, 10, 8, 13, tzinfo=MOSCOW)
    assert part.decoded("DTEND") == datetime(2026, 10, 8, 18, tzinfo=MOSCOW)
    assert (days.decoded("DTSTART"), days.decoded("DTEND")) == (date(2026, 10, 8), date(2026, 10, 10))
    assert hour.decoded("DTSTART") == datetime(2026, 10, 8, 15, tzinfo=MOSCOW), "the said hour, not its window"
    assert hour.decoded("DTEND") - hour.decoded("DTSTART") == timedelta(minutes=15)
    assert hours(whole) is None


def test_the_same_events_are_the_same_bytes() -> None:
    found = events([Callback("cm_1", "call-1", AFTERNOON, "a")], {}, NOW, TODAY)
    assert feed("Звонки", found, {}, "Отменено", MOSCOW) == feed("Звонки", found, {}, "Отменено", MOSCOW)


def test_the_last_link_counts_and_the_one_before_can_be_brought_back() -> None:
    def link(hour: int, token: str | None) -> CalendarLink:
        return CalendarLink("p", NOW + timedelta(hours=hour), token, "ru", "П")

    made, renewed, shut, back = link(0, "a"), link(1, "b"), link(2, None), link(3, "b")
    assert standing([]) is None
    assert standing([renewed, made]) == renewed
    assert former([renewed, made]) == made
    assert standing([made, renewed, shut]) is None
    assert former([made, renewed, shut]) == renewed
    assert standing([made, renewed, shut, back]) == back
    assert former([made, renewed, shut, back]) is None
    assert former([made]) is None
