"""Before Streamlit: whoever a page was drawn for must still be logged in when it asks for anything.

A page of Streamlit talks over one websocket for hours. Each of its messages runs buttons and redraws fragments that
were made for the person who logged in then, so each is let through only while that session lives; else all that is left
of it is the wish to be drawn from the start, which says that the session has ended. Files that pages hand out and take
in are asked the same. Streamlit keeps what a page remembers for whoever comes back with its id: the person's mark,
which no browser can send (:data:`OPTIONS`), keeps it from anybody else.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from qc_workbench.errors import QcwError
from qc_workbench.ui import accounts, doorway
from qc_workbench.ui.state import default_home, open_workspace

_MARK: Final = "x-qcw-person"
#: What Streamlit must be told: a page is resumed only by a line with the same mark.
OPTIONS: Final[dict[str, Any]] = {"server.trustedUserHeaders": {_MARK: "qcw_person"}}
#: Streamlit's addresses of files: made for a page, or on their way to one.
_FILES: Final = ("/media/", "/_stcore/upload_file/")
#: The icon of every page, also of the one that says that the session has ended; nothing else that is served is a PNG.
_ICON: Final = ".png"


class Gate:
    """The middleware: pure ASGI, so that answers stream through it unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._line(scope, receive, send)
        elif scope["type"] == "http" and _is_guarded(scope["path"]) and (status := await _refusal(scope)):
            await Response(status_code=status)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _line(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = await run_in_threadpool(_token, scope)
        person = await _asked(token, None, False)

        async def heard() -> Message:
            nonlocal person
            message = await receive()
            if message["type"] != "websocket.receive" or not token:
                return message  # a stranger's page can only say that there is nothing to see
            said = _said(message.get("bytes"))
            now = await _asked(token, person, _is_by_hand(said))
            if person is None or now == person:
                person = now
                return message
            return {"type": "websocket.receive", "bytes": _from_the_start(said).SerializeToString()}

        await self._app(_marked(scope, person), heard, send)


def _is_guarded(path: str) -> bool:
    return path.startswith(_FILES) and not path.endswith(_ICON)


async def _refusal(scope: Scope) -> int | None:
    try:
        found = await run_in_threadpool(doorway.signed_in, HTTPConnection(scope))
    except QcwError:
        return 503
    return 403 if found is None else None


def _token(scope: Scope) -> str:
    try:
        return doorway.token_of(HTTPConnection(scope), open_workspace(default_home()))
    except QcwError:
        return ""  # the page says what is wrong with the workspace


async def _asked(token: str, known: str | None, is_sign: bool) -> str | None:
    """Whose session it is now; the one ``known`` where the store is away: nothing can be read or done meanwhile."""
    if not token:
        return None
    try:
        return await run_in_threadpool(_person, token, is_sign)
    except QcwError:
        return known


def _person(token: str, is_sign: bool) -> str | None:
    """``is_sign``: the person did something, so the session does not end for want of that."""
    return accounts.person_with(open_workspace(default_home()), token, datetime.now(UTC), is_sign=is_sign)


def _said(data: bytes | None) -> BackMsg:
    """What a page says; nothing where it can't be read, which Streamlit refuses next."""
    said = BackMsg()
    try:
        said.ParseFromString(data or b"")
    except Exception:  # whatever the parser raises
        return BackMsg()
    return said


def _is_by_hand(said: BackMsg) -> bool:
    """Whether somebody did something; pages that look again by themselves are nobody's sign of life."""
    return said.WhichOneof("type") == "rerun_script" and not said.rerun_script.is_auto_rerun


def _from_the_start(said: BackMsg) -> BackMsg:
    """The whole page anew, at the same address: no button pressed, nothing typed, no part of it alone."""
    asked, anew = said.rerun_script, BackMsg()
    anew.rerun_script.query_string = asked.query_string
    anew.rerun_script.page_script_hash = asked.page_script_hash
    anew.rerun_script.page_name = asked.page_name
    anew.rerun_script.context_info.CopyFrom(asked.context_info)
    return anew


def _marked(scope: Scope, person: str | None) -> Scope:
    """With our mark of the person in place of any that the browser sent; a stranger's is another each time."""
    name = _MARK.encode()
    headers = [item for item in scope["headers"] if item[0].lower() != name]
    mark = hashlib.sha256(person.encode()).hexdigest() if person else secrets.token_hex(16)
    return {**scope, "headers": [*headers, (name, mark.encode())]}
