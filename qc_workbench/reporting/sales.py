"""Section 1 of the monthly report beyond its calls: the figures of sales, stages, sources, callers called back."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from qc_workbench.config import Company
from qc_workbench.config_targets import Targets
from qc_workbench.domain.crm import DealStatus
from qc_workbench.domain.sales import ClosedDeal, SalesFacts, StageTally, StepTally
from qc_workbench.reporting.callbacks import CallBack, CalledBack, called_back, count_callers, minutes_until_called
from qc_workbench.reporting.facts import Span
from qc_workbench.reporting.indicators import (
    NOTHING,
    Indicator,
    Kind,
    Months,
    Reading,
    averaged,
    counted,
    estimated,
    indicator,
    median_of,
    quantile,
    shared,
    summed,
)
from qc_workbench.reporting.month_figures import Figures
from qc_workbench.reporting.share import Share
from qc_workbench.sampling.estimates import Estimate

BEFORE: Final = 0
NOW: Final = 1
#: Data that begin this long after the first midnight of a month still hold the month: it may begin with days off.
_LATE_START: Final = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class StageLine:
    """Deals that entered a stage in the month. ``conversion``: those who went on or were won, of those decided."""

    now: StageTally
    before: StageTally | None

    @property
    def conversion(self) -> Share:
        return _conversion(self.now)

    @property
    def conversion_before(self) -> Share:
        return Share(0, 0) if self.before is None else _conversion(self.before)

    @property
    def bounds(self) -> tuple[float, float]:
        """The conversion of all who entered, if all who wait are lost, and if all go on."""
        on = self.now.moved + self.now.won
        return on / self.now.entered, (on + self.now.waiting) / self.now.entered


def _conversion(tally: StageTally) -> Share:
    on = tally.moved + tally.won
    return Share(on, on + tally.lost)


@dataclass(frozen=True, slots=True)
class SourceLine:
    """What a source brought in the month; ``source`` None: the deals and calls that name none."""

    source: str | None
    created: int
    won: int
    lost: int
    revenue: Mapping[str, Decimal]
    lost_calls: Share

    @property
    def win_rate(self) -> Share:
        return Share(self.won, self.won + self.lost)


@dataclass(frozen=True, slots=True)
class Spread:
    """Quartiles of ``cases`` values."""

    cases: int
    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread | None:
        ordered = sorted(values)
        if not ordered:
            return None
        return cls(len(ordered), quantile(ordered, 0.25), quantile(ordered, 0.5), quantile(ordered, 0.75))


@dataclass(frozen=True, slots=True)
class Sales:
    """``indicators`` in the order of reading. ``closed`` and ``missed`` are the month's rows behind the figures.

    ``callback_minutes``: of working time within which a missed caller is called back in time.
    """

    indicators: tuple[Indicator, ...]
    stages: tuple[StageLine, ...]
    has_stage_history: bool
    sources: tuple[SourceLine, ...]
    cycle: Spread | None
    response: Spread | None  # minutes
    callers: Mapping[CallBack, int]
    callers_before: Mapping[CallBack, int]
    steps: Mapping[str, StepTally]  # by agent
    closed: tuple[ClosedDeal, ...]
    missed: tuple[CalledBack, ...]
    callback_minutes: int

    def indicator(self, code: str) -> Indicator | None:
        return next((item for item in self.indicators if item.code == code), None)


def sales_of(
    found: SalesFacts,
    now: Figures,
    before: Figures | None,
    verified: Estimate | None,
    targets: Targets,
    stage_order: Iterable[str],
    callback_minutes: int,
    company: Company,
    *,
    is_over: bool,
) -> Sales:
    """``stage_order``: stages whose order people wrote down; the rest go by how far on the way they come."""

    def months(first: datetime | None) -> Months:
        is_whole = before is None or (first is not None and first < before.days.starts_at + _LATE_START)
        return Months(_days(now.days), _days(before.days) if before else 30, is_over, is_whole)

    closed = tuple(item for item in found.closed if item.stretch == NOW)
    called = {
        stretch: called_back((item for item in found.missed if item.stretch == stretch), callback_minutes, company)
        for stretch in (NOW, BEFORE)
    }
    return Sales(
        indicators=(
            *_deals(found, now, before, targets, months(found.deals_from)),
            *_steps(found, before, targets, months(found.steps_from)),
            *_calls(called, now, before, verified, targets, months(found.calls_from)),
        ),
        stages=_stages(found.stages, list(stage_order)),
        has_stage_history=found.has_stage_history,
        sources=_sources(found),
        cycle=Spread.of(_cycles(found, NOW)),
        response=Spread.of(minutes_until_called(called[NOW])),
        callers=count_callers(called[NOW]),
        callers_before=count_callers(called[BEFORE]),
        steps={item.manager_id: item for item in found.steps if item.stretch == NOW},
        closed=closed,
        missed=called[NOW],
        callback_minutes=callback_minutes,
    )


def _days(days: Span) -> int:
    return (days.last_day - days.first_day).days + 1


def _deals(
    found: SalesFacts, now: Figures, before: Figures | None, targets: Targets, months: Months
) -> list[Indicator]:
    past = before is not None
    then = before or now
    return [
        *_of_money("revenue", summed, found, targets.revenue, months, past=past),
        indicator("deals_won", Kind.COUNT, counted(now.deals_won), counted(then.deals_won) if past else None, months,
                  target=targets.deals_won),
        indicator("deals_lost", Kind.COUNT, counted(now.deals_lost), counted(then.deals_lost) if past else None,
                  months, more_is_better=False),
        indicator("win_rate", Kind.SHARE, _win_rate(now), _win_rate(then) if past else None, months,
                  target=targets.win_rate),
        *_of_money("average_deal", averaged, found, targets.average_deal, months, past=past, is_mean=True),
        indicator("cycle_days", Kind.DAYS, median_of(_cycles(found, NOW)),
                  median_of(_cycles(found, BEFORE)) if past else None, months, more_is_better=False,
                  target=targets.cycle_days),
    ]  # fmt: skip


def _of_money(
    code: str,
    read: Callable[[Sequence[Decimal]], Reading],
    found: SalesFacts,
    target: int,
    months: Months,
    *,
    past: bool,
    is_mean: bool = False,
) -> list[Indicator]:
    """A figure of the deals won, by currency: the month's main one first, which alone has a target."""
    won = {stretch: _won(found, stretch) for stretch in (NOW, BEFORE)}
    used = Counter(item.currency or "" for item in won[NOW] if item.amount is not None)
    used.update({item.currency or "": 0 for item in won[BEFORE] if item.amount is not None})
    return [
        indicator(
            code, Kind.MONEY, read(_amounts(won[NOW], currency)),
            read(_amounts(won[BEFORE], currency)) if past else None, months,
            target=None if number else target, currency=currency, is_mean=is_mean,
        )
        for number, (currency, _) in enumerate(sorted(used.items(), key=lambda item: (-item[1], item[0])))
    ]  # fmt: skip


def _won(found: SalesFacts, stretch: int) -> list[ClosedDeal]:
    return [item for item in found.closed if item.stretch == stretch and item.status is DealStatus.WON]


def _amounts(deals: Iterable[ClosedDeal], currency: str) -> list[Decimal]:
    return [item.amount for item in deals if item.amount is not None and (item.currency or "") == currency]


def _win_rate(figures: Figures) -> Reading:
    return shared(Share(figures.deals_won, figures.deals_won + figures.deals_lost))


def _cycles(found: SalesFacts, stretch: int) -> list[float]:
    return [days for item in _won(found, stretch) if (days := item.cycle_days) is not None]


def _steps(found: SalesFacts, before: Figures | None, targets: Targets, months: Months) -> list[Indicator]:
    def total(stretch: int, name: str) -> int:
        return sum(getattr(item, name) for item in found.steps if item.stretch == stretch)

    lines = [
        indicator(
            code,
            Kind.COUNT,
            counted(total(NOW, code)),
            counted(total(BEFORE, code)) if before else None,
            months,
            target=getattr(targets, code),
        )
        for code in ("meetings_set", "meetings_held", "proposals_sent")
    ]
    held = {stretch: shared(Share(total(stretch, "fell_due_held"), total(stretch, "fell_due"))) for stretch in (0, 1)}
    lines.insert(2, indicator("held_share", Kind.SHARE, held[NOW], held[BEFORE] if before else None, months))
    return lines


def _calls(
    called: Mapping[int, tuple[CalledBack, ...]],
    now: Figures,
    before: Figures | None,
    verified: Estimate | None,
    targets: Targets,
    months: Months,
) -> list[Indicator]:
    then = before or now
    past = before is not None
    never = {stretch: _never(count_callers(called[stretch])) for stretch in (NOW, BEFORE)}
    return [
        indicator("calls", Kind.COUNT, counted(now.calls), counted(then.calls) if past else None, months,
                  more_is_better=None),
        indicator("crm_effective", Kind.COUNT, counted(now.crm_effective),
                  counted(then.crm_effective) if past else None, months, target=targets.crm_effective),
        indicator("verified_share", Kind.SHARE, estimated(verified), None, months, target=targets.verified_share),
        indicator("lost_call_rate", Kind.SHARE, shared(now.lost_calls), shared(then.lost_calls) if past else None,
                  months, more_is_better=False, target=targets.lost_call_rate),
        indicator("response_minutes", Kind.MINUTES, median_of(minutes_until_called(called[NOW])),
                  median_of(minutes_until_called(called[BEFORE])) if past else None, months, more_is_better=False,
                  target=targets.response_minutes),
        indicator("never_called_back", Kind.SHARE, never[NOW], never[BEFORE] if past else None, months,
                  more_is_better=False),
    ]  # fmt: skip


def _never(callers: Mapping[CallBack, int]) -> Reading:
    """Of callers with a number those whom nobody talked to: not called, or called in vain."""
    known = sum(count for how, count in callers.items() if how is not CallBack.HIDDEN)
    share = Share(callers[CallBack.NEVER] + callers[CallBack.TRIED], known)
    return shared(share) if known else NOTHING


def _stages(tallies: Iterable[StageTally], order: list[str]) -> tuple[StageLine, ...]:
    by_stretch: dict[int, dict[str, StageTally]] = defaultdict(dict)
    for item in tallies:
        by_stretch[item.stretch][item.stage] = item
    lines = [StageLine(item, by_stretch[BEFORE].get(item.stage)) for item in by_stretch[NOW].values()]

    def place(line: StageLine) -> tuple[float, float, str]:
        written = order.index(line.now.stage) if line.now.stage in order else -1
        return line.now.step, written, line.now.stage

    return tuple(sorted(lines, key=place))


def _sources(found: SalesFacts) -> tuple[SourceLine, ...]:
    """The most revenue first, then deals; what names no source comes last."""
    counts: dict[str | None, Counter[str]] = defaultdict(Counter)
    revenue: dict[str | None, dict[str, Decimal]] = defaultdict(dict)
    for item in found.sources:
        if item.stretch == NOW:
            counts[item.source].update(created=item.created, inbound=item.inbound, missed=item.lost_calls)
    for deal in found.closed:
        if deal.stretch != NOW:
            continue
        counts[deal.source][deal.status.value] += 1
        if deal.status is DealStatus.WON and deal.amount is not None:
            sums = revenue[deal.source]
            sums[deal.currency or ""] = sums.get(deal.currency or "", Decimal(0)) + deal.amount
    lines = [
        SourceLine(
            source, count["created"], count["won"], count["lost"], dict(sorted(revenue[source].items())),
            Share(count["missed"], count["inbound"]),
        )
        for source, count in counts.items()
    ]  # fmt: skip
    return tuple(
        sorted(
            lines,
            key=lambda line: (
                line.source is None,
                -max(line.revenue.values(), default=Decimal(0)),
                -line.created,
                line.source or "",
            ),
        )
    )
