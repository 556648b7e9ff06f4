"""A worker elsewhere gets exactly the recording that was meant: by a path, from the app, from an object store."""

from __future__ import annotations

import hashlib
import http.server
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette

from qc_workbench.errors import RecordingUnreachable
from qc_workbench.store.database import Statement
from qc_workbench.ui.recordings import worker_query
from qc_workbench.ui.server import routes
from qc_workbench.ui.state import HOME_VARIABLE
from qc_workbench.work.recordings import location_of, open_recording
from tests.ui import sample_company as company

CONTENT = b"ID3" + bytes(range(256)) * 5000  # more than one piece of a transfer
HASH = hashlib.sha256(CONTENT).hexdigest()
RELATIVE = f"media/{HASH[:2]}/{HASH}.mp3"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "рабочая папка" / RELATIVE
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    return tmp_path / "рабочая папка"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def web(home: Path) -> Iterator[str]:
    """A plain web server with the workspace's folder."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(home)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def fetched_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where temporary files go."""
    pytest.importorskip("aiohttp", reason="the cluster extra is not installed")
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def refused(location: str) -> str:
    with pytest.raises(RecordingUnreachable) as caught, open_recording(location, waits_s=()):
        pass
    assert "sign=" not in str(caught.value)
    return caught.value.code


def test_without_a_setting_the_path_is_the_workspaces_own(home: Path) -> None:
    with open_recording(location_of(home, RELATIVE)) as path:
        assert path == home / RELATIVE


def test_a_network_folder_is_read_where_this_machine_has_it_and_checked(home: Path) -> None:
    location = location_of(Path("/elsewhere"), RELATIVE, str(home))
    with open_recording(location) as path:
        assert path.read_bytes() == CONTENT
    (home / RELATIVE).write_bytes(CONTENT[:-1])
    assert refused(location) == "recording_differs"
    (home / RELATIVE).unlink()
    assert refused(location) == "recording_unreachable"


def test_a_fetched_recording_is_private_and_gone_afterwards(home: Path, web: str, fetched_here: Path) -> None:
    with open_recording(f"{web}/{RELATIVE}") as path:
        assert path.read_bytes() == CONTENT
        assert path.parent == fetched_here
        assert path.suffix == ".mp3"
        assert path.stat().st_mode & 0o077 == 0
    assert list(fetched_here.iterdir()) == []


def test_half_a_recording_is_not_taken_and_leaves_nothing(home: Path, web: str, fetched_here: Path) -> None:
    (home / RELATIVE).write_bytes(CONTENT[: len(CONTENT) // 2])
    assert refused(f"{web}/{RELATIVE}") == "recording_differs"
    assert refused(f"{web}/media/{HASH[:2]}/nothing.mp3") == "recording_unreachable"
    assert list(fetched_here.iterdir()) == []


def test_a_server_that_stumbles_is_asked_again(home: Path, web: str, fetched_here: Path) -> None:
    whole = home / RELATIVE
    content = whole.read_bytes()
    whole.write_bytes(b"")
    restored = threading.Timer(0.3, whole.write_bytes, args=(content,))
    restored.start()
    with open_recording(f"{web}/{RELATIVE}", waits_s=(0.1, 0.2, 0.4, 0.8, 1.6)) as path:
        assert path.read_bytes() == CONTENT
    restored.join()


def test_the_app_gives_a_worker_the_file_as_it_is(
    tmp_path: Path, fetched_here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = company.sample_company(tmp_path / "company")
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    path = workspace.home / RELATIVE
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    workspace.store.write(
        Statement(
            "update recordings set content_hash = ?, path = ? where call_id = ?", (HASH, RELATIVE, company.PADDED)
        )
    )
    server = uvicorn.Server(
        uvicorn.Config(Starlette(routes=list(routes())), host="127.0.0.1", port=0, log_level=logging.CRITICAL)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            pass
        at = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        sign = partial(worker_query, workspace.home)
        with open_recording(location_of(workspace.home, RELATIVE, at, sign)) as fetched:
            assert fetched.read_bytes() == CONTENT

        def yesterday(content_hash: str, _until: datetime) -> str:
            return worker_query(workspace.home, content_hash, datetime.now(UTC) - timedelta(hours=1))

        assert refused(location_of(workspace.home, RELATIVE, at, yesterday)) == "recording_refused"
        forged = partial(worker_query, tmp_path)
        assert refused(location_of(workspace.home, RELATIVE, at, forged)) == "recording_refused"
    finally:
        server.should_exit = True
        thread.join()


def test_an_object_store_is_read_with_the_workers_own_keys(
    home: Path, fetched_here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("s3fs", reason="the cluster extra is not installed")
    moto = pytest.importorskip("moto.server", reason="moto and flask are not installed: no S3-compatible server to ask")
    import fsspec

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        for name, value in (
            ("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}"), ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"), ("AWS_DEFAULT_REGION", "us-east-1"),
        ):  # fmt: skip
            monkeypatch.setenv(name, value)
        store = fsspec.filesystem("s3")
        store.mkdir("qc-recordings")
        store.pipe(f"qc-recordings/компания/{RELATIVE}", CONTENT)
        with open_recording(location_of(home, RELATIVE, "s3://qc-recordings/компания/")) as path:
            assert path.read_bytes() == CONTENT
        assert list(fetched_here.iterdir()) == []
        assert refused(location_of(home, RELATIVE, "s3://qc-recordings/elsewhere")) == "recording_unreachable"
    finally:
        server.stop()
