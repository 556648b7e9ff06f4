"""Everything a workspace knows of a person, found by phone: ids, files, and the numbers written in other places."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final

from qc_workbench.store.database import Reader, Row, from_json

#: Digits by which a phone is looked for in texts: its last ten, which every way of writing it has.
DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class Traces:
    """What belongs to a person. ``shared_deals`` have other phones too; ``other_phones`` are those.

    ``own_hashes``: recordings nobody else's call has; ``shared_hashes``: those that stay for another call.
    """

    phones: tuple[str, ...]
    calls: tuple[str, ...]
    recording_names: tuple[str, ...]
    own_hashes: tuple[str, ...]
    own_paths: tuple[str, ...]
    shared_hashes: tuple[str, ...]
    deals: tuple[str, ...]
    shared_deals: tuple[str, ...]
    other_phones: tuple[str, ...]
    client_names: tuple[str, ...]
    activities: tuple[str, ...]
    notes: tuple[str, ...]
    sales: tuple[str, ...]

    @property
    def found(self) -> bool:
        return bool(self.calls or self.deals or self.shared_deals or self.activities or self.notes or self.sales)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The digits to look for in texts."""
        return tuple(sorted({re.sub(r"\D", "", phone)[-DIGITS:] for phone in self.phones}))


def find_traces(reader: Reader, phones: Collection[str]) -> Traces:
    """Everything of the person with these phones (E.164)."""
    wanted = sorted(set(phones))
    calls = reader.rows("select * from calls where client_phone in (select unnest(?)) order by call_id", wanted)
    call_ids = [row["call_id"] for row in calls]
    recordings = reader.rows("select * from recordings where call_id in (select unnest(?))", call_ids)
    hashes = {row["content_hash"] for row in recordings if row["content_hash"]}
    shared = {
        row["content_hash"]
        for row in reader.rows(
            "select distinct content_hash from recordings where content_hash in (select unnest(?)) "
            "and call_id not in (select unnest(?))",
            sorted(hashes),
            call_ids,
        )
    }
    own = sorted(hashes - shared)
    deals = reader.rows(
        """select * from deals where list_has_any(from_json(client_phones, '["VARCHAR"]'), ?) order by deal_id""",
        wanted,
    )
    others = {row["deal_id"]: [p for p in from_json(row["client_phones"]) if p not in phones] for row in deals}
    whole = [deal_id for deal_id, rest in others.items() if not rest]
    partly = [deal_id for deal_id, rest in others.items() if rest]
    names = {row["recording_name"] for row in calls if row["recording_name"]}
    kept_names = {
        row["recording_name"]
        for row in reader.rows(
            "select distinct recording_name from calls where recording_name in (select unnest(?)) "
            "and call_id not in (select unnest(?))",
            sorted(names),
            call_ids,
        )
    }
    return Traces(
        phones=tuple(wanted),
        calls=tuple(call_ids),
        recording_names=tuple(sorted(names - kept_names)),
        own_hashes=tuple(own),
        own_paths=tuple(sorted({row["path"] for row in recordings if row["path"] and row["content_hash"] in own})),
        shared_hashes=tuple(sorted(shared)),
        deals=tuple(whole),
        shared_deals=tuple(partly),
        other_phones=tuple(sorted({phone for rest in others.values() for phone in rest})),
        client_names=tuple(sorted({row["client_name"] for row in deals if row["client_name"]})),
        activities=_of_person(reader, "activities", "activity_id", whole, partly, wanted),
        notes=_of_person(reader, "notes", "note_id", whole, partly, wanted),
        sales=_ids(
            reader.rows("select sale_id from sales where client_phone in (select unnest(?)) order by sale_id", wanted)
        ),
    )


def _of_person(
    reader: Reader, table: str, key: str, whole: list[str], partly: list[str], phones: list[str]
) -> tuple[str, ...]:
    """Rows with the phone, of the person's deals, and those of shared deals that name no other phone."""
    return _ids(
        reader.rows(
            f"select {key} from {table} where client_phone in (select unnest(?)) "  # noqa: S608 - names of this module
            "or deal_id in (select unnest(?)) or (deal_id in (select unnest(?)) and client_phone is null) order by 1",
            phones,
            whole,
            partly,
        )
    )


def _ids(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(str(next(iter(row.values()))) for row in rows)


def mentions(reader: Reader, numbers: Collection[str]) -> list[tuple[str, str]]:
    """(table, column) of every text column, keys aside, in which one of the numbers is written somewhere."""
    columns = reader.rows(
        """
        select c.table_name, c.column_name from duckdb_columns() c join duckdb_tables() t using (table_name)
        where c.schema_name = 'main' and c.data_type in ('VARCHAR', 'JSON') and not exists (
            select 1 from duckdb_constraints() k where k.table_name = c.table_name
            and k.constraint_type = 'PRIMARY KEY' and list_contains(k.constraint_column_names, c.column_name))
        order by 1, 2
        """
    )
    found = []
    for row in columns:
        table, column = row["table_name"], row["column_name"]
        holds = f'list_bool_or(list_transform(?::varchar[], lambda n: contains(cast("{column}" as varchar), n)))'
        sql = f'select 1 as there from "{table}" where {holds} limit 1'  # noqa: S608 - our own catalogue
        if reader.row(sql, list(numbers)) is not None:
            found.append((table, column))
    return found


def says(value: Any, numbers: Collection[str], words: Collection[str]) -> bool:
    """Whether any text inside a JSON value holds one of the numbers, or is one of the words."""
    if isinstance(value, dict):
        return any(says(item, numbers, words) for item in value.values())
    if isinstance(value, list):
        return any(says(item, numbers, words) for item in value)
    if not isinstance(value, str | int):
        return False
    text = str(value)
    digits = re.sub(r"\D", "", text)
    return text in words or any(number in digits for number in numbers)


def renamed(value: Any, names: dict[str, str], numbers: Collection[str]) -> Any:
    """A JSON value with the ids replaced where a text is one, and the numbers blotted out."""
    if isinstance(value, dict):
        return {key: renamed(item, names, numbers) for key, item in value.items()}
    if isinstance(value, list):
        return [renamed(item, names, numbers) for item in value]
    if isinstance(value, str):
        return names.get(value, blotted(value, numbers))
    return value


def blotted(text: str, numbers: Collection[str]) -> str:
    """The text with every way of writing the numbers replaced by zeros of the same length."""
    for number in numbers:
        loose = r"[\s()\-.]{0,2}".join(number)
        text = re.sub(loose, lambda found: re.sub(r"\d", "0", found[0]), text)
    return text
