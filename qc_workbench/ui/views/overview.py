"""What happened and what waits, at one look."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from qc_workbench.domain.commitment import CommitmentOutcome
from qc_workbench.domain.flag import FlagKind
from qc_workbench.domain.sampling import Queue, SampleStatus
from qc_workbench.review.rulings import CaseState, case_state, standing
from qc_workbench.store import verdicts
from qc_workbench.store.browsing import DayCounts, StoreCounts, commitments_as_of, day_counts, store_counts
from qc_workbench.store.samples import sampled
from qc_workbench.workspace import Workspace

#: Outcomes of promises that someone has to act on.
BROKEN = (
    CommitmentOutcome.MISSING,
    CommitmentOutcome.OVERDUE,
    CommitmentOutcome.DRAGGED,
    CommitmentOutcome.SCHEDULED_LATE,
)

#: Days on the plot: the last five weeks that have calls.
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


def overview(workspace: Workspace) -> Overview:
    company, effective = workspace.settings.company, workspace.settings.effective
    with workspace.store.reading() as reader:
        counts = store_counts(reader)
        days = day_counts(reader, company.timezone, effective.counted_from_s)
        flags = verdicts.flags(reader)
        rulings = standing(verdicts.findings(reader))
        promises = verdicts.commitments(reader)
        refusals = verdicts.refusals(reader)
        drawn = sampled(reader)
        as_of = commitments_as_of(reader)
    waiting_flags = Counter(
        flag.kind for flag in flags if case_state(flag, rulings.get(flag.flag_id)) is CaseState.WAITING
    )
    doubtful = sum(refusal.false_refusal for refusal in refusals)
    ruled = sum(flag.kind is FlagKind.FALSE_REFUSAL and flag.flag_id in rulings for flag in flags)
    # A call drawn by two plans is listened to once.
    to_hear = {item.call_id for item in drawn if item.status in OPEN_STATUSES and item.queue is Queue.RANDOM}
    outcomes = Counter(promise.outcome for promise in promises)
    waiting = (
        Waiting("suspicious", waiting_flags[FlagKind.FAKE_EFFECTIVE], "suspicious"),
        Waiting("broken_promises", sum(outcomes[outcome] for outcome in BROKEN), "promises"),
        Waiting("refusals", doubtful - ruled, "refusals"),
        Waiting("listening", len(to_hear), "queue"),
    )
    return Overview(
        counts=counts,
        waiting=waiting,
        days=_last_days(days),
        counted=sum(day.counted for day in days),
        verified=sum(day.verified for day in days),
        refuted=sum(day.refuted for day in days),
        unexamined=sum(day.unexamined for day in days),
        promises=tuple((outcome, outcomes[outcome]) for outcome in CommitmentOutcome if outcomes[outcome]),
        promises_as_of=as_of,
    )


OPEN_STATUSES = (SampleStatus.WAITING, SampleStatus.IN_PROGRESS)


def _last_days(days: list[DayCounts]) -> tuple[DayCounts, ...]:
    if not days:
        return ()
    newest: date = days[-1].day
    return tuple(day for day in days if (newest - day.day).days < PLOTTED_DAYS)
