"""Before Streamlit: whoever a page was drawn for must still be logged in when it asks for anything.

A page of Streamlit talks over one websocket for hours. Each of its messages runs buttons and redraws fragments that
were made for the person who logged in then, so each is let through only while that session lives; else all that is left
of it is the wish to be drawn from the start, which says that the session has ended. Streamlit keeps what a page
remembers for whoever comes back with its id: the person's mark, which no browser can send (:data:`OPTIONS`), keeps it
from anybody else.

A file that a page hands out goes to the person whose page was told of it; files are taken in from whoever may bring
any. What Streamlit can do besides, and nothing here uses, is shut.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections import OrderedDict
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from qc_workbench.domain.access import Action
from qc_workbench.errors import QcwError
from qc_workbench.ui import accounts, doorway
from qc_workbench.ui.state import default_home, open_workspace

_MARK: Final = "x-qcw-person"
#: What Streamlit must be told, whatever its own file or the environment says: a page is resumed only by a line with the
#: same mark; no other site talks to it, steers it in a frame or reads what it answers; files no larger than the import
#: takes; nothing that drives the app without a page.
OPTIONS: Final[dict[str, Any]] = {
    "server.trustedUserHeaders": {_MARK: "qcw_person"},
    "server.enableCORS": True,
    "server.corsAllowedOrigins": [],
    "server.enableXsrfProtection": True,
    "server.enableAgentApi": False,
    "server.enableStaticServing": False,
    "server.maxUploadSize": 200,
    "client.allowedOrigins": [],
    "global.developmentMode": False,
}
_MADE: Final = "/media/"
_BROUGHT: Final = "/_stcore/upload_file/"
#: Whoever may bring a file at all; every ``file_uploader`` is behind one of these.
BRINGING: Final = (Action.IMPORT_FILES, Action.EDIT_FORM)
#: Streamlit's doors that no page of ours needs: driving the app without a browser, its own figures, static files.
SHUT: Final = ("/_stcore/agent", "/_stcore/metrics", "/_stcore/script-health-check", "/app/static")
#: Pages open at once for nobody: each takes memory and a thread, and says no more than "log in".
MOST_STRANGERS: Final = 200

#: What Streamlit's developers say to their pages: it clears what is kept for everybody, ends the program, runs git.
UNHEARD: Final = frozenset(
    {"clear_cache", "set_run_on_save", "load_git_info", "debug_disconnect_websocket", "debug_shutdown_runtime"}
)


class Gate:
    """The middleware: pure ASGI, so that answers stream through it unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._handed_out = HandedOut()
        self._strangers = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _says_two_lengths(scope):
            await Response(status_code=400, headers={"connection": "close"})(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._line(scope, receive, send)
        elif scope["type"] == "http" and (status := await self._refusal(scope)):
            await Response(status_code=status)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _line(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_of_ours(scope):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        token = await run_in_threadpool(_token, scope)
        person = await _asked(token, None, False)
        is_stranger = person is None
        if is_stranger and self._strangers >= MOST_STRANGERS:
            await receive()
            await send({"type": "websocket.close", "code": 1013})
            return

        async def heard() -> Message:
            nonlocal person
            message = await receive()
            said = _said(message.get("bytes"))
            while said.WhichOneof("type") in UNHEARD:
                message = await receive()
                said = _said(message.get("bytes"))
            if message["type"] != "websocket.receive" or not token:
                return message  # a stranger's page can only say that there is nothing to see
            now = await _asked(token, person, _is_by_hand(said))
            if person is None or now == person:
                person = now
                return message
            return {"type": "websocket.receive", "bytes": _from_the_start(said).SerializeToString()}

        async def told(message: Message) -> None:
            if person is not None and message["type"] == "websocket.send":
                self._handed_out.told(person, message.get("bytes") or b"")
            await send(message)

        self._strangers += is_stranger
        try:
            await self._app(_marked(scope, person), heard, told)
        finally:
            self._strangers -= is_stranger

    async def _refusal(self, scope: Scope) -> int | None:
        path = scope["path"]
        if _is_below(path, SHUT):
            return 404
        if not path.startswith((_MADE, _BROUGHT)):
            return None
        try:
            found = await run_in_threadpool(doorway.signed_in, HTTPConnection(scope))
        except QcwError:
            return 503
        if found is None:
            return 403
        viewer = found[1]
        if path.startswith(_BROUGHT):
            return None if any(viewer.may(action) for action in BRINGING) else 403
        return None if self._handed_out.is_for(viewer.person_id, path) else 404


def _says_two_lengths(scope: Scope) -> bool:
    """A proxy and a server that each believe another of them take different bytes for the next request."""
    return scope["type"] == "http" and {b"content-length", b"transfer-encoding"} <= {
        name for name, _ in scope["headers"]
    }


def _is_below(path: str, doors: Collection[str]) -> bool:
    return any(path == door or path.startswith(f"{door}/") for door in doors)


class HandedOut:
    """Whose pages were told of which file: its address alone, passed on, gives nobody else the file.

    The same bytes drawn for two people are one file of Streamlit's. The oldest are forgotten: Streamlit keeps a file no
    longer than a page shows it.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._told: OrderedDict[tuple[str, str], None] = OrderedDict()

    def told(self, person: str, data: bytes) -> None:
        """``data``: what a page of this person is sent."""
        if b"/media/" not in data:
            return
        for name in _FILE.findall(data):
            self._told[person, name.decode()] = None
            self._told.move_to_end((person, name.decode()))
        while len(self._told) > self._most:
            self._told.popitem(last=False)

    def is_for(self, person: str, path: str) -> bool:
        return (person, path.removeprefix(_MADE).partition(".")[0]) in self._told


_FILE: Final = re.compile(rb"/media/([0-9a-zA-Z_-]+)")


def _is_of_ours(scope: Scope) -> bool:
    """Whether a page of this very address opens the line: browsers always say whose page it is.

    Streamlit lets in every port of the server's machine, and a browser sends our cookie with what their pages ask.
    """
    asked = HTTPConnection(scope).headers
    origin, host = asked.get("origin"), asked.get("host")
    return origin is None or origin in (f"http://{host}", f"https://{host}")


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
