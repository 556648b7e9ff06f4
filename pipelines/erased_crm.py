"""Erasure in what connected CRM systems told: records of the person go, the person stays as one to be kept out."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from pipelines.person_traces import DIGITS, Traces
from qc_workbench.sources.crm_meaning import stripped
from qc_workbench.sources.crm_values import CrmDeal, CrmEntity, CrmPerson
from qc_workbench.store import crm_records
from qc_workbench.store.database import Reader, Row, Statement, from_json, insert_all


def statements(reader: Reader, traces: Traces) -> list[Statement]:
    """Deals that other phones belong to as well stay without words that may be the person's."""
    persons = _persons(reader, traces.numbers)
    left = {(source, item.key): item for source, item in persons}
    found = insert_all("crm_persons", [crm_records.person_row(source, item) for source, item in persons], replace=True)
    whole = {CrmEntity.DEAL: set(traces.deals), CrmEntity.ACTIVITY: set(traces.activities),
             CrmEntity.NOTE: set(traces.notes)}  # fmt: skip
    lost: dict[tuple[str, CrmEntity], list[str]] = {}
    kept = []
    for row in _records(reader, traces, left):
        entity, own_id = CrmEntity(row["entity"]), f"{row['source']}:{row['key']}"
        record = crm_records.record_of(row)
        keys = [(row["source"], key) for key in from_json(row["person_keys"])]
        is_theirs = own_id in whole[entity] or (keys and all(key in left and not left[key].phones for key in keys))
        if is_theirs:
            lost.setdefault((row["source"], entity), []).append(row["key"])
        elif isinstance(record.told, CrmDeal):
            shared = replace(record, told=stripped(record.told))
            kept.append(crm_records.record_row(row["source"], shared, row["read_at"]))
    return [
        *found,
        *insert_all("crm_records", kept, replace=True),
        *(crm_records.without_records(source, entity, keys) for (source, entity), keys in lost.items()),
    ]


def _persons(reader: Reader, numbers: Collection[str]) -> list[tuple[str, CrmPerson]]:
    """(source, person without name and the erased phones) of those who have one of the numbers."""
    found = []
    for row in reader.rows(
        "select * from crm_persons where list_bool_or(list_transform(?::varchar[], "
        r"lambda n: contains(regexp_replace(cast(phones as varchar), '[^0-9]', '', 'g'), n)))",
        list(numbers),
    ):
        phones = from_json(row["phones"])
        rest = tuple(item for item in phones if re.sub(r"\D", "", item)[-DIGITS:] not in numbers)
        if len(rest) != len(phones):
            found.append((row["source"], CrmPerson(row["person_key"], None, rest, erased=True)))
    return found


def _records(reader: Reader, traces: Traces, persons: Collection[tuple[str, str]]) -> list[Row]:
    return reader.rows(
        """
        select * from crm_records where source || ':' || key in (select unnest(?::varchar[]))
            or list_has_any(list_transform(from_json(person_keys, '["VARCHAR"]'), lambda k: source || ':' || k),
                            ?::varchar[])
        """,
        [*traces.deals, *traces.shared_deals, *traces.activities, *traces.notes],
        [f"{source}:{key}" for source, key in persons],
    )
