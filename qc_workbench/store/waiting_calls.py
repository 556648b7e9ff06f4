"""Calls that wait for a listener: the random sample and the targeted ones, counted and paged where the rows are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qc_workbench.domain.flag import Flag
from qc_workbench.domain.sampling import Queue, SampledCall
from qc_workbench.domain.standing import NONE_DOWNGRADED, Downgraded
from qc_workbench.store.cases import STATES, standing_flags
from qc_workbench.store.database import Reader
from qc_workbench.store.samples import sampled_of
from qc_workbench.store.scoping import Agents, among

_OPEN = "status in ('waiting', 'in_progress')"

#: ``drawn``: open calls of a queue with the moment they wait since. A call drawn by several plans is listened to once.
#: Parameter: the reviewer whose calls are asked for.
_DRAWN = f"""
    drawn as (
        select queue, call_id, min(drawn_at) as since, coalesce(bool_or(assigned_to = ?), false) as is_mine,
               bool_and(assigned_to is null) as is_nobodys
        from sample where {_OPEN} group by queue, call_id
    )"""  # noqa: S608 - constants of this module
#: ``doubted``: calls with a flag that nobody has ruled on.
_DOUBTED = f"""
    {STATES},
    doubted as (
        select call_id, arg_max(flag_id, kind || ' ' || flag_id) as flag_id from states
        where state in ('waiting', 'unsure') group by call_id
    )"""  # noqa: S608 - constants of the program
#: What is in a queue. A targeted call may have no draw yet, only a flag; nobody's are shown to everybody.
_GATHERED = {
    Queue.RANDOM: """
        select queue, call_id, since, is_mine, null::varchar as flag_id from drawn where queue = 'random'""",
    Queue.TARGETED: """
        select 'targeted' as queue, call_id, d.since, coalesce(d.is_mine or d.is_nobodys, true) as is_mine, f.flag_id
        from doubted f full join (select * from drawn where queue = 'targeted') d using (call_id)""",
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


@dataclass(frozen=True, slots=True)
class WaitingCalls:
    """A page of a queue; how many calls wait in the whole of it and which of them waits longest."""

    calls: tuple[WaitingCall, ...]
    total: int
    first_id: str | None


def waiting_calls(
    reader: Reader, reviewer: str | None, pages: Mapping[Queue, int], size: int
) -> dict[Queue, WaitingCalls]:
    """Of each queue asked for its page (from 1) of ``size`` calls: what waits longest first.

    Of ``reviewer``: the calls given to them, of the targeted ones nobody's too.
    """
    rows = reader.rows(
        f"""
        with {_DRAWN}, {_DOUBTED},
        gathered as ({" union all ".join(_GATHERED[queue] for queue in pages)}),
        listed as (
            select queue, call_id, coalesce(since, started_at) as since, started_at, flag_id
            from gathered join calls using (call_id) where is_mine or ?
        ),
        numbered as (
            select *, count(*) over (partition by queue) as total, row_number() over longest as place,
                   first_value(call_id) over longest as first_id
            from listed window longest as (partition by queue order by since, started_at, call_id)
        ),
        asked as (select unnest(?::varchar[]) as queue, unnest(?::bigint[]) as page)
        select queue, call_id, flag_id, total, first_id from numbered join asked using (queue)
        where place > (page - 1) * ? and place <= page * ? order by queue, place
        """,  # noqa: S608 - constants of this module
        reviewer,
        reviewer is None,
        [queue.value for queue in pages],
        list(pages.values()),
        size,
        size,
    )
    plans: dict[tuple[str, str], list[SampledCall]] = {}
    for row in reader.rows(
        f"""
        select * from sample where {_OPEN} and call_id in (select unnest(?::varchar[]))
        order by drawn_at, plan, period, stratum, draw_id
        """,  # noqa: S608 - constants of this module
        [row["call_id"] for row in rows],
    ):
        plans.setdefault((row["queue"], row["call_id"]), []).append(sampled_of(row))
    flags = {flag.flag_id: flag for flag in standing_flags(reader, [row["flag_id"] for row in rows if row["flag_id"]])}
    found: dict[Queue, WaitingCalls] = {}
    for queue in pages:
        mine = [row for row in rows if row["queue"] == queue.value]
        calls = tuple(
            WaitingCall(row["call_id"], tuple(plans.get((queue.value, row["call_id"]), ())), flags.get(row["flag_id"]))
            for row in mine
        )
        found[queue] = WaitingCalls(calls, mine[0]["total"] if mine else 0, mine[0]["first_id"] if mine else None)
    return found


@dataclass(frozen=True, slots=True)
class Decisions:
    """What waits for a person: padded calls and refusals to rule on, calls of the random sample to hear."""

    suspicious: int
    refusals: int
    to_hear: int


def decisions(reader: Reader, downgraded: Downgraded = NONE_DOWNGRADED, agents: Agents = None) -> Decisions:
    """As many as the lists of the pages hold, counted in one pass over the calls."""
    mine, parameters = among(agents)
    rows = reader.rows(
        f"""
        with {STATES},
        ruled_refusals as (
            select call_id from (
                select call_id, max(flag_id) as flag_id from states where kind = 'false_refusal' group by call_id
            ) join ruled using (flag_id)
        ),
        waits as (
            select 'suspicious' as what, call_id from states
            where kind = 'fake_effective' and state = 'waiting' and not list_contains(?::varchar[], judged_by)
            union all
            select 'refusals', call_id from refusals anti join ruled_refusals using (call_id) where false_refusal
            union all
            select distinct 'to_hear', call_id from sample where {_OPEN} and queue = 'random'
        )
        select what, count(*) as calls from waits join calls using (call_id) where {mine} group by what
        """,  # noqa: S608 - constants of this module
        [key.text for key in downgraded],
        *parameters,
    )
    counted = {row["what"]: int(row["calls"]) for row in rows}
    return Decisions(counted.get("suspicious", 0), counted.get("refusals", 0), counted.get("to_hear", 0))


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
