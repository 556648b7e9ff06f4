"""Draw every plan up to a moment: new periods, and late calls of periods drawn before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.progress import Progress
from qc_workbench import __version__
from qc_workbench.config import SamplingPlan
from qc_workbench.domain.sampling import Draw, Period, Plan, SampledCall
from qc_workbench.errors import UsageError
from qc_workbench.sampling.draws import due_draws, redraw, replacement
from qc_workbench.store import calls as call_rows
from qc_workbench.store import samples
from qc_workbench.store.database import Statement, bulk_insert, insert
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class DrawReport:
    """``draws`` made now (``supplementary`` of them for late calls), ``calls`` drawn now and ``total`` ever."""

    draws: int
    supplementary: int
    calls: int
    total: int


def plan_of(settings: SamplingPlan) -> Plan:
    return Plan(
        name=settings.name,
        period=Period(settings.period),
        shares={str(direction): float(share) for direction, share in sorted(settings.shares.items())},
        strata=tuple(settings.strata),
        minimum_per_agent=settings.minimum_per_agent,
        minimum_talk_s=float(settings.minimum_talk_s),
    )


def draw_sample(workspace: Workspace, as_of: datetime, progress: Progress) -> DrawReport:
    """Make the draws that are due at ``as_of``. What was drawn before is never touched.

    Each draw is written with its calls in one transaction under its id, so a step killed half-way
    goes on where it was, and two at once draw nothing twice.
    """
    settings = workspace.settings
    with workspace.store.reading() as reader:
        calls = call_rows.calls(reader)
        recordings = call_rows.recordings(reader)
        existing = samples.draws(reader)
        total = int(reader.value("select count(*) from sample where queue = 'random'"))
    drawn_periods = {(draw.plan.name, draw.period_from) for draw in existing}
    new: list[Draw] = []
    for plan in settings.sampling.plans:
        new += due_draws(
            plan_of(plan),
            settings.sampling.seed,
            calls,
            recordings,
            existing,
            zone=settings.company.zone,
            as_of=as_of,
            program_version=__version__,
        )
    progress.start("sample", len(new))
    made = late = drawn = 0
    for draw in new:
        rows = redraw(draw)
        if workspace.store.write(*draw_statements(draw, rows), key=f"draw:{draw.draw_id}"):
            made += 1
            late += (draw.plan.name, draw.period_from) in drawn_periods
            drawn += len(rows)
        progress.advance(1, f"{draw.plan.name} {draw.period_from.isoformat()}")
    progress.finish()
    return DrawReport(draws=made, supplementary=late, calls=drawn, total=total + drawn)


def draw_statements(draw: Draw, rows: tuple[SampledCall, ...]) -> list[Statement]:
    """The passport and its calls, to be written together."""
    return [
        insert("draws", samples.draw_row(draw)),
        *bulk_insert("sample", [samples.sampled_row(row) for row in rows]),
    ]


def replace_call(workspace: Workspace, draw_id: str, call_id: str, reason: str, by: str, at: datetime) -> str | None:
    """Replace a drawn call that cannot be judged with the next of its stratum; its id, or None when used up.

    ``reason`` is a code (``replacement.<code>``); it is kept in the passport, and ``by`` in the audit log.
    """
    with workspace.store.reading() as reader:
        draw = next((found for found in samples.draws(reader) if found.draw_id == draw_id), None)
        rows = [row for row in samples.sampled(reader) if row.draw_id == draw_id]
    if draw is None:
        raise UsageError("not_in_draw", call=call_id, draw=draw_id)
    retired, newcomer = replacement(draw, rows, call_id, reason, at)
    new_rows = [samples.sampled_row(newcomer)] if newcomer else []
    workspace.store.write(
        Statement(
            "update sample set status = ?, reason = ? where draw_id = ? and call_id = ?",
            (retired.status.value, reason, draw_id, call_id),
        ),
        *bulk_insert("sample", new_rows),
        call_rows.audit_entry(
            at, by, "call_replaced", call_id, draw=draw_id, reason=reason, by=newcomer.call_id if newcomer else None
        ),
        key=f"replace:{draw_id}:{call_id}",
    )
    return newcomer.call_id if newcomer else None
