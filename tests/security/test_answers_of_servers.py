"""A server that answers to hurt: packed to burst, without an end, leading elsewhere with our key in hand."""

from __future__ import annotations

import gzip
import socket
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread

import httpx
import pytest

from pipelines.download_recording import Downloads, NotFetchedError
from pipelines.drive import Drive
from pipelines.upload_places import ObjectStore
from qc_workbench.config_upload import Upload
from qc_workbench.domain.telephony import RecordingRef
from qc_workbench.errors import (
    RecordingUnreachable,
    SourceAnswerBroken,
    SourceError,
    SourceRefused,
    SourceUnreachable,
    UploadFailed,
)
from qc_workbench.sources.recording_links import LinkRules, PinnedTransport, is_public, resolved
from qc_workbench.sources.ringostat import CAPABILITIES
from qc_workbench.sources.unpacking import BodyRefusedError, body
from qc_workbench.sources.wire import LONGEST_ANSWER_BYTES, Shape, Wire
from qc_workbench.work import recordings
from tests.stand_ins.google_drive import FOLDER, DriveStandIn
from tests.stand_ins.serving import QuickClock

OWN = "https://api.example.com"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Streamed(httpx.SyncByteStream):
    """What comes over a network: pieces, one after the other."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces


def answering(pieces: Callable[[], Iterator[bytes]], **headers: str) -> httpx.MockTransport:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.MockTransport(lambda _: httpx.Response(200, headers=told, stream=Streamed(pieces())))


def wire_to(transport: httpx.BaseTransport, clock: QuickClock | None = None) -> Wire:
    return Wire("tel", OWN, CAPABILITIES, clock=clock or QuickClock(NOON), transport=transport, tries=1)


def asked(transport: httpx.BaseTransport, clock: QuickClock | None = None, path: str = "/calls") -> object:
    return wire_to(transport, clock).ask("GET", path, lambda found: found, shape=Shape.BYTES)


def packed_zeros(size_bytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(bytes(1 << 20)) for _ in range(size_bytes >> 20)]
    return b"".join(parts) + packer.flush()


def test_a_small_answer_that_unpacks_to_much_is_left_at_the_limit() -> None:
    bomb = packed_zeros(LONGEST_ANSWER_BYTES + (1 << 20))
    assert len(bomb) < 200_000
    with pytest.raises(SourceAnswerBroken, match="source_answer_too_long"):
        asked(answering(lambda: iter([bomb]), content_encoding="gzip"))


def test_unpacking_holds_a_piece_at_a_time() -> None:
    bomb = packed_zeros(16 << 20)
    response = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Streamed(iter([bomb])))
    tracemalloc.start()
    try:
        with pytest.raises(BodyRefusedError, match="too_long"):
            for _ in body(response, 8 << 20, 60):
                pass
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("packing", ["gzip, gzip", "gzip, deflate, gzip", "br", "zstd", "compress", "gzip;q=1"])
def test_an_answer_packed_twice_or_as_nobody_asked_is_broken(packing: str) -> None:
    with pytest.raises(SourceAnswerBroken):
        asked(answering(lambda: iter([gzip.compress(gzip.compress(b"rows"))]), content_encoding=packing))


@pytest.mark.parametrize(
    ("packing", "content"),
    [
        ("gzip", gzip.compress(b"rows")), ("x-gzip", gzip.compress(b"rows")), ("deflate", zlib.compress(b"rows")),
        ("deflate", zlib.compress(b"rows")[2:-4]), ("identity", b"rows"), ("", b"rows"),
    ],
    ids=["gzip", "x-gzip", "deflate", "bare", "identity", "plain"],
)  # fmt: skip
def test_honest_packings_are_undone(packing: str, content: bytes) -> None:
    pieces = [content[place : place + 3] for place in range(0, len(content), 3)]
    assert asked(answering(lambda: iter(pieces), content_encoding=packing)) == b"rows"


def test_a_packed_answer_that_breaks_off_is_broken() -> None:
    with pytest.raises(SourceAnswerBroken, match="broken_off"):
        asked(answering(lambda: iter([gzip.compress(b"rows" * 100)[:-9]]), content_encoding="gzip"))


def test_an_answer_that_drips_is_given_up() -> None:
    clock = QuickClock(NOON)

    def drip() -> Iterator[bytes]:
        while True:
            clock.sleep(59)
            yield b"."

    with pytest.raises(SourceUnreachable, match="too slow"):
        asked(answering(drip), clock)


@pytest.mark.parametrize("content", [b"[" * 200_000, b'{"a":' * 200_000, b"[NaN]", b"[-Infinity]", b"1" * 10_000])
def test_json_made_to_break_the_reader_is_a_broken_answer(content: bytes) -> None:
    with pytest.raises(SourceAnswerBroken):
        wire_to(answering(lambda: iter([content]))).ask("GET", "/calls", lambda found: found)


@pytest.mark.parametrize("path", ["https://evil.example/next", "http://api.example.com/next", OWN + ":8443/next"])
def test_no_question_leaves_the_system_with_its_key(path: str) -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=[])

    with pytest.raises(SourceAnswerBroken, match="source_answer_elsewhere"):
        asked(httpx.MockTransport(answer), path=path)
    assert seen == []


def test_a_redirect_of_a_system_is_not_followed() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(302, headers={"location": "https://evil.example/"})

    with pytest.raises(SourceRefused):
        asked(httpx.MockTransport(answer))
    assert seen == ["api.example.com"]


def test_what_went_wrong_is_told_without_address_and_key() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"cannot reach {request.url}", request=request)

    with pytest.raises(SourceError) as caught:
        asked(httpx.MockTransport(answer), path="/calls?key=canary")
    assert "canary" not in str(caught.value)


# Links to recordings -------------------------------------------------------------------------------------------------

WRITTEN_ODDLY = (
    "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "0", "[::1]", "[::127.0.0.1]", "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[fec0::1]", "[2001:db8::5efe:7f00:1]",
    "user@127.0.0.1", "records.example.com@127.0.0.1", "127.0.0.1#@records.example.com", "１２７.0.0.1",
)  # fmt: skip


def downloads(
    folder: Path, answer: Callable[[httpx.Request], httpx.Response], rules: LinkRules, **kept: str
) -> Downloads:
    client = httpx.Client(transport=PinnedTransport(rules, httpx.MockTransport(answer), _numbers_alone))
    return Downloads(client, rules, folder, 1 << 20, lambda place: kept if place.startswith(OWN) else {})


def _numbers_alone(host: str, port: int) -> list[str]:
    """Numbers as the system reads them; names are of the open internet."""
    try:
        return list(resolved(host, port))
    except OSError:
        return ["93.184.216.34"]


@pytest.fixture(autouse=True)
def _no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, port, *_, **__: real(host, port, flags=socket.AI_NUMERICHOST)
    )


@pytest.mark.parametrize("host", WRITTEN_ODDLY)
def test_this_machine_is_not_reached_however_its_address_is_written(host: str, tmp_path: Path) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        return httpx.Response(200, content=b"secret of the inner network")

    with pytest.raises(NotFetchedError):
        downloads(tmp_path, answer, LinkRules()).download("c1", RecordingRef(place=f"http://{host}/a.mp3"))
    assert seen == []


@pytest.mark.parametrize("link", ["file:///etc/passwd", "gopher://x/", "ftp://x/a", "//x/a", "data:,a", "javascript:1"])
def test_only_the_web_is_asked_for_recordings(link: str, tmp_path: Path) -> None:
    with pytest.raises(NotFetchedError, match="address"):
        downloads(tmp_path, lambda _: httpx.Response(200), LinkRules()).download("c1", RecordingRef(place=link))


def test_ipv4_of_old_ways_inside_ipv6_is_not_public() -> None:
    for written in (
        "::10.0.0.1",
        "::ffff:0:10.0.0.1",
        "64:ff9b:1::a00:1",
        "fec0::1",
        "5f00::1",
        "2001:db8::5efe:a00:1",
    ):
        assert not is_public(ip_address(written)), written


def test_a_key_stays_behind_when_a_recording_is_elsewhere(tmp_path: Path) -> None:
    told: dict[str, str | None] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        host = request.headers["host"]
        told[host] = request.headers.get("authorization")
        if host == "api.example.com":
            return httpx.Response(302, headers={"location": "https://store.example.net/a.mp3"})
        return httpx.Response(200, content=b"sound")

    rules = LinkRules(OWN, ("store.example.net",))
    got = downloads(tmp_path, answer, rules, Authorization="Bearer canary").download(
        "c1", RecordingRef(place=f"{OWN}/a.mp3")
    )
    assert got.read_bytes() == b"sound"
    assert told == {"api.example.com": "Bearer canary", "store.example.net": None}


def test_a_recording_that_unpacks_to_more_than_is_allowed_leaves_nothing(tmp_path: Path) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Streamed(iter([packed_zeros(8 << 20)])))

    with pytest.raises(NotFetchedError, match="too_large"):
        downloads(tmp_path, answer, LinkRules()).download("c1", RecordingRef(place="https://a.example/a.mp3"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("header", [b"bytes \xb2-", b"bytes " + b"9" * 5000 + b"-", "bytes ٣-".encode()])
def test_a_length_that_is_no_number_costs_this_recording_alone(header: bytes, tmp_path: Path) -> None:
    """Python calls "²" a digit and cannot read it: that ended the whole run."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(206, headers=[(b"content-range", header)], content=b"sound")

    place, recording = downloads(tmp_path, answer, LinkRules()), RecordingRef(place="https://a.example/a.mp3")
    part = place.part("c", recording)
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(b"begun")
    with pytest.raises(NotFetchedError) as told:
        place.download("c", recording)
    assert told.value.code == "cut"


@pytest.mark.parametrize("asked_for", ["the token", "an answer about a file"])
def test_what_a_place_of_uploads_answers_is_read_to_a_limit(asked_for: str) -> None:
    stand_in = DriveStandIn(address="https://drive.example.test")
    taken = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token" and asked_for != "the token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 3600, "token_type": "Bearer"})

        def bomb() -> Iterator[bytes]:
            for piece in [packed_zeros(64 << 20)]:
                taken.append(piece)
                yield piece

        return httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Streamed(bomb()))

    place = Drive(FOLDER, stand_in.address, stand_in.account(), transport=httpx.MockTransport(answer), sleep=_no_wait)
    tracemalloc.start()
    try:
        with pytest.raises(UploadFailed, match="upload_unreachable"):
            place.deliver("2026-10.pdf", b"%PDF")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken
    assert most < 16 << 20


def test_what_an_object_store_answers_to_an_upload_is_read_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("s3fs", reason="the cluster extra is not installed")
    sent = 0
    put: list[bytes] = []

    class Server(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            nonlocal sent
            put.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(500 if "refuse" in self.path else 200)
            self.end_headers()
            with suppress(OSError):
                for _ in range(400 if "endless" in self.path else 0):
                    self.wfile.write(bytes(1 << 20))
                    sent += 1 << 20

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    store = ObjectStore(Upload(to="s3", bucket="b", endpoint=endpoint, region="r"), "key", "secret")
    try:
        for name in ("endless.pdf", "refuse.pdf"):
            with pytest.raises(UploadFailed, match="upload_unreachable"):
                store.deliver(name, b"%PDF")
        store.deliver("good.pdf", b"%PDF")
    finally:
        store.close()
        server.shutdown()
        server.server_close()
    assert put == [b"%PDF"] * 3
    assert sent < 200 << 20


def _no_wait(seconds: float) -> None:
    pass


@pytest.mark.parametrize("scheme", ["http", "s3"])
def test_a_worker_takes_no_more_of_a_recording_than_there_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """Nor what is packed, nor what is at another address than the one that the settings name."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(recordings, "LARGEST_BYTES", 1 << 20)
    sent = 0
    told = {
        "/packed": (200, "content-encoding", "gzip", packed_zeros(8 << 20)),
        "/elsewhere": (302, "location", "/endless", b""),
        "/endless": (200, "x-none", "", b""),
    }

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            nonlocal sent
            status, name, value, content = told[f"/{self.path.split('/')[1]}"]
            self.send_response(status)
            self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):
                self.wfile.write(content)
                for _ in range(400 if self.path.startswith("/endless") else 0):
                    self.wfile.write(bytes(1 << 20))
                    sent += 1 << 20

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    Thread(target=server.serve_forever, daemon=True).start()
    at = f"http://127.0.0.1:{server.server_port}"
    if scheme == "s3":
        pytest.importorskip("s3fs", reason="the cluster extra is not installed")
        keys = {"AWS_ENDPOINT_URL_S3": at, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
        for name, value in keys.items():
            monkeypatch.setenv(name, value)
    try:
        for place in told:
            location = f"{at if scheme == 'http' else 's3:/'}{place}/{'a' * 64}.mp3"
            with (
                pytest.raises(RecordingUnreachable, match="recording_unreachable"),
                recordings.open_recording(location, waits_s=()),
            ):
                pass
    finally:
        server.shutdown()
        server.server_close()
    assert sent < 200 << 20  # half of it: what lies in the buffers of a busy machine is not what was taken
    assert list(tmp_path.iterdir()) == []
