"""What a CRM told against what the store has: the statements that bring the store up to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from pipelines.import_report import EntityCounts
from pipelines.import_rows import DESTINATIONS, difference
from qc_workbench.sources.crm_meaning import CrmBook, CrmContext, CrmRecord, crm_id, stripped, taken_in
from qc_workbench.sources.crm_values import (
    CrmActivity,
    CrmBatch,
    CrmDeal,
    CrmEntity,
    CrmMove,
    CrmNote,
    CrmPerson,
    CrmRef,
    CrmStage,
    Told,
)
from qc_workbench.sources.suppression import Suppressed
from qc_workbench.store import calls as call_store
from qc_workbench.store import crm_records
from qc_workbench.store.database import Reader, Statement, Store, insert_all, to_json

#: Raise it when the same told values would be read differently.
READER_VERSION: Final = "1"
#: Tables that a record of each entity is made into, with the table of its changes.
_TABLES: Final[Mapping[CrmEntity, tuple[str, str | None]]] = {
    CrmEntity.DEAL: ("deals", "stage_changes"),
    CrmEntity.ACTIVITY: ("activities", "activity_changes"),
    CrmEntity.NOTE: ("notes", None),
}


class CrmRows:
    """Takes in batches of one source. ``counts`` by table and ``gone`` add up over a sync."""

    def __init__(
        self,
        store: Store,
        source: str,
        region: str,
        book: CrmBook,
        stages: Mapping[str, CrmStage],
        suppressed: Suppressed,
    ) -> None:
        self._store, self._source, self._region, self._book = store, source, region, book
        self._stages, self._suppressed = dict(stages), suppressed
        self.counts: dict[str, EntityCounts] = {}
        self.gone = 0

    def fingerprint(self) -> tuple[object, ...]:
        """What decides about meaning beside what was told of an entity and its persons."""
        return READER_VERSION, self._region, self._book.fingerprint(), sorted(map(repr, self._stages.values()))

    def taken_in(self, batch: CrmBatch, now: datetime, asked_history: Collection[str] = ()) -> list[Statement]:
        """The statements of one transaction; none where nothing is new. ``asked_history``: deals whose stage history
        the batch has."""
        statements = self._catalogues(batch)
        with self._store.reading() as reader:
            persons = self._changed_persons(reader, batch.persons)
            person_rows = [crm_records.person_row(self._source, item) for item in persons]
            statements += insert_all("crm_persons", person_rows, replace=True)
            found, were = self._records(reader, batch, now, asked_history)
            deals = [ref.key for ref, record in found.items()
                     if ref.entity is CrmEntity.DEAL and _stands(record) != _stands(were.get(ref))]  # fmt: skip
            wanted = dict.fromkeys(found)
            if persons or deals:
                touched = crm_records.dependents(reader, self._source, [item.key for item in persons], deals)
                wanted |= dict.fromkeys(touched)
            near = self._near(reader, list(wanted), found, {item.key: item for item in persons})
            kept, lost = self._kept(near, found, were)
            rows = [crm_records.record_row(self._source, record, now) for record in kept]
            statements += insert_all("crm_records", rows, replace=True)
            statements += [crm_records.without_records(self._source, entity, keys) for entity, keys in lost.items()]
            statements += self._made(reader, near)
        return statements

    def _kept(
        self, near: _Near, found: Mapping[CrmRef, CrmRecord], were: Mapping[CrmRef, CrmRecord]
    ) -> tuple[list[CrmRecord], dict[CrmEntity, list[str]]]:
        """Records to write, and keys of those that may not stay. A deal of an erased person stays without words, so
        that what belongs to it is known as theirs."""
        kept: list[CrmRecord] = []
        lost: dict[CrmEntity, list[str]] = {}
        for ref, record in found.items():
            if not near.is_wanted(record):
                if not isinstance(record.told, CrmDeal):
                    if ref in were:
                        lost.setdefault(ref.entity, []).append(ref.key)
                    continue
                record = replace(record, told=stripped(record.told))
            if record != were.get(ref):
                kept.append(record)
        return kept, lost

    def made_anew(self, refs: Sequence[CrmRef]) -> list[Statement]:
        """The same told values, read again."""
        with self._store.reading() as reader:
            return self._made(reader, self._near(reader, refs, {}, {}))

    def _catalogues(self, batch: CrmBatch) -> list[Statement]:
        users = [item for item in batch.users if self._book.users.get(item.key) != item]
        stages = [item for item in batch.stages if self._stages.get(item.key) != item]
        self._book.users.update({item.key: item for item in users})
        self._stages.update({item.key: item for item in stages})
        return [
            *insert_all("crm_users", _once(crm_records.user_row(self._source, item) for item in users), replace=True),
            *insert_all(
                "crm_stages", _once(crm_records.stage_row(self._source, item) for item in stages), replace=True
            ),
        ]

    def _changed_persons(self, reader: Reader, told: Sequence[CrmPerson]) -> list[CrmPerson]:
        """Persons who are new or say something else; erased ones are kept out, with their names."""
        if not told:
            return []
        context = self._context({}, {})
        latest: dict[str, CrmPerson] = {}
        for item in told:
            before = latest.get(item.key)
            if before is None or not (item.updated_at and before.updated_at and item.updated_at < before.updated_at):
                latest[item.key] = item
        known = crm_records.persons(reader, self._source, list(latest))
        found = []
        for item in latest.values():
            if any(map(self._is_erased, context.all_phones(item.phones))):
                item = CrmPerson(item.key, None, context.phones(item.phones), erased=True)
            item = replace(item, updated_at=None)
            if known.get(item.key) != item:
                found.append(item)
        return found

    def _records(
        self, reader: Reader, batch: CrmBatch, now: datetime, asked_history: Collection[str]
    ) -> tuple[dict[CrmRef, CrmRecord], dict[CrmRef, CrmRecord]]:
        """Records of the entities that the batch names, as they are now and as they were."""
        told: dict[CrmRef, list[Told]] = {}
        moves: dict[CrmRef, list[CrmMove]] = {}
        for entity, items in (
            (CrmEntity.DEAL, batch.deals), (CrmEntity.ACTIVITY, batch.activities), (CrmEntity.NOTE, batch.notes),
        ):  # fmt: skip
            for item in items:
                told.setdefault(CrmRef(entity, item.key), []).append(item)
        for move in batch.moves:
            moves.setdefault(CrmRef(move.entity, move.key), []).append(move)
        gone = {ref for ref in batch.gone if ref.entity in _TABLES}
        asked = [CrmRef(CrmEntity.DEAL, key) for key in asked_history]
        named = [ref for ref in dict.fromkeys((*told, *moves, *gone, *asked)) if not self._is_suppressed(ref)]
        were: dict[CrmRef, CrmRecord] = {}
        for entity in _TABLES:
            keys = [ref.key for ref in named if ref.entity is entity]
            if keys:
                were |= {CrmRef(entity, key): item
                         for key, item in crm_records.records(reader, self._source, entity, keys).items()}  # fmt: skip
        found = {}
        for ref in named:
            record = were.get(ref)
            for item in sorted(told.get(ref, ()), key=_last_changed):
                record = taken_in(record, item, (), now)
            record = taken_in(record, None, moves.get(ref, ()), now)
            if record is not None and ref in gone:
                record = replace(record, gone_at=record.gone_at or now)
            if record is not None and ref.key in asked_history and ref.entity is CrmEntity.DEAL:
                record = replace(record, history_due=False)
            if record is not None:
                found[ref] = record
        return found, were

    def _is_suppressed(self, ref: CrmRef) -> bool:
        return self._suppressed.has(ref.entity.value, crm_id(self._source, ref.key))

    def _near(
        self,
        reader: Reader,
        refs: Sequence[CrmRef],
        fresh: Mapping[CrmRef, CrmRecord],
        fresh_persons: Mapping[str, CrmPerson],
    ) -> _Near:
        """These records with the deals and persons that they point to."""
        records: dict[CrmRef, CrmRecord] = {}
        for entity in _TABLES:
            keys = [ref.key for ref in refs if ref.entity is entity and ref not in fresh]
            if keys:
                stored = crm_records.records(reader, self._source, entity, keys)
                records |= {CrmRef(entity, key): item for key, item in stored.items()}
        records |= {ref: fresh[ref] for ref in refs if ref in fresh}
        deals = {ref.key: record for ref, record in fresh.items() if ref.entity is CrmEntity.DEAL}
        deal_keys = {key for record in records.values() if (key := _deal_key(record.told))} - set(deals)
        if deal_keys:
            deals |= crm_records.records(reader, self._source, CrmEntity.DEAL, sorted(deal_keys))
        persons = dict(fresh_persons)
        told = [record.told for record in (*records.values(), *deals.values())]
        person_keys = {key for item in told for key in _person_keys(item)} - set(persons)
        if person_keys:
            persons |= crm_records.persons(reader, self._source, sorted(person_keys))
        standing = {key: record.told for key, record in deals.items()
                    if record.gone_at is None and isinstance(record.told, CrmDeal)}  # fmt: skip
        return _Near(records, deals, self._context(persons, standing), self._suppressed)

    def _made(self, reader: Reader, near: _Near) -> list[Statement]:
        """Rows of the workbench's own tables that these records make, where they differ from those that are there."""
        statements: list[Statement] = []
        for entity, (table, changes_table) in _TABLES.items():
            here = [record for ref, record in near.records.items() if ref.entity is entity]
            standing = [record for record in here if record.gone_at is None and near.is_wanted(record)]
            kept = {record.told.key for record in standing}
            lost = [crm_id(self._source, record.told.key) for record in here if record.told.key not in kept]
            if lost:
                statements += self._without(reader, table, changes_table, lost)
            statements += self._upserts(reader, table, [_value(near.context, record) for record in standing])
            if changes_table is not None:
                statements += self._changes(reader, changes_table, near.context, standing)
        newcomers = [call_store.manager_row(manager) for manager in self._book.take_newcomers()]
        return [*insert_all("managers", newcomers, replace=True), *statements]

    def _context(self, persons: Mapping[str, CrmPerson], deals: Mapping[str, CrmDeal]) -> CrmContext:
        return CrmContext(self._source, self._region, self._book, self._stages, persons, deals, self._is_erased)

    def _is_erased(self, phone: str) -> bool:
        return self._suppressed.has("phone", phone)

    def _upserts(self, reader: Reader, table: str, values: Sequence[Any]) -> list[Statement]:
        if not values:
            return []
        found = difference(reader, DESTINATIONS[table], values, _NEVER)
        self._count(table, found.new, found.updated, found.unchanged)
        return insert_all(table, found.rows, replace=True)

    def _changes(
        self, reader: Reader, table: str, context: CrmContext, standing: Sequence[CrmRecord]
    ) -> list[Statement]:
        """Changes that are told; those that were seen as differences and are told otherwise now go."""
        values: list[Any] = []
        for record in standing:
            values += context.stage_changes(record) if table == "stage_changes" else context.activity_changes(record)
        destination = DESTINATIONS[table]
        now = {tuple(getattr(value, name) for name in destination.key) for value in values}
        ids = [crm_id(self._source, record.told.key) for record in standing]
        columns = ", ".join(destination.key)
        stored = reader.rows(
            f"select {columns} from {table} where {destination.key[0]} in (select unnest(?::varchar[]))",  # noqa: S608 - DESTINATIONS
            ids,
        )
        gone = [key for row in stored if (key := tuple(row[name] for name in destination.key)) not in now]
        statements = self._upserts(reader, table, values)
        return [crm_records.without_changes(table, destination.key, gone), *statements] if gone else list(statements)

    def _without(self, reader: Reader, table: str, changes_table: str | None, ids: Sequence[str]) -> list[Statement]:
        key = DESTINATIONS[table].key[0]
        there = reader.rows(
            f"select {key} from {table} where {key} in (select unnest(?::varchar[]))",  # noqa: S608 - DESTINATIONS
            list(ids),
        )
        if not there:
            return []
        self.gone += len(there)
        tables = [table, *([changes_table] if changes_table else [])]
        return [crm_records.without_rows(name, key, ids) for name in tables]

    def _count(self, table: str, new: int, updated: int, unchanged: int) -> None:
        before = self.counts.get(table, EntityCounts())
        self.counts[table] = EntityCounts(before.new + new, before.updated + updated, before.unchanged + unchanged)


@dataclass(frozen=True, slots=True)
class _Near:
    """Records with what they point to. ``deals``: also deleted ones and those of erased persons."""

    records: Mapping[CrmRef, CrmRecord]
    deals: Mapping[str, CrmRecord]
    context: CrmContext
    suppressed: Suppressed

    def is_wanted(self, record: CrmRecord) -> bool:
        """Whether it is not an erased person's."""
        told = record.told
        persons = [self.context.persons[key] for key in _person_keys(told) if key in self.context.persons]
        if isinstance(told, CrmDeal):
            raw = [*told.phones, *(phone for person in persons for phone in person.phones)]
            left = self.context.phones(raw)
            return bool(left) or not (any(person.erased for person in persons) or self.context.all_phones(raw))
        if any(person.erased and not person.phones for person in persons):
            return False
        if told.deal_key is not None:
            if self.suppressed.has("deal", crm_id(self.context.source, told.deal_key)):
                return False
            deal = self.deals.get(told.deal_key)
            if deal is not None and not self.is_wanted(deal):
                return False
        own = self.context.all_phones([told.phone]) if isinstance(told, CrmActivity) and told.phone else ()
        return not any(map(self.context.is_erased, own))


#: These tables keep no moment of import.
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


def _value(context: CrmContext, record: CrmRecord) -> object:
    told = record.told
    if isinstance(told, CrmDeal):
        return context.deal(told, record.moves)
    return context.note(told) if isinstance(told, CrmNote) else context.activity(told, record.moves)


def _person_keys(told: Told) -> tuple[str, ...]:
    if isinstance(told, CrmDeal):
        return told.person_keys
    return (told.person_key,) if told.person_key else ()


def _deal_key(told: Told) -> str | None:
    return None if isinstance(told, CrmDeal) else told.deal_key


def _stands(record: CrmRecord | None) -> bool:
    return record is not None and record.gone_at is None


def _last_changed(told: Told) -> tuple[datetime, str]:
    return told.updated_at, to_json(repr(told))


def _once(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Rows of one key once: the last one."""
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in rows:
        found[tuple(row.values())[:2]] = row
    return list(found.values())
