"""Rows behind the figures of a month, the first of them and how many there are, and what the figures stand on."""

from __future__ import annotations

from datetime import datetime

from qc_workbench.domain.coaching import Clip
from qc_workbench.domain.crm import ActivityType
from qc_workbench.domain.month_lists import CountedCall, DetectorVersion, DoneStep
from qc_workbench.store.coaching import clip_of
from qc_workbench.store.database import Reader
from qc_workbench.store.scoping import COUNTED, WITH_CLIENTS, Stretch

_MINE = f"{WITH_CLIENTS} and started_at >= ? and started_at < ? and started_at <= ?"
_STEPS = """
    from activities where type in ('meeting', 'proposal')
      and ((type = 'meeting' and created_at >= $1 and created_at < $2) or (done_at >= $1 and done_at < $2))"""


def detector_versions(reader: Reader, within: Stretch, as_of: datetime) -> tuple[DetectorVersion, ...]:
    """Versions whose word about calls of the span stands."""
    rows = reader.rows(
        f"""
        select detector, version, count(distinct call_id)::integer as calls from flags
        where retired_at is null and call_id in (select call_id from calls where {_MINE})
        group by all order by all
        """,  # noqa: S608 - constants of this module
        *within,
        as_of,
    )
    return tuple(DetectorVersion(**row) for row in rows)


def counted_calls(
    reader: Reader, within: Stretch, as_of: datetime, counted_from_s: float, limit: int
) -> tuple[tuple[CountedCall, ...], int]:
    """Calls that the CRM counts as effective: those without a verdict last."""
    found = f"from calls where {_MINE} and {COUNTED}"
    total = reader.value(f"select count(*) {found}", *within, as_of, counted_from_s)
    rows = reader.rows(
        f"""
        select c.call_id, c.started_at, c.manager_id, c.talk_s, v.conversation_s, v.verified_effective as verified
        from (select * {found}) c left join conversations v using (call_id)
        order by verified nulls last, c.started_at, c.call_id limit ?
        """,  # noqa: S608 - constants of this module
        *within,
        as_of,
        counted_from_s,
        limit,
    )
    return tuple(CountedCall(**row) for row in rows), int(total)


def done_steps(reader: Reader, within: Stretch, limit: int) -> tuple[tuple[DoneStep, ...], int]:
    """Meetings set or held and proposals sent in the span."""
    total = reader.value(f"select count(*) {_STEPS}", *within)
    rows = reader.rows(
        f"select activity_id, type, manager_id, deal_id, created_at, due_at, done_at {_STEPS} "
        f"order by type, created_at, activity_id limit {int(limit)}",
        *within,
    )
    return tuple(DoneStep(**{**row, "type": ActivityType(row["type"])}) for row in rows), int(total)


def clips_of_month(reader: Reader, within: Stretch, limit: int) -> list[tuple[Clip, str, datetime]]:
    """Clips of the library from calls of the span, the newest first, with the agent and the time of the call."""
    rows = reader.rows(
        "select p.*, c.manager_id as of_agent, c.started_at as of_moment from clips p join calls c using (call_id) "
        "where p.retired_at is null and c.started_at >= ? and c.started_at < ? "
        "order by p.kind, p.kept_at desc, p.clip_id limit ?",
        *within,
        limit,
    )
    return [(clip_of({k: v for k, v in row.items() if not k.startswith("of_")}), row["of_agent"], row["of_moment"])
            for row in rows]  # fmt: skip
