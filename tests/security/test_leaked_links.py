"""Addresses that are a key by themselves: what each opens, for whom, until when, and what ends it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from qc_workbench.store import calendars
from qc_workbench.store import calls as call_rows
from qc_workbench.ui import calendar_route, recordings, webhook_doors
from qc_workbench.ui.recordings import ADDRESS_LIFE, Grant, address_secret, check_grant, recording_address
from qc_workbench.ui.traffic import route_pattern
from qc_workbench.ui.views import calendar
from qc_workbench.workspace import Workspace
from tests.security.conftest import Enter
from tests.ui import sample_company as company

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC)


def address(workspace: Workspace, who: str, call_id: str = company.TALK) -> str:
    with workspace.store.reading() as reader:
        recording = call_rows.recording(reader, call_id)
    assert recording is not None
    found = recording_address(workspace, recording, f"account-{who}", NOW)
    assert found is not None
    return found


def test_the_address_of_a_recording_passed_on_plays_for_nobody_else(workspace: Workspace, enter: Enter) -> None:
    of_head = address(workspace, "h1")
    assert enter("h1").get(of_head).status_code == 200
    for other in ("m1", "m2", "q1", "a1"):  # m2 and q1 may hear this call: by an address of their own
        assert enter(other).get(of_head).status_code == 403, other
    browser = enter("h1")
    browser.cookies.clear()
    assert browser.get(of_head).status_code == 403
    assert browser.get(of_head, headers={"range": "bytes=0-1"}).status_code == 403
    assert browser.head(of_head).status_code == 403


def test_an_agent_can_sign_no_address_by_moving_its_parts(workspace: Workspace) -> None:
    """What is signed has borders: a part of one field is never a part of its neighbour."""
    secret, until = address_secret(workspace.home), int((NOW + timedelta(hours=1)).timestamp())
    content, other = "a" * 64, "b" * 64
    grant = Grant(content, "call-1", "account-m1", until)

    def opens(content_hash: str, call_id: str, who: str, end: str) -> bool:
        return check_grant(workspace.home, content_hash, call_id, who, end, grant.sign(secret)) is not None

    assert opens(content, "call-1", "account-m1", str(until))
    for parts in (
        (other, "call-1", "account-m1", str(until)), (content, "call-2", "account-m1", str(until)),
        (content, "call-1", "account-h1", str(until)), (content, "call-1", "account-m1", str(until + 1)),
        (content, "call-1\naccount-m1", "", str(until)), (content, "", "call-1\naccount-m1", str(until)),
        (content, "call-1", "account-m1", f" {until}"), (content.upper(), "call-1", "account-m1", str(until)),
    ):  # fmt: skip
        assert not opens(*parts), parts


def test_the_address_of_a_recording_ends_within_hours(workspace: Workspace) -> None:
    until = int(parse_qs(urlsplit(address(workspace, "h1")).query)["until"][0])
    assert NOW < datetime.fromtimestamp(until, UTC) <= NOW + ADDRESS_LIFE + timedelta(hours=1)
    old = Grant("a" * 64, "c", "p", int((NOW - timedelta(seconds=1)).timestamp()))
    sign = old.sign(address_secret(workspace.home))
    assert check_grant(workspace.home, "a" * 64, "c", "p", str(old.until), sign) is None


def test_a_calendar_link_ends_when_it_is_shut_renewed_or_its_person_goes(workspace: Workspace, enter: Enter) -> None:
    boris, browser = company.viewer(workspace, "m2"), enter("m2")
    browser.cookies.clear()
    first = calendar.make_link(workspace, boris, "ru", NOW)
    assert browser.get(calendar_route.address_of(first)).status_code == 200
    with workspace.store.reading() as reader:
        assert first not in str(calendars.standing_links(reader))  # the store knows its hash alone
    second = calendar.make_link(workspace, boris, "ru", NOW + timedelta(seconds=1))
    assert browser.get(calendar_route.address_of(first)).status_code == 404
    assert browser.get(calendar_route.address_of(second)).status_code == 200
    calendar.shut(workspace, boris, "ru", NOW + timedelta(seconds=2))
    answers = [browser.get(calendar_route.address_of(token)) for token in (second, "x" * 43)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(404, b"")] * 2


@pytest.mark.parametrize(
    "path", ["/calendar/SECRET.ics", "/webhooks/mango/SECRET", "/webhooks/mango/SECRET/events/call",
             "/recordings/SECRET", "/recordings/SECRET/played", "/join/SECRET", "/media/SECRET.xlsx",
             "/sso/enter/SECRET", "/SECRET"],
)  # fmt: skip
def test_no_log_of_ours_holds_a_secret_of_an_address(path: str) -> None:
    assert "SECRET" not in route_pattern(path)


def test_no_log_of_the_proxy_holds_a_secret_of_an_address() -> None:
    """nginx writes paths: those with a secret in them have no log, and what was asked for (``?…``) is in none."""
    text = (ROOT / "deploy" / "nginx" / "qc-workbench.conf").read_text(encoding="utf-8")
    for place in ("/webhooks/", "/calendar/"):
        block = text.split(f"location {place} {{")[1].split("}")[0]
        assert "access_log off;" in block, place
    form = text.split("log_format qcw")[1].split(";")[0]
    assert "$uri" in form
    assert not re.search(r"\$(request|request_uri|args|query_string|http_referer)\b", form)


@pytest.mark.parametrize("module", [recordings, calendar, webhook_doors])
def test_secrets_are_compared_in_constant_time(module: object) -> None:
    text = Path(str(module.__file__)).read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert "hmac.compare_digest(" in text
    assert not re.search(r"(sign|token|secret)\w* (==|!=) ", text)
