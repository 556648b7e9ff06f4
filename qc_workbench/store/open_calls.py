"""What the plan of listening needs: open calls with their due days, who has how much, who replaced what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from qc_workbench.store.database import Reader


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A call that waits, however many draws it is in. ``drawn``: by the random sample; ``due``: the earliest."""

    call_id: str
    agent: str
    due: date
    drawn: bool
    assigned_to: str | None


def open_calls(reader: Reader, zone: str, due_after_days: int) -> list[OpenRow]:
    """Calls waiting to be heard, due so many days after the period they were drawn for; targeted ones, after they
    were picked. ``zone``: the company's, in which days begin. Calls that somebody has begun are not among them."""
    rows = reader.rows(
        """
        select call_id, c.manager_id as agent,
               min(coalesce(d.period_to, cast(s.drawn_at at time zone ? as date))) + ?::integer as due,
               bool_or(s.queue = 'random') as drawn, min(s.assigned_to) as assigned_to
        from sample s join calls c using (call_id) left join draws d using (draw_id)
        where s.status = 'waiting'
          and call_id not in (select call_id from sample where status in ('in_progress', 'done'))
        group by call_id, agent order by due, call_id
        """,
        zone,
        due_after_days,
    )
    return [OpenRow(**row) for row in rows]


def begun_by_reviewer(reader: Reader) -> dict[str, int]:
    """Calls that each reviewer has begun and not handed in: they take places of today."""
    rows = reader.rows(
        "select assigned_to, count(distinct call_id) as calls from sample "
        "where status = 'in_progress' and assigned_to is not null group by assigned_to"
    )
    return {row["assigned_to"]: row["calls"] for row in rows}


def replaced(reader: Reader, since: datetime, until: datetime) -> list[tuple[str, str]]:
    """Who replaced a drawn call and why (a code), one pair a replacement, from ``since`` to before ``until``."""
    rows = reader.rows(
        "select actor, detail->>'reason' as reason from audit "
        "where action = 'call_replaced' and happened_at >= ? and happened_at < ? order by happened_at, actor, reason",
        since,
        until,
    )
    return [(row["actor"], row["reason"]) for row in rows]
