"""Tables that people bring: a folder of the import format, and files of any make by a mapping."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import openpyxl

from pipelines.import_rows import DESTINATIONS, difference
from qc_workbench.domain.file_mapping import FileMapping, RowKind
from qc_workbench.sources.cells import Conventions
from qc_workbench.sources.csv_folder import read_folder
from qc_workbench.sources.file_reading import open_guessed, open_mapped
from qc_workbench.sources.file_words import file_words
from qc_workbench.sources.guess_columns import suggest
from qc_workbench.sources.mapped_rows import MappedReader, Staff
from qc_workbench.store.database import insert_all
from tests.fuzzing.answers import DIVIDER
from tests.fuzzing.kept import ForgettingWorkspace, is_fast
from tests.fuzzing.rule import Outcome, taken
from tests.import_cases import DEALS_HEADER, GOOD_CALLS, GOOD_DEAL, MANAGERS, calls_csv

NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
NEAR: Final = Conventions("RU", ZoneInfo("Europe/Moscow"))
#: What each part of an input is called.
FILES: Final = ("calls.csv", "deals.csv", "notes.csv", "activities.csv")
#: Rows that are good wherever they stand among broken ones.
GOOD: Final = frozenset(row.partition(",")[0] for row in GOOD_CALLS)


def workspace() -> ForgettingWorkspace:
    return _workspace(is_fast())


@cache
def _workspace(fast: bool) -> ForgettingWorkspace:
    return ForgettingWorkspace()


def read_csv_folder(data: bytes) -> Outcome:
    """Files of the import format, one part each. Good rows that still stand in calls.csv as they were must be taken."""
    parts = data.split(DIVIDER)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "managers.csv").write_text(MANAGERS, encoding="utf-8")
        for file, part in zip(FILES, parts, strict=False):
            (folder / file).write_bytes(part)
        contents = read_folder(folder, NEAR)
    problems = [*contents.problems, *(item for found in contents.by_name().values() for item in found.problems)]
    counts = {entity: len(found.values) for entity, found in contents.by_name().items() if entity != "managers"}
    _store(contents.by_name())
    return taken(problems, **counts)


def _store(by_name: Mapping[str, object]) -> None:
    """Whatever was taken must go into the database."""
    opened = workspace()
    with opened.store.forgetting(), opened.store.reading() as reader:
        for entity, entries in by_name.items():
            values = getattr(entries, "values")  # noqa: B009 - Entries of some entity
            found = difference(reader, DESTINATIONS[entity], values, NOW)
            if found.rows:
                opened.store.write(*insert_all(DESTINATIONS[entity].table, found.rows, replace=True))


def read_any_file(name: str, data: bytes) -> Outcome:
    """A file that nobody has said anything about: what it may be is guessed, then it is read so."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        opened = open_guessed(path)
        suggestion = suggest(opened.header, [row.cells for row in opened.beginning], file_words(), "RU")
        mapping: FileMapping = suggestion.mapping
        again = open_mapped(path, mapping)
        reader = MappedReader(name, again.header, mapping, file_words(), NEAR, Staff([]))
        rows = [reader.read(row) for row in again.rows()]
    problems = [problem for row in rows for problem in row.problems]
    kept = [row.entry for row in rows if row.entry is not None]
    _store({mapping.entity: _Values(kept)})
    counts = {mapping.entity: len(kept)}
    counts |= {
        kind.value: n for kind in RowKind if kind is not RowKind.DATA and (n := sum(r.kind is kind for r in rows))
    }
    return taken(problems, **counts)


class _Values:
    def __init__(self, values: list[object]) -> None:
        self.values = values


def csv_seeds() -> tuple[bytes, ...]:
    deals = f"{DEALS_HEADER}\n{GOOD_DEAL}\n".encode()
    notes = "note_id,created_at,text,deal_id\nn1,2026-09-02T10:25:00+03:00,Думают,deal-1\n".encode()
    tasks = (
        b"activity_id,manager_id,type,created_at,deal_id,due_at\n"
        b"a1,m1,task,2026-09-02T10:25:00+03:00,deal-1,2026-09-03T10:25:00+03:00\n"
    )
    return calls_csv().encode(), DIVIDER.join((calls_csv().encode(), deals, notes, tasks))


_RUSSIAN: Final = (
    "Отчёт по звонкам за сентябрь;;;;\n;;;;\nДата;Менеджер;Телефон клиента;Длительность;Тип\n"
    "02.09.2026 10:25;Анна Белова;8 (916) 000-00-01;00:05:12;исходящий\n"
    "02.09.2026 11:25;Борис Чернов;+7 916 000-00-02;12;входящий\nИтого;;;324;\n"
)


def text_seeds() -> tuple[bytes, ...]:
    deals = f"{DEALS_HEADER}\n{GOOD_DEAL}\n"
    return _RUSSIAN.encode(), _RUSSIAN.encode("cp1251"), deals.replace(",", "\t").encode("utf-16"), deals.encode()


def workbook_seeds() -> tuple[bytes, ...]:
    book = openpyxl.Workbook()
    sheet = book.active
    for line in _RUSSIAN.splitlines():
        sheet.append(line.split(";"))
    sheet.merge_cells("A1:E1")
    other = book.create_sheet("Сделки")
    for line in (DEALS_HEADER, GOOD_DEAL):
        other.append(line.split(","))
    written = BytesIO()
    book.save(written)
    return (written.getvalue(),)
