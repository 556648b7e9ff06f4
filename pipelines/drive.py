"""Google Drive by a service account: a file in one folder, replaced where it is there already.

Small files go in one request, those above 5 MB in pieces that go on where a connection broke. The address that Drive
names for the pieces is believed only on Drive's own host.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
from google.auth.transport import Request, Response
from google.oauth2.service_account import Credentials

from qc_workbench.domain.upload import media_type
from qc_workbench.errors import NotConfigured, UploadFailed
from qc_workbench.sources.json_text import parsed
from qc_workbench.sources.unpacking import ACCEPTED, BodyRefusedError, body, told_bytes

#: A folder that was shared with the account is not one that it made, which is all that narrower rights reach.
_SCOPE: Final = "https://www.googleapis.com/auth/drive"
#: Above this Drive asks for an upload in pieces. Source: contracts, Google.
ONE_REQUEST_BYTES: Final = 5 << 20
#: Pieces are multiples of 256 KiB, but for the last.
PIECE_BYTES: Final = 1 << 20
_TRIES: Final = 5
_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
_PASSING: Final = frozenset({408, 429, 500, 502, 503, 504})
_OURS: Final = "qcw_name"
#: No honest answer about one file is longer, nor does it drip in for longer (seconds).
_LONGEST_ANSWER_BYTES: Final = 1 << 20
_LONGEST_ANSWER_S: Final = 120.0


class Drive:
    """A :class:`~pipelines.upload_places.Delivery`."""

    def __init__(
        self,
        folder: str,
        address: str,
        account: str,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder
        self._address = address
        self._sleep = sleep
        self._client = httpx.Client(
            headers={"Accept-Encoding": ACCEPTED}, timeout=_TIMEOUT, transport=transport, follow_redirects=False
        )
        self._credentials = _credentials(account)
        self.place = f"drive:{folder}"

    def deliver(self, name: str, content: bytes) -> str | None:
        known = self._find(name)
        if len(content) <= ONE_REQUEST_BYTES:
            answer = self._in_one(name, content, known)
        else:
            answer = self._in_pieces(name, content, known)
        found = _json(answer, self.place).get("id")
        if not isinstance(found, str) or not found:
            raise UploadFailed("upload_answer_broken", place=self.place, detail="id")
        return found

    def close(self) -> None:
        self._client.close()

    def _find(self, name: str) -> str | None:
        """The file that an earlier run put there under this name."""
        asked = (
            f"'{self._folder}' in parents and trashed = false and "
            f"appProperties has {{ key='{_OURS}' and value='{name}' }}"
        )
        params = {
            "q": asked, "fields": "files(id)", "supportsAllDrives": "true", "includeItemsFromAllDrives": "true",
        }  # fmt: skip
        files = _json(self._ask("GET", "/drive/v3/files", params=params), self.place).get("files")
        if not isinstance(files, list):
            raise UploadFailed("upload_answer_broken", place=self.place, detail="files")
        return str(files[0]["id"]) if files and isinstance(files[0], dict) and files[0].get("id") else None

    def _in_one(self, name: str, content: bytes, known: str | None) -> httpx.Response:
        edge = f"qcw{secrets.token_hex(12)}"
        head = f"--{edge}\r\ncontent-type: application/json; charset=utf-8\r\n\r\n{self._about(name, known)}\r\n"
        body = f"{head}--{edge}\r\ncontent-type: {media_type(name)}\r\n\r\n".encode()
        body += content + f"\r\n--{edge}--\r\n".encode()
        return self._upload("multipart", known, body, {"content-type": f"multipart/related; boundary={edge}"})

    def _in_pieces(self, name: str, content: bytes, known: str | None) -> httpx.Response:
        headers = {
            "content-type": "application/json; charset=utf-8", "x-upload-content-type": media_type(name),
            "x-upload-content-length": str(len(content)),
        }  # fmt: skip
        begun = self._upload("resumable", known, self._about(name, known).encode(), headers)
        session = self._session(begun)
        sent = failures = 0
        while True:
            piece = content[sent : sent + PIECE_BYTES]
            told = f"bytes {sent}-{sent + len(piece) - 1}/{len(content)}" if piece else f"bytes */{len(content)}"
            answer = self._piece(session, piece, told)
            if answer is None:  # the connection broke: how much arrived?
                failures += 1
                if failures >= _TRIES:
                    raise UploadFailed("upload_unreachable", place=self.place, detail="pieces")
                self._sleep(0.5 * 2.0**failures)
                answer = self._piece(session, b"", f"bytes */{len(content)}")
                if answer is None:
                    continue
            if answer.status_code != 308:
                return self._checked(answer)
            reached = _reached(answer)
            if reached > len(content) or (reached <= sent and (failures := failures + 1) >= _TRIES):
                raise UploadFailed("upload_answer_broken", place=self.place, detail="range")
            sent = reached

    def _piece(self, session: str, piece: bytes, told: str) -> httpx.Response | None:
        try:
            request = self._client.build_request("PUT", session, content=piece, headers={"content-range": told})
            answer = whole_answer(self._client, request)
        except httpx.HTTPError:
            return None
        return None if answer.status_code in _PASSING else answer

    def _session(self, begun: httpx.Response) -> str:
        told = str(begun.headers.get("location", ""))
        if urlsplit(told)[:2] != urlsplit(self._address)[:2]:
            raise UploadFailed("upload_answer_broken", place=self.place, detail="location")
        return told

    def _upload(self, kind: str, known: str | None, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
        path = "/upload/drive/v3/files" + (f"/{known}" if known else "")
        params = {"uploadType": kind, "supportsAllDrives": "true", "fields": "id"}
        return self._ask("PATCH" if known else "POST", path, params=params, content=body, headers=headers)

    def _about(self, name: str, known: str | None) -> str:
        about: dict[str, Any] = {"name": name, "appProperties": {_OURS: name}}
        if known is None:  # where a file lies is not told again
            about["parents"] = [self._folder]
        return json.dumps(about)

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str],
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        last = "tries"
        for attempt in range(_TRIES):
            if attempt:
                self._sleep(0.5 * 2.0**attempt)
            bearer = {"authorization": f"Bearer {self._token()}"}
            try:
                request = self._client.build_request(
                    method, self._address + path, params=params, content=content, headers={**bearer, **(headers or {})}
                )
                answer = whole_answer(self._client, request)
            except httpx.HTTPError as error:
                last = type(error).__name__
                continue
            if answer.status_code not in _PASSING:
                return self._checked(answer)
            last = str(answer.status_code)
        raise UploadFailed("upload_unreachable", place=self.place, detail=last)

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code >= 300:
            raise UploadFailed("upload_refused", place=self.place, detail=str(answer.status_code))
        return answer

    def _token(self) -> str:
        if not self._credentials.valid:
            try:
                self._credentials.refresh(_Ask(self._client))
            except RefreshError as error:
                raise UploadFailed("upload_refused", place=self.place, detail="token") from error
            except GoogleAuthError as error:
                raise UploadFailed("upload_unreachable", place=self.place, detail=type(error).__name__) from error
        return str(self._credentials.token)


class _Ask(Request):
    """Requests of google-auth by our client."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: Any,
    ) -> _Answer:
        try:
            request = self._client.build_request(method, url, content=body, headers=headers, timeout=timeout or 30)
            return _Answer(whole_answer(self._client, request))
        except httpx.HTTPError as error:
            raise TransportError(type(error).__name__) from error  # type: ignore[no-untyped-call]


class _Answer(Response):
    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer

    @property
    def status(self) -> int:
        return self._answer.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self._answer.headers

    @property
    def data(self) -> bytes:
        return self._answer.content


def _credentials(account: str) -> Any:
    """Of the JSON key; what is wrong with it is told without a word of it."""
    try:
        found = json.loads(account)
        return Credentials.from_service_account_info(found, scopes=[_SCOPE])  # type: ignore[no-untyped-call]
    except (ValueError, KeyError, TypeError, AttributeError, GoogleAuthError):
        raise NotConfigured("upload_account_broken") from None


def whole_answer(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    """The answer of a place of uploads, read to a limit however small it was on the way. Raises
    :class:`httpx.HTTPError`, also for one that says more."""
    with closing(client.send(request, stream=True)) as answer:
        try:
            content = b"".join(body(answer, _LONGEST_ANSWER_BYTES, _LONGEST_ANSWER_S))
        except BodyRefusedError as error:
            raise httpx.DecodingError(error.code, request=request) from error
    headers = [(name, value) for name, value in answer.headers.items() if name != "content-encoding"]
    return httpx.Response(answer.status_code, headers=headers, content=content, request=request)


def _json(answer: httpx.Response, place: str) -> Mapping[str, Any]:
    try:
        found = parsed(answer.content)
    except ValueError as error:
        raise UploadFailed("upload_answer_broken", place=place, detail="json") from error
    if not isinstance(found, dict):
        raise UploadFailed("upload_answer_broken", place=place, detail="json")
    return found


def _reached(answer: httpx.Response) -> int:
    """How much arrived: ``Range: bytes=0-524287``; without it nothing did."""
    last = answer.headers.get("range", "").rpartition("-")[2]
    found = told_bytes(last)
    return 0 if found is None else found + 1
