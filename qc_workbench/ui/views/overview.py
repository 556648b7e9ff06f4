"""What happened and what waits, at one look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from pipelines.build_today import to_decide
from qc_workbench.domain.access import Action
from qc_workbench.domain.commitment import CommitmentOutcome
from qc_workbench.domain.sampling import SampleStatus
from qc_workbench.reporting.today import ToDecide
from qc_workbench.store.browsing import (
    DayCounts,
    StoreCounts,
    day_counts,
    store_counts,
)
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.disputes import disputes_room
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
class Overview:
    """``days`` are the plotted ones; ``counted`` and its parts are sums over them."""

    counts: StoreCounts
    waiting: tuple[ToDecide, ...]
    days: tuple[DayCounts, ...]
    counted: int
    verified: int
    refuted: int
    unexamined: int

    @property
    def is_empty(self) -> bool:
        return self.counts.calls == 0


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
        waits = to_decide(reader, workspace, mine, datetime.now(UTC))
    rules = viewer.reach(Action.RULE_ON_DISPUTE)
    disputed = len(disputes_room(workspace, viewer, datetime.now(UTC)).waiting) if rules else 0
    waiting = tuple(
        replace(item, count=disputed) if item.code == "disputes" else item
        for item in waits
        if item.code != "measures" or viewer.reach(Action.INVESTIGATE)
    )
    return Overview(
        counts=counts,
        waiting=waiting,
        days=tuple(days),
        counted=sum(day.counted for day in days),
        verified=sum(day.verified for day in days),
        refuted=sum(day.refuted for day in days),
        unexamined=sum(day.unexamined for day in days),
    )


OPEN_STATUSES = (SampleStatus.WAITING, SampleStatus.IN_PROGRESS)
