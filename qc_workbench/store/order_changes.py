"""What a check of the order changes in ``violations``: found in the check's reading, written in small pieces.

A piece travels as one JSON list a column, which the owner unfolds: the rows are never values of this program, and
writing a hundred thousand takes under a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from qc_workbench.store.database import Reader, Statement
from qc_workbench.store.order import COLUMNS

#: Rows written together; each write is some tenths of a second in which others wait.
_PIECE: Final = 10_000
BECAME: Final = ("new", "returned", "different", "cleared")


@dataclass(frozen=True, slots=True)
class Change:
    """``counts``: breaches by what happened to them, one of :data:`BECAME`."""

    statements: tuple[Statement, ...]
    counts: Mapping[str, int]


_SAME: Final = " and ".join(f"f.{name} is not distinct from v.{name}" for name in COLUMNS)
#: What is kept of erased persons is left as it is, so it is not among the cleared.
_DIFFERING: Final = f"""
    create or replace temp table differing as
    with every as (
        select {", ".join(f"f.{name}" for name in COLUMNS)},
               if(v.violation_id is null, ?::timestamptz, v.seen_at) as seen_at, v.cleared_at as stood_until,
               case when v.violation_id is null then 'new' when v.cleared_at is not null then 'returned'
                    else 'different' end as became
        from found f left join violations v using (violation_id)
        where v.violation_id is null or v.cleared_at is not null or not ({_SAME})
        union all by name
        select violation_id, 'cleared' as became from violations
        where cleared_at is null and violation_id not in (select violation_id from found)
          and violation_id not in (select id from erased where kind = 'violation')
    )
    select *, (row_number() over (partition by became) - 1) // ? as piece from every
    """  # noqa: S608 - constants of this module
_WRITTEN: Final = (*COLUMNS, "seen_at")
_KEPT: Final = f"""
    insert or replace into violations ({", ".join(_WRITTEN)}, cleared_at) select {", ".join(_WRITTEN)}, null from
    """  # noqa: S608 - constants of this module
_GAPS: Final = """
    insert or replace into violation_gaps (violation_id, cleared_at, returned_at)
    select violation_id, stood_until, ?::timestamptz from
    """
_MOMENTS: Final = ("happened_at", "seen_at", "stood_until")


def changes(reader: Reader, as_of: datetime, together: int = _PIECE) -> Iterator[Change]:
    """What differs between ``found``, made by :meth:`~qc_workbench.store.order.Order.keep`, and what is kept.

    ``together``: rows of a change at most.
    """
    reader.arrow(_DIFFERING, as_of, together)
    for piece in reader.rows("select became, piece, count(*) as n from differing group by all order by all"):
        became = piece["became"]
        names = {"cleared": ("violation_id",), "returned": (*_WRITTEN, "stood_until")}.get(became, _WRITTEN)
        lists, rows = _columns(reader, names, became, piece["piece"]), _rows(names)
        if became == "cleared":
            cleared = f"update violations set cleared_at = ? where violation_id in (select violation_id from ({rows}))"  # noqa: S608 - constants of this module
            written = [Statement(cleared, (as_of, *lists))]
        else:
            written = [Statement(f"{_KEPT} ({rows})", lists)]
        if became == "returned":
            written.append(Statement(f"{_GAPS} ({rows})", (as_of, *lists)))
        yield Change(tuple(written), {became: piece["n"]})


def _columns(reader: Reader, names: tuple[str, ...], became: str, piece: int) -> tuple[Any, ...]:
    """The rows of a piece, each column as a JSON list; moments as microseconds."""
    lists = ", ".join(
        f"to_json([{f'epoch_us(row.{name})' if name in _MOMENTS else f'row.{name}'} for row in kept])::varchar"
        for name in names
    )
    sql = f"select {lists} from (select list(d) as kept from differing d where became = ? and piece = ?)"  # noqa: S608 - as above
    (row,) = reader.arrow(sql, became, piece).to_pylist()
    return tuple(row.values())


def _rows(names: tuple[str, ...]) -> str:
    """The rows back from their lists, which are bound in the order of the names."""
    unfolded = ", ".join(
        f"make_timestamptz(unnest(from_json(?, '[\"BIGINT\"]'))) as {name}"
        if name in _MOMENTS
        else f"unnest(from_json(?, '[\"VARCHAR\"]')) as {name}"
        for name in names
    )
    return f"select {unfolded}"
