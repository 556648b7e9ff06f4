"""Saved searches, who watches them, and what they have put on the targeted queue."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from qc_workbench.domain.call import Direction
from qc_workbench.domain.commitment import ClientSaid
from qc_workbench.domain.flag import FlagKind
from qc_workbench.domain.search import CallFilters, SavedSearch
from qc_workbench.store.database import Reader, Row, Statement, from_json, to_json


@dataclass(frozen=True, slots=True)
class KeptSearch:
    """A saved search as one person sees it. ``new``: calls that fit and were indexed since they looked last, None: they
    do not watch it."""

    search: SavedSearch
    saved_by_name: str | None
    new: int | None


@dataclass(frozen=True, slots=True)
class Watch:
    """A person who watches a search: when they looked last and how many calls were counted since."""

    search: SavedSearch
    person_id: str
    seen_at: datetime
    new: int


def filters_json(filters: CallFilters) -> str:
    chosen = {name: value for name, value in asdict(filters).items() if value is not None}
    return to_json({name: value.isoformat() if isinstance(value, date) else value for name, value in chosen.items()})


def filters_of(text: str) -> CallFilters:
    kept = from_json(text)
    readers: dict[str, Callable[[Any], Any]] = {
        "direction": Direction, "flag": FlagKind, "client_said": ClientSaid,
        "day_from": date.fromisoformat, "day_to": date.fromisoformat,
    }  # fmt: skip
    values: dict[str, Any] = {name: readers[name](value) if name in readers else value for name, value in kept.items()}
    return CallFilters(**values)


def saved_row(search: SavedSearch) -> Mapping[str, Any]:
    return {**asdict(search), "filters": filters_json(search.filters), "removed_at": None}


def _search_of(row: Row) -> SavedSearch:
    names = SavedSearch.__dataclass_fields__
    return SavedSearch(**{**{name: row[name] for name in names}, "filters": filters_of(row["filters"])})


def searches_of(reader: Reader, person_id: str, *, shared: bool) -> list[KeptSearch]:
    """A person's own searches and, with ``shared``, those that others share; by name."""
    rows = reader.rows(
        """
        select s.*, p.name as by_name, w.new_calls from saved_searches s
        left join people p on p.person_id = s.saved_by
        left join search_watches w on w.search_id = s.search_id and w.person = ?
        where s.removed_at is null and (s.saved_by = ? or (s.is_shared and ?)) order by s.name, s.saved_at
        """,
        person_id,
        person_id,
        shared,
    )
    return [KeptSearch(_search_of(row), row["by_name"], row["new_calls"]) for row in rows]


def new_for(reader: Reader, person_id: str, *, shared: bool) -> int:
    """New calls in all searches that a person watches and sees, see :func:`searches_of`."""
    found = reader.value(
        "select sum(w.new_calls) from search_watches w join saved_searches s using (search_id) "
        "where w.person = ? and s.removed_at is null and (s.saved_by = ? or (s.is_shared and ?))",
        person_id,
        person_id,
        shared,
    )
    return int(found or 0)


def watches(reader: Reader) -> list[Watch]:
    """Everybody's, of searches that were not removed."""
    rows = reader.rows(
        "select s.*, w.person, w.seen_at, w.new_calls from search_watches w join saved_searches s using (search_id) "
        "where s.removed_at is null order by search_id, person"
    )
    return [Watch(_search_of(row), row["person"], row["seen_at"], row["new_calls"]) for row in rows]


def counted(watch: Watch, new: int) -> Statement:
    """What was counted for a watcher; nothing where they have looked meanwhile."""
    return Statement(
        "update search_watches set new_calls = ? where search_id = ? and person = ? and seen_at = ?",
        (new, watch.search.search_id, watch.person_id, watch.seen_at),
    )


def saved_search(reader: Reader, search_id: str) -> SavedSearch | None:
    """Also one that was removed, for it may be taken back."""
    row = reader.row("select * from saved_searches where search_id = ?", search_id)
    return _search_of(row) if row else None


def targeted_searches(reader: Reader) -> list[SavedSearch]:
    """Searches that fill the targeted queue, the oldest first."""
    rows = reader.rows(
        "select * from saved_searches where removed_at is null and targeted_a_day is not null "
        "order by saved_at, search_id"
    )
    return [_search_of(row) for row in rows]


def put_on_queue(reader: Reader, draw_id: str, since: datetime) -> int:
    """Calls that a draw put on the queue at ``since`` or later."""
    return int(reader.value("select count(*) from sample where draw_id = ? and drawn_at >= ?", draw_id, since))


def on_targeted_queue(reader: Reader, call_ids: Sequence[str]) -> set[str]:
    """Those of these calls that are or were on the targeted queue."""
    rows = reader.rows(
        "select distinct call_id from sample where queue = 'targeted' and call_id in (select unnest(?::varchar[]))",
        list(call_ids),
    )
    return {row["call_id"] for row in rows}


def removal(search_id: str, at: datetime | None) -> Statement:
    """Takes a search off every list; with None it is taken back."""
    return Statement("update saved_searches set removed_at = ? where search_id = ?", (at, search_id))


def watched(search_id: str, person_id: str, seen_at: datetime) -> Statement:
    """This person watches the search and has seen what was found until now."""
    return Statement(
        "insert or replace into search_watches (search_id, person, seen_at, new_calls) values (?, ?, ?, 0)",
        (search_id, person_id, seen_at),
    )


def unwatched(search_id: str, person_id: str) -> Statement:
    return Statement("delete from search_watches where search_id = ? and person = ?", (search_id, person_id))
