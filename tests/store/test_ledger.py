"""The ledger: who may claim what, whose effect counts, what clocks and people may do to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc_workbench.domain.job import (
    ASKED_FOR,
    LEASE,
    LONGEST_BACK_OFF,
    LOSSES_ALLOWED,
    Job,
    JobState,
    NewJob,
    back_off,
    is_claimable,
)
from qc_workbench.errors import WriteRefused
from qc_workbench.store import job_board, ledger
from qc_workbench.store.database import Statement, Store, insert

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
TOKENS = count()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "qcw.duckdb", tmp_path / "locks")
    store.migrate()
    store.write(Statement("create table effects (subject varchar not null, by_token varchar not null)"))
    return store


def put(store: Store, *jobs: NewJob, now: datetime = NOON) -> None:
    store.write(*ledger.enqueue(jobs, now))


def claim(
    store: Store, now: datetime = NOON, *, step: str = "transcribe", holding: tuple[str, ...] = ()
) -> tuple[Job, ...]:
    return ledger.claim(store, step, "f", worker="me", token=f"t{next(TOKENS)}", now=now, holding=holding)


def one(store: Store, subject: str, step: str = "transcribe") -> Job:
    with store.reading() as reader:
        found = ledger.job(reader, step, subject)
    assert found is not None
    return found


def effect(job: Job) -> Statement:
    return insert("effects", {"subject": job.subject, "by_token": job.token})


def finish(store: Store, job: Job, now: datetime = NOON) -> None:
    ledger.finish(store, job, [effect(job)], now, "w1", 2.5)


def effects(store: Store) -> list[str]:
    with store.reading() as reader:
        return [row["subject"] for row in reader.rows("select subject from effects order by subject")]


def test_a_unit_is_claimed_once_and_done_with_its_effect(store: Store) -> None:
    put(store, NewJob("transcribe", "a", "f", 60))
    (job,) = claim(store)
    assert (job.state, job.attempts, job.worker, job.lease_until) == (JobState.RUNNING, 1, "me", NOON + LEASE)
    assert claim(store) == ()
    finish(store, job)
    after = one(store, "a")
    assert (after.state, after.worker, after.duration_s, after.token) == (JobState.DONE, "w1", 2.5, None)
    assert effects(store) == ["a"]
    assert claim(store) == ()


def test_a_claim_sent_again_after_a_lost_answer_takes_nothing_more(store: Store) -> None:
    put(store, NewJob("transcribe", "a", "f"), NewJob("transcribe", "b", "f", place=1))
    first = ledger.claim(store, "transcribe", "f", worker="me", token="same", now=NOON)
    again = ledger.claim(store, "transcribe", "f", worker="me", token="same", now=NOON)
    assert [job.subject for job in first] == [job.subject for job in again] == ["a"]
    assert one(store, "b").state is JobState.WAITING


def test_a_late_finish_is_refused_and_leaves_no_effect(store: Store) -> None:
    put(store, NewJob("transcribe", "a", "f"))
    (zombie,) = claim(store)
    (heir,) = claim(store, NOON + LEASE + timedelta(seconds=1))
    assert heir.attempts == 2
    with pytest.raises(WriteRefused):
        finish(store, zombie)
    assert effects(store) == []
    finish(store, heir)
    with pytest.raises(WriteRefused):
        finish(store, zombie)
    assert effects(store) == ["a"]


def test_a_finish_sent_again_after_a_lost_answer_is_no_second_effect_and_no_error(store: Store) -> None:
    put(store, NewJob("transcribe", "a", "f"))
    (job,) = claim(store)
    finish(store, job)
    finish(store, job)
    assert effects(store) == ["a"]


def test_a_heartbeat_keeps_the_lease_and_tells_what_is_lost(store: Store) -> None:
    put(store, NewJob("transcribe", "a", "f", batch="x"), NewJob("transcribe", "b", "f", batch="x", place=1))
    jobs = claim(store)
    token = jobs[0].token or ""
    assert ledger.renew(store, [token], NOON + LEASE / 2) == {("transcribe", "a"), ("transcribe", "b")}
    assert claim(store, NOON + LEASE + timedelta(seconds=1)) == ()
    store.write(job_board.cancel(NOON, subjects=["a"]))
    assert ledger.renew(store, [token], NOON + LEASE) == {("transcribe", "b")}
    with pytest.raises(WriteRefused):
        finish(store, jobs[0])


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(days=-400)], ids=["forward", "back"])
def test_a_clock_jump_neither_loses_nor_doubles_an_effect(store: Store, jump: timedelta) -> None:
    put(store, NewJob("transcribe", "a", "f"))
    (job,) = claim(store)
    after = NOON + jump
    # its own coordinator does not take it from itself, another may: then one of both is refused
    assert claim(store, after, holding=(job.token or "",)) == ()
    (heir,) = claim(store, after)
    finish(store, heir, after)
    with pytest.raises(WriteRefused):
        finish(store, job, after)
    assert effects(store) == ["a"]


def test_a_wait_set_by_a_clock_that_stood_ahead_is_over(store: Store) -> None:
    put(store, NewJob("transcribe", "a", "f"))
    (job,) = claim(store, NOON)
    store.write(ledger.lose(job, "worker_lost", NOON + timedelta(days=30), 1.0))
    assert [item.subject for item in claim(store, NOON)] == ["a"]


def test_a_unit_that_loses_its_workers_is_tried_together_then_alone_then_poisoned(store: Store) -> None:
    batch = [NewJob("transcribe", subject, "f", batch="x", place=place) for place, subject in enumerate("ab")]
    put(store, *batch)
    now = NOON
    sizes = []
    while jobs := claim(store, now):
        sizes.append([job.subject for job in jobs])
        for job in jobs:
            if job.subject == "a" or len(jobs) > 1:
                store.write(ledger.lose(job, "worker_lost", now, 0.5))
            else:
                finish(store, job, now)
        now += LONGEST_BACK_OFF
    assert sizes == [["a", "b"], ["a", "b"], ["a"], ["b"]]
    poisoned = one(store, "a")
    assert (poisoned.state, poisoned.losses, poisoned.error_code) == (JobState.POISONED, LOSSES_ALLOWED, "worker_lost")
    assert one(store, "b").state is JobState.DONE
    store.write(job_board.retry(now))
    assert [job.subject for job in claim(store, now)] == ["a"]


def test_a_lost_unit_waits_before_it_is_tried_again(store: Store) -> None:
    put(store, NewJob("transcribe", "a", "f"))
    (job,) = claim(store)
    store.write(ledger.lose(job, "worker_lost", NOON, 0.0))
    assert claim(store, NOON) == ()
    assert len(claim(store, NOON + back_off(1, 1.0))) == 1


def test_a_unit_that_always_takes_its_coordinator_along_is_set_aside(store: Store) -> None:
    put(store, NewJob("transcribe", "a", "f"))
    now = NOON
    starts = 0
    while claim(store, now):
        starts += 1
        now += LEASE + timedelta(seconds=1)
        assert starts < 100
    assert starts > LOSSES_ALLOWED
    assert one(store, "a").state is JobState.POISONED


def test_the_call_somebody_waits_for_comes_first_and_alone(store: Store) -> None:
    put(store, *(NewJob("transcribe", subject, "f", batch="x", place=place) for place, subject in enumerate("abc")))
    for table, row in (
        (
            "recordings",
            {"call_id": "call-c", "state": "ready", "content_hash": "c", "path": "media/c", "duration_s": 5.0},
        ),
    ):
        store.write(insert(table, row))
    with store.reading() as reader:
        wanted = ledger.ask_for(reader, "call-c", NOON)
        assert ledger.ask_for(reader, "nobody", NOON) == []
    store.write(*wanted)
    first = claim(store)
    assert [(job.subject, job.priority) for job in first] == [("c", ASKED_FOR)]
    assert one(store, "c", "measure").state is JobState.WAITING
    assert [job.subject for job in claim(store)] == ["a", "b"]


def test_a_paused_step_gives_no_work_until_it_is_resumed(store: Store) -> None:
    put(store, NewJob("transcribe", "a", "f"), NewJob("measure", "a", "f"))
    store.write(job_board.pause("transcribe", "anna", NOON))
    assert claim(store) == ()
    assert len(claim(store, step="measure")) == 1
    store.write(job_board.resume("transcribe"), job_board.pause(job_board.EVERY_STEP, "anna", NOON))
    assert claim(store) == ()
    with store.reading() as reader:
        assert job_board.pauses(reader) == {"*"}
        assert job_board.waiting_steps(reader, NOON) == set()
    store.write(job_board.resume(job_board.EVERY_STEP))
    assert len(claim(store)) == 1


def test_enqueueing_again_wakes_finished_units_and_leaves_busy_ones(store: Store) -> None:
    put(store, *(NewJob("transcribe", subject, "f", place=place) for place, subject in enumerate("abc")))
    (running,) = claim(store)
    (finished,) = claim(store)
    finish(store, finished)
    put(store, *(NewJob("transcribe", subject, "g", priority=7) for subject in "abc"))
    a, b, c = (one(store, subject) for subject in "abc")
    assert (a.state, a.token, a.fingerprint, a.priority) == (JobState.RUNNING, running.token, "f", 7)
    assert (b.state, b.fingerprint, b.attempts, b.finished_at) == (JobState.WAITING, "g", 0, None)
    assert (c.state, c.fingerprint, c.priority) == (JobState.WAITING, "f", 7)


def test_claims_given_back_are_as_if_never_made(store: Store) -> None:
    put(store, NewJob("transcribe", "a", "f"))
    (job,) = claim(store)
    store.write(ledger.release([job.token or ""]))
    (again,) = claim(store)
    assert again.attempts == 1


def test_failures_of_content_are_failures_of_its_calls(store: Store) -> None:
    for call_id in ("one", "two"):
        store.write(insert("recordings", {"call_id": call_id, "state": "ready", "content_hash": "a"}))
    put(store, NewJob("measure", "a", "f"))
    (job,) = claim(store, step="measure")
    store.write(ledger.fail(job, "media_undecodable", {"file": "a.mp3"}, NOON))
    with store.reading() as reader:
        rows = reader.rows("select step, call_id, content_hash, code, params from failures order by call_id")
        assert ledger.set_aside(reader, "measure", "f") == {"a"}
        assert ledger.set_aside(reader, "measure", "another") == set()
    expected = {"step": "measure", "content_hash": "a", "code": "media_undecodable", "params": '{"file":"a.mp3"}'}
    assert rows == [{**expected, "call_id": "one"}, {**expected, "call_id": "two"}]


def test_steps_that_claim_nothing_record_what_they_did(store: Store) -> None:
    later = NOON + timedelta(seconds=7)
    store.write(ledger.record_done("import", "crm", "f1", NOON), effect(one_off("crm")))
    store.write(ledger.record_done("import", "crm", "f2", later, began=NOON))
    found = one(store, "crm", "import")
    assert (found.state, found.fingerprint, found.duration_s) == (JobState.DONE, "f2", 7.0)
    assert claim(store, step="import") == ()


def one_off(subject: str) -> Job:
    return Job("import", subject, "f", JobState.DONE, subject, 0, 0, 1, 0, 0.0, NOON, token="t")


MOMENTS = st.none() | st.timedeltas(timedelta(days=-2), timedelta(days=2)).map(lambda away: NOON + away)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Store:
    home = tmp_path_factory.mktemp("ledger")
    store = Store(home / "qcw.duckdb", home / "locks")
    store.migrate()
    return store


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(st.sampled_from(JobState), MOMENTS, MOMENTS), min_size=1, max_size=12))
def test_the_store_and_the_rules_agree_on_what_may_be_claimed(
    shared: Store, rows: list[tuple[JobState, datetime | None, datetime | None]]
) -> None:
    jobs = [
        Job(
            "s",
            f"{place:02}",
            "f",
            state,
            "x",
            place,
            0,
            1,
            0,
            1.0,
            NOON,
            not_before=wait,
            token="t",
            lease_until=lease,
        )
        for place, (state, wait, lease) in enumerate(rows)
    ]
    statements = [
        Statement(
            "update jobs set state = ?, batch = ?, not_before = ?, lease_until = ?, token = ? "
            "where step = ? and subject = ?",
            (job.state.value, job.batch, job.not_before, job.lease_until, job.token, job.step, job.subject),
        )
        for job in jobs
    ]
    shared.write(
        Statement("delete from jobs"),
        *ledger.enqueue([NewJob("s", job.subject, "f") for job in jobs], NOON),
        *statements,
    )
    claimed = claim(shared, step="s")
    assert [job.subject for job in claimed] == [job.subject for job in jobs if is_claimable(job, NOON)]


@given(st.integers(1, 40), st.floats(0, 1), st.floats(0, 1))
def test_waits_grow_stay_within_their_limit_and_differ(losses: int, jitter: float, other: float) -> None:
    assert timedelta(0) < back_off(losses, jitter) <= LONGEST_BACK_OFF
    assert back_off(losses + 1, 0.0) >= back_off(losses, 1.0) / 2
    assert jitter >= other or back_off(losses, jitter) <= back_off(losses, other)
    assert back_off(losses, 0.0) < back_off(losses, 1.0)
