"""What happened and what waits, at one look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from qc_workbench.domain.access import Action
from qc_workbench.domain.commitment import CommitmentOutcome
from qc_workbench.domain.sampling import SampleStatus
from qc_workbench.store.browsing import (
    DayCounts,
    StoreCounts,
    commitments_as_of,
    day_counts,
    outcome_counts,
    store_counts,
)
from qc_workbench.store.standings import downgraded
from qc_workbench.store.waiting_calls import decisions
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: Outcomes of promises that someone has to act on.
BROKEN = (
    CommitmentOutcome.MISSING,
    CommitmentOutcome.OVERDUE,
    CommitmentOutcome.DRAGGED,
    CommitmentOutcome.SCHEDULED_LATE,
)

#: Days on the plot: five weeks up to the newest call.
PLOTTED_DAYS = 35


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for a person: ``code`` names it, ``room`` and ``query`` open exactly what is counted."""

    code: str
    count: int
    room: str
    query: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Overview:
    """``days`` are the plotted ones; ``counted`` and its parts are sums over them."""

    counts: StoreCounts
    waiting: tuple[Waiting, ...]
    days: tuple[DayCounts, ...]
    counted: int
    verified: int
    refuted: int
    unexamined: int
    promises: tuple[tuple[CommitmentOutcome, int], ...]
    promises_as_of: datetime | None

    @property
    def is_empty(self) -> bool:
        return self.counts.calls == 0

    @property
    def lost_call_rate(self) -> float | None:
        """Missed inbound calls / inbound calls, or None without inbound calls."""
        return self.counts.missed_inbound / self.counts.inbound if self.counts.inbound else None


def overview(workspace: Workspace, viewer: Viewer) -> Overview:
    """The whole company; what waits is counted as the lists show it to this person."""
    mine = viewer.agents(Action.SEE_FLAG)
    company, effective = workspace.settings.company, workspace.settings.effective
    with workspace.store.reading() as reader:
        counts = store_counts(reader)
        days: list[DayCounts] = []
        if counts.last_at is not None:
            newest = counts.last_at.astimezone(company.zone).date()
            since = datetime.combine(newest - timedelta(days=PLOTTED_DAYS - 1), time(), company.zone)
            days = day_counts(reader, company.timezone, effective.counted_from_s, since)
        open_decisions = decisions(reader, downgraded(reader, workspace.settings.detectors), mine)
        outcomes = outcome_counts(reader, mine)
        as_of = commitments_as_of(reader)
    waiting = (
        Waiting("suspicious", open_decisions.suspicious, "suspicious"),
        Waiting("broken_promises", sum(outcomes.get(outcome, 0) for outcome in BROKEN), "promises"),
        Waiting("refusals", open_decisions.refusals, "refusals"),
        Waiting("listening", open_decisions.to_hear, "queue"),
    )
    return Overview(
        counts=counts,
        waiting=waiting,
        days=tuple(days),
        counted=sum(day.counted for day in days),
        verified=sum(day.verified for day in days),
        refuted=sum(day.refuted for day in days),
        unexamined=sum(day.unexamined for day in days),
        promises=tuple((outcome, outcomes[outcome]) for outcome in CommitmentOutcome if outcomes.get(outcome)),
        promises_as_of=as_of,
    )


OPEN_STATUSES = (SampleStatus.WAITING, SampleStatus.IN_PROGRESS)
