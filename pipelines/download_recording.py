"""One recording from its address into a file aside: gone on with where it was cut; nothing but sound, not endless."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from qc_workbench.domain.telephony import RecordingRef
from qc_workbench.sources.recording_links import LinkRefusedError, LinkRules
from qc_workbench.sources.unpacking import BodyRefusedError, body, told_bytes

#: Redirects of one link.
MOST_HOPS: Final = 5
#: Types of pages that stand where a recording should be.
_NO_SOUND: Final = ("text/", "application/json", "application/xml", "application/xhtml")
#: One try of one recording, seconds: a server that drips would keep a place among the downloads for ever.
LONGEST_S: Final = 1800.0
#: Sound is packed already, and a part of a packed answer is no part of the file.
_PLAIN: Final = {"Accept-Encoding": "identity"}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class NotFetchedError(Exception):
    """Why a recording is not here yet; ``code`` is kept beside it (``fetch.<code>`` in the catalogue), ``detail`` is a
    host's name at most. ``is_final``: trying again changes nothing."""

    def __init__(self, code: str, *, detail: str | None = None, is_final: bool = False) -> None:
        self.code = code
        self.detail = detail
        self.is_final = is_final
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Downloads:
    """How recordings of one source are downloaded. ``headers``: what goes with a request to an address, by its rules.
    ``folder``: where they are until they are taken in. Safe for several threads, each with a recording of its own."""

    client: httpx.Client
    rules: LinkRules
    folder: Path
    longest_bytes: int
    headers: Callable[[str], Mapping[str, str]]

    def download(self, call_id: str, ref: RecordingRef) -> Path:
        """The whole file of a call's recording. What came before a cut is kept and gone on from.

        Raises :class:`NotFetchedError`."""
        part = self.part(call_id, ref)
        part.parent.mkdir(parents=True, exist_ok=True)
        begun = part.stat().st_size if part.exists() else 0
        asked = {"Range": f"bytes={begun}-"} if begun else {}
        address = ref.place
        try:
            self.rules.check_link(address)
            for _ in range(MOST_HOPS + 1):
                told = {**_PLAIN, **self.headers(address), **asked}
                with self.client.stream("GET", address, headers=told) as response:
                    if response.status_code not in _REDIRECTS:
                        self._take(response, part, begun)
                        return part
                    onward = str(response.url.join(response.headers.get("location", "")))
                self.rules.check_redirect(address, onward)
                address = onward
        except LinkRefusedError as error:
            raise NotFetchedError(error.code, detail=error.host or None, is_final=True) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NotFetchedError("cut") from error
        raise NotFetchedError("refused")

    def part(self, call_id: str, ref: RecordingRef) -> Path:
        name = hashlib.sha256(f"{call_id}\0{ref.key or ref.place}".encode()).hexdigest()
        return self.folder / f"{name}.part"

    def _take(self, response: httpx.Response, part: Path, begun: int) -> None:
        goes_on = response.status_code == 206 and _starts_at(response) == begun
        if begun and not goes_on:
            part.unlink(missing_ok=True)
            if response.status_code in (206, 416):
                raise NotFetchedError("cut")  # begins anew the next time
        self._check(response)
        written = begun if goes_on else 0
        expected = _length(response)
        with part.open("ab" if goes_on else "wb") as file:
            try:
                for piece in body(response, self.longest_bytes - written, LONGEST_S):
                    written += len(piece)
                    file.write(piece)
            except BodyRefusedError as error:
                if error.code == "too_slow":
                    raise NotFetchedError("cut") from error  # goes on from there
                part.unlink(missing_ok=True)
                is_large = error.code == "too_long"
                raise NotFetchedError("too_large" if is_large else "refused", is_final=is_large) from error
        if expected is not None and written - (begun if goes_on else 0) != expected:
            raise NotFetchedError("cut")

    def _check(self, response: httpx.Response) -> None:
        if response.status_code in (401, 403, 404, 410):
            raise NotFetchedError("link_gone")
        if response.status_code not in (200, 206):
            raise NotFetchedError("refused")
        if response.headers.get("content-type", "").casefold().startswith(_NO_SOUND):
            raise NotFetchedError("page")
        if (_length(response) or 0) > self.longest_bytes:
            raise NotFetchedError("too_large", is_final=True)


def _starts_at(response: httpx.Response) -> int | None:
    told = response.headers.get("content-range", "")
    start = told.removeprefix("bytes ").partition("-")[0]
    return told_bytes(start)


def _length(response: httpx.Response) -> int | None:
    told = response.headers.get("content-length", "")
    return told_bytes(told) if "content-encoding" not in response.headers else None
