"""What reports are made from, as values.

:class:`MonthFacts` is what the monthly report reads: counts where it only counts, rows of what it names.
``pipelines.build_report`` takes them from a workspace. :class:`Facts` are whole tables as domain
values; ``reporting.counting`` makes the same inputs from them, which says in Python what the store counts in SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from qc_workbench.config import Company, Effective
from qc_workbench.domain.call import Call, Direction, Manager, Outcome
from qc_workbench.domain.commitment import Commitment, Refusal
from qc_workbench.domain.crm import Activity, ActivityChange, Deal, StageChange
from qc_workbench.domain.flag import Conversation, Finding, Flag
from qc_workbench.domain.sampling import Draw, SampledCall
from qc_workbench.domain.standing import NONE_DOWNGRADED, Downgraded
from qc_workbench.domain.tally import (
    CallTally,
    DealTally,
    DrawnTally,
    PromiseTally,
    RefusalTally,
    StratumTally,
    ViolationTally,
)
from qc_workbench.domain.violation import Violation


@dataclass(frozen=True, slots=True)
class Facts:
    """Whole tables of a company. ``as_of`` is the moment a report stands at: calls after it are not counted."""

    as_of: datetime
    company: Company = field(default_factory=Company)
    effective: Effective = field(default_factory=Effective)
    calls: tuple[Call, ...] = ()
    managers: Mapping[str, Manager] = field(default_factory=dict)
    conversations: Mapping[str, Conversation] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    findings: tuple[Finding, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    deals: tuple[Deal, ...] = ()
    activities: tuple[Activity, ...] = ()
    activity_changes: tuple[ActivityChange, ...] = ()
    stage_changes: tuple[StageChange, ...] = ()
    draws: tuple[Draw, ...] = ()
    sample: tuple[SampledCall, ...] = ()
    violations: tuple[Violation, ...] = ()
    downgraded: Downgraded = NONE_DOWNGRADED


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days in the company's zone, both ends included, and the same as moments (UTC, end excluded)."""

    first_day: date
    last_day: date
    starts_at: datetime
    ends_at: datetime

    def holds(self, moment: datetime | None) -> bool:
        return moment is not None and self.starts_at <= moment < self.ends_at


def span(first_day: date, last_day: date, company: Company) -> Span:
    """The days from ``first_day`` to ``last_day`` of the company's calendar."""
    starts_at = datetime.combine(first_day, time(), company.zone).astimezone(UTC)
    ends_at = datetime.combine(last_day + timedelta(days=1), time(), company.zone).astimezone(UTC)
    return Span(first_day, last_day, starts_at, ends_at)


def month_span(day: date, company: Company) -> Span:
    """The calendar month that ``day`` is in."""
    first = day.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return span(first, following - timedelta(days=1), company)


def weeks_of(whole: Span, company: Company) -> tuple[Span, ...]:
    """The weeks (Monday to Sunday) of a span; the first and the last are cut to it."""
    weeks = []
    day = whole.first_day
    while day <= whole.last_day:
        last = min(day + timedelta(days=6 - day.weekday()), whole.last_day)
        weeks.append(span(day, last, company))
        day = last + timedelta(days=1)
    return tuple(weeks)


@dataclass(frozen=True, slots=True)
class MonthFacts:
    """The input of the monthly report: counts of what is only counted, rows of what the report names.

    Stretches of ``calls`` and ``deals``: 0 is the month before, 1, 2, … are the weeks of the month. All else is
    of the month's calls with clients: ``padded`` the standing flags of padded calls, ``findings`` about them,
    ``broken`` promises, ``false_refusals``; ``named`` are the calls these are about.
    """

    as_of: datetime
    company: Company
    days: Span
    managers: Mapping[str, Manager]
    calls: tuple[CallTally, ...]
    deals: tuple[DealTally, ...]
    drawn: tuple[DrawnTally, ...]
    strata: tuple[StratumTally, ...]
    promises: tuple[PromiseTally, ...]
    refusals: tuple[RefusalTally, ...]
    violations: tuple[ViolationTally, ...]
    unsure_calls: int
    padded: tuple[Flag, ...]
    findings: tuple[Finding, ...]
    conversations: Mapping[str, Conversation]
    broken: tuple[Commitment, ...]
    false_refusals: tuple[Refusal, ...]
    named: Mapping[str, Call]


def month_stretches(days: Span, company: Company) -> tuple[Span, ...]:
    """The month before, then the weeks of the month."""
    return (month_span(days.first_day - timedelta(days=1), company), *weeks_of(days, company))


def client_calls(facts: Facts, within: Span) -> tuple[Call, ...]:
    """Calls with clients (not internal ones) that began in the span and not after the report's moment."""
    return tuple(
        call
        for call in facts.calls
        if call.direction is not Direction.INTERNAL and within.holds(call.started_at) and call.started_at <= facts.as_of
    )


def is_crm_effective(call: Call, effective: Effective) -> bool:
    """What the CRM counts and pays for: connected for at least ``counted_from_s`` seconds."""
    return call.outcome is Outcome.ANSWERED and call.talk_s >= effective.counted_from_s


def manager_name(managers: Mapping[str, Manager], manager_id: str) -> str:
    manager = managers.get(manager_id)
    return manager.name if manager else manager_id
