"""What an import would make of the first rows of a file: nothing is written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pipelines.import_file import mapped_reader
from qc_workbench.domain.call import Manager
from qc_workbench.domain.file_mapping import FIELDS, FileMapping, RowKind
from qc_workbench.sources.file_reading import OpenedFile
from qc_workbench.sources.mapped_rows import ReadRow
from qc_workbench.sources.problems import Problem, Severity
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Trial:
    """``rows``: of the table, read or not; ``skipped``: rows that are none of it, by kind.

    ``good`` and ``rejected`` count the rows looked at; ``newcomers``: employees whom only this file names.
    """

    columns: tuple[str, ...]
    rows: tuple[ReadRow, ...]
    good: int
    rejected: int
    skipped: dict[RowKind, int]
    rejects: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    newcomers: tuple[Manager, ...]


def trial(workspace: Workspace, opened: OpenedFile, mapping: FileMapping, file: str) -> Trial:
    reader, staff = mapped_reader(workspace, opened, mapping, file)
    read = [reader.read(row) for row in opened.beginning if row.number > opened.header.last_row]
    data = [row for row in read if row.kind is RowKind.DATA]
    problems = [problem for row in data for problem in row.problems]
    return Trial(
        columns=tuple(item.name for item in FIELDS[mapping.entity]),
        rows=tuple(data),
        good=sum(row.entry is not None for row in data),
        rejected=sum(row.entry is None for row in data),
        skipped=dict(Counter(row.kind for row in read if row.kind is not RowKind.DATA)),
        rejects=tuple(item for item in problems if item.severity is Severity.REJECTED),
        warnings=tuple(item for item in problems if item.severity is Severity.WARNING),
        newcomers=tuple(staff.take_newcomers()),
    )
