"""CDR rows of Asterisk and FreePBX from their table in PostgreSQL, MySQL or MariaDB, read on by (time, unique id).

A row is written when its call is over and bears the time at which it began, so that rows appear behind the checkpoint:
each reading begins :data:`OVERLAP` before it. Pages are short questions, for a long one would hold the lock of a MyISAM
table, which FreePBX often has, and the telephone system could not write. Nothing is written to the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from qc_workbench.domain.telephony import RecordingRef, TelephonyCall
from qc_workbench.errors import SourceRefused
from qc_workbench.sources.asterisk import CAPABILITIES, AsteriskMeaning, group_of, row_key
from qc_workbench.sources.asterisk_monitor import Monitor
from qc_workbench.sources.connector import Batch, VendorRow
from qc_workbench.sources.problems import BadValueError, Problem
from qc_workbench.sources.table_access import TableAccess
from qc_workbench.sources.wire import Clock

#: Read again at each sync: the longest call, with what a queue before it lasts. Assumed; a longer call is found only
#: by reading from the beginning (a new name of the source).
OVERLAP: Final = timedelta(hours=6)
ROWS_A_PAGE: Final = 5_000
#: Columns that are read, where the table has them; the first of these two is the time of a row.
TIMES: Final = ("calldate", "start")
NEEDED: Final = ("uniqueid", "channel", "dstchannel", "disposition", "duration", "billsec", "src", "dst")
_WANTED: Final = (
    *NEEDED, "dcontext", "clid", "lastapp", "linkedid", "sequence", "did", "cnum", "dst_cnam", "recordingfile",
)  # fmt: skip


class AsteriskTable:
    """A :class:`~qc_workbench.sources.connector.FileSource`: a table is read on like a file."""

    capabilities = CAPABILITIES

    def __init__(
        self,
        source: str,
        access: TableAccess,
        monitor: Monitor | None,
        meaning: AsteriskMeaning,
        history: timedelta,
        clock: Clock,
        rows_a_page: int = ROWS_A_PAGE,
    ) -> None:
        self._source = source
        self._access = access
        self._monitor = monitor
        self._meaning = meaning
        self._history = history
        self._clock = clock
        self._rows_a_page = rows_a_page
        self._columns: tuple[str, ...] = ()

    def collapse(self, rows: Sequence[Mapping[str, Any]]) -> TelephonyCall | None:
        told = self._meaning.collapse(rows)
        if told is not None and self._monitor is None:
            return replace(told, recording=None)  # nowhere to look for it
        return told

    def batches_from(self, position: Mapping[str, Any]) -> Iterator[Batch]:
        """Rows from :data:`OVERLAP` before the position on; the position is (time, unique id) of the newest row."""
        reached = (str(position.get("time", "")), str(position.get("unique_id", "")))
        time = self._time_column()
        at, unique_id = self._floor(reached[0]), ""
        limit, seen = self._rows_a_page, frozenset[str]()
        while True:
            found = self._access.page(self._columns, time, at, unique_id, limit)
            rows, problems = self._rows(found, time, seen)
            if found:
                reached = max(reached, _place(found[-1], time))
            yield Batch(rows, position={"time": reached[0], "unique_id": reached[1]}, problems=problems)
            if len(found) < limit:
                return
            # rows of one time and id may be cut apart by a page: the next one begins with them again, and grows where
            # they alone fill it
            last = (found[-1][time], _place(found[-1], time)[1])
            limit = limit * 2 if last == (at, unique_id) else self._rows_a_page
            at, unique_id = last
            seen = frozenset(_key(row, time) for row in found if _place(row, time) == _place(found[-1], time))

    def recording_file(self, ref: RecordingRef) -> Path | None:
        return None if self._monitor is None else self._monitor.file(ref)

    def check(self) -> int | None:
        """See :class:`~qc_workbench.sources.connector.Checkable`: rows of the last hour, at most a page."""
        time = self._time_column()
        if self._monitor is not None:
            self._monitor.check(self._source)
        return len(self._access.page(self._columns, time, self._wall(timedelta(hours=1)), "", self._rows_a_page))

    def close(self) -> None:
        self._access.close()
        if self._monitor is not None:
            self._monitor.close()

    def _time_column(self) -> str:
        """Find out what the table has. Raises :class:`SourceRefused` ``source_table_lacks``."""
        known = {name.casefold(): name for name in self._access.columns()}
        time = next((known[name] for name in TIMES if name in known), None)
        missing = [name for name in NEEDED if name not in known] + ([] if time else ["calldate"])
        if time is None or missing:
            raise SourceRefused(
                "source_table_lacks", source=self._source, table=self._access.table, columns=", ".join(missing)
            )
        self._columns = (time, *(known[name] for name in _WANTED if name in known))
        return time

    def _floor(self, reached: str) -> datetime:
        if reached:
            with suppress(ValueError):
                return datetime.fromisoformat(reached) - OVERLAP
        return self._wall(self._history)

    def _wall(self, ago: timedelta) -> datetime:
        """So long ago by the server's clock, without a zone, as the table has it."""
        return (self._clock.now() - ago).astimezone(self._meaning.zone).replace(tzinfo=None, microsecond=0)

    def _rows(
        self, found: Sequence[Mapping[str, Any]], time: str, seen: frozenset[str]
    ) -> tuple[list[VendorRow], list[Problem]]:
        rows, problems = [], []
        for place, row in enumerate(found, start=1):
            if _key(row, time) in seen:
                continue
            fields = {name.casefold(): _written(value) for name, value in row.items() if value is not None}
            try:
                rows.append(VendorRow(group_of(fields), row_key(fields), fields))
            except BadValueError:
                problems.append(Problem(self._access.table, place, "uniqueid", "", "vendor_row"))
        return rows, problems


def _written(value: Any) -> Any:
    """A value as JSON keeps it: whole seconds for times, so that one row is always written the same."""
    if isinstance(value, datetime):
        return value.replace(microsecond=0).isoformat(sep=" ")
    return value if isinstance(value, int) else str(value)


def _place(row: Mapping[str, Any], time: str) -> tuple[str, str]:
    return str(_written(row[time])), str(row["uniqueid"] or "")


def _key(row: Mapping[str, Any], time: str) -> str:
    return row_key({**{name.casefold(): value for name, value in row.items()}, time.casefold(): _written(row[time])})
