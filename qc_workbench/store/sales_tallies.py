"""How deals went and callers were called back, counted where the rows are: see :mod:`qc_workbench.domain.sales`.

Deals are as the CRM has them now, whatever the report's moment; calls after that moment are not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from qc_workbench.domain.crm import DealStatus
from qc_workbench.domain.sales import (
    ClosedDeal,
    SalesFacts,
    SourceTally,
    StageTally,
    StepTally,
)
from qc_workbench.store.database import Reader
from qc_workbench.store.missed_callers import missed_callers
from qc_workbench.store.scoping import Stretch

#: Parameters: starts, starts, ends.
_STRETCHES: Final = """
    stretches as (
        select unnest(range(len(?::timestamptz[])))::integer as stretch, unnest(?::timestamptz[]) as starts_at,
               unnest(?::timestamptz[]) as ends_at
    )"""
#: The source of a deal that names none: of the first call of its clients that names one. Needs ``mine``.
_FIRST_SOURCE: Final = """
    phones as (
        select deal_id, unnest(from_json(client_phones, '["VARCHAR"]')) as phone from mine where source is null
    ),
    first_source as (
        select p.deal_id, arg_min(c.source, (c.started_at, c.call_id)) as source
        from phones p join calls c on c.client_phone = p.phone where c.source is not null group by 1
    )"""


def sales_facts(reader: Reader, stretches: Sequence[Stretch], as_of: datetime) -> SalesFacts:
    """Of stretches that don't overlap, in order."""
    return SalesFacts(
        closed=closed_deals(reader, stretches),
        sources=(*_created_by_source(reader, stretches), *_calls_by_source(reader, stretches, as_of)),
        stages=stage_tallies(reader, stretches),
        steps=step_tallies(reader, stretches),
        missed=missed_callers(reader, stretches, as_of),
        has_stage_history=bool(reader.value("select exists (from stage_changes)")),
        calls_from=reader.value("select min(started_at) from calls"),
        deals_from=reader.value("select min(created_at) from deals"),
        steps_from=reader.value("select min(created_at) from activities"),
    )


def closed_deals(reader: Reader, stretches: Sequence[Stretch]) -> tuple[ClosedDeal, ...]:
    """Deals won and lost, by the day they were closed on, or of their last stage where no such day is known."""
    rows = reader.rows(
        f"""
        with {_STRETCHES},
        mine as (
            select s.stretch, d.*, coalesce(d.closed_at, d.stage_since) as ended_at
            from deals d join stretches s
            on coalesce(d.closed_at, d.stage_since) >= s.starts_at and coalesce(d.closed_at, d.stage_since) < s.ends_at
            where d.status <> 'open'
        ), {_FIRST_SOURCE}
        select m.stretch, m.deal_id, m.manager_id, m.status, m.stage, coalesce(m.source, f.source) as source, m.amount,
               m.currency, m.created_at, m.ended_at as closed_at, m.lost_reason
        from mine m left join first_source f using (deal_id) order by closed_at, m.deal_id
        """,  # noqa: S608 - constants of this module
        *_spans(stretches),
    )
    return tuple(ClosedDeal(**{**row, "status": DealStatus(row["status"])}) for row in rows)


def _created_by_source(reader: Reader, stretches: Sequence[Stretch]) -> list[SourceTally]:
    rows = reader.rows(
        f"""
        with {_STRETCHES},
        mine as (
            select s.stretch, d.deal_id, d.client_phones, d.source
            from deals d join stretches s on d.created_at >= s.starts_at and d.created_at < s.ends_at
        ), {_FIRST_SOURCE}
        select m.stretch, coalesce(m.source, f.source) as source, count(*)::integer as created
        from mine m left join first_source f using (deal_id) group by all order by all
        """,  # noqa: S608 - constants of this module
        *_spans(stretches),
    )
    return [SourceTally(**row) for row in rows]


def _calls_by_source(reader: Reader, stretches: Sequence[Stretch], as_of: datetime) -> list[SourceTally]:
    rows = reader.rows(
        f"""
        with {_STRETCHES}
        select s.stretch, c.source, count(*)::integer as inbound,
               count(*) filter (c.outcome <> 'answered')::integer as lost_calls
        from calls c join stretches s on c.started_at >= s.starts_at and c.started_at < s.ends_at
        where c.direction = 'inbound' and c.started_at <= ? group by all order by all
        """,  # noqa: S608 - constants of this module
        *_spans(stretches),
        as_of,
    )
    return [SourceTally(**row) for row in rows]


def stage_tallies(reader: Reader, stretches: Sequence[Stretch]) -> tuple[StageTally, ...]:
    """Only of deals whose way the CRM told: a deal begins in the stage that its first change left."""
    rows = reader.rows(
        f"""
        with {_STRETCHES},
        entries as (
            select deal_id, to_stage as stage, changed_at as entered_at from stage_changes where to_stage is not null
            union all
            select f.deal_id, f.stage, d.created_at
            from (select deal_id, arg_min(from_stage, changed_at) as stage, min(changed_at) as changed_at
                  from stage_changes group by 1) f
            join deals d using (deal_id)
            where f.stage is not null and d.created_at <= f.changed_at
        ),
        way as (
            select deal_id, stage, entered_at,
                   row_number() over (partition by deal_id order by entered_at) as step
            from entries
        ),
        firsts as (
            select s.stretch, w.deal_id, w.stage, arg_min(w.step, w.entered_at) as step,
                   min(w.entered_at) as entered_at
            from way w join stretches s on w.entered_at >= s.starts_at and w.entered_at < s.ends_at
            group by s.stretch, w.deal_id, w.stage
        ),
        ended as (
            -- a row that names the same stage again is no move
            select f.*, d.status, exists (
                select 1 from entries e
                where e.deal_id = f.deal_id and e.entered_at > f.entered_at and e.stage <> f.stage) as has_moved
            from firsts f join deals d using (deal_id)
        )
        select stretch, stage, count(*)::integer as entered,
               count(*) filter (has_moved)::integer as moved,
               count(*) filter (not has_moved and status = 'won')::integer as won,
               count(*) filter (not has_moved and status = 'lost')::integer as lost,
               count(*) filter (not has_moved and status = 'open')::integer as waiting,
               count(*) filter (status = 'won')::integer as won_ever, avg(step)::double as step
        from ended group by all order by stretch, step, stage
        """,  # noqa: S608 - constants of this module
        *_spans(stretches),
    )
    return tuple(StageTally(**row) for row in rows)


def step_tallies(reader: Reader, stretches: Sequence[Stretch]) -> tuple[StepTally, ...]:
    rows = reader.rows(
        f"""
        with {_STRETCHES},
        mine as (
            select manager_id, type, created_at, due_at, done_at from activities where type in ('meeting', 'proposal')
        )
        select s.stretch, a.manager_id,
               count(*) filter (type = 'meeting' and created_at >= starts_at and created_at < ends_at)::integer
                   as meetings_set,
               count(*) filter (type = 'meeting' and done_at >= starts_at and done_at < ends_at)::integer
                   as meetings_held,
               count(*) filter (type = 'meeting' and due_at >= starts_at and due_at < ends_at)::integer as fell_due,
               count(*) filter (
                   type = 'meeting' and due_at >= starts_at and due_at < ends_at and done_at is not null)::integer
                   as fell_due_held,
               count(*) filter (type = 'proposal' and done_at >= starts_at and done_at < ends_at)::integer
                   as proposals_sent
        from mine a join stretches s
        on (created_at >= starts_at and created_at < ends_at) or (done_at >= starts_at and done_at < ends_at)
           or (due_at >= starts_at and due_at < ends_at)
        group by all order by s.stretch, a.manager_id
        """,  # noqa: S608 - constants of this module
        *_spans(stretches),
    )
    return tuple(StepTally(**row) for row in rows)


def _spans(stretches: Sequence[Stretch]) -> tuple[Any, ...]:
    """The parameters of :data:`_STRETCHES`."""
    starts = [start for start, _ in stretches]
    return starts, starts, [end for _, end in stretches]
