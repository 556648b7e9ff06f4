"""One process that serves the pages, the recordings (with ranges, so that a player may seek) and a health check."""

from __future__ import annotations

import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route
from streamlit import config
from streamlit import logger as streamlit_logger

from qc_workbench import __version__, logs
from qc_workbench.config import Settings, load_settings
from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Recording
from qc_workbench.errors import QcwError
from qc_workbench.logs import event
from qc_workbench.store.browsing import recording_with_hash
from qc_workbench.store.calls import audit_entry, call
from qc_workbench.ui import (
    calendar_route,
    clips,
    desk_routes,
    doorway,
    evaluation_api,
    gate,
    operations,
    warming,
    webhook_routes,
)
from qc_workbench.ui.frame import page_html
from qc_workbench.ui.headers import Headers
from qc_workbench.ui.http import once_a_day, sound_answer
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.navigation import ROOMS
from qc_workbench.ui.recordings import Grant, check_grant, hidden_sound, may_hear_original, playable
from qc_workbench.ui.refused import note_refusal
from qc_workbench.ui.single_sign_on import secrets_file
from qc_workbench.ui.state import HOME_VARIABLE, default_home, language, open_workspace, workspace_or_error
from qc_workbench.ui.traffic import Traffic
from qc_workbench.work.recordings import WORKER
from qc_workbench.workspace import Workspace

#: The script Streamlit runs for every page. Not beside ``pages/``: Streamlit takes a folder of that
#: name next to its script for an old-style app.
SCRIPT = Path(__file__).parent / "entry" / "script.py"

#: Options that must hold however the app was started. Nothing may call out; errors of the program go
#: to the log, a person reads a sentence.
OPTIONS: dict[str, Any] = {
    "browser.gatherUsageStats": False,
    # A table's own download button would pass by who may export, and by the audit log.
    "client.disableDataExport": True,
    "client.showErrorDetails": "type",
    "client.toolbarMode": "minimal",
    "server.headless": True,
    "server.fileWatcherType": "none",
    **gate.OPTIONS,
    "theme.primaryColor": "#1f5fbf",
    "theme.baseRadius": "small",
    "theme.baseFontSize": 15,
    "theme.headingFontSizes": ["1.7rem", "1.2rem", "1.1rem", "1rem", "1rem", "0.9rem"],
    "theme.metricValueFontSize": "1.7rem",
    "theme.light.textColor": "#1c2430",
    "theme.light.secondaryBackgroundColor": "#f3f5f8",
    "theme.light.borderColor": "#d5dbe3",
    "theme.dark.primaryColor": "#3573d2",
    "theme.dark.linkColor": "#8ab8ff",
    "theme.dark.backgroundColor": "#12161c",
    "theme.dark.secondaryBackgroundColor": "#1b212a",
    "theme.dark.textColor": "#e6eaf0",
    "theme.dark.borderColor": "#364150",
}


def create_app(home: Path | Workspace | None = None) -> st.App:
    """The ASGI application of one workspace; without ``home`` that of ``QCW_HOME`` or ``./workspace``.

    One application a process: Streamlit's settings and the script's environment are the process's own.
    """
    if home is not None:
        os.environ[HOME_VARIABLE] = str(home.home if isinstance(home, Workspace) else home)
    return st.App(SCRIPT, **parts())


def parts() -> dict[str, Any]:
    """What an application is made of beside its script; also sets the options that every way of starting needs."""
    for name, value in OPTIONS.items():
        config.set_option(name, value)
    # The provider of single sign-on is the workspace's; Streamlit's own places are not looked at.
    config.set_option("secrets.files", [str(secrets_file(default_home()))])
    return {
        "routes": routes(),
        "middleware": [Middleware(Traffic), Middleware(Headers), Middleware(gate.Gate)],
        "on_script_error": _say_mistake,
    }


def _say_mistake(error: Exception) -> bool:
    """A mistake of the program: the log gets all of it, the reader a sentence (and no links to outside)."""
    event("page.broken", logging.ERROR, exception=error)
    opened = workspace_or_error()
    t = Translator(language(None if isinstance(opened, QcwError) else opened))
    st.error(t("app.mistake", kind=type(error).__name__))
    return True


def routes() -> list[BaseRoute]:
    """Our own addresses beside Streamlit's."""
    return [
        *operations.routes(),
        *doorway.routes(),
        *evaluation_api.routes(),
        *clips.routes(),
        *(Route(f"/{room}", _page) for room in ("", *ROOMS)),
        *desk_routes.routes(),
        *webhook_routes.routes(),
        *calendar_route.routes(),
        Route("/recordings/{content_hash}", _recording),
        Route("/recordings/{content_hash}/played", _played, methods=["POST"]),
    ]


def serve(home: Path | Workspace, host: str = "127.0.0.1", port: int = 8501) -> None:
    """Serve until stopped. Reachable from this machine only unless ``host`` says otherwise."""
    app = create_app(home)
    settings = _start_log(default_home())
    event("serve.started", host=host, port=port, home=default_home(), version=__version__)
    warming.begin()
    uvicorn.run(app, host=host, port=port, **listening(settings))
    event("serve.ended")


def listening(settings: Settings) -> dict[str, Any]:
    """How the server listens. Requests are logged by Traffic, without their addresses; log_config None leaves
    uvicorn's own words to our log."""
    return {
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "forwarded_allow_ips": list(settings.serve.trusted_proxies),
        "timeout_graceful_shutdown": 3,
    }


def _start_log(home: Path) -> Settings:
    """The settings too: the defaults where they can't be read, for the mistake is said on the page."""
    try:
        settings = load_settings(home / "qcw.toml")
    except QcwError:
        settings = Settings()
    logs.start(home, settings.logs, "serve", stderr=sys.stderr)
    # Streamlit gives each of its loggers, also those it makes later, a handler that prints its words.
    streamlit_logger.setup_formatter = _leave_to_our_log
    streamlit_logger.update_formatter()
    return settings


def _leave_to_our_log(logger: logging.Logger) -> None:
    logger.handlers.clear()
    logger.propagate = True


def _granted(request: Request) -> tuple[Workspace, Grant, Recording, bool] | None:
    """What the signed address stands for, and who may hear it now. The file comes from the store, never the address.

    A person's address works with their own session only, as long as they may hear the agent's calls; a worker of
    a cluster has no session, and gets what it decodes. Last: whether secrets in it are to be heard, because the address
    asks for it and the person has a role that the settings allow that.
    """
    workspace = open_workspace(default_home())
    query = request.query_params
    grant = check_grant(
        workspace.home,
        request.path_params["content_hash"],
        query.get("call", ""),
        query.get("who", ""),
        query.get("until", ""),
        query.get("sign", ""),
    )
    if grant is None:
        return None
    with workspace.store.reading() as reader:
        recording = recording_with_hash(reader, grant.content_hash, grant.call_id)
        heard = call(reader, grant.call_id) if grant.who != WORKER else None
    original = query.get("original") == "1"
    if grant.who != WORKER:
        found = doorway.signed_in(request)
        if found is None or heard is None:
            return None
        original = original and may_hear_original(workspace, found[1])
        viewer = found[1]
        if viewer.person_id != grant.who or not viewer.may(Action.HEAR_CALL, heard.manager_id):
            note_refusal(workspace, viewer, "recording", grant.call_id)
            return None
    return (workspace, grant, recording, original) if recording else None


# These run in a thread (they are not async): reading the store or converting a file must not hold up others.
def _recording(request: Request) -> Response:
    def find() -> tuple[Path, str] | None:
        granted = _granted(request)
        if granted is None:
            return None
        workspace, grant, recording, original = granted
        if grant.who != WORKER:
            with workspace.store.reading() as reader:
                hidden = () if original else hidden_sound(workspace, reader, grant.content_hash)
            found = playable(workspace, recording, hidden)
            if request.method == "GET":
                _note_sent(request, workspace, grant)
                if original:
                    key = once_a_day("original", grant.who, grant.call_id, grant.content_hash)
                    _note(request, workspace, grant, "original_heard", key)
            return found
        path = workspace.media_path(recording.path or "")  # a worker checks the content against the hash
        if not path.is_file():
            raise FileNotFoundError(path)
        return path, "application/octet-stream"

    # A short time: what a browser keeps may turn out to hold a secret.
    return sound_answer(find, "private, max-age=300")


def _played(request: Request) -> Response:
    """A person pressed play: who and which call goes to the audit log."""
    try:
        granted = _granted(request)
        if granted is None:
            return Response(status_code=403)
        workspace, grant = granted[:2]
        _note(request, workspace, grant, "recording_played")
    except QcwError:
        return Response(status_code=503)
    return Response(status_code=204)


def _note_sent(request: Request, workspace: Workspace, grant: Grant) -> None:
    """Players ask for ranges: whoever asks for the whole file takes it away.

    That ranges were sent is noted too, once a day: whether play was pressed is told by the page, and somebody may ask
    without one.
    """
    if "range" not in request.headers:
        _note(request, workspace, grant, "recording_exported")
    else:
        _note(
            request,
            workspace,
            grant,
            "recording_sent",
            once_a_day("sent", grant.who, grant.call_id, grant.content_hash),
        )


def _note(request: Request, workspace: Workspace, grant: Grant, action: str, key: str | None = None) -> None:
    """A line of the audit log: who did what with which call's recording. ``key``: of a line that is written once."""
    found = doorway.signed_in(request)
    who = found[1].name if found else grant.who
    line = audit_entry(datetime.now(UTC), who, action, grant.call_id, content_hash=grant.content_hash)
    workspace.store.write(line, key=key)


def _page(request: Request) -> Response:
    """A room opened by its address, for whoever is logged in; without a room, the first that is theirs."""
    try:
        elsewhere = doorway.entrance(request)
    except QcwError:
        elsewhere = None  # the page says what is wrong with the workspace
    return elsewhere or HTMLResponse(page_html(), headers={"cache-control": "no-cache"})
