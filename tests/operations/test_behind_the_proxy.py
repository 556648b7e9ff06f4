"""The example of nginx in front of a real server: pages talk, players seek, metrics stay inside."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from qc_workbench.store import calls as call_rows
from qc_workbench.ui.accounts import cookie_name
from qc_workbench.ui.recordings import recording_address
from qc_workbench.workspace import Workspace
from tests.operations.serving import free_port, served
from tests.ui import sample_company as company

EXAMPLE = Path(__file__).parent.parent.parent / "deploy" / "nginx" / "qc-workbench.conf"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = company.sample_company(tmp_path_factory.mktemp("proxied"))
    workspace.store.release()
    return workspace


@pytest.fixture(scope="module")
def proxy(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The example as it is, but for ports, certificate and places of logs. Its address."""
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not installed")
    folder = tmp_path_factory.mktemp("nginx")
    with served(workspace.home, folder) as server:
        port, other = free_port(), free_port()
        text = EXAMPLE.read_text(encoding="utf-8")
        for old, new in (
            ("server 127.0.0.1:8501", f"server {server.base.removeprefix('http://')}"),
            ("listen 80;", f"listen 127.0.0.1:{other};"),
            ("listen 443 ssl;", f"listen 127.0.0.1:{port};"),
            ("    ssl_", "    # ssl_"),
            ("/var/log/nginx/", f"{folder}/"),
        ):
            assert old in text
            text = text.replace(old, new)
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        whole = folder / "nginx.conf"
        whole.write_text(
            f"daemon off;\npid {folder}/pid;\nevents {{}}\nhttp {{\n{temporary}{text}\n}}\n", encoding="utf-8"
        )
        process = subprocess.Popen([nginx, "-e", f"{folder}/start.log", "-p", str(folder), "-c", str(whole)])
        try:
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def test_a_player_may_seek_through_the_proxy(workspace: Workspace, proxy: str) -> None:
    with workspace.store.reading() as reader:
        recording = call_rows.recording(reader, company.PADDED)
    assert recording is not None
    address = recording_address(workspace, recording, "account-q1", datetime.now(UTC))
    session = {cookie_name(workspace.home): company.token(workspace, "q1")}
    wanted = {"range": "bytes=1000-1999"}
    answer = httpx.get(f"{proxy}{address}", headers=wanted, cookies=session, timeout=30)
    assert answer.status_code == 206
    assert len(answer.content) == 1000
    assert answer.headers["content-range"].startswith("bytes 1000-1999/")


def test_metrics_and_details_of_health_stay_inside(proxy: str) -> None:
    assert httpx.get(f"{proxy}/metrics", timeout=30).status_code == 404
    health = httpx.get(f"{proxy}/healthz", timeout=30)
    assert health.status_code == 200
    assert set(health.json()) == {"status", "version"}


def test_a_page_talks_to_the_server_through_the_proxy(proxy: str) -> None:
    assert "<html" in httpx.get(f"{proxy}/queue", follow_redirects=True, timeout=30).text
    place = proxy.removeprefix("http://")
    host, port = place.split(":")
    key = base64.b64encode(os.urandom(16)).decode()
    with socket.create_connection((host, int(port)), timeout=30) as talk:
        talk.sendall(
            (
                f"GET /_stcore/stream HTTP/1.1\r\nHost: {place}\r\nOrigin: {proxy}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                "Sec-WebSocket-Protocol: streamlit\r\n\r\n"
            ).encode()
        )
        assert talk.recv(100).startswith(b"HTTP/1.1 101 ")


def test_the_proxy_keeps_no_signature(proxy: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    httpx.get(f"{proxy}/recordings/{'0' * 64}?call=c&who=q1&until=1&sign=abcdef", timeout=30)
    deadline = time.monotonic() + 10
    (log,) = tmp_path_factory.getbasetemp().glob("nginx0/qc-workbench.log")
    while "/recordings/" not in log.read_text(encoding="utf-8") and time.monotonic() < deadline:
        time.sleep(0.1)
    text = log.read_text(encoding="utf-8")
    assert "/recordings/" in text
    assert "abcdef" not in text
    assert "sign" not in text
