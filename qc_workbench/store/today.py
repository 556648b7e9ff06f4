"""Counts and rows of the daily page. Each function is one query; stretches are pairs of moments, the end excluded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final

from qc_workbench.domain.call import Call
from qc_workbench.domain.commitment import BROKEN_OUTCOMES, KEPT_OUTCOMES, Commitment
from qc_workbench.domain.crm import Activity, Deal
from qc_workbench.domain.flag import Flag
from qc_workbench.domain.standing import NONE_DOWNGRADED, Downgraded
from qc_workbench.domain.today import DayNumbers, HourCalls
from qc_workbench.store.browsing import rows_by_key
from qc_workbench.store.calls import call_of
from qc_workbench.store.crm import activity_of, deal_of
from qc_workbench.store.database import Reader
from qc_workbench.store.scoping import COUNTED, WITH_CLIENTS, Stretch
from qc_workbench.store.verdicts import commitment_of, flag_of

#: Who answers when nobody below did.
_HIGH_UP: Final = "('head', 'owner')"
_STRETCHES: Final = """
    stretches as (
        select unnest(range(len(?::timestamptz[]))) as place, unnest(?::timestamptz[]) as starts_at,
               unnest(?::timestamptz[]) as ends_at
    )"""


def _bound(stretches: Sequence[Stretch]) -> list[Any]:
    starts, ends = [start for start, _ in stretches], [end for _, end in stretches]
    return [starts, starts, ends]


def day_numbers(
    reader: Reader, stretches: Sequence[Stretch], counted_from_s: float, downgraded: Downgraded = NONE_DOWNGRADED
) -> tuple[DayNumbers, ...]:
    """Of each stretch what happened in it."""
    found: list[dict[str, int]] = [asdict(DayNumbers()) for _ in stretches]
    around = [min(start for start, _ in stretches), max(end for _, end in stretches)]
    calls = reader.rows(
        f"""
        with {_STRETCHES},
        mine as (
            select call_id, started_at, direction = 'inbound' as is_inbound, outcome = 'answered' as is_answered,
                   {COUNTED} as is_effective, answered_by_role as role
            from calls where {WITH_CLIENTS} and started_at >= ? and started_at < ?
        ),
        doubted as (
            select distinct call_id from flags
            where retired_at is null and kind = 'fake_effective' and verdict = 'flag'
              and not list_contains(?::varchar[], kind || '/' || detector || '/' || version)
        )
        select place, count(*) as calls, count(*) filter (is_inbound) as inbound,
               count(*) filter (is_inbound and not is_answered) as missed, count(*) filter (is_effective) as effective,
               count(*) filter (is_inbound and is_answered and role in {_HIGH_UP}) as escalated,
               count(*) filter (is_inbound and is_answered and role is not null) as roles_known,
               count(d.call_id) as suspicious
        from mine m join stretches s on m.started_at >= s.starts_at and m.started_at < s.ends_at
        left join doubted d using (call_id)
        group by place
        """,  # noqa: S608 - constants of this module
        *_bound(stretches),
        counted_from_s,
        *around,
        [key.text for key in downgraded],
    )
    steps = reader.rows(
        f"""
        with {_STRETCHES},
        steps as (
            select created_at as moment, 'meetings_set' as what from activities where type = 'meeting'
            union all
            select done_at, case type when 'meeting' then 'meetings_held' else 'proposals_sent' end
            from activities where type in ('meeting', 'proposal') and done_at is not null
        )
        select place, what, count(*) as steps
        from steps join stretches s on moment >= s.starts_at and moment < s.ends_at group by all
        """,  # noqa: S608 - constants of this module
        *_bound(stretches),
    )
    for row in calls:
        found[row["place"]].update({name: int(value) for name, value in row.items() if name != "place"})
    for row in steps:
        found[row["place"]][row["what"]] = int(row["steps"])
    return tuple(DayNumbers(**numbers) for numbers in found)


def hours_of(reader: Reader, within: Stretch, zone: str) -> tuple[HourCalls, ...]:
    """Hours of the company's clock that had calls. The hour that a clock set back repeats counts as one."""
    rows = reader.rows(
        f"""
        select hour(timezone(?, started_at))::integer as hour,
               count(*) filter (direction = 'inbound') as inbound,
               count(*) filter (direction = 'inbound' and outcome <> 'answered') as missed,
               count(*) filter (direction = 'outbound') as outbound
        from calls where {WITH_CLIENTS} and started_at >= ? and started_at < ? group by 1 order by 1
        """,  # noqa: S608 - constants of this module
        zone,
        *within,
    )
    return tuple(HourCalls(**row) for row in rows)


def escalated_calls(reader: Reader, within: Stretch, limit: int) -> tuple[Call, ...]:
    """Incoming calls that the head of sales or the owner answered, the first of the day first."""
    rows = reader.rows(
        f"""
        select * from calls
        where direction = 'inbound' and outcome = 'answered' and answered_by_role in {_HIGH_UP}
          and started_at >= ? and started_at < ?
        order by started_at, call_id limit ?
        """,  # noqa: S608 - constants of this module
        *within,
        limit,
    )
    return tuple(map(call_of, rows))


def promises_due(reader: Reader, day: date, moment: datetime, limit: int) -> tuple[tuple[Commitment, ...], int]:
    """Promises whose window holds the day and that are not kept, of calls up to the moment: the first ``limit`` by due
    date, count of all."""
    found = """
        from commitments where due_from <= ? and due_to >= ? and outcome not in (select unnest(?::varchar[]))
          and call_id in (select call_id from calls where started_at <= ?)"""
    return _promises(reader, found, (day, day, sorted(KEPT_OUTCOMES), moment), limit)


def promises_broken_between(reader: Reader, first: date, last: date, limit: int) -> tuple[tuple[Commitment, ...], int]:
    """Broken promises whose window ended on one of these days: the first ``limit``, count of all."""
    found = "from commitments where due_to >= ? and due_to <= ? and outcome in (select unnest(?::varchar[]))"
    return _promises(reader, found, (first, last, sorted(BROKEN_OUTCOMES)), limit)


def _promises(
    reader: Reader, found: str, parameters: tuple[Any, ...], limit: int
) -> tuple[tuple[Commitment, ...], int]:
    rows = reader.rows(
        f"select *, count(*) over () as total {found} order by due_to, commitment_id limit ?",
        *parameters,
        limit,
    )
    total = int(rows[0]["total"]) if rows else 0
    return tuple(map(commitment_of, rows)), total


def activities_named(reader: Reader, ids: Collection[str]) -> Mapping[str, Activity]:
    return {row["activity_id"]: activity_of(row) for row in rows_by_key(reader, "activities", "activity_id", ids)}


def deals_named(reader: Reader, ids: Collection[str]) -> Mapping[str, Deal]:
    return {row["deal_id"]: deal_of(row) for row in rows_by_key(reader, "deals", "deal_id", ids)}


def commitments_named(reader: Reader, ids: Collection[str]) -> Mapping[str, Commitment]:
    found = map(commitment_of, rows_by_key(reader, "commitments", "commitment_id", ids))
    return {item.spoken.commitment_id: item for item in found}


#: What counts as a step of a kind: its moment and its type.
_STEPS: Final = {
    "meetings_set": ("created_at", "meeting"),
    "meetings_held": ("done_at", "meeting"),
    "proposals_sent": ("done_at", "proposal"),
}


def steps_of(reader: Reader, within: Stretch, limit: int) -> Mapping[str, tuple[Activity, ...]]:
    """Meetings set and held and proposals sent, the first of each."""
    found = {}
    for what, (moment, kind) in _STEPS.items():
        rows = reader.rows(
            f"select * from activities where type = ? and {moment} >= ? and {moment} < ? "  # noqa: S608 - of this module
            f"order by {moment}, activity_id limit ?",
            kind,
            *within,
            limit,
        )
        found[what] = tuple(map(activity_of, rows))
    return found


def suspicious_of(reader: Reader, within: Stretch, limit: int, downgraded: Downgraded) -> tuple[Flag, ...]:
    """The surest standing flag of padding of each call of the stretch; as many calls as :func:`day_numbers` counts."""
    rows = reader.rows(
        f"""
        select f.* from flags f join calls c using (call_id)
        where {WITH_CLIENTS} and c.started_at >= ? and c.started_at < ?
          and f.retired_at is null and f.kind = 'fake_effective' and f.verdict = 'flag'
          and not list_contains(?::varchar[], f.kind || '/' || f.detector || '/' || f.version)
        qualify row_number() over (partition by f.call_id order by f.score desc, f.flag_id) = 1
        order by c.started_at, f.call_id limit ?
        """,  # noqa: S608 - constants of the program
        *within,
        [key.text for key in downgraded],
        limit,
    )
    return tuple(map(flag_of, rows))
