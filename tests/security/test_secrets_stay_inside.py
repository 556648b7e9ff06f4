"""A canary for each key of each system, a server that throws back at us whatever it was told, and a search for the
canary in everything that was written or said."""

from __future__ import annotations

import io
import json
import logging
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest

from pipelines.doctor import examine
from pipelines.progress import Silent
from pipelines.sync import sync_source
from pipelines.sync_crm import sync_crm
from qc_workbench import logs
from qc_workbench.config import parse_settings
from qc_workbench.config_sources import Crm
from qc_workbench.errors import QcwError
from qc_workbench.ui.i18n import Translator
from qc_workbench.workspace import Workspace
from tests.connected_cases import NOW
from tests.connected_cases import workspace as workspace_of
from tests.stand_ins.serving import QuickClock

CANARY = "c4n4ryK3yThatNobodyMaySee"
ADDRESSED = 'address = "ADDRESS"\n'
SYSTEMS = {
    "ringostat": 'key = "file:key"\n' + ADDRESSED,
    "binotel": 'key = "file:key"\nsecret = "file:secret"\n' + ADDRESSED,
    "mango": 'key = "file:key"\nsecret = "file:secret"\n' + ADDRESSED,
    "uis": 'key = "file:key"\n' + ADDRESSED,
    "novofon2": 'key = "file:key"\n' + ADDRESSED,
    "zadarma": 'key = "file:key"\nsecret = "file:secret"\n' + ADDRESSED,
    "novofon": 'key = "file:key"\nsecret = "file:secret"\n' + ADDRESSED,
    "twilio": 'account = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"\ntoken = "file:secret"\n' + ADDRESSED,
    "bitrix24_calls": 'webhook = "file:key"\n',
    "bitrix24": 'webhook = "file:key"\n',
    "pipedrive": 'key = "file:key"\n' + ADDRESSED,
    "amocrm": 'token = "file:key"\n' + ADDRESSED,
    "odata_1c": 'user = "exchange"\npassword = "file:key"\n' + ADDRESSED,
}
FAULTS = ("500", "echo", "away", "no_length")  # where a word of the server could get into a message


class _Thrower(BaseHTTPRequestHandler):
    """Throws the question back: address, headers and body, in whatever way ``fault`` says."""

    fault = "500"

    def log_message(self, *_: object) -> None: ...

    def _answer(self) -> None:
        asked = self.rfile.read(int(self.headers.get("content-length") or 0)).decode(errors="replace")
        echo = f"{CANARY} {self.path} {dict(self.headers)} {asked} {CANARY}"
        fault = type(self).fault
        if fault == "cut":
            self.connection.close()
            return
        status = int(fault) if fault.isdigit() else 302 if fault == "away" else 200
        content = {"html": f"<html>{echo}</html>", "no_length": "{" + echo}.get(
            fault, json.dumps({"error": echo, "message": echo, "error_description": echo, "code": echo, "status": echo})
        )
        self.send_response(status, f"Wrong {CANARY}")
        if fault == "away":
            self.send_header("location", f"http://127.0.0.1:9/{quote(echo[:500])}")
        self.send_header("content-length", str(len(content.encode())))
        self.end_headers()
        self.wfile.write(content.encode())

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - names of the library


@pytest.fixture(scope="module")
def thrower() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Thrower)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("kind", SYSTEMS)
def test_no_key_of_a_system_is_told_whatever_goes_wrong(
    kind: str, thrower: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = f'[[sources]]\nkind = "{kind}"\nname = "s"\n' + SYSTEMS[kind].replace("ADDRESS", thrower)
    opened = workspace_of(tmp_path / "W", settings)
    key = f"{thrower}/rest/1/{CANARY}/" if kind.startswith("bitrix24") else CANARY
    for name in ("key", "secret"):
        (opened.home / name).write_text(key)
    said = io.StringIO()
    logs.start(opened.home, opened.settings.logs, "sync", stderr=said)
    try:
        for fault in FAULTS:
            _Thrower.fault = fault
            said.write(_told(opened))
    finally:
        logs.stop()
    said.write("".join(capfd.readouterr()))
    assert "source_" in said.getvalue(), "the faults were met"
    assert CANARY not in said.getvalue()
    assert _hiding_places(opened) == []


def _told(opened: Workspace) -> str:
    """What a person and a program could read of one failed sync: report or error, in both languages, with causes."""
    (source,) = opened.settings.sources
    clock = QuickClock(NOW)
    try:
        if isinstance(source, Crm):
            return repr(sync_crm(opened, source, Silent(), clock=clock))
        return repr(sync_source(opened, source, Silent(), clock=clock))  # type: ignore[arg-type]  # no folder here
    except QcwError as error:
        texts = [Translator(language).error(error) for language in ("ru", "en")]
        logging.getLogger("qc_workbench").error("sync failed", exc_info=error)
        return "\n".join([*texts, repr(error), str(error), *traceback.format_exception(error)])


def _hiding_places(opened: Workspace) -> list[str]:
    """Files of the workspace, and cells of its store, that hold the canary; the key's own files aside."""
    found = [
        str(path.relative_to(opened.home))
        for path in opened.home.rglob("*")
        if path.is_file() and path.name not in ("key", "secret") and CANARY.encode() in path.read_bytes()
    ]
    with opened.store.reading() as reader:
        for row in reader.rows("select table_name as name from duckdb_tables() where schema_name = 'main'"):
            items = reader.rows(f'select * from "{row["name"]}"')
            found += [f"table {row['name']}: {item}" for item in items if CANARY in repr(item)]
    return found


def test_the_doctor_names_the_place_of_a_key_and_not_the_key(tmp_path: Path) -> None:
    opened = workspace_of(tmp_path / "W", f'[[sources]]\nkind = "ringostat"\nname = "s"\n{SYSTEMS["ringostat"]}')
    (opened.home / "key").write_text(CANARY)
    assert CANARY not in repr(examine(opened.home))


def test_a_key_written_into_the_settings_by_mistake_is_not_shown_back(tmp_path: Path) -> None:
    with pytest.raises(QcwError) as caught:
        parse_settings(f'[[sources]]\nkind = "ringostat"\nname = "s"\nkey = "{CANARY}"\n', "qcw.toml")
    assert CANARY not in Translator("ru").error(caught.value) + repr(caught.value) + str(caught.value)
