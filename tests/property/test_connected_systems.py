"""Rules of connected systems on anything that may come: windows, checkpoints, legs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.telephony import Ending
from qc_workbench.sources.asterisk import AsteriskMeaning
from qc_workbench.sources.call_values import covered_s, local_bounds
from qc_workbench.sources.connector import Window
from qc_workbench.sources.ringostat import RingostatMeaning
from qc_workbench.sources.windows import LONGEST_WAIT, OVERLAP, halves, next_checkpoint, period_to_ask, split
from qc_workbench.sources.wire import LONGEST_PAUSE_S, TokenBucket, pause_s
from tests.stand_ins import asterisk as asterisk_stand_in
from tests.stand_ins.ringostat import row as ringostat_row
from tests.stand_ins.serving import QuickClock

#: On the wall clock of the telephone system.
WALL = datetime(2026, 3, 2, 10)  # noqa: DTZ001 - vendors write no zone
START = datetime(2026, 3, 1, tzinfo=UTC)
moments = st.integers(0, 400 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))
lengths = st.integers(1, 40 * 86_400).map(lambda seconds: timedelta(seconds=seconds))
windows = st.builds(lambda since, length: Window(since, since + length), moments, lengths)
ZONES = st.sampled_from(["Europe/Kyiv", "Europe/Moscow", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])


@given(windows, st.none() | st.integers(600, 10 * 86_400).map(lambda seconds: timedelta(seconds=seconds)))
def test_windows_cover_a_period_without_gap_or_overlap(window: Window, longest: timedelta | None) -> None:
    parts = list(split(window, longest))
    assert (parts[0].since, parts[-1].until) == (window.since, window.until)
    assert all(one.until == two.since for one, two in pairwise(parts))
    assert all(part.length > timedelta() and (longest is None or part.length <= longest) for part in parts)


@given(windows)
def test_halving_ends_and_loses_nothing(window: Window) -> None:
    parts = halves(window)
    if parts is None:
        assert window.length < timedelta(seconds=2)
        return
    first, second = parts
    assert (first.since, first.until, second.until) == (window.since, second.since, window.until)
    assert max(first.length, second.length) < window.length


@given(windows, ZONES, st.integers(0, 10_000))
def test_the_wall_clock_of_a_window_holds_each_of_its_moments(window: Window, zone: str, share: int) -> None:
    at = window.since + timedelta(seconds=int(window.length.total_seconds() - 1) * share // 10_000)
    first, last = local_bounds(window.since, window.until, ZoneInfo(zone))
    assert first <= at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) <= last


@given(st.none() | moments, windows, moments, st.lists(moments, max_size=3), moments)
def test_a_checkpoint_never_goes_back_nor_over_a_gap_nor_over_a_call_going_on(
    done: datetime | None, window: Window, complete: datetime, unfinished: list[datetime], now: datetime
) -> None:
    found = next_checkpoint(done, window, complete, unfinished, now)
    assert found is not None
    if done is not None:
        assert found >= done
        if window.since > done:
            assert found == done
    reached = found if done is None or found > done else None
    if reached is not None:
        assert reached <= min(window.until, complete)
        assert all(reached <= began for began in unfinished if began > now - LONGEST_WAIT)


@given(moments, lengths)
def test_the_last_hours_are_asked_again(done: datetime, later: timedelta) -> None:
    asked = period_to_ask(done, done + later, timedelta(days=30))
    assert asked == Window(done - OVERLAP, done + later)


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 100)), max_size=12))
def test_seconds_are_counted_once(stretches: list[tuple[int, int]]) -> None:
    told = [(START + timedelta(seconds=at), START + timedelta(seconds=at + length)) for at, length in stretches]
    expected = {second for at, length in stretches for second in range(at, at + length)}
    assert covered_s(told) == len(expected)


@given(st.integers(1, 3), st.data())
def test_rows_of_a_queue_in_any_order_and_repeated_are_one_call(times: int, data: st.DataObject) -> None:
    meaning = AsteriskMeaning(ZoneInfo("Europe/Kyiv"), "UA")
    rows = asterisk_stand_in.queue_call(7, WALL)
    shuffled = data.draw(st.permutations(rows * times))
    told = meaning.collapse(shuffled)
    assert told == meaning.collapse(rows)
    assert told is not None
    assert (told.talk_s, told.ending) == (60, Ending.ANSWERED)
    assert sum(leg.talk_s for leg in told.legs) == told.talk_s


@given(st.lists(st.integers(0, 300), min_size=1, max_size=5), st.data())
def test_rows_of_one_ringostat_call_in_any_order_and_repeated_are_one_call(
    talks: list[int], data: st.DataObject
) -> None:
    meaning = RingostatMeaning(ZoneInfo("Europe/Kyiv"), "UA")
    rows = [
        dict(ringostat_row(1, WALL, billsec=str(talk), employee_number=str(500 + place)))
        for place, talk in enumerate(talks)
    ]
    told = meaning.collapse(data.draw(st.permutations(rows * 2)))
    assert told == meaning.collapse(rows)
    assert told is not None
    assert (told.ending is Ending.ANSWERED) == any(talks)


@given(st.integers(0, 50), st.floats(0, 1))
def test_pauses_have_an_end(attempt: int, chance: float) -> None:
    assert 0 <= pause_s(attempt, chance) <= LONGEST_PAUSE_S


@given(st.floats(0.1, 20), st.integers(1, 20), st.integers(1, 60))
def test_no_more_requests_than_agreed(per_s: float, burst: int, requests: int) -> None:
    clock = QuickClock(START)
    bucket = TokenBucket(per_s, burst, clock)
    for _ in range(requests):
        bucket.take()
    assert requests <= burst + clock.passed_s * per_s + 1e-6
