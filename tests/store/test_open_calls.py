"""Open calls with their due days, and replacements, as the plan of listening asks for them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from qc_workbench.domain.sampling import Period, Queue, SampledCall, SampleStatus
from qc_workbench.review.due import DueRule
from qc_workbench.review.workload import OpenCall, Reviewer, plan_listening
from qc_workbench.sampling.draws import make_draw, redraw
from qc_workbench.sampling.frames import frame_items
from qc_workbench.store import open_calls, samples
from qc_workbench.store.calls import audit_entry, call_row
from qc_workbench.store.database import Statement, Store, insert, insert_all
from tests.sampling_cases import LATER, MONDAY, audible, call, plan


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Six calls of two agents on Monday, all of them drawn by one plan; two picked by the machine late on Monday."""
    made = Store(tmp_path / "qcw.duckdb", tmp_path / ".locks")
    made.migrate()
    calls = [call(f"c{n}", MONDAY + timedelta(minutes=n), manager_id=f"m{n % 2}") for n in range(6)]
    every = plan(shares={"inbound": 1.0}, period=Period.DAILY)
    ((period, frame),) = frame_items(every, calls, audible(calls), ZoneInfo("Europe/Moscow")).items()
    draw = make_draw(every, "seed", period, frame, LATER, "1")
    late = datetime(2026, 10, 5, 22, 30, tzinfo=UTC)  # already Tuesday in Moscow
    picked = [
        SampledCall("targeted", "targeted", "2026-10-05", "kind=x", name, 1.0, late, Queue.TARGETED)
        for name in ("c0", "t")
    ]
    made.write(
        *insert_all("calls", [call_row(item, LATER) for item in [*calls, call("t")]]),
        insert("draws", samples.draw_row(draw)),
        *insert_all("sample", [samples.sampled_row(row) for row in [*redraw(draw), *picked]]),
    )
    return made


RULE = DueRule(workdays=(1, 2, 3, 4, 5), targeted_days=2)
DRAWN_ON = date(2026, 12, 1)  # long after the calls: nobody is late with what was not drawn


def test_a_call_is_due_by_its_earliest_draw_and_counts_once(store: Store) -> None:
    with store.reading() as reader:
        found = {row.call_id: row for row in open_calls.open_calls(reader, "Europe/Moscow", 100)}
    assert set(found) == {"t", *(f"c{n}" for n in range(6))}
    both, drawn, picked = found["c0"], found["c1"], found["t"]
    assert (drawn.due(RULE), drawn.drawn, drawn.agent) == (DRAWN_ON, True, "m1")
    assert (both.due(RULE), both.drawn, len(both.draws)) == (date(2026, 10, 8), True, 2)
    assert (picked.due(RULE), picked.drawn) == (date(2026, 10, 8), False)  # picked on Tuesday of the company


def test_when_there_is_no_room_for_all_drawn_calls_and_those_somebody_has_are_read_first(store: Store) -> None:
    store.write(Statement("update sample set assigned_to = 'q1' where call_id = 'c4'"))
    with store.reading() as reader:
        assert [row.call_id for row in open_calls.open_calls(reader, "UTC", 1)] == ["c4"]
        assert "t" not in {row.call_id for row in open_calls.open_calls(reader, "UTC", 6)}


def test_calls_begun_or_done_are_not_open_and_those_begun_take_places(store: Store) -> None:
    for name, status in (("c1", SampleStatus.IN_PROGRESS), ("c2", SampleStatus.DONE), ("c3", SampleStatus.REPLACED)):
        store.write(set_status(name, status))
    with store.reading() as reader:
        assert {row.call_id for row in open_calls.open_calls(reader, "UTC", 9)} == {"t", "c0", "c4", "c5"}
        assert open_calls.begun_by_reviewer(reader) == {"q1": 1}


def test_whoever_has_begun_a_call_still_has_it_in_their_queue_and_nobody_else_does(store: Store) -> None:
    store.write(open_calls.begun("c1", "q1"))
    with store.reading() as reader:
        assert [(row.call_id, row.begun) for row in open_calls.open_calls(reader, "UTC", 9, "q1")] == [("c1", True)]
        assert open_calls.open_calls(reader, "UTC", 9, "q2") == []
    store.write(open_calls.begun("c1", "q2"), open_calls.put_back("c1", "q2"))
    with store.reading() as reader:
        assert open_calls.begun_by_reviewer(reader) == {"q1": 1}
    store.write(open_calls.put_back("c1", "q1"))
    with store.reading() as reader:
        assert [(row.call_id, row.begun) for row in open_calls.open_calls(reader, "UTC", 9, "q1")] == [("c1", False)]


def test_a_plan_counts_its_newest_period_and_what_is_left_of_earlier_ones(store: Store) -> None:
    store.write(
        set_status("c2", SampleStatus.DONE), set_status("c3", SampleStatus.REPLACED),
        insert("sample", samples.sampled_row(
            SampledCall("old", "daily", "2026-10-02", "s", "c9", 0.5, LATER))),
    )  # fmt: skip
    with store.reading() as reader:
        (found,) = open_calls.plan_rows(reader, "UTC")
    assert (found.draw.plan, found.draw.period, found.drawn, found.done, found.older) == (
        "daily",
        "2026-10-05",
        5,
        1,
        1,
    )


def test_what_is_read_can_be_planned_at_once(store: Store) -> None:
    with store.reading() as reader:
        rows = open_calls.open_calls(reader, "Europe/Moscow", 100)
    calls = [OpenCall(row.call_id, row.agent, row.due(RULE), row.drawn, row.assigned_to) for row in rows]
    made = plan_listening(calls, [Reviewer("q1", 2), Reviewer("q2", 2)], date(2026, 10, 6))
    assert len(made.slots) == 7
    assert not any(slot.is_late for slot in made.slots)


def test_replacements_are_read_from_the_log_of_their_time(store: Store) -> None:
    for n, (who, reason) in enumerate([("q1", "silent"), ("q2", "damaged"), ("q1", "silent")]):
        store.write(audit_entry(LATER + timedelta(days=n), who, "call_replaced", f"c{n}", reason=reason))
    store.write(audit_entry(LATER, "q1", "call_listened", "c5"))
    with store.reading() as reader:
        found = open_calls.replaced(reader, LATER, LATER + timedelta(days=2))
    assert found == [("q1", "silent"), ("q2", "damaged")]


def test_a_replacement_that_was_taken_back_does_not_count(store: Store) -> None:
    for n, (action, draw) in enumerate(
        [("call_replaced", "a"), ("call_replaced", "b"), ("call_replacement_undone", "b")]
    ):
        store.write(audit_entry(LATER + timedelta(minutes=n), "q1", action, "c0", draw=draw, reason=f"of {draw}"))
    with store.reading() as reader:
        assert open_calls.replaced(reader, LATER, LATER + timedelta(days=2)) == [("q1", "of a")]


def set_status(call_id: str, status: SampleStatus) -> Statement:
    return Statement("update sample set status = ?, assigned_to = 'q1' where call_id = ?", (status.value, call_id))
