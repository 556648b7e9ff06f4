"""Who called in vain and how they were reached; ``tests/missed_in_python.py`` says the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from qc_workbench.domain.missed_caller import CALLBACK_DAYS, MissedCaller, Reached
from qc_workbench.store.database import Reader
from qc_workbench.store.scoping import WITH_CLIENTS, Stretch


def missed_callers(reader: Reader, stretches: Sequence[Stretch], as_of: datetime) -> tuple[MissedCaller, ...]:
    """Unanswered calls of a number until somebody talked to them are one caller; each hidden number is one.

    Of stretches that don't overlap, in order; calls after ``as_of`` are not known.
    """
    starts, ends = [start for start, _ in stretches], [end for _, end in stretches]
    first, last = min(starts), max(ends)
    rows = reader.rows(
        f"""
        with stretches as (
            select unnest(range(len(?::timestamptz[])))::integer as stretch, unnest(?::timestamptz[]) as starts_at,
                   unnest(?::timestamptz[]) as ends_at
        ),
        missed as (
            select s.stretch, c.call_id, c.manager_id, c.started_at, c.source, c.client_phone as phone
            from calls c join stretches s on c.started_at >= s.starts_at and c.started_at < s.ends_at
            where c.direction = 'inbound' and c.outcome <> 'answered'
              and c.started_at >= ? and c.started_at < ? and c.started_at <= ?
        ),
        theirs as materialized (
            select call_id, started_at, direction, outcome, client_phone as phone from calls
            where started_at >= ? and started_at <= ?::timestamptz + to_days({CALLBACK_DAYS}) and started_at <= ?
              and {WITH_CLIENTS} and client_phone in (select phone from missed)
        ),
        answered as (
            select phone, started_at, min(call_id) as call_id, arg_min(direction, call_id) as direction
            from theirs where outcome = 'answered' group by all
        ),
        tried as (select phone, started_at from theirs where direction = 'outbound' group by all),
        reached as (
            select m.*, a.call_id as reached_call_id, a.started_at as reached_at, a.direction as reached_by
            from missed m asof left join answered a on m.phone = a.phone and m.started_at < a.started_at
        ),
        callers as (
            select stretch, phone, reached_at, any_value(reached_call_id) as reached_call_id,
                   any_value(reached_by) as reached_by, arg_min(call_id, (started_at, call_id)) as call_id,
                   arg_min(manager_id, (started_at, call_id)) as manager_id,
                   arg_min(source, (started_at, call_id)) as source,
                   min(started_at) as started_at, count(*)::integer as attempts
            from reached where phone is not null group by stretch, phone, reached_at
        ),
        found as (
            select c.* exclude (reached_at), t.started_at as tried_at,
                   case when reached_at <= c.started_at + to_days({CALLBACK_DAYS}) then reached_at end as reached_at
            from callers c asof left join tried t on c.phone = t.phone and c.started_at < t.started_at
        )
        select stretch, call_id, phone as client_phone, manager_id, started_at, source, attempts,
               case when reached_at is not null
                    then case when reached_by = 'outbound' then 'by_us' else 'by_client' end
                    when tried_at <= started_at + to_days({CALLBACK_DAYS}) then 'tried' else 'never' end as reached,
               epoch(reached_at - started_at)::double as after_s,
               case when reached_at is not null then reached_call_id end as reached_call_id
        from found
        union all
        select stretch, call_id, null, manager_id, started_at, source, 1, 'hidden', null, null
        from reached where phone is null
        order by started_at, call_id
        """,  # noqa: S608 - constants of the program
        starts, starts, ends, first, last, as_of, first, last, as_of,
    )  # fmt: skip
    return tuple(MissedCaller(**{**row, "reached": Reached(row["reached"])}) for row in rows)
