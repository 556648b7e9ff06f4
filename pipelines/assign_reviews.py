"""Fill the targeted queue from the standing flags and share out what waits for a reviewer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.progress import Progress
from pipelines.targeted_searches import rows_of_searches
from qc_workbench.domain.sampling import SampledCall
from qc_workbench.review.assignment import Held, assign, reviewers, targeted_rows
from qc_workbench.store import calls as call_rows
from qc_workbench.store import samples
from qc_workbench.store.browsing import calls_by_id
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
    zone = workspace.settings.company.zone
    with workspace.store.reading() as reader:
        people = reviewers(call_rows.managers(reader).values(), as_of)
        flags = samples.unsettled_flags(reader)
        queue = samples.unsettled_targeted(reader)
        flagged = calls_by_id(reader, {flag.call_id for flag in flags})
    targeted = targeted_rows(flags, flagged, queue, zone=zone, as_of=as_of)
    targeted = (*targeted, *rows_of_searches(workspace, as_of))
    progress.start("assign", 2)
    with workspace.store.reading() as reader:
        ids = samples.calls_to_share_out(reader, people) | {row.call_id for row in targeted}
        before = {_key(row): row for row in samples.rows_of_calls(reader, ids)}
        calls = calls_by_id(reader, ids)
        held = [Held(**row) for row in samples.held_calls(reader, people, ids)]
    rows = before | {_key(row): row for row in targeted}
    progress.advance()
    assigned = assign(rows.values(), calls, people, held)
    rows |= {_key(row): row for row in assigned}
    statements = [_statement(row, before.get(key)) for key, row in rows.items() if before.get(key) != row]
    if statements:
        workspace.store.write(*statements)
    progress.advance()
    progress.finish()
    with workspace.store.reading() as reader:
        counts = reader.row(
            """
            select count(*) filter (queue = 'targeted' and status <> 'replaced') as targeted,
                   count(*) filter (status = 'waiting' and assigned_to is null) as unassigned from sample
            """
        )
    assert counts is not None
    return AssignReport(
        assigned=sum(row.assigned_to is not None for row in assigned),
        targeted=counts["targeted"],
        unassigned=counts["unassigned"],
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
