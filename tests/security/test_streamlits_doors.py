"""What Streamlit serves beside our own addresses: to whom, and what of it not at all."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from streamlit import config
from streamlit.proto.BackMsg_pb2 import BackMsg

from qc_workbench.ui import gate, server
from qc_workbench.ui.components.import_files_upload import LARGEST_MIB
from tests.security.conftest import FILE, Enter

UI = Path(server.__file__).parent


def open_page(client: TestClient) -> None:
    """As a browser does when a page is drawn: the page names its files on the line."""
    with client.websocket_connect("/_stcore/stream") as page:
        assert FILE.encode() in page.receive_bytes()


def test_a_file_goes_to_the_person_whose_page_was_told_of_it(enter: Enter) -> None:
    head = enter("n1")
    assert head.get(f"/media/{FILE}.xlsx").status_code == 404
    open_page(head)
    assert head.get(f"/media/{FILE}.xlsx").status_code == 200
    assert enter("m2").get(f"/media/{FILE}.xlsx").status_code == 404  # the address passed on
    open_page(enter("m2"))  # told of the same bytes by a page of their own
    assert enter("m2").get(f"/media/{FILE}.xlsx").status_code == 200


@pytest.mark.parametrize("name", [f"{FILE}.png", f"{FILE}.xlsx", FILE, f"{FILE}.xlsx.png"])
def test_a_stranger_gets_no_file_whatever_its_address_ends_with(client: TestClient, enter: Enter, name: str) -> None:
    open_page(enter("h1"))
    client.cookies.clear()
    assert client.get(f"/media/{name}").status_code == 403
    assert client.put(f"/_stcore/upload_file/session/{name}", content=b"x").status_code == 403


@pytest.mark.parametrize(("employee", "status"), [("m1", 403), ("q1", 403), ("h1", 200)])
def test_files_are_taken_in_only_from_whoever_may_bring_any(enter: Enter, employee: str, status: int) -> None:
    assert enter(employee).put("/_stcore/upload_file/session/file", content=b"x" * 100).status_code == status


def test_every_place_for_a_file_is_behind_a_right_that_the_gate_knows() -> None:
    """A new one: think who may use it, and add the right to ``gate.BRINGING``."""
    places = {
        file.name
        for file in UI.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in {"file_uploader", "camera_input", "audio_input", "chat_input"}
    }
    assert places == {"form_text.py", "form_list.py", "import_files_upload.py"}


def test_what_no_page_needs_of_streamlit_is_shut_for_everybody(enter: Enter) -> None:
    owner = enter("h1")
    for door in gate.SHUT:
        assert owner.get(door).status_code == 404
        assert owner.post(f"{door}/interact", json={}).status_code == 404


def test_no_setting_of_streamlit_elsewhere_opens_the_app_to_other_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("server.enableCORS", False), ("server.corsAllowedOrigins", ["https://evil.example"]),
        ("server.enableXsrfProtection", False), ("server.enableAgentApi", True), ("server.maxUploadSize", 10_000),
        ("client.allowedOrigins", ["https://evil.example"]), ("server.enableStaticServing", True),
    ):  # fmt: skip
        config.set_option(name, value)
    server.parts()
    said = {name: config.get_option(name) for name in gate.OPTIONS}
    assert said == gate.OPTIONS
    assert said["server.enableCORS"] is True
    assert said["server.enableXsrfProtection"] is True
    assert said["server.enableAgentApi"] is False
    assert said["client.allowedOrigins"] == said["server.corsAllowedOrigins"] == []
    assert said["server.maxUploadSize"] == LARGEST_MIB


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:9999",  # another program at the same machine: its pages send our cookie with them
        "http://127.0.0.1:9999",
        "http://evil.example",
        "null",
        "",
    ],
)
def test_a_page_of_another_origin_gets_no_line_even_from_the_same_machine(enter: Enter, origin: str) -> None:
    browser = enter("h1")
    with pytest.raises(WebSocketDisconnect), browser.websocket_connect("/_stcore/stream", headers={"origin": origin}):
        pass
    for ours in ("http://localhost", "https://localhost"):
        with browser.websocket_connect("/_stcore/stream", headers={"origin": ours, "host": "localhost"}):
            pass


def test_strangers_open_only_so_many_pages_at_once(
    client: TestClient, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "MOST_STRANGERS", 2)
    with client.websocket_connect("/_stcore/stream"), client.websocket_connect("/_stcore/stream"):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream"):
            pass
        open_page(enter("m1"))  # whoever is logged in is let in
        client.cookies.clear()
    open_page(client)


@pytest.mark.parametrize("who", [None, "m2"])
def test_what_no_page_of_ours_says_on_its_line_is_not_heard(client: TestClient, enter: Enter, who: str | None) -> None:
    """What a stranger clears, shuts down or has looked up is everybody's."""
    browser = enter(who) if who else client
    with browser.websocket_connect("/_stcore/stream") as page:
        page.receive_bytes()
        for said in gate.UNHEARD:
            page.send_bytes(BackMsg(**{said: True}).SerializeToString())
        page.send_bytes(BackMsg(app_heartbeat=True).SerializeToString())
        assert page.receive_text() in ("app_heartbeat", "rerun_script"), "the first that is heard"


def test_files_that_pages_were_told_of_are_forgotten_in_time() -> None:
    handed_out = gate.HandedOut(most=2)
    for name in ("a1", "b2", "c3"):
        handed_out.told("somebody", f"… /media/{name}.csv …".encode())
    assert [handed_out.is_for("somebody", f"/media/{name}.csv") for name in ("a1", "b2", "c3")] == [False, True, True]
