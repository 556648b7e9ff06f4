from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from qc_workbench.domain.call import Call, Direction, Outcome, Recording, RecordingState
from qc_workbench.domain.sampling import Draw, Period, Plan, SampledCall
from qc_workbench.errors import UsageError
from qc_workbench.sampling.draws import Discrepancy, due_draws, make_draw, redraw, replacement, verify
from qc_workbench.sampling.frames import Exclusion, exclusion, is_over, period_label, period_of, stratum_of
from tests.sampling_cases import LATER, MONDAY, audible, call, plan

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")  # has daylight saving time


def due(
    rules: Plan, calls: list[Call], as_of: datetime = LATER, zone: ZoneInfo = MOSCOW, existing: tuple[Draw, ...] = ()
) -> tuple[Draw, ...]:
    return due_draws(rules, "seed", calls, audible(calls), existing, zone=zone, as_of=as_of, program_version="test")


def test_a_call_late_in_the_evening_of_utc_belongs_to_the_next_moscow_day() -> None:
    assert period_of(datetime(2026, 10, 5, 23, 30, tzinfo=UTC), Period.DAILY, MOSCOW) == (
        date(2026, 10, 6),
        date(2026, 10, 6),
    )


def test_a_sunday_evening_of_utc_belongs_to_the_next_moscow_week() -> None:
    assert period_of(datetime(2026, 10, 4, 21, 30, tzinfo=UTC), Period.WEEKLY, MOSCOW) == (
        date(2026, 10, 5),
        date(2026, 10, 11),
    )
    assert period_of(datetime(2026, 10, 4, 20, 59, tzinfo=UTC), Period.WEEKLY, MOSCOW)[0] == date(2026, 9, 28)


@pytest.mark.parametrize(
    ("day", "first_utc", "last_utc"),
    [
        # 29 March 2026 has 23 hours in Berlin, 25 October 25
        (date(2026, 3, 29), datetime(2026, 3, 28, 23, 0, tzinfo=UTC), datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 24, 22, 0, tzinfo=UTC), datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_days_of_clock_changes_begin_and_end_at_local_midnight(
    day: date, first_utc: datetime, last_utc: datetime
) -> None:
    for moment in (first_utc, last_utc):
        assert period_of(moment, Period.DAILY, BERLIN) == (day, day)
    assert period_of(first_utc - timedelta(seconds=1), Period.DAILY, BERLIN)[0] == day - timedelta(days=1)
    assert not is_over(day, last_utc, BERLIN)
    assert is_over(day, last_utc + timedelta(seconds=1), BERLIN)


def test_the_current_day_and_week_are_not_drawn_before_they_are_over() -> None:
    calls = [call("c1", MONDAY)]
    weekly = plan("weekly", Period.WEEKLY)
    assert due(plan(), calls, as_of=datetime(2026, 10, 5, 20, 59, 59, tzinfo=UTC)) == ()
    assert len(due(plan(), calls, as_of=datetime(2026, 10, 5, 21, 0, tzinfo=UTC))) == 1
    assert due(weekly, calls, as_of=datetime(2026, 10, 11, 20, 59, tzinfo=UTC)) == ()
    assert len(due(weekly, calls, as_of=datetime(2026, 10, 11, 21, 0, tzinfo=UTC))) == 1


def test_periods_without_calls_have_no_draw() -> None:
    assert due(plan(), []) == ()
    days = [draw.period_from for draw in due(plan(), [call("c1", MONDAY), call("c2", MONDAY + timedelta(days=3))])]
    assert days == [date(2026, 10, 5), date(2026, 10, 8)]


def test_labels_of_weeks_follow_iso_at_the_turn_of_the_year() -> None:
    assert period_label(Period.WEEKLY, date(2026, 12, 28)) == "2026-W53"
    assert period_label(Period.WEEKLY, date(2027, 1, 4)) == "2027-W01"
    assert period_label(Period.DAILY, date(2026, 12, 28)) == "2026-12-28"


@pytest.mark.parametrize(
    ("subject", "state", "expected"),
    [
        (call("c"), RecordingState.READY, None),
        (call("c"), RecordingState.TRUNCATED, None),
        (call("c"), RecordingState.MISSING, Exclusion.NO_RECORDING),
        (call("c"), None, Exclusion.NO_RECORDING),
        (call("c", outcome=Outcome.MISSED, talk_s=0), RecordingState.READY, Exclusion.NOT_ANSWERED),
        (call("c", talk_s=9.9), RecordingState.READY, Exclusion.TOO_SHORT),
        (call("c", talk_s=10), RecordingState.READY, None),
        (call("c", direction=Direction.INTERNAL), RecordingState.READY, Exclusion.DIRECTION),
    ],
)
def test_only_answered_calls_that_can_be_heard_are_in_the_frame(
    subject: Call, state: RecordingState | None, expected: Exclusion | None
) -> None:
    recording = Recording("c", state) if state else None
    assert exclusion(subject, recording, plan(minimum_talk_s=10.0)) is expected


def test_internal_calls_are_drawn_when_the_plan_has_a_share_for_them() -> None:
    calls = [call("c1", direction=Direction.INTERNAL)]
    assert due(plan(), calls) == ()
    assert [row.call_id for draw in due(plan(shares={"internal": 0.2}), calls) for row in redraw(draw)] == ["c1"]
    assert due(plan(shares={"internal": 0.0}), calls) == ()


def test_a_recording_that_arrives_later_makes_its_call_a_late_one() -> None:
    calls = [call(f"c{number}") for number in range(10)]
    recordings = audible(calls[:9])
    first = due_draws(plan(), "s", calls, recordings, (), zone=MOSCOW, as_of=LATER, program_version="t")
    second = due_draws(plan(), "s", calls, audible(calls), first, zone=MOSCOW, as_of=LATER, program_version="t")
    assert [len(draw.frame) for draw in first] == [9]
    assert [[item.call_id for item in draw.frame] for draw in second] == [["c9"]]


def test_a_call_whose_time_is_corrected_has_no_second_chance() -> None:
    first = due(plan(), [call("c1", MONDAY)])
    assert due(plan(), [call("c1", MONDAY + timedelta(days=2))], existing=first) == ()


def test_strata_take_any_field_or_attribute_and_values_cannot_forge_one() -> None:
    subject = call("c", source="a;manager_id=m9", attributes={"region": "Урал"})
    assert stratum_of(subject, plan(strata=("source", "region", "nothing"), minimum_per_agent=0)) == (
        "direction=inbound;source=a%3Bmanager_id%3Dm9;region=%D0%A3%D1%80%D0%B0%D0%BB;nothing="
    )


def test_weekly_shares_draw_a_tenth_of_inbound_and_a_twentieth_of_outbound_rounded_up() -> None:
    calls = [call(f"i{n}", MONDAY + timedelta(minutes=n), Direction.INBOUND, f"m{n % 2}") for n in range(50)]
    calls += [call(f"o{n}", MONDAY + timedelta(minutes=n), Direction.OUTBOUND, f"m{n % 2}") for n in range(202)]
    (draw,) = due(plan("weekly", Period.WEEKLY, shares={"inbound": 0.1, "outbound": 0.05}), calls)
    rows = redraw(draw)
    # 25 inbound calls each: ceil(2.5) = 3; 101 outbound each: ceil(5.05) = 6
    assert sorted((row.stratum, round(row.inclusion_probability, 6)) for row in rows) == sorted(
        [(f"direction=inbound;manager_id=m{m}", 0.12) for m in (0, 1) for _ in range(3)]
        + [(f"direction=outbound;manager_id=m{m}", round(6 / 101, 6)) for m in (0, 1) for _ in range(6)]
    )


def _drawn() -> tuple[Draw, list[SampledCall]]:
    calls = [call(f"c{number:02d}") for number in range(12)]
    (draw,) = due(plan(), calls)
    return draw, list(redraw(draw))


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        ("frame", Discrepancy.FRAME_CHANGED),
        ("seed", Discrepancy.IDENTITY),
        ("lacking", Discrepancy.LACKING),
        ("foreign", Discrepancy.FOREIGN),
        ("probability", Discrepancy.PROBABILITY),
        ("replacement", Discrepancy.REPLACEMENT),
    ],
)
def test_every_kind_of_tampering_is_noticed(damage: str, expected: Discrepancy) -> None:
    draw, rows = _drawn()
    outside = next(item.call_id for item in draw.frame if item.call_id not in {row.call_id for row in rows})
    if damage == "frame":
        draw = replace(draw, frame=draw.frame[1:])
    elif damage == "seed":
        draw = replace(draw, seed="another")
    elif damage == "lacking":
        rows = rows[1:]
    elif damage == "foreign":
        rows.append(replace(rows[0], call_id=outside))
    elif damage == "probability":
        rows[0] = replace(rows[0], inclusion_probability=0.9)
    else:  # a replacement without its predecessor being given up, and without a reason
        rows.append(replace(rows[0], call_id=outside, replaces=rows[0].call_id))
    assert expected in {code for code, _ in verify(draw, rows)}


def test_replacing_a_call_that_is_not_drawn_or_twice_is_refused() -> None:
    draw, rows = _drawn()
    with pytest.raises(UsageError, match="not_in_draw"):
        replacement(draw, rows, "nobody", "silent", LATER)
    retired, newcomer = replacement(draw, rows, rows[0].call_id, "silent", LATER)
    assert newcomer is not None
    with pytest.raises(UsageError, match="already_replaced"):
        replacement(draw, [retired, *rows[1:], newcomer], retired.call_id, "silent", LATER)


def test_a_frame_that_names_a_call_twice_is_refused() -> None:
    draw, _ = _drawn()
    with pytest.raises(UsageError, match="frame_repeats_call"):
        make_draw(draw.plan, "s", (draw.period_from, draw.period_to), draw.frame * 2, LATER, "t")
