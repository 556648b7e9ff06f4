"""What a page knows when it is drawn: the workspace, the language, who is looking, the time.

The one place that touches ``st.session_state``; pages get a :class:`Room`.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import streamlit as st

from pipelines.note_settings import note_settings
from qc_workbench.domain.call import Call, Recording
from qc_workbench.errors import QcwError, UsageError
from qc_workbench.ui.accounts import cookie_name, viewer_of
from qc_workbench.ui.i18n import LANGUAGES, Translator
from qc_workbench.ui.recordings import recording_address
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.said import Reading, reading
from qc_workbench.workspace import Workspace

HOME_VARIABLE = "QCW_HOME"
LANGUAGE_KEY = "qcw_language"
#: Where a session's secret is looked for beside the cookie: tests of single pages have no browser. Set by the server
#: alone: what a browser sends reaches ``session_state`` only through widgets.
TOKEN_KEY = "qcw_token"  # noqa: S105 - the name of a place, no secret


@dataclass(frozen=True)
class Room:
    """Everything a page needs."""

    workspace: Workspace
    t: Translator
    viewer: Viewer
    now: datetime

    @property
    def who(self) -> str:
        """Name of the person at the screen."""
        return self.viewer.name

    def address(self, recording: Recording | None) -> str | None:
        """Where the player loads this recording from, or None."""
        return recording_address(self.workspace, recording, self.viewer.person_id, self.now) if recording else None

    def reading(self, call: Call) -> Reading:
        """How the person at the screen reads what was said in a call."""
        return reading(self.workspace, self.viewer, call.manager_id, call.client_phone)


def default_home() -> Path:
    return Path(os.environ.get(HOME_VARIABLE) or "workspace").expanduser().resolve()


def open_workspace(home: Path) -> Workspace:
    """The workspace, opened once for each state of its settings file, whose changes are noted. Holds no open file."""
    try:
        stamp = (home / "qcw.toml").stat().st_mtime_ns
    except OSError:
        stamp = 0
    return _opened(home, stamp)


@lru_cache(maxsize=8)
def _opened(home: Path, _stamp: int) -> Workspace:
    workspace = Workspace.open(home)
    with suppress(QcwError):  # what is wrong with the settings is said by whoever reads them
        note_settings(workspace, "app", datetime.now(UTC))
    return workspace


def language(workspace: Workspace | None) -> str:
    """The language chosen on the page; else of the address (``?lang=en``), the browser, the settings."""
    chosen = st.session_state.get(LANGUAGE_KEY)
    if chosen in LANGUAGES:
        return str(chosen)
    asked = st.query_params.get("lang")
    if asked in LANGUAGES:
        return str(asked)
    browser = (st.context.locale or "")[:2].lower()
    if browser in LANGUAGES:
        return browser
    return workspace.settings.company.language if workspace else "ru"


def enter() -> Room:
    """The room of the page being drawn, which :func:`qc_workbench.ui.main.main` let this person into.

    Raises :class:`UsageError` ``session_ended`` where nobody is logged in: no page draws anything for nobody.
    """
    workspace = open_workspace(default_home())
    now, zone = datetime.now(UTC), workspace.settings.company.zone
    translator = Translator(language(workspace), zone, now.astimezone(zone).date())
    viewer = viewer_of(workspace, token(workspace), now, is_sign=False)  # the gate notes signs of life
    if viewer is None:
        raise UsageError("session_ended")
    return Room(workspace, translator, viewer, now)


def token(workspace: Workspace) -> str:
    """The secret of this browser's session, "" without one."""
    kept = st.session_state.get(TOKEN_KEY) or st.context.cookies.get(cookie_name(workspace.home))
    return str(kept or "")


def remembered(key: str) -> str | None:
    """A small thing a page remembers between two runs (which case is open …)."""
    value = st.session_state.get(f"qcw_page_{key}")
    return None if value is None else str(value)


def remember(key: str, value: str | None) -> None:
    st.session_state[f"qcw_page_{key}"] = value


def put_in_address(names: Collection[str], said: Mapping[str, str]) -> None:
    """Write ``said`` in the place of these names of the address; others stay.

    In one go, and only where it differs: each change is a step that the browser's "back" takes."""
    address = st.query_params.to_dict()
    others = {name: value for name, value in address.items() if name not in names}
    wanted = {**others, **said}
    if wanted != address:
        st.query_params.from_dict(wanted)


def triggered(key: str, name: str) -> str | None:
    """What a component of ours has just asked for under this name; in its callback, before the page is drawn."""
    value = st.session_state.get(key, {}).get(name)
    return None if value is None else str(value)


def workspace_or_error() -> Workspace | QcwError:
    try:
        workspace = open_workspace(default_home())
        workspace.settings  # noqa: B018 - reads qcw.toml, so that a mistake in it shows here
    except QcwError as error:
        return error
    return workspace
