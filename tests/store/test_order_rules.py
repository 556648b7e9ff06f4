"""Each rule of order on small CRMs in a real store: what breaks it, what doesn't, and the borders between."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import pytest

from qc_workbench.config import Company, Settings
from qc_workbench.detection.working_time import WorkingTime
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.crm import Activity, ActivityChange, ActivityType, Deal, DealStatus, Note, StageChange
from qc_workbench.domain.flag import AnsweredBy, Conversation
from qc_workbench.domain.violation import Violation, ViolationKind
from tests.order_cases import IN_PYTHON, SmallCompany, judged, judged_in_python, small_company, told, write_crm
from tests.sampling_cases import call

MOSCOW = ZoneInfo("Europe/Moscow")
PHONE = "+79160000000"
SETTINGS = Settings()  # day ends at 19:00, Monday to Friday, a note within 24 hours, «КП отправлено» 5 days


def at(day: int, hour: int = 12, minute: int = 0) -> datetime:
    """October 2026 in Moscow; the 5th is a Monday."""
    return datetime(2026, 10, day, hour, minute, tzinfo=MOSCOW)


def deal(deal_id: str = "d1", **more: Any) -> Deal:
    return Deal(**{"deal_id": deal_id, "client_phones": (PHONE,), "manager_id": "m1", "stage": "Думают",
                   "status": DealStatus.OPEN, "created_at": at(1), **more})  # fmt: skip


def task(activity_id: str = "a1", **more: Any) -> Activity:
    return Activity(**{"activity_id": activity_id, "manager_id": "m1", "type": ActivityType.TASK,
                       "created_at": at(1), "deal_id": "d1", **more})  # fmt: skip


def talk(call_id: str, verified: bool | None = True) -> Conversation:
    return Conversation(call_id, "f", AnsweredBy.HUMAN, False, 30, 15, 15, verified)


class Found(Protocol):
    def __call__(self, as_of: datetime, kind: ViolationKind, **records: Any) -> list[Violation]: ...


@pytest.fixture(scope="module")
def company() -> SmallCompany:
    return small_company()


@pytest.fixture
def found(company: SmallCompany) -> Found:
    """What a rule finds; where it was written in Python before, both must find the same."""

    def ask(as_of: datetime, kind: ViolationKind, **records: Any) -> list[Violation]:
        write_crm(company, as_of, **records)
        violations = judged(company, as_of, [kind])
        if kind in IN_PYTHON:
            others = [item for item in judged_in_python(company, as_of, **records) if item.kind is kind]
            assert told(violations) == told(others)
        return violations

    return ask


SOMEBODY_ELSES = task("other", deal_id="other", due_at=at(30))
ANY_NOTE = Note("other", at(1), "…", deal_id="other")


# A, B ------------------------------------------------------------------------


def test_an_open_deal_without_a_step_breaks_the_rule_from_the_evening_control(found: Found) -> None:
    crm = {"deals": [deal(created_at=at(5, 11))], "activities": [SOMEBODY_ELSES]}
    assert found(at(5, 18, 59), ViolationKind.NO_TASK, **crm) == []
    (violation,) = found(at(5, 19), ViolationKind.NO_TASK, **crm)
    assert (violation.deal_id, violation.manager_id, violation.happened_at) == ("d1", "m1", at(5, 19))


def test_a_deal_made_on_friday_night_is_due_on_monday_evening(found: Found) -> None:
    crm = {"deals": [deal(created_at=at(9, 20))], "activities": [SOMEBODY_ELSES]}
    assert found(at(12, 18, 59), ViolationKind.NO_TASK, **crm) == []
    assert len(found(at(12, 19), ViolationKind.NO_TASK, **crm)) == 1


@pytest.mark.parametrize("step", [task(), task(due_at=at(30)), task(deal_id=None, client_phone=PHONE)])
def test_a_planned_step_of_the_deal_or_of_its_client_keeps_the_rule(found: Found, step: Activity) -> None:
    assert found(at(20), ViolationKind.NO_TASK, deals=[deal()], activities=[step]) == []


def test_a_deal_loses_its_step_when_the_last_one_is_done(found: Found) -> None:
    done = task(done_at=at(6, 10), result="договорились")
    assert [v.happened_at for v in found(at(20), ViolationKind.NO_TASK, deals=[deal()], activities=[done])] == [
        at(6, 19)
    ]
    assert found(at(6, 9), ViolationKind.NO_TASK, deals=[deal()], activities=[done]) == []  # not done yet at that time


@pytest.mark.parametrize("status", [DealStatus.WON, DealStatus.LOST])
def test_closed_deals_need_no_step(found: Found, status: DealStatus) -> None:
    crm = {"deals": [deal(status=status, closed_at=at(6))], "activities": [SOMEBODY_ELSES]}
    assert found(at(20), ViolationKind.NO_TASK, **crm) == []


def test_a_task_is_overdue_from_the_evening_of_its_day(found: Found) -> None:
    crm = {"deals": [deal()], "activities": [task(due_at=at(6, 10))]}
    assert found(at(6, 18), ViolationKind.OVERDUE_TASK, **crm) == []
    (violation,) = found(at(6, 19), ViolationKind.OVERDUE_TASK, **crm)
    assert (violation.activity_id, violation.happened_at) == ("a1", at(6, 10))


def test_a_due_date_without_a_time_lasts_until_the_end_of_the_day(found: Found) -> None:
    crm = {"deals": [deal()], "activities": [task(due_at=at(6, 0))]}
    assert found(at(6, 23, 59), ViolationKind.OVERDUE_TASK, **crm) == []
    assert len(found(at(7, 0), ViolationKind.OVERDUE_TASK, **crm)) == 1


def test_done_tasks_and_tasks_of_closed_deals_are_not_overdue(found: Found) -> None:
    done, late = task(due_at=at(6, 10), done_at=at(6, 9)), task("a2", due_at=at(6, 10), done_at=at(9))
    assert found(at(20), ViolationKind.OVERDUE_TASK, deals=[deal()], activities=[done, late]) == []
    assert len(found(at(7), ViolationKind.OVERDUE_TASK, deals=[deal()], activities=[done, late])) == 1
    closed = deal(status=DealStatus.LOST, closed_at=at(5))
    assert found(at(20), ViolationKind.OVERDUE_TASK, deals=[closed], activities=[task(due_at=at(6))]) == []


# C, E ------------------------------------------------------------------------

TALK = call("c1", at(6, 12), direction=Direction.OUTBOUND, talk_s=120.0)


def test_a_conversation_needs_a_note_within_the_hours_of_the_settings(found: Found) -> None:
    crm: dict[str, Iterable[Any]] = {"deals": [deal()], "calls": [TALK], "conversations": [talk("c1")]}
    assert found(at(7, 12, 1), ViolationKind.NO_NOTE, notes=[ANY_NOTE], **crm) == []
    (violation,) = found(at(7, 12, 2), ViolationKind.NO_NOTE, notes=[ANY_NOTE], **crm)
    assert (violation.call_id, violation.deal_id, violation.manager_id) == ("c1", "d1", "m1")
    for note in (
        Note("n1", at(6, 12, 1), "клиент думает", deal_id="d1"),
        Note("n1", at(7, 11), "клиент думает", client_phone=PHONE),
    ):
        assert found(at(20), ViolationKind.NO_NOTE, notes=[ANY_NOTE, note], **crm) == []
    for note in (
        Note("n1", at(6, 11), "до звонка", deal_id="d1"),
        Note("n1", at(8, 11), "поздно", deal_id="d1"),
        Note("n1", at(6, 13), "чужая сделка", deal_id="d2"),
    ):
        assert len(found(at(20), ViolationKind.NO_NOTE, notes=[ANY_NOTE, note], **crm)) == 1


def test_a_written_result_counts_as_a_note(found: Found) -> None:
    done = task(done_at=at(6, 12, 5), result="перезвонит в ноябре")
    crm = {"deals": [deal()], "calls": [TALK], "conversations": [talk("c1")], "notes": [ANY_NOTE]}
    assert found(at(20), ViolationKind.NO_NOTE, activities=[done], **crm) == []
    assert len(found(at(20), ViolationKind.NO_NOTE, activities=[replace(done, result=None)], **crm)) == 1


def test_a_note_is_not_due_on_a_day_off(found: Found) -> None:
    friday = replace(TALK, started_at=at(9, 18))
    crm = {"deals": [deal()], "calls": [friday], "conversations": [talk("c1")], "notes": [ANY_NOTE]}
    assert found(at(11, 12), ViolationKind.NO_NOTE, **crm) == []
    assert len(found(at(12, 19), ViolationKind.NO_NOTE, **crm)) == 1


@pytest.mark.parametrize("conversations", [[], [talk("c1", None)], [talk("c1", False)]])
def test_calls_that_are_not_known_to_be_conversations_need_no_note(
    found: Found, conversations: list[Conversation]
) -> None:
    crm = {"deals": [deal()], "calls": [TALK], "notes": [ANY_NOTE]}
    assert found(at(20), ViolationKind.NO_NOTE, conversations=conversations, **crm) == []


def test_a_task_done_without_a_written_result_breaks_the_rule_in_the_evening(found: Found) -> None:
    done = task(done_at=at(6, 10), result="  ")
    assert found(at(6, 18), ViolationKind.NO_RESULT, activities=[done]) == []
    assert [v.activity_id for v in found(at(6, 19), ViolationKind.NO_RESULT, activities=[done])] == ["a1"]
    assert found(at(20), ViolationKind.NO_RESULT, activities=[replace(done, result="счёт выставлен")]) == []


def test_a_call_logged_by_telephony_is_not_a_task_without_a_result(found: Found) -> None:
    entry = task(type=ActivityType.CALL, done_at=at(6, 10))
    assert found(at(20), ViolationKind.NO_RESULT, activities=[entry]) == []
    assert len(found(at(20), ViolationKind.NO_RESULT, activities=[replace(entry, due_at=at(6))])) == 1


# F, stages, moves --------------------------------------------------------------


def test_a_refusal_waits_for_its_review_until_the_next_working_evening(found: Found) -> None:
    lost = deal(status=DealStatus.LOST, closed_at=at(9, 15), lost_reason="дорого")
    own = Note("n", at(9, 16), "закрыл", deal_id="d1", author_id="m1")
    assert found(at(12, 18), ViolationKind.UNREVIEWED_REFUSAL, deals=[lost], notes=[own]) == []
    (violation,) = found(at(12, 19), ViolationKind.UNREVIEWED_REFUSAL, deals=[lost], notes=[own])
    assert (violation.deal_id, violation.detail) == ("d1", "дорого")


def test_a_look_by_somebody_else_or_a_ruling_reviews_a_refusal(company: SmallCompany, found: Found) -> None:
    lost = deal(status=DealStatus.LOST, closed_at=at(6, 15))
    head = Note("n", at(6, 18), "отказ настоящий", deal_id="d1", author_id="head")
    assert found(at(20), ViolationKind.UNREVIEWED_REFUSAL, deals=[lost], notes=[head]) == []
    closing = StageChange("d1", at(6, 15), "Закрыто", "Думают", "head")
    assert found(at(20), ViolationKind.UNREVIEWED_REFUSAL, deals=[lost], stage_changes=[closing]) == []
    assert len(found(at(20), ViolationKind.UNREVIEWED_REFUSAL, deals=[lost])) == 1
    assert judged(company, at(20), [ViolationKind.UNREVIEWED_REFUSAL], reviewed=frozenset({"d1"})) == []


def test_a_deal_may_stand_in_a_limited_stage_for_its_days_and_no_longer(found: Found) -> None:
    sent = deal(stage="КП отправлено", stage_since=at(5, 12))
    assert found(at(12, 18), ViolationKind.STAGE_LIMIT, deals=[sent]) == []  # the 10th is a Saturday
    (violation,) = found(at(12, 19), ViolationKind.STAGE_LIMIT, deals=[sent])
    assert violation.detail == "КП отправлено"
    assert found(at(30), ViolationKind.STAGE_LIMIT, deals=[replace(sent, stage="Думают")]) == []
    moved_back = StageChange("d1", at(28, 12), "КП отправлено")
    assert found(at(30), ViolationKind.STAGE_LIMIT, deals=[sent], stage_changes=[moved_back]) == []


def test_each_move_of_a_due_date_to_a_later_one_counts(found: Found) -> None:
    def move(day: int, old: str, new: str, field: str = "due_at", by: str | None = "m2") -> ActivityChange:
        return ActivityChange("a1", at(day), field, old, new, by)

    changes = [
        move(6, "2026-10-06T10:00:00+03:00", "2026-10-08T10:00:00+03:00"),
        move(8, "2026-10-08T10:00:00", "2026-10-20", by=None),  # times without an offset are the company's
        move(9, "2026-10-20", "2026-10-10"),  # earlier: no breach
        move(10, "2026-10-20", "2026-10-20T18:00:00+03:00"),  # another hour of the same day
        move(11, "m1", "m2", field="manager_id"),
        move(12, "скоро", "потом"),
        move(29, "2026-10-20", "2026-11-20"),  # after the moment of the check
    ]
    violations = found(at(20), ViolationKind.DUE_DATE_MOVED, activities=[task()], activity_changes=changes)
    assert [(v.manager_id, v.detail) for v in violations] == [
        ("m2", "2026-10-06 → 2026-10-08"),
        ("m1", "2026-10-08 → 2026-10-20"),
    ]


# Calls -------------------------------------------------------------------------


def test_a_connected_call_leaves_a_trace_in_the_crm_by_the_evening(found: Found) -> None:
    crm: dict[str, Iterable[Any]] = {"deals": [deal()], "calls": [TALK]}
    assert found(at(6, 18), ViolationKind.CALL_NOT_LOGGED, activities=[SOMEBODY_ELSES], **crm) == []
    (violation,) = found(at(6, 19), ViolationKind.CALL_NOT_LOGGED, activities=[SOMEBODY_ELSES], **crm)
    assert violation.call_id == "c1"
    for trace in (task(created_at=at(6, 12, 3)), task(done_at=at(6, 12, 3)), task(created_at=at(6, 11, 50))):
        assert found(at(20), ViolationKind.CALL_NOT_LOGGED, activities=[trace], **crm) == []
    note = Note("n", at(6, 13), "…", deal_id="d1")
    assert found(at(20), ViolationKind.CALL_NOT_LOGGED, activities=[SOMEBODY_ELSES], notes=[note], **crm) == []


@pytest.mark.parametrize(
    "other",
    [
        replace(TALK, outcome=Outcome.MISSED),
        replace(TALK, direction=Direction.INTERNAL),
        replace(TALK, client_phone=None),
        replace(TALK, client_phone="+79169999999"),  # no deal: another rule
    ],
)
def test_missed_internal_hidden_and_foreign_calls_need_not_be_logged(found: Found, other: Call) -> None:
    crm = {"deals": [deal()], "calls": [other], "activities": [SOMEBODY_ELSES]}
    assert found(at(20), ViolationKind.CALL_NOT_LOGGED, **crm) == []


def test_a_padded_call_is_not_accused_a_second_time_for_not_being_logged(found: Found) -> None:
    crm = {"deals": [deal()], "calls": [TALK], "activities": [SOMEBODY_ELSES]}
    assert found(at(20), ViolationKind.CALL_NOT_LOGGED, conversations=[talk("c1", False)], **crm) == []


def test_a_client_who_was_talked_to_has_a_deal_and_is_counted_once(found: Found) -> None:
    first = replace(TALK, client_phone="+79169999999")
    second = replace(first, call_id="c2", started_at=at(7))
    crm = {"calls": [second, first], "conversations": [talk("c1"), talk("c2")]}
    stranger = deal("d2", client_phones=("+79161111111",))
    (violation,) = found(at(20), ViolationKind.NO_DEAL, deals=[stranger], **crm)
    assert violation.call_id == "c1"
    assert "+7916" not in repr(violation)
    assert found(at(20), ViolationKind.NO_DEAL, deals=[deal(client_phones=("+79169999999",))], **crm) == []


# All rules ---------------------------------------------------------------------


def test_nothing_is_held_against_anybody_when_the_crm_was_not_imported(company: SmallCompany) -> None:
    caller = replace(TALK, call_id="c2", direction=Direction.INBOUND, outcome=Outcome.MISSED)
    write_crm(company, at(30), calls=[TALK, caller], conversations=[talk("c1")])
    assert {item.kind for item in judged(company, at(30), ViolationKind)} == {ViolationKind.LATE_CALLBACK}
    write_crm(company, at(30), deals=[deal()], calls=[TALK], conversations=[talk("c1")])
    assert judged(company, at(30), ViolationKind) == []


def test_a_second_check_on_a_later_day_gives_the_same_violations_the_same_ids(company: SmallCompany) -> None:
    records: dict[str, Any] = {
        "deals": [deal(), deal("d2", client_phones=(), stage="КП отправлено", stage_since=at(2))],
        "activities": [task(due_at=at(6)), SOMEBODY_ELSES],
        "activity_changes": [ActivityChange("a1", at(5), "due_at", "2026-10-05", "2026-10-06")],
        "notes": [ANY_NOTE],
        "calls": [TALK],
        "conversations": [talk("c1")],
    }
    write_crm(company, at(14), **records)
    first, second = judged(company, at(14), IN_PYTHON), judged(company, at(15), IN_PYTHON)
    assert {item.kind for item in first} == {
        ViolationKind.NO_TASK,
        ViolationKind.OVERDUE_TASK,
        ViolationKind.STAGE_LIMIT,
        ViolationKind.DUE_DATE_MOVED,
        ViolationKind.NO_NOTE,
        ViolationKind.CALL_NOT_LOGGED,
    }
    assert first == second
    assert told(first) == told(judged_in_python(company, at(14), **records))
    assert len({item.violation_id for item in first}) == len(first)
    assert all(item.happened_at.tzinfo is UTC for item in first)


def test_the_ids_of_breaches_are_those_of_every_version_before(found: Found) -> None:
    """Rulings, letters and exports name them: a changed id would lose all of these."""
    half_past = at(1, 12).replace(microsecond=500_000)
    stuck = {"deals": [deal(created_at=half_past)], "activities": [SOMEBODY_ELSES]}
    (violation,) = found(at(20), ViolationKind.NO_TASK, **stuck)
    assert violation.violation_id == _id("no_task", "d1", "2026-10-01T09:00:00.500000+00:00")
    sent = deal(stage="КП отправлено", stage_since=at(5, 12))
    (violation,) = found(at(20), ViolationKind.STAGE_LIMIT, deals=[sent])
    assert violation.violation_id == _id("stage_limit", "d1", "КП отправлено", "2026-10-05T09:00:00+00:00")
    (violation,) = found(
        at(20), ViolationKind.CALL_NOT_LOGGED, calls=[TALK], deals=[deal()], activities=[SOMEBODY_ELSES]
    )
    assert violation.violation_id == _id("call_not_logged", "c1")


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:20]


def test_public_holidays_are_not_working_days() -> None:
    working = WorkingTime(Company())
    assert not working.calendar.is_working(
        datetime(2026, 11, 4, tzinfo=UTC).date()
    )  # Day of National Unity, a Wednesday
    evening = datetime(2026, 11, 3, 19, 30, tzinfo=MOSCOW)
    assert working.next_control(evening) == datetime(2026, 11, 5, 19, 0, tzinfo=MOSCOW)
    assert working.next_control(evening - timedelta(minutes=30)) == evening - timedelta(minutes=30)
