"""Rates and times left: what is promised from what was seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.job import LEASE, JobState
from qc_workbench.domain.progress import RECENT, Pace, StepProgress, is_abandoned, pace
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.work_words import duration_text, rate_text, reason_text, step_name, time_left_text

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
STATES = dict.fromkeys(JobState, 0)


def step(**changes: object) -> StepProgress:
    values = {
        "step": "transcribe",
        "counts": STATES | {JobState.WAITING: 30, JobState.RUNNING: 2},
        "finished": 8,
        "left_cost_s": 3200.0,
        "pace": Pace(10, 1000.0, 300.0),
        "is_paused": False,
        "last_done_at": None,
    }
    return StepProgress(**values | changes)  # type: ignore[arg-type]


def test_the_bar_shows_the_work_of_now_and_is_full_when_nothing_is_open() -> None:
    assert (step().total, step().share) == (40, 0.2)
    idle = step(counts=STATES | {JobState.DONE: 1_000_000})
    assert (idle.total, idle.share, idle.time_left_s) == (0, 1.0, 0.0)


def test_the_time_left_goes_by_sound_because_calls_differ_in_length() -> None:
    assert step().time_left_s == pytest.approx(3200 / (1000 / 300))
    # without any sound, by units
    assert step(pace=Pace(10, 0.0, 300.0), left_cost_s=0.0).time_left_s == pytest.approx(32 / (10 / 300))


def test_nobody_promises_a_time_for_what_stands_still() -> None:
    assert step(is_paused=True).time_left_s is None
    assert step(pace=Pace(0, 0.0, 600.0)).time_left_s is None


def test_work_that_began_a_minute_ago_is_not_slowed_down_by_nine_minutes_before_it() -> None:
    assert pace(5, 300, NOON - timedelta(minutes=1), NOON).units_per_min == pytest.approx(5)
    assert pace(5, 300, NOON - timedelta(hours=3), NOON).over_s == RECENT.total_seconds()


@given(st.floats(0, 1e6), st.floats(0, 1e9), st.floats(0, 600), st.integers(0, 10**6), st.floats(0, 1e9))
def test_a_time_left_is_never_negative(done: float, cost_s: float, over_s: float, left: int, left_s: float) -> None:
    left_time = Pace(done, cost_s, over_s).time_left_s(left, left_s)
    assert left_time is None or left_time >= 0
    assert left != 0 or left_time == 0


def test_a_unit_whose_lease_is_over_is_abandoned_and_a_waiting_one_never_is() -> None:
    assert is_abandoned(JobState.RUNNING, NOON, NOON)
    assert not is_abandoned(JobState.RUNNING, NOON + LEASE / 2, NOON)
    assert not is_abandoned(JobState.WAITING, None, NOON)


@pytest.mark.parametrize(
    ("seconds", "russian", "english"),
    [
        (20, "меньше минуты", "less than a minute"),
        (90 * 60, "1 ч 30 мин", "1 h 30 min"),
        (59.6 * 60, "1 ч 0 мин", "1 h 0 min"),
        (50 * 3600, "2 дн. 2 ч", "2 d 2 h"),
    ],
)
def test_a_duration_is_said_in_the_largest_units_that_matter(seconds: float, russian: str, english: str) -> None:
    assert duration_text(Translator("ru"), seconds) == russian
    assert duration_text(Translator("en"), seconds) == english


def test_rate_and_time_left_are_said_in_words() -> None:
    t = Translator("ru")
    assert rate_text(t, step()) == "2,0 в минуту · 3,3× реального времени"
    assert time_left_text(t, step()) == "осталось 16 мин"
    assert time_left_text(t, step(is_paused=True)) == "приостановлено"
    assert rate_text(t, step(pace=Pace(0, 0.0, 600.0))) == ""


def test_a_reason_is_said_in_words_whatever_version_wrote_it() -> None:
    t = Translator("en")
    assert reason_text(t, "worker_lost", {}).startswith("the worker process died")
    assert reason_text(t, "store_full", {"file": "f", "detail": "d"}).startswith("No room is left")
    assert reason_text(t, "store_full", {}) == "store full"
    assert reason_text(t, "of_a_newer_version", {}) == "of a newer version"
    assert reason_text(t, None, {}) == "no reason was recorded"
    assert step_name(t, "*") == "all steps"
