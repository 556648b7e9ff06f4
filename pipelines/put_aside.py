"""Files that somebody uploaded and has not imported yet. They hold clients' phones, so they stay for a day at most."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Final

from qc_workbench.errors import WorkspaceError
from qc_workbench.workspace import Workspace

#: Seconds that a file waits for whoever uploaded it.
KEPT_S: Final = 86_400


def put_aside(workspace: Workspace, data: bytes, suffix: str) -> Path:
    """Keep a file under the hash of its bytes, readable by this user alone; those of yesterday go."""
    throw_away(workspace, older_than_s=KEPT_S)
    folder = _folder(workspace)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(data).hexdigest()[:24]}{suffix}"
    if not path.is_file() or path.stat().st_size != len(data):
        path.write_bytes(data)
        path.chmod(0o600)
    return path


def throw_away(workspace: Workspace, *, older_than_s: float = 0.0) -> int:
    """Remove what has waited longer; without a time everything, also what somebody is about to import.

    Raises :class:`WorkspaceError` ``removal_failed``.
    """
    count, folder = 0, _folder(workspace)
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            if time.time() - path.stat().st_mtime >= older_than_s:
                path.unlink()
                count += 1
        except FileNotFoundError:
            continue  # imported meanwhile
        except OSError as error:
            raise WorkspaceError("removal_failed", file=path.name, detail=error.strerror or str(error)) from error
    return count


def _folder(workspace: Workspace) -> Path:
    return workspace.home / "cache" / "incoming"
