"""Calls that wait for a listener: the random sample and the targeted ones, counted and paged where the rows are."""

from __future__ import annotations

from dataclasses import dataclass

from qc_workbench.domain.flag import Flag
from qc_workbench.domain.sampling import Queue, SampledCall
from qc_workbench.store.cases import CASES, standing_flags
from qc_workbench.store.database import Reader
from qc_workbench.store.samples import sampled_of

_OPEN = "status in ('waiting', 'in_progress')"

#: ``listed``: calls of one queue with the moment they wait since and who listens. A call drawn by several plans is
#: listened to once, by whoever the oldest draw gave it to; a targeted call may have no draw yet, only a flag.
_RANDOM = f"""
    listed as (
        select o.call_id, o.since, o.reviewer, c.started_at from (
            select call_id, min(drawn_at) as since,
                   first(assigned_to order by drawn_at, plan, period, stratum, draw_id)
                       filter (assigned_to is not null) as reviewer
            from sample where {_OPEN} and queue = 'random' group by call_id
        ) o join calls c using (call_id)
    )"""  # noqa: S608 - constants of this module
_TARGETED = f"""
    {CASES},
    doubted as (
        select call_id, arg_max(flag_id, kind || ' ' || flag_id) as flag_id from cases
        where state in ('waiting', 'unsure') group by call_id
    ),
    picked as (
        select call_id, min(drawn_at) as since,
               first(assigned_to order by drawn_at, plan, period, stratum, draw_id)
                   filter (assigned_to is not null) as reviewer
        from sample where {_OPEN} and queue = 'targeted' group by call_id
    ),
    listed as (
        select call_id, coalesce(p.since, c.started_at) as since, p.reviewer, c.started_at, d.flag_id
        from doubted d full join picked p using (call_id) join calls c using (call_id)
    )"""  # noqa: S608 - constants of this module
_LISTED = {Queue.RANDOM: _RANDOM, Queue.TARGETED: _TARGETED}
#: What a reviewer sees: of the random sample their own, of the targeted calls nobody's too.
_MINE = {
    Queue.RANDOM: "reviewer = ?",
    Queue.TARGETED: "(reviewer = ? or reviewer is null)",
}


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


def count_waiting(reader: Reader, queue: Queue, reviewer: str | None) -> int:
    """Calls that wait in a queue: everybody's, or what one reviewer sees."""
    mine, parameters = _mine(queue, reviewer)
    return int(reader.value(f"with {_LISTED[queue]} select count(*) from listed where {mine}", *parameters))  # noqa: S608 - constants of this module


def waiting_calls(reader: Reader, queue: Queue, reviewer: str | None, limit: int, offset: int) -> list[WaitingCall]:
    """What waits longest first."""
    mine, parameters = _mine(queue, reviewer)
    flag = "flag_id" if queue is Queue.TARGETED else "null::varchar as flag_id"
    rows = reader.rows(
        f"""
        with {_LISTED[queue]}
        select call_id, {flag} from listed where {mine} order by since, started_at, call_id limit ? offset ?
        """,  # noqa: S608 - constants of this module
        *parameters,
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
    return [
        WaitingCall(row["call_id"], tuple(plans.get(row["call_id"], ())), flags.get(row["flag_id"])) for row in rows
    ]


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


def _mine(queue: Queue, reviewer: str | None) -> tuple[str, tuple[str, ...]]:
    return ("true", ()) if reviewer is None else (_MINE[queue], (reviewer,))
