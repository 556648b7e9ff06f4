"""A file and how it is read, together: the sheet, its header, its rows. What the page and the import both ask."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qc_workbench.domain.file_mapping import FileMapping
from qc_workbench.errors import ImportFailed
from qc_workbench.sources.file_words import file_words
from qc_workbench.sources.problems import shown
from qc_workbench.sources.sheet_layout import HEADER_WITHIN, Header, RawRow, find_header, guess_header, header_of
from qc_workbench.sources.sheets import Book, filled_in, open_book

#: Rows that a page looks at.
PREVIEWED: Final = 400


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """``beginning``: the first rows, merged cells filled in as far as the header is known."""

    path: Path
    book: Book
    sheet: str
    header: Header
    beginning: tuple[RawRow, ...]

    def rows(self) -> Iterator[RawRow]:
        """Those below the header, streamed. Raises :class:`~qc_workbench.errors.ImportFailed`."""
        last = self.header.last_row
        for row in filled_in(self.book.rows(self.sheet), self.book.merged(self.sheet), last):
            if row.number > last:
                yield row


def open_guessed(
    path: Path, *, sheet: str = "", header_row: int = 0, header_rows: int = 0, encoding: str = "", delimiter: str = ""
) -> OpenedFile:
    """A file nobody has said anything about; what is said is kept. Without a sheet's name the first that is not empty.

    Raises :class:`~qc_workbench.errors.ImportFailed`: what :func:`~qc_workbench.sources.sheets.open_book` raises, and
    ``file_empty_all``.
    """
    book = open_book(path, encoding, delimiter)
    for name in (sheet,) if sheet in book.sheets else book.sheets:
        rows = _beginning(book, name, 0)
        if any(row.cells for row in rows):
            break
    else:
        raise ImportFailed("file_empty_all", file=path.name)
    by_number = {row.number: place for place, row in enumerate(rows)}
    if header_row in by_number:
        place, count = by_number[header_row], header_rows or 1
    else:
        place, count = guess_header(_beginning(book, name, HEADER_WITHIN), file_words().knows)
    last = rows[place].number + count - 1
    filled = _beginning(book, name, last)
    return OpenedFile(path, book, name, header_of(filled, place, count), tuple(filled))


def open_mapped(path: Path, mapping: FileMapping) -> OpenedFile:
    """A file that should be read by a mapping: its header is where it was, or wherever all the columns stand.

    Raises :class:`~qc_workbench.errors.ImportFailed`: also ``file_columns_missing`` with those that are not there.
    """
    book = open_book(path, mapping.encoding, mapping.delimiter)
    names = [mapping.sheet] if mapping.sheet in book.sheets else list(book.sheets)
    for name in names:
        rows = _beginning(book, name, HEADER_WITHIN)
        header = find_header(rows, mapping.headers, mapping.header_row, mapping.header_rows)
        if header is not None:
            filled = _beginning(book, name, header.last_row)
            return OpenedFile(path, book, name, header, tuple(filled))
    opened = open_guessed(path, encoding=mapping.encoding, delimiter=mapping.delimiter)
    missing = sorted(mapping.headers - set(opened.header.keys))
    found = shown(", ".join(text for text in opened.header.shown if text))
    raise ImportFailed("file_columns_missing", file=path.name, missing=shown(", ".join(missing)), found=found or "—")


def _beginning(book: Book, sheet: str, header_until: int) -> list[RawRow]:
    return list(itertools.islice(filled_in(book.rows(sheet), book.merged(sheet), header_until), PREVIEWED))


def file_print(path: Path) -> str:
    """sha256 of the bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
