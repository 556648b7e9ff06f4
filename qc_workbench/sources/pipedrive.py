"""Pipedrive: deals, activities, persons, stages by its interface v2; notes, users and histories of stages by v1.

Facts: the vendor's OpenAPI descriptions (``tests/stand_ins/pipedrive_contract.py`` checks requests and answers against
them). Times are UTC everywhere. Moves of due dates have no history: only differences between polls and webhooks tell
of them. Deleted deals are listed for 30 days, deleted activities vanish from lists: both are asked after by id too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from qc_workbench.config_sources import PipedriveSource
from qc_workbench.errors import SourceRefused
from qc_workbench.sources.connector import CrmCapabilities
from qc_workbench.sources.crm_rows import rfc3339
from qc_workbench.sources.crm_values import CrmBatch, CrmEntity, CrmMove, CrmPerson, CrmRef, CrmStage, CrmUser
from qc_workbench.sources.pipedrive_meaning import PipedriveMeaning
from qc_workbench.sources.pipedrive_pages import ROWS_A_PAGE, PipedrivePages
from qc_workbench.sources.problems import STUMBLES, BadValueError, Problem
from qc_workbench.sources.reachable import out_to
from qc_workbench.sources.registry import Surroundings
from qc_workbench.sources.wire import Wire

Value = TypeVar("Value")

#: Pace: the least of what plans allow, 20 requests in any 2 seconds.
CAPABILITIES: Final = CrmCapabilities(
    requests_per_s=9.0,
    burst=2,
    rows_a_page=ROWS_A_PAGE,
    due_moves_have_history=False,
    stages_have_history=True,
    tells_deletions=frozenset({CrmEntity.NOTE}),
    histories_a_sync=500,
)
#: Ids in one question of ``ids=``.
_IDS_AT_ONCE: Final = 100
#: How much earlier than asked ``updated_since`` is put: their seconds are whole.
_SECOND: Final = timedelta(seconds=1)


def open_pipedrive(settings: PipedriveSource, key: str, around: Surroundings) -> Pipedrive:
    wire = Wire(
        settings.name, settings.address, CAPABILITIES, headers={"x-api-token": key},
        clock=around.clock, meter=around.meter, tries=around.tries,
        transport=out_to(settings, settings.address),
    )  # fmt: skip
    return Pipedrive(wire, PipedriveMeaning(around.zone), settings.histories_a_sync)


class Pipedrive:
    def __init__(self, wire: Wire, meaning: PipedriveMeaning, histories_a_sync: int = 500) -> None:
        self._wire, self._meaning = wire, meaning
        self._pages = PipedrivePages(wire)
        self._histories_a_sync = histories_a_sync
        self._problems: list[Problem] = []

    @property
    def capabilities(self) -> CrmCapabilities:
        return replace(CAPABILITIES, histories_a_sync=self._histories_a_sync)

    @property
    def skew_s(self) -> float:
        return self._wire.skew_s

    def close(self) -> None:
        self._wire.close()

    def changes(self, since: datetime | None) -> Iterator[CrmBatch]:
        began = self._wire.clock.now()
        yield CrmBatch(users=self._users(), stages=self._stages())
        # Theirs may be behind ours: what they changed "before" their own now is what we have seen.
        reached = began + timedelta(seconds=min(0.0, self._wire.skew_s))
        changed = {} if since is None else {"updated_since": rfc3339(since - _SECOND)}
        for rows in self._pages.pages("/api/v2/persons", changed):
            yield self._batch(persons=self._understood(rows, self._meaning.person))
        for rows in self._pages.pages("/api/v2/deals", changed):
            yield self._deal_batch(rows)
        for rows in self._archived(changed):
            yield self._deal_batch(rows)
        if since is not None:
            for rows in self._pages.pages("/api/v2/deals", {**changed, "status": "deleted"}):
                # where the filter does nothing these are all deals there are
                yield self._deal_batch([row for row in rows if _is_deleted(row)])
        for rows in self._pages.pages("/api/v2/activities", changed):
            gone = [CrmRef(CrmEntity.ACTIVITY, str(row["id"])) for row in rows if row.get("is_deleted")]
            there = [row for row in rows if not row.get("is_deleted")]
            yield self._batch(activities=self._understood(there, self._meaning.activity), gone=gone)
        for rows in self._pages.note_pages(changed):
            yield self._note_batch(rows)
        yield self._batch(complete_until=reached)

    def refetch(self, entity: CrmEntity, key: str) -> CrmBatch:
        path = {
            CrmEntity.DEAL: f"/api/v2/deals/{key}", CrmEntity.ACTIVITY: f"/api/v2/activities/{key}",
            CrmEntity.PERSON: f"/api/v2/persons/{key}", CrmEntity.NOTE: f"/v1/notes/{key}",
        }[entity]  # fmt: skip
        try:
            row = self._wire.ask("GET", path, self._pages.one)
        except SourceRefused as error:
            if error.params.get("status") in (404, 410):
                return CrmBatch(gone=[CrmRef(entity, key)])
            raise
        if entity is CrmEntity.PERSON:
            return self._batch(persons=self._understood([row], self._meaning.person))
        if entity is CrmEntity.NOTE:
            return replace(self._note_batch([row]), persons=self._persons([row]))
        if _is_deleted(row):
            return CrmBatch(gone=[CrmRef(entity, key)])
        if entity is CrmEntity.ACTIVITY:
            return self._batch(persons=self._persons([row]), activities=self._understood([row], self._meaning.activity))
        return self._batch(persons=self._persons([row]), deals=self._understood([row], self._meaning.deal))

    def stage_history(self, deal_key: str) -> Sequence[CrmMove]:
        found: list[CrmMove] = []
        try:
            for rows in self._pages.pages(f"/v1/deals/{deal_key}/changelog", {}):
                moves = [self._meaning.stage_move(deal_key, row) for row in rows if row.get("field_key") == "stage_id"]
                found += moves
        except SourceRefused as error:
            if error.params.get("status") not in (404, 410):
                raise
        except BadValueError as error:
            self._problem(error, {"id": deal_key})
        return found

    def still_there(self, entity: CrmEntity, keys: Sequence[str]) -> frozenset[str] | None:
        """What no list has is asked for by itself before it is taken for deleted."""
        path = {CrmEntity.DEAL: "/api/v2/deals", CrmEntity.ACTIVITY: "/api/v2/activities"}.get(entity)
        if path is None:
            return None
        found = _standing(self._by_ids(path, keys))
        if entity is CrmEntity.DEAL:
            missing = [key for key in keys if key not in found]
            for start in range(0, len(missing), _IDS_AT_ONCE):
                found |= _standing(self._archived({"ids": ",".join(missing[start : start + _IDS_AT_ONCE])}))
        return frozenset(key for key in keys if key in found or self._has(path, key))

    def _has(self, path: str, key: str) -> bool:
        try:
            return not _is_deleted(self._wire.ask("GET", f"{path}/{key}", self._pages.one))
        except SourceRefused as error:
            if error.params.get("status") not in (404, 410):
                raise
            return False

    def _archived(self, params: Mapping[str, str]) -> Iterator[list[Mapping[str, Any]]]:
        """Archived deals, which are no part of the list of deals; none where there is no such list (404)."""
        try:
            yield from self._pages.pages("/api/v2/deals/archived", params)
        except SourceRefused as error:
            if error.params.get("status") not in (404, 410):
                raise

    def _deal_batch(self, rows: Sequence[Mapping[str, Any]]) -> CrmBatch:
        gone = [CrmRef(CrmEntity.DEAL, str(row.get("id"))) for row in rows if _is_deleted(row)]
        there = [row for row in rows if not _is_deleted(row)]
        return self._batch(deals=self._understood(there, self._meaning.deal), gone=gone)

    def _users(self) -> list[CrmUser]:
        return self._understood(self._wire.ask("GET", "/v1/users", self._pages.rows), self._meaning.user)

    def _stages(self) -> list[CrmStage]:
        pipelines = {str(row.get("id")): row for rows in self._pages.pages("/api/v2/pipelines", {}) for row in rows}
        rows = [row for page in self._pages.pages("/api/v2/stages", {}) for row in page]
        return self._understood(rows, lambda row: self._meaning.stage(row, pipelines))

    def _persons(self, rows: Sequence[Mapping[str, Any]]) -> list[CrmPerson]:
        keys = [str(row["person_id"]) for row in rows if row.get("person_id")]
        return [item for page in self._by_ids("/api/v2/persons", keys) for item in
                self._understood(page, self._meaning.person)]  # fmt: skip

    def _note_batch(self, rows: Sequence[Mapping[str, Any]]) -> CrmBatch:
        gone = [CrmRef(CrmEntity.NOTE, str(row["id"])) for row in rows if row.get("active_flag") is False]
        there = [row for row in rows if row.get("active_flag") is not False]
        return self._batch(notes=self._understood(there, self._meaning.note), gone=gone)

    def _by_ids(self, path: str, keys: Sequence[str]) -> Iterator[list[Mapping[str, Any]]]:
        for start in range(0, len(keys), _IDS_AT_ONCE):
            asked = {"ids": ",".join(keys[start : start + _IDS_AT_ONCE])}
            yield from self._pages.pages(path, asked)

    def _understood(
        self, rows: Sequence[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Value | None]
    ) -> list[Value]:
        found = []
        for row in rows:
            try:
                value = read(row)
            except STUMBLES as error:
                self._problem(error if isinstance(error, BadValueError) else BadValueError("vendor_row"), row)
                continue
            if value is not None:
                found.append(value)
        return found

    def _problem(self, error: BadValueError, row: Mapping[str, Any]) -> None:
        place, key = len(self._problems) + 1, row.get("id", "")
        self._problems.append(Problem.of(error, self._wire.source, place, row, key))

    def _batch(self, **parts: Any) -> CrmBatch:
        problems, self._problems = self._problems, []
        return CrmBatch(**parts, problems=problems)


def _is_deleted(row: Mapping[str, Any]) -> bool:
    return bool(row.get("is_deleted")) or row.get("status") == "deleted"


def _standing(pages: Iterator[list[Mapping[str, Any]]]) -> set[str]:
    """Ids of what is listed and not deleted."""
    return {str(row.get("id")) for rows in pages for row in rows if not _is_deleted(row)}
