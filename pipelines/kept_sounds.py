"""Recordings taken into the workspace: copied once per content, under the hash of what they hold."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from qc_workbench.domain.call import RecordingState
from qc_workbench.errors import WorkspaceError
from qc_workbench.sources.plain_files import open_plain, pieces
from qc_workbench.sources.recording_files import SoundFile
from qc_workbench.work.decoding import probe
from qc_workbench.workspace import Workspace

#: Copies that a killed import left behind are swept after this long.
LEFTOVER_AGE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Kept:
    """A file examined and, when there is sound in it, kept at ``path`` (relative to the workspace)."""

    sound: SoundFile
    path: str | None
    is_new: bool


def keep(workspace: Workspace, source: Path) -> Kept:
    """Examine a file and take its sound in.

    The file is first copied aside and examined there, so that what was measured is what is kept even if the original
    still grows, and no further than it reached when it was opened; a rename makes it visible, so nobody ever meets
    half a recording.
    Raises :class:`WorkspaceError` ``workspace_unwritable``; a source that cannot be read comes back as MISSING.
    """
    try:
        looked = probe(source)
    except OSError:
        return Kept(SoundFile(RecordingState.MISSING, "unreadable"), None, is_new=False)
    if looked.state is not RecordingState.READY:
        return Kept(looked, None, is_new=False)
    aside: Path | None = None
    try:
        incoming = workspace.media / ".incoming"
        incoming.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=incoming)
        aside = Path(name)
        digest = hashlib.sha256()
        with open_plain(source) as original, os.fdopen(handle, "wb") as copy:
            for piece in pieces(original):
                digest.update(piece)
                copy.write(piece)
        sound = looked if aside.stat().st_size == looked.size_bytes else probe(aside)
        content_hash = digest.hexdigest()
        target = workspace.media / content_hash[:2] / f"{content_hash}.{sound.container}"
        is_new = not (target.exists() and target.stat().st_size == sound.size_bytes)
        if is_new:
            target.parent.mkdir(exist_ok=True)
            aside.replace(target)
        relative = target.relative_to(workspace.home).as_posix()
        return Kept(replace(sound, content_hash=content_hash), relative, is_new)
    except OSError as error:
        detail = error.strerror or str(error)
        raise WorkspaceError("workspace_unwritable", home=str(workspace.home), detail=detail) from error
    finally:
        if aside is not None:
            aside.unlink(missing_ok=True)


def sweep_leftovers(workspace: Workspace) -> None:
    """Remove copies that an import killed long ago left aside."""
    incoming = workspace.media / ".incoming"
    if not incoming.is_dir():
        return
    for leftover in incoming.iterdir():
        try:
            if time.time() - leftover.stat().st_mtime > LEFTOVER_AGE_S:
                leftover.unlink()
        except OSError:
            continue  # another import has just finished with it
