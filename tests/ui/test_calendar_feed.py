"""The calendar of an agent over a real server: who gets it, what stands in it, what is said about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pipelines.erasure import erase
from qc_workbench.domain.access import AccessRole
from qc_workbench.errors import UsageError
from qc_workbench.store import people
from qc_workbench.store.audit_log import AuditQuestion
from qc_workbench.store.browsing import calls_by_id
from qc_workbench.store.calendars import waiting_callbacks
from qc_workbench.store.database import Statement
from qc_workbench.ui.calendar_route import address_of
from qc_workbench.ui.server import routes
from qc_workbench.ui.state import HOME_VARIABLE
from qc_workbench.ui.traffic import route_pattern
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.accounts import left
from qc_workbench.ui.views.audit import audit_page
from qc_workbench.ui.views.calendar import feed_of, make_link, my_calendar, shut, undo
from qc_workbench.workspace import Workspace
from tests.operations.serving import served
from tests.ui import sample_company as company
from tests.ui.test_pages_open import enter, read, start

#: Promises of the sample company fall due on 8 October 2026.
NOW = datetime(2026, 10, 6, 9, tzinfo=UTC)
AGENT = "m2"
BASE = "https://qc.example"


@pytest.fixture
def workspace(tmp_path: Any) -> Workspace:
    return company.sample_company(tmp_path / "office")


@pytest.fixture
def agent(workspace: Workspace) -> Viewer:
    return company.viewer(workspace, AGENT)


@pytest.fixture
def client(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    with TestClient(Starlette(routes=list(routes()))) as found:
        yield found


def found_in(content: bytes) -> dict[str, Any]:
    parsed = Calendar.from_ical(content)
    return {str(item["SUMMARY"]): item for item in parsed.walk("VEVENT")}


def events(workspace: Workspace, token: str, now: datetime = NOW) -> list[Any]:
    found = feed_of(workspace, token, BASE, now)
    assert found is not None
    return list(Calendar.from_ical(found.content).walk("VEVENT"))


def actions(workspace: Workspace) -> list[str]:
    entries = audit_page(workspace, company.viewer(workspace), AuditQuestion(), 1).entries
    return [entry.action for entry in reversed(entries) if entry.action.startswith("calendar_")]


def test_waiting_callbacks_stand_in_it_and_kept_ones_do_not(workspace: Workspace, agent: Viewer) -> None:
    token = make_link(workspace, agent, "ru", NOW)
    found = events(workspace, token)
    assert len(found) == 2, "of three promises one is kept"
    for item in found:
        assert item.decoded("DTSTART").isoformat() == "2026-10-08T10:00:00+00:00", "13:00 in Moscow"
        assert str(item["SUMMARY"]).startswith("Перезвонить: ")
        assert str(item["URL"]) == f"{BASE}/call?id={company.PROMISE}"
    english = make_link(workspace, agent, "en", NOW + timedelta(seconds=1))
    assert str(events(workspace, english)[0]["SUMMARY"]).startswith("Call back: ")


def test_a_callback_that_was_made_is_cancelled_and_one_that_moved_has_a_higher_sequence(
    workspace: Workspace, agent: Viewer
) -> None:
    token = make_link(workspace, agent, "ru", NOW)
    before = {str(item["UID"]): item for item in events(workspace, token)}
    workspace.store.write(
        Statement("update commitments set outcome = 'kept' where commitment_id = 'promise-missing'"),
        Statement("update commitments set due_from = '2026-10-09', due_to = '2026-10-09' "
                  "where commitment_id = 'promise-dragged'"),
    )  # fmt: skip
    after = {str(item["UID"]): item for item in events(workspace, token, NOW + timedelta(minutes=5))}
    assert before.keys() == after.keys()
    assert sorted(str(item["STATUS"]) for item in after.values()) == ["CANCELLED", "CONFIRMED"]
    assert [int(item["SEQUENCE"]) for item in after.values()] == [1, 1]
    workspace.store.write(Statement("delete from commitments"))
    gone = events(workspace, token, NOW + timedelta(minutes=9))
    assert {str(item["STATUS"]) for item in gone} == {"CANCELLED"}, "withdrawn ones too"


def test_the_number_is_told_only_where_the_agent_may_know_the_client(workspace: Workspace, agent: Viewer) -> None:
    with workspace.store.reading() as reader:
        (phone,) = {call.client_phone for call in calls_by_id(reader, [company.PROMISE]).values()}
    assert phone
    token = make_link(workspace, agent, "ru", NOW)
    assert phone in str(events(workspace, token)[0]["DESCRIPTION"])
    # the agent's calls are now heard by somebody who does not know clients
    reviewer = replace(agent.account.person, roles=frozenset({AccessRole.QC}))
    workspace.store.apply(people.saved(replace(agent.account, person=reviewer)))
    found = feed_of(workspace, token, BASE, NOW)
    assert found is not None
    text = found.content.decode().replace("\r\n ", "")
    assert phone not in text
    assert phone[-7:] not in text


def test_nothing_of_a_link_is_kept_but_its_hash_and_a_new_one_replaces_it_and_can_be_taken_back(
    workspace: Workspace, agent: Viewer
) -> None:
    moments = iter(NOW + timedelta(seconds=n) for n in range(10))
    first = make_link(workspace, agent, "ru", next(moments))
    second = make_link(workspace, agent, "ru", next(moments))
    with workspace.store.reading() as reader:
        kept = repr(reader.rows("select * from calendar_links")) + repr(reader.rows("select * from audit"))
    assert first not in kept
    assert second not in kept
    assert feed_of(workspace, first, BASE, NOW) is None
    undo(workspace, agent, next(moments))
    assert feed_of(workspace, first, BASE, NOW) is not None
    assert feed_of(workspace, second, BASE, NOW) is None
    shut(workspace, agent, "ru", next(moments))
    assert feed_of(workspace, first, BASE, NOW) is None
    undo(workspace, agent, next(moments))
    assert feed_of(workspace, first, BASE, NOW) is not None
    with pytest.raises(UsageError):
        undo(workspace, agent, next(moments))
    assert my_calendar(workspace, agent).former is None
    assert sorted(actions(workspace)) == [
        "calendar_fetched", "calendar_link_made", "calendar_link_renewed", "calendar_link_restored",
        "calendar_link_restored", "calendar_link_shut",
    ]  # fmt: skip


def test_an_erased_client_is_called_back_no_more(workspace: Workspace, agent: Viewer) -> None:
    token = make_link(workspace, agent, "ru", NOW)
    assert len(events(workspace, token)) == 2
    with workspace.store.reading() as reader:
        (phone,) = {call.client_phone for call in calls_by_id(reader, [company.PROMISE]).values()}
    assert phone
    erase(workspace, [phone], by="q", now=NOW)
    with workspace.store.reading() as reader:
        assert reader.rows("select * from calendar_events") == []
        assert reader.rows("select * from commitments") != [], "they stay under an id of chance"
    assert events(workspace, token, NOW + timedelta(minutes=1)) == []


def test_whoever_left_or_is_no_agent_has_no_calendar(workspace: Workspace, agent: Viewer) -> None:
    token = make_link(workspace, agent, "ru", NOW)
    workspace.store.apply(people.saved(left(agent.account, NOW)))
    assert feed_of(workspace, token, BASE, NOW) is None


def test_each_link_shows_the_promises_of_its_agent_only(workspace: Workspace) -> None:
    other = company.viewer(workspace, "m1")
    token = make_link(workspace, other, "ru", NOW)
    with workspace.store.reading() as reader:
        mine = waiting_callbacks(reader, "m1", NOW.date() - timedelta(days=400))
    assert len(events(workspace, token)) == len(mine) == 0


def test_an_unknown_link_tells_nothing_and_a_known_one_is_not_sent_twice(
    workspace: Workspace, agent: Viewer, client: TestClient
) -> None:
    token = make_link(workspace, agent, "ru", datetime.now(UTC))
    workspace.store.write(Statement("update commitments set due_from = current_date, due_to = current_date"))
    answers = [
        client.get(f"/calendar/{name}")
        for name in ("x", "x.ics", f"{'a' * 43}.ics", token, f"{token}.ics/x", f"{token[:-1]}.ics", ".ics")
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, b"")}
    found = client.get(address_of(token))
    assert found.status_code == 200
    assert found.headers["content-type"] == "text/calendar; charset=utf-8"
    assert found_in(found.content)
    mark, date = found.headers["etag"], found.headers["last-modified"]
    for known in ({"if-none-match": mark}, {"if-none-match": f'"x", W/{mark}'}, {"if-modified-since": date}):
        again = client.get(address_of(token), headers=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", mark)
    both = {"if-none-match": '"x"', "if-modified-since": date}
    assert client.get(address_of(token), headers=both).status_code == 200
    workspace.store.write(Statement("update commitments set due_from = current_date + 1, due_to = current_date + 1"))
    changed = client.get(address_of(token), headers={"if-none-match": mark})
    assert (changed.status_code, changed.headers["etag"] == mark) == (200, False)
    assert client.post(address_of(token)).status_code == 405


def test_the_secret_is_in_no_log_and_no_metric() -> None:
    assert route_pattern("/calendar/AbCdEf.ics") == "/calendar/{secret}"


@pytest.mark.slow
def test_a_running_server_gives_the_calendar_to_a_program_without_a_session(
    workspace: Workspace, agent: Viewer, tmp_path: Any
) -> None:
    token = make_link(workspace, agent, "en", datetime.now(UTC))
    workspace.store.write(Statement("update commitments set due_from = current_date, due_to = current_date"))
    workspace.store.release()
    with served(workspace.home, tmp_path) as server:
        found = httpx.get(f"{server.base}{address_of(token)}", timeout=30)
        assert found.status_code == 200
        assert all(str(item["URL"]).startswith(f"{server.base}/call?id=") for item in found_in(found.content).values())
        assert httpx.get(f"{server.base}/calendar/{'a' * 43}.ics").status_code == 404
    logs = "".join(path.read_text(encoding="utf-8") for path in (workspace.home / "logs").rglob("*") if path.is_file())
    assert "/calendar/{secret}" in logs
    assert token not in logs
    assert re.search(r"calendar/[\w-]{43}", logs) is None


def test_the_room_makes_a_link_shows_it_once_and_takes_a_shutting_back(
    workspace: Workspace, agent: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = enter(start(workspace.home, "ru", monkeypatch, AGENT), "my", list="promises")
    page.button(key="calendar_make").click().run()
    (shown,) = [item.value for item in page.code if "/calendar/" in item.value]
    token = shown.rsplit("/", 1)[1].removesuffix(".ics")
    assert feed_of(workspace, token, BASE, NOW) is not None
    page.button(key="calendar_shut").click().run()
    assert feed_of(workspace, token, BASE, NOW) is None
    assert not [item for item in page.code if "/calendar/" in item.value]
    page.button(key="calendar_undo").click().run()
    assert feed_of(workspace, token, BASE, NOW) is not None
    assert "Ссылка действует" in read(page)
