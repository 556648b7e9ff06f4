"""The import step: a folder of tables and recordings into the workspace.

May be killed at any moment: rows are written in a few transactions, a recording is visible
only when it is complete, and the import is marked as done last. Started again it writes only what differs,
and an import that was done and meets the same files again does nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.import_folder import import_folder
from pipelines.import_report import TABLES, EntityCounts, IngestReport, StoredCounts, write_problems
from pipelines.import_rows import DESTINATIONS, Difference, difference, known_ids, write_rows
from pipelines.kept_sounds import keep, sweep_leftovers
from pipelines.progress import Progress
from pipelines.sync import sync_source
from pipelines.sync_crm import sync_crm
from qc_workbench.config_sources import Crm, CsvSource, FilesSource
from qc_workbench.domain.call import REMOVED_STATES, Call, Recording, RecordingState
from qc_workbench.errors import NotConfigured, UsageError, WorkspaceError
from qc_workbench.sources.cells import Conventions
from qc_workbench.sources.csv_folder import FolderContents, contents_fingerprint, read_folder
from qc_workbench.sources.problems import Problem, Severity, shown
from qc_workbench.sources.recording_files import Expectations, RecordingsFolder, SoundFile, detail_parts, judge
from qc_workbench.sources.rows import Placed
from qc_workbench.sources.suppression import Suppressed, without_suppressed
from qc_workbench.store import calls as call_store
from qc_workbench.store import imports as import_store
from qc_workbench.store.browsing import recordings_by_call
from qc_workbench.store.database import insert_all
from qc_workbench.store.imports import ImportRecord, SeenFile
from qc_workbench.store.ledger import record_done
from qc_workbench.store.safekeeping import suppressed_hashes
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.recordings import workspace_secret
from qc_workbench.workspace import Workspace

#: Part of the fingerprint of an import; raise it when the same files would be read differently.
READER_VERSION = "1"
#: Recordings examined between two commits.
RECORDINGS_A_COMMIT = 25
#: States of a recording that a person should hear about, with the code of the warning.
_STATE_WARNINGS = {
    RecordingState.MISSING: "recording_missing",
    RecordingState.EMPTY: "recording_empty",
    RecordingState.TRUNCATED: "recording_truncated",
    RecordingState.NOT_AUDIO: "recording_not_audio",
    RecordingState.UNSUPPORTED: "recording_unsupported",
}


def ingest_source(
    workspace: Workspace,
    name: str,
    progress: Progress,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> IngestReport:
    """Import a source that qcw.toml names: a folder, or a telephone system (see :mod:`pipelines.sync`),
    or a CRM (see :mod:`pipelines.sync_crm`).

    Raises :class:`NotConfigured` ``source_not_configured``, and :class:`UsageError` ``ingest_period_unsupported``
    when a period is asked of a folder, which is always read whole.
    """
    for source in workspace.settings.sources:
        if source.name == name:
            if isinstance(source, Crm):
                return sync_crm(workspace, source, progress, since=since, until=until)
            if isinstance(source, FilesSource):
                if since is not None or until is not None:
                    raise UsageError("ingest_period_unsupported", source=name)
                return import_folder(workspace, source, progress, datetime.now(UTC))
            if not isinstance(source, CsvSource):
                return sync_source(workspace, source, progress, since=since, until=until)
            if since is not None or until is not None:
                raise UsageError("ingest_period_unsupported", source=name)
            return ingest_csv(workspace, workspace.home / source.folder.expanduser(), progress, source=name)
    known = ", ".join(source.name for source in workspace.settings.sources) or "—"
    raise NotConfigured("source_not_configured", source=name, known=known, file=str(workspace.settings_file))


def ingest_csv(workspace: Workspace, folder: Path, progress: Progress, source: str = "csv") -> IngestReport:
    """Import a folder as docs/data-formats.md describes it.

    Raises :class:`ImportFailed` when the folder cannot be read or has no calls; whatever else is
    wrong with the data is in the report.
    """
    folder = folder.expanduser().resolve()
    recordings = RecordingsFolder(folder / "recordings")
    fingerprint = _fingerprint(workspace, folder)
    with workspace.store.reading() as reader:
        last = import_store.last_import(reader, source, str(folder))
        seen = import_store.seen_files(reader, str(folder))
    if last and last.fingerprint == fingerprint and not _changed_files(workspace, recordings, seen):
        return _same_again(workspace, last)

    began = datetime.now(UTC)
    with workspace.store.reading() as reader:
        known = known_ids(reader)
    contents = without_suppressed(read_folder(folder, _conventions(workspace), known), _suppressed(workspace))
    differences = _write_tables(workspace, contents, progress)
    taking = _Recordings(workspace, folder, recordings, seen)
    done = taking.take_in(contents.calls.placed, contents.calls.file or "calls.csv", progress)
    report = _report(workspace, source, folder, contents, differences, done)
    _write_problem_files(workspace, report)
    record = ImportRecord(
        import_id=hashlib.sha256("\0".join((source, str(folder), fingerprint)).encode()).hexdigest()[:16],
        source=source,
        folder=str(folder),
        fingerprint=fingerprint,
        finished_at=datetime.now(UTC),
        counts=report.stored_counts(),
        problems=tuple(problem.as_json() for problem in (*report.rejects, *report.warnings)),
    )
    workspace.store.write(
        *insert_all("imports", [import_store.import_row(record)], replace=True),
        record_done("import", source, fingerprint, record.finished_at, began=began),
    )
    return report


def _suppressed(workspace: Workspace) -> Suppressed:
    """Persons who were erased: nothing of theirs comes back."""
    with workspace.store.reading() as reader:
        hashes = suppressed_hashes(reader)
    return Suppressed(workspace_secret(workspace.home) if hashes else b"", hashes)


def _conventions(workspace: Workspace) -> Conventions:
    company = workspace.settings.company
    return Conventions(company.phone_region, company.zone)


def _expectations(workspace: Workspace) -> Expectations:
    settings = workspace.settings.recordings
    return Expectations(0 if settings.agent_channel == "left" else 1, settings.truncated_below)


def _fingerprint(workspace: Workspace, folder: Path) -> str:
    """Everything that decides what an import of the tables gives."""
    company = workspace.settings.company
    parts = (
        READER_VERSION,
        contents_fingerprint(folder),
        company.phone_region,
        company.timezone,
        repr(_expectations(workspace)),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _stat(recordings: RecordingsFolder, name: str) -> tuple[Path | SoundFile, int | None, int | None]:
    """The file (or why there is none) with its size and time of change."""
    found = recordings.locate(name)
    if isinstance(found, Path):
        try:
            status = found.stat()
        except OSError:
            return SoundFile(RecordingState.MISSING, "unreadable"), None, None
        return found, status.st_size, status.st_mtime_ns
    return found, None, None


def _is_current(workspace: Workspace, seen: SeenFile | None, size_bytes: int | None, modified_ns: int | None) -> bool:
    """Whether a file is as it was seen last and its sound is still kept."""
    if seen is None or (seen.size_bytes, seen.modified_ns) != (size_bytes, modified_ns):
        return False
    return seen.path is None or (workspace.home / seen.path).is_file()


def _changed_files(workspace: Workspace, recordings: RecordingsFolder, seen: Mapping[str, SeenFile]) -> bool:
    for name, before in seen.items():
        found, size_bytes, modified_ns = _stat(recordings, name)
        if before.path and size_bytes is None:
            continue  # the original was removed after the import; its sound is kept
        if not _is_current(workspace, before, size_bytes, modified_ns):
            return True
        if isinstance(found, SoundFile) and found.detail != before.facts.get("detail"):
            return True
    return False


def _same_again(workspace: Workspace, last: ImportRecord) -> IngestReport:
    counts = StoredCounts.from_json(last.counts)
    problems = [Problem.from_json(item) for item in last.problems]
    report = IngestReport(
        source=last.source,
        folder=last.folder,
        counts=counts.nothing_new(),
        recording_states=counts.recording_states,
        rejects=tuple(item for item in problems if item.severity is Severity.REJECTED),
        warnings=tuple(item for item in problems if item.severity is Severity.WARNING),
        duplicate_ids=counts.duplicate_ids,
        duplicate_sounds=counts.duplicate_sounds,
        nothing_new=True,
        rejects_file=workspace.rejects_file,
        warnings_file=_warnings_file(workspace),
    )
    _write_problem_files(workspace, report)
    return report


def _write_tables(workspace: Workspace, contents: FolderContents, progress: Progress) -> dict[str, Difference]:
    """Write what is new or different; returns what that was, by table."""
    by_name = contents.by_name()
    progress.start("import_tables", sum(len(entries.placed) for entries in by_name.values()))
    imported_at = datetime.now(UTC)
    differences = {}
    for name, destination in DESTINATIONS.items():
        entries = by_name[name].values
        with workspace.store.reading() as reader:
            found = difference(reader, destination, entries, imported_at)
        progress.advance(found.unchanged, name)
        for written in write_rows(workspace.store, destination, found):
            progress.advance(written, name)
        differences[name] = found
    progress.finish()
    return differences


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of the recordings; ``recordings`` by call."""

    recordings: Mapping[str, Recording]
    new_sounds: int
    duplicate_sounds: int
    warnings: tuple[Problem, ...]


class _Recordings:
    """Takes the recordings of an import in, file by file, committing as it goes."""

    def __init__(
        self, workspace: Workspace, folder: Path, recordings: RecordingsFolder, seen: Mapping[str, SeenFile]
    ) -> None:
        self._workspace = workspace
        self._folder = str(folder)
        self._files = recordings
        self._seen = dict(seen)
        self._new_sounds = 0

    def take_in(self, placed: Sequence[Placed[Call]], file: str, progress: Progress) -> _Done:
        sweep_leftovers(self._workspace)
        ids = [item.entry.call_id for item in placed]
        with self._workspace.store.reading() as reader:
            before = recordings_by_call(reader, ids)
        by_name: dict[str | None, list[Call]] = {}
        for item in placed:
            by_name.setdefault(item.entry.recording_name, []).append(item.entry)
        progress.start("import_recordings", len(by_name))
        expected = _expectations(self._workspace)
        result: dict[str, Recording] = {}
        files: list[SeenFile] = []
        changed: list[Recording] = []
        removed = {call_id: item for call_id, item in before.items() if item.state in REMOVED_STATES}
        for name, calls in by_name.items():
            wanted = name is not None and any(call.call_id not in removed for call in calls)
            seen = self._examine(name) if name is not None and wanted else None
            if name is not None and seen is not None and seen != self._seen.get(name):
                files.append(seen)
            for call in calls:
                if call.call_id in removed:  # on purpose: by the period of keeping, or because the person asked
                    result[call.call_id] = removed[call.call_id]
                    continue
                sound = SoundFile(**_facts(seen.facts)) if seen else None
                judged = judge(call, sound, seen.path if seen else None, expected)
                known = before.get(call.call_id)
                if known and known.is_audible and not judged.is_audible:
                    judged = known  # what was heard once stays, whatever became of the file
                result[call.call_id] = judged
                if judged != known:
                    changed.append(judged)
            progress.advance(1, name or "")
            if len(files) >= RECORDINGS_A_COMMIT or len(changed) >= RECORDINGS_A_COMMIT:
                self._commit(files, changed)
        self._commit(files, changed)
        progress.finish()
        hashes = Counter(item.content_hash for item in result.values() if item.content_hash)
        warnings = tuple(_recording_warnings(placed, file, result))
        return _Done(result, self._new_sounds, sum(hashes.values()) - len(hashes), warnings)

    def _examine(self, name: str) -> SeenFile:
        found, size_bytes, modified_ns = _stat(self._files, name)
        before = self._seen.get(name)
        if isinstance(found, SoundFile):
            if before and before.path:
                return before  # the original was removed after it had been taken in
            return SeenFile(self._folder, name, None, None, None, asdict(found))
        if before and _is_current(self._workspace, before, size_bytes, modified_ns):
            return before
        kept = keep(self._workspace, found)
        self._new_sounds += kept.is_new
        return SeenFile(self._folder, name, size_bytes, modified_ns, kept.path, asdict(kept.sound))

    def _commit(self, files: list[SeenFile], changed: list[Recording]) -> None:
        """One transaction: the recordings and the memory that their files were seen."""
        statements = [
            *insert_all("recordings", [call_store.recording_row(item) for item in changed], replace=True),
            *insert_all("recording_files", [import_store.seen_file_row(item) for item in files], replace=True),
        ]
        if statements:
            self._workspace.store.write(*statements)
        files.clear()
        changed.clear()


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {**facts, "state": RecordingState(facts["state"])}


def _recording_warnings(
    placed: Iterable[Placed[Call]], file: str, recordings: Mapping[str, Recording]
) -> Iterable[Problem]:
    for item in placed:
        recording = recordings[item.entry.call_id]
        code = _STATE_WARNINGS.get(recording.state)
        if code:
            detail, value = detail_parts(recording.detail)
            params = {"detail_code": detail or recording.state.value, "detail_value": value}
            name = shown(item.entry.recording_name or "")
            yield Problem(file, item.row, "recording", name, code, params, Severity.WARNING)


def _report(
    workspace: Workspace,
    source: str,
    folder: Path,
    contents: FolderContents,
    differences: Mapping[str, Difference],
    done: _Done,
) -> IngestReport:
    by_name = contents.by_name()
    problems = [*contents.problems, *(problem for entries in by_name.values() for problem in entries.problems)]
    problems.sort(key=lambda problem: (problem.file, problem.row or 0))
    rejects = tuple(problem for problem in problems if problem.severity is Severity.REJECTED)
    return IngestReport(
        source=source,
        folder=str(folder),
        counts={
            name: EntityCounts(found.new, found.updated, found.unchanged, by_name[name].rejected_rows)
            for name, found in ((name, differences[name]) for name in TABLES)
            if by_name[name].file is not None
        },
        recording_states=dict(sorted(Counter(item.state.value for item in done.recordings.values()).items())),
        rejects=rejects,
        warnings=(*(problem for problem in problems if problem.severity is Severity.WARNING), *done.warnings),
        duplicate_ids=sum(problem.code == "duplicate_id" for problem in rejects),
        duplicate_sounds=done.duplicate_sounds,
        new_sounds=done.new_sounds,
        rejects_file=workspace.rejects_file,
        warnings_file=_warnings_file(workspace),
    )


def _warnings_file(workspace: Workspace) -> Path:
    return workspace.home / "warnings.csv"


def _write_problem_files(workspace: Workspace, report: IngestReport) -> None:
    t = Translator(workspace.settings.company.language, workspace.settings.company.zone)
    try:
        write_problems(workspace.rejects_file, report.rejects, t)
        write_problems(_warnings_file(workspace), report.warnings, t)
    except OSError as error:
        detail = error.strerror or str(error)
        raise WorkspaceError("workspace_unwritable", home=str(workspace.home), detail=detail) from error
