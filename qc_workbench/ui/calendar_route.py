"""``/calendar/<secret>.ics``: the calendar of promised callbacks, for programs that have no session but the link.

Whatever is wrong with a link is answered alike, with 404 and nothing else. The secret is in no log
(:mod:`qc_workbench.ui.traffic`) and no page that follows a link from the calendar is told it (``no-referrer``).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qc_workbench.errors import QcwError
from qc_workbench.ui.state import default_home, open_workspace
from qc_workbench.ui.views.calendar import Feed, feed_of

#: 32 bytes in base64 for addresses.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_HEADERS: Final = {
    "cache-control": "private, no-cache",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}


def routes() -> list[Route]:
    return [Route("/calendar/{name:path}", _calendar)]


def address_of(token: str) -> str:
    return f"/calendar/{token}.ics"


# In a thread (not async): it reads the store.
def _calendar(request: Request) -> Response:
    name = str(request.path_params["name"])
    token = name.removesuffix(".ics")
    if name == token or not _TOKEN.fullmatch(token):
        return _nothing()
    try:
        workspace = open_workspace(default_home())
        base = workspace.settings.serve.public_address or str(request.base_url).rstrip("/")
        found = feed_of(workspace, token, base, datetime.now(UTC))
    except QcwError:
        return Response(status_code=503, headers={**_HEADERS, "retry-after": "300"})
    if found is None:
        return _nothing()
    headers = {**_HEADERS, "etag": found.etag, "last-modified": found.last_modified}
    if _is_known(request, found):
        return Response(status_code=304, headers=headers)
    headers["content-disposition"] = 'inline; filename="callbacks.ics"'
    return Response(found.content, media_type="text/calendar; charset=utf-8", headers=headers)


def _nothing() -> Response:
    return Response(status_code=404, headers=dict(_HEADERS))


def _is_known(request: Request, found: Feed) -> bool:
    """What the program has already: by its mark, else by its date (RFC 9110: a date beside a mark does not count)."""
    marks = request.headers.get("if-none-match")
    if marks is not None:
        known = {mark.strip().removeprefix("W/") for mark in marks.split(",")}
        return found.etag in known or "*" in known
    try:
        since = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return since.tzinfo is not None and found.modified <= since
