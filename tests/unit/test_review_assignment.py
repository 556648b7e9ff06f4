from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from qc_workbench.domain.call import Manager, Role
from qc_workbench.domain.flag import Flag, FlagKind, Verdict
from qc_workbench.domain.sampling import Queue, SampledCall, SampleStatus
from qc_workbench.review.assignment import FLAG_RETIRED, assign, reviewers, targeted_rows
from tests.sampling_cases import LATER, MONDAY, call

ZONE = ZoneInfo("Europe/Moscow")


def row(call_id: str, plan: str = "daily", **more: object) -> SampledCall:
    return SampledCall(plan, plan, "2026-10-05", "direction=inbound", call_id, 0.5, MONDAY, **more)  # type: ignore[arg-type]


def flag(call_id: str, verdict: Verdict = Verdict.FLAG, score: float = 0.9) -> Flag:
    return Flag(f"f-{call_id}", call_id, FlagKind.FAKE_EFFECTIVE, verdict, score, (), "detector", "1")


@given(st.integers(0, 60), st.integers(1, 5))
def test_calls_are_shared_out_evenly(count: int, people: int) -> None:
    calls = {f"c{n}": call(f"c{n}", manager_id=f"m{n % 3}") for n in range(count)}
    done = assign([row(name) for name in calls], calls, [f"q{n}" for n in range(people)])
    load = Counter(item.assigned_to for item in done)
    assert sum(load.values()) == count
    if count >= people:
        assert max(load.values()) - min(load[f"q{n}"] for n in range(people)) <= 1


@given(st.lists(st.tuples(st.sampled_from(["m1", "q1", "q2"]), st.booleans()), max_size=30))
def test_nobody_reviews_their_own_calls_and_a_second_pass_changes_nothing(spec: list[tuple[str, bool]]) -> None:
    calls = {f"c{n}": call(f"c{n}", manager_id=agent) for n, (agent, _) in enumerate(spec)}
    rows = {("daily", name): row(name) for name in calls}
    rows |= {("weekly", f"c{n}"): row(f"c{n}", "weekly") for n, (_, both) in enumerate(spec) if both}
    for item in assign(rows.values(), calls, ["q1", "q2"]):
        assert item.assigned_to != calls[item.call_id].manager_id
        rows[item.draw_id, item.call_id] = item
    assert assign(rows.values(), calls, ["q1", "q2"]) == ()
    assert all(item.assigned_to for item in rows.values())
    for n, (_, both) in enumerate(spec):
        if both:  # drawn by two plans, heard by one person
            assert rows["daily", f"c{n}"].assigned_to == rows["weekly", f"c{n}"].assigned_to


def test_new_calls_do_not_move_what_somebody_has() -> None:
    calls = {f"c{n}": call(f"c{n}") for n in range(9)}
    first = assign([row(f"c{n}") for n in range(4)], calls, ["q1", "q2"])
    second = assign([*first, *(row(f"c{n}") for n in range(4, 9))], calls, ["q1", "q2", "q3"])
    assert {item.call_id for item in second} == {f"c{n}" for n in range(4, 9)}
    assert Counter(item.assigned_to for item in [*first, *second]) == {"q1": 3, "q2": 3, "q3": 3}


def test_only_waiting_calls_of_a_person_who_left_go_to_another() -> None:
    calls = {name: call(name) for name in ("a", "b", "c")}
    rows = [
        row("a", assigned_to="gone"),
        row("b", assigned_to="gone", status=SampleStatus.IN_PROGRESS),
        row("c", assigned_to="gone", status=SampleStatus.DONE),
    ]
    assert assign(rows, calls, ["q1"]) == (replace(rows[0], assigned_to="q1"),)


def test_without_an_eligible_reviewer_calls_wait_unassigned() -> None:
    calls = {"c": call("c", manager_id="q1")}
    assert assign([row("c")], calls, ["q1"]) == ()
    assert assign([row("c")], calls, []) == ()


def test_random_calls_are_shared_out_before_targeted_ones() -> None:
    calls = {name: call(name) for name in ("r1", "r2", "t1", "t2")}
    rows = [row(name, "targeted", queue=Queue.TARGETED) for name in ("t1", "t2")] + [row("r1"), row("r2")]
    assert [item.queue for item in assign(rows, calls, ["q1", "q2"])] == [Queue.RANDOM] * 2 + [Queue.TARGETED] * 2


def test_reviewers_are_the_specialists_who_work_now() -> None:
    people = [
        Manager("q1", "A", Role.QC),
        Manager("q2", "B", Role.QC, left_at=LATER - timedelta(days=1)),
        Manager("q3", "C", Role.QC, hired_at=LATER + timedelta(days=1)),
        Manager("m1", "D", Role.MANAGER),
    ]
    assert reviewers(people, LATER) == ("q1",)


def test_flagged_calls_are_queued_once_and_apart_from_the_random_sample() -> None:
    calls = {name: call(name, datetime(2026, 10, 5, 23, 30, tzinfo=UTC)) for name in ("a", "b")}
    flags = [flag("a"), replace(flag("a"), flag_id="f2", verdict=Verdict.UNSURE), flag("b", Verdict.UNSURE, 0.4)]
    made = targeted_rows(flags, calls, [row("a")], zone=ZONE, as_of=LATER)
    assert [(item.call_id, item.stratum, item.queue) for item in made] == [
        ("a", "kind=fake_effective;verdict=flag", Queue.TARGETED),
        ("b", "kind=fake_effective;verdict=unsure", Queue.TARGETED),
    ]
    assert {item.period for item in made} == {"2026-10-06"}
    assert targeted_rows(flags, calls, [row("a"), *made], zone=ZONE, as_of=LATER) == ()


def test_a_call_leaves_the_targeted_queue_with_its_flag_and_comes_back_with_it() -> None:
    calls = {"a": call("a"), "b": call("b")}
    made = targeted_rows([flag("a"), flag("b")], calls, [], zone=ZONE, as_of=LATER)
    begun = [made[0], replace(made[1], status=SampleStatus.DONE)]
    (retired,) = targeted_rows([], calls, begun, zone=ZONE, as_of=LATER)
    assert (retired.call_id, retired.status, retired.reason) == ("a", SampleStatus.REPLACED, FLAG_RETIRED)
    assert targeted_rows([], calls, [retired, begun[1]], zone=ZONE, as_of=LATER) == ()
    (back,) = targeted_rows([flag("a"), flag("b")], calls, [retired, begun[1]], zone=ZONE, as_of=LATER)
    assert back == made[0]
