"""What all stand-ins share: a server in a thread, its log of requests, and faults that spoil the next answers."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit


class Fault(StrEnum):
    TOO_MANY = "429"
    SERVER_ERROR = "500"
    HTML = "HTML with 200"
    TRUNCATED = "JSON that breaks off"
    ERROR_IN_SUCCESS = "status:error with 200"
    CUT = "the connection ends midway"
    REFUSED = "401"


@dataclass(frozen=True, slots=True)
class Question:
    method: str
    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    #: Fields of an application/x-www-form-urlencoded body.
    form: Mapping[str, str] = field(default_factory=dict)
    #: Path and query as they were sent, which some systems have signed.
    target: str = ""
    #: The body as it was sent.
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    content: bytes
    kind: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class StandIn(Protocol):
    faults: deque[Fault | None]
    clock_shift: timedelta
    delay_s: float
    asked: list[Question]
    spoil_writes: deque[Fault]

    def is_write(self, question: Question) -> bool: ...

    def answer(self, question: Question) -> Answer: ...

    def error_in_success(self) -> Answer: ...


@dataclass
class Behaviour:
    """State of every stand-in. ``faults`` spoil one answer each, in turn; None spoils none."""

    faults: deque[Fault | None] = field(default_factory=deque)
    clock_shift: timedelta = timedelta()
    delay_s: float = 0.0
    asked: list[Question] = field(default_factory=list)
    spoil_writes: deque[Fault] = field(default_factory=deque)  # the same, of what changes something alone

    def is_write(self, question: Question) -> bool:
        """Whether a question changes something; a stand-in that asks by POST too knows better."""
        return question.method in ("POST", "PATCH")

    def spoil(self, *faults: Fault | None) -> None:
        self.faults.extend(faults)

    def error_in_success(self) -> Answer:
        return as_json({"status": "error", "code": 105, "message": "server"})


def as_json(value: Any, status: int = 200) -> Answer:
    return Answer(json.dumps(value, ensure_ascii=False).encode(), status=status)


@contextmanager
def serving(stand_in: StandIn) -> Iterator[str]:
    """The address under which a stand-in answers while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # else each answer waits 40 ms for the reader's delayed acknowledgement

        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def do_PATCH(self) -> None:
            self._serve()

        def do_PUT(self) -> None:
            self._serve()

        def date_time_string(self, timestamp: float | None = None) -> str:
            return format_datetime(datetime.now(UTC) + stand_in.clock_shift, usegmt=True)

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            content = self.rfile.read(length)
            is_form = self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
            form = dict(parse_qsl(content.decode(), keep_blank_values=True)) if is_form else {}
            is_json = content and self.headers.get("content-type", "").startswith("application/json")
            body = json.loads(content) if is_json else None
            question = Question(
                self.command, parts.path, dict(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()}, body, form, self.path,
                content,
            )  # fmt: skip
            stand_in.asked.append(question)
            time.sleep(stand_in.delay_s)
            faults = stand_in.faults
            if stand_in.spoil_writes and stand_in.is_write(question):
                faults = stand_in.spoil_writes
            fault = faults.popleft() if faults else None
            # What is refused is not done; what only fails to be told is.
            told = Answer(b"{}") if fault in (Fault.TOO_MANY, Fault.REFUSED) else stand_in.answer(question)
            self._send(_spoilt(told, fault, stand_in), cut=fault is Fault.CUT)

        def _send(self, answer: Answer, *, cut: bool) -> None:
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.content)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if cut:
                self.wfile.write(answer.content[: len(answer.content) // 2])
                self.wfile.flush()
                self.close_connection = True
                return
            self.wfile.write(answer.content)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # a client that was killed

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _spoilt(answer: Answer, fault: Fault | None, stand_in: StandIn) -> Answer:
    match fault:
        case Fault.TOO_MANY:
            return Answer(b"{}", status=429, headers={"Retry-After": "7"})
        case Fault.SERVER_ERROR:
            return Answer(b"oops", "text/plain", 500)
        case Fault.HTML:
            return Answer(b"<!DOCTYPE html><html><body>maintenance</body></html>", "text/html")
        case Fault.TRUNCATED:
            return Answer(answer.content[: max(1, len(answer.content) * 2 // 3)])
        case Fault.ERROR_IN_SUCCESS:
            return stand_in.error_in_success()
        case Fault.REFUSED:
            return Answer(b"{}", status=401)
    return answer


@dataclass
class QuickClock:
    """A clock whose sleeps take no time; it remembers them."""

    at: datetime
    slept: list[float] = field(default_factory=list)
    passed_s: float = 0.0

    def monotonic(self) -> float:
        return self.passed_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.passed_s += seconds

    def now(self) -> datetime:
        return self.at + timedelta(seconds=self.passed_s)


def chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    part: list[Any] = []
    for item in items:
        part.append(item)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
