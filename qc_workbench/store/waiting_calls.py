"""Calls that wait for a listener: the random sample and the targeted ones, counted and paged where the rows are."""

from __future__ import annotations

from dataclasses import dataclass

from qc_workbench.domain.flag import Flag
from qc_workbench.domain.sampling import Queue, SampledCall
from qc_workbench.store.cases import CASES, standing_flags
from qc_workbench.store.database import Reader
from qc_workbench.store.samples import sampled_of

_OPEN = "status in ('waiting', 'in_progress')"

#: ``listed``: calls of one queue with the moment they wait since. A call drawn by several plans is listened to once.
#: A targeted call may have no draw yet, only a flag. Parameter: the reviewer whose calls are asked for.
_DRAWN = f"""
    drawn as (
        select call_id, min(drawn_at) as since, coalesce(bool_or(assigned_to = ?), false) as is_mine,
               bool_and(assigned_to is null) as is_nobodys
        from sample where {_OPEN} and queue = ? group by call_id
    )"""  # noqa: S608 - constants of this module
_RANDOM = f"""
    {_DRAWN},
    listed as (
        select call_id, d.since, d.is_mine, c.started_at, null::varchar as flag_id
        from drawn d join calls c using (call_id)
    )"""  # noqa: S608 - constants of this module
_TARGETED = f"""
    {_DRAWN},
    {CASES},
    doubted as (
        select call_id, arg_max(flag_id, kind || ' ' || flag_id) as flag_id from cases
        where state in ('waiting', 'unsure') group by call_id
    ),
    listed as (
        select call_id, coalesce(d.since, c.started_at) as since, c.started_at, f.flag_id,
               coalesce(d.is_mine or d.is_nobodys, true) as is_mine
        from doubted f full join drawn d using (call_id) join calls c using (call_id)
    )"""  # noqa: S608 - constants of this module
_LISTED = {Queue.RANDOM: _RANDOM, Queue.TARGETED: _TARGETED}


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """A call to listen to: drawn by ``plans``, or picked by the machine (``flag``)."""

    call_id: str
    plans: tuple[SampledCall, ...]
    flag: Flag | None


@dataclass(frozen=True, slots=True)
class PlanProgress:
    """Drawn and listened calls of a plan in its newest period; replaced calls count no more."""

    plan: str
    period: str
    drawn: int
    done: int

    @property
    def share(self) -> float:
        return self.done / self.drawn if self.drawn else 0.0


@dataclass(frozen=True, slots=True)
class WaitingCalls:
    """A page of a queue; how many calls wait in the whole of it and which of them waits longest."""

    calls: tuple[WaitingCall, ...]
    total: int
    first_id: str | None


def count_waiting(reader: Reader, queue: Queue) -> int:
    """Calls that wait in a queue for anybody."""
    return int(reader.value(f"with {_LISTED[queue]} select count(*) from listed", None, queue.value))  # noqa: S608 - constants of this module


def waiting_calls(reader: Reader, queue: Queue, reviewer: str | None, limit: int, offset: int = 0) -> WaitingCalls:
    """What waits longest first. Of ``reviewer``: the calls given to them, of the targeted ones nobody's too."""
    rows = reader.rows(
        f"""
        with {_LISTED[queue]}
        select call_id, flag_id, count(*) over () as total,
               first_value(call_id) over (order by since, started_at, call_id) as first_id
        from listed where is_mine or ?
        order by since, started_at, call_id limit ? offset ?
        """,  # noqa: S608 - constants of this module
        reviewer,
        queue.value,
        reviewer is None,
        limit,
        offset,
    )
    plans: dict[str, list[SampledCall]] = {}
    for row in reader.rows(
        f"""
        select * from sample where {_OPEN} and queue = ? and call_id in (select unnest(?::varchar[]))
        order by drawn_at, plan, period, stratum, draw_id
        """,  # noqa: S608 - constants of this module
        queue.value,
        [row["call_id"] for row in rows],
    ):
        plans.setdefault(row["call_id"], []).append(sampled_of(row))
    flags = {flag.flag_id: flag for flag in standing_flags(reader, [row["flag_id"] for row in rows if row["flag_id"]])}
    calls = [
        WaitingCall(row["call_id"], tuple(plans.get(row["call_id"], ())), flags.get(row["flag_id"])) for row in rows
    ]
    return WaitingCalls(tuple(calls), rows[0]["total"] if rows else 0, rows[0]["first_id"] if rows else None)


def open_reviewers(reader: Reader) -> tuple[str, ...]:
    """Ids of those who have calls to listen to."""
    rows = reader.rows(
        f"select distinct assigned_to from sample where {_OPEN} and assigned_to is not null order by 1"  # noqa: S608 - constants of this module
    )
    return tuple(row["assigned_to"] for row in rows)


def plan_progress(reader: Reader) -> tuple[PlanProgress, ...]:
    """How far each plan of the random sample is in its newest period."""
    rows = reader.rows(
        """
        select plan, period, count(*) filter (status <> 'replaced') as drawn, count(*) filter (status = 'done') as done
        from sample join (
            select plan, max(period) as period from sample where queue = 'random' group by plan
        ) newest using (plan, period)
        where queue = 'random' group by plan, period order by plan
        """
    )
    return tuple(PlanProgress(**row) for row in rows)
