"""Where a worker finds a recording: a path of this machine, or an address it is fetched from first.

A location is a text that travels with a task:

/srv/company/workspace/media/ab/<hash>.mp3   a path as the workspace itself knows it; nothing is checked
file:///mnt/recordings/media/ab/<hash>.mp3   a path where this machine sees the workspace (a network folder)
https://qc.company.ru/recordings/<hash>?...  the app's own address, signed and good for some hours
s3://bucket/prefix/media/ab/<hash>.mp3       an object store; keys and endpoint are the worker's own (AWS_... variables)

The name of the file is the sha256 of its content. All but the first are compared with it, because a result is kept
under that hash: half a file or another one must not become evidence. What was fetched lies in a private temporary
file for as long as it is used.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import quote, unquote, urlsplit
from urllib.request import url2pathname

import httpx

from qc_workbench.errors import NotConfigured, RecordingUnreachable
from qc_workbench.sources.object_store import signed_address, signer, trusted
from qc_workbench.sources.unpacking import BodyRefusedError, body

#: Waits between attempts to fetch, seconds: a restarted server or a network that stumbled is back by then.
WAITS_S: Final = (1.0, 4.0, 15.0)
#: How long a signed address works: a task may wait for its worker, and a night's run for the morning.
ADDRESS_LIFE: Final = timedelta(hours=24)
#: Who listens, in addresses made for workers. The app gives these the file as it is, not what a browser can play.
WORKER: Final = "@worker"
#: No recording is larger: half a day in two channels of 48 000 samples a second.
LARGEST_BYTES: Final = 8 << 30
#: Nor does one take longer to come, seconds.
_LONGEST_S: Final = 1800.0
_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
_FETCHED: Final = ("http", "https", "s3")
_HASH: Final = re.compile(r"[0-9a-f]{64}")

#: Makes the query of a signed address from the content hash and its end.
Sign = Callable[[str, datetime], str]


def location_of(home: Path, relative: str, recordings_at: str = "", sign: Sign | None = None) -> str:
    """Where workers find the recording at ``relative`` (``media/ab/<hash>.mp3``) of the workspace ``home``.

    ``recordings_at`` is the setting: empty (workers see the workspace at its own path), a path, ``s3://bucket/prefix``
    or the address of the app. ``sign`` is needed for the last (see :mod:`qc_workbench.ui.recordings`).
    """
    base = recordings_at.rstrip("/")
    if not base:
        return str(home / relative)
    scheme = urlsplit(base).scheme
    if scheme in ("http", "https"):
        assert sign is not None
        content_hash = PurePosixPath(relative).stem
        return f"{base}/recordings/{content_hash}?{sign(content_hash, datetime.now(UTC) + ADDRESS_LIFE)}"
    if scheme == "s3":
        return f"{base}/{quote(relative)}"
    path = f"{base}/{relative}".replace("\\", "/")
    return "file://" + ("" if path.startswith("/") else "/") + quote(path, safe="/:")


@contextmanager
def open_recording(location: str, waits_s: tuple[float, ...] = WAITS_S) -> Iterator[Path]:
    """A readable file with the recording's bytes, for as long as the context lasts.

    Raises :class:`RecordingUnreachable`: ``recording_unreachable`` (it could not be fetched), ``recording_refused``
    (the address is over or access is denied), ``recording_differs`` (what came is not what the hash names); and
    :class:`NotConfigured` ``recordings_need_cluster`` where the libraries that fetch are not installed.
    """
    scheme = urlsplit(location).scheme
    if scheme == "file":
        path = Path(url2pathname(urlsplit(location).path))
        for wait_s in (*waits_s, None):
            if _matches(path, location):
                break
            if wait_s is None:
                code = "recording_differs" if path.is_file() else "recording_unreachable"
                raise RecordingUnreachable(code, place=_place(location))
            time.sleep(wait_s)
        yield path
    elif scheme in _FETCHED:
        path = _fetched(location, waits_s)
        try:
            yield path
        finally:
            with suppress(OSError):
                path.unlink()
    else:
        yield Path(location)


def _fetched(location: str, waits_s: tuple[float, ...]) -> Path:
    handle, name = tempfile.mkstemp(prefix="qcw-recording-", suffix=PurePosixPath(urlsplit(location).path).suffix)
    os.close(handle)  # mkstemp: readable by its owner only
    path = Path(name)
    try:
        for wait_s in (*waits_s, None):
            code = "recording_differs"
            try:
                _copy(location, path)
                if _matches(path, location):
                    return path
            except PermissionError as error:
                raise RecordingUnreachable("recording_refused", place=_place(location)) from error
            except (OSError, TimeoutError):
                code = "recording_unreachable"
            if wait_s is None:
                raise RecordingUnreachable(code, place=_place(location))
            time.sleep(wait_s)
        raise AssertionError  # the last round returns or raises
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _copy(location: str, path: Path) -> None:
    """Raises PermissionError where access is denied and OSError for everything else that may pass."""
    is_object = urlsplit(location).scheme == "s3"
    link = _address_of_object(location) if is_object else location
    try:
        # unpacked by nobody, and no further than the address that the settings name
        with (
            httpx.Client(timeout=_TIMEOUT, follow_redirects=False, verify=trusted() if is_object else True) as client,
            client.stream("GET", link, headers={"Accept-Encoding": "identity"}) as answer,
            path.open("wb") as file,
        ):
            if answer.status_code in (401, 403):
                raise PermissionError(str(answer.status_code))
            if answer.status_code != httpx.codes.OK:
                raise OSError(str(answer.status_code))
            for piece in body(answer, LARGEST_BYTES, _LONGEST_S):
                file.write(piece)
    except (httpx.HTTPError, httpx.InvalidURL, BodyRefusedError) as error:
        raise OSError(type(error).__name__) from error


def _address_of_object(location: str) -> str:
    parts = urlsplit(location)
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    named: dict[str, Any] = (
        {"client_kwargs": {"endpoint_url": endpoint}} if endpoint else {}
    )  # of those that are kept, this store's
    try:
        return signed_address(signer(**named), f"{parts.netloc}{unquote(parts.path)}")
    except ImportError as error:
        raise NotConfigured("recordings_need_cluster", detail=error.name or "") from error
    except Exception as error:  # botocore has a tree of its own
        raise OSError(type(error).__name__) from error


def _matches(path: Path, location: str) -> bool:
    """Whether the file's sha256 is the one its location names; a location without one can't be checked."""
    named = _HASH.fullmatch(PurePosixPath(urlsplit(location).path).stem)
    if not path.is_file():
        return False
    if named is None:
        return True
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == named.group()


def _place(location: str) -> str:
    """The server and the file, without the signature."""
    parts = urlsplit(location)
    return f"{parts.scheme}://{parts.netloc}{parts.path}"
