"""A source of kind ``files``: every new file of a folder, by a saved mapping, without a person.

A file that was read to its end in this way is not read again, nor one whose import a person took back. A file that is
still being written is left for the next time. A file that can't be read holds up nothing but itself.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Final

from pipelines.import_file import FileImport, import_file, reading_of, saved_mapping
from pipelines.import_report import EntityCounts, IngestReport, write_problems
from pipelines.progress import Progress
from qc_workbench.config_sources import FilesSource
from qc_workbench.errors import ImportFailed, SourceError, UsageError
from qc_workbench.sources.file_reading import file_print
from qc_workbench.sources.problems import Problem, shown
from qc_workbench.store import file_imports as store
from qc_workbench.ui.i18n import Translator
from qc_workbench.workspace import Workspace

#: A file changed less than this ago may still be being written, seconds.
STILL_WRITTEN_S: Final = 5.0
_TABLES: Final = frozenset({".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls"})


def import_folder(workspace: Workspace, source: FilesSource, progress: Progress, at: datetime) -> IngestReport:
    """Raises :class:`SourceError` ``source_mapping_missing``, ``source_folder_missing``: other sources are read on."""
    try:
        saved = saved_mapping(workspace, source.mapping)
    except UsageError as error:
        raise SourceError("source_mapping_missing", source=source.name, mapping=source.mapping) from error
    folder = (workspace.home / source.folder.expanduser()).resolve()
    reading = reading_of(saved.mapping, workspace)
    done: list[FileImport] = []
    problems: list[Problem] = []
    for path in _files(folder, source):
        with workspace.store.reading() as reader:
            if store.was_read(reader, reading, file_print(path)):
                continue
        try:
            done.append(import_file(workspace, path, saved.mapping, progress, by=source.name, at=at, name=saved.name))
        except ImportFailed as error:
            params = {name: str(value) for name, value in error.params.items()}
            problems.append(Problem(path.name, None, None, shown(path.name), error.code, params))
    return _report(workspace, source, folder, done, problems)


def _files(folder: Path, source: FilesSource) -> list[Path]:
    """Tables of the folder, the oldest first, so that a newer export has the last word."""
    try:
        if not folder.is_dir():
            raise SourceError("source_folder_missing", source=source.name, folder=str(folder))
        found = []
        for path in sorted(folder.glob(source.pattern)):
            if path.suffix.lower() not in _TABLES or path.name.startswith((".", "~$")) or not path.is_file():
                continue
            if not path.resolve().is_relative_to(folder):
                continue  # by a link, or by ".." of the pattern: whoever may put it there may not read where it leads
            changed = path.stat().st_mtime
            if not 0 <= time.time() - changed < STILL_WRITTEN_S:
                found.append((changed, path))
    except OSError as error:
        raise SourceError("source_folder_missing", source=source.name, folder=str(folder)) from error
    return [path for _, path in sorted(found)]


def _report(
    workspace: Workspace, source: FilesSource, folder: Path, done: list[FileImport], problems: list[Problem]
) -> IngestReport:
    counts: dict[str, Counter[str]] = {}
    rejects, warnings = list(problems), list[Problem]()
    for item in done:
        rejects += item.report.rejects
        warnings += item.report.warnings
        for entity, found in item.report.counts.items():
            counts.setdefault(entity, Counter()).update(
                new=found.new, updated=found.updated, unchanged=found.unchanged, rejected=found.rejected
            )
    t = Translator(workspace.settings.company.language, workspace.settings.company.zone)
    write_problems(workspace.rejects_file, rejects, t)
    write_problems(workspace.home / "warnings.csv", warnings, t)
    return IngestReport(
        source=source.name,
        folder=str(folder),
        counts={entity: EntityCounts(**dict(found)) for entity, found in counts.items()},
        recording_states={},
        rejects=tuple(rejects),
        warnings=tuple(warnings),
        duplicate_ids=sum(item.report.duplicate_ids for item in done),
        nothing_new=not done and not problems,
        rejects_file=workspace.rejects_file,
        warnings_file=workspace.home / "warnings.csv",
    )
