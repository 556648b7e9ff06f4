"""Every address beside Streamlit's: what protects a change from other sites' pages, and who gets an answer at all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import pytest
from starlette.requests import Request
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message

from qc_workbench.ui import server
from qc_workbench.ui.http import body_within
from qc_workbench.ui.navigation import ROOMS
from qc_workbench.workspace import Workspace
from tests.security.conftest import Enter
from tests.ui import sample_company as company

#: How an address that changes something tells our own pages from others'.
HEADER: Final = "a header that no other site may send (x-qcw)"
FORM: Final = "a form of our own pages (Sec-Fetch-Site, Origin)"
SIGNED: Final = "an address signed for this person"
NO_CHANGE: Final = "nothing is changed"
SECRET: Final = "a secret of the vendor's in the address; no session counts"

#: A new address that takes more than GET is to be thought about: with what protection does it stand here?
CHANGING: Final[Mapping[str, str]] = {
    "/login": FORM,
    "/setup": FORM,
    "/join": FORM,
    "/password": FORM,
    "/logout": FORM,
    "/scoring/begin": HEADER,
    "/scoring/{evaluation_id}/answer": HEADER,
    "/scoring/{evaluation_id}/clear": HEADER,
    "/scoring/{evaluation_id}/undo": HEADER,
    "/scoring/{evaluation_id}/second-opinion": HEADER,
    "/scoring/{evaluation_id}/submit": HEADER,
    "/calls/{call_id}/comments": HEADER,
    "/calls/{call_id}/comments/{comment_id}/withdraw": HEADER,
    "/calls/{call_id}/heard": HEADER,
    "/recordings/{content_hash}/played": SIGNED,
    "/clips/{clip_id}/played": NO_CHANGE,
    "/webhooks/{source}/{token}": SECRET,
    "/webhooks/{source}/{token}/{tail:path}": SECRET,
}
#: What GET answers to whoever has no session. The rest leads to the log-in.
STRANGERS: Final[Mapping[str, frozenset[int]]] = {
    "/healthz": frozenset({200, 503}),
    "/metrics": frozenset({403}),
    "/login": frozenset({200}),
    "/setup": frozenset({303}),
    "/join": frozenset({410}),
    "/password": frozenset({303}),
    "/logout": frozenset({303}),
    "/sso/enter": frozenset({303}),
    "/scoring": frozenset({401}),
    "/recordings/{content_hash}": frozenset({403}),
    "/clips/{clip_id}": frozenset({403}),
    "/calendar/{name:path}": frozenset({404}),
    "/webhooks/{source}/{token}": frozenset({404}),
    "/webhooks/{source}/{token}/{tail:path}": frozenset({404}),
    "/": frozenset({303}),
} | {f"/{room}": frozenset({303}) for room in ROOMS}

ROUTES: Final = [route for route in server.routes() if isinstance(route, Route)]


def address(path: str) -> str:
    for name in ("{content_hash}", "{clip_id}", "{evaluation_id}", "{call_id}", "{comment_id}", "{name:path}",
                 "{source}", "{token}", "{tail:path}"):  # fmt: skip
        path = path.replace(name, company.TALK)
    return path


def test_each_address_that_changes_something_stands_in_the_list_with_its_protection() -> None:
    assert len(ROUTES) == len(server.routes()), "an address that is no Route: say here what protects it"
    changing = {route.path for route in ROUTES if set(route.methods or ()) - {"GET", "HEAD"}}
    assert changing == set(CHANGING)


@pytest.mark.parametrize("path", [path for path, how in CHANGING.items() if how == HEADER])
def test_without_our_header_nothing_is_changed(enter: Enter, workspace: Workspace, path: str) -> None:
    """What a page of another site can send with a session: a form, or text that looks like JSON."""
    browser, before = enter("h1"), lines(workspace)
    for headers in ({}, {"content-type": "text/plain"}, {"x-qcw": "0"}, {"origin": "https://evil.example"}):
        assert (
            browser.post(address(path), content=b'{"token": "' + b"0" * 32 + b'"}', headers=headers).status_code == 403
        )
    assert lines(workspace) == before


@pytest.mark.parametrize("path", [path for path, how in CHANGING.items() if how == FORM and path != "/setup"])
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},  # another program on another port or name of the company
        {"origin": "https://evil.example"},
        {"origin": "http://localhost:9999"},
        {"origin": "null"},
    ],
)
def test_a_form_of_another_site_changes_nothing(
    enter: Enter, workspace: Workspace, path: str, headers: dict[str, str]
) -> None:
    browser, before = enter("q1"), lines(workspace)
    form = {"login": "h1", "password": company.PASSWORD, "old": company.PASSWORD, "again": company.PASSWORD}
    assert browser.post(path, data=form, headers=headers).status_code == 403
    assert lines(workspace) == before
    assert browser.get("/queue").status_code == 200  # still logged in as whoever they were


def test_a_picture_of_another_site_logs_nobody_out_or_in(enter: Enter) -> None:
    browser = enter("q1")
    for path in ("/logout", "/sso/enter?ticket=x"):
        browser.get(path, headers={"sec-fetch-site": "cross-site"})
    assert browser.get("/queue").status_code == 200


def test_a_stranger_is_told_what_the_list_says_and_no_more(client: TestClient) -> None:
    elsewhere = TestClient(client.app, "http://qc.example.com", client=("10.0.0.9", 5), follow_redirects=False)
    reading = {route.path for route in ROUTES if "GET" in (route.methods or ())}
    assert reading == set(STRANGERS)
    for path, statuses in STRANGERS.items():
        answer = elsewhere.get(address(path))
        assert answer.status_code in statuses, path
        for secret in ("Алла", "Борис", company.PHONE, "Traceback", str(company.__file__)):
            assert secret not in answer.text, path


@pytest.mark.parametrize("path", [path for path, how in CHANGING.items() if how in (HEADER, SIGNED, NO_CHANGE)])
def test_a_stranger_changes_nothing(client: TestClient, workspace: Workspace, path: str) -> None:
    before = lines(workspace)
    answer = client.post(address(path), json={"token": "0" * 32, "call": company.TALK}, headers={"x-qcw": "1"})
    assert answer.status_code in (401, 403)
    assert lines(workspace) == before


def test_a_body_that_drips_is_not_waited_for() -> None:
    async def silence() -> Message:
        return await asyncio.get_running_loop().create_future()

    request = Request({"type": "http", "method": "POST", "headers": []}, silence)
    assert asyncio.run(body_within(request, 100, most_s=0.01)) is None


def test_a_request_that_tells_two_lengths_is_refused_and_its_line_shut(client: TestClient) -> None:
    """What follows it might be another request to the proxy in front, and is one to us, or the other way."""
    both = {"content-length": "6", "transfer-encoding": "chunked"}
    answer = client.post("/login", content=b"0\r\n\r\nG", headers=both)
    assert (answer.status_code, answer.headers["connection"]) == (400, "close")


def lines(workspace: Workspace) -> list[tuple[str, int]]:
    """How much there is of what these addresses write."""
    tables = ("audit", "comments", "evaluations", "heard_ranges", "people", "passwords")
    with workspace.store.reading() as reader:
        there = {row["table_name"] for row in reader.rows("select table_name from information_schema.tables")}
        return [(name, int(reader.value(f"select count(*) from {name}"))) for name in tables if name in there]
