"""Workspaces that take webhooks, a real server for them, and webhooks as vendors send and sign them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware

from pipelines.progress import Silent
from pipelines.sync import sync_source
from qc_workbench.domain.webhooks import About, Hint, Receipt
from qc_workbench.sources.wire import Clock
from qc_workbench.ui import webhook_routes
from qc_workbench.ui.state import HOME_VARIABLE
from qc_workbench.ui.traffic import Traffic
from qc_workbench.workspace import Workspace
from tests.import_cases import new_workspace

KYIV = ZoneInfo("Europe/Kyiv")
NOW = datetime.now(UTC).replace(microsecond=0)
DOCUMENTED = Path(__file__).parent / "stand_ins" / "documented"
TOKEN = "a-secret-place-that-nobody-guesses"
COMPANY = '[company]\ntimezone = "Europe/Kyiv"\nphone_region = "UA"\n'
#: Keys of a source by its kind, beside its name and the secret place.
KEYS = {
    "ringostat": 'key = "file:key"',
    "binotel": 'key = "file:key"\nsecret = "file:secret"',
    "mango": 'key = "file:key"\nsecret = "file:secret"',
    "uis": 'key = "file:key"',
    "novofon2": 'key = "file:key"',
    "zadarma": 'key = "file:key"\nsecret = "file:secret"',
    "novofon": 'key = "file:key"\nsecret = "file:secret"',
    "twilio": 'account = "AC00000000000000000000000000000000"\ntoken = "file:secret"',
    "pipedrive": 'key = "file:key"',
    "amocrm": 'token = "file:key"',
    "bitrix24": 'webhook = "file:key"',
    "bitrix24_calls": 'webhook = "file:key"',
}
#: Kinds whose key is their address.
_BY_KEY = ("bitrix24", "bitrix24_calls")
SECRET = "stand-in-secret"


def source(kind: str, name: str, address: str = "http://127.0.0.1:1", more: str = "") -> str:
    place = "" if kind in _BY_KEY else f'address = "{address}"\n'
    return (
        f'[[sources]]\nkind = "{kind}"\nname = "{name}"\n{KEYS[kind]}\n{place}webhook_secret = "file:place"\n{more}\n'
    )


def workspace(home: Path, *sources: str, more: str = "") -> Workspace:
    """``more``: settings before the sources."""
    made = new_workspace(home, COMPANY + more + "\n".join(sources))
    (home / "key").write_text("stand-in-key")
    (home / "secret").write_text(SECRET)
    (home / "place").write_text(TOKEN)
    return made


#: The moments of the fixtures.
_THEN = ("2026-03-02", "2026-03-01", "2026-03-05", "2026-03-11")


def documented(name: str) -> Any:
    """What a fixture says that is sent, as if it happened now."""
    text = (DOCUMENTED / f"{name}.json").read_text(encoding="utf-8")
    now = datetime.now(UTC)
    for day in _THEN:
        text = text.replace(day, f"{now:%Y-%m-%d}")
    text = text.replace("Mon, 02 Mar 2026 08:15:13 +0000", format_datetime(now))
    text = re.sub(r"\b177\d{7}\b", str(int(now.timestamp())), text)
    return json.loads(text)["payload"]


def address(base: str, name: str, tail: str = "") -> str:
    return f"{base}/webhooks/{name}/{TOKEN}{tail}"


def server() -> uvicorn.Server:
    """The routes alone, behind the middleware that writes the log."""
    app = Starlette(routes=webhook_routes.routes(), middleware=[Middleware(Traffic)])
    return uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))


@contextmanager
def serving_webhooks(home: Path, monkeypatch: Any) -> Iterator[str]:
    """The address of a real server in a thread."""
    monkeypatch.setenv(HOME_VARIABLE, str(home))
    made = server()
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=made.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        while not made.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            made.should_exit = True
            thread.join()


@dataclass(frozen=True)
class Alone:
    base: str
    process: subprocess.Popen[bytes]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def alone(home: Path) -> Iterator[Alone]:
    """A real server in a process of its own, which may be killed. It follows nothing by itself."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        code = (
            "import socket; from tests.webhook_cases import server; from qc_workbench.ui import webhook_follower; "
            f"webhook_follower.GATHERED_FOR_S = 3600; server().run(sockets=[socket.socket(fileno={bound.fileno()})])"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", code], pass_fds=[bound.fileno()], env={**os.environ, HOME_VARIABLE: str(home)}
        )
        try:
            yield Alone(f"http://127.0.0.1:{bound.getsockname()[1]}", process)
        finally:
            process.kill()
            process.wait()


def mango_form(told: Mapping[str, Any], key: str = "stand-in-key", salt: str = SECRET) -> dict[str, str]:
    text = json.dumps(told)
    return {
        "vpbx_api_key": key, "json": text, "sign": hashlib.sha256((key + text + salt).encode()).hexdigest(),
    }  # fmt: skip


def zadarma_sign(text: str, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha1).digest()).decode()


def twilio_sign(url: str, form: Mapping[str, str], token: str = SECRET) -> str:
    told = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), told.encode(), hashlib.sha1).digest()).decode()


def wall(ago: timedelta) -> datetime:
    return (NOW - ago).astimezone(KYIV).replace(tzinfo=None)


def rows(opened: Workspace, sql: str) -> Sequence[Mapping[str, Any]]:
    with opened.store.reading() as reader:
        return reader.rows(sql)


def calls(opened: Workspace) -> Sequence[Mapping[str, Any]]:
    return rows(opened, "select * exclude (imported_at) from calls order by call_id")


def hint(number: int, ago: timedelta, received_ago: timedelta | None = None, of: str = "r") -> Receipt:
    """As a webhook of a call that began ``ago`` leaves it."""
    told = Hint(About.CALL, "call", f"ua3-{number}", NOW - ago)
    return Receipt(f"{of}-{number}", of, told, NOW - (ago if received_ago is None else received_ago))


def poll(opened: Workspace, clock: Clock) -> None:
    (settings_of_source,) = opened.settings.sources
    assert settings_of_source.kind == "ringostat"
    sync_source(opened, settings_of_source, Silent(), clock=clock)
