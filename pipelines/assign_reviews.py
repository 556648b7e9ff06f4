"""Fill the targeted queue from the standing flags and share out what waits for a reviewer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.progress import Progress
from qc_workbench.domain.sampling import Queue, SampledCall, SampleStatus
from qc_workbench.review.assignment import assign, reviewers, targeted_rows
from qc_workbench.store import calls as call_rows
from qc_workbench.store import samples, verdicts
from qc_workbench.store.database import Statement, insert
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class AssignReport:
    """``assigned`` rows now; ``targeted`` calls on the targeted queue; ``unassigned`` rows that wait for nobody."""

    assigned: int
    targeted: int
    unassigned: int
    reviewers: int


def assign_reviews(workspace: Workspace, as_of: datetime, progress: Progress) -> AssignReport:
    """Bring both queues up to date. A second run with nothing new changes nothing."""
    with workspace.store.reading() as reader:
        calls = {call.call_id: call for call in call_rows.calls(reader)}
        people = reviewers(call_rows.managers(reader).values(), as_of)
        flags = verdicts.flags(reader)
        before = {_key(row): row for row in samples.sampled(reader)}
    progress.start("assign", 2)
    rows = dict(before)
    rows |= {
        _key(row): row
        for row in targeted_rows(flags, calls, before.values(), zone=workspace.settings.company.zone, as_of=as_of)
    }
    progress.advance()
    assigned = assign(rows.values(), calls, people)
    rows |= {_key(row): row for row in assigned}
    statements = [_statement(row, before.get(key)) for key, row in rows.items() if before.get(key) != row]
    if statements:
        workspace.store.write(*statements)
    progress.advance()
    progress.finish()
    waiting = [row for row in rows.values() if row.status is SampleStatus.WAITING]
    return AssignReport(
        assigned=sum(row.assigned_to is not None for row in assigned),
        targeted=sum(row.queue is Queue.TARGETED and row.status is not SampleStatus.REPLACED for row in rows.values()),
        unassigned=sum(row.assigned_to is None for row in waiting),
        reviewers=len(people),
    )


def _key(row: SampledCall) -> tuple[str, str]:
    return row.draw_id, row.call_id


def _statement(row: SampledCall, old: SampledCall | None) -> Statement:
    """An update names what it expects to find, so that a review begun meanwhile is not undone."""
    if old is None:
        return insert("sample", samples.sampled_row(row))
    return Statement(
        "update sample set assigned_to = ?, status = ?, stratum = ?, reason = ? "
        "where draw_id = ? and call_id = ? and status = ? and assigned_to is not distinct from ?",
        (
            row.assigned_to, row.status.value, row.stratum, row.reason,
            row.draw_id, row.call_id, old.status.value, old.assigned_to,
        ),
    )  # fmt: skip
