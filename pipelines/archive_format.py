"""What a backup file holds: a tar with the database, the settings, the recordings and, last, the list of them all.

``tar -x`` opens it: ``qcw.duckdb.zst`` (``zstd -d``), ``qcw.toml``, ``.secret`` (of certificates and
hashes suppressed phones), ``media/…`` (sound doesn't compress, so it is stored as it is) and ``manifest.json`` with
the sha256 of every other member. The list stands last: an archive that breaks off has none, and is never taken for
whole.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, Final

from qc_workbench.errors import ArchiveError
from qc_workbench.sources.problems import shown

FORMAT: Final = "qc-workbench-backup/1"
MANIFEST: Final = "manifest.json"
DATABASE: Final = "qcw.duckdb.zst"
SETTINGS: Final = "qcw.toml"
SECRET: Final = ".secret"  # noqa: S105 - the name of a file
#: Everything an archive may hold; nothing else is ever written to disk.
_ALLOWED: Final = re.compile(
    rf"{re.escape(MANIFEST)}|{re.escape(DATABASE)}|{re.escape(SETTINGS)}|{re.escape(SECRET)}"
    r"|media(?:/[\w-][\w.-]{0,99}){1,4}"  # no part of a path begins with a dot
)
#: Bytes read at a time.
PIECE: Final = 1 << 20
#: Largest list of members that is read (some 80 bytes a recording): refuses a crafted file before it fills the memory.
MANIFEST_LIMIT: Final = 2 << 30


class Sounds(StrEnum):
    """Where the recordings of a backup are (``backup.sounds.<code>``)."""

    INSIDE = "inside"
    BESIDE = "beside"  # in a folder of their own, shared by several backups
    LEFT_OUT = "left_out"


@dataclass(frozen=True, slots=True)
class Member:
    name: str
    size_bytes: int
    sha256: str

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):  # as a stranger's list may have it
            raise TypeError("a name that is no text")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The list of an archive. ``tables``: rows by table. ``beside``: recordings kept outside the archive.
    ``missing``: recordings that the database names and the workspace did not have, or had changed."""

    made_at: datetime
    program_version: str
    schema_version: int
    tables: Mapping[str, int]
    sounds: Sounds
    members: tuple[Member, ...]
    beside: tuple[Member, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def recordings(self) -> tuple[Member, ...]:
        return self.beside or tuple(item for item in self.members if item.name.startswith("media/"))

    def as_json(self) -> bytes:
        data = {"format": FORMAT, **asdict(self), "made_at": self.made_at.isoformat(), "sounds": self.sounds.value}
        return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"

    @classmethod
    def from_json(cls, text: bytes) -> Manifest:
        """Raises ``ValueError``, ``KeyError`` or ``TypeError`` for anything else."""
        data: dict[str, Any] = json.loads(text)
        if data.pop("format") != FORMAT:
            raise ValueError("another format")
        return cls(
            made_at=datetime.fromisoformat(data["made_at"]),
            program_version=str(data["program_version"]),
            schema_version=int(data["schema_version"]),
            tables={str(name): int(count) for name, count in data["tables"].items()},
            sounds=Sounds(data["sounds"]),
            members=tuple(Member(**item) for item in data["members"]),
            beside=tuple(_recording(Member(**item)) for item in data["beside"]),
            missing=tuple(data["missing"]),
        )


class ArchiveWriter:
    """Writes members one after another into a stream that need not be seekable."""

    def __init__(self, stream: IO[bytes], made_at: datetime) -> None:
        # Not the mode for streams ("w|"): left unfinished after an error, it writes once more when it is collected.
        self._tar = tarfile.TarFile(fileobj=_Counted(stream), mode="w", format=tarfile.PAX_FORMAT)  # type: ignore[arg-type]
        self._made_at = made_at
        self.members: list[Member] = []

    def add(self, name: str, path: Path) -> Member:
        """A file as it is now; raises ``OSError`` when it shrinks meanwhile."""
        with path.open("rb") as file:
            size = path.stat().st_size
            hashing = _Hashing(file)
            self._tar.addfile(self._header(name, size), hashing)
        member = Member(name, size, hashing.digest.hexdigest())
        self.members.append(member)
        return member

    def finish(self, manifest: Manifest) -> None:
        content = manifest.as_json()
        self._tar.addfile(self._header(MANIFEST, len(content)), io.BytesIO(content))
        self._tar.close()

    def _header(self, name: str, size: int) -> tarfile.TarInfo:
        header = tarfile.TarInfo(name)
        header.size, header.mode, header.mtime = size, 0o600, int(self._made_at.timestamp())
        return header


class _Counted:
    """As much of a file as writing a tar needs: a pipe doesn't say where it stands."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._at = stream, 0

    def write(self, data: bytes) -> int:
        self._at += len(data)
        return self._stream.write(data)

    def tell(self) -> int:
        return self._at


class _Hashing:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


def _recording(item: Member) -> Member:
    """It is copied to its name, so the name must be one of a recording: the list came from outside like the rest."""
    if not (_ALLOWED.fullmatch(item.name) and item.name.startswith("media/")):
        raise ValueError("no name of a recording")
    return item


def read_archive(
    stream: IO[bytes], file: Path, place_of: Callable[[str], Path | None], progress: Callable[[str], None]
) -> Manifest:
    """Read an archive to its end and compare every byte with its list.

    ``place_of`` says where a member is to be written, or None to look at it only. Raises :class:`ArchiveError`
    ``backup_not_archive``, ``backup_damaged``, ``backup_incomplete``, ``backup_foreign``, and ``OSError`` when
    a member can't be written. Nothing that was written is to be trusted before this returns.
    """
    found: dict[str, Member] = {}
    manifest: Manifest | None = None
    for member, content in _members(stream, file):
        name = member.name
        if not (member.isreg() and _ALLOWED.fullmatch(name)) or name in found or manifest is not None:
            raise ArchiveError("backup_foreign", file=str(file), member=shown(name))
        if name == MANIFEST:
            manifest = _manifest(content, member.size, file)
        else:
            found[name] = Member(name, *_copied(content, place_of(name), file))
            if found[name].size_bytes != member.size:
                raise ArchiveError("backup_incomplete", file=str(file))
            progress(name)
    if manifest is None:
        raise ArchiveError("backup_incomplete" if found else "backup_not_archive", file=str(file))
    _compare(manifest.members, found, file)
    return manifest


def _members(stream: IO[bytes], file: Path) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    began = False
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                began = True
                content = tar.extractfile(member) if member.isreg() else io.BytesIO()
                assert content is not None
                yield member, content
    except (tarfile.TarError, EOFError) as error:
        raise ArchiveError("backup_damaged" if began else "backup_not_archive", file=str(file), where="tar") from error


def _copied(content: IO[bytes], place: Path | None, file: Path) -> tuple[int, str]:
    """Size and sha256 of a member, written to its place if it has one."""
    digest, size = hashlib.sha256(), 0
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("xb") if place is not None else io.BytesIO() as out:
        while piece := _piece(content, file):
            digest.update(piece)
            size += len(piece)
            if place is not None:
                out.write(piece)
    return size, digest.hexdigest()


def _piece(content: IO[bytes], file: Path) -> bytes:
    try:
        return content.read(PIECE)
    except (tarfile.TarError, EOFError) as error:
        raise ArchiveError("backup_incomplete", file=str(file)) from error


def _manifest(content: IO[bytes], size: int, file: Path) -> Manifest:
    try:
        if size > MANIFEST_LIMIT:
            raise ValueError("a list of such a size")
        return Manifest.from_json(content.read())
    except (ValueError, KeyError, TypeError, tarfile.TarError, AttributeError, RecursionError) as error:
        raise ArchiveError("backup_damaged", file=str(file), where=MANIFEST) from error


def _compare(listed: Sequence[Member], found: Mapping[str, Member], file: Path) -> None:
    names = {item.name for item in listed}
    for name in found:
        if name not in names:
            raise ArchiveError("backup_foreign", file=str(file), member=shown(name))
    for item in listed:
        if item.name not in found or found[item.name] != item:
            raise ArchiveError("backup_damaged", file=str(file), where=shown(item.name))
    for needed in (DATABASE, SETTINGS):
        if needed not in names:
            raise ArchiveError("backup_damaged", file=str(file), where=needed)
