"""CSV of any make as a book of one sheet: encoding, delimiter, quotes that are never closed. Rows stream."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from qc_workbench.errors import ImportFailed
from qc_workbench.sources.sheet_layout import MOST_COLUMNS, MOST_ROWS, Merged, RawRow
from qc_workbench.sources.tables import guess_encoding

#: Lines that can't be split, after which a CSV file is given up: it is no CSV, or in other quotes.
MOST_BROKEN_LINES: Final = 500
ENCODINGS: Final = ("utf-8", "cp1251", "utf-16", "cp866", "koi8-r", "mac-cyrillic")
DELIMITERS: Final = (";", ",", "\t", "|")

_PIECE: Final = 1 << 20
_CODECS: Final = {"Windows-1251": "cp1251", "CP866 (DOS)": "cp866", "KOI8-R": "koi8-r", "Mac Cyrillic": "mac-cyrillic"}


class CsvBook:
    def __init__(self, path: Path, encoding: str, delimiter: str) -> None:
        self._path = path
        self.encoding = encoding or find_encoding(path)
        beginning = list(itertools.islice(self._lines(), 40))
        self._hint = bool(beginning) and re.fullmatch(r'"?sep=(.)"?', beginning[0].strip(), re.IGNORECASE)
        self.delimiter = delimiter or (self._hint.group(1) if self._hint else find_delimiter(beginning))
        if beginning and beginning[0].lstrip().lower().startswith(("<!doctype", "<html", "<?xml", "{", "[{")):
            raise ImportFailed("file_no_table", file=path.name)
        if any("\x00" in line for line in beginning):
            raise ImportFailed("file_no_table", file=path.name)

    @property
    def sheets(self) -> tuple[str, ...]:
        return (self._path.stem,)

    def merged(self, sheet: str) -> tuple[Merged, ...]:  # noqa: ARG002 - text has none
        return ()

    def rows_about(self, sheet: str) -> int:  # noqa: ARG002 - there is one
        with self._path.open("rb") as file:
            return sum(piece.count(b"\n") for piece in iter(lambda: file.read(_PIECE), b"")) + 1

    def _lines(self) -> Iterator[str]:
        with self._path.open("rb") as raw:
            bom = raw.read(3) == codecs.BOM_UTF8
            raw.seek(3 if bom and self.encoding == "utf-8" else 0)
            # Lines as the file has them: a quoted cell may hold one.
            # A byte that is no letter (an emoji in a file of Windows-1251, half a letter at the end of UTF-16) is seen
            # as �, as in the answers of systems: kept as it is, it would be in no text that a database takes.
            with io.TextIOWrapper(raw, self.encoding, errors="replace", newline="") as text:
                yield from text

    def rows(self, sheet: str) -> Iterator[RawRow]:  # noqa: ARG002 - there is one
        for place, row in enumerate(split_records(self._lines(), self.delimiter, self._path.name)):
            if place >= MOST_ROWS:
                raise ImportFailed("file_too_many_rows", file=self._path.name, limit=MOST_ROWS)
            if place == 0 and self._hint:
                continue
            yield row


def find_encoding(path: Path) -> str:
    """UTF-8 when every byte is; UTF-16 by its mark; else the 8-bit encoding in which it looks most like Russian."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        begins = file.read(4)
        if begins.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        file.seek(0)
        try:
            while piece := file.read(_PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
            return "utf-8"
        except UnicodeDecodeError:
            file.seek(0)
            return _CODECS.get(guess_encoding(file.read(_PIECE)), "cp1251")


def find_delimiter(lines: list[str]) -> str:
    """The mark that splits most of the lines into equally many cells, and into more than one."""
    best, best_score = ";", 0.0
    filled = [line for line in lines if line.strip()]
    for mark in DELIMITERS:
        widths = [len(row.cells) for row in split_records(iter(filled), mark, "") if not row.problem]
        wide = [width for width in widths if width > 1]
        if not wide:
            continue
        commonest = max(set(wide), key=lambda width: (wide.count(width), width))
        score = wide.count(commonest) / len(widths) * min(commonest, 12)
        if score > best_score:
            best, best_score = mark, score
    return best


def split_records(lines: Iterator[str], delimiter: str, file: str) -> Iterator[RawRow]:
    """Records of a CSV text. A line with a quote that is never closed is told and skipped, the next one is read."""
    waiting: deque[str] = deque()
    number = broken = 0
    while True:
        taken: list[str] = []
        reader = csv.reader(_feed(waiting, lines, taken), delimiter=delimiter, strict=True)
        try:
            record = next(reader, None)
        except csv.Error:
            broken += 1
            if broken > MOST_BROKEN_LINES:
                raise ImportFailed("file_broken_quotes", file=file, n=MOST_BROKEN_LINES) from None
            waiting.extendleft(reversed(taken[1:]))
            number += 1
            yield RawRow(number, (), problem="row_quotes")
            continue
        if record is None:
            return
        yield RawRow(number + 1, tuple(cell or None for cell in record[:MOST_COLUMNS]))
        number += len(taken)


def _feed(waiting: deque[str], lines: Iterator[str], taken: list[str]) -> Iterator[str]:
    while True:
        line = waiting.popleft() if waiting else next(lines, None)
        if line is None:
            return
        taken.append(line)
        yield line
