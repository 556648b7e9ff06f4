"""The app's own JSON: what a browser, or somebody in its place, sends to the routes beside Streamlit."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.testclient import TestClient

from qc_workbench.ui import accounts
from qc_workbench.ui.server import routes
from qc_workbench.ui.state import HOME_VARIABLE
from tests.fuzzing.rule import BrokenRuleError, Outcome, taken
from tests.scoring_cases import published
from tests.ui import sample_company as company

CALL: Final = company.PROMISE
_EVALUATION: Final = "{evaluation}"
#: The first line of an input names one of these.
PLACES: Final = (
    "/scoring/begin", "/scoring/{evaluation}/answer", "/scoring/{evaluation}/clear", "/scoring/{evaluation}/undo",
    "/scoring/{evaluation}/second-opinion", "/calls/{call}/comments", "/calls/{call}/heard",
    "/calls/{call}/comments/1/withdraw",
)  # fmt: skip
#: All that a route may say; anything else is a defect.
_STATUSES: Final = frozenset({200, 201, 204, 400, 401, 403, 404, 409, 413, 422})


class _App:
    def __init__(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="qcw-fuzz-app-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        workspace = company.sample_company(folder / "app")
        published(workspace)
        os.environ[HOME_VARIABLE] = str(workspace.home)
        self.home = str(workspace.home)
        self.client = TestClient(Starlette(routes=list(routes())))
        cookie = accounts.cookie_name(workspace.home)
        self.headers = {"cookie": f"{cookie}={company.token(workspace, 'q1')}", "x-qcw": "1"}
        begun = self.client.post("/scoring/begin", json={"call": CALL}, headers=self.headers)
        self.evaluation = begun.json()["progress"]["evaluation"]


@cache
def _app() -> _App:
    return _App()


def read_request(data: bytes) -> Outcome:
    """The number of a route as one byte, and the body."""
    app = _app()
    before = os.environ.get(HOME_VARIABLE)
    os.environ[HOME_VARIABLE] = app.home
    try:
        place = PLACES[data[0] % len(PLACES)] if data else PLACES[0]
        address = place.format(evaluation=app.evaluation, call=CALL)
        answer = app.client.post(address, content=data[1:], headers=app.headers)
    finally:
        if before is not None:
            os.environ[HOME_VARIABLE] = before
    if answer.status_code not in _STATUSES:
        raise BrokenRuleError(f"{place}: {answer.status_code} {answer.text[:200]}")
    if answer.status_code >= 400:
        told: Any = answer.json() if answer.content else {}
        code = told.get("error") or told.get("code") or ""
        return Outcome(code=f"{answer.status_code} {code}".strip())
    return taken(**{f"s{answer.status_code}": 1})


def seeds() -> tuple[bytes, ...]:
    _app()
    token = b'"token": "0123456789abcdef0123456789abcdef"'
    bodies = (
        b'{"call": "%s"}' % CALL.encode(),
        b'{%s, "spent_s": 3, "question": "greeted", "values": ["yes"], "comment": "ok", "at_s": 1.5}' % token,
        b'{%s, "question": "greeted"}' % token,
        b"{%s}" % token,
        f'{{{token.decode()}, "reason": "не уверен"}}'.encode(),
        b'{%s, "text": "Good", "from_s": 1, "to_s": 4, "question": "greeted", "lang": "en"}' % token,
        b'{%s, "ranges": [[0, 4], [6, 9.5]], "spent_s": 12}' % token,
        b"{%s}" % token,
    )  # fmt: skip
    return tuple(bytes([place]) + body for place, body in enumerate(bodies))
