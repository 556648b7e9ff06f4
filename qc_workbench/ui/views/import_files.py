"""Files for the page: what an uploaded file looks like, what would be read of it, past imports, saved mappings.

Whoever may not see clients sees the file with its numbers shortened, as everywhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from pipelines import import_file as files
from pipelines.file_trial import Trial, trial
from pipelines.import_file import FileImport, Undone
from pipelines.progress import Progress
from pipelines.put_aside import put_aside
from qc_workbench.domain.access import Action
from qc_workbench.domain.file_mapping import CellKind, FileMapping, ImportBatch, SavedMapping, field_of
from qc_workbench.sources.file_reading import OpenedFile, open_guessed
from qc_workbench.sources.file_words import file_words
from qc_workbench.sources.guess_columns import SAMPLE, Suggestion, suggest, suggest_for
from qc_workbench.sources.mapped_rows import OF_FILES, ReadRow, sample_rows
from qc_workbench.sources.phones import is_hidden
from qc_workbench.sources.sheet_layout import Raw, RawRow, text_of
from qc_workbench.store import file_imports as store
from qc_workbench.ui.i18n import Translator, clock
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: Past imports of the page.
BATCHES: Final = 20
#: Rows of the file as it is, and as it will be read.
RAW_ROWS: Final = 12
READ_ROWS: Final = 25

#: A date, which stays, or what may be a phone.
_DIGITS: Final = re.compile(
    r"(?P<day>(?<![\d.\-])(?:\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2}))"
    r"(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?(?![\d.\-]))"
    r"|\+?\d(?:[\s()\-.]*\d){6,}"
)


@dataclass(frozen=True, slots=True)
class Look:
    """An uploaded file. ``saved``: the mapping by which it was recognised."""

    name: str
    opened: OpenedFile
    suggestion: Suggestion
    saved: SavedMapping | None
    token: str


@dataclass(frozen=True, slots=True)
class Layout:
    """What a person says of where the table is; 0 and "" leave it to the program."""

    sheet: str = ""
    header_row: int = 0
    header_rows: int = 0
    encoding: str = ""
    delimiter: str = ""


def take(workspace: Workspace, viewer: Viewer, name: str, data: bytes) -> Path:
    """Put an uploaded file aside. Its name is never a path: the hash of its bytes is. Raises ``not_allowed``."""
    viewer.require(Action.IMPORT_FILES)
    suffix = Path(name).suffix.lower()
    return put_aside(workspace, data, suffix if suffix.isascii() and len(suffix) < 6 else "")


def look(workspace: Workspace, viewer: Viewer, path: Path, name: str, layout: Layout) -> Look:
    """Raises ``not_allowed``, :class:`~qc_workbench.errors.ImportFailed`."""
    viewer.require(Action.IMPORT_FILES)
    opened = open_guessed(
        path, sheet=layout.sheet, header_row=layout.header_row, header_rows=layout.header_rows,
        encoding=layout.encoding, delimiter=layout.delimiter,
    )  # fmt: skip
    region = workspace.settings.company.phone_region
    rows = sample_rows(opened.beginning, opened.header, SAMPLE)
    # Of what was found, not of what was asked: the page asks for the very same once its boxes are drawn.
    book, header = opened.book, opened.header
    seen_as = (path.name, opened.sheet, header.row, header.rows, book.encoding, book.delimiter)
    token = hashlib.sha256(repr(seen_as).encode()).hexdigest()[:8]
    found = suggest(opened.header, rows, file_words(), region)
    return Look(name, opened, found, files.recognised(workspace, opened), token)


def suggested(workspace: Workspace, found: Look, entity: str) -> Suggestion:
    region = workspace.settings.company.phone_region
    rows = sample_rows(found.opened.beginning, found.opened.header, SAMPLE)
    return suggest_for(entity, found.opened.header, rows, file_words(), region)


def raw_table(viewer: Viewer, found: Look) -> list[tuple[RawRow, list[str]]]:
    """The first rows of the file as they are."""
    width = max([len(found.opened.header.keys), *(len(row.cells) for row in found.opened.beginning[:RAW_ROWS])])
    return [
        (row, [seen(viewer, _as_written(cell)) for cell in (*row.cells, *([None] * (width - len(row.cells))))])
        for row in found.opened.beginning[: max(RAW_ROWS, found.opened.header.last_row + 5)]
    ]


def _as_written(cell: Raw) -> str:
    return text_of(cell).removesuffix("T00:00:00").replace("T", " ") if isinstance(cell, datetime) else text_of(cell)


def seen(viewer: Viewer, text: str) -> str:
    """A text of the file as this person may see it."""
    if viewer.sees_clients:
        return text
    return _DIGITS.sub(lambda found: found["day"] or f"•••{found[0][-2:]}", text)


def cell_seen(viewer: Viewer, t: Translator, entity: str, name: str, row: ReadRow) -> str:
    """A cell as it was read, in the words of the page; names and numbers of clients for those only who may see them."""
    text, item = row.cells.get(name, ""), field_of(entity, name)
    kind = item.kind if item is not None and text else None
    if kind in (CellKind.MOMENT, CellKind.DAY):
        moment = datetime.fromisoformat(text)
        return t.moment(moment, "d MMM y, HH:mm") if kind is CellKind.MOMENT else t.day(moment, "d MMM y")
    if kind is CellKind.CHOICE:
        return t(f"files.word.{name}.{text}")
    if kind is CellKind.MONEY:
        return t.number(Decimal(text), 2)
    if kind is CellKind.SECONDS:
        return clock(float(text))
    if kind is CellKind.MANAGER:
        return text.removeprefix(OF_FILES)
    if viewer.sees_clients or not text:
        return text
    if name == "client_name":
        return "•••"
    if kind in (CellKind.PHONE, CellKind.PHONES) and not is_hidden(text):
        return ";".join(f"•••{part[-2:]}" for part in text.split(";"))
    return seen(viewer, text)


def texts_of(found: Look, header: str, most: int) -> list[str]:
    """The different texts of a column in the sample."""
    keys = found.opened.header.keys
    if header not in keys:
        return []
    place = keys.index(header)
    rows = sample_rows(found.opened.beginning, found.opened.header, SAMPLE)
    return list(dict.fromkeys(text_of(row[place]) for row in rows if place < len(row) and text_of(row[place])))[:most]


def tried(workspace: Workspace, viewer: Viewer, found: Look, mapping: FileMapping) -> Trial:
    viewer.require(Action.IMPORT_FILES)
    return trial(workspace, found.opened, mapping, found.name)


def bring_in(
    workspace: Workspace,
    viewer: Viewer,
    found: Look,
    mapping: FileMapping,
    name: str,
    progress: Progress,
    now: datetime,
) -> FileImport:
    """Raises ``not_allowed`` and what :func:`pipelines.import_file.import_file` raises. The upload is thrown away."""
    viewer.require(Action.IMPORT_FILES)
    path = found.opened.path
    done = files.import_file(
        workspace, path, mapping, progress, by=viewer.name, at=now, name=name, shown_name=found.name
    )
    path.unlink(missing_ok=True)
    return done


def save(
    workspace: Workspace, viewer: Viewer, name: str, mapping: FileMapping, found: Look, now: datetime
) -> SavedMapping:
    viewer.require(Action.IMPORT_FILES)
    return files.save_mapping(workspace, name, mapping, found.opened.header.print, by=viewer.name, at=now)


def remove(workspace: Workspace, viewer: Viewer, name: str, now: datetime) -> None:
    viewer.require(Action.IMPORT_FILES)
    files.remove_mapping(workspace, name, by=viewer.name, at=now)


def bring_back(workspace: Workspace, viewer: Viewer, saved: SavedMapping, now: datetime) -> None:
    """A mapping that was removed a moment ago is saved again."""
    viewer.require(Action.IMPORT_FILES)
    files.save_mapping(workspace, saved.name, saved.mapping, saved.header_print, by=viewer.name, at=now)


def undo(workspace: Workspace, viewer: Viewer, batch_id: str, now: datetime) -> Undone:
    viewer.require(Action.IMPORT_FILES)
    return files.undo_import(workspace, batch_id, by=viewer.name, at=now)


@dataclass(frozen=True, slots=True)
class Kept:
    """What there is: saved mappings by name, past imports, the newest first."""

    mappings: tuple[SavedMapping, ...]
    batches: tuple[ImportBatch, ...]


def kept(workspace: Workspace, viewer: Viewer) -> Kept:
    viewer.require(Action.IMPORT_FILES)
    with workspace.store.reading() as reader:
        return Kept(tuple(store.mappings(reader)), tuple(store.batches(reader, BATCHES)))


def with_words(mapping: FileMapping, words: Sequence[tuple[str, str, str]]) -> dict[str, dict[str, str]]:
    """(field, what is written, what is meant) as a mapping keeps them."""
    found: dict[str, dict[str, str]] = {name: dict(known) for name, known in mapping.words.items()}
    for name, written, meant in words:
        if meant:
            found.setdefault(name, {})[written] = meant
    return found
