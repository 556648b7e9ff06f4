"""Draws and the calls drawn: rows to domain values and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from qc_workbench.domain.sampling import Draw, FrameItem, Period, Plan, Queue, SampledCall, SampleStatus
from qc_workbench.store.database import Reader, Row, from_json, to_json


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
