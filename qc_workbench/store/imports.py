"""Past imports and what they saw of the recordings' files: rows to values and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qc_workbench.store.database import Reader, from_json, to_json


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import that ended. Equal ``fingerprint`` of the same source and folder: nothing new to read."""

    import_id: str
    source: str
    folder: str
    fingerprint: str
    finished_at: datetime
    counts: Mapping[str, Any]
    problems: tuple[Mapping[str, Any], ...]


def import_row(record: ImportRecord) -> Mapping[str, Any]:
    return {
        "import_id": record.import_id,
        "source": record.source,
        "folder": record.folder,
        "fingerprint": record.fingerprint,
        "finished_at": record.finished_at,
        "counts": to_json(dict(record.counts)),
        "rejects": to_json(list(record.problems)),
    }


def last_import(reader: Reader, source: str, folder: str) -> ImportRecord | None:
    """The import of this source and folder that ended last."""
    row = reader.row(
        "select * from imports where source = ? and folder = ? order by finished_at desc limit 1", source, folder
    )
    if row is None:
        return None
    return ImportRecord(
        import_id=row["import_id"],
        source=row["source"],
        folder=row["folder"],
        fingerprint=row["fingerprint"],
        finished_at=row["finished_at"],
        counts=from_json(row["counts"]),
        problems=tuple(from_json(row["rejects"])),
    )


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A recording's file as it was when it was last examined.

    ``size_bytes`` and ``modified_ns`` are None when it was not there. ``path`` is where
    its sound is kept in the workspace; ``facts`` are those of
    :class:`~qc_workbench.sources.recording_files.SoundFile`.
    """

    folder: str
    name: str
    size_bytes: int | None
    modified_ns: int | None
    path: str | None
    facts: Mapping[str, Any]


def seen_file_row(seen: SeenFile) -> Mapping[str, Any]:
    return {
        "folder": seen.folder,
        "name": seen.name,
        "size_bytes": seen.size_bytes,
        "modified_ns": seen.modified_ns,
        "path": seen.path,
        "facts": to_json(dict(seen.facts)),
    }


def seen_files(reader: Reader, folder: str) -> dict[str, SeenFile]:
    """Every file of a folder that was examined, by the name the calls give."""
    rows = reader.rows("select * from recording_files where folder = ?", folder)
    return {row["name"]: SeenFile(**{**row, "facts": from_json(row["facts"])}) for row in rows}
