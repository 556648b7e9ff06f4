"""Asking the index of what was said: a question becomes one SQL statement; newest calls first.

The meaning of a question is defined in :mod:`qc_workbench.searching.matching`; here it is answered fast.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from qc_workbench.domain.search import CallFilters
from qc_workbench.searching.forms import dictionary_words
from qc_workbench.searching.query import AllOf, AnyOf, Leaf, Match, Near, Pattern, Phrase, Query, Scope, Without, leaves
from qc_workbench.store.database import Reader
from qc_workbench.store.scoping import among
from qc_workbench.store.word_index import MASKED, PARTY_NUMBER, PLACE_BITS

_CALL_OF: Final = f">> {PLACE_BITS}"


@dataclass(frozen=True, slots=True)
class FoundCalls:
    """A page of what was found; ``total``: all calls that fit."""

    call_ids: tuple[str, ...]
    total: int


def find_calls(
    reader: Reader,
    query: Query,
    filters: CallFilters,
    zone: ZoneInfo,
    *,
    agents: Collection[str] | None = None,
    new_since: datetime | None = None,
    masked: bool = False,
    limit: int,
    offset: int = 0,
) -> FoundCalls:
    """Calls that fit, the newest first (of the same moment the one indexed last).

    ``agents``: only their calls (None: everybody's); ``new_since``: only calls whose transcript was indexed then or
    later. ``masked``: for somebody who can't read names and numbers: these are not found either, nor counted.
    """
    where, values = _condition(reader, query, filters, zone, agents, new_since, masked)
    rows = reader.rows(
        f"with fits as materialized (select d.call_no, d.started_at from {where}), "  # noqa: S608 - parts made here, values bound
        "top as (select call_no, started_at from fits order by started_at desc, call_no desc limit ? offset ?) "
        "select d.call_id, (select count(*) from fits) as total from top join search_calls d using (call_no) "
        "order by top.started_at desc, call_no desc",
        *values,
        limit,
        offset,
    )
    if not rows and offset:
        total = count_found(reader, query, filters, zone, agents=agents, new_since=new_since, masked=masked)
        return FoundCalls((), total)
    return FoundCalls(tuple(row["call_id"] for row in rows), rows[0]["total"] if rows else 0)


def count_found(
    reader: Reader,
    query: Query,
    filters: CallFilters,
    zone: ZoneInfo,
    *,
    agents: Collection[str] | None = None,
    new_since: datetime | None = None,
    masked: bool = False,
) -> int:
    """How many calls fit."""
    where, values = _condition(reader, query, filters, zone, agents, new_since, masked)
    return int(reader.value(f"select count(*) from {where}", *values))  # noqa: S608 - parts made here, values bound


def indexed_calls(reader: Reader) -> int:
    """Calls that can be found."""
    return int(reader.value("select count(*) from search_calls"))


def _condition(
    reader: Reader,
    query: Query,
    filters: CallFilters,
    zone: ZoneInfo,
    agents: Collection[str] | None,
    new_since: datetime | None,
    masked: bool,
) -> tuple[str, list[Any]]:
    """Tables and what must be so of a call ``d`` in the index. ``calls`` is joined only where it is asked about."""
    conditions, values = filter_conditions(filters, zone)
    if agents is not None:
        theirs, ids = among(agents, "c.manager_id")
        conditions.append(theirs)
        values += ids
    needs_calls = bool(conditions)
    if new_since is not None:
        conditions.append("d.new_at >= ?")
        values.append(new_since)
    first = 0
    if new_since is not None:
        # Calls get growing numbers as they are indexed: what was indexed earlier need not even be read.
        found = reader.value("select min(call_no) from search_calls where new_at >= ?", new_since)
        if found is None:
            return "search_calls d where false", []
        first = int(found)
    numbers = _numbers(reader, {pattern for leaf in leaves(query) for pattern in leaf.words})
    calls = "search_calls d join calls c using (call_id)" if needs_calls else "search_calls d"
    return f"{calls} where {' and '.join([_Sql(numbers, first, masked).condition(query), *conditions])}", values


def filter_conditions(filters: CallFilters, zone: ZoneInfo) -> tuple[list[str], list[Any]]:
    """Conditions on a call ``c``, with values to bind."""
    wanted: list[tuple[str, Any]] = [
        ("c.manager_id = ?", filters.agent_id),
        ("c.direction = ?", filters.direction and filters.direction.value),
        ("c.started_at >= ?", filters.day_from and _midnight(filters.day_from, zone)),
        ("c.started_at < ?", filters.day_to and _midnight(filters.day_to + timedelta(days=1), zone)),
        ("c.talk_s >= ?", filters.talk_from_s),
        ("c.talk_s <= ?", filters.talk_to_s),
        (
            "c.call_id in (select call_id from flags where retired_at is null and verdict = 'flag' and kind = ?)",
            filters.flag and filters.flag.value,
        ),
        (
            "c.call_id in (select call_id from refusals where client_said = ?)",
            filters.client_said and filters.client_said.value,
        ),
    ]
    chosen = [(text, value) for text, value in wanted if value is not None]
    return [text for text, _ in chosen], [value for _, value in chosen]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _numbers(reader: Reader, patterns: Collection[Pattern]) -> Mapping[Pattern, Sequence[int]]:
    """The numbers of the words in the index that each word of a question fits."""
    found: dict[Pattern, list[int]] = {}
    for pattern in patterns:
        match pattern.match:
            case Match.EXACT:
                where, value = "form = ?", [pattern.word]
            case Match.PREFIX:
                where, value = "starts_with(form, ?)", [pattern.word]
            case Match.ANY_FORM:
                where = "form = ? or dictionary_word in (select unnest(?::varchar[]))"
                value = [pattern.word, list(dictionary_words(pattern.word))]  # type: ignore[list-item]
        rows = reader.rows(f"select distinct word from search_words where {where} order by word", *value)  # noqa: S608
        found[pattern] = [row["word"] for row in rows]
    return found


# --- a question as a condition on `d.call_no` ------------------------------------------------------------------------


class _Sql:
    """``numbers``: of the words in the index that fit each word of the question; ``first``: the first call that may
    fit, by its number; ``masked``: without words that are masked. Only numbers go into the text."""

    def __init__(self, numbers: Mapping[Pattern, Sequence[int]], first: int, masked: bool) -> None:
        self._numbers, self._first, self._masked = numbers, first, masked

    def condition(self, query: Query) -> str:
        match query:
            case AllOf(parts):
                return "(" + " and ".join(map(self.condition, parts)) + ")"
            case AnyOf(parts):
                return "(" + " or ".join(map(self.condition, parts)) + ")"
            case Without(part):
                return f"(not {self.condition(part)})"
            case _:
                return self._leaf(query)

    def _leaf(self, leaf: Leaf) -> str:
        if any(not self._numbers[pattern] for pattern in leaf.words):
            return "false"
        said = [self._said(self._numbers[pattern], leaf.scope) for pattern in leaf.words]
        if len(said) == 1:
            return f"d.call_no in (select distinct spot {_CALL_OF} from ({said[0]}))"  # noqa: S608 - numbers
        joins = [f"({said[0]}) w0"]
        for place in range(1, len(said)):
            met = (
                f"w{place}.spot = w0.spot + {place}"
                if isinstance(leaf, Phrase)
                else f"w{place}.spot {_CALL_OF} = w0.spot {_CALL_OF} and {_apart(leaf, place)}"
            )
            joins.append(f"join ({said[place]}) w{place} on {met}")
        return f"d.call_no in (select w0.spot {_CALL_OF} from {' '.join(joins)})"  # noqa: S608 - numbers

    def _said(self, numbers: Sequence[int], scope: Scope) -> str:
        """The spots where one of these words was said, within the scope."""
        conditions = [f"word in ({', '.join(str(int(number)) for number in numbers)})"]
        if self._first:
            conditions.append(f"spot >= {self._first << PLACE_BITS}")
        if scope.party is not None:
            number = PARTY_NUMBER[scope.party]
            conditions.append(f"party in ({number}, {number + MASKED})")
        if self._masked:
            conditions.append(f"party < {MASKED}")
        if scope.first_s is not None:
            conditions.append(f"after_s < {int(scope.first_s)}")
        if scope.last_s is not None:
            conditions.append(f"before_s <= {int(scope.last_s)}")
        return f"select spot from search_said where {' and '.join(conditions)}"  # noqa: S608 - numbers


def _apart(leaf: Near, place: int) -> str:
    return " and ".join(
        f"abs(w{place}.spot - w{other}.spot) between 1 and {int(leaf.distance)}" for other in range(place)
    )
