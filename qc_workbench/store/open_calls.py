"""What the plan of listening needs: open calls with their draws, what everybody did today, who replaced what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from qc_workbench.domain.sampling import Period, SampleStatus
from qc_workbench.review.due import DrawnBy, DueRule
from qc_workbench.store.database import Reader, Row, Statement


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A call that waits, however many draws it is in. ``drawn``: by the random sample; ``begun``: somebody is at it."""

    call_id: str
    agent: str
    drawn: bool
    assigned_to: str | None
    begun: bool
    draws: tuple[DrawnBy, ...]

    def due(self, rule: DueRule) -> date:
        """The earliest of its draws' due days."""
        return min(map(rule.due, self.draws))


def open_calls(reader: Reader, zone: str, limit: int, reviewer: str | None = None) -> list[OpenRow]:
    """At most ``limit`` calls that wait to be heard: drawn ones first, then those that somebody has, then the oldest.

    ``zone``: the company's, in which days begin. Calls that somebody has begun or heard are not among them; of
    ``reviewer`` (only the calls given to them) those they have begun are.
    """
    rows = reader.rows(
        """
        with open as (
            select *, cast(drawn_at at time zone ? as date) as drawn_on from sample
            where (status = 'waiting' and call_id not in
                    (select call_id from sample where status in ('in_progress', 'done'))
                   or status = 'in_progress' and ?)
              and (?::varchar is null or assigned_to = ?)
        ), picked as (
            select call_id from open group by call_id
            order by bool_or(queue = 'random') desc, bool_or(assigned_to is not null) desc, min(drawn_at), call_id
            limit ?
        )
        select s.call_id, c.manager_id as agent, s.queue = 'random' as drawn, s.assigned_to, s.status, s.plan, s.period,
               d.plan->>'period' as every, d.period_to, s.drawn_on
        from open s join picked using (call_id) join calls c using (call_id) left join draws d using (draw_id)
        order by s.drawn_at, s.plan, s.period, s.call_id
        """,
        zone,
        reviewer is not None,
        reviewer,
        reviewer,
        limit,
    )
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["call_id"], []).append(row)
    return [_open_of(call_id, drawn) for call_id, drawn in found.items()]


def _open_of(call_id: str, rows: list[Row]) -> OpenRow:
    holders = [row["assigned_to"] for row in rows if row["assigned_to"] is not None]
    return OpenRow(
        call_id,
        rows[0]["agent"],
        any(row["drawn"] for row in rows),
        min(holders, default=None),
        any(row["status"] == SampleStatus.IN_PROGRESS for row in rows),
        tuple(drawn_by(row) for row in rows),
    )


def drawn_by(row: Row) -> DrawnBy:
    every = Period(row["every"]) if row["every"] else None
    return DrawnBy(row["plan"], row["period"], every, row["period_to"], row["drawn_on"])


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan in its newest period. ``older``: calls of earlier periods that still wait."""

    draw: DrawnBy
    drawn: int
    done: int
    older: int


def plan_rows(reader: Reader, zone: str) -> list[PlanRow]:
    """How far each plan of the random sample is in its newest period; replaced calls count no more."""
    rows = reader.rows(
        """
        with counted as (
            select plan, period, max_by(draw_id, drawn_at) as draw_id, min(drawn_at) as drawn_at,
                   count(*) filter (status <> 'replaced') as drawn, count(*) filter (status = 'done') as done
            from sample where queue = 'random' group by plan, period
        )
        select n.plan, n.period, d.plan->>'period' as every, d.period_to, n.drawn, n.done,
               cast(n.drawn_at at time zone ? as date) as drawn_on,
               (select coalesce(sum(o.drawn - o.done), 0) from counted o
                where o.plan = n.plan and o.period < n.period) as older
        from counted n left join draws d on d.draw_id = n.draw_id
        where n.period = (select max(period) from counted newest where newest.plan = n.plan) order by n.plan
        """,
        zone,
    )
    return [PlanRow(drawn_by(row), row["drawn"], row["done"], int(row["older"])) for row in rows]


def heard_already(reader: Reader) -> list[Row]:
    """Open rows (``draw_id``, ``call_id``) of the sample whose call was scored, or heard for an earlier draw; by
    ``holder``, None where the row says it."""
    return reader.rows(
        """
        with open as (
            select draw_id, call_id, status from sample where queue = 'random' and status in ('waiting', 'in_progress')
        ), done as (
            select call_id, min(assigned_to) as holder from sample where status = 'done'
              and call_id in (select call_id from open) group by call_id
        ), scored as (
            select distinct call_id from evaluations where state = 'submitted' and purpose = 'score'
              and call_id in (select call_id from open)
        )
        select o.draw_id, o.call_id, d.holder from open o left join done d using (call_id)
        where (d.call_id is not null and o.status = 'waiting') or o.call_id in (select call_id from scored)
        order by o.draw_id, o.call_id
        """
    )


def given_to_others(reader: Reader, active: Collection[str]) -> set[str]:
    """Waiting calls that somebody has who is not among ``active``."""
    rows = reader.rows(
        "select distinct call_id from sample where status = 'waiting' and assigned_to is not null "
        "and not list_contains(?::varchar[], assigned_to)",
        list(active),
    )
    return {row["call_id"] for row in rows}


def open_by_reviewer(reader: Reader) -> dict[str, int]:
    """Calls that each reviewer still has to hear or is at."""
    rows = reader.rows(
        "select assigned_to, count(distinct call_id) as calls from sample "
        "where status in ('waiting', 'in_progress') and assigned_to is not null group by assigned_to order by 1"
    )
    return {row["assigned_to"]: row["calls"] for row in rows}


def begun_by_reviewer(reader: Reader) -> dict[str, int]:
    """Calls that each reviewer has begun and not handed in: they take places of today."""
    rows = reader.rows(
        "select assigned_to, count(distinct call_id) as calls from sample "
        "where status = 'in_progress' and assigned_to is not null group by assigned_to"
    )
    return {row["assigned_to"]: row["calls"] for row in rows}


@dataclass(frozen=True, slots=True)
class Heard:
    """Calls that a person heard in some time, ``targeted`` of them in no draw. ``mean_s``: seconds at work on each,
    None where nobody measured."""

    calls: int
    mean_s: float | None
    targeted: int = 0


def heard_since(reader: Reader, since: datetime) -> dict[str, Heard]:
    """By ``person_id``, from ``since`` on: evaluations handed in, second looks too, and calls marked as heard."""
    rows = reader.rows(
        """
        select person_id, count(distinct call_id) as calls, avg(spent_s) filter (spent_s > 0) as mean_s,
               count(distinct call_id) filter (
                   call_id not in (select call_id from sample where queue = 'random')) as targeted
        from (
            select reviewer as person_id, call_id, spent_s from evaluations
            where state = 'submitted' and purpose <> 'calibration' and submitted_at >= ?
            union all
            select p.person_id, a.object, 0 from audit a join people p on p.name = a.actor
            where a.action = 'call_listened' and a.happened_at >= ?
        ) group by person_id
        """,
        since,
        since,
    )
    return {row["person_id"]: Heard(row["calls"], row["mean_s"], row["targeted"]) for row in rows}


def handed_in(reader: Reader, person_id: str, call_ids: Collection[str]) -> set[str]:
    """Those of the calls that this person has scored."""
    rows = reader.rows(
        "select distinct call_id from evaluations where reviewer = ? and state = 'submitted' and purpose = 'score' "
        "and list_contains(?::varchar[], call_id)",
        person_id,
        list(call_ids),
    )
    return {row["call_id"] for row in rows}


def begun(call_id: str, reviewer: str) -> Statement:
    """A reviewer opens a call of theirs, or one that nobody has: nobody else gets it now."""
    return Statement(
        "update sample set status = 'in_progress', assigned_to = ? "
        "where call_id = ? and status = 'waiting' and (assigned_to = ? or assigned_to is null)",
        (reviewer, call_id, reviewer),
    )


def heard(call_id: str) -> Statement:
    """Every open draw of this call is done. To be written together with what makes it so: a score that is handed in."""
    return Statement(
        "update sample set status = 'done' where call_id = ? and status in ('waiting', 'in_progress')", (call_id,)
    )


def put_back(call_id: str, reviewer: str) -> Statement:
    """The reviewer has not begun it after all; it stays theirs."""
    return Statement(
        "update sample set status = 'waiting' where call_id = ? and status = 'in_progress' and assigned_to = ?",
        (call_id, reviewer),
    )


def nobodys_call(reader: Reader, agents: Collection[str] | None) -> str | None:
    """The drawn call that has waited longest and that nobody has; of these ``agents``, or of all (None)."""
    found = reader.value(
        """
        select s.call_id from sample s join calls c using (call_id)
        where s.status = 'waiting' and s.queue = 'random' and s.assigned_to is null
          and (?::varchar[] is null or list_contains(?::varchar[], c.manager_id))
        order by s.drawn_at, c.started_at, s.call_id limit 1
        """,
        None if agents is None else list(agents),
        [] if agents is None else list(agents),
    )
    return None if found is None else str(found)


def replaced(reader: Reader, since: datetime, until: datetime) -> list[tuple[str, str]]:
    """Who replaced a drawn call and why (a code), one pair a replacement that was not taken back, from ``since`` to
    before ``until``."""
    rows = reader.rows(
        """
        select actor, detail->>'reason' as reason from audit done
        where action = 'call_replaced' and happened_at >= ? and happened_at < ? and not exists (
            select 1 from audit undone where undone.action = 'call_replacement_undone'
              and undone.happened_at >= done.happened_at and undone.object = done.object
              and undone.detail->>'draw' is not distinct from done.detail->>'draw')
        order by happened_at, actor, reason
        """,
        since,
        until,
    )
    return [(row["actor"], row["reason"]) for row in rows]
