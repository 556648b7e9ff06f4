"""The owner's daily page as values: is anything on fire, is it better than a week ago, what needs a decision.

``day_of(DayFacts)``; ``pipelines.build_report.build_day_report`` reads those of a workspace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.commitment import Commitment, Refusal
from qc_workbench.domain.crm import Activity, Deal
from qc_workbench.reporting.counting import day_facts, is_missed
from qc_workbench.reporting.facts import DayFacts, DayTotals, Facts, day_stretches
from qc_workbench.reporting.month import Figures, PaddedCall, figures, padded_call
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
    totals: DayTotals  # the lists of promises, refusals, tasks and deals may be shorter
    decisions: Decisions
    calls: Mapping[str, Call]  # by id: those that the lists name
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
    """The page of one day of the company's calendar, from whole tables."""
    return day_of(day_facts(facts, day))


def day_of(found: DayFacts) -> Day:
    """The page. Deterministic: the same values give the same page."""
    week_ago, today = day_stretches(found.day, found.company)
    moment = min(found.as_of, today.ends_at)
    totals = found.totals
    return Day(
        day=found.day,
        moment=moment,
        company=found.company.name,
        now=figures(
            today,
            [item for item in found.calls if item.stretch == 1],
            [item for item in found.deals if item.stretch == 1],
        ),
        week_ago=figures(
            week_ago,
            [item for item in found.calls if item.stretch == 0],
            [item for item in found.deals if item.stretch == 0],
        ),
        missed=missed_callers(
            [call for call in found.missed_and_after if today.holds(call.started_at) and call.started_at <= moment],
            found.missed_and_after,
            moment,
        ),
        suspicious=_suspicious(found),
        due_today=found.due_today,
        broken=found.broken,
        overdue=tuple(
            OverdueTask(item, (moment - item.due_at).total_seconds() / 86_400)
            for item in found.overdue
            if item.due_at is not None
        ),
        stuck=tuple(
            StuckDeal(
                item, (moment - item.stage_since).total_seconds() / 86_400,
                found.discipline.stage_limits_days[item.stage],
            )
            for item in found.stuck
            if item.stage_since is not None
        ),
        false_refusals=found.false_refusals,
        totals=totals,
        decisions=Decisions(totals.suspicious, totals.false_refusals, totals.broken),
        calls=found.named,
        names={manager_id: manager.name for manager_id, manager in found.managers.items()},
    )  # fmt: skip


def _suspicious(found: DayFacts) -> tuple[PaddedCall, ...]:
    """Suspicious calls that nobody has ruled on yet, or whose agent was asked to explain."""
    rulings = standing(found.findings)
    padded = [
        padded_call(
            flag, found.named[flag.call_id], found.conversations.get(flag.call_id), rulings.get(flag.flag_id)
        )
        for flag in found.waiting
    ]  # fmt: skip
    return tuple(sorted(padded, key=lambda item: (item.started_at, item.call_id, item.flag_id)))


def missed_callers(today: Iterable[Call], all_calls: Iterable[Call], moment: datetime) -> tuple[MissedCaller, ...]:
    """Who called in vain today and how they were reached up to ``moment``; hidden numbers one by one."""
    missed = [call for call in today if is_missed(call)]
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
