"""The owner's daily page as values: is anything on fire, is it better than a week ago, what needs a decision.

``build_day(facts, day)``; ``pipelines.build_report.build_day_report`` reads the facts of a workspace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.commitment import Commitment, CommitmentOutcome, Refusal
from qc_workbench.domain.crm import Activity, Deal, DealStatus
from qc_workbench.domain.flag import FlagKind, Ruling, Verdict
from qc_workbench.reporting.facts import Facts, client_calls, manager_name, span
from qc_workbench.reporting.month import BROKEN_OUTCOMES, Figures, PaddedCall, figures, padded_call
from qc_workbench.review.rulings import standing


class Reached(StrEnum):
    """How a caller whom nobody answered was reached in the end."""

    BY_US = "by_us"
    BY_CLIENT = "by_client"  # they called again: luck, not service
    TRIED = "tried"  # we called, they did not answer
    NOT_YET = "not_yet"
    HIDDEN = "hidden"  # no number to call


@dataclass(frozen=True, slots=True)
class MissedCaller:
    """One client's first unanswered call of the day. ``after_s``: from its start to the call that reached them."""

    call_id: str
    client_phone: str | None
    manager_id: str
    missed_at: datetime
    attempts: int  # unanswered calls of this client on the day
    reached: Reached
    reached_by_call_id: str | None = None
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class OverdueTask:
    activity: Activity
    late_days: float


@dataclass(frozen=True, slots=True)
class StuckDeal:
    """An open deal longer in its stage than the settings allow."""

    deal: Deal
    days_in_stage: float
    limit_days: int


@dataclass(frozen=True, slots=True)
class Decisions:
    """What waits for a named person, over all days up to the report's moment."""

    suspicious_calls: int
    false_refusals: int
    broken_promises: int

    @property
    def total(self) -> int:
        return self.suspicious_calls + self.false_refusals + self.broken_promises


@dataclass(frozen=True, slots=True)
class Day:
    """The daily page. ``moment``: the end of the day, or ``as_of`` while the day goes on."""

    day: date
    moment: datetime
    company: str
    now: Figures
    week_ago: Figures
    missed: tuple[MissedCaller, ...]
    suspicious: tuple[PaddedCall, ...]
    due_today: tuple[Commitment, ...]
    broken: tuple[Commitment, ...]
    overdue: tuple[OverdueTask, ...]
    stuck: tuple[StuckDeal, ...]
    false_refusals: tuple[Refusal, ...]
    decisions: Decisions
    calls: Mapping[str, Call]  # by id: every call up to the moment
    names: Mapping[str, str]  # manager_id -> name

    @property
    def reached_counts(self) -> dict[Reached, int]:
        return {how: sum(item.reached is how for item in self.missed) for how in Reached}

    @property
    def median_callback_s(self) -> float | None:
        """Middle of the waiting times of callers whom we called back and reached."""
        waits = sorted(
            item.after_s for item in self.missed if item.reached is Reached.BY_US and item.after_s is not None
        )
        if not waits:
            return None
        middle = len(waits) // 2
        return waits[middle] if len(waits) % 2 else (waits[middle - 1] + waits[middle]) / 2


def build_day(facts: Facts, day: date) -> Day:
    """The page of one day of the company's calendar."""
    days = span(day, day, facts.company)
    week_ago = span(day - timedelta(days=7), day - timedelta(days=7), facts.company)
    moment = min(facts.as_of, days.ends_at)
    calls = client_calls(facts, days)
    started = {call.call_id for call in facts.calls if call.started_at <= moment}
    suspicious = _waiting_flags(facts, started)
    today = [flag for flag in suspicious if days.holds(flag.started_at)]
    broken = [
        item
        for item in facts.commitments
        if item.outcome in BROKEN_OUTCOMES and item.spoken.due.due_to < day and item.spoken.call_id in started
    ]
    false_refusals = [item for item in facts.refusals if item.false_refusal and item.call_id in started]
    return Day(
        day=day,
        moment=moment,
        company=facts.company.name,
        now=figures(facts, days),
        week_ago=figures(facts, week_ago),
        missed=missed_callers(calls, facts.calls, moment),
        suspicious=tuple(today),
        due_today=_due_today(facts.commitments, day, started),
        broken=tuple(sorted(broken, key=lambda item: (item.spoken.due.due_to, item.spoken.commitment_id))),
        overdue=_overdue(facts.activities, moment),
        stuck=_stuck(facts, moment),
        false_refusals=tuple(false_refusals),
        decisions=Decisions(len(suspicious), len(false_refusals), len(broken)),
        calls={call.call_id: call for call in facts.calls if call.call_id in started},
        names={item.manager_id: manager_name(facts, item.manager_id) for item in facts.calls}
        | {manager_id: manager.name for manager_id, manager in facts.managers.items()},
    )


def _waiting_flags(facts: Facts, started: set[str]) -> list[PaddedCall]:
    """Suspicious calls that nobody has ruled on yet, or whose agent was asked to explain."""
    calls = {call.call_id: call for call in facts.calls if call.call_id in started}
    rulings = standing(facts.findings)
    decided = {Ruling.CONFIRMED, Ruling.REJECTED}
    waiting = []
    for flag in facts.flags:
        finding = rulings.get(flag.flag_id)
        if (
            flag.kind is FlagKind.FAKE_EFFECTIVE
            and flag.verdict is Verdict.FLAG
            and flag.call_id in calls
            and (finding is None or finding.ruling not in decided)
        ):
            waiting.append(padded_call(flag, calls[flag.call_id], facts.conversations.get(flag.call_id), finding))
    return sorted(waiting, key=lambda item: (item.started_at, item.call_id))


def missed_callers(today: Iterable[Call], all_calls: Iterable[Call], moment: datetime) -> tuple[MissedCaller, ...]:
    """Who called in vain today and how they were reached up to ``moment``; hidden numbers one by one."""
    missed = [call for call in today if call.direction is Direction.INBOUND and call.outcome is not Outcome.ANSWERED]
    later = [call for call in all_calls if call.started_at <= moment and call.direction is not Direction.INTERNAL]
    callers = []
    seen: set[str] = set()
    for call in sorted(missed, key=lambda item: (item.started_at, item.call_id)):
        phone = call.client_phone
        if phone is None:
            callers.append(MissedCaller(call.call_id, None, call.manager_id, call.started_at, 1, Reached.HIDDEN))
        elif phone not in seen:
            seen.add(phone)
            attempts = sum(item.client_phone == phone for item in missed)
            after = [item for item in later if item.client_phone == phone and item.started_at > call.started_at]
            callers.append(_caller(call, attempts, sorted(after, key=lambda item: (item.started_at, item.call_id))))
    return tuple(callers)


def _caller(call: Call, attempts: int, after: list[Call]) -> MissedCaller:
    caller = (call.call_id, call.client_phone, call.manager_id, call.started_at, attempts)
    for item in after:
        if item.outcome is Outcome.ANSWERED:
            how = Reached.BY_US if item.direction is Direction.OUTBOUND else Reached.BY_CLIENT
            return MissedCaller(*caller, how, item.call_id, (item.started_at - call.started_at).total_seconds())
    tried = any(item.direction is Direction.OUTBOUND for item in after)
    return MissedCaller(*caller, Reached.TRIED if tried else Reached.NOT_YET)


def _due_today(commitments: Iterable[Commitment], day: date, started: set[str]) -> tuple[Commitment, ...]:
    """Promises whose window holds the day and that are not kept yet."""
    kept = {CommitmentOutcome.KEPT, CommitmentOutcome.KEPT_UNLOGGED}
    due = [
        item
        for item in commitments
        if item.spoken.due.due_from <= day <= item.spoken.due.due_to
        and item.outcome not in kept
        and item.spoken.call_id in started
    ]
    return tuple(sorted(due, key=lambda item: (item.spoken.due.due_to, item.spoken.commitment_id)))


def _overdue(activities: Iterable[Activity], moment: datetime) -> tuple[OverdueTask, ...]:
    late = [
        OverdueTask(item, (moment - item.due_at).total_seconds() / 86_400)
        for item in activities
        if item.due_at is not None and item.due_at < moment and (item.done_at is None or item.done_at > moment)
    ]
    return tuple(sorted(late, key=lambda item: (-item.late_days, item.activity.activity_id)))


def _stuck(facts: Facts, moment: datetime) -> tuple[StuckDeal, ...]:
    stuck = []
    for deal in facts.deals:
        limit = facts.discipline.stage_limits_days.get(deal.stage)
        if deal.status is DealStatus.OPEN and limit is not None and deal.stage_since is not None:
            stay = (moment - deal.stage_since).total_seconds() / 86_400
            if stay > limit:
                stuck.append(StuckDeal(deal, stay, limit))
    return tuple(sorted(stuck, key=lambda item: (-item.days_in_stage, item.deal.deal_id)))
