"""How far the plans are, and who listens to how much: what the head of quality control looks at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from pipelines.assign_reviews import AssignReport, assign_reviews
from pipelines.progress import Silent
from qc_workbench.domain.access import Action
from qc_workbench.review.due import DrawnBy
from qc_workbench.review.pace import Pace, pace
from qc_workbench.review.replacements import Replacement, ReplacementCount, count_replacements
from qc_workbench.review.workload import Reviewer
from qc_workbench.store import open_calls, people
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Reader
from qc_workbench.store.open_calls import Heard, OpenRow, PlanRow
from qc_workbench.store.reviewers import listeners, reviewer_names, work_today
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.listening_day import midnight, open_tasks
from qc_workbench.workspace import Workspace

#: Open calls that are looked at: more than a department hears in a month.
LOOKED_AT: Final = 4000
#: Replacements are counted over so many days.
REPLACEMENT_DAYS: Final = 28


@dataclass(frozen=True, slots=True)
class PlanPace:
    """A plan in its newest period. ``pace`` is None where no account says how much anybody hears.

    ``older``: calls of earlier periods that wait.
    """

    draw: DrawnBy
    done: int
    drawn: int
    due: date
    older: int
    pace: Pace | None

    @property
    def share(self) -> float:
        return self.done / self.drawn if self.drawn else 1.0


@dataclass(frozen=True, slots=True)
class ReviewerLoad:
    """A reviewer today. ``capacity``: places; None where the account does not say. ``late``: calls past their due
    day, those begun too. ``replaced``: over :data:`REPLACEMENT_DAYS`; None for somebody without any call then."""

    reviewer: str
    name: str
    capacity: int | None
    heard: Heard
    begun: int
    waiting: int
    late: int
    replaced: ReplacementCount | None


def plan_paces(workspace: Workspace, now: datetime) -> tuple[PlanPace, ...]:
    zone = workspace.settings.company.zone
    today = now.astimezone(zone).date()
    with workspace.store.reading() as reader:
        rows = open_calls.plan_rows(reader, str(zone))
        if not rows:
            return ()
        team = listeners(reader, today)
        waiting = open_calls.open_calls(reader, str(zone), LOOKED_AT) if team else []
        done_today = sum(work_today(reader, midnight(workspace, now)).places_used.values())
    return tuple(_pace(row, workspace, today, team, waiting, done_today) for row in rows)


def _pace(
    row: PlanRow, workspace: Workspace, today: date, team: tuple[Reviewer, ...], waiting: list[OpenRow], done: int
) -> PlanPace:
    rule = workspace.settings.due_rule
    due = rule.due(row.draw)
    key = (row.draw.plan, row.draw.period)
    others = sum(
        call.due(rule) <= due and all((draw.plan, draw.period) != key for draw in call.draws)
        for call in waiting
        if call.drawn  # targeted calls give way
    )
    found = pace(row.done, row.drawn, due, today, team, done_today=done, others=others) if team else None
    return PlanPace(row.draw, row.done, row.drawn, due, row.older, found)


def reviewer_loads(workspace: Workspace, now: datetime) -> tuple[ReviewerLoad, ...]:
    """Everybody who listens or has calls, by name."""
    today = now.astimezone(workspace.settings.company.zone).date()
    with workspace.store.reading() as reader:
        team = {person.reviewer: person for person in listeners(reader, today)}
        work = work_today(reader, midnight(workspace, now))
        waiting = open_calls.open_by_reviewer(reader)
        names = reviewer_names(reader, {*team, *waiting})
        # By the tasks of everybody's own day, so that a head reads the number that the specialist does.
        late = {who: sum(task.due < today for task in open_tasks(reader, workspace, who, today)) for who in names}
        replaced = _replacements(reader, now)
    return tuple(
        ReviewerLoad(
            who, name, team[who].places(today) if who in team else None, work.of(who), work.begun.get(who, 0),
            waiting.get(who, 0), late[who], replaced.get(name),
        )
        for who, name in sorted(names.items(), key=lambda item: item[1])
    )  # fmt: skip


def share_out(workspace: Workspace, viewer: Viewer, now: datetime) -> AssignReport:
    """Share out what waits anew. Raises ``not_allowed``."""
    viewer.require(Action.PLAN_LISTENING)
    report = assign_reviews(workspace, now, Silent())
    workspace.store.write(
        audit_entry(
            now, viewer.name, "calls_shared_out", "queue", assigned=report.assigned, unassigned=report.unassigned
        )
    )
    return report


def _replacements(reader: Reader, now: datetime) -> dict[str, ReplacementCount]:
    """By name, as the audit log has it."""
    since = now - timedelta(days=REPLACEMENT_DAYS)
    accounts = {account.person.person_id: account.name for account in people.accounts(reader)}
    scored = {accounts.get(who, who): heard.calls for who, heard in open_calls.heard_since(reader, since).items()}
    made = [Replacement(by, reason) for by, reason in open_calls.replaced(reader, since, now + timedelta(days=1))]
    return {count.by: count for count in count_replacements(made, scored)}
