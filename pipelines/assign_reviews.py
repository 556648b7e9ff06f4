"""Fill the targeted queue from the standing flags and share out what waits for a reviewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from pipelines.progress import Progress
from pipelines.serve_again import serve_again
from pipelines.targeted_searches import rows_of_searches
from qc_workbench.domain.sampling import SampledCall, SampleStatus
from qc_workbench.review.assignment import Held, assign, reviewers, targeted_rows
from qc_workbench.review.workload import OpenCall, Reviewer, plan_listening
from qc_workbench.store import calls as call_rows
from qc_workbench.store import open_calls, samples, second_looks
from qc_workbench.store.browsing import calls_by_id
from qc_workbench.store.database import Statement, insert
from qc_workbench.store.reviewers import listeners, reviewer_names, work_today
from qc_workbench.workspace import Workspace

#: Days whose places are shared out at most: what doesn't fit into four weeks waits for nobody in particular.
_HORIZON_DAYS = 28


@dataclass(frozen=True, slots=True)
class AssignReport:
    """``assigned`` rows now; ``targeted`` calls on the targeted queue; ``unassigned`` rows that wait for nobody.

    ``open_calls``: those that each reviewer has now, by their name in the list of people or of employees.
    """

    assigned: int
    targeted: int
    unassigned: int
    reviewers: int
    open_calls: Mapping[str, int] = field(default_factory=dict)


def assign_reviews(workspace: Workspace, as_of: datetime, progress: Progress) -> AssignReport:
    """Bring both queues up to date. A second run with nothing new changes nothing.

    By capacities, days and absences of the accounts that listen; where no account says how many calls a day it hears,
    evenly to the employees whose role is quality control.
    """
    with workspace.store.reading() as reader:
        today = as_of.astimezone(workspace.settings.company.zone).date()
        team = listeners(reader, today)
    progress.start("assign", 2)
    if team:
        _save(workspace, _targeted(workspace, as_of))
        serve_again(workspace, as_of, [person.reviewer for person in team])
        progress.advance()
        assigned = _by_plan(workspace, as_of, team)
        number = len(team)
    else:
        progress.advance()
        assigned, number = _by_turns(workspace, as_of)
    progress.advance()
    progress.finish()
    return _report(workspace, assigned, number)


def _targeted(workspace: Workspace, as_of: datetime) -> dict[SampledCall, SampledCall | None]:
    """Rows of the targeted queue that change, each with what it was."""
    with workspace.store.reading() as reader:
        flags = samples.unsettled_flags(reader)
        queue = samples.unsettled_targeted(reader)
        flagged = calls_by_id(reader, {flag.call_id for flag in flags})
    before = {_key(row): row for row in queue}
    rows = targeted_rows(flags, flagged, queue, zone=workspace.settings.company.zone, as_of=as_of)
    flagged_now = {_key(row) for row in rows}
    rows = (*rows, *(row for row in rows_of_searches(workspace, as_of) if _key(row) not in flagged_now))
    return {row: before.get(_key(row)) for row in rows}


def _by_plan(workspace: Workspace, as_of: datetime, team: tuple[Reviewer, ...]) -> int:
    """Rows given to somebody else now."""
    zone = workspace.settings.company.zone
    today = as_of.astimezone(zone).date()
    names = [person.reviewer for person in team]
    horizon = [today + timedelta(days=number) for number in range(_HORIZON_DAYS)]
    places = sum(person.places(day) for person in team for day in horizon)
    with workspace.store.reading() as reader:
        waiting = open_calls.open_calls(reader, str(zone), places)
        looks = [look for look in second_looks.open_looks(reader, str(zone)) if look.reviewer in names]
        heard = open_calls.heard_already(reader)
        stray = open_calls.given_to_others(reader, names)
        ids = {row.call_id for row in waiting}
        held = [Held(**row) for row in samples.held_calls(reader, names, ids)]
        midnight = datetime.combine(today, time(), zone)
        busy = work_today(reader, midnight).places_used
        before = samples.rows_of_calls(reader, ids | stray | {row["call_id"] for row in heard})
    rule = workspace.settings.due_rule
    calls = [OpenCall(row.call_id, row.agent, row.due(rule), row.drawn, row.assigned_to) for row in waiting]
    calls += [  # they take places too, and nobody else may have them
        OpenCall(look.key, look.agent, look.due, True, look.reviewer, frozenset(names) - {look.reviewer})
        for look in looks
    ]
    plan = plan_listening(calls, team, today, done_today=busy, held=held)
    whose: dict[str, str | None] = {slot.call_id: slot.reviewer for slot in plan.slots}
    done = {(row["draw_id"], row["call_id"]): row["holder"] for row in heard}
    changes: dict[SampledCall, SampledCall | None] = {}
    for row in before:
        if _key(row) in done:
            changes[replace(row, status=SampleStatus.DONE, assigned_to=done[_key(row)] or row.assigned_to)] = row
        elif row.status is SampleStatus.WAITING:
            left = row.assigned_to if row.assigned_to in names else None  # of somebody who works, beyond the horizon
            new = replace(row, assigned_to=whose.get(row.call_id, left))
            if new != row:
                changes[new] = row
    _save(workspace, changes)
    return sum(row.assigned_to is not None for row in changes)


def _by_turns(workspace: Workspace, as_of: datetime) -> tuple[int, int]:
    """Rows given to somebody now, and how many employees listen."""
    targeted = _targeted(workspace, as_of)
    with workspace.store.reading() as reader:
        names = reviewers(call_rows.managers(reader).values(), as_of)
        ids = samples.calls_to_share_out(reader, names) | {row.call_id for row in targeted}
        before = {_key(row): row for row in samples.rows_of_calls(reader, ids)}
        calls = calls_by_id(reader, ids)
        held = [Held(**row) for row in samples.held_calls(reader, names, ids)]
    rows = before | {_key(row): row for row in targeted}
    assigned = assign(rows.values(), calls, names, held)
    rows |= {_key(row): row for row in assigned}
    _save(workspace, {row: before.get(key) for key, row in rows.items() if before.get(key) != row})
    return sum(row.assigned_to is not None for row in assigned), len(names)


def _report(workspace: Workspace, assigned: int, number: int) -> AssignReport:
    with workspace.store.reading() as reader:
        counts = reader.row(
            """
            select count(*) filter (queue = 'targeted' and status <> 'replaced') as targeted,
                   count(*) filter (status = 'waiting' and assigned_to is null) as unassigned from sample
            """
        )
        assert counts is not None
        loads = open_calls.open_by_reviewer(reader)
        named = reviewer_names(reader, loads)
    return AssignReport(
        assigned=assigned,
        targeted=counts["targeted"],
        unassigned=counts["unassigned"],
        reviewers=number,
        open_calls={named[name]: calls for name, calls in loads.items()},
    )


def _key(row: SampledCall) -> tuple[str, str]:
    return row.draw_id, row.call_id


def _save(workspace: Workspace, changes: Mapping[SampledCall, SampledCall | None]) -> None:
    """``changes``: rows as they are to be, each with what it was."""
    statements = [_statement(row, old) for row, old in changes.items() if row != old]
    if statements:
        workspace.store.write(*statements)


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
