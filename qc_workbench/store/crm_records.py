"""What connected CRM systems told: records with their moves, persons, users, stages. Rows to values and back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from qc_workbench.domain.crm import ChangeOrigin
from qc_workbench.sources.crm_meaning import CrmRecord
from qc_workbench.sources.crm_values import (
    CrmDeal,
    CrmEntity,
    CrmMove,
    CrmPerson,
    CrmRef,
    CrmStage,
    CrmUser,
    entity_of,
    told_from_json,
    told_json,
)
from qc_workbench.store.database import Reader, Row, Statement, from_json, to_json


def record_row(source: str, record: CrmRecord, at: datetime) -> Mapping[str, Any]:
    told = record.told
    persons = told.person_keys if isinstance(told, CrmDeal) else (told.person_key,) if told.person_key else ()
    moves = [[move.field, move.at.isoformat(), move.old, move.new, move.by_key, move.origin.value]
             for move in record.moves]  # fmt: skip
    return {
        "source": source,
        "entity": entity_of(told).value,
        "key": told.key,
        "deal_key": None if isinstance(told, CrmDeal) else told.deal_key,
        "person_keys": to_json(list(persons)),
        "told": to_json(told_json(told)),
        "moves": to_json(moves),
        "is_open": record.gone_at is None and _is_open(record),
        "history_due": record.history_due,
        "gone_at": record.gone_at,
        "read_at": at,
    }


def _is_open(record: CrmRecord) -> bool:
    told = record.told
    if isinstance(told, CrmDeal):
        return told.status.value == "open"
    return not getattr(told, "done", True)


def record_of(row: Row) -> CrmRecord:
    entity = CrmEntity(row["entity"])
    moves = tuple(
        CrmMove(entity, row["key"], name, datetime.fromisoformat(at), old, new, by_key, ChangeOrigin(origin))
        for name, at, old, new, by_key, origin in from_json(row["moves"])
    )
    return CrmRecord(told_from_json(entity, from_json(row["told"])), moves, row["gone_at"], row["history_due"])


def records(reader: Reader, source: str, entity: CrmEntity, keys: Collection[str]) -> dict[str, CrmRecord]:
    """Those of these keys that are kept, deleted ones too."""
    rows = reader.rows(
        "select * from crm_records where source = ? and entity = ? and key in (select unnest(?::varchar[]))",
        source,
        entity.value,
        list(keys),
    )
    return {row["key"]: record_of(row) for row in rows}


def dependents(reader: Reader, source: str, person_keys: Collection[str], deal_keys: Collection[str]) -> list[CrmRef]:
    """Records that point to one of these persons or deals."""
    rows = []
    if deal_keys:
        rows += reader.rows(
            "select entity, key from crm_records where source = ? and deal_key in (select unnest(?::varchar[]))",
            source,
            list(deal_keys),
        )
    if person_keys:  # dearer: a list in each record is read
        rows += reader.rows(
            "select entity, key from crm_records "
            "where source = ? and list_has_any(from_json(person_keys, '[\"VARCHAR\"]'), ?::varchar[])",
            source,
            list(person_keys),
        )
    return [CrmRef(CrmEntity(row["entity"]), row["key"]) for row in rows]


def keys_of(reader: Reader, source: str, entity: CrmEntity, *, only_open: bool = False) -> list[str]:
    """Keys of records that are not deleted; ``only_open``: deals and activities still under way."""
    rows = reader.rows(
        "select key from crm_records where source = ? and entity = ? and gone_at is null "
        "and (is_open or not ?) order by key",
        source,
        entity.value,
        only_open,
    )
    return [row["key"] for row in rows]


def histories_due(reader: Reader, source: str, limit: int) -> list[str]:
    """Keys of deals whose history of stages is to be asked for; those that moved last first."""
    rows = reader.rows(
        "select key from crm_records where source = ? and entity = 'deal' and history_due and gone_at is null "
        "order by json_extract_string(told, '$.stage_since') desc nulls last, key limit ?",
        source,
        limit,
    )
    return [row["key"] for row in rows]


def key_chunks(reader: Reader, source: str, entity: CrmEntity, chunk: int) -> Iterator[list[str]]:
    keys = keys_of(reader, source, entity)
    for start in range(0, len(keys), chunk):
        yield keys[start : start + chunk]


def person_row(source: str, person: CrmPerson) -> Mapping[str, Any]:
    return {
        "source": source,
        "person_key": person.key,
        "name": person.name,
        "phones": to_json(list(person.phones)),
        "erased": person.erased,
    }


def persons(reader: Reader, source: str, keys: Collection[str]) -> dict[str, CrmPerson]:
    rows = reader.rows(
        "select * from crm_persons where source = ? and person_key in (select unnest(?::varchar[]))",
        source,
        list(keys),
    )
    return {row["person_key"]: _person_of(row) for row in rows}


def _person_of(row: Row) -> CrmPerson:
    return CrmPerson(row["person_key"], row["name"], tuple(from_json(row["phones"])), erased=row["erased"])


def without_records(source: str, entity: CrmEntity, keys: Collection[str]) -> Statement:
    return Statement(
        "delete from crm_records where source = ? and entity = ? and key in (select unnest(?::varchar[]))",
        (source, entity.value, list(keys)),
    )


def user_row(source: str, user: CrmUser) -> Mapping[str, Any]:
    return {
        "source": source,
        "user_key": user.key,
        "name": user.name,
        "email": user.email,
        "zone": user.zone,
        "active": user.active,
    }


def users(reader: Reader, source: str) -> dict[str, CrmUser]:
    rows = reader.rows("select * from crm_users where source = ? order by user_key", source)
    return {
        row["user_key"]: CrmUser(row["user_key"], row["name"], row["email"], row["zone"], row["active"]) for row in rows
    }


def stage_row(source: str, stage: CrmStage) -> Mapping[str, Any]:
    return {
        "source": source,
        "stage_key": stage.key,
        "name": stage.name,
        "pipeline_key": stage.pipeline_key,
        "pipeline": stage.pipeline,
        "place": stage.place,
    }


def stages(reader: Reader, source: str) -> dict[str, CrmStage]:
    rows = reader.rows("select * from crm_stages where source = ? order by stage_key", source)
    return {
        row["stage_key"]: CrmStage(row["stage_key"], row["name"], row["pipeline_key"], row["pipeline"], row["place"])
        for row in rows
    }


def without_rows(table: str, key: str, ids: Collection[str]) -> Statement:
    """Rows of the workbench's own tables under these ids go."""
    return Statement(f"delete from {table} where {key} in (select unnest(?::varchar[]))", (list(ids),))  # noqa: S608 - tables of DESTINATIONS


def without_changes(table: str, names: Sequence[str], gone: Sequence[tuple[Any, ...]]) -> Statement:
    """Changes that turned out to be told otherwise go, by their whole keys (id, moment, field where there is one)."""
    kinds = {"changed_at": "timestamptz"}
    columns = [[key[place] for key in gone] for place in range(len(names))]
    given = ", ".join(f"unnest(?::{kinds.get(name, 'varchar')}[])" for name in names)
    return Statement(f"delete from {table} where ({', '.join(names)}) in (select {given})", tuple(columns))  # noqa: S608 - tables of DESTINATIONS
