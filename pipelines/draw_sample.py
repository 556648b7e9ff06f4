"""Draw every plan up to a moment: new periods, and late calls of periods drawn before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pipelines.progress import Progress
from qc_workbench import __version__
from qc_workbench.config_sampling import SamplingPlan
from qc_workbench.domain.sampling import Draw, Period, Plan, SampledCall, SampleStatus
from qc_workbench.errors import UsageError, WriteRefused
from qc_workbench.sampling.draws import due_draws, redraw, replacement, retire
from qc_workbench.sampling.taking_back import put_back, take_back
from qc_workbench.store import calls as call_rows
from qc_workbench.store import samples
from qc_workbench.store.browsing import recordings_by_call
from qc_workbench.store.database import Statement, Write, insert, insert_all
from qc_workbench.store.ledger import record_done
from qc_workbench.store.score_sheets import count_frames
from qc_workbench.workspace import Workspace

#: Draws written in one transaction.
BATCH = 50


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

    Draws are written with their calls, some at a time; a step killed half-way goes on where it
    was. When another process drew meanwhile, what it drew stands and the rest waits for the next run.
    """
    settings = workspace.settings
    plans = {plan.name: plan_of(plan) for plan in settings.sampling.plans}
    due: dict[str, tuple[Draw, ...]] = {}
    with workspace.store.reading() as reader:
        existing = samples.draw_heads(reader)
        total = int(reader.value("select count(*) from sample where queue = 'random'"))
        for plan in plans.values():
            # A period keeps the plan it was drawn with: a late call may be in the frame of any of these.
            rules = [plan, *(draw.plan for draw in existing if draw.plan.name == plan.name)]
            directions = {name for rule in rules for name, share in rule.shares.items() if share > 0}
            calls = samples.undrawn_calls(reader, plan.name, directions, min(rule.minimum_talk_s for rule in rules))
            due[plan.name] = due_draws(
                plan,
                settings.sampling.seed,
                calls,
                recordings_by_call(reader, [call.call_id for call in calls]),
                existing,
                zone=settings.company.zone,
                as_of=as_of,
                program_version=__version__,
            )
    drawn_periods = {(draw.plan.name, draw.period_from) for draw in existing}
    progress.start("sample", sum(map(len, due.values())))
    made = late = drawn = 0
    began = datetime.now(UTC)
    for name, draws in due.items():
        known = {draw.draw_id for draw in existing if draw.plan.name == name}
        for start in range(0, len(draws), BATCH):
            batch = draws[start : start + BATCH]
            rows = [redraw(draw) for draw in batch]
            statements = [
                item for draw, drawn_rows in zip(batch, rows, strict=True) for item in draw_statements(draw, drawn_rows)
            ]
            now = datetime.now(UTC)
            subject = f"{name} {batch[-1].period_to.isoformat()}"
            statements.append(record_done("sample", subject, batch[-1].frame_hash, now, began=began))
            began = now
            if not workspace.store.write(*statements, key=_version(name, known)):
                break
            known |= {draw.draw_id for draw in batch}
            made += len(batch)
            late += sum((draw.plan.name, draw.period_from) in drawn_periods for draw in batch)
            drawn += sum(map(len, rows))
            progress.advance(len(batch), f"{name} {batch[-1].period_to.isoformat()}")
    workspace.store.write(count_frames(settings.company.zone))
    progress.finish()
    return DrawReport(draws=made, supplementary=late, calls=drawn, total=total + drawn)


def _version(plan_name: str, known: set[str]) -> str:
    """The key of the next write of a plan: two processes that saw the same draws cannot both add to them."""
    seen = hashlib.sha256("\n".join(sorted(known)).encode()).hexdigest()
    return f"draws:{plan_name}:{seen}"


def draw_statements(draw: Draw, rows: tuple[SampledCall, ...]) -> list[Statement]:
    """The passport and its calls, to be written together."""
    return [
        insert("draws", samples.draw_row(draw)),
        *insert_all("sample", [samples.sampled_row(row) for row in rows]),
    ]


def replace_call(
    workspace: Workspace,
    draw_id: str,
    call_id: str,
    reason: str,
    by: str,
    at: datetime,
    *,
    give_to: str | None = None,
) -> str | None:
    """Replace a drawn call that cannot be judged with the next of its stratum; its id, or None when used up.

    ``reason`` is a code (``replacement.<code>``); it is kept in the passport, and ``by`` in the audit log.
    A call of the targeted queue is only taken off it: nothing stands for a suspicion about another call.
    ``give_to``: the reviewer who gets the newcomer; without one it waits to be shared out.
    """
    with workspace.store.reading() as reader:
        draw = samples.draw_with_id(reader, draw_id)
        rows = samples.rows_of_draw(reader, draw_id)
    retired, newcomer = (
        replacement(draw, rows, call_id, reason, at) if draw else (retire(rows, draw_id, call_id, reason), None)
    )
    new_rows = [samples.sampled_row(replace(newcomer, assigned_to=give_to))] if newcomer else []
    workspace.store.write(
        Statement(
            "update sample set status = ?, reason = ? where draw_id = ? and call_id = ?",
            (retired.status.value, reason, draw_id, call_id),
        ),
        *insert_all("sample", new_rows),
        call_rows.audit_entry(
            at, by, "call_replaced", call_id, draw=draw_id, reason=reason, by=newcomer.call_id if newcomer else None
        ),
        key=_replacement_key(draw_id, call_id),
    )
    return newcomer.call_id if newcomer else None


def undo_replacement(workspace: Workspace, draw_id: str, call_id: str, by: str, at: datetime) -> None:
    """Take a replacement back: the call waits again and the newcomer leaves the draw. The audit log keeps both moves.

    Raises :class:`UsageError` ``not_in_draw``, or ``replacement_stands`` when something was built on it meanwhile.
    """
    with workspace.store.reading() as reader:
        draw = samples.draw_with_id(reader, draw_id)
        rows = samples.rows_of_draw(reader, draw_id)
    # A targeted call has no draw and nothing came in its place.
    restored, newcomer = take_back(draw, rows, call_id) if draw else (put_back(rows, draw_id, call_id), None)
    where = "draw_id = ? and call_id = ? and status = ?"
    replaced = (draw_id, call_id, SampleStatus.REPLACED.value)
    required = [Statement(f"select 1 from sample where {where}", replaced)]  # noqa: S608 - a literal of this function
    statements = [
        Statement(
            f"update sample set status = ?, reason = ? where {where}",  # noqa: S608
            (restored.status.value, restored.reason, *replaced),
        ),
        # The write of the replacement is forgotten, so that the same call may be replaced again.
        Statement("delete from applied_writes where key = ?", (_replacement_key(draw_id, call_id),)),
        call_rows.audit_entry(at, by, "call_replacement_undone", call_id, draw=draw_id),
    ]
    if newcomer is not None:
        waits = (draw_id, newcomer.call_id, SampleStatus.WAITING.value)
        required.append(Statement(f"select 1 from sample where {where}", waits))  # noqa: S608
        statements.append(Statement(f"delete from sample where {where}", waits))  # noqa: S608
    try:
        workspace.store.apply(Write(tuple(statements), require=tuple(required)))
    except WriteRefused as refused:
        raise UsageError("replacement_stands", call=call_id, draw=draw_id) from refused


def _replacement_key(draw_id: str, call_id: str) -> str:
    return f"replace:{draw_id}:{call_id}"
