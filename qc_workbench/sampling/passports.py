"""The passport of a draw as plain values, for a file that anybody can keep and check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from qc_workbench.domain.sampling import Draw, FrameItem, Period, Plan, SampledCall
from qc_workbench.sampling.draws import redraw, verify
from qc_workbench.sampling.frames import period_label

#: Version of the passport's layout; a new one is written when a field changes its meaning.
LAYOUT = 1


def passport(draw: Draw, sampled: Iterable[SampledCall]) -> Mapping[str, Any]:
    """Everything about a draw in JSON values: rules, seed, frame, strata, drawn calls, replacements.

    ``sampled``: rows of the draw (others are passed over). ``discrepancies`` is empty when the
    stored rows are what the passport draws.
    """
    rows = [row for row in sampled if row.draw_id == draw.draw_id]
    population = Counter(item.stratum for item in draw.frame)
    planned = Counter(row.stratum for row in redraw(draw))
    return {
        "layout": LAYOUT,
        "draw_id": draw.draw_id,
        "plan": {
            **asdict(draw.plan),
            "period": draw.plan.period.value,
            "shares": dict(draw.plan.shares),
            "strata": list(draw.plan.strata),
        },
        "period": period_label(draw.plan.period, draw.period_from),
        "period_from": draw.period_from.isoformat(),
        "period_to": draw.period_to.isoformat(),
        "seed": draw.seed,
        "order": "HMAC-SHA256(seed, JSON [plan, period, call_id]), ascending, within a stratum",
        "drawn_at": _moment(draw.drawn_at),
        "program_version": draw.program_version,
        "frame_hash": draw.frame_hash,
        **({} if draw.amended_hash is None else {"amended_hash": draw.amended_hash}),
        "frame_size": len(draw.frame),
        "frame": [
            {
                "call_id": item.call_id,
                "started_at": _moment(item.started_at),
                "stratum": item.stratum,
                "agent_id": item.agent_id,
                **({} if item.place is None else {"place": item.place}),
            }
            for item in draw.frame
        ],
        "strata": [
            {
                "stratum": stratum,
                "population": population[stratum],
                "drawn": planned[stratum],
                "inclusion_probability": planned[stratum] / population[stratum],
            }
            for stratum in sorted(population)
        ],
        "drawn": [
            {
                "call_id": row.call_id,
                "stratum": row.stratum,
                "inclusion_probability": row.inclusion_probability,
                "drawn_at": _moment(row.drawn_at),
                "status": row.status.value,
                "replaces": row.replaces,
                "reason": row.reason,
            }
            for row in sorted(rows, key=lambda row: (row.stratum, row.call_id))
        ],
        "discrepancies": [{"code": code.value, "call_id": call_id} for code, call_id in verify(draw, rows)],
    }


def draw_of_passport(content: Mapping[str, Any]) -> Draw:
    """The draw that a passport describes, to be drawn again or compared."""
    plan = content["plan"]
    return Draw(
        draw_id=content["draw_id"],
        plan=Plan(**{**plan, "period": Period(plan["period"]), "strata": tuple(plan["strata"])}),
        period_from=date.fromisoformat(content["period_from"]),
        period_to=date.fromisoformat(content["period_to"]),
        seed=content["seed"],
        frame_hash=content["frame_hash"],
        frame=tuple(
            FrameItem(
                item["call_id"],
                datetime.fromisoformat(item["started_at"]),
                item["stratum"],
                item["agent_id"],
                item.get("place"),
            )
            for item in content["frame"]
        ),
        drawn_at=datetime.fromisoformat(content["drawn_at"]),
        program_version=content["program_version"],
        amended_hash=content.get("amended_hash"),
    )


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()
