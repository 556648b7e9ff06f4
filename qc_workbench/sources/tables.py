"""Tables of text out of CSV files and workbook sheets, with the line numbers a person sees.

A record that cannot be split is reported and skipped; reading goes on with the next line.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qc_workbench.sources.problems import Problem, shown
from qc_workbench.sources.sheet_layout import text_of
from qc_workbench.sources.values import nearest

#: Longest cell (csv's own limit); a longer one is a quote that was never closed.
LONGEST_CELL = 131_072
#: A workbook that unpacks to more is refused unread.
LARGEST_WORKBOOK_BYTES = 1 << 30

_DELIMITERS = (",", ";", "\t")
_EXCEL_HINT = re.compile(r'^"?sep=(.)"?$', re.IGNORECASE)
_EXTENSIONS_OF_WORKBOOKS = frozenset({".xlsx", ".xlsm"})


@dataclass(frozen=True, slots=True)
class TableRow:
    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """``columns`` are normalised names (``Call ID`` is ``call_id``); ``header_row`` is where they stand."""

    file: str
    columns: tuple[str, ...]
    header_row: int
    rows: tuple[TableRow, ...]
    problems: tuple[Problem, ...] = ()


def column_name(written: str) -> str:
    """A header as compared: no case, no marks of order or width, spaces and hyphens as underscores."""
    text = unicodedata.normalize("NFKC", written).replace("\ufeff", "").replace("\u200b", "")
    return re.sub(r"[\s\-]+", "_", text.strip().strip("*").strip()).casefold()


def is_workbook(path: Path) -> bool:
    return path.suffix.lower() in _EXTENSIONS_OF_WORKBOOKS and not path.name.startswith("~$")


def read_csv(file: str, data: bytes, known_columns: Sequence[str]) -> Table:
    """Split the bytes of a CSV file. Which delimiter it uses is told by the columns we know."""
    encoded = _wide_encoding(data)
    if encoded:
        beginning = data[:160].decode(encoded, "replace").lstrip("\ufeff")
        return _unreadable(Problem(file, 1, None, shown(beginning[:40]), "file_encoding", {"encoding": encoded}))
    text = data.decode("utf-8-sig", errors="surrogateescape")
    lines = list(io.StringIO(text, newline=""))
    first, delimiter = _header_place(lines, known_columns)
    if first is None:
        return _unreadable(Problem(file, None, None, "", "file_empty"))
    if _has_bad_bytes(lines[first]):
        value = shown(lines[first].encode("utf-8", "surrogateescape").decode("cp1251", "replace").strip())
        return _unreadable(Problem(file, first + 1, None, value, "file_encoding", {"encoding": guess_encoding(data)}))

    header: tuple[str, ...] | None = None
    header_row = first + 1
    rows: list[TableRow] = []
    problems: list[Problem] = []
    for start, record in _records(lines, first, delimiter):
        if isinstance(record, str):
            problems.append(_broken_record(file, start, lines[start - 1], record))
            continue
        if not any(cell.strip() for cell in record):
            continue
        problem = _broken_cells(file, start, record, len(record if header is None else header), data)
        if header is None:
            if problem:  # a quoted name may reach over lines
                return _unreadable(problem)
            header, header_row = _names(record), start
            continue
        if problem:
            problems.append(problem)
        else:
            rows.append(TableRow(start, _fitted(record, len(header))))
    if header is None:
        return Table(file, (), header_row, (), tuple(problems))
    return Table(file, header, header_row, tuple(rows), tuple(problems))


def _unreadable(problem: Problem) -> Table:
    return Table(problem.file, (), problem.row or 1, (), (problem,))


def _names(record: Sequence[str]) -> tuple[str, ...]:
    names = [column_name(cell) or f"column_{place}" for place, cell in enumerate(record, start=1)]
    while names and not record[len(names) - 1].strip():
        names.pop()  # a delimiter at the end of every line makes an empty last column
    return tuple(names)


def _header_place(lines: Sequence[str], known_columns: Sequence[str]) -> tuple[int | None, str]:
    """Index of the header's line and the delimiter."""
    for index, line in enumerate(lines):
        hint = _EXCEL_HINT.match(line.strip())
        if index == 0 and hint:
            following = next((place for place in range(1, len(lines)) if lines[place].strip()), None)
            return following, hint.group(1)
        if line.strip(" \t\r\n,;"):
            known = set(known_columns)
            scores = {
                mark: sum(column_name(part.strip('"')) in known for part in line.split(mark)) for mark in _DELIMITERS
            }
            best = max(_DELIMITERS, key=lambda mark: (scores[mark], line.count(mark)))
            return index, best
    return None, ","


def _records(lines: Sequence[str], first: int, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """(line number, cells) of each record, or (line number, what the reader said) of one that cannot be split.

    After such a record reading starts afresh at the line below it, so that one quote
    never closed does not swallow the rest of the file.
    """
    start = first
    while start < len(lines):
        reader = csv.reader((lines[place] for place in range(start, len(lines))), delimiter=delimiter, strict=True)
        before = 0
        try:
            for record in reader:
                yield start + before + 1, record
                before = reader.line_num
            return
        except csv.Error as error:
            yield start + before + 1, str(error)
            start += before + 1


def _broken_record(file: str, row: int, line: str, said: str) -> Problem:
    if "limit" in said and line.count('"') == 0:
        return Problem(file, row, None, shown(line[:80].strip()), "cell_too_long", {"limit": LONGEST_CELL})
    return Problem(file, row, None, shown(line.strip()), "row_quotes")


def _broken_cells(file: str, row: int, record: Sequence[str], width: int, data: bytes) -> Problem | None:
    bad = next((cell for cell in record if _has_bad_bytes(cell)), None)
    if bad is not None:
        value = bad.encode("utf-8", "surrogateescape").decode("cp1251", "replace")
        return Problem(file, row, None, shown(value), "row_encoding", {"encoding": guess_encoding(data)})
    bad = next((cell for cell in record if "\x00" in cell), None)
    if bad is not None:
        return Problem(file, row, None, shown(bad), "value_control")
    if any(cell.strip() for cell in record[width:]):
        return Problem(
            file, row, None, shown(" | ".join(record[width:])), "row_too_long", {"found": len(record), "columns": width}
        )
    if len(record) < width:
        return Problem(
            file, row, None, shown(" | ".join(record)), "row_too_short", {"found": len(record), "columns": width}
        )
    return None


def _fitted(record: Sequence[str], width: int) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in record[:width])


def _has_bad_bytes(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text)


def _wide_encoding(data: bytes) -> str:
    """UTF-16 and UTF-32, which Excel's «Unicode text» writes; empty for anything else."""
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "UTF-32"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    sample = data[:400]
    if len(sample) >= 8 and (sample[1::2].count(0) > len(sample) // 3 or sample[::2].count(0) > len(sample) // 3):
        return "UTF-16"
    return ""


def guess_encoding(data: bytes) -> str:
    """The 8-bit Cyrillic encoding in which the bytes look most like Russian: most letters, mostly small."""
    high = bytes(byte for byte in data[:200_000] if byte >= 0x80)
    if not high:
        return "?"
    names = {"cp1251": "Windows-1251", "cp866": "CP866 (DOS)", "koi8-r": "KOI8-R", "mac-cyrillic": "Mac Cyrillic"}

    def likeness(codec: str) -> int:
        text = high.decode(codec, "replace")
        return sum(2 if char in "оеаинтсрвл" else 1 if "а" <= char <= "я" else -1 for char in text)

    best = max(names, key=likeness)
    return names[best] if likeness(best) > 0 else "?"


def read_workbook(file: str, path: Path, wanted: Sequence[str]) -> tuple[dict[str, Table], tuple[Problem, ...]]:
    """Tables of the sheets whose names are ``wanted``, by name, and what was wrong with the workbook itself."""
    import openpyxl  # costs half a second of start-up: only where there is work

    try:
        with zipfile.ZipFile(path) as packed:
            if sum(item.file_size for item in packed.infolist()) > LARGEST_WORKBOOK_BYTES:
                return {}, (Problem(file, None, None, path.name, "xlsx_too_large"),)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of styles and validations, which are no concern here
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                tables = {}
                for sheet in book.worksheets:
                    name = column_name(sheet.title)
                    if name in wanted and name not in tables:
                        tables[name] = _sheet(f"{file}[{sheet.title}]", sheet.iter_rows(values_only=True))
                return tables, ()
            finally:
                book.close()
    except Exception as error:  # openpyxl lets through whatever its parsers raise on damaged files
        return {}, (Problem(file, None, None, shown(error), "xlsx_unreadable"),)


def _sheet(file: str, values: Iterator[Sequence[Any]]) -> Table:
    header: tuple[str, ...] | None = None
    header_row = 1
    rows: list[TableRow] = []
    problems: list[Problem] = []
    for place, raw in enumerate(values, start=1):
        record = [text_of(value) for value in raw]
        if not any(record):
            continue
        if header is None:
            header, header_row = _names(record), place
            continue
        if any(record[len(header) :]):
            extra = shown(" | ".join(record[len(header) :]))
            params = {"found": len(record), "columns": len(header)}
            problems.append(Problem(file, place, None, extra, "row_too_long", params))
            continue
        record += [""] * (len(header) - len(record))
        if any("\x00" in cell or _has_bad_bytes(cell) for cell in record):
            problems.append(Problem(file, place, None, shown(" | ".join(record)), "value_control"))
            continue
        rows.append(TableRow(place, tuple(record[: len(header)])))
    if header is None:
        return _unreadable(Problem(file, None, None, "", "file_empty"))
    return Table(file, header, header_row, tuple(rows), tuple(problems))


def header_problems(table: Table, required: Sequence[str], known: Sequence[str]) -> tuple[Problem, ...]:
    """Columns that are missing (with the column that may have been meant) or stand there twice."""
    problems = [
        Problem(table.file, table.header_row, name, name, "column_twice")
        for name in dict.fromkeys(table.columns)
        if table.columns.count(name) > 1 and name in known
    ]
    strangers = tuple(name for name in table.columns if name not in known)
    for name in required:
        if name not in table.columns:
            similar = nearest(name, strangers)
            shown_header = shown(", ".join(table.columns))
            problems.append(
                Problem(table.file, table.header_row, name, shown_header, "column_missing", {"similar": similar})
            )
    return tuple(problems)
