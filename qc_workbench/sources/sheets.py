"""Sheets of files that people exported: CSV of any make, XLSX, XLS. Rows stream; a file never fills the memory.

Formulas are the values that the program which saved them had computed; nothing is ever computed here. What is not a
table, is locked with a password, or unpacks to more than it should, is refused unread.
"""

from __future__ import annotations

import copy
import itertools
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from qc_workbench.errors import ImportFailed
from qc_workbench.sources.csv_sheets import CsvBook
from qc_workbench.sources.sheet_layout import MOST_COLUMNS, MOST_ROWS, Merged, Raw, RawRow

#: A larger file is refused. 200 000 rows of twenty columns are some 40 MB as CSV and 15 MB as XLSX.
LARGEST_FILE_BYTES: Final = 200 << 20
#: A workbook that unpacks to more is refused unread.
LARGEST_UNPACKED_BYTES: Final = 1 << 30
#: Packed text of tables is some 10 to 30 times smaller; beyond this ratio, and this size, it is a bomb.
MOST_TIMES_SMALLER: Final = 300
HARMLESS_BYTES: Final = 64 << 20
#: What every cell with a text shares is read whole: so much is allowed.
LARGEST_STRINGS_BYTES: Final = 256 << 20
#: Merged ranges that are filled in.
MOST_MERGED: Final = 50_000

_PIECE: Final = 1 << 20
#: What zipfile and what it unpacks with raise for a file that is not whole, or was never one.
_DAMAGED: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, KeyError)
_PROLOG_BYTES: Final = 1 << 16
_PLAIN_BEGINNING: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->)*+<[A-Za-z_]", re.DOTALL)
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of .xls, and of an .xlsx with a password
_ROW: Final = re.compile(rb"<(?:\w+:)?row\b[^>]*>")
_NUMBER: Final = re.compile(rb'\br="(\d{1,7})"')
_LEVEL: Final = re.compile(rb'\boutlineLevel="(\d)"')
_MERGED: Final = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_CELL: Final = re.compile(rb'<(?:\w+:)?c\b[^>]*\br="([A-Z]{1,3})(\d{1,7})"')


class Book(Protocol):
    """A file of sheets. ``encoding`` and ``delimiter``: of a CSV file, as they were found."""

    @property
    def sheets(self) -> tuple[str, ...]: ...
    @property
    def encoding(self) -> str: ...
    @property
    def delimiter(self) -> str: ...

    def rows(self, sheet: str) -> Iterator[RawRow]:
        """Every row, empty ones too. Raises :class:`~qc_workbench.errors.ImportFailed`."""

    def merged(self, sheet: str) -> tuple[Merged, ...]: ...

    def rows_about(self, sheet: str) -> int:
        """How many rows there may be, for a bar of progress."""


def open_book(path: Path, encoding: str = "", delimiter: str = "") -> Book:
    """What kind a file is is told by its bytes, not its name. ``encoding``, ``delimiter``: of CSV; "" finds out.

    Raises :class:`~qc_workbench.errors.ImportFailed` ``file_missing``, ``file_too_large``, ``file_empty_all``,
    ``file_locked``, ``file_bomb``, ``file_no_table``, ``file_damaged``.
    """
    try:
        if not path.is_file():
            raise ImportFailed("file_missing", file=str(path))
        size = path.stat().st_size
        with path.open("rb") as file:
            begins = file.read(8)
    except OSError as error:
        raise ImportFailed("file_damaged", file=path.name, detail=error.strerror or str(error)) from error
    if size > LARGEST_FILE_BYTES:
        raise ImportFailed("file_too_large", file=path.name, limit_mb=LARGEST_FILE_BYTES >> 20)
    if not size:
        raise ImportFailed("file_empty_all", file=path.name)
    if begins.startswith(_COMPOUND):
        return _OldBook(path)
    if begins.startswith(b"PK"):
        return _Workbook(path)
    if begins.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"{\\rtf")):
        raise ImportFailed("file_no_table", file=path.name)
    return CsvBook(path, encoding, delimiter)


# --- XLSX ----------------------------------------------------------------------------------------------------------


class _Workbook:
    encoding = ""
    delimiter = ""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._check()
        self._levels: dict[str, tuple[dict[int, int], tuple[Merged, ...], int]] = {}
        self._parts: dict[str, str] = {}
        self._plain = True  # read by openpyxl; False: by calamine, which bears what 1C once wrote
        try:
            book = self._open()
            try:
                self._parts = {sheet.title: sheet._worksheet_path.lstrip("/") for sheet in book.worksheets}
            finally:
                book.close()
        except Exception:
            self._plain = False
            self._check_unpacked()
            self._fallback = _calamine(path)
            self._check_extent()

    def _check(self) -> None:
        name = self._path.name
        try:
            with zipfile.ZipFile(self._path) as packed:
                items = packed.infolist()
                unpacked = sum(item.file_size for item in items)
                stored = max(1, self._path.stat().st_size)
                is_bomb = unpacked > HARMLESS_BYTES and unpacked / stored > MOST_TIMES_SMALLER
                if unpacked > LARGEST_UNPACKED_BYTES or is_bomb:
                    raise ImportFailed("file_bomb", file=name, size_mb=unpacked >> 20)
                for item in items:
                    if item.filename.lower().endswith("sharedstrings.xml") and item.file_size > LARGEST_STRINGS_BYTES:
                        raise ImportFailed("file_bomb", file=name, size_mb=item.file_size >> 20)
                    if item.filename.lower().endswith((".xml", ".rels")):
                        with packed.open(item) as part:
                            if item.file_size and not _begins_plainly(part.read(_PROLOG_BYTES)):
                                raise ImportFailed("file_bomb", file=name, size_mb=unpacked >> 20)
                if not any(item.filename.lower().startswith("xl/") for item in items):
                    raise ImportFailed("file_no_table", file=name)
        except (*_DAMAGED, OSError) as error:
            raise ImportFailed("file_damaged", file=name, detail=type(error).__name__) from error

    def _check_unpacked(self) -> None:
        """What each part really unpacks to: the other reader does not stop at what the file says of itself."""
        try:
            with zipfile.ZipFile(self._path) as packed:
                for item in packed.infolist():
                    asked = copy.copy(item)
                    asked.file_size = item.file_size + 1  # one byte more than there should be
                    with packed.open(asked) as part:
                        found = 0
                        while piece := part.read(_PIECE):
                            found += len(piece)
                    if found > item.file_size:
                        raise ImportFailed("file_bomb", file=self._path.name, size_mb=found >> 20)
        except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, RuntimeError, EOFError) as error:
            raise ImportFailed("file_damaged", file=self._path.name, detail=type(error).__name__) from error

    def _open(self) -> Any:
        import openpyxl  # costs half a second of start-up: only where there is work

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations, which are no concern here
            return openpyxl.load_workbook(self._path, read_only=True, data_only=True)

    @property
    def sheets(self) -> tuple[str, ...]:
        return tuple(self._parts) if self._plain else tuple(self._fallback.sheet_names)

    def merged(self, sheet: str) -> tuple[Merged, ...]:
        return self._marks(sheet)[1] if self._plain else _merged_of(self._fallback, sheet)

    def rows_about(self, sheet: str) -> int:
        return self._marks(sheet)[2] if self._plain else int(self._fallback.get_sheet_by_name(sheet).total_height)

    def rows(self, sheet: str) -> Iterator[RawRow]:
        if not self._plain:
            yield from _calamine_rows(self._fallback, sheet, self._path.name)
            return
        levels = self._marks(sheet)[0]
        book = self._open()
        try:
            found = book[sheet]
            found.reset_dimensions()  # what a file says of its own size may be wrong
            values = found.iter_rows(max_col=MOST_COLUMNS, values_only=True)
            number = 0
            while True:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    part = list(itertools.islice(values, 500))
                if not part:
                    return
                for cells in part:
                    number += 1
                    if number > MOST_ROWS:
                        raise ImportFailed("file_too_many_rows", file=self._path.name, limit=MOST_ROWS)
                    level = levels.get(number, 0)
                    yield RawRow(number, _trimmed(cells), level, levels.get(number + 1, 0) > level)
        except ImportFailed:
            raise
        except Exception as error:
            raise ImportFailed("file_damaged", file=self._path.name, detail=type(error).__name__) from error
        finally:
            book.close()

    def _marks(self, sheet: str) -> tuple[dict[int, int], tuple[Merged, ...], int]:
        """Levels of grouped rows, merged ranges, the number of rows: openpyxl does not tell them while it streams."""
        if sheet not in self._levels:
            levels: dict[int, int] = {}
            merged: list[Merged] = []
            rows = 0
            for text in self._pieces(self._parts[sheet]):
                for row in _ROW.finditer(text):
                    rows += 1
                    level, number = _LEVEL.search(row[0]), _NUMBER.search(row[0])
                    if number and int(number[1]) > MOST_ROWS:  # the rows before it would be made up one by one
                        raise ImportFailed("file_too_many_rows", file=self._path.name, limit=MOST_ROWS)
                    if level and number:
                        levels[int(number[1])] = int(level[1])
                for found in _MERGED.finditer(text):
                    if len(merged) < MOST_MERGED:
                        merged.append(Merged(int(found[2]), _column(found[1]), int(found[4]), _column(found[3])))
            self._levels[sheet] = levels, tuple(merged), rows
        return self._levels[sheet]

    def _pieces(self, part: str) -> Iterator[bytes]:
        """The text of a part in stretches that end behind a tag."""
        rest = b""
        try:
            with zipfile.ZipFile(self._path) as packed, packed.open(part) as file:
                while piece := file.read(_PIECE):
                    text = rest + piece
                    cut = text.rfind(b">") + 1
                    yield text[:cut]
                    rest = text[cut:][-_PIECE:]
        except (*_DAMAGED, OSError) as error:
            raise ImportFailed("file_damaged", file=self._path.name, detail=type(error).__name__) from error

    def _check_extent(self) -> None:
        """calamine holds a sheet as a full rectangle: one cell in the last corner would fill the memory."""
        with zipfile.ZipFile(self._path) as packed:
            parts = [item for item in packed.namelist() if re.match(r"xl/worksheets/[^/]+\.xml$", item, re.IGNORECASE)]
        for part in parts:
            rows = columns = 0
            for text in self._pieces(part):
                for found in _CELL.finditer(text):
                    rows, columns = max(rows, int(found[2])), max(columns, _column(found[1]) + 1)
            if rows * columns > 20_000_000:
                raise ImportFailed("file_too_many_rows", file=self._path.name, limit=MOST_ROWS)


def _begins_plainly(head: bytes) -> bool:
    """Whether an element begins within the first bytes, with nothing before it but the declaration and comments: no
    document type, which brings entities that multiply or that read other files, nor a writing in which it would hide
    (UTF-16)."""
    return _PLAIN_BEGINNING.match(head) is not None


def _column(letters: bytes) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1


def _trimmed(cells: Any) -> tuple[Raw, ...]:
    """A row without the empty cells at its end."""
    end = len(cells)
    while end and cells[end - 1] in (None, ""):
        end -= 1
    return tuple(cells[:end])


# --- XLS, and XLSX that openpyxl can't read ------------------------------------------------------------------------


def _calamine(path: Path) -> Any:
    from python_calamine import CalamineWorkbook

    try:
        return CalamineWorkbook.from_path(str(path))
    except Exception as error:  # its errors have no base class of their own
        is_locked = "password" in str(error).lower() or "encrypt" in str(error).lower()
        code = "file_locked" if is_locked else "file_damaged"
        raise ImportFailed(code, file=path.name, detail=type(error).__name__) from error


def _merged_of(book: Any, sheet: str) -> tuple[Merged, ...]:
    found = book.get_sheet_by_name(sheet).merged_cell_ranges or ()
    return tuple(Merged(top + 1, left, bottom + 1, right) for (top, left), (bottom, right) in found[:MOST_MERGED])


def _calamine_rows(book: Any, sheet: str, file: str) -> Iterator[RawRow]:
    try:
        values = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except Exception as error:
        raise ImportFailed("file_damaged", file=file, detail=type(error).__name__) from error
    for number, cells in enumerate(values, start=1):
        if number > MOST_ROWS:
            raise ImportFailed("file_too_many_rows", file=file, limit=MOST_ROWS)
        yield RawRow(number, _trimmed([None if cell == "" else cell for cell in cells[:MOST_COLUMNS]]))


class _OldBook:
    """.xls; it has at most 65 536 rows, so it is read whole."""

    encoding = ""
    delimiter = ""

    def __init__(self, path: Path) -> None:
        self._path = path
        with path.open("rb") as file:
            text = file.read(4 << 20)
        if "EncryptedPackage".encode("utf-16-le") in text:
            raise ImportFailed("file_locked", file=path.name, detail="EncryptedPackage")
        self._book = _calamine(path)

    @property
    def sheets(self) -> tuple[str, ...]:
        return tuple(self._book.sheet_names)

    def merged(self, sheet: str) -> tuple[Merged, ...]:
        return _merged_of(self._book, sheet)

    def rows_about(self, sheet: str) -> int:
        return int(self._book.get_sheet_by_name(sheet).total_height)

    def rows(self, sheet: str) -> Iterator[RawRow]:
        return _calamine_rows(self._book, sheet, self._path.name)


def filled_in(rows: Iterator[RawRow], merged: tuple[Merged, ...], header_until: int) -> Iterator[RawRow]:
    """Rows with merged cells filled: down in the data, to the right as well up to the row ``header_until``.

    To the right in the data too would make a full row of a heading that lies over all columns.
    """
    covering: dict[int, list[Merged]] = {}
    for item in merged:
        for number in range(item.top, min(item.bottom, item.top + 100_000) + 1):
            covering.setdefault(number, []).append(item)
    values: dict[Merged, Raw] = {}
    for row in rows:
        touching = covering.get(row.number)
        if not touching:
            yield row
            continue
        cells = list(row.cells)
        for item in touching:
            if row.number == item.top:
                values[item] = cells[item.left] if item.left < len(cells) else None
            value = values.get(item)
            if value in (None, ""):
                continue
            right = min(item.right, MOST_COLUMNS - 1) if row.number <= header_until else item.left
            cells += [None] * (right + 1 - len(cells))
            for place in range(item.left, right + 1):
                cells[place] = value
            if row.number == item.bottom:
                values.pop(item, None)
        yield RawRow(row.number, tuple(cells), row.level, row.heads_group, row.problem)
