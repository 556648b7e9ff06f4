"""What a system answers, as one input: bodies in the order of the questions, divided by a line of ``%%%``.

A part may begin with a line ``%HTTP 204 name: value | name: value``; without it the status is 200.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl

import httpx

from tests.stand_ins.serving import Answer, Question

DIVIDER: Final = b"\n%%%\n"
_HEAD: Final = re.compile(rb"%HTTP (\d{3})([^\n]*)\n?")
#: So many questions are answered; the next one gets none, so that no reading lasts for ever.
MOST_QUESTIONS: Final = 40


@dataclass(frozen=True, slots=True)
class Told:
    content: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()

    def as_bytes(self) -> bytes:
        if self.status == 200 and not self.headers:
            return self.content
        head = f"%HTTP {self.status} " + " | ".join(f"{name}: {value}" for name, value in self.headers)
        return head.encode("latin-1", "replace") + b"\n" + self.content


def told_in(data: bytes) -> list[Told]:
    return [_told(part) for part in data.split(DIVIDER)]


def _told(part: bytes) -> Told:
    head = _HEAD.match(part)
    if head is None:
        return Told(part)
    headers = []
    for field in head[2].decode("latin-1").split("|"):
        name, colon, value = field.partition(":")
        if colon and re.fullmatch(r"[A-Za-z-]{1,40}", name.strip()):
            headers.append((name.strip(), "".join(char for char in value.strip() if char >= " ")))
    return Told(part[head.end() :], max(200, min(int(head[1]), 599)), tuple(headers))


class Reciting(httpx.BaseTransport):
    """Answers with one part after another; the last one again and again, until :data:`MOST_QUESTIONS`."""

    def __init__(self, told: Sequence[Told]) -> None:
        self._told = list(told)
        self.asked = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked += 1
        if self.asked > MOST_QUESTIONS:
            raise httpx.ConnectError("no more answers")
        told = self._told[min(self.asked, len(self._told)) - 1]
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.headers]
        return httpx.Response(told.status, headers=headers, content=told.content)


class Answering(Protocol):
    def answer(self, question: Question) -> Answer: ...


class Noting(httpx.BaseTransport):
    """Lets a stand-in answer, and notes what it said: the beginnings of all mutations."""

    def __init__(self, stand_in: Answering) -> None:
        self._stand_in = stand_in
        self.told: list[Told] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        content = request.read()
        kind = request.headers.get("content-type", "")
        form = dict(parse_qsl(content.decode(), keep_blank_values=True)) if "form" in kind else {}
        body: Any = httpx.Response(200, content=content).json() if content and "json" in kind else None
        headers: Mapping[str, str] = {name.lower(): value for name, value in request.headers.items()}
        params = dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))
        target = request.url.raw_path.decode()
        path = target.partition("?")[0]
        answer = self._stand_in.answer(Question(request.method, path, params, headers, body, form, target, content))
        self.told.append(Told(answer.content, answer.status, tuple(answer.headers.items())))
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.content)

    def as_input(self) -> bytes:
        return DIVIDER.join(told.as_bytes() for told in self.told)
