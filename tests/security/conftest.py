"""The application with its middleware and rights; in Streamlit's place stand-ins that say who was let through."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.proto.BackMsg_pb2 import BackMsg

from qc_workbench.domain.access import AccessRole, Account, Person, Team
from qc_workbench.store import people
from qc_workbench.ui import accounts, server
from qc_workbench.ui.state import HOME_VARIABLE
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company

#: What a page of Streamlit is told when it shows a file.
FILE = "0123456789abcdef"

Enter = Callable[[str], TestClient]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The sample company, the same for all tests of a file; Нина heads the northern team: Борис (m2) alone."""
    workspace = company.sample_company(tmp_path_factory.mktemp("company"))
    workspace.store.write(*people.team_saved(Team("north", "Север"), ["m2"]))
    for login, name, role, teams in (
        ("n1", "Нина Северная", AccessRole.HEAD, frozenset({"north"})),
        ("a1", "Антон Ключник", AccessRole.ADMIN, None),
    ):
        person = Person(f"account-{login}", frozenset({role}), None, teams)
        workspace.store.apply(people.saved(Account(person, login, name, company.AS_OF)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(HOME_VARIABLE, str(workspace.home))
        yield workspace


@pytest.fixture(scope="module")
def served(workspace: Workspace) -> Iterator[TestClient]:
    app = Starlette(routes=[*server.routes(), *streamlit_routes()], middleware=server.parts()["middleware"])
    with TestClient(app, "http://localhost", client=("127.0.0.1", 50000), follow_redirects=False) as found:
        yield found


@pytest.fixture
def client(served: TestClient) -> TestClient:
    """A browser without a session, at the machine itself."""
    served.cookies.clear()
    return served


@pytest.fixture
def enter(workspace: Workspace, client: TestClient) -> Enter:
    """The same browser with the session of this employee."""

    def log_in(employee: str) -> TestClient:
        client.cookies.clear()
        client.cookies.set(accounts.cookie_name(workspace.home), company.token(workspace, employee))
        return client

    return log_in


def streamlit_routes() -> list[BaseRoute]:
    paths = ("/media/{name}", "/_stcore/upload_file/{session}/{name}", "/_stcore/agent/interact", "/_stcore/metrics")
    return [
        WebSocketRoute("/_stcore/stream", _line),
        *(Route(path, _let_through, methods=["GET", "POST", "PUT", "DELETE"]) for path in paths),
        Route("/{page:path}", _page),
    ]


async def _line(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_bytes(f"a page with /media/{FILE}.xlsx in it".encode())
    try:
        while True:
            await websocket.send_text(str(BackMsg.FromString(await websocket.receive_bytes()).WhichOneof("type")))
    except WebSocketDisconnect:
        pass


def _let_through(request: Request) -> Response:
    return PlainTextResponse("scores of everybody")


def _page(request: Request) -> Response:
    return HTMLResponse("<html></html>")
