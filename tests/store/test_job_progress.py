"""The ledger in figures: counts of now, the rate of lately, whose unit it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qc_workbench.domain.job import JobState, NewJob
from qc_workbench.domain.progress import RECENT
from qc_workbench.store import job_board, job_progress, ledger
from qc_workbench.store.database import Statement, Store, insert, insert_all
from tests.ui.busy_ledger import job_row

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "qcw.duckdb", tmp_path / "locks")
    store.migrate()
    return store


def done(subject: str, began: timedelta, ended: timedelta, **more: object) -> dict[str, object]:
    """A unit done this long before noon."""
    return job_row(
        "transcribe", subject, JobState.DONE, NOON - began, started_at=NOON - began, finished_at=NOON - ended, **more
    )


def test_the_work_of_now_begins_with_the_oldest_open_unit(store: Store) -> None:
    minute = timedelta(minutes=1)
    rows = [
        done("last-year", 400 * timedelta(days=1), 400 * timedelta(days=1)),
        done("a", 5 * minute, 4 * minute),
        done("b", 5 * minute, 2 * minute),
        job_row("transcribe", "c", JobState.WAITING, NOON - 5 * minute),
        job_row("transcribe", "d", JobState.CANCELLED, NOON - 5 * minute, finished_at=NOON - minute),
        job_row("measure", "a", JobState.DONE, NOON - minute, finished_at=NOON),
    ]
    store.write(*insert_all("jobs", rows), job_board.pause("measure", "anna", NOON))
    with store.reading() as reader:
        measure, transcribe = job_progress.step_progress(reader, NOON)
    assert (transcribe.finished, transcribe.total, transcribe.counts[JobState.DONE]) == (2, 3, 3)
    assert transcribe.left_cost_s == rows[3]["cost_s"]
    assert transcribe.pace.units_per_min == pytest.approx(2 / 5)
    assert (measure.total, measure.is_paused, transcribe.is_paused) == (0, True, False)


def test_a_unit_that_began_before_the_window_counts_with_its_part_inside(store: Store) -> None:
    store.write(*insert_all("jobs", [done("long", 4 * RECENT, timedelta(0), cost_s=3600.0)]))
    with store.reading() as reader:
        (step,) = job_progress.step_progress(reader, NOON)
    assert step.pace.units == pytest.approx(0.25)
    assert step.pace.times_sound == pytest.approx(900 / RECENT.total_seconds())


def test_units_name_the_calls_that_share_their_recording(store: Store) -> None:
    for call_id in ("one", "two"):
        store.write(insert("recordings", {"call_id": call_id, "state": "ready", "content_hash": "a"}))
    store.write(
        *insert_all("jobs", [job_row("transcribe", "a", JobState.FAILED, NOON, error_code="media_undecodable")])
    )
    with store.reading() as reader:
        (unit,) = job_progress.units(reader, [JobState.FAILED], 10)
        (reason,) = job_progress.reasons(reader)
    assert (unit.call_ids, unit.calls) == (("one", "two"), 2)
    assert (reason.step, reason.code, reason.units) == ("transcribe", "media_undecodable", 1)


def test_slices_of_work_begin_at_whole_five_minutes(store: Store) -> None:
    at = timedelta(minutes=7, seconds=30)
    store.write(*insert_all("jobs", [done("a", at, at), done("b", at, at - timedelta(seconds=20))]))
    with store.reading() as reader:
        (found,) = job_progress.work_by_time(reader, NOON - timedelta(hours=1))
        assert job_progress.work_by_time(reader, NOON) == []
    assert (found.at, found.step, found.units) == (NOON - timedelta(minutes=10), "transcribe", 2)


def test_the_place_in_the_queue_follows_the_order_of_claims(store: Store) -> None:
    jobs = [NewJob("transcribe", subject, "f", place=place) for place, subject in enumerate("abc")]
    store.write(*ledger.enqueue(jobs, NOON), *ledger.enqueue([NewJob("transcribe", "z", "f", priority=5)], NOON))
    with store.reading() as reader:
        places = {
            subject: job_progress.before(reader, found)
            for subject in "zabc"
            if (found := ledger.job(reader, "transcribe", subject))
        }
    order = [ledger.claim(store, "transcribe", "f", worker="me", token=f"t{n}", now=NOON)[0].subject for n in range(4)]
    assert sorted(places, key=places.__getitem__) == order == list("zabc")
    assert list(places.values()) == [0, 1, 2, 3]


def test_what_one_cancelling_took_is_put_back_and_nothing_else(store: Store) -> None:
    jobs = [NewJob("transcribe", subject, "f", place=place, batch="x") for place, subject in enumerate("abc")]
    store.write(*ledger.enqueue(jobs, NOON))
    later = NOON + timedelta(microseconds=1)
    store.write(job_board.cancel(NOON, subjects=["a"]))
    store.write(job_board.cancel(later))
    with store.reading() as reader:
        assert job_progress.changed_units(reader, JobState.CANCELLED, later) == 2
    store.write(job_progress.put_back(later))
    with store.reading() as reader:
        states = {unit.job.subject: unit.job.state for unit in job_progress.units(reader, list(JobState), 10)}
    assert states == {"a": JobState.CANCELLED, "b": JobState.WAITING, "c": JobState.WAITING}


def test_somebody_works_only_as_long_as_a_lease_lives(store: Store) -> None:
    store.write(*ledger.enqueue([NewJob("transcribe", "a", "f")], NOON))
    with store.reading() as reader:
        assert not job_progress.is_somebody_working(reader, NOON)
    ledger.claim(store, "transcribe", "f", worker="me", token="t", now=NOON)
    with store.reading() as reader:
        assert job_progress.is_somebody_working(reader, NOON + timedelta(seconds=60))
        assert not job_progress.is_somebody_working(reader, NOON + timedelta(seconds=100))
    store.write(Statement("delete from jobs"))
