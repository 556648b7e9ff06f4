"""Counts that patterns of agents are read from (:mod:`qc_workbench.detection.intent`), counted where the calls are.

Each query asks for one agent; everybody else is counted together as :data:`OTHERS`.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from qc_workbench.domain.flag import Conversation
from qc_workbench.domain.pattern import OTHERS, DurationTally, RepeatTally, VerifiedTally
from qc_workbench.store.browsing import rows_by_key
from qc_workbench.store.database import Reader
from qc_workbench.store.verdicts import conversation_of

#: Calls longer than this many seconds over the threshold are counted as this long: medians don't mind.
LONGEST_S = 600

#: Parameters: the agent asked for.
_WHO = f"case when c.manager_id = ? then c.manager_id else '{OTHERS}' end as manager_id"
_OUTGOING = "c.direction = 'outbound' and c.outcome = 'answered' and c.started_at >= ?"


def duration_tallies(
    reader: Reader, manager_id: str, since: datetime, counted_from_s: float
) -> tuple[DurationTally, ...]:
    """Outgoing connected calls since a moment by agent, second they ended at, and what was heard in them."""
    rows = reader.rows(
        f"""
        select {_WHO}, least(floor(c.talk_s - ?), ?)::integer as second, v.verified_effective as verified,
               count(*) as calls
        from calls c left join conversations v using (call_id) where {_OUTGOING} group by all
        """,  # noqa: S608 - a constant of this module
        manager_id,
        counted_from_s,
        LONGEST_S,
        since,
    )
    return tuple(DurationTally(**row) for row in rows)


def repeat_tallies(reader: Reader, manager_id: str, since: datetime, counted_from_s: float) -> tuple[RepeatTally, ...]:
    """Outgoing counted calls without a conversation by agent, and the numbers they were made to."""
    rows = reader.rows(
        f"""
        select {_WHO}, count(*) as calls, count(distinct c.client_phone) as numbers
        from calls c join conversations v using (call_id)
        where {_OUTGOING} and c.talk_s >= ? and not v.verified_effective and c.client_phone is not null
        group by all
        """,  # noqa: S608 - a constant of this module
        manager_id,
        since,
        counted_from_s,
    )
    return tuple(RepeatTally(**row) for row in rows)


def verified_tallies(
    reader: Reader, manager_id: str, since: datetime, counted_from_s: float
) -> tuple[VerifiedTally, ...]:
    """Counted calls with clients that were examined with a verdict, those of the random sample apart."""
    rows = reader.rows(
        f"""
        with drawn as (select distinct call_id from sample where queue = 'random' and status <> 'replaced')
        select {_WHO}, d.call_id is not null as is_random, count(*) as examined,
               count(*) filter (v.verified_effective) as verified
        from calls c join conversations v using (call_id) left join drawn d using (call_id)
        where c.direction <> 'internal' and c.outcome = 'answered' and c.started_at >= ? and c.talk_s >= ?
          and v.verified_effective is not null
        group by all
        """,  # noqa: S608 - a constant of this module
        manager_id,
        since,
        counted_from_s,
    )
    return tuple(VerifiedTally(**row) for row in rows)


def heard_in(reader: Reader, call_ids: Collection[str]) -> dict[str, Conversation]:
    """What was measured in these calls, by call."""
    rows = rows_by_key(reader, "conversations", "call_id", call_ids)
    return {row["call_id"]: conversation_of(row) for row in rows}
