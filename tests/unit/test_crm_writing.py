"""What is to be written into the CRM, by one case each."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from qc_workbench.config import Company
from qc_workbench.config_crm_write import CrmWriting
from qc_workbench.domain.call import Direction, Outcome
from qc_workbench.domain.commitment import Action, CommitmentOutcome, DueWindow, Promiser
from qc_workbench.domain.crm import ActivityType, DealStatus
from qc_workbench.domain.crm_write import CrmWrite, KeptWrite, WriteKind, WriteMode, WriteState
from qc_workbench.domain.missed_caller import MissedCaller, Reached
from qc_workbench.reporting.crm_write_words import crm_write
from qc_workbench.review.crm_writing import Known, Wish, wishes
from qc_workbench.ui.crm_write_words import state_text
from qc_workbench.ui.i18n import Translator
from tests.crm_write_cases import NOW, PHONE, activity, call, deal, promise

MOSCOW = ZoneInfo("Europe/Moscow")
ONLY = {kind.value: {"mode": "off"} for kind in WriteKind}


def settings(**kinds: Any) -> CrmWriting:
    """Only these kinds, to be approved."""
    return CrmWriting.model_validate(
        {"into": "crm", **ONLY, **{name: {"mode": "approved", **more} for name, more in kinds.items()}}
    )


def wished(known: Known, **kinds: Any) -> list[Wish]:
    return list(wishes(known, settings(**kinds), Company(), NOW))


def words(wish: Wish, link: str = "https://qc.example") -> CrmWrite:
    return crm_write(wish, "crm", link, MOSCOW, Translator("ru", MOSCOW))


def kept(write: CrmWrite, state: WriteState) -> KeptWrite:
    return KeptWrite(write, state, NOW, NOW)


def test_a_promised_callback_without_a_task_becomes_a_task_at_the_hour_that_was_said() -> None:
    (wish,) = wished(Known([call()], [promise()], deals=[deal()]), callback_task={})
    assert (wish.kind, wish.due_day, wish.due_time) == (WriteKind.CALLBACK_TASK, date(2026, 10, 8), time(15, 0))
    write = words(wish)
    assert write.fields["due_at"] == "2026-10-08T12:00:00+00:00"
    assert (write.deal_id, write.at_s, write.quote) == ("crm:1", 64.5, "Перезвоню вам завтра после трёх")
    assert "на 1:04" in write.fields["text"]
    assert "https://qc.example/call?id=tel%3A1&at=64" in write.fields["text"]


def test_a_promise_whose_time_is_over_becomes_a_task_of_the_next_working_day() -> None:
    past = DueWindow(date(2026, 10, 6), date(2026, 10, 6))
    missing = promise(due=past, outcome=CommitmentOutcome.MISSING, reasons=("no_task", "no_call"))
    (wish,) = wished(Known([call()], [missing], deals=[deal()]), callback_task={})
    assert (wish.due_day, wish.due_time) == (date(2026, 10, 7), None)
    evening = NOW + timedelta(hours=8)  # 20:00, the day is over
    (later,) = wishes(Known([call()], [missing], deals=[deal()]), settings(callback_task={}), Company(), evening)
    assert later.due_day == date(2026, 10, 8)


def test_nothing_is_wished_for_a_promise_that_needs_no_task() -> None:
    needless = [
        promise(activity_id="crm:a1"),
        promise(quote=""),
        promise(by=Promiser.CUSTOMER),
        promise(action=Action.SEND_OFFER),
        promise(outcome=CommitmentOutcome.KEPT_UNLOGGED, reasons=("call_in_window",)),
        promise(outcome=CommitmentOutcome.MISSING, reasons=("no_task", "called_late")),
        promise(outcome=CommitmentOutcome.OVERDUE, reasons=("task_not_done",)),
    ]
    for item in needless:
        assert wished(Known([call()], [item], deals=[deal()]), callback_task={}) == [], item


def test_promises_of_a_call_that_fall_due_together_are_one_task_about_the_first() -> None:
    twice = [promise(), promise(commitment_id="second", start_s=30.0), promise(commitment_id="other",
             due=DueWindow(date(2026, 10, 12), date(2026, 10, 12)))]  # fmt: skip
    found = wished(Known([call()], twice, deals=[deal()]), callback_task={})
    assert [wish.promise.spoken.start_s for wish in found if wish.promise] == [30.0, 64.5]


def test_a_promise_that_a_newer_transcript_dates_otherwise_is_not_written_again() -> None:
    (wish,) = wished(Known([call()], [promise()], deals=[deal()]), callback_task={})
    done = kept(words(wish), WriteState.WRITTEN)
    heard_anew = promise(start_s=66.0, due=DueWindow(date(2026, 10, 9), date(2026, 10, 9)))
    assert wished(Known([call()], [heard_anew], deals=[deal()], kept=[done]), callback_task={}) == []


def test_a_caller_whom_nobody_called_back_becomes_a_task_unless_there_is_one() -> None:
    missed = call(outcome=Outcome.MISSED, talk_s=0.0)
    caller = MissedCaller(0, "tel:1", PHONE, "m1", missed.started_at, None, 3, Reached.NEVER)
    known = Known([missed], missed=[caller], deals=[deal()])
    (wish,) = wished(known, callback_task={})
    assert "3 попытки" in words(wish).fields["text"]
    assert wished(known, callback_task={"missed_callers": False}) == []
    assert wished(replace(known, missed=[replace(caller, reached=Reached.TRIED)]), callback_task={}) == []
    open_task = activity(type=ActivityType.TASK, created_at=missed.started_at + timedelta(minutes=5))
    assert wished(replace(known, activities=[open_task]), callback_task={}) == []
    assert len(wished(replace(known, activities=[replace(open_task, done_at=NOW)]), callback_task={})) == 1


def test_a_call_is_written_unless_the_crm_has_it_from_elsewhere() -> None:
    known = Known([call()], deals=[deal()])
    (wish,) = wished(known, call_activity={})
    assert words(wish).fields | {"text": ""} == {
        "subject": "Входящий звонок", "text": "", "started_at": "2026-10-06T08:59:00+00:00", "talk_s": "120",
        "direction": "incoming", "link": "https://qc.example/call?id=tel%3A1",
    }  # fmt: skip
    its_own = activity(created_at=call().started_at + timedelta(minutes=3), done_at=call().started_at)
    assert wished(replace(known, activities=[its_own]), call_activity={}) == []
    another = activity(created_at=NOW, done_at=NOW)
    assert len(wished(replace(known, activities=[another]), call_activity={})) == 1


def test_the_first_call_of_a_new_number_becomes_a_deal_and_only_once() -> None:
    calls = [call(1), call(2), call(3, client_phone="+79160000002")]
    found = wished(Known(calls, deals=[deal(client_phones=("+79160000002",))]), new_deal={})
    assert [wish.subject for wish in found] == ["tel:2"], "the oldest of its calls, nothing for the known number"
    done = kept(words(found[0]), WriteState.WRITTEN)
    earlier = [*calls, call(9)]
    assert wished(Known(earlier, kept=[done], deals=[deal(client_phones=("+79160000002",))]), new_deal={}) == []
    waiting = kept(words(found[0]), WriteState.APPROVED)
    (same,) = wished(Known(earlier, kept=[waiting], deals=[deal(client_phones=("+79160000002",))]), new_deal={})
    assert same.subject == "tel:2", "an earlier call that arrives late changes nothing of what was approved"


def test_a_source_goes_into_empty_fields_of_open_deals_only() -> None:
    told = {"tel:1": {"source": "google", "medium": "cpc", "campaign": ""}}
    rule = {"fields": {"source": "f_source", "medium": "f_medium", "campaign": "f_campaign"}}
    known = Known([call()], deals=[deal(attributes={"f_medium": "organic"})], tracking=told)
    (wish,) = wished(known, tracking_fields=rule)
    assert (wish.subject, dict(wish.fields)) == ("crm:1", {"f_source": "google"})
    assert wished(replace(known, deals=[deal(status=DealStatus.WON)]), tracking_fields=rule) == []
    assert wished(replace(known, deals=[]), tracking_fields=rule) == []


def test_a_note_sums_up_calls_with_a_transcript() -> None:
    known = Known([call(1), call(2)], [promise()], deals=[deal()], summed_up={"tel:1"})
    (wish,) = wished(known, call_note={})
    text = words(wish).fields["text"]
    assert text.startswith("Входящий звонок 6 октября 2026, 11:59, соединение 2:00.")
    assert "1:04 — мы обещали (перезвонить, до 8 октября): «Перезвоню вам завтра после трёх»" in text


def test_erased_hidden_internal_old_and_other_calls_are_not_written_about() -> None:
    rules: dict[str, Any] = {"call_activity": {"calls": ["inbound"], "least_talk_s": 10, "since": "2026-10-06"}}
    assert len(wished(Known([call()], deals=[deal()]), **rules)) == 1
    left_out = [
        call(client_phone=None),
        call(direction=Direction.INTERNAL),
        call(direction=Direction.OUTBOUND),
        call(outcome=Outcome.MISSED),
        call(talk_s=9.0),
        call(started_at=NOW - timedelta(days=2)),
        call(started_at=NOW + timedelta(minutes=1)),
    ]
    for item in left_out:
        assert wished(Known([item], deals=[deal()]), **rules) == [], item
    assert wished(Known([call()], deals=[deal()], erased={PHONE}), **rules) == []


def test_an_open_deal_goes_before_a_newer_closed_one() -> None:
    closed = deal(2, status=DealStatus.LOST, created_at=NOW)
    newer = deal(3, created_at=NOW - timedelta(days=2))
    (wish,) = wished(Known([call()], deals=[deal(1), closed, newer]), call_activity={})
    assert wish.deal is not None
    assert wish.deal.deal_id == "crm:3"


def test_quiet_hours_may_lie_over_midnight() -> None:
    over = settings().model_copy(update={"quiet_from": time(20), "quiet_until": time(8)})
    assert [over.is_quiet(time(hour)) for hour in (7, 8, 19, 20, 23)] == [True, False, False, True, True]
    noon = settings().model_copy(update={"quiet_from": time(13), "quiet_until": time(14)})
    assert [noon.is_quiet(time(hour)) for hour in (12, 13, 14)] == [False, True, False]
    none = settings().model_copy(update={"quiet_from": time(0), "quiet_until": time(0)})
    assert not none.is_quiet(time(0))


def test_only_what_a_person_approves_is_said_to_wait_for_a_decision() -> None:
    (wish,) = wished(Known([call()], [promise()], deals=[deal()]), callback_task={})
    item, t = kept(words(wish), WriteState.PLANNED), Translator("en")
    assert state_text(t, item, WriteMode.APPROVED) == state_text(t, item) == "waits for a decision"
    assert state_text(t, item, WriteMode.AUTOMATIC) == "will be written by itself"
    assert state_text(t, item, WriteMode.DRY) == "plan only"
    assert state_text(t, kept(words(wish), WriteState.WRITTEN), WriteMode.AUTOMATIC) != "will be written by itself"
