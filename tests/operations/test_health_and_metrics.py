"""What monitoring sees: true amounts, no names, and only who may ask."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from qc_workbench.domain.job import NewJob
from qc_workbench.store import calls as call_rows
from qc_workbench.store import ledger
from qc_workbench.ui import operations
from qc_workbench.ui.accounts import cookie_name
from qc_workbench.ui.operations import look
from qc_workbench.ui.recordings import recording_address
from qc_workbench.ui.state import HOME_VARIABLE
from qc_workbench.ui.traffic import REGISTRY, Traffic, route_pattern
from qc_workbench.workspace import Workspace
from tests.operations.serving import Served, served
from tests.ui import sample_company as company
from tests.waiting import wait_until

Values = Mapping[tuple[str, frozenset[tuple[str, str]]], float]
WHO = "account-h1"


def parsed(text: str) -> Values:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(values: Values, name: str, **labels: str) -> float:
    return values[name, frozenset(labels.items())]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    workspace = company.sample_company(tmp_path_factory.mktemp("served"))
    now = datetime.now(UTC)
    waiting = [NewJob("transcribe", f"hash-{number}", "f", 30.0) for number in range(3)]
    workspace.store.write(*ledger.enqueue(waiting, now), ledger.record_done("measure", "hash-9", "f", now))
    return workspace


@pytest.fixture(scope="module")
def server(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    workspace.store.release()  # the server's process starts an owner of its own
    with served(workspace.home, tmp_path_factory.mktemp("words")) as found:
        yield found


@pytest.fixture
def local(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A program on this machine, without a server in between."""
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    with TestClient(
        Starlette(routes=list(operations.routes())), "http://localhost", client=("127.0.0.1", 5000)
    ) as client:
        yield client


def test_a_real_server_tells_its_health_with_ages_and_sizes(server: Served) -> None:
    answer = httpx.get(f"{server.base}/healthz", timeout=30)
    said = answer.json()
    assert answer.status_code == 200
    assert said["store"]["ok"] is True
    assert said["store"]["answer_s"] < 5
    assert said["disk"]["free_bytes"] > 0
    assert said["age_s"]["measure"] >= 0
    assert "import" not in said["age_s"]  # it never happened


def test_a_real_server_counts_what_the_store_holds_and_what_was_asked(server: Served) -> None:
    before = parsed(httpx.get(f"{server.base}/metrics", timeout=30).text)
    assert value(before, "qcw_store_up") == 1
    assert value(before, "qcw_calls", stage="known") == 7
    assert value(before, "qcw_jobs", step="transcribe", state="waiting") == 3
    assert value(before, "qcw_jobs", step="measure", state="done") == 1
    assert 0 < value(before, "qcw_job_oldest_waiting_seconds", step="transcribe") < 3600
    assert value(before, "qcw_recognised_sound_seconds") > 0
    assert value(before, "qcw_store_reads_total") > 0
    assert value(before, "qcw_store_bytes") > 0
    httpx.get(f"{server.base}/recordings/{'0' * 64}", timeout=30)
    after = parsed(httpx.get(f"{server.base}/metrics", timeout=30).text)
    asked = {"method": "GET", "route": "/recordings/{content_hash}", "status": "403"}
    assert value(after, "qcw_http_requests_total", **asked) == 1
    assert value(after, "qcw_http_request_seconds_count", route="/recordings/{content_hash}") == 1


def test_metrics_name_no_person_and_no_call(server: Served) -> None:
    text = httpx.get(f"{server.base}/metrics", timeout=30).text
    for secret in ("Алла", "Борис", "Вера", "m1", "q1", company.PADDED, company.PHONE, "Пример", "hash-"):
        assert secret not in text, secret


def test_the_log_of_a_real_server_is_json_without_addresses_and_names(workspace: Workspace, server: Served) -> None:
    with workspace.store.reading() as reader:
        recording = call_rows.recording(reader, company.PADDED)
    assert recording is not None
    address = recording_address(workspace, recording, WHO, datetime.now(UTC))
    session = {cookie_name(workspace.home): company.token(workspace, "h1")}
    assert httpx.get(f"{server.base}{address}", cookies=session, timeout=30).status_code == 200
    assert httpx.get(f"{server.base}/call?id={company.PADDED}&who=Вера", cookies=session, timeout=30).status_code == 200
    # a line is written when the answer has gone, which its reader may be ahead of
    wait_until(lambda: server.stderr.read_text(encoding="utf-8").count('"/call"') > 0)
    files = list((workspace.home / "logs").glob("*.jsonl"))
    for text in (server.stderr.read_text(encoding="utf-8"), "".join(path.read_text("utf-8") for path in files)):
        lines = [json.loads(line) for line in text.splitlines()]
        asked = [line for line in lines if line["event"] == "http.request"]
        assert {"GET"} == {line["method"] for line in asked}
        assert {"/recordings/{content_hash}", "/call"} <= {line["path"] for line in asked}
        assert "serve.started" in {line["event"] for line in lines}
        for secret in ("sign", "who=", "Вера", *session.values(), company.PADDED, recording.content_hash or "-"):
            assert secret not in text, secret


@pytest.mark.parametrize(
    ("client", "headers", "may"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("10.0.0.7", {}, False),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, False),
        ("127.0.0.1", {"X-Real-IP": "203.0.113.9"}, False),
        ("127.0.0.1", {"forwarded": "for=203.0.113.9"}, False),
        ("no-address", {}, False),
        ("::1", {"host": "[::1]:8501"}, True),
        ("127.0.0.1", {"host": "qc.example.com"}, False),  # a name that was made to lead here
    ],
)
def test_without_a_token_only_programs_on_this_machine_are_told_and_never_through_a_proxy(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, client: str, headers: dict[str, str], may: bool
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(workspace.home))
    app = Starlette(routes=list(operations.routes()))
    with TestClient(app, "http://localhost", client=(client, 5000)) as asking:
        assert asking.get("/metrics", headers=headers).status_code == (200 if may else 403)
        health = asking.get("/healthz", headers=headers)
        assert health.status_code == 200
        assert ("disk" in health.json()) is may


def test_with_a_token_who_brings_it_is_told_from_anywhere_and_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = company.empty_company(tmp_path).home
    (home / "qcw.toml").write_text('[serve]\nmetrics_token_file = "token.txt"\n', encoding="utf-8")
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    right = {"authorization": "Bearer of-tests"}
    for client in ("127.0.0.1", "10.0.0.7"):
        (home / "token.txt").unlink(missing_ok=True)
        with TestClient(Starlette(routes=list(operations.routes())), client=(client, 5000)) as asking:
            assert asking.get("/metrics", headers=right).status_code == 403  # no file: nobody
            (home / "token.txt").write_text("", encoding="utf-8")
            assert asking.get("/metrics", headers={"authorization": "Bearer "}).status_code == 403
            (home / "token.txt").write_text("of-tests\n", encoding="utf-8")
            assert asking.get("/metrics", headers=right).status_code == 200
            assert asking.get("/metrics").status_code == 403
            assert asking.get("/metrics", headers={"authorization": "Bearer of-test"}).status_code == 403


def test_health_is_down_when_the_store_does_not_answer_and_says_the_code_to_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "nowhere"))
    with TestClient(Starlette(routes=list(operations.routes()))) as outsider:
        answer = outsider.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "down"
    assert answer.json()["code"] == "workspace_missing"
    assert set(answer.json()) == {"status", "version", "code"}


def test_metrics_of_a_store_that_does_not_answer_say_so(
    local: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "nowhere"))
    values = parsed(local.get("/metrics").text)
    assert value(values, "qcw_store_up") == 0
    assert not any(name == "qcw_calls" for name, _ in values)


def test_health_is_degraded_not_down_when_space_is_low_or_the_model_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = company.empty_company(tmp_path / "W")
    monkeypatch.setenv("QCW_MODELS", str(tmp_path / "none"))
    seen = look(workspace.home)
    assert (seen.model, seen.model_fault) == (None, "model_missing")
    assert seen.state(workspace.settings) == "degraded"
    (workspace.home / "qcw.toml").write_text(f"[serve]\nleast_free_mib = {2**40}\n", encoding="utf-8")
    assert look(workspace.home).state(Workspace.open(workspace.home).settings) == "degraded"


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("/", "/"),
        ("/queue", "/queue"),
        ("/healthz", "/healthz"),
        (f"/recordings/{'a' * 64}", "/recordings/{content_hash}"),
        (f"/recordings/{'a' * 64}/played", "/recordings/{content_hash}/played"),
        ("/calls/+79000000123/heard", "/calls/{call_id}/heard"),
        ("/calls/+79000000123/comments", "/calls/{call_id}/comments"),
        ("/calls/a/comments/b/withdraw", "/calls/{call_id}/comments/{comment_id}/withdraw"),
        ("/calls/+79000000123", "other"),
        ("/_stcore/upload_file/session/file", "/_stcore"),
        ("/static/js/main.js", "/static"),
        ("/+79000000123", "other"),
        ("/queue/+79000000123", "other"),
        ("/wp-login.php", "other"),
    ],
)
def test_an_address_is_known_by_its_pattern_alone(path: str, pattern: str) -> None:
    assert route_pattern(path) == pattern


def test_a_request_that_breaks_the_application_is_counted_as_an_error() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError

    labels = {"method": "GET", "route": "/month", "status": "500"}
    before = REGISTRY.get_sample_value("qcw_http_requests_total", labels) or 0
    assert TestClient(Traffic(broken), raise_server_exceptions=False).get("/month").status_code == 500
    assert REGISTRY.get_sample_value("qcw_http_requests_total", labels) == before + 1


def test_open_pages_are_counted_while_they_are_open() -> None:
    async def page(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_json(REGISTRY.get_sample_value("qcw_websockets_open"))
        await socket.close()

    async def talk(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await page(WebSocket(scope, receive, send))

    with TestClient(Traffic(talk)).websocket_connect("/_stcore/stream") as socket:
        assert socket.receive_json() == 1
    assert REGISTRY.get_sample_value("qcw_websockets_open") == 0


def test_probes_of_many_ask_the_store_once(local: TestClient, workspace: Workspace) -> None:
    def asks_nothing() -> bool:
        first = workspace.store.status().reads
        for _ in range(5):
            local.get("/metrics")
        return workspace.store.status().reads == first

    local.get("/healthz")
    assert asks_nothing() or asks_nothing(), "what is kept may run out in between, but not twice in a row"


def test_answers_pass_unchanged() -> None:
    with TestClient(Traffic(Starlette(routes=[Route("/", lambda request: PlainTextResponse("x"))]))) as client:
        assert client.get("/").text == "x"
