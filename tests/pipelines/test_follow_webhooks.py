"""Webhooks are hints: what they lead to is what the vendor says, whatever order, number and delay they come in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from pipelines.connections import set_paused
from pipelines.erasure import erase
from pipelines.follow_webhooks import NOT_YET, follow_webhooks, has_webhooks
from pipelines.poll_sources import is_poll_due, poll_sources
from pipelines.progress import Silent
from pipelines.run_scheduled import perform
from pipelines.scheduled import job_with
from pipelines.sync import sync_source
from qc_workbench.config import Settings
from qc_workbench.domain.schedule import Due, Outcome
from qc_workbench.domain.webhooks import About, Hint, Receipt
from qc_workbench.sources.wire import TRIES
from qc_workbench.store import webhooks
from qc_workbench.workspace import Workspace
from tests.stand_ins import binotel, ringostat
from tests.stand_ins.pipedrive import PipedriveStandIn
from tests.stand_ins.serving import Fault, QuickClock, serving
from tests.webhook_cases import NOW, address, alone, calls, hint, poll, rows, source, wall, workspace


@pytest.fixture
def company(tmp_path: Path) -> Iterator[tuple[Workspace, ringostat.RingostatStandIn]]:
    stand_in = ringostat.RingostatStandIn(
        calls=[dict(ringostat.row(n, wall(timedelta(hours=n)))) for n in range(1, 30)]
    )
    with serving(stand_in) as base:
        opened = workspace(tmp_path / "W", source("ringostat", "r", base))
        poll(opened, QuickClock(NOW - timedelta(hours=3)))
        yield opened, stand_in


def test_a_hint_makes_us_ask_for_little_and_brings_the_call(
    company: tuple[Workspace, ringostat.RingostatStandIn],
) -> None:
    opened, stand_in = company
    assert "r:ua3-1" not in {row["call_id"] for row in calls(opened)}
    opened.store.write(*webhooks.kept([hint(1, timedelta(hours=1))]))
    assert has_webhooks(opened, QuickClock(NOW))
    stand_in.asked.clear()
    assert follow_webhooks(opened, QuickClock(NOW)) == {"followed": 1, "calls": 1}
    assert "r:ua3-1" in {row["call_id"] for row in calls(opened)}
    (question,) = [item for item in stand_in.asked if item.path == "/calls/list"]
    asked = [datetime.fromisoformat(question.params[name]) for name in ("from", "to")]
    assert asked[1] - asked[0] < timedelta(minutes=25)
    assert not has_webhooks(opened, QuickClock(NOW))
    (state,) = rows(opened, "select done_until from source_state")
    assert state["done_until"] == NOW - timedelta(hours=3), "a question about one call moves no checkpoint over a gap"


def test_a_call_that_is_not_listed_yet_is_asked_for_again_and_at_last_left_to_the_poll(
    company: tuple[Workspace, ringostat.RingostatStandIn],
) -> None:
    opened, stand_in = company
    opened.store.write(*webhooks.kept([hint(900, timedelta(minutes=1)), hint(901, timedelta(minutes=1))]))
    clock = QuickClock(NOW)
    assert follow_webhooks(opened, clock) == {"not_there": 2}
    stand_in.calls.append(dict(ringostat.row(900, wall(timedelta(minutes=1)))))
    for wait in NOT_YET:
        assert not has_webhooks(opened, clock)
        clock.sleep(wait.total_seconds())
        follow_webhooks(opened, clock)
    assert {(row["object_id"], row["state"]) for row in rows(opened, "select * from webhooks")} == {
        ("ua3-900", "done"), ("ua3-901", "given_up"),
    }  # fmt: skip


def test_a_vendor_that_is_down_keeps_its_hints_and_holds_up_no_other(tmp_path: Path) -> None:
    down, up = ringostat.RingostatStandIn(), ringostat.RingostatStandIn()
    for stand_in in (down, up):
        stand_in.calls = [dict(ringostat.row(1, wall(timedelta(minutes=30))))]
    with serving(down) as one, serving(up) as two:
        opened = workspace(tmp_path / "W", source("ringostat", "r", one), source("ringostat", "u", two))
        for settings_of_source in opened.settings.sources:
            assert settings_of_source.kind == "ringostat"
            sync_source(opened, settings_of_source, Silent(), clock=QuickClock(NOW - timedelta(hours=3)))
        opened.store.write(*webhooks.kept([hint(1, timedelta(minutes=30)), hint(1, timedelta(minutes=30), of="u")]))
        down.spoil(*[Fault.REFUSED] * TRIES)
        clock = QuickClock(NOW)
        assert follow_webhooks(opened, clock) == {"put_off": 1, "followed": 1, "calls": 1}
        assert [row["call_id"] for row in calls(opened)] == ["u:ua3-1"]
        down.faults.clear()
        clock.sleep(600)
        follow_webhooks(opened, clock)
        assert [row["call_id"] for row in calls(opened)] == ["r:ua3-1", "u:ua3-1"]


def test_a_source_that_was_never_read_waits_for_its_first_poll(tmp_path: Path) -> None:
    stand_in = ringostat.RingostatStandIn(calls=[dict(ringostat.row(1, wall(timedelta(days=20))))])
    with serving(stand_in) as base:
        opened = workspace(tmp_path / "W", source("ringostat", "r", base))
        opened.store.write(*webhooks.kept([hint(1, timedelta(minutes=30))]))
        clock = QuickClock(NOW)
        assert follow_webhooks(opened, clock) == {"put_off": 1}
        assert stand_in.asked == []
        poll(opened, clock)
        assert len(calls(opened)) == 1, "a hint must not move the beginning of what is read"


def test_a_paused_source_is_not_asked_and_its_hints_wait(
    company: tuple[Workspace, ringostat.RingostatStandIn],
) -> None:
    opened, stand_in = company
    set_paused(opened, "r", True, "Администратор", NOW)
    opened.store.write(*webhooks.kept([hint(1, timedelta(hours=1))]))
    stand_in.asked.clear()
    clock = QuickClock(NOW)
    assert follow_webhooks(opened, clock) == {"put_off": 1}
    assert stand_in.asked == []
    set_paused(opened, "r", False, "Администратор", NOW + timedelta(minutes=1))
    clock.sleep(1800)
    assert follow_webhooks(opened, clock) == {"followed": 1, "calls": 1}


def test_what_was_followed_is_forgotten_after_its_days(company: tuple[Workspace, ringostat.RingostatStandIn]) -> None:
    opened, _ = company
    opened.store.write(*webhooks.kept([hint(1, timedelta(hours=1))]))
    clock = QuickClock(NOW)
    follow_webhooks(opened, clock)
    clock.sleep(timedelta(days=8).total_seconds())
    follow_webhooks(opened, clock)
    assert rows(opened, "select * from webhooks") == []


def test_who_is_erased_leaves_no_trace_in_what_was_told(company: tuple[Workspace, ringostat.RingostatStandIn]) -> None:
    opened, _ = company
    opened.store.write(*webhooks.kept([hint(1, timedelta(hours=1)), hint(2, timedelta(hours=2))]))
    clock = QuickClock(NOW)
    follow_webhooks(opened, clock)
    erase(opened, ["+380670000001"], by="Администратор")
    assert [row["object_id"] for row in rows(opened, "select object_id from webhooks")] == ["ua3-2"]
    opened.store.write(*webhooks.kept([hint(1, timedelta(hours=1))]))
    clock.sleep(10)
    follow_webhooks(opened, clock)
    assert "r:ua3-1" not in {row["call_id"] for row in calls(opened)}, "told again, the call stays away"


def crm(tmp_path: Path, name: str, base: str) -> Workspace:
    return workspace(tmp_path / name, source("pipedrive", "p", base))


def test_an_entity_that_the_crm_refuses_to_show_holds_up_no_other(tmp_path: Path) -> None:
    stand_in = PipedriveStandIn(now=NOW)
    stand_in.furnish()
    stand_in.deal(1)
    with serving(stand_in) as base:
        opened = crm(tmp_path, "W", base)
        told = [Receipt(f"p-{key}", "p", Hint(About.DEAL, "change", key), NOW) for key in ("1", "2")]
        opened.store.write(*webhooks.kept(told))
        follow_webhooks(opened, QuickClock(NOW))
        assert [row["deal_id"] for row in rows(opened, "select deal_id from deals")] == ["p:1"]
        assert {row["state"] for row in rows(opened, "select state from webhooks")} == {"done"}


def test_a_kill_between_the_answer_and_the_following_loses_nothing(tmp_path: Path) -> None:
    stand_in = binotel.BinotelStandIn()
    began = int(datetime.now(UTC).timestamp()) - 300
    stand_in.calls = {str(number): binotel.call(number, began) for number in range(1, 21)}
    with serving(stand_in) as base:
        opened = workspace(tmp_path / "W", source("binotel", "b", base, "history_days = 1"))
        stand_in.calls, told = {}, stand_in.calls
        assert poll_sources(opened).failures == {}
        stand_in.calls = told
        opened.store.release()
        with alone(opened.home) as server:
            for number in range(1, 21):
                details = {"generalCallID": str(number), "startTime": str(began)}
                body = {"requestType": "apiCallCompleted", "callDetails": details}
                answer = httpx.post(address(server.base, "b"), json=body, timeout=30)
                assert answer.json() == {"status": "success"}
                if number == 20:
                    server.kill()
        assert follow_webhooks(opened, QuickClock(datetime.now(UTC))) == {"followed": 20, "calls": 20}
        assert len(calls(opened)) == 20
        assert {row["state"] for row in rows(opened, "select state from webhooks")} == {"done"}
        opened.store.release()


def test_the_poll_asks_every_source_and_one_that_fails_holds_up_no_other(tmp_path: Path) -> None:
    down, up = ringostat.RingostatStandIn(), ringostat.RingostatStandIn()
    up.calls = [dict(ringostat.row(1, wall(timedelta(minutes=30))))]
    with serving(down) as one, serving(up) as two:
        opened = workspace(tmp_path / "W", source("ringostat", "r", one), source("ringostat", "u", two))
        down.spoil(*[Fault.REFUSED] * 3)
        polled = poll_sources(opened)
        assert (polled.calls, polled.asked, list(polled.failures)) == (1, 1, ["r"])
        job = job_with("poll")
        assert job is not None
        run = perform(opened, job, Due(NOW, 1))
        assert run is not None
        assert (run.outcome, run.error_code) == (Outcome.FAILED, "source_refused")
        assert [row["call_id"] for row in calls(opened)] == ["u:ua3-1"]


@pytest.mark.parametrize(
    ("at", "minutes_ago", "expected"),
    [
        ("2026-11-23T12:00:00+02:00", 10, True),
        ("2026-11-23T12:00:00+02:00", 8, False),
        ("2026-11-23T03:00:00+02:00", 30, False),
        ("2026-11-23T03:00:00+02:00", 60, True),
        ("2026-11-22T12:00:00+02:00", 30, False),  # Sunday
        ("2026-11-22T12:00:00+02:00", None, True),
    ],
)
def test_systems_are_asked_more_often_in_working_hours(at: str, minutes_ago: int | None, expected: bool) -> None:
    now = datetime.fromisoformat(at)
    last = None if minutes_ago is None else now - timedelta(minutes=minutes_ago)
    company = {"timezone": "Europe/Kyiv", "country": "UA"}
    assert is_poll_due(Settings.model_validate({"company": company}), last, now) is expected
