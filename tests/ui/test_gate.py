"""The line of a page: whoever logs out, leaves or loses a role is heard no more on it, not even by a fragment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg

from qc_workbench.domain.access import AccessRole
from qc_workbench.domain.entry import IDLE_AFTER
from qc_workbench.store import people
from qc_workbench.store.database import Statement
from qc_workbench.ui import accounts, gate, server
from qc_workbench.ui.state import HOME_VARIABLE
from qc_workbench.ui.views.accounts import left, save_account
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company

FRAGMENT, BUTTON, FILE, BY_ITSELF = BackMsg(), BackMsg(), BackMsg(), BackMsg()
FRAGMENT.rerun_script.fragment_id = "of somebody"
BUTTON.rerun_script.widget_states.widgets.add(id="delete", trigger_value=True)
FILE.backend_operation_request.deferred_file.file_id = "scores of everybody"
BY_ITSELF.rerun_script.fragment_id = "of somebody"
BY_ITSELF.rerun_script.is_auto_rerun = True


async def line(websocket: WebSocket) -> None:
    """As Streamlit's: says who it was opened for, then answers each message as if it ran a script."""
    await websocket.accept()
    await websocket.send_text(websocket.headers.get("x-qcw-person", "nobody asked"))
    await websocket.send_bytes(b"/media/a1b2.xlsx")
    try:
        while True:
            said = BackMsg.FromString(await websocket.receive_bytes())
            asked = said.rerun_script
            is_whole = said.WhichOneof("type") == "rerun_script" and not (
                asked.fragment_id or asked.widget_states.widgets
            )
            await websocket.send_text("drawn from the start" if is_whole else "done")
    except WebSocketDisconnect:
        pass


def file(request: Request) -> Response:
    return PlainTextResponse("scores of everybody")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    workspace = company.sample_company(tmp_path / "gate")
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    return workspace


@pytest.fixture
def client(workspace: Workspace) -> Iterator[TestClient]:
    paths = ("/media/{name}", "/_stcore/upload_file/{session}/{name}")
    routes = [WebSocketRoute("/_stcore/stream", line), *(Route(path, file, methods=["GET", "PUT"]) for path in paths)]
    with TestClient(Starlette(routes=routes, middleware=[Middleware(gate.Gate)])) as found:
        yield found


def come(workspace: Workspace, client: TestClient, employee: str) -> str:
    """The session of somebody who is logged in in this browser now."""
    token = company.token(workspace, employee)
    client.cookies.clear()
    client.cookies.set(accounts.cookie_name(workspace.home), token)
    return token


def is_heard(page: WebSocketTestSession, message: BackMsg = FRAGMENT) -> bool:
    """Whether it is done; else the page is drawn from the start, where it is asked who is there."""
    page.send_bytes(message.SerializeToString())
    while (said := page.receive()).get("text") is None:  # the file that it is told of at first
        pass
    return said["text"] == "done"


def test_a_page_is_heard_until_its_person_logs_out_anywhere(workspace: Workspace, client: TestClient) -> None:
    token = come(workspace, client, "m1")
    with client.websocket_connect("/_stcore/stream") as page:
        page.receive_text()
        assert all(is_heard(page, message) for message in (FRAGMENT, BUTTON, FILE))
        accounts.log_out(workspace, token, datetime.now(UTC))
        assert not any(is_heard(page, message) for message in (FRAGMENT, BUTTON, FILE))


def test_a_page_is_heard_no_more_when_its_person_loses_a_role_or_leaves(
    workspace: Workspace, client: TestClient
) -> None:
    admin, now = company.viewer(workspace, "h1"), datetime.now(UTC)
    with workspace.store.reading() as reader:
        account = people.account_with_id(reader, "account-q1")
    assert account is not None
    agent = replace(account, person=replace(account.person, roles=frozenset({AccessRole.AGENT})))
    for changed in (agent, left(agent, now)):
        come(workspace, client, "q1")
        with client.websocket_connect("/_stcore/stream") as page:
            page.receive_text()
            assert is_heard(page)
            save_account(workspace, admin, changed, now)
            assert not is_heard(page)


def test_what_a_page_remembers_is_kept_for_the_same_person_only(workspace: Workspace, client: TestClient) -> None:
    """Streamlit resumes a page for a line that is the same in what these headers say."""
    marks = []
    for employee in ("m1", "m1", "m2"):
        come(workspace, client, employee)
        with client.websocket_connect("/_stcore/stream") as page:
            marks.append(page.receive_text())
    assert marks[0] == marks[1] != marks[2]
    client.cookies.clear()
    with client.websocket_connect("/_stcore/stream", headers={"X-QCW-Person": marks[0]}) as page:
        assert page.receive_text() not in marks  # what a browser claims is not heard
        assert is_heard(page)  # and is shown the way to the log-in
    assert server.OPTIONS["server.trustedUserHeaders"] == {"x-qcw-person": "qcw_person"}


def test_a_page_that_draws_itself_anew_keeps_nobody_logged_in(workspace: Workspace, client: TestClient) -> None:
    token = come(workspace, client, "m1")
    seen = datetime.now(UTC) - IDLE_AFTER + timedelta(minutes=5)
    workspace.store.write(Statement("update sessions set seen_at = ?", (seen,)))
    with client.websocket_connect("/_stcore/stream") as page:
        page.receive_text()
        assert is_heard(page, BY_ITSELF)
        assert last_sign(workspace, token) == seen
        assert is_heard(page, FRAGMENT)
        assert last_sign(workspace, token) > seen


def last_sign(workspace: Workspace, token: str) -> datetime:
    with workspace.store.reading() as reader:
        session = people.session_with(reader, accounts.mark_of(token))
    assert session is not None
    return session.seen_at


@pytest.mark.parametrize("path", ["/media/a1b2.xlsx", "/_stcore/upload_file/session/file"])
def test_files_of_pages_are_for_whoever_is_logged_in(workspace: Workspace, client: TestClient, path: str) -> None:
    method = "GET" if path.startswith("/media") else "PUT"
    assert client.request(method, path).status_code == 403
    token = come(workspace, client, "h1")
    with client.websocket_connect("/_stcore/stream") as page:
        page.receive_text()
        page.receive_bytes()
    assert client.request(method, path).status_code == 200
    accounts.log_out(workspace, token, datetime.now(UTC))
    assert client.request(method, path).status_code == 403


def test_the_application_has_the_gate_and_tells_streamlit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gate.Gate in [item.cls for item in server.parts()["middleware"]]
    assert config.get_option("server.trustedUserHeaders") == gate.OPTIONS["server.trustedUserHeaders"]
