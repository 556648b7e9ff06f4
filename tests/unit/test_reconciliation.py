"""Each of the seven outcomes, from the promise, the CRM and the next calls. The promise: call on 14 or 15 October."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        later("10-14T10:00", outcome=Outcome.MISSED, talk_s=0.0, wait_s=3.0),  # rang for three seconds
        later("10-14T10:00", outcome=Outcome.MISSED, talk_s=0.0, direction=Direction.INBOUND),
        later("10-14T10:00", outcome=Outcome.FAILED, talk_s=0.0),
        later("10-12T10:00"),  # two days early
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


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (later("10-13T16:00"), "called_early"),
        (later("10-14T16:00", outcome=Outcome.MISSED, talk_s=0.0), "tried_no_answer"),
        (later("10-14T16:00", outcome=Outcome.BUSY, talk_s=0.0), "tried_no_answer"),
        (later("10-14T16:00", outcome=Outcome.MISSED, talk_s=0.0, wait_s=25.0), "tried_no_answer"),
        (later("10-14T16:00", direction=Direction.INBOUND), "client_called_in_window"),
        (later("10-14T16:00", manager_id="m2"), "call_in_window"),
        (later("10-14T16:00", client_phone="+79000000002"), "call_in_window"),
    ],
)
def test_what_is_fair_counts_as_a_call(call: Call, reason: str) -> None:
    found = reconcile(promise(), CALL, ClientHistory([call]), AFTER, Company())
    assert (found.outcome, found.kept_by_call_id) == (CommitmentOutcome.KEPT_UNLOGGED, "k-2")
    assert reason in found.reasons


def test_a_call_on_the_day_of_the_promise_is_not_the_promised_call_of_tomorrow() -> None:
    tomorrow = promise(first="10-07", last="10-07")
    assert outcome(ClientHistory([later("10-06T15:00")]), tomorrow) is CommitmentOutcome.MISSING


def test_a_talk_in_the_window_is_stronger_proof_than_a_try() -> None:
    tried = later("10-14T10:00", outcome=Outcome.MISSED, talk_s=0.0)
    talked = replace(later("10-15T10:00"), call_id="k-3")
    found = reconcile(promise(), CALL, ClientHistory([tried, talked]), AFTER, Company())
    assert (found.kept_by_call_id, found.story and found.story.tries) == ("k-3", 1)


def test_a_window_that_ends_on_a_day_off_ends_with_the_next_working_day() -> None:
    by_sunday = promise(first="10-15", last="10-18")
    assert outcome(ClientHistory([later("10-19T10:00")]), by_sunday) is CommitmentOutcome.KEPT_UNLOGGED
    assert outcome(ClientHistory(), by_sunday, at("10-19T12:00")) is CommitmentOutcome.SCHEDULED
    assert outcome(ClientHistory(), by_sunday, at("10-20T09:00")) is CommitmentOutcome.MISSING
    monday_task = ClientHistory(activities=[task("10-19T10:00")])
    assert outcome(monday_task, by_sunday, at("10-20T09:00")) is CommitmentOutcome.OVERDUE


def test_a_day_off_that_was_named_stays() -> None:
    sunday = replace(promise(first="10-18", last="10-18"), date_phrase="в воскресенье")
    assert outcome(ClientHistory([later("10-19T10:00")]), sunday) is CommitmentOutcome.MISSING


def test_a_public_holiday_moves_the_end_too() -> None:
    unity_day = promise(first="11-04", last="11-04")
    assert (
        outcome(ClientHistory([later("11-05T10:00")]), unity_day, at("11-06T09:00")) is CommitmentOutcome.KEPT_UNLOGGED
    )


def test_a_later_talk_that_agrees_on_a_new_day_replaces_the_promise() -> None:
    talk = later("10-09T11:00")
    newer = replace(promise(first="10-20", last="10-20"), commitment_id="cm-2", call_id="k-2")
    history = ClientHistory([talk], agreed={"k-2": [newer]})
    found = reconcile(promise(), CALL, history, AFTER, Company())
    assert (found.outcome, found.kept_by_call_id) == (CommitmentOutcome.KEPT_UNLOGGED, "k-2")
    assert "renegotiated" in found.reasons
    late = ClientHistory([later("10-17T11:00")], agreed={"k-2": [newer]})
    assert outcome(late) is CommitmentOutcome.MISSING  # too late to talk it over
    other = ClientHistory([talk], agreed={"k-2": [promise(Action.SEND_OFFER, "10-20", "10-20")]})
    assert outcome(other) is CommitmentOutcome.MISSING


def test_a_client_who_refused_meanwhile_need_not_be_called() -> None:
    history = ClientHistory([later("10-09T11:00")], refused=frozenset({"k-2"}))
    found = reconcile(promise(), CALL, history, AFTER, Company())
    assert (found.outcome, found.reasons) == (CommitmentOutcome.KEPT_UNLOGGED, ("client_refused_since",))


@pytest.mark.parametrize(
    ("status", "closed", "expected"),
    [
        (DealStatus.WON, "10-12T12:00", CommitmentOutcome.KEPT_UNLOGGED),
        (DealStatus.WON, "10-18T12:00", CommitmentOutcome.MISSING),
        (DealStatus.LOST, "10-12T12:00", CommitmentOutcome.MISSING),  # closing a deal keeps no promise
    ],
)
def test_a_deal_won_meanwhile_settles_a_promised_call(
    status: DealStatus, closed: str, expected: CommitmentOutcome
) -> None:
    deal = Deal("d-1", ("+79000000001",), "m1", "Договор", status, closed_at=at(closed))
    assert outcome(ClientHistory(deals=[deal])) is expected


@pytest.mark.parametrize(
    ("moves", "due", "expected"),
    [
        ([("10-28", "10-15")], "10-15", CommitmentOutcome.OVERDUE),  # late at first, put right
        ([("10-14", "10-28"), ("10-28", "10-15")], "10-15", CommitmentOutcome.OVERDUE),  # out and back in
        ([("10-28", "10-20")], "10-20", CommitmentOutcome.SCHEDULED_LATE),  # earlier, still late
        ([("10-20", "10-28")], "10-28", CommitmentOutcome.DRAGGED),
        ([("10-14", "10-28")], "10-28", CommitmentOutcome.DRAGGED),
    ],
)
def test_a_task_is_dragged_only_by_a_move_to_a_later_date_past_the_window(
    moves: list[tuple[str, str]], due: str, expected: CommitmentOutcome
) -> None:
    changes = [
        moved(f"{old}T10:00", f"{new}T10:00", f"10-1{number}T09:00") for number, (old, new) in enumerate(moves, 1)
    ]
    assert outcome(ClientHistory(activities=[task(f"{due}T10:00")], changes=changes)) is expected


def test_a_move_made_after_the_moment_of_analysis_is_not_known_yet() -> None:
    history = ClientHistory([], [task("10-28T10:00")], [moved("10-15T10:00", "10-28T10:00", "10-20T09:00")])
    assert outcome(history, as_of=at("10-18T09:00")) is CommitmentOutcome.OVERDUE
    assert outcome(history, as_of=at("10-21T09:00")) is CommitmentOutcome.DRAGGED


def test_a_task_that_stands_too_late_is_a_warning_while_there_is_time() -> None:
    found = reconcile(promise(), CALL, ClientHistory(activities=[task("10-28T10:00")]), at("10-14T09:00"), Company())
    assert found.outcome is CommitmentOutcome.SCHEDULED
    assert "task_after_window" in found.reasons


def test_one_task_that_names_both_stands_for_two_promises_of_the_call() -> None:
    both = task("10-14T10:00", type=ActivityType.TASK, subject="Отправить КП и перезвонить")
    outcomes = reconcile_call(
        [promise(Action.SEND_OFFER), promise()], CALL, ClientHistory(activities=[both]), AFTER, Company()
    )
    assert [item.activity_id for item in outcomes] == ["a-1", "a-1"]


def test_the_facts_of_the_sentence_are_those_of_the_outcome() -> None:
    history = ClientHistory(
        [later("10-20T10:00")],
        [task("10-29T10:00")],
        [moved("10-14T10:00", "10-20T10:00", "10-14T10:00"), moved("10-20T10:00", "10-29T10:00", "10-20T10:00")],
    )
    story = reconcile(promise(), CALL, history, AFTER, Company()).story
    assert story is not None
    assert (story.first_due_at, story.due_at) == (at("10-14T10:00"), at("10-29T10:00"))
    assert (story.call_id, story.call_at) == ("k-2", at("10-20T10:00"))


# --- whatever the CRM holds ------------------------------------------------------------------------------------------

_DAYS = st.integers(0, 30)
_GOODNESS = {
    CommitmentOutcome.KEPT: 2, CommitmentOutcome.KEPT_UNLOGGED: 2, CommitmentOutcome.SCHEDULED: 1,
}  # fmt: skip


def _after_call(days: int, hour: int = 11) -> datetime:
    return CALL.started_at + timedelta(days=days, hours=hour - 10)


@st.composite
def histories(draw: st.DrawFn) -> ClientHistory:
    calls = [
        replace(
            later("10-07T10:00", talk_s=draw(st.sampled_from([0.0, 10.0, 25.0, 90.0]))),
            call_id=f"k-{number + 2}",
            started_at=_after_call(draw(_DAYS)),
            direction=draw(st.sampled_from([Direction.INBOUND, Direction.OUTBOUND])),
            outcome=draw(st.sampled_from(list(Outcome))),
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    activities, changes = [], []
    if draw(st.booleans()):
        days = draw(st.lists(_DAYS, min_size=1, max_size=4))
        done = draw(st.none() | _DAYS)
        activities = [
            replace(
                task("10-14T10:00"), due_at=_after_call(days[-1]), done_at=None if done is None else _after_call(done)
            )
        ]
        changes = [
            ActivityChange(
                "a-1",
                CALL.started_at + timedelta(minutes=10 + number),
                "due_at",
                _after_call(old).isoformat(),
                _after_call(new).isoformat(),
                "m1",
            )
            for number, (old, new) in enumerate(pairwise(days))
        ]
    return ClientHistory(calls, activities, changes)


def _goodness(history: ClientHistory, as_of: datetime, spoken: SpokenCommitment | None = None) -> int:
    return _GOODNESS.get(outcome(history, spoken, as_of), 0)


@given(histories(), _DAYS)
def test_a_deadline_that_has_not_passed_is_never_broken(history: ClientHistory, day: int) -> None:
    as_of = _after_call(day)
    if as_of <= at("10-15T23:59"):
        assert _goodness(history, as_of) > 0


@given(histories(), _DAYS, st.sampled_from(["10-14T12:00", "10-15T19:00"]))
def test_one_more_talk_in_the_window_never_makes_it_worse(history: ClientHistory, day: int, when: str) -> None:
    more = replace(history, calls=[*history.calls, replace(later(when), call_id="k-9")])
    as_of = _after_call(day)
    assert _goodness(more, as_of) >= _goodness(history, as_of)
    if as_of > at("10-16T00:00"):
        assert _goodness(more, as_of) == 2


@given(histories(), st.integers(11, 40))
def test_moving_the_task_past_the_window_never_makes_it_better(history: ClientHistory, days: int) -> None:
    if not history.activities:
        return
    (activity,) = history.activities
    assert activity.due_at is not None
    later_due = _after_call(days)
    change = ActivityChange("a-1", _after_call(8), "due_at", activity.due_at.isoformat(), later_due.isoformat(), "m1")
    dragged = replace(history, activities=[replace(activity, due_at=later_due)], changes=[*history.changes, change])
    assert _goodness(dragged, AFTER) <= _goodness(history, AFTER)


@given(histories(), _DAYS)
def test_what_comes_after_the_moment_of_analysis_changes_nothing(history: ClientHistory, day: int) -> None:
    as_of = _after_call(day)
    known = replace(history, calls=[call for call in history.calls if call.started_at <= as_of])
    assert reconcile(promise(), CALL, known, as_of, Company()) == reconcile(promise(), CALL, history, as_of, Company())
