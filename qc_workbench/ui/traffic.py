"""Every request counted, timed and logged by the pattern of its route: addresses hold signatures and ids of calls."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qc_workbench.logs import event
from qc_workbench.ui.navigation import ROOMS

#: What this process counts itself; the rest is asked at each scrape (:mod:`qc_workbench.ui.operations`).
REGISTRY: Final = CollectorRegistry()

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH"})
#: First parts of addresses that are Streamlit's own: files of the page, its talk with the browser, uploads.
_STREAMLIT: Final = frozenset({"static", "_stcore", "media", "component", "app", "vendor"})
#: What may be done to an evaluation.
_SCORING: Final = frozenset({"begin", "answer", "clear", "undo", "second-opinion", "submit"})
#: Routine that would drown the log: probes, scrapes and the files of the page.
_ROUTINE: Final = frozenset({"/healthz", "/metrics", *(f"/{part}" for part in _STREAMLIT)})

_requests = Counter(
    "qcw_http_requests", "Requests answered, by route pattern.", ("method", "route", "status"), registry=REGISTRY
)
_seconds = Histogram(
    "qcw_http_request_seconds",
    "Time from a request's arrival to the end of its answer.",
    ("route",),
    buckets=(0.005, 0.02, 0.05, 0.1, 0.3, 1, 3, 10, 30),
    registry=REGISTRY,
)
_open = Gauge("qcw_websockets_open", "Pages open in browsers now.", registry=REGISTRY)


def route_pattern(path: str) -> str:
    """The address without anything that names a call, a person or a signature: one of a few dozen texts."""
    first, *rest = path.strip("/").split("/")
    if first in ("healthz", "metrics") and not rest:
        return f"/{first}"
    if first == "recordings" and rest:
        return "/recordings/{content_hash}" + ("/played" if rest[1:] == ["played"] else "")
    if first == "calendar":
        return "/calendar/{secret}"
    if first == "scoring" and len(rest) in (0, 1, 2):
        what = "/{evaluation_id}" * (len(rest) == 2)
        return f"/scoring{what}" + (f"/{rest[-1]}" if rest and rest[-1] in _SCORING else "")
    if first == "calls" and rest[1:] in (["heard"], ["comments"]):
        return f"/calls/{{call_id}}/{rest[1]}"
    if first == "calls" and rest[1:2] == ["comments"] and rest[3:] == ["withdraw"]:
        return "/calls/{call_id}/comments/{comment_id}/withdraw"
    if first == "webhooks" and len(rest) >= 2:
        return "/webhooks/{source}/{token}"
    if not first or (first in ROOMS and not rest):
        return f"/{first}"
    return f"/{first}" if first in _STREAMLIT else "other"


class Traffic:
    """The middleware: pure ASGI, so that answers stream through it unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            with _open.track_inprogress():
                await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), 500  # what a server answers when the application raises

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, answer)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "OTHER"
            _record(method, route_pattern(scope["path"]), status, perf_counter() - started)


def _record(method: str, route: str, status: int, duration_s: float) -> None:
    _requests.labels(method, route, str(status)).inc()
    _seconds.labels(route).observe(duration_s)
    level = logging.ERROR if status >= 500 else logging.DEBUG if route in _ROUTINE else logging.INFO
    event("http.request", level, method=method, path=route, status=status, duration_s=duration_s)
