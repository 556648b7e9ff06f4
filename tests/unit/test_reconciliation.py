"""Each of the seven outcomes, from the promise, the CRM and the next calls. The promise: call on 14 or 15 October."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from qc_workbench.config import Company
from qc_workbench.detection.reconciliation import ClientHistory, reconcile, reconcile_call
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.commitment import Action, CommitmentOutcome, DueWindow, Promiser, SpokenCommitment
from qc_workbench.domain.crm import Activity, ActivityChange, ActivityType, Deal, DealStatus, Note
from tests.unit.spoken_calls import call_at

CALL = call_at()
AFTER = datetime.fromisoformat("2026-11-01T09:00:00+03:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}:00+03:00")


def promise(action: Action = Action.CALLBACK, first: str = "10-14", last: str = "10-15") -> SpokenCommitment:
    window = DueWindow(date.fromisoformat(f"2026-{first}"), date.fromisoformat(f"2026-{last}"))
    return SpokenCommitment(f"cm-{action}", CALL.call_id, Promiser.AGENT, action, "наберу", 1.0, 3.0, window)


def task(due: str, *, made: str = "10-06T12:05", done: str | None = None, **more: object) -> Activity:
    values: dict[str, object] = {"type": ActivityType.CALL, "subject": "Позвонить", "activity_id": "a-1"} | more
    return Activity(
        manager_id="m1",
        created_at=at(made),
        due_at=at(due),
        done_at=at(done) if done else None,
        deal_id="d-1",
        **values,
    )  # type: ignore[arg-type]


def moved(old: str, new: str, when: str) -> ActivityChange:
    return ActivityChange("a-1", at(when), "due_at", at(old).isoformat(), at(new).isoformat(), "m1")


def later(when: str, *, talk_s: float = 90.0, direction: Direction = Direction.OUTBOUND, **more: object) -> Call:
    return replace(call_at(call_id="k-2", talk_s=talk_s, direction=direction), started_at=at(when), **more)  # type: ignore[arg-type]


def outcome(
    history: ClientHistory, spoken: SpokenCommitment | None = None, as_of: datetime = AFTER
) -> CommitmentOutcome:
    return reconcile(spoken or promise(), CALL, history, as_of, Company()).outcome


def test_nothing_at_all_is_missing() -> None:
    assert outcome(ClientHistory()) is CommitmentOutcome.MISSING


def test_a_task_of_the_right_day_that_nobody_did_is_overdue() -> None:
    assert outcome(ClientHistory(activities=[task("10-14T10:00")])) is CommitmentOutcome.OVERDUE


def test_a_task_moved_past_the_window_is_dragged() -> None:
    found = reconcile(
        promise(),
        CALL,
        ClientHistory(
            activities=[task("10-29T10:00")],
            changes=[
                moved("10-20T10:00", "10-29T10:00", "10-20T10:00"),
                moved("10-14T10:00", "10-20T10:00", "10-14T10:00"),
            ],
        ),
        AFTER,
        Company(),
    )
    assert (found.outcome, found.moves, found.activity_id) == (CommitmentOutcome.DRAGGED, 2, "a-1")


def test_a_task_moved_within_the_window_is_only_overdue() -> None:
    history = ClientHistory([], [task("10-15T10:00")], [moved("10-14T10:00", "10-15T10:00", "10-14T09:00")])
    assert outcome(history) is CommitmentOutcome.OVERDUE


def test_a_task_made_for_a_later_day_is_scheduled_late_even_when_done_then() -> None:
    assert outcome(ClientHistory(activities=[task("10-28T10:00")])) is CommitmentOutcome.SCHEDULED_LATE
    done = ClientHistory([later("10-28T10:05")], [task("10-28T10:00", done="10-28T10:10")])
    assert outcome(done) is CommitmentOutcome.SCHEDULED_LATE


@pytest.mark.parametrize("activities", [[task("10-14T10:00")], []])
def test_before_the_window_is_over_a_promise_is_scheduled(activities: list[Activity]) -> None:
    found = reconcile(promise(), CALL, ClientHistory(activities=activities), at("10-13T09:00"), Company())
    assert found.outcome is CommitmentOutcome.SCHEDULED
    assert ("no_task_yet" in found.reasons) is not bool(activities)


def test_a_call_in_the_window_with_a_task_is_kept() -> None:
    found = reconcile(promise(), CALL, ClientHistory([later("10-15T18:00")], [task("10-14T10:00")]), AFTER, Company())
    assert (found.outcome, found.kept_by_call_id) == (CommitmentOutcome.KEPT, "k-2")


def test_a_call_in_the_window_without_a_task_is_kept_unlogged() -> None:
    assert outcome(ClientHistory([later("10-14T09:10")])) is CommitmentOutcome.KEPT_UNLOGGED


@pytest.mark.parametrize(
    "call",
    [
        later("10-16T10:00"),  # a day late
        later("10-14T10:00", talk_s=6.0),  # too short to be a talk
        later("10-14T10:00", outcome=Outcome.MISSED, talk_s=0.0),
        later("10-14T10:00", direction=Direction.INBOUND, talk_s=15.0),
    ],
)
def test_a_call_that_proves_nothing_leaves_the_promise_missing(call: Call) -> None:
    assert outcome(ClientHistory([call])) is CommitmentOutcome.MISSING


def test_a_call_that_was_examined_and_found_empty_keeps_no_promise() -> None:
    history = ClientHistory([later("10-14T10:00")], unreal_calls=frozenset({"k-2"}))
    assert outcome(history) is CommitmentOutcome.MISSING


def test_a_task_ticked_off_without_a_call_is_not_kept() -> None:
    found = reconcile(
        promise(), CALL, ClientHistory(activities=[task("10-14T10:00", done="10-14T10:05")]), AFTER, Company()
    )
    assert found.outcome is CommitmentOutcome.OVERDUE
    assert "done_without_call" in found.reasons


def test_an_older_task_that_was_done_before_the_call_stands_for_nothing() -> None:
    old = task("10-05T10:00", made="10-01T10:00", done="10-05T11:00")
    assert outcome(ClientHistory(activities=[old])) is CommitmentOutcome.MISSING


def test_a_task_to_send_an_offer_does_not_stand_for_a_promised_call() -> None:
    other = task("10-14T10:00", type=ActivityType.TASK, subject="Отправить КП: три окна")
    assert outcome(ClientHistory(activities=[other])) is CommitmentOutcome.MISSING


def test_nothing_after_the_moment_of_analysis_is_looked_at() -> None:
    history = ClientHistory([later("10-15T10:00")], [task("10-14T10:00")])
    assert outcome(history, as_of=at("10-14T09:00")) is CommitmentOutcome.SCHEDULED


@pytest.mark.parametrize(
    ("action", "history", "expected"),
    [
        (
            Action.SEND_OFFER,
            ClientHistory(
                activities=[task("10-14T10:00", done="10-14T17:00", type=ActivityType.PROPOSAL, subject="КП")]
            ),
            CommitmentOutcome.KEPT,
        ),
        (
            Action.SEND_DOCUMENT,
            ClientHistory(
                activities=[task("10-14T10:00", done="10-20T17:00", type=ActivityType.TASK, subject="Договор")]
            ),
            CommitmentOutcome.OVERDUE,
        ),
        (
            Action.SEND_OFFER,
            ClientHistory(notes=[Note("n", at("10-14T12:00"), "Отправил расчёт на почту", "d-1")]),
            CommitmentOutcome.KEPT,
        ),
        (
            Action.SEND_OFFER,
            ClientHistory(
                deals=[
                    Deal(
                        "d-1",
                        ("+79160000001",),
                        "m1",
                        "КП отправлено",
                        DealStatus.OPEN,
                        at("10-13T12:00"),
                        amount=Decimal(1),
                    )
                ]
            ),
            CommitmentOutcome.KEPT,
        ),
        (Action.SEND_OFFER, ClientHistory([later("10-14T10:00")]), CommitmentOutcome.KEPT_UNLOGGED),
        (
            Action.VISIT,
            ClientHistory(activities=[task("10-14T10:00", type=ActivityType.MEETING, subject="Замер")]),
            CommitmentOutcome.OVERDUE,
        ),
        (Action.PAY, ClientHistory(activities=[task("10-14T10:00", subject="Позвонить")]), CommitmentOutcome.MISSING),
        (Action.DECIDE, ClientHistory([later("10-14T10:00")]), CommitmentOutcome.KEPT_UNLOGGED),
    ],
)
def test_each_action_has_its_own_proof(action: Action, history: ClientHistory, expected: CommitmentOutcome) -> None:
    assert outcome(history, promise(action)) is expected


def test_two_promises_of_one_call_take_two_tasks() -> None:
    history = ClientHistory(
        activities=[
            task("10-14T10:00", activity_id="a-call"),
            task("10-14T12:00", activity_id="a-send", type=ActivityType.TASK, subject="Отправить расчёт"),
        ]
    )
    outcomes = reconcile_call([promise(Action.SEND_OFFER), promise()], CALL, history, AFTER, Company())
    assert [item.activity_id for item in outcomes] == ["a-send", "a-call"]
