"""Calls drawn for listening: what is mine, how far each plan is, and the targeted calls apart from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from qc_workbench.domain.call import Call, Recording
from qc_workbench.domain.flag import Flag
from qc_workbench.domain.sampling import Queue, SampledCall, SampleStatus
from qc_workbench.errors import UsageError
from qc_workbench.review.rulings import CaseState, case_state, standing
from qc_workbench.store import verdicts
from qc_workbench.store.browsing import calls_by_id, recordings_by_call
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Statement
from qc_workbench.store.samples import sampled
from qc_workbench.ui.views.overview import OPEN_STATUSES
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class PlanProgress:
    plan: str
    period: str
    drawn: int
    done: int

    @property
    def share(self) -> float:
        return self.done / self.drawn if self.drawn else 0.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """A call to listen to, and why: drawn by plans, or picked by the machine (``flag``)."""

    call: Call
    recording: Recording | None
    plans: tuple[SampledCall, ...]
    flag: Flag | None

    @property
    def assigned_to(self) -> str | None:
        return next((item.assigned_to for item in self.plans if item.assigned_to), None)

    @property
    def status(self) -> SampleStatus:
        return (
            SampleStatus.IN_PROGRESS
            if any(item.status is SampleStatus.IN_PROGRESS for item in self.plans)
            else SampleStatus.WAITING
        )


@dataclass(frozen=True, slots=True)
class ListeningQueue:
    progress: tuple[PlanProgress, ...]
    random: tuple[Drawn, ...]
    targeted: tuple[Drawn, ...]
    people: Directory
    reviewers: tuple[str, ...]

    def of_reviewer(self, reviewer: str | None) -> ListeningQueue:
        """Only what is assigned to one reviewer (None: everybody's)."""
        if reviewer is None:
            return self
        return replace(
            self,
            random=tuple(item for item in self.random if item.assigned_to == reviewer),
            targeted=tuple(item for item in self.targeted if item.assigned_to in (None, reviewer)),
        )


def listening_queue(workspace: Workspace) -> ListeningQueue:
    with workspace.store.reading() as reader:
        drawn = sampled(reader)
        flags = verdicts.flags(reader)
        rulings = standing(verdicts.findings(reader))
        waiting = {
            flag.call_id: flag
            for flag in flags
            if case_state(flag, rulings.get(flag.flag_id)) in (CaseState.WAITING, CaseState.UNSURE)
        }
        open_items = [item for item in drawn if item.status in OPEN_STATUSES]
        ids = {item.call_id for item in open_items} | set(waiting)
        calls = calls_by_id(reader, ids)
        recordings = recordings_by_call(reader, ids)
        people = directory(reader, {call.client_phone for call in calls.values()})
    random: dict[str, list[SampledCall]] = {}
    targeted: dict[str, list[SampledCall]] = {call_id: [] for call_id in waiting}
    for item in open_items:
        rows = random if item.queue is Queue.RANDOM else targeted
        rows.setdefault(item.call_id, []).append(item)
    return ListeningQueue(
        progress=plan_progress(drawn),
        random=_rows(random, calls, recordings, {}),
        targeted=_rows(targeted, calls, recordings, waiting),
        people=people,
        reviewers=tuple(sorted({item.assigned_to for item in open_items if item.assigned_to})),
    )


def mark_listened(workspace: Workspace, call_id: str, by: str, at: datetime) -> str | None:
    """Every open draw of this call is done; the next call of the random sample, or None when it was the last.

    Raises :class:`UsageError` ``listening_needs_name`` without a name.
    """
    if not by:
        raise UsageError("listening_needs_name")
    workspace.store.write(
        Statement(
            "update sample set status = ? where call_id = ? and status in (?, ?)",
            (SampleStatus.DONE.value, call_id, *(status.value for status in OPEN_STATUSES)),
        ),
        audit_entry(at, by, "call_listened", call_id),
    )
    waiting = listening_queue(workspace).random
    return waiting[0].call.call_id if waiting else None


def plan_progress(drawn: Sequence[SampledCall]) -> tuple[PlanProgress, ...]:
    """Drawn and listened calls of each plan in its newest period; replaced calls count no more."""
    newest: dict[str, str] = {}
    for item in drawn:
        if item.queue is Queue.RANDOM:
            newest[item.plan] = max(newest.get(item.plan, ""), item.period)
    result = []
    for plan, period in sorted(newest.items()):
        counted = [
            item
            for item in drawn
            if (item.plan, item.period, item.queue) == (plan, period, Queue.RANDOM)
            and item.status is not SampleStatus.REPLACED
        ]
        done = sum(item.status is SampleStatus.DONE for item in counted)
        result.append(PlanProgress(plan, period, len(counted), done))
    return tuple(result)


def _rows(
    plans: dict[str, list[SampledCall]],
    calls: dict[str, Call],
    recordings: dict[str, Recording],
    flags: dict[str, Flag],
) -> tuple[Drawn, ...]:
    rows = [
        Drawn(calls[call_id], recordings.get(call_id), tuple(items), flags.get(call_id))
        for call_id, items in plans.items()
        if call_id in calls
    ]
    return tuple(sorted(rows, key=lambda row: (_day(row), row.call.started_at, row.call.call_id)))


def _day(row: Drawn) -> datetime:
    """The oldest draw first: what waits longest is listened to first."""
    return min((item.drawn_at for item in row.plans), default=row.call.started_at)
