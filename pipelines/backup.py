"""Backups of a workspace while everything works, and the way back.

A backup is the database as of one moment (copied by its owner beside reads and writes), the settings, the secret
and the recordings that the copy refers to. It is written under another name, read back and compared, and only then
gets its own: whoever is killed, a file of that name is whole. Nothing is ever overwritten.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyarrow
from filelock import FileLock, Timeout

from pipelines.archive_format import (
    DATABASE,
    PIECE,
    SECRET,
    SETTINGS,
    ArchiveWriter,
    Manifest,
    Member,
    Sounds,
)
from pipelines.archive_keys import Keys, locked
from pipelines.progress import Progress
from pipelines.restore import verify_archive
from qc_workbench import __version__
from qc_workbench.errors import ArchiveError, UsageError, WorkspaceError
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.copying import CopyFacts, KeptSound, examine_copy
from qc_workbench.store.database import insert
from qc_workbench.ui.recordings import workspace_secret
from qc_workbench.workspace import Workspace

STEP: Final = "backup"
#: Where the copy of the database is made; only its owner may look into it.
_ASIDE: Final = ".backup"


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup holds. ``missing``: recordings that the database names and that were not there or had changed.
    ``verified``: read back and every part compared; an archive encrypted to others' keys can only be compared byte
    by byte with what was written. ``removed``: older backups that ``keep`` let go."""

    file: Path
    size_bytes: int
    sha256: str
    manifest: Manifest
    encrypted: bool
    verified: bool
    removed: tuple[Path, ...]


def backup(
    workspace: Workspace,
    target: Path,
    progress: Progress,
    *,
    keys: Keys | None = None,
    sounds: Sounds = Sounds.INSIDE,
    sounds_folder: Path | None = None,
    keep: int | None = None,
    by: str = "qcw",
) -> BackupReport:
    """Make a backup as the file ``target``, or as a dated file in it when it is a folder.

    ``sounds_folder``: recordings go there instead, each once for all backups. ``keep``: in a folder, only so many
    newest backups of this workspace stay. ``by``: who made it, for the audit log. Raises :class:`UsageError`
    ``backup_exists``, ``keep_needs_folder``, ``recordings_beside_plain``; :class:`ArchiveError` ``backup_busy``,
    ``backup_unwritable`` and what reading it back finds.
    """
    keys = keys or Keys()
    made_at = datetime.now(UTC)
    if sounds_folder is not None:
        sounds = Sounds.BESIDE
        if keys.locks:
            raise UsageError("recordings_beside_plain", folder=str(sounds_folder))
    if keep is not None and not target.is_dir():
        raise UsageError("keep_needs_folder", file=str(target))
    named = _dated(workspace, target, made_at, keys) if target.is_dir() else target
    with one_at_a_time(workspace):
        if named.exists():
            raise UsageError("backup_exists", file=str(named))
        part = named.with_name(f".{named.name}.part")
        try:
            _sweep(workspace, named.parent)
            manifest = _write(workspace, part, made_at, keys, sounds, sounds_folder, progress)
            sha256 = _sha256(part)
            checked = keys if not keys.recipients else None
            if checked is not None:
                verify_archive(part, checked, progress, sounds_folder=sounds_folder, shown=named)
            _name(part, named)
        except OSError as error:
            raise ArchiveError("backup_unwritable", file=str(named), detail=error.strerror or str(error)) from error
        finally:
            part.unlink(missing_ok=True)
            shutil.rmtree(workspace.home / _ASIDE, ignore_errors=True)
        removed = _let_go(workspace, named.parent, keep) if keep is not None else ()
        report = BackupReport(named, named.stat().st_size, sha256, manifest, keys.locks, checked is not None, removed)
        _remember(workspace, report, by)
    return report


@contextmanager
def one_at_a_time(workspace: Workspace) -> Iterator[None]:
    """Backups, retention and erasures wait for nobody: the second one is told that the first is at work.

    So no backup loses a recording half-way, and none is made from what is just being erased.
    """
    locks = workspace.home / ".locks"
    try:
        locks.mkdir(parents=True, exist_ok=True)
        lock = FileLock(locks / "safekeeping.lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise ArchiveError("backup_busy", home=str(workspace.home)) from error
    except OSError as error:
        detail = error.strerror or str(error)
        raise WorkspaceError("workspace_unwritable", home=str(workspace.home), detail=detail) from error
    try:
        yield
    finally:
        lock.release()


def _write(
    workspace: Workspace,
    part: Path,
    made_at: datetime,
    keys: Keys,
    sounds: Sounds,
    sounds_folder: Path | None,
    progress: Progress,
) -> Manifest:
    database, facts = _database_copy(workspace)
    wanted = () if sounds is Sounds.LEFT_OUT else facts.sounds
    progress.start(STEP, len(wanted) + 1)
    missing: list[str] = []
    beside: list[Member] = []
    with part.open("wb") as file, locked(file, keys) as stream:
        part.chmod(0o600)
        writer = ArchiveWriter(stream, made_at)
        writer.add(SETTINGS, workspace.settings_file)
        workspace_secret(workspace.home)  # made now if nobody has needed it: certificates are read with it
        writer.add(SECRET, workspace.home / SECRET)
        writer.add(DATABASE, database)
        progress.advance(1)
        for sound in wanted:
            path = workspace.media_path(sound.path)
            if not _is_sound(path, sound):
                missing.append(sound.path)
            elif sounds_folder is not None:
                beside.append(_put_beside(sounds_folder, path, sound))
            elif writer.add(sound.path, path).sha256 != sound.content_hash:
                missing.append(sound.path)
            progress.advance(1, sound.content_hash[:8])
        manifest = Manifest(
            made_at=made_at,
            program_version=__version__,
            schema_version=facts.schema_version,
            tables=facts.tables,
            sounds=sounds,
            members=tuple(writer.members),
            beside=tuple(beside),
            missing=tuple(missing),
        )
        writer.finish(manifest)
    with part.open("rb+") as written:
        os.fsync(written.fileno())
    progress.finish()
    return manifest


def _database_copy(workspace: Workspace) -> tuple[Path, CopyFacts]:
    """The database as of now, opened once to see that it is sound, and compressed."""
    aside = workspace.home / _ASIDE
    shutil.rmtree(aside, ignore_errors=True)  # of a backup that was killed
    aside.mkdir(mode=0o700)
    copy = aside / "qcw.duckdb"
    workspace.store.backup(copy)
    facts = examine_copy(copy)
    packed = aside / DATABASE
    with copy.open("rb") as source, pyarrow.output_stream(str(packed), compression="zstd") as out:
        shutil.copyfileobj(source, out, PIECE)
    copy.unlink()
    return packed, facts


def _is_sound(path: Path, sound: KeptSound) -> bool:
    try:
        return path.is_file() and (sound.size_bytes is None or path.stat().st_size == sound.size_bytes)
    except OSError:
        return False


def _put_beside(folder: Path, path: Path, sound: KeptSound) -> Member:
    """The recording in the shared folder, copied unless it is there. Its name is its sha256, so it never changes."""
    place = folder / sound.path
    if not (place.is_file() and place.stat().st_size == path.stat().st_size):
        place.parent.mkdir(parents=True, exist_ok=True)
        half = place.with_name(f".{place.name}.part")
        with path.open("rb") as source, half.open("wb") as copy:
            shutil.copyfileobj(source, copy, PIECE)
            copy.flush()
            os.fsync(copy.fileno())
        half.replace(place)
    return Member(sound.path, place.stat().st_size, sound.content_hash)


def _name(part: Path, named: Path) -> None:
    """Give the finished file its name, unless somebody has taken it meanwhile."""
    try:
        os.link(part, named)
    except FileExistsError as error:
        raise UsageError("backup_exists", file=str(named)) from error
    except OSError:  # a file system without hard links
        if named.exists():
            raise UsageError("backup_exists", file=str(named)) from None
        part.rename(named)
    if os.name != "nt":
        handle = os.open(named.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# Dated files in a folder -----------------------------------------------------


def _prefix(workspace: Workspace) -> str:
    return "qcw-" + (re.sub(r"[^\w.-]+", "_", workspace.home.name) or "workspace")


def _dated(workspace: Workspace, folder: Path, made_at: datetime, keys: Keys) -> Path:
    ending = ".tar.age" if keys.recipients else ".tar"
    return folder / f"{_prefix(workspace)}-{made_at:%Y%m%dT%H%M%SZ}{ending}"


def _let_go(workspace: Workspace, folder: Path, keep: int) -> tuple[Path, ...]:
    """Remove all but the newest ``keep`` dated backups of this workspace."""
    pattern = re.compile(re.escape(_prefix(workspace)) + r"-(\d{8}T\d{6}Z)\.tar(\.age)?")
    found = sorted(
        ((match[1], item) for item in folder.iterdir() if (match := pattern.fullmatch(item.name))), reverse=True
    )
    removed = []
    for _, item in found[max(keep, 1) :]:
        item.unlink(missing_ok=True)
        removed.append(item)
    return tuple(removed)


def _sweep(workspace: Workspace, folder: Path) -> None:
    """Remove what killed backups of this workspace left in the folder; only one is made at a time."""
    for leftover in folder.glob(f".{_prefix(workspace)}-*.part"):
        leftover.unlink(missing_ok=True)


# What was made ---------------------------------------------------------------


def _remember(workspace: Workspace, report: BackupReport, by: str) -> None:
    """So that an erasure can name the backups that still hold a person."""
    manifest = report.manifest
    row = {
        "made_at": manifest.made_at,
        "place": str(report.file.resolve()),
        "size_bytes": report.size_bytes,
        "sha256": report.sha256,
        "encrypted": report.encrypted,
        "recordings": manifest.sounds.value,
        "calls": manifest.tables.get("calls", 0),
    }
    workspace.store.write(
        insert("backups", row),
        audit_entry(
            manifest.made_at, by, "backup_made", report.file.name,
            size_bytes=report.size_bytes, sha256=report.sha256, encrypted=report.encrypted,
        ),
    )  # fmt: skip
