"""What each metric of the investigation counts: bad ones, all, confirmed ones; people's words in every room count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.crm import Activity, ActivityType
from qc_workbench.domain.flag import AnsweredBy, Conversation, Flag, FlagKind, Verdict
from qc_workbench.domain.investigation import CaseCount, Metric, Scope
from qc_workbench.store import calls as call_rows
from qc_workbench.store import crm, verdicts
from qc_workbench.store.bad_cases import CaseQuestion, bad_cases, case_counts, case_of
from qc_workbench.store.database import Statement, Store

DAY = datetime(2026, 10, 5, 9, tzinfo=UTC)
STRETCH = (DAY, DAY + timedelta(days=1))


def call(call_id: str, **more: object) -> Call:
    values = {"direction": Direction.OUTBOUND, "talk_s": 60.0, "outcome": Outcome.ANSWERED, **more}
    at = values.pop("at", DAY)
    return Call(call_id, at, values.pop("direction"), values.pop("agent", "m1"), "+79000000001", **values)  # type: ignore[arg-type]


def write(store: Store, sql: str, *parameters: object) -> None:
    store.write(Statement(sql, parameters))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """c1..c4 are conversations the CRM counts, c5 is short, c6 and c7 are missed, c8 is internal, c9 is tomorrow's."""
    folder = tmp_path_factory.mktemp("bad_cases")
    made = Store(folder / "qcw.duckdb", folder)
    made.migrate()
    missed = {"direction": Direction.INBOUND, "outcome": Outcome.MISSED, "talk_s": 0.0}
    calls = [
        *(call(f"c{number}") for number in range(1, 5)), call("c5", talk_s=39.0), call("c6", **missed),
        call("c7", **missed, source="ads"), call("c8", direction=Direction.INTERNAL), call("c9", at=STRETCH[1]),
    ]  # fmt: skip
    made.insert_many("calls", [call_rows.call_row(item, DAY) for item in calls])
    spoken = {"c1": False, "c2": False, "c3": True, "c4": None, "c5": True, "c9": False}
    made.insert_many(
        "conversations",
        [
            verdicts.conversation_row(Conversation(call_id, "f", AnsweredBy.HUMAN, False, 0, 0, 0, verified))
            for call_id, verified in spoken.items()
        ],
    )
    made.insert_many(
        "flags",
        [
            verdicts.flag_row(Flag(f"{kind}-{call_id}", call_id, kind, Verdict.FLAG, 0.9, (), "d", "1"), DAY)
            for kind, call_id in (
                (FlagKind.FAKE_EFFECTIVE, "c1"), (FlagKind.FAKE_EFFECTIVE, "c2"), (FlagKind.FAKE_EFFECTIVE, "c9"),
                (FlagKind.FALSE_REFUSAL, "c3"),
            )
        ],
    )  # fmt: skip
    for promise, outcome in (("p1", "missing"), ("p2", "kept"), ("p3", "scheduled"), ("p4", "overdue")):
        write(
            made,
            "insert into commitments values (?, 'c3', 'agent', 'callback', '', 0, 1, '2026-10-06', '2026-10-06', null, "
            "null, null, 'r', ?, null, null, 0, '[]', ?, null)",
            promise, outcome, DAY,
        )  # fmt: skip
    for call_id, lost in (("c3", "lost"), ("c4", "lost"), ("c1", "open")):
        write(
            made,
            "insert into refusals values (?, 'refused', 'd', ?, ?, null, null, null)",
            call_id,
            lost,
            call_id == "c3",
        )
    tasks = [
        Activity(f"t{number}", "m1", ActivityType.TASK, DAY, due_at=DAY + timedelta(hours=number))
        for number in range(1, 5)
    ]
    made.insert_many("activities", [crm.activity_row(item) for item in tasks])
    breaches = [
        ("v1", "no_note", "c3", None), ("v2", "call_not_logged", "c3", None),
        ("v3", "call_not_logged", "c4", None), ("v4", "missed_without_deal", "c6", None),
        ("v5", "late_callback", "c7", None), ("v6", "overdue_task", None, "t1"),
        ("v7", "overdue_task", None, "t2"), ("v8", "due_date_moved", None, "t3"),
        ("v9", "dragged_task", None, "t3"),
    ]  # fmt: skip
    for violation_id, kind, call_id, task in breaches:
        write(
            made,
            "insert into violations (violation_id, kind, manager_id, happened_at, call_id, activity_id, detail) "
            "values (?, ?, 'm1', ?, ?, ?, '')",
            violation_id, kind, DAY, call_id, task,
        )  # fmt: skip
    # Put right later: a task that was overdue was overdue; a call that turned out to be logged is no breach.
    write(made, "update violations set cleared_at = ? where violation_id in ('v3', 'v7')", STRETCH[1])
    return made


def counts(
    store: Store, metric: Metric, scope: Scope | None = None, line: float | None = None
) -> list[tuple[int, ...]]:
    with store.reading() as reader:
        found = case_counts(reader, CaseQuestion(metric, scope or Scope(), 40, line), [STRETCH])
    assert all(item.agent == "m1" for item in found)
    return [(item.bad, item.of, item.confirmed) for item in found]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        (Metric.PADDED_CALLS, (2, 4, 0)),  # c1..c4: examined and counted; c5 is too short, c9 another day's
        (Metric.BROKEN_PROMISES, (2, 3, 0)),  # one is still to come
        (Metric.FALSE_REFUSALS, (1, 2, 0)),
        (Metric.CALLS_NOT_LOGGED, (1, 3, 0)),  # c3, c4, c5: c1 and c2 were no conversations
        (Metric.NO_NOTES, (1, 2, 0)),  # c3 and c5
        (Metric.OVERDUE_TASKS, (2, 4, 0)),
        (Metric.DRAGGED_TASKS, (1, 4, 0)),  # two breaches of one task are one case
        (Metric.MISSED_WITHOUT_DEAL, (1, 2, 0)),
        (Metric.LATE_CALLBACKS, (1, 2, 0)),
    ],
)
def test_each_metric_counts_its_own_cases(store: Store, metric: Metric, expected: tuple[int, int, int]) -> None:
    assert counts(store, metric) == [expected]


def test_a_scope_narrows_what_is_examined(store: Store) -> None:
    assert counts(store, Metric.LATE_CALLBACKS, Scope(sources=("ads",))) == [(1, 1, 0)]
    assert counts(store, Metric.LATE_CALLBACKS, Scope(directions=(Direction.OUTBOUND,))) == []
    assert counts(store, Metric.PADDED_CALLS, Scope(agents=("m2",))) == []
    assert counts(store, Metric.PADDED_CALLS, Scope(random_only=True)) == []


def test_a_case_begins_with_its_stretch_and_ends_before_it(store: Store) -> None:
    with store.reading() as reader:
        question = CaseQuestion(Metric.PADDED_CALLS, Scope(), 40)
        following = (STRETCH[1], STRETCH[1] + timedelta(hours=1))
        assert case_counts(reader, question, [STRETCH, following]) == (
            CaseCount("m1", 0, 2, 4, 0), CaseCount("m1", 1, 1, 1, 0),
        )  # fmt: skip
        found = bad_cases(reader, question, STRETCH, ["m1"], 1)
        assert [item.subject for item in found["m1"]] == ["c1"]
        assert case_of(reader, question, STRETCH, "c9") is None


@pytest.mark.parametrize(
    ("metric", "fault", "kind", "before"),
    [
        (Metric.NO_NOTES, "v1", "no_note", (1, 2)),
        (Metric.OVERDUE_TASKS, "v6", "overdue_task", (2, 4)),
        (Metric.BROKEN_PROMISES, "p1", "broken_promise", (2, 3)),
    ],
)
def test_rulings_and_disputes_of_the_other_rooms_count(
    store: Store, metric: Metric, fault: str, kind: str, before: tuple[int, int]
) -> None:
    bad, of = before

    def ruled(ruling: str, hour: int, supersedes: str | None = None) -> None:
        write(
            store,
            "insert into violation_findings values (?, ?, ?, 'm1', ?, null, null, null, ?, 'x', ?, '', ?, 'b')",
            f"{fault}-{hour}", fault, kind, DAY, ruling, DAY + timedelta(hours=hour), supersedes,
        )  # fmt: skip

    def moved(step: int, move: str) -> None:
        write(store, "insert into fault_moves values (?, ?, ?, '', 'x', ?)", fault, step, move, DAY)

    ruled("confirmed", 1)
    assert counts(store, metric) == [(bad, of, 1)]
    moved(1, "dispute")
    assert counts(store, metric) == [(bad, of, 0)]  # not confirmed while it is disputed
    moved(2, "keep")
    assert counts(store, metric) == [(bad, of, 1)]
    ruled("withdrawn", 2, f"{fault}-1")
    assert counts(store, metric) == [(bad, of, 0)]
    ruled("rejected", 3)
    assert counts(store, metric) == [(bad - 1, of, 0)]


def test_low_scores_are_of_the_random_sample_last_submitted_and_not_disputed(tmp_path: Path) -> None:
    made = Store(tmp_path / "qcw.duckdb", tmp_path)
    made.migrate()
    made.insert_many("calls", [call_rows.call_row(call(f"c{number}"), DAY) for number in range(1, 6)])
    for call_id in ("c1", "c2", "c3", "c4"):
        write(
            made,
            "insert into sample values ('d', ?, 'daily', '2026-10-05', 's', 'random', 0.3, ?, 'done', null, null, "
            "null)",
            call_id, DAY,
        )  # fmt: skip
    scores = [
        ("e1", "c1", 40, 1, "score"), ("e2", "c2", 90, 1, "score"), ("e3", "c2", 50, 2, "score"),
        ("e4", "c3", 10, 1, "score"), ("e5", "c4", 10, 1, "calibration"), ("e6", "c5", 10, 1, "score"),
    ]  # fmt: skip
    for evaluation_id, call_id, score, hour, purpose in scores:
        write(
            made,
            "insert into evaluations values (?, ?, 'f', 1, 'q', 'submitted', ?, 1, null, ?, ?, null, false, ?)",
            evaluation_id, call_id, DAY, DAY + timedelta(hours=hour), score, purpose,
        )  # fmt: skip
    write(made, "insert into dispute_moves values ('e4', 'q', 1, 'c3', 'dispute', null, '', 'm1', ?)", DAY)
    # c1 40 and c2 50 (the later one); c3 is disputed, c4 was a calibration, c5 was never drawn. A line is no low score.
    assert counts(made, Metric.LOW_SCORES, line=50) == [(1, 2, 1)]
    assert counts(made, Metric.LOW_SCORES, line=50.01) == [(2, 2, 2)]
