"""What every answer tells the browser, ours and Streamlit's alike, where it does not say otherwise itself.

Nothing is loaded from or sent to elsewhere, whatever names and comments say; no other site frames a page with buttons,
includes a file or guesses what it is; addresses name calls, so no other site is told them; what is about somebody is
not kept by the browser.
"""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Streamlit's own scripts and those of the plots need to be inline and to evaluate.
PAGE_POLICY: Final = (
    "default-src 'self' data: blob:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self' data: blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)
#: Of what is no page: opened by itself it may do nothing.
_FILE_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"
#: Streamlit's own files, the same for everybody; a script of theirs that runs in a worker has the policy of its file.
_OF_STREAMLIT: Final = ("/static/", "/component/", "/_stcore/bidi-components/")
_ALWAYS: Final = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Headers:
    """The middleware: pure ASGI, so that answers stream through it unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                _complete(scope["path"], MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, answer)


def _complete(path: str, headers: MutableHeaders) -> None:
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    if headers.get("content-type", "").startswith("text/html"):
        headers.setdefault("content-security-policy", PAGE_POLICY)
    elif not path.startswith(_OF_STREAMLIT):
        headers.setdefault("content-security-policy", _FILE_POLICY)
    if not path.startswith(_OF_STREAMLIT):
        headers.setdefault("cache-control", "private, no-store")
