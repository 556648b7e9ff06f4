"""Breaches of order over time: what was opened, cleared and left standing on each day, and the rows behind a number.

A breach opens at the moment that it happened (``happened_at``), not at the check that found it, so that an import of
two years does not look like one bad day. It is cleared at the check that no longer found it; one that stood again
opens again then. Days are the company's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.store.database import Reader
from qc_workbench.store.scoping import Agents, Stretch, among
from qc_workbench.store.verdicts import violation_of

#: Each opening (+1) and clearing (-1). A check for a moment before the breach clears it at once.
_EVENTS: Final = """
    mine as (select * from violations where {mine} and {kinds}),
    events as (
        select manager_id, kind, happened_at as moment, 1 as step from mine
        union all
        select manager_id, kind, greatest(cleared_at, happened_at), -1 from mine where cleared_at is not null
        union all
        select m.manager_id, m.kind, greatest(g.cleared_at, m.happened_at), -1
        from violation_gaps g join mine m using (violation_id)
        union all
        select m.manager_id, m.kind, greatest(g.returned_at, m.happened_at), 1
        from violation_gaps g join mine m using (violation_id)
    )"""


@dataclass(frozen=True, slots=True)
class OrderDay:
    """``standing``: at the end of the day, whenever it was opened."""

    manager_id: str
    day: date
    opened: int
    cleared: int
    standing: int


@dataclass(frozen=True, slots=True)
class OrderCount:
    """Breaches of a rule by an agent that happened in a stretch; ``standing``: those of them that stand now."""

    manager_id: str
    kind: ViolationKind
    opened: int
    standing: int


def _events(agents: Agents, kind: ViolationKind | None) -> tuple[str, list[Any]]:
    mine, parameters = among(agents)
    kinds = "true" if kind is None else "kind = ?"
    return _EVENTS.format(mine=mine, kinds=kinds), [*parameters, *([] if kind is None else [kind.value])]


def order_days(
    reader: Reader, zone: str, first: date, last: date, agents: Agents = None, kind: ViolationKind | None = None
) -> list[OrderDay]:
    """Agent by agent, every day from ``first`` to ``last`` (both included), of one rule or of all.

    Only agents with a breach up to then. ``zone``: the company's.
    """
    events, parameters = _events(agents, kind)
    rows = reader.rows(
        f"""
        with {events},
        dated as (select *, timezone(?, moment)::date as day from events),
        counted as (
            select manager_id, greatest(day, ?::date - 1) as day, sum(step) as change,
                   count(*) filter (step > 0) as opened, count(*) filter (step < 0) as cleared
            from dated where day <= ?::date group by all
        ),
        filled as (
            select a.manager_id, d.day::date as day, coalesce(c.opened, 0) as opened,
                   coalesce(c.cleared, 0) as cleared,
                   sum(coalesce(c.change, 0)) over (partition by a.manager_id order by d.day) as standing
            from (select distinct manager_id from counted) a,
                 (select unnest(generate_series(?::date - 1, ?::date, interval 1 day)) as day) d
            left join counted c on c.manager_id = a.manager_id and c.day = d.day::date
        )
        select * from filled where day >= ?::date order by manager_id, day
        """,  # noqa: S608 - of this module
        *parameters,
        zone,
        first,
        last,
        first,
        last,
        first,
    )
    return [
        OrderDay(row["manager_id"], row["day"], int(row["opened"]), int(row["cleared"]), int(row["standing"]))
        for row in rows
    ]


def order_trend(
    reader: Reader, zone: str, first: date, last: date, agents: Agents = None, kind: ViolationKind | None = None
) -> list[OrderDay]:
    """The same of all those agents together; ``manager_id`` is empty."""
    found: dict[date, list[int]] = {
        first + timedelta(days=place): [0, 0, 0] for place in range((last - first).days + 1)
    }
    for item in order_days(reader, zone, first, last, agents, kind):
        for place, number in enumerate((item.opened, item.cleared, item.standing)):
            found[item.day][place] += number
    return [OrderDay("", day, *numbers) for day, numbers in found.items()]


def order_counts(reader: Reader, within: Stretch, agents: Agents = None) -> list[OrderCount]:
    """The table of rules and agents: what happened in a stretch, standing now or not."""
    mine, parameters = among(agents)
    rows = reader.rows(
        f"""
        select manager_id, kind, count(*) as opened, count(*) filter (cleared_at is null) as standing
        from violations where happened_at >= ? and happened_at < ? and {mine}
        group by all order by manager_id, kind
        """,  # noqa: S608 - of this module
        *within,
        *parameters,
    )
    return [
        OrderCount(row["manager_id"], ViolationKind(row["kind"]), int(row["opened"]), int(row["standing"]))
        for row in rows
    ]


def order_rows(
    reader: Reader,
    within: Stretch,
    limit: int,
    offset: int = 0,
    *,
    agents: Agents = None,
    kind: ViolationKind | None = None,
    standing: bool | None = None,
) -> list[Violation]:
    """What such a number counts, the newest first. ``standing``: only those that stand, or only cleared ones."""
    mine, parameters = among(agents)
    state = {None: "true", True: "cleared_at is null", False: "cleared_at is not null"}[standing]
    code = None if kind is None else kind.value
    rows = reader.rows(
        f"""
        select * from violations
        where happened_at >= ? and happened_at < ? and {mine} and {state} and (? is null or kind = ?)
        order by happened_at desc, violation_id limit ? offset ?
        """,  # noqa: S608 - of this module
        *within,
        *parameters,
        code,
        code,
        limit,
        offset,
    )
    return [violation_of(row) for row in rows]


def breach_with_id(reader: Reader, violation_id: str) -> Violation | None:
    """One breach, standing or cleared; None where there is none."""
    row = reader.row("select * from violations where violation_id = ?", violation_id)
    return None if row is None else violation_of(row)


def to_lead_exchange(reader: Reader, agents: Agents = None) -> dict[str, list[str]]:
    """Agent -> ids of the deals to return to the lead exchange, those that move least first."""
    mine, parameters = among(agents, "v.manager_id")
    rows = reader.rows(
        f"""
        select v.manager_id, v.deal_id from violations v left join deals d using (deal_id)
        where v.kind = ? and v.cleared_at is null and {mine}
        order by v.manager_id, coalesce(d.stage_since, d.created_at) nulls first, v.deal_id desc
        """,  # noqa: S608 - of this module
        ViolationKind.OVER_OPEN_DEALS.value,
        *parameters,
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["manager_id"], []).append(row["deal_id"])
    return found
