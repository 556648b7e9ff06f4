"""Backups read back: looked through from the first byte to the last, or made into a workspace again."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow

from pipelines.archive_format import DATABASE, PIECE, SECRET, Manifest, Member, Sounds, read_archive
from pipelines.archive_keys import Keys, is_encrypted, unlocked
from pipelines.progress import Progress
from qc_workbench.errors import ArchiveError, StoreTooNew, UsageError
from qc_workbench.store.copying import examine_copy
from qc_workbench.store.schema import newest

STEP: Final = "restore"
#: Name of the database in a workspace.
_DATABASE_FILE: Final = "qcw.duckdb"
#: A database packs some 3 to 20 times smaller. Beyond this ratio, and this size, it was made to fill a disk.
_MOST_TIMES_SMALLER: Final = 200
_HARMLESS_BYTES: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """A backup that was read to its end and found whole."""

    file: Path
    size_bytes: int
    manifest: Manifest
    encrypted: bool


def verify_archive(
    file: Path, keys: Keys, progress: Progress, *, sounds_folder: Path | None = None, shown: Path | None = None
) -> ArchiveReport:
    """Read a whole backup: every part has the sha256 of its list, the database opens and its rows can be read.

    ``sounds_folder``: where recordings kept beside the archive are; they are looked through too. ``shown``: the
    name that errors say. Raises :class:`ArchiveError` (``backup_…``) and :class:`StoreTooNew`.
    """
    with tempfile.TemporaryDirectory(prefix="qcw-verify-") as aside:
        place = Path(aside) / DATABASE
        manifest = _read(file, keys, lambda name: place if name == DATABASE else None, progress, shown or file)
        _open_database(place, Path(aside) / _DATABASE_FILE, manifest, shown or file)
    if manifest.beside and sounds_folder is not None:
        _look_beside(sounds_folder, manifest, shown or file)
    return ArchiveReport(shown or file, file.stat().st_size, manifest, is_encrypted(file))


def restore(
    file: Path, home: Path, keys: Keys, progress: Progress, *, sounds_folder: Path | None = None
) -> ArchiveReport:
    """Make a workspace from a backup. ``home`` must not be there, or be an empty folder.

    It appears when everything was read, compared and synced; before that there is nothing of that name. Raises
    :class:`UsageError` ``restore_not_empty``, ``restore_needs_recordings``; :class:`ArchiveError`
    ``restore_unwritable`` and what :func:`verify_archive` raises.
    """
    home = home.expanduser().absolute()
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise UsageError("restore_not_empty", folder=str(home))
    aside = home.with_name(f".{home.name}.restoring")
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(aside, ignore_errors=True)  # of a restore that was killed
        aside.mkdir(mode=0o700)
        manifest = _read(file, keys, lambda name: aside / name, progress, file)
        if (aside / SECRET).exists():
            (aside / SECRET).chmod(0o600)  # whoever reads it can sign addresses of recordings
        _open_database(aside / DATABASE, aside / _DATABASE_FILE, manifest, file)
        (aside / DATABASE).unlink()
        if manifest.sounds is Sounds.BESIDE and manifest.beside:
            if sounds_folder is None:
                raise UsageError("restore_needs_recordings", file=str(file), n=len(manifest.beside))
            _look_beside(sounds_folder, manifest, file)
            for item in manifest.beside:
                (aside / item.name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(sounds_folder / item.name, aside / item.name)
        (aside / "media").mkdir(exist_ok=True)
        _to_disk(aside)
        if home.exists():
            home.rmdir()
        aside.rename(home)
    except OSError as error:
        raise ArchiveError("restore_unwritable", folder=str(home), detail=error.strerror or str(error)) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return ArchiveReport(file, file.stat().st_size, manifest, is_encrypted(file))


def _read(file: Path, keys: Keys, place_of: Callable[[str], Path | None], progress: Progress, shown: Path) -> Manifest:
    progress.start(STEP, 0)
    with unlocked(file, keys) as stream:
        manifest = read_archive(stream, shown, place_of, lambda _: progress.advance(1))
    progress.finish()
    known = newest()
    if manifest.schema_version > known:
        raise StoreTooNew("store_too_new", file=str(shown), found=manifest.schema_version, known=known)
    return manifest


def _open_database(packed: Path, database: Path, manifest: Manifest, shown: Path) -> None:
    """Unpack the database and compare its tables with the list."""
    try:
        with pyarrow.input_stream(str(packed), compression="zstd") as source, database.open("xb") as out:
            most = max(_HARMLESS_BYTES, packed.stat().st_size * _MOST_TIMES_SMALLER)
            while piece := source.read(PIECE):
                out.write(piece)
                if out.tell() > most:  # it would fill the disk
                    raise ArchiveError("backup_damaged", file=str(shown), where=DATABASE)
        facts = examine_copy(database)
    except (duckdb.Error, pyarrow.ArrowException) as error:
        raise ArchiveError("backup_damaged", file=str(shown), where=DATABASE) from error
    if dict(facts.tables) != dict(manifest.tables) or facts.schema_version != manifest.schema_version:
        raise ArchiveError("backup_damaged", file=str(shown), where=DATABASE)


def _look_beside(folder: Path, manifest: Manifest, shown: Path) -> None:
    for item in manifest.beside:
        if not _is_same(folder / item.name, item):
            raise ArchiveError("backup_beside_missing", file=str(shown), folder=str(folder), recording=item.name)


def _is_same(path: Path, item: Member) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == item.sha256
    except OSError:
        return False


def _to_disk(folder: Path) -> None:
    for place, _, names in os.walk(folder):
        for name in names:
            with (Path(place) / name).open("rb+") as file:
                os.fsync(file.fileno())
