"""The import of a file that somebody exported: by a mapping, through the same checks and tables as the folder import.

Rows stream: some thousands are read, compared and written at a time, each part as one write together with the memory
of which rows it made. Killed anywhere and started again, it writes what differs and remembers what it had made.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from pipelines.alive import alone
from pipelines.import_report import EntityCounts, IngestReport, write_problems
from pipelines.import_rows import DESTINATIONS, ROWS_A_COMMIT, Difference, difference
from pipelines.progress import Progress
from qc_workbench.domain.call import Recording, RecordingState
from qc_workbench.domain.file_mapping import FileMapping, ImportBatch, RowKind, SavedMapping
from qc_workbench.errors import UsageError
from qc_workbench.sources.cells import Conventions
from qc_workbench.sources.csv_folder import FolderContents
from qc_workbench.sources.file_reading import OpenedFile, file_print, open_mapped
from qc_workbench.sources.file_words import file_words
from qc_workbench.sources.mapped_rows import MappedReader, ReadRow, Staff
from qc_workbench.sources.problems import Problem, Severity
from qc_workbench.sources.rows import Entries, Placed
from qc_workbench.sources.sheet_layout import header_key
from qc_workbench.sources.suppression import Suppressed, without_suppressed
from qc_workbench.store import calls as call_store
from qc_workbench.store import file_imports as store
from qc_workbench.store.database import Statement, insert, insert_all, to_json
from qc_workbench.store.safekeeping import suppressed_hashes
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.recordings import workspace_secret
from qc_workbench.workspace import Workspace

#: Part of the digest of a reading; raise it when the same file would be read differently.
READER_VERSION: Final = "1"
#: Problems that are told one by one; beyond that they are counted, so that memory stays within bounds.
MOST_PROBLEMS: Final = 50_000


@dataclass(frozen=True, slots=True)
class FileImport:
    """``skipped``: rows that are no rows of the table, by kind. ``made``: rows that can be taken back."""

    batch_id: str
    report: IngestReport
    skipped: dict[RowKind, int]
    made: int


@dataclass
class _Tally:
    read: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    made: int = 0
    suppressed: int = 0
    skipped: Counter[RowKind] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    def note(self, row: ReadRow) -> None:
        if row.kind is not RowKind.DATA:
            self.skipped[row.kind] += 1
            return
        self.read += 1
        self.rejected += row.entry is None
        self.problems += row.problems[: MOST_PROBLEMS - len(self.problems)]

    def counts(self) -> dict[str, int]:
        return {
            "read": self.read, "new": self.new, "updated": self.updated, "unchanged": self.unchanged,
            "rejected": self.rejected, "made": self.made,
            **{kind.value: n for kind, n in sorted(self.skipped.items())},
        }  # fmt: skip


def conventions_of(workspace: Workspace, mapping: FileMapping) -> Conventions:
    company = workspace.settings.company
    zone = ZoneInfo(mapping.timezone) if mapping.timezone else company.zone
    return Conventions(mapping.phone_region or company.phone_region, zone)


def mapped_reader(
    workspace: Workspace, opened: OpenedFile, mapping: FileMapping, file: str
) -> tuple[MappedReader, Staff]:
    with workspace.store.reading() as reader:
        staff = Staff(call_store.managers(reader).values())
        named = store.phones_by_name(reader) if "client_name" in mapping.columns else []
    near = conventions_of(workspace, mapping)
    clients: dict[str, str] = {}
    for name, phone in named:
        key = header_key(name)
        clients[key] = phone if clients.get(key, phone) == phone else ""  # two of one name: nobody knows which
    return MappedReader(file, opened.header, mapping, file_words(), near, staff, clients), staff


def reading_of(mapping: FileMapping, workspace: Workspace) -> str:
    """Equal for mappings that read a file in the same way; where the header stood does not matter."""
    near = conventions_of(workspace, mapping)
    body = {**mapping.as_json(), "header_row": 0, "header_rows": 0}
    text = to_json([READER_VERSION, near.zone.key, near.phone_region, body])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def saved_mapping(workspace: Workspace, name: str) -> SavedMapping:
    """Raises :class:`UsageError` ``mapping_unknown`` with the names there are."""
    with workspace.store.reading() as reader:
        found = store.mapping_named(reader, name)
        if found is None:
            known = ", ".join(item.name for item in store.mappings(reader)) or "—"
            raise UsageError("mapping_unknown", mapping=name, known=known)
    return found


def import_file(
    workspace: Workspace,
    path: Path,
    mapping: FileMapping,
    progress: Progress,
    *,
    by: str,
    at: datetime,
    name: str = "",
    shown_name: str = "",
) -> FileImport:
    """Read a file by a mapping. ``name``: of the saved mapping; ``shown_name``: of the file, where it was uploaded.

    Raises :class:`~qc_workbench.errors.ImportFailed` when the file can't be read or lacks columns,
    :class:`UsageError` ``mapping_incomplete`` when a required field is not told, ``import_busy`` while another
    import runs.
    """
    missing = mapping.missing_fields()
    if missing:
        raise UsageError("mapping_incomplete", missing=", ".join(missing))
    with alone(workspace.home / ".locks", "import-file") as is_alone:
        if not is_alone:
            raise UsageError("import_busy")
        return _FileImport(workspace, path, mapping, name, shown_name or path.name).run(progress, by, at)


class _FileImport:
    def __init__(self, workspace: Workspace, path: Path, mapping: FileMapping, name: str, shown_name: str) -> None:
        self._workspace = workspace
        self._mapping = mapping
        self._name = name
        self._file = shown_name
        self._opened = open_mapped(path, mapping)
        self._reader, self._staff = mapped_reader(workspace, self._opened, mapping, shown_name)
        self._print = file_print(path)
        self._reading = reading_of(mapping, workspace)
        self._destination = DESTINATIONS[mapping.entity]
        with workspace.store.reading() as reader:
            hashes = suppressed_hashes(reader)
        self._suppressed = Suppressed(workspace_secret(workspace.home) if hashes else b"", hashes)
        self._tally = _Tally()

    def run(self, progress: Progress, by: str, at: datetime) -> FileImport:
        batch = self._begin(by, at)
        progress.start("import_file", self._opened.book.rows_about(self._opened.sheet))
        for part in self._parts():
            self._write(part, batch, at)
            progress.advance(len(part) or 1, self._file)
        progress.finish()
        ended = replace(batch, ended_at=max(datetime.now(UTC), at), counts=self._tally.counts())
        self._workspace.store.write(
            insert("import_batches", store.batch_row(ended, self._reading), replace=True),
            call_store.audit_entry(
                at, by, "file_imported", batch.batch_id, file=self._file, mapping=self._name, entity=batch.entity,
                new=self._tally.new, updated=self._tally.updated, rejected=self._tally.rejected,
            ),
        )  # fmt: skip
        return FileImport(batch.batch_id, self._report(), dict(self._tally.skipped), self._tally.made)

    def _begin(self, by: str, at: datetime) -> ImportBatch:
        """A new import, or the same one where it was stopped: so what it had made stays known as made by it."""
        with self._workspace.store.reading() as reader:
            before = store.unfinished(reader, self._reading, self._print)
            if before is not None:
                self._tally.made = len(store.created_rows(reader, before.batch_id))
                return before
        said = f"{self._reading}\0{self._print}\0{at.isoformat()}"
        batch = ImportBatch(
            hashlib.sha256(said.encode()).hexdigest()[:16],
            self._name,
            self._mapping.entity,
            self._file,
            self._print,
            at,
            by,
        )
        self._workspace.store.write(insert("import_batches", store.batch_row(batch, self._reading), replace=True))
        return batch

    def _parts(self) -> Iterator[list[ReadRow]]:
        part: list[ReadRow] = []
        for row in self._opened.rows():
            read = self._reader.read(row)
            self._tally.note(read)
            part.append(read)
            if len(part) >= ROWS_A_COMMIT:
                yield part
                part = []
        yield part

    def _write(self, part: Sequence[ReadRow], batch: ImportBatch, at: datetime) -> None:
        """Some rows: what is new or differs, who is new among the employees, and that this import made them."""
        placed = tuple(Placed(row.number, row.entry) for row in part if row.entry is not None)
        entity = self._mapping.entity
        whole: dict[str, Any] = {entity: Entries(self._file, placed)}
        contents = FolderContents(**whole)
        entries = without_suppressed(contents, self._suppressed).by_name()[entity].values
        self._tally.suppressed += len(placed) - len(entries)
        with self._workspace.store.reading() as reader:
            found = difference(reader, self._destination, entries, at)
        self._tally.new += found.new
        self._tally.updated += found.updated
        self._tally.unchanged += found.unchanged
        statements = self._statements(found, entries, batch)
        if statements:
            self._workspace.store.write(*statements)

    def _statements(self, found: Difference, entries: Sequence[Any], batch: ImportBatch) -> list[Statement]:
        entity = self._mapping.entity
        named = {
            name
            for entry in entries
            for name in (getattr(entry, "manager_id", None), getattr(entry, "author_id", None))
        }
        newcomers = [item for item in self._staff.take_newcomers() if item.manager_id in named]
        made = [store.created_row(batch.batch_id, entity, row) for row in found.made]
        made += [store.created_row(batch.batch_id, "managers", call_store.manager_row(item)) for item in newcomers]
        self._tally.made += len(found.made) + len(newcomers)
        silent = [Recording(row["call_id"], RecordingState.ABSENT) for row in found.made] if entity == "calls" else []
        return [
            *insert_all("managers", [call_store.manager_row(item) for item in newcomers], replace=True),
            *insert_all(self._destination.table, found.rows, replace=True),
            *insert_all("recordings", [call_store.recording_row(item) for item in silent], replace=True),
            *insert_all("import_batch_rows", made, replace=True),
        ]

    def _report(self) -> IngestReport:
        tally, settings = self._tally, self._workspace.settings
        rejects = tuple(item for item in tally.problems if item.severity is Severity.REJECTED)
        warnings = tuple(item for item in tally.problems if item.severity is Severity.WARNING)
        t = Translator(settings.company.language, settings.company.zone)
        write_problems(self._workspace.rejects_file, rejects, t)
        write_problems(self._workspace.home / "warnings.csv", warnings, t)
        return IngestReport(
            source=self._name or "file",
            folder=self._file,
            counts={self._mapping.entity: EntityCounts(tally.new, tally.updated, tally.unchanged, tally.rejected)},
            recording_states={},
            rejects=rejects,
            warnings=warnings,
            duplicate_ids=sum(item.code in ("duplicate_id", "row_twice") for item in rejects),
            nothing_new=not (tally.new or tally.updated or tally.rejected),
            rejects_file=self._workspace.rejects_file,
            warnings_file=self._workspace.home / "warnings.csv",
        )


def save_mapping(
    workspace: Workspace, name: str, mapping: FileMapping, header_print: str, *, by: str, at: datetime
) -> SavedMapping:
    """Raises :class:`UsageError` ``mapping_name``, ``mapping_incomplete``."""
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise UsageError("mapping_name", most=80)
    missing = mapping.missing_fields()
    if missing:
        raise UsageError("mapping_incomplete", missing=", ".join(missing))
    with workspace.store.reading() as reader:
        version = store.last_version(reader, name) + 1
    saved = SavedMapping(name, version, header_print, mapping, at, by)
    workspace.store.write(
        insert("file_mappings", store.mapping_row(saved)),
        call_store.audit_entry(at, by, "file_mapping_saved", name, version=version, entity=mapping.entity),
    )
    return saved


def remove_mapping(workspace: Workspace, name: str, *, by: str, at: datetime) -> None:
    """It is offered no more; saving under the name brings it back. Raises ``mapping_unknown``."""
    saved = saved_mapping(workspace, name)
    gone = replace(saved, version=saved.version + 1, saved_at=at, saved_by=by)
    workspace.store.write(
        insert("file_mappings", store.mapping_row(gone, removed=True)),
        call_store.audit_entry(at, by, "file_mapping_removed", name, version=gone.version),
    )


def recognised(workspace: Workspace, opened: OpenedFile) -> SavedMapping | None:
    """The saved mapping for such a header: the same set of columns, else one whose columns are all there."""
    with workspace.store.reading() as reader:
        known = store.mappings(reader)
    keys = set(opened.header.keys)
    same = [item for item in known if item.header_print == opened.header.print]
    fits = same or [item for item in known if item.mapping.headers and item.mapping.headers <= keys]
    return max(fits, key=lambda item: (len(item.mapping.headers), item.saved_at), default=None)


@dataclass(frozen=True, slots=True)
class Undone:
    """``removed``: rows taken back; ``kept``: rows that were changed since or that something rests on."""

    removed: int
    kept: int


def undo_import(workspace: Workspace, batch_id: str, *, by: str, at: datetime) -> Undone:
    """Take back what an import made and nobody has touched since. What it changed stays changed.

    Raises :class:`UsageError` ``import_unknown``, ``import_undone``.
    """
    with workspace.store.reading() as reader:
        batch = store.batch(reader, batch_id)
        made = store.created_rows(reader, batch_id)
    if batch is None:
        raise UsageError("import_unknown", batch=batch_id)
    if batch.undone_at is not None:
        raise UsageError("import_undone", batch=batch_id)
    removed = 0
    # Employees last: they stay while anything names them.
    for entity in sorted({item[0] for item in made}, key=lambda name: (name == "managers", name)):
        digests = {row_id: digest for name, row_id, digest in made if name == entity}
        ids = sorted(digests)
        for start in range(0, len(ids), ROWS_A_COMMIT):
            part = {row_id: digests[row_id] for row_id in ids[start : start + ROWS_A_COMMIT]}
            with workspace.store.reading() as reader:
                free = store.untouched(reader, entity, part)
            if free:
                workspace.store.write(*store.removal(entity, free))
                removed += len(free)
    kept = len(made) - removed
    undone = replace(batch, undone_at=at, undone_by=by, counts={**batch.counts, "removed": removed, "kept": kept})
    with workspace.store.reading() as reader:
        reading = str(reader.value("select reading from import_batches where batch_id = ?", batch_id))
    workspace.store.write(
        insert("import_batches", store.batch_row(undone, reading), replace=True),
        call_store.audit_entry(at, by, "file_import_undone", batch_id, removed=removed, kept=kept),
    )
    return Undone(removed, kept)
