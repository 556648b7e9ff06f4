"""Draws and the calls drawn: rows to domain values and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from qc_workbench.domain.call import AUDIBLE_STATES, Call
from qc_workbench.domain.flag import Flag
from qc_workbench.domain.sampling import Draw, FrameItem, Period, Plan, Queue, SampledCall, SampleStatus
from qc_workbench.store.calls import call_of
from qc_workbench.store.database import Reader, Row, from_json, to_json
from qc_workbench.store.verdicts import flag_of


def draw_row(draw: Draw) -> Mapping[str, Any]:
    plan = {**asdict(draw.plan), "period": draw.plan.period.value, "shares": dict(draw.plan.shares)}
    frame = [
        [item.call_id, item.started_at.isoformat(), item.stratum, item.agent_id]
        + ([] if item.place is None else [item.place])
        for item in draw.frame
    ]
    return {
        "draw_id": draw.draw_id,
        "plan": to_json(plan),
        "plan_name": draw.plan.name,
        "period_from": draw.period_from,
        "period_to": draw.period_to,
        "seed": draw.seed,
        "frame_hash": draw.frame_hash,
        "frame": to_json(frame),
        "drawn_at": draw.drawn_at,
        "program_version": draw.program_version,
        "amended_hash": draw.amended_hash,
    }


def draw_of(row: Row) -> Draw:
    plan = from_json(row["plan"])
    return Draw(
        draw_id=row["draw_id"],
        plan=Plan(**{**plan, "period": Period(plan["period"]), "strata": tuple(plan["strata"])}),
        period_from=row["period_from"],
        period_to=row["period_to"],
        seed=row["seed"],
        frame_hash=row["frame_hash"],
        frame=tuple(
            FrameItem(call_id, datetime.fromisoformat(started_at), stratum, agent_id, *place)
            for call_id, started_at, stratum, agent_id, *place in from_json(row["frame"])
        ),
        drawn_at=row["drawn_at"],
        program_version=row["program_version"],
        amended_hash=row["amended_hash"],
    )


def draws(reader: Reader) -> list[Draw]:
    return [
        draw_of(row) for row in reader.rows("select * from draws order by period_from, plan_name, drawn_at, draw_id")
    ]


def sampled_row(sampled: SampledCall) -> Mapping[str, Any]:
    return {**asdict(sampled), "queue": sampled.queue.value, "status": sampled.status.value}


def sampled_of(row: Row) -> SampledCall:
    return SampledCall(**{**row, "queue": Queue(row["queue"]), "status": SampleStatus(row["status"])})


def sampled(reader: Reader) -> list[SampledCall]:
    rows = reader.rows("select * from sample order by drawn_at, plan, period, stratum, call_id")
    return [sampled_of(row) for row in rows]


# What the steps ask, without reading all that was ever drawn ------------------


def draw_heads(reader: Reader) -> list[Draw]:
    """Every draw without its frame."""
    rows = reader.rows("select * replace ('[]' as frame) from draws order by period_from, plan_name, drawn_at, draw_id")
    return [draw_of(row) for row in rows]


def draw_with_id(reader: Reader, draw_id: str) -> Draw | None:
    row = reader.row("select * from draws where draw_id = ?", draw_id)
    return draw_of(row) if row else None


def rows_of_draw(reader: Reader, draw_id: str) -> list[SampledCall]:
    return [sampled_of(row) for row in reader.rows("select * from sample where draw_id = ? order by call_id", draw_id)]


def undrawn_calls(reader: Reader, plan_name: str, directions: Collection[str], minimum_talk_s: float) -> list[Call]:
    """Calls that could be drawn and are in no frame of the plan yet, oldest first.

    Only a first sieve: ``sampling.draws.exclusion`` decides, and these are at least all that it lets through.
    """
    rows = reader.rows(
        """
        with known as (
            select item[1] as call_id
            from (select unnest(from_json(frame, '[["VARCHAR"]]')) as item from draws where plan_name = ?)
        )
        select c.* from calls c join recordings r using (call_id)
        where c.outcome = 'answered' and c.talk_s >= ? and list_contains(?::varchar[], c.direction)
          and list_contains(?::varchar[], r.state) and c.call_id not in (select call_id from known)
        order by c.started_at, c.call_id
        """,
        plan_name,
        minimum_talk_s,
        list(directions),
        [state.value for state in AUDIBLE_STATES],
    )
    return [call_of(row) for row in rows]


def rows_of_calls(reader: Reader, call_ids: Collection[str]) -> list[SampledCall]:
    """Every draw that these calls are in."""
    rows = reader.rows("select * from sample where call_id in (select unnest(?::varchar[]))", list(call_ids))
    return [sampled_of(row) for row in rows]


def unsettled_targeted(reader: Reader) -> list[SampledCall]:
    """Rows of the targeted queue that a flag may still change: waiting ones, and those whose flag came back."""
    rows = reader.rows(
        """
        select * from sample where queue = 'targeted' and (status = 'waiting'
            or (status = 'replaced' and reason = 'flag_retired'
                and call_id in (select call_id from flags where retired_at is null)))
        """
    )
    return [sampled_of(row) for row in rows]


def unsettled_flags(reader: Reader) -> list[Flag]:
    """Standing flags, without their evidence, of calls whose targeted row is missing or not settled yet."""
    rows = reader.rows(
        """
        select * replace ('[]' as evidence, '[]' as reasons) from flags
        where retired_at is null and call_id not in (
            select call_id from sample where queue = 'targeted' and status <> 'waiting'
              and not (status = 'replaced' and reason is not distinct from 'flag_retired'))
        """
    )
    return [flag_of(row) for row in rows]


def calls_to_share_out(reader: Reader, reviewers: Collection[str]) -> set[str]:
    """Calls with a waiting row that nobody active has. Without anybody active: those somebody must give back."""
    who = "(assigned_to is null or not list_contains(?::varchar[], assigned_to))"
    if not reviewers:
        who = "assigned_to is not null and not list_contains(?::varchar[], assigned_to)"
    rows = reader.rows(
        f"select distinct call_id from sample where status = 'waiting' and {who}",  # noqa: S608 - literals
        list(reviewers),
    )
    return {row["call_id"] for row in rows}


def held_calls(reader: Reader, reviewers: Collection[str], without: Collection[str]) -> list[Row]:
    """``reviewer``, ``agent``, ``calls``, ``open``: who has or had how many calls, those of ``without`` left out."""
    return reader.rows(
        """
        with holders as (
            select call_id, bool_or(status in ('waiting', 'in_progress')) as is_open,
                   arg_min(assigned_to, (drawn_at, draw_id)) filter (
                       assigned_to is not null and status <> 'replaced'
                       and (status <> 'waiting' or list_contains(?::varchar[], assigned_to))) as reviewer
            from sample where call_id not in (select unnest(?::varchar[])) group by call_id
        )
        select h.reviewer, c.manager_id as agent, count(*) as calls, count(*) filter (h.is_open) as open
        from holders h left join calls c using (call_id) where h.reviewer is not null group by all
        """,
        list(reviewers),
        list(without),
    )
