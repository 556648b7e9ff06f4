"""qcw.toml changed by the program: whole or not at all, and only where nobody else has changed it meanwhile."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from filelock import FileLock

from qc_workbench.config import Settings, parse_settings
from qc_workbench.errors import SettingsError
from qc_workbench.workspace import Workspace

_LOCK_WAIT_S: Final = 10.0
#: Some editors put it before the text.
_MARK: Final = b"\xef\xbb\xbf"


def settings_text(workspace: Workspace) -> str:
    """qcw.toml as it stands."""
    return workspace.settings_file.read_bytes().removeprefix(_MARK).decode("utf-8")


def change_settings(workspace: Workspace, change: Callable[[str], str]) -> Settings:
    """Put ``change`` of the text in its place; the settings that hold then.

    What is written is read first: a text that is no good is never put down. The file keeps its mode, its byte order
    mark and, where it is a link, its place. Raises :class:`SettingsError`, also ``settings_unwritable``.
    """
    file = workspace.settings_file.resolve()
    with FileLock(workspace.store.locks / "settings.lock", timeout=_LOCK_WAIT_S):
        content = file.read_bytes()
        mark = _MARK if content.startswith(_MARK) else b""
        text = change(content.removeprefix(mark).decode("utf-8"))
        settings = parse_settings(text, str(workspace.settings_file))
        _replace(file, mark + text.encode("utf-8"))
    return settings


def _replace(file: Path, content: bytes) -> None:
    handle, name = -1, ""
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=".qcw-")
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        Path(name).chmod(file.stat().st_mode & 0o777)
        Path(name).replace(file)
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        detail = error.strerror or str(error)
        raise SettingsError("settings_unwritable", file=str(file), detail=detail) from error
