"""Asking a system over HTTP: at the pace it bears, again where that may help, and never believing an answer unread.

"No calls" and "the answer was broken" look alike where nobody checks: a page of HTML with 200, JSON that breaks off, an
error inside 200, an empty 204. Each is a typed error here, so that a checkpoint never moves over it.
"""

from __future__ import annotations

import email.utils
import random
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol, TypeVar

import httpx

from qc_workbench.errors import SourceAnswerBroken, SourceError, SourceRefused, SourceThrottled, SourceUnreachable
from qc_workbench.sources.connector import Capabilities, CrmCapabilities
from qc_workbench.sources.json_text import parsed
from qc_workbench.sources.problems import STUMBLES, shown
from qc_workbench.sources.recording_links import LinkRefusedError
from qc_workbench.sources.secrets_seen import blot
from qc_workbench.sources.unpacking import ACCEPTED, BodyRefusedError, body

Answer = TypeVar("Answer")

#: Tries of one request; pauses between them grow from ``FIRST_PAUSE_S`` to ``LONGEST_PAUSE_S``, by chance ("full
#: jitter"), so that many workplaces don't come back together.
TRIES: Final = 6
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 60.0
#: No honest answer is longer.
LONGEST_ANSWER_BYTES: Final = 64 << 20
#: Nor does one drip in for longer, seconds: a byte a minute would hold a reading for ever.
LONGEST_ANSWER_S: Final = 900.0
TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
#: Statuses of a server in trouble rather than of a wrong question.
_PASSING: Final = frozenset({408, 425, 500, 502, 503, 504, 520, 522, 524})
#: A Date further off than this says nothing about anybody's clock.
_NO_CLOCK: Final = timedelta(days=400)
_LONGEST_ADDRESS_BYTES: Final = 4096
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class Shape(StrEnum):
    """What an answer is asked to be, and what ``read`` gets."""

    JSON = "json"  # the parsed value; None for 204
    TEXT = "text"  # a str, such as CSV; a page of HTML or a 204 is a broken answer
    BYTES = "bytes"  # as it came; a page of HTML or a 204 is a broken answer
    LOCATION = "location"  # the address (absolute) that a redirect or the answer itself names; it is not followed


@dataclass(frozen=True, slots=True)
class Patience:
    """How to wait for an answer that is being prepared: statuses that say so, the pause between questions, and the
    longest wait of all, seconds. Waiting is no failed try.
    """

    statuses: frozenset[int] = frozenset({202, 204})
    pause_s: float = 5.0
    longest_s: float = 600.0


class NotReadyError(Exception):
    """The answer is being prepared; ``read`` may raise it where the system says so in the body."""


class Clock(Protocol):
    """Time as requests see it; tests have one that does not wait."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...

    def now(self) -> datetime: ...


class SystemClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class TokenBucket:
    """``burst`` requests at once, ``per_s`` a second in the long run."""

    per_s: float
    burst: int
    clock: Clock
    _tokens: float = field(init=False)
    _seen: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens = float(self.burst)
        self._seen = self.clock.monotonic()

    def take(self) -> None:
        """Wait until one more request is due."""
        while True:
            now = self.clock.monotonic()
            self._tokens = min(float(self.burst), self._tokens + (now - self._seen) * self.per_s)
            self._seen = now
            if self._tokens >= 1 - 1e-9:
                self._tokens -= 1
                return
            self.clock.sleep((1 - self._tokens) / self.per_s)


@dataclass
class Meter:
    """What a reading has asked of a system: requests, and how often it was told to ask less."""

    requests: int = 0
    throttled: int = 0

    def as_counts(self) -> dict[str, int]:
        """For the record of a reading; nothing where it asked nothing."""
        return {"requests": self.requests, "throttled": self.throttled} if self.requests else {}


def pause_s(attempt: int, chance: float) -> float:
    """Before the next try after ``attempt`` (from 0) failed; ``chance`` from 0 to 1."""
    return chance * min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0**attempt)


class Wire:
    """Requests to one system. ``source`` is its name in messages; headers and bodies never get into them."""

    def __init__(
        self,
        source: str,
        address: str,
        capabilities: Capabilities | CrmCapabilities,
        *,
        headers: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
        transport: httpx.BaseTransport | None = None,
        meter: Meter | None = None,
        tries: int = TRIES,
    ) -> None:
        self.source = source
        self._meter = meter or Meter()
        self._tries = tries
        self.clock = clock or SystemClock()
        #: The vendor's clock less ours, seconds, by the Date of its last answer; 0 until there was one.
        self.skew_s = 0.0
        self._chance = chance
        self._bucket = TokenBucket(capabilities.requests_per_s, capabilities.burst, self.clock)
        self._client = httpx.Client(
            base_url=address,
            headers={"User-Agent": "qc-workbench", "Accept-Encoding": ACCEPTED, **(headers or {})},
            timeout=TIMEOUT,
            transport=transport,
            follow_redirects=False,  # a redirect would carry the key elsewhere
        )

    def close(self) -> None:
        self._client.close()

    def carry(self, headers: Mapping[str, str]) -> None:
        """From now on each request has these headers too."""
        self._client.headers.update(headers)

    def vendor_now(self) -> datetime:
        """Now by the vendor's clock, never later than ours."""
        ours = self.clock.now()
        return datetime.fromtimestamp(ours.timestamp() + min(0.0, self.skew_s), UTC)

    def ask(
        self,
        method: str,
        path: str,
        read: Callable[[Any], Answer],
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        shape: Shape = Shape.JSON,
        patience: Patience | None = None,
        tries: int | None = None,
    ) -> Answer:
        """The answer as ``read`` understands it; ``read`` gets what ``shape`` says and raises
        :class:`~qc_workbench.errors.SourceError` for an error in disguise.

        ``body`` goes as JSON, ``form`` as application/x-www-form-urlencoded. ``headers`` are of this question alone; a
        query that they sign belongs into ``path`` as it was signed. ``patience``: for what is prepared meanwhile.
        ``tries``: 1 for what must not be done twice and may have been done although no answer came.

        Raises :class:`~qc_workbench.errors.SourceError` when no try gave an answer; a refusal is told at once.
        """
        try:
            return self._asked(method, path, read, params, body, form, headers, shape, patience, tries)
        except SourceError as error:
            blot(error)
            raise

    def _asked(
        self,
        method: str,
        path: str,
        read: Callable[[Any], Answer],
        params: Mapping[str, str] | None,
        body: Any,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        shape: Shape,
        patience: Patience | None,
        tries: int | None,
    ) -> Answer:
        question = {"params": params, "json": body, "data": form, "headers": headers}
        question = {name: value for name, value in question.items() if value is not None}
        asked_at, attempt = self.clock.monotonic(), 0
        while True:
            self._bucket.take()
            self._meter.requests += 1
            last: SourceError
            try:
                return self._read(read, self._once(method, path, question, shape, patience))
            except SourceRefused:
                raise
            except NotReadyError as error:
                pause = (patience or Patience()).pause_s
                if self.clock.monotonic() - asked_at + pause > (patience or Patience()).longest_s:
                    raise SourceUnreachable("source_not_ready", source=self.source) from error
                self.clock.sleep(pause)
                continue
            except SourceThrottled as error:
                last, wait_s = error, error.wait_s
                self._meter.throttled += 1
            except (SourceUnreachable, SourceAnswerBroken) as error:
                last, wait_s = error, None
            attempt += 1
            if attempt >= (tries or self._tries):
                raise last
            longest = pause_s(attempt - 1, self._chance())
            self.clock.sleep(max(longest, min(wait_s or 0.0, LONGEST_PAUSE_S)))

    def _read(self, read: Callable[[Any], Answer], told: Any) -> Answer:
        """An answer in which something else stands than where it was looked for is a broken one."""
        try:
            return read(told)
        except SourceError as error:
            error.params = {name: shown(said) if isinstance(said, str) else said for name, said in error.params.items()}
            raise
        except STUMBLES as error:
            raise self._broken("shape") from error

    def _once(
        self, method: str, path: str, question: Mapping[str, Any], shape: Shape, patience: Patience | None
    ) -> Any:
        try:
            request = self._client.build_request(method, path, **question)
            if not self._is_own(request.url):
                raise self._broken("elsewhere")  # a link that came in an answer; the key goes with each question
            with closing(self._client.send(request, stream=True)) as response:
                self._note_clock(response)
                if patience is not None and response.status_code in patience.statuses:
                    raise NotReadyError
                if shape is Shape.LOCATION and response.status_code in _REDIRECTS:
                    return self._location(response)
                self._check_status(response)
                content = self._content(response)
        except httpx.InvalidURL as error:  # a redirect to what is no address: the library looks at it by itself
            raise self._broken("no_link") from error
        except LinkRefusedError as error:  # see Connected.public_only
            raise SourceRefused("source_inner_network", source=self.source, host=error.host) from error
        except httpx.HTTPError as error:
            raise SourceUnreachable("source_unreachable", source=self.source, detail=type(error).__name__) from error
        return self._understood(response, content, shape)

    def _is_own(self, url: httpx.URL) -> bool:
        base = self._client.base_url
        return (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port)

    def _location(self, response: httpx.Response) -> str:
        told = response.headers.get("location", "")
        if not told:
            raise self._broken("no_link")
        try:
            return str(response.url.join(told))
        except httpx.InvalidURL as error:
            raise self._broken("no_link") from error

    def _address_in(self, content: bytes) -> str:
        """An address that is the whole answer, or stands in its JSON as ``url`` or ``link``."""
        told: Any = content[:_LONGEST_ADDRESS_BYTES].decode(errors="replace").strip()
        if told[:1] in ("{", '"'):
            told = self._parsed(content, content.lstrip()[:1])
        if isinstance(told, dict):
            told = told.get("url") or told.get("link")
        if isinstance(told, str) and told.startswith(("http://", "https://")) and not any(map(str.isspace, told)):
            return told
        raise self._broken("no_link")

    def _content(self, response: httpx.Response) -> bytes:
        try:
            return b"".join(body(response, LONGEST_ANSWER_BYTES, LONGEST_ANSWER_S, self.clock.monotonic))
        except BodyRefusedError as error:
            if error.code == "too_slow":
                raise SourceUnreachable("source_unreachable", source=self.source, detail="too slow") from error
            raise self._broken("too_long" if error.code == "too_long" else "broken_off") from error

    def _check_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if status == 429:
            wait_s = _retry_after_s(response, self.clock)
            raise SourceThrottled("source_throttled", source=self.source, wait_s=wait_s)
        if status in (401, 403):
            raise SourceRefused("source_refused", source=self.source, status=status)
        if status in _PASSING:
            raise SourceUnreachable("source_in_trouble", source=self.source, status=status)
        if status >= 300:
            raise SourceRefused("source_wrong_question", source=self.source, status=status)

    def _understood(self, response: httpx.Response, content: bytes, shape: Shape) -> Any:
        if response.status_code == 204:
            if shape is Shape.JSON:
                return None
            raise self._broken("empty")
        begins = content[:64].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if begins.startswith((b"<!doctype", b"<html", b"<head", b"<?xml")):
            raise self._broken("html")
        match shape:
            case Shape.LOCATION:
                return self._address_in(content)
            case Shape.BYTES:
                return content
            case Shape.TEXT:
                return self._text(content)
            case Shape.JSON:
                return self._parsed(content, begins)

    def _text(self, content: bytes) -> str:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise self._broken("no_text") from error

    def _parsed(self, content: bytes, begins: bytes) -> Any:
        try:
            return parsed(content, parse_constant=_no_number)
        except ValueError as error:
            code = "no_json" if not begins.startswith((b"{", b"[")) else "broken_off"
            raise self._broken(code) from error

    def _broken(self, how: str) -> SourceAnswerBroken:
        return SourceAnswerBroken(f"source_answer_{how}", source=self.source)

    def _note_clock(self, response: httpx.Response) -> None:
        told = response.headers.get("date")
        moment = _http_date(told) if told else None
        if moment is not None:
            skew = moment - self.clock.now()
            self.skew_s = skew.total_seconds() if abs(skew) < _NO_CLOCK else 0.0


def _no_number(name: str) -> None:
    """NaN and the infinities are Python's own, no JSON: sums and comparisons with them say nothing."""
    raise ValueError(name)


def _http_date(text: str) -> datetime | None:
    try:
        found = email.utils.parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None


def _retry_after_s(response: httpx.Response, clock: Clock) -> float | None:
    told = response.headers.get("retry-after", "")
    if told.isascii() and told.isdigit():
        return float(told)
    moment = _http_date(told) if told else None
    return max(0.0, (moment - clock.now()).total_seconds()) if moment else None
