"""Breaches over time: found once, cleared, back again; history by day; a changed rule tried before it counts."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.check_order import OrderReport, check_order, terms_at
from pipelines.try_order import Tried, try_rule
from qc_workbench.config_discipline import Discipline
from qc_workbench.domain.bonus import Fault
from qc_workbench.domain.flag import Finding, Ruling
from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.review.violation_rulings import FaultRuling
from qc_workbench.store import exporting, order_changes
from qc_workbench.store.database import Statement
from qc_workbench.store.faults import ruling_row
from qc_workbench.store.order import Order
from qc_workbench.store.order_history import (
    OrderCount,
    OrderDay,
    breach_with_id,
    order_counts,
    order_days,
    order_rows,
    order_trend,
    to_lead_exchange,
)
from qc_workbench.store.tallies import violation_tallies
from qc_workbench.store.verdicts import violations
from qc_workbench.workspace import Workspace
from tests.order_cases import write_crm
from tests.store.test_order_rules import SOMEBODY_ELSES, at, deal, task

ZONE = "Europe/Moscow"
MONTH = (at(1, 0), at(1, 0) + timedelta(days=31))
OVERDUE, KEPT = ViolationKind.OVERDUE_TASK, ("violations", "violation_gaps")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("over-time")
    (home / "qcw.toml").touch()
    return home


@pytest.fixture
def workspace(home: Path) -> Workspace:
    workspace = Workspace.open(home)
    write_crm(workspace, at(1))
    return workspace


def checked(workspace: Workspace, as_of: datetime, *, done: datetime | None = None) -> OrderReport:
    """A check of one task, due on the 6th."""
    late = task(due_at=at(6, 10), done_at=done, result="сделано" if done else None)
    write_crm(workspace, as_of, deals=[deal()], activities=[late, SOMEBODY_ELSES], keep=KEPT)
    return check_order(workspace, as_of)


def the_only(workspace: Workspace) -> Violation:
    with workspace.store.reading() as reader:
        (found,) = order_rows(reader, MONTH, 10, kind=OVERDUE)
    return found


def test_a_breach_is_found_once_and_a_second_check_changes_nothing(workspace: Workspace) -> None:
    assert checked(workspace, at(7)) == OrderReport(standing=1, new=1)
    assert checked(workspace, at(8)) == OrderReport(standing=1)
    found = the_only(workspace)
    assert (found.happened_at, found.seen_at, found.cleared_at) == (at(6, 10), at(7), None)


def test_a_breach_that_no_longer_stands_is_cleared_and_kept(workspace: Workspace) -> None:
    checked(workspace, at(7))
    before = the_only(workspace)
    assert checked(workspace, at(9), done=at(8)).cleared == 1
    found = the_only(workspace)
    assert (found.violation_id, found.cleared_at) == (before.violation_id, at(9))
    with workspace.store.reading() as reader:
        assert [item for item in violations(reader) if item.kind is OVERDUE] == [], (
            "reports and exports take what stands"
        )
        assert breach_with_id(reader, before.violation_id) == found
        assert order_rows(reader, MONTH, 10, kind=OVERDUE, standing=True) == []
        assert order_rows(reader, MONTH, 10, kind=OVERDUE, standing=False) == [found]
    assert checked(workspace, at(10), done=at(8)).changed == 0


def test_one_put_right_after_a_person_confirmed_it_still_counts(workspace: Workspace) -> None:
    checked(workspace, at(7))
    name = the_only(workspace).violation_id
    fault = Fault(name, OVERDUE.value, "m1", at(6, 10))

    def ruled(ruling: Ruling, day: int, supersedes: str | None = None) -> None:
        finding = Finding(f"{ruling.value}-{day}", name, ruling, "Вера", at(day), "", supersedes)
        workspace.store.insert_many("violation_findings", [ruling_row(FaultRuling(fault, finding, f"b{day}"))])

    def counted() -> tuple[int, int, list[str | None]]:
        with workspace.store.reading() as reader:
            listed = [item for item in violations(reader) if item.kind is OVERDUE]
            tallied = sum(tally.violations for tally in violation_tallies(reader, MONTH) if tally.kind is OVERDUE)
            exported = [
                made and made.ruling.value for item, made in exporting.violations(reader) if item.kind is OVERDUE
            ]
            return len(listed), tallied, exported

    assert counted() == (1, 1, [None])
    ruled(Ruling.CONFIRMED, 8)
    assert check_order_when_done(workspace).cleared == 1
    assert counted() == (1, 1, ["confirmed"])
    ruled(Ruling.WITHDRAWN, 9, "confirmed-8")
    assert counted() == (0, 0, [])
    ruled(Ruling.REJECTED, 10)
    assert counted() == (0, 0, ["rejected"])
    ruled(Ruling.CONFIRMED, 11, "rejected-10")
    assert counted() == (1, 1, ["confirmed"])


def check_order_when_done(workspace: Workspace) -> OrderReport:
    done = "update activities set done_at = ?, result = 'сделано' where activity_id = 'a1'"
    workspace.store.write(Statement(done, (at(8, 9),)))
    return check_order(workspace, at(9))


@pytest.mark.parametrize("together", [1, 2, 100])
def test_new_returned_different_and_cleared_breaches_are_written_in_pieces(workspace: Workspace, together: int) -> None:
    tasks = [task(f"a{n}", due_at=at(6, 10).replace(microsecond=n), deal_id=None) for n in range(7)]
    write_crm(workspace, at(7), activities=[*tasks, SOMEBODY_ELSES])
    check_order(workspace, at(7))
    right = everything(workspace)
    gone = "insert into violations (violation_id, kind, manager_id, happened_at, detail) values (?, ?, 'm1', ?, '')"
    workspace.store.write(
        Statement("delete from violations where activity_id in ('a1', 'a2', 'a3')"),
        Statement("update violations set manager_id = 'm9', detail = 'было' where activity_id = 'a4'"),
        Statement("update violations set cleared_at = ? where activity_id in ('a5', 'a6')", (at(6, 12),)),
        *(Statement(gone, (f"gone{n}", OVERDUE.value, at(5))) for n in range(3)),
    )
    counts: Counter[str] = Counter()
    with workspace.store.reading(heavy=True) as reader:
        order = Order.at(reader, terms_at(reader, Discipline(), workspace.settings.company, at(7)))
        order.keep([OVERDUE])
        for change in order_changes.changes(reader, at(7), together):
            assert sum(change.counts.values()) <= together
            workspace.store.write(*change.statements)
            counts.update(change.counts)
    assert counts == {"new": 3, "different": 1, "returned": 2, "cleared": 3}
    kept = everything(workspace)
    assert [row for row in kept if not row["violation_id"].startswith("gone")] == right
    assert {row["cleared_at"] for row in kept if row["violation_id"].startswith("gone")} == {at(7)}
    with workspace.store.reading() as reader:
        gaps = reader.rows("select activity_id, g.* from violation_gaps g join violations using (violation_id)")
    assert {(row["activity_id"], row["cleared_at"], row["returned_at"]) for row in gaps} == {
        (name, at(6, 12), at(7)) for name in ("a5", "a6")
    }


def everything(workspace: Workspace) -> list[dict[str, Any]]:
    with workspace.store.reading() as reader:
        return reader.rows("select * from violations where kind = 'overdue_task' order by violation_id")


def test_one_that_stands_again_is_the_same_and_keeps_what_was_between(workspace: Workspace) -> None:
    checked(workspace, at(7))
    checked(workspace, at(9), done=at(8))
    assert checked(workspace, at(13)).returned == 1  # the task was opened again
    found = the_only(workspace)
    assert (found.seen_at, found.cleared_at) == (at(7), None)
    with workspace.store.reading() as reader:
        days = order_days(reader, ZONE, date(2026, 10, 6), date(2026, 10, 13), kind=OVERDUE)
    assert [item.standing for item in days] == [1, 1, 1, 0, 0, 0, 0, 1]
    assert [item.opened for item in days] == [1, 0, 0, 0, 0, 0, 0, 1]
    assert [item.cleared for item in days] == [0, 0, 0, 1, 0, 0, 0, 0]


def test_what_a_breach_shows_follows_the_records(workspace: Workspace) -> None:
    checked(workspace, at(7))
    workspace.store.write(Statement("update activities set manager_id = 'm2' where activity_id = 'a1'"))
    assert check_order(workspace, at(8)) == OrderReport(standing=1, different=1)
    assert the_only(workspace).manager_id == "m2"


def test_a_rule_that_is_turned_off_clears_its_breaches(home: Path, workspace: Workspace) -> None:
    checked(workspace, at(7))
    (home / "qcw.toml").write_text("[discipline.rules]\noverdue_task = { enabled = false }\n", encoding="utf-8")
    try:
        assert check_order(Workspace.open(home), at(8)) == OrderReport(standing=0, cleared=1)
    finally:
        (home / "qcw.toml").write_text("", encoding="utf-8")


def test_what_is_kept_of_erased_persons_is_neither_judged_nor_cleared(workspace: Workspace) -> None:
    checked(workspace, at(7))
    name = the_only(workspace).violation_id
    workspace.store.write(
        Statement("delete from activities where activity_id = 'a1'"),
        Statement("insert into erased (kind, id, erasure_id) values ('violation', ?, 'e')", (name,)),
    )
    assert check_order(workspace, at(8)).cleared == 0
    assert the_only(workspace).cleared_at is None


def test_history_counts_agents_days_and_rules(workspace: Workspace) -> None:
    tasks = [
        task("a1", due_at=at(6, 10)),
        task("a2", due_at=at(7, 10)),
        task("a3", due_at=at(7, 23, 30), manager_id="m2"),
    ]
    write_crm(workspace, at(20), deals=[deal()], activities=[*tasks, SOMEBODY_ELSES])
    check_order(workspace, at(20))
    with workspace.store.reading() as reader:
        days = order_days(reader, ZONE, date(2026, 10, 6), date(2026, 10, 8))
        trend = order_trend(reader, ZONE, date(2026, 10, 6), date(2026, 10, 8), {"m1", "m2"})
        counts = order_counts(reader, MONTH)
        mine = order_rows(reader, MONTH, 1, 1, agents={"m1"})
    assert days == [
        OrderDay("m1", date(2026, 10, 6), 1, 0, 1), OrderDay("m1", date(2026, 10, 7), 1, 0, 2),
        OrderDay("m1", date(2026, 10, 8), 0, 0, 2), OrderDay("m2", date(2026, 10, 6), 0, 0, 0),
        OrderDay("m2", date(2026, 10, 7), 1, 0, 1), OrderDay("m2", date(2026, 10, 8), 0, 0, 1),
    ]  # fmt: skip
    assert [(item.opened, item.standing) for item in trend] == [(1, 1), (2, 3), (0, 3)]
    assert counts == [OrderCount("m1", OVERDUE, 2, 2), OrderCount("m2", OVERDUE, 1, 1)]
    assert [item.activity_id for item in mine] == ["a1"], "the newest first, the second of them"
    with workspace.store.reading() as reader:
        later = order_trend(reader, ZONE, date(2026, 10, 19), date(2026, 10, 20))
    assert [item.standing for item in later] == [3, 3], "what stood when the span began stands in it"


def test_a_changed_rule_is_tried_without_writing_anything(workspace: Workspace) -> None:
    held: list[Any] = [deal(f"d{number}", stage_since=at(number)) for number in range(1, 4)]
    write_crm(workspace, at(20), deals=held)
    check_order(workspace, at(20))
    changed = Discipline(open_deals_at_most=1)
    found = try_rule(workspace, ViolationKind.OVER_OPEN_DEALS, changed, at(20), MONTH)
    assert found == (Tried("m1", 0, 2),)
    off = Discipline.model_validate({"rules": {"over_open_deals": {"enabled": False}}, "open_deals_at_most": 1})
    assert try_rule(workspace, ViolationKind.OVER_OPEN_DEALS, off, at(20), MONTH) == ()
    earlier = (at(1, 0) - timedelta(days=30), at(1, 0))
    assert try_rule(workspace, ViolationKind.OVER_OPEN_DEALS, changed, at(20), earlier) == ()
    with workspace.store.reading() as reader:
        assert violations(reader) == []


def test_deals_for_the_lead_exchange_are_listed_by_agent_stalest_first(home: Path, workspace: Workspace) -> None:
    held: list[Any] = [deal(f"d{number}", stage_since=at(number)) for number in range(1, 5)]
    write_crm(workspace, at(20), deals=held)
    (home / "qcw.toml").write_text("[discipline]\nopen_deals_at_most = 2\n", encoding="utf-8")
    try:
        check_order(Workspace.open(home), at(20))
    finally:
        (home / "qcw.toml").write_text("", encoding="utf-8")
    with workspace.store.reading() as reader:
        assert to_lead_exchange(reader) == {"m1": ["d1", "d2"]}
        assert to_lead_exchange(reader, {"m2"}) == {}
