"""Asterisk's Master.csv, read on from where it was left, and the recordings of its monitor folder."""

from __future__ import annotations

import csv
import hashlib
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from qc_workbench.domain.telephony import RecordingRef, TelephonyCall
from qc_workbench.errors import SourceUnreachable
from qc_workbench.sources.asterisk import CAPABILITIES, AsteriskMeaning, group_of, row_key
from qc_workbench.sources.asterisk_monitor import Monitor
from qc_workbench.sources.connector import Batch, VendorRow
from qc_workbench.sources.plain_files import open_plain
from qc_workbench.sources.problems import BadValueError, Problem, shown

#: Columns of every Master.csv, and those that cdr.conf adds behind them. Source: cdr_csv.c.
BASE: Final = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer",
    "end", "duration", "billsec", "disposition", "amaflags",
)  # fmt: skip
_NEWER: Final = ("peeraccount", "linkedid", "sequence")
LAYOUTS: Final[Mapping[int, tuple[str, ...]]] = {
    16: BASE,
    17: (*BASE, "uniqueid"),
    18: (*BASE, "uniqueid", "userfield"),
    19: (*BASE, *_NEWER),
    20: (*BASE, "uniqueid", *_NEWER),
    21: (*BASE, "uniqueid", "userfield", *_NEWER),
}
#: What is kept of a row.
_KEPT: Final = frozenset(
    {
        "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "start", "duration", "billsec",
        "disposition", "uniqueid", "linkedid", "sequence",
    }
)  # fmt: skip
LINES_A_BATCH: Final = 20_000
#: A last line without a line break is taken as it is when nothing was written for so long.
SETTLED_S: Final = 300.0
_LONGEST_LINE: Final = 65_536
#: Bytes of one batch.
_MOST_HELD: Final = 16 << 20
#: Bytes at the beginning by which a file is recognised after it was renamed.
HEAD_BYTES: Final = 400


class AsteriskFiles:
    """A :class:`~qc_workbench.sources.connector.FileSource`."""

    capabilities = CAPABILITIES

    def __init__(self, source: str, file: Path, monitor: Monitor | None, meaning: AsteriskMeaning) -> None:
        self._source = source
        self._file = file
        self._monitor = monitor
        self._meaning = meaning

    def collapse(self, rows: Sequence[Mapping[str, Any]]) -> TelephonyCall | None:
        told = self._meaning.collapse(rows)
        if told is not None and self._monitor is None:
            return replace(told, recording=None)  # nowhere to look for it
        return told

    def batches_from(self, position: Mapping[str, Any]) -> Iterator[Batch]:
        """After a rotation the rest of the file that was renamed is read first, where it is found beside."""
        if position and not _is_same(self._file, position):
            rotated = self._renamed(position)
            if rotated is not None:
                yield from self._read(rotated, position)
            position = {}
        yield from self._read(self._file, position)

    def check(self) -> int | None:
        """See :class:`~qc_workbench.sources.connector.Checkable`; lines of its first :data:`LINES_A_BATCH`."""
        if self._monitor is not None:
            self._monitor.check(self._source)
        batch = next(self._read(self._file, {}), None)
        return 0 if batch is None else len(batch.rows)

    def _renamed(self, position: Mapping[str, Any]) -> Path | None:
        beside = sorted(self._file.parent.glob(f"{self._file.name}?*"))
        return next((path for path in beside if path.suffix != ".gz" and _is_same(path, position)), None)

    def _read(self, path: Path, position: Mapping[str, Any]) -> Iterator[Batch]:
        try:
            with open_plain(path) as file:
                head = file.read(HEAD_BYTES)
                offset = int(position.get("offset", 0))
                file.seek(offset)
                while True:
                    lines, offset = _complete_lines(file, offset)
                    if not lines:
                        break
                    rows, problems = self._rows(lines)
                    yield Batch(rows, position=_position(head, offset), problems=problems)
                first, last = (_line_at(file, place) for place in (0, offset))
                if last and time.time() - os.fstat(file.fileno()).st_mtime > SETTLED_S and _is_whole(last, first):
                    # The position stays before it: a line break, or more of it, may come yet. Read again it is the same
                    # row, which changes nothing.
                    yield Batch(self._rows([last])[0], position=_position(head, offset))
        except OSError as error:
            detail = error.strerror or str(error)
            raise SourceUnreachable(
                "source_file_unreadable", source=self._source, file=str(path), detail=detail
            ) from error

    def _rows(self, lines: Sequence[str]) -> tuple[list[VendorRow], list[Problem]]:
        rows, problems = [], []
        for place, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                fields = _fields(line)
                rows.append(VendorRow(group_of(fields), row_key(fields), fields))
            except (BadValueError, csv.Error):
                problems.append(Problem(self._file.name, place, None, shown(line), "vendor_row"))
        return rows, problems

    def recording_file(self, ref: RecordingRef) -> Path | None:
        return None if self._monitor is None else self._monitor.file(ref)

    def close(self) -> None:
        if self._monitor is not None:
            self._monitor.close()


def _complete_lines(file: Any, offset: int) -> tuple[list[str], int]:
    """The next lines that end in a line break; the last one may still be being written. Of a line that is longer than
    any honest one the beginning alone is kept."""
    lines: list[str] = []
    held = 0
    while len(lines) < LINES_A_BATCH and held < _MOST_HELD:
        line = file.readline(_LONGEST_LINE)
        length, end = len(line), line
        while end and not end.endswith(b"\n"):
            end = file.readline(_LONGEST_LINE)
            length += len(end)
        if not end:
            break
        offset += length
        held += len(line)
        lines.append(line.decode("utf-8", "replace"))
    return lines, offset


def _position(head: bytes, offset: int) -> dict[str, Any]:
    count = min(len(head), offset)
    return {"offset": offset, "head": hashlib.sha256(head[:count]).hexdigest(), "head_bytes": count}


def _line_at(file: Any, offset: int) -> str:
    file.seek(offset)
    return str(file.readline(_LONGEST_LINE), "utf-8", "replace").strip("\r\n\x00")


def _is_whole(line: str, first: str) -> bool:
    """Whether a line has all the columns that the file's first line has. A text that is still open has not."""
    try:
        cells, columns = (next(csv.reader([text], strict=True)) for text in (line, first))
    except (csv.Error, StopIteration):
        return False
    return len(cells) == len(columns) and len(cells) in LAYOUTS


def _fields(line: str) -> dict[str, str]:
    cells = next(csv.reader([line.replace("\x00", "")]))
    layout = LAYOUTS.get(len(cells))
    if layout is None:
        raise BadValueError("vendor_row")
    return {name: cell for name, cell in zip(layout, cells, strict=True) if name in _KEPT}


def _is_same(path: Path, position: Mapping[str, Any]) -> bool:
    """Whether it is the file that a position was in: it begins the same and is no shorter."""
    try:
        with open_plain(path) as file:
            head = file.read(int(position.get("head_bytes", 0)))
        return hashlib.sha256(head).hexdigest() == position.get("head") and path.stat().st_size >= int(
            position.get("offset", 0)
        )
    except OSError:
        return False
