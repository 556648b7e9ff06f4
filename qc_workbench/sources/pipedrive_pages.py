"""How Pipedrive answers, reader and writer alike: its envelope, pages of v2 by cursor, of v1 by numbers of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from qc_workbench.errors import SourceAnswerBroken
from qc_workbench.sources.wire import Wire

Row = Mapping[str, Any]
ROWS_A_PAGE: Final = 500
#: A list that is asked by numbers of rows shifts when a row of it is deleted: pages overlap by so many rows.
_SHIFT: Final = 20
#: Pages in a row that bring no new id: the list never ends.
_NOTHING_NEW_AT_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class PipedrivePages:
    """Raises :class:`~qc_workbench.errors.SourceError`; an answer that is none is never an empty one."""

    wire: Wire

    def data(self, answer: Any) -> Any:
        if not isinstance(answer, Mapping) or answer.get("success") is not True or "data" not in answer:
            raise SourceAnswerBroken("source_answer_error", source=self.wire.source, detail="success")
        return answer["data"]

    def rows(self, answer: Any) -> list[Row]:
        data = self.data(answer)
        if data is None:  # v1 says so where there is none
            return []
        if not isinstance(data, list) or not all(isinstance(row, Mapping) for row in data):
            raise SourceAnswerBroken("source_answer_error", source=self.wire.source, detail="data")
        return data

    def one(self, answer: Any) -> Row:
        data = self.data(answer)
        if not isinstance(data, Mapping):
            raise SourceAnswerBroken("source_answer_error", source=self.wire.source, detail="data")
        return data

    def _page(self, answer: Any) -> tuple[list[Row], str | None]:
        rows = self.rows(answer)
        return rows, (answer.get("additional_data") or {}).get("next_cursor") or None

    def _numbered_page(self, answer: Any) -> tuple[list[Row], int | None]:
        rows = self.rows(answer)
        pagination = (answer.get("additional_data") or {}).get("pagination") or {}
        if not pagination.get("more_items_in_collection"):
            return rows, None
        return rows, int(pagination.get("next_start") or int(pagination.get("start", 0)) + len(rows))

    def pages(self, path: str, params: Mapping[str, str]) -> Iterator[list[Row]]:
        """Pages of v2 (and of v1's changelogs), by cursor. One that comes again would never end, nor would page after
        page of the same rows: a broken answer."""
        cursor, seen = None, set()
        ids: set[str] = set()
        nothing_new = 0
        while True:
            asked = {**params, "limit": str(ROWS_A_PAGE), **({"cursor": cursor} if cursor else {})}
            rows, cursor = self.wire.ask("GET", path, self._page, params=asked)
            if rows:
                yield rows
            if not cursor:
                return
            fresh = {str(row["id"]) for row in rows if "id" in row} - ids
            ids |= fresh
            nothing_new = 0 if fresh or any("id" not in row for row in rows) else nothing_new + 1
            if cursor in seen or nothing_new > _NOTHING_NEW_AT_MOST:
                raise SourceAnswerBroken("source_answer_pages", source=self.wire.source)
            seen.add(cursor)

    def note_pages(self, params: Mapping[str, str]) -> Iterator[list[Row]]:
        """Pages of v1, by numbers of rows."""
        start = 0
        while True:
            asked = {**params, "sort": "id ASC", "start": str(start), "limit": str(ROWS_A_PAGE)}
            rows, following = self.wire.ask("GET", "/v1/notes", self._numbered_page, params=asked)
            if rows:
                yield rows
            if following is None:
                return
            shifted = following - min(_SHIFT, len(rows) // 2)  # short pages too go on by half of one at least
            if shifted <= start:
                raise SourceAnswerBroken("source_answer_pages", source=self.wire.source)
            start = shifted
