"""Addresses that telephone systems and CRMs send their news to.

An answer is given when the news is on the disk, and nothing is asked before it: what it means is found out afterwards
(:mod:`pipelines.follow_webhooks`). The secret stands in the address, so addresses are logged as their pattern only.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from pipelines.webhook_journal import Journal
from qc_workbench.domain.webhooks import Refusal
from qc_workbench.logs import event
from qc_workbench.sources.webhook_bodies import (
    FORM,
    JSON_TYPES,
    LARGEST_BODY_BYTES,
    Arrived,
    UnreadableBodyError,
    read_body,
)
from qc_workbench.sources.webhook_kinds import receipts
from qc_workbench.store.webhooks import NO_NEWS
from qc_workbench.ui.http import body_within
from qc_workbench.ui.state import default_home
from qc_workbench.ui.webhook_doors import Door, Doors
from qc_workbench.ui.webhook_follower import Follower
from qc_workbench.workspace import Workspace

#: A body that takes longer to come is nobody's, seconds.
_SLOWEST_BODY_S: Final = 10.0
_ECHO: Final = re.compile(r"[\w.:-]{1,200}")
_HEADERS: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_STATUS: Final[Mapping[Refusal, int]] = {
    Refusal.STRANGER: 404,
    Refusal.ADDRESS: 403,
    Refusal.TOO_MANY: 429,
    Refusal.METHOD: 405,
    Refusal.TOO_LARGE: 413,
    Refusal.CONTENT_TYPE: 415,
    Refusal.UNREADABLE: 400,
    Refusal.SIGNATURE: 403,
    Refusal.NOT_KEPT: 503,
}
#: Methods beside POST that a cabinet may offer.
_CHOSEN: Final = frozenset({"PUT", "PATCH"})
_WITHOUT_BODY: Final = frozenset({"GET", "DELETE"})
_METHODS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def routes() -> list[Route]:
    return [
        Route("/webhooks/{source}/{token}", _webhook, methods=_METHODS),
        Route("/webhooks/{source}/{token}/{tail:path}", _webhook, methods=_METHODS),
    ]


class _Office:
    """All that takes webhooks of one workspace in this process."""

    def __init__(self, home: Path) -> None:
        self.doors = Doors(home)
        self.journal = Journal(home, Workspace(home).store)
        self.follower = Follower(home)


_offices: dict[Path, _Office] = {}
_opening = threading.Lock()


def _office() -> _Office:
    home = default_home()
    with _opening:
        if home not in _offices:
            _offices[home] = _Office(home)
        return _offices[home]


class _RefusedError(Exception):
    def __init__(self, why: Refusal) -> None:
        self.why = why


async def _webhook(request: Request) -> Response:
    office, at = _office(), datetime.now(UTC)
    if not office.doors.is_fresh:
        await run_in_threadpool(office.doors.read)
    door = office.doors.at(request.path_params["source"], request.path_params["token"])
    source = door.source if door else ""
    try:
        if door is None:
            raise _RefusedError(Refusal.STRANGER if office.doors.are_known else Refusal.NOT_KEPT)
        return await _taken(office, door, request, at)
    except _RefusedError as refused:
        office.journal.count(source, refused.why.value, at)
        event("webhook.refused", logging.WARNING, state=refused.why.value)
        more = {"allow": "POST"} if refused.why is Refusal.METHOD else {}
        return Response(status_code=_STATUS[refused.why], headers={**_HEADERS, **more})


async def _taken(office: _Office, door: Door, request: Request, at: datetime) -> Response:
    if not door.lets_in(request.client.host if request.client else ""):
        raise _RefusedError(Refusal.ADDRESS)
    if not office.doors.allows(door.source):
        raise _RefusedError(Refusal.TOO_MANY)
    by_address = door.kind.takes_any_method and request.method in _WITHOUT_BODY and bool(request.url.query)
    if request.method != "POST" and not by_address and not (door.kind.takes_any_method and request.method in _CHOSEN):
        return _handshake(door, request)
    arrived = _told_by_address(door, request) if by_address else await _arrived(door, request)
    if door.keys and not door.kind.is_signed(arrived, door.keys):
        raise _RefusedError(Refusal.SIGNATURE)
    try:
        found = receipts(door.kind, door.source, arrived, door.zone, office.doors.secret, at)
    except UnreadableBodyError as error:
        raise _RefusedError(Refusal.UNREADABLE) from error
    if not found:
        office.journal.count(door.source, NO_NEWS, at)
    else:
        try:
            await office.journal.keep(found)
        except Exception as error:  # neither the store nor the disk took it: the vendor is to come again
            event("webhook.not_kept", logging.ERROR, exception=error)
            raise _RefusedError(Refusal.NOT_KEPT) from error
        office.follower.wake()
    return _answer(door)


def _handshake(door: Door, request: Request) -> Response:
    """When its address is put in, Zadarma asks whether somebody is there, by a word that is to be sent back."""
    said = request.query_params.get(door.kind.echo, "") if door.kind.echo else ""
    if request.method != "GET" or not _ECHO.fullmatch(said):
        raise _RefusedError(Refusal.METHOD)
    return PlainTextResponse(said, headers=_HEADERS)


async def _arrived(door: Door, request: Request) -> Arrived:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = media_type in JSON_TYPES or media_type.endswith("+json") or (
        door.kind.takes_any_type and media_type in ("", "text/plain", "text/html")
    )  # fmt: skip
    if media_type != FORM and not is_json:
        raise _RefusedError(Refusal.CONTENT_TYPE)
    if _is_number_above(request.headers.get("content-length", ""), LARGEST_BODY_BYTES):
        raise _RefusedError(Refusal.TOO_LARGE)
    try:
        content = await asyncio.wait_for(body_within(request, LARGEST_BODY_BYTES), _SLOWEST_BODY_S)
    except (TimeoutError, ClientDisconnect) as error:
        raise _RefusedError(Refusal.UNREADABLE) from error
    if content is None:
        raise _RefusedError(Refusal.TOO_LARGE)
    try:
        fields, pairs = read_body(content, media_type)
    except UnreadableBodyError as error:
        raise _RefusedError(Refusal.UNREADABLE) from error
    tail: Any = request.path_params.get("tail", "")
    return Arrived(request.method, _called(door, request), str(tail), dict(request.headers), fields, pairs)


def _told_by_address(door: Door, request: Request) -> Arrived:
    content = request.url.query.encode()
    if len(content) > LARGEST_BODY_BYTES:
        raise _RefusedError(Refusal.TOO_LARGE)
    try:
        fields, pairs = read_body(content, FORM)
    except UnreadableBodyError as error:
        raise _RefusedError(Refusal.UNREADABLE) from error
    tail: Any = request.path_params.get("tail", "")
    return Arrived(request.method, _called(door, request), str(tail), dict(request.headers), fields, pairs)


def _called(door: Door, request: Request) -> str:
    """The address as the vendor called it; a proxy may have changed its beginning on the way here."""
    if not door.public_address:
        return str(request.url)
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{door.public_address}{request.scope['raw_path'].decode('ascii', 'replace')}{query}"


def _is_number_above(text: str, most: int) -> bool:
    return text.isdigit() and (len(text) > 12 or int(text) > most)


def _answer(door: Door) -> Response:
    if door.kind.answer is not None:
        return JSONResponse(dict(door.kind.answer), headers=_HEADERS)
    return PlainTextResponse("", headers=_HEADERS)
