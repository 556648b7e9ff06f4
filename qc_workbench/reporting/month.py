"""«Большая сестра», the monthly report, as values: what it says, not how it looks.

The month page of the app, the HTML, PDF and XLSX files are all made from ``month_of(MonthFacts)``;
``pipelines.build_report.build_month_report`` reads those of a workspace. Text, plots and formats belong to those
who show it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from qc_workbench.config_discipline import Discipline
from qc_workbench.config_targets import Targets
from qc_workbench.domain.call import Call
from qc_workbench.domain.consent import ConsentTally
from qc_workbench.domain.investigation import MonthInvestigation
from qc_workbench.domain.month_lists import AgentFaults
from qc_workbench.domain.sales import SalesFacts
from qc_workbench.domain.tally import StratumTally
from qc_workbench.reporting.counting import month_facts
from qc_workbench.reporting.facts import Facts, MonthFacts, Span, month_stretches
from qc_workbench.reporting.month_agents import AgentResult, agent_results
from qc_workbench.reporting.month_basis import Basis
from qc_workbench.reporting.month_calls import CallAnalysis, call_analysis
from qc_workbench.reporting.month_figures import Figures, figures, of_stretches
from qc_workbench.reporting.month_scores import FormFacts, FormResult, KeptClip, form_result
from qc_workbench.reporting.sales import Sales, sales_of
from qc_workbench.sampling.estimates import Estimate, StratumSample, estimate_share


@dataclass(frozen=True, slots=True)
class SampleEstimate:
    """A share estimated from the random draws of one plan. Machine-picked calls never enter it."""

    plan: str
    share: Estimate


@dataclass(frozen=True, slots=True)
class Dynamics:
    """Section 1. ``before`` are the figures of the month before, None when it has no calls and no deals.

    ``verified_share``: share of live conversations among the calls that the CRM counts as effective; None when
    no randomly drawn one was examined. (``now.verified`` of ``now.examined`` is no such share:
    suspicious calls are examined more often than others.)
    """

    now: Figures
    verified_share: SampleEstimate | None
    before: Figures | None
    weeks: tuple[Figures, ...]


@dataclass(frozen=True, slots=True)
class Investigation:
    """Section 2. ``found`` None: no hypothesis was fixed for the month, which is said, not hidden."""

    found: MonthInvestigation | None = None

    @property
    def configured(self) -> bool:
        return self.found is not None and bool(self.found.hypotheses)


@dataclass(frozen=True, slots=True)
class MonthMore:
    """What the report says beside its counts. ``stage_order``: stages whose order people wrote down; ``consent``: of
    each direction in which clients are to be told of the recording, () where the check is off."""

    sales: SalesFacts = field(default_factory=SalesFacts)
    targets: Targets = field(default_factory=Targets)
    stage_order: tuple[str, ...] = ()
    forms: tuple[FormFacts, ...] = ()
    clips: tuple[KeptClip, ...] = ()
    basis: Basis = field(default_factory=Basis)
    investigation: MonthInvestigation | None = None
    faults: tuple[AgentFaults, ...] = ()
    consent: tuple[ConsentTally, ...] = ()
    callback_minutes: int = field(default_factory=lambda: Discipline().callback_within_minutes)


@dataclass(frozen=True, slots=True)
class Month:
    """The whole report. Agents in order of their names."""

    days: Span
    as_of: datetime
    company: str
    dynamics: Dynamics
    investigation: Investigation
    analysis: CallAnalysis
    agents: tuple[AgentResult, ...]
    calls: Mapping[str, Call]  # by id: those that the sections name
    names: Mapping[str, str]  # manager_id -> name, of all who appear
    sales: Sales
    forms: tuple[FormResult, ...]
    clips: tuple[KeptClip, ...]
    basis: Basis
    faults: tuple[AgentFaults, ...]
    consent: tuple[ConsentTally, ...]

    @property
    def is_complete(self) -> bool:
        """False while the month still goes on."""
        return self.as_of >= self.days.ends_at


def build_month(facts: Facts, month: date) -> Month:
    """The report of the calendar month that ``month`` is in, from whole tables."""
    return month_of(month_facts(facts, month))


def month_of(found: MonthFacts, more: MonthMore | None = None) -> Month:
    """The report. Deterministic: the same values give the same report."""
    stretches = month_stretches(found.days, found.company)
    before = figures(stretches[0], of_stretches(found.calls, {0}), of_stretches(found.deals, {0}))
    calls = [item for item in found.calls if item.stretch]
    deals = [item for item in found.deals if item.stretch]
    analysis = call_analysis(found, calls)
    agents = agent_results(found, calls, deals, analysis.padded)
    now = figures(found.days, calls, deals)
    past = before if before.calls or before.deals_created or before.deals_won or before.deals_lost else None
    verified = _verified_share(found.strata)
    more = more or MonthMore()
    sales = sales_of(
        more.sales, now, past, verified.share if verified else None, more.targets, more.stage_order,
        more.callback_minutes, found.company, is_over=found.as_of >= found.days.ends_at,
    )  # fmt: skip
    return Month(
        days=found.days,
        as_of=found.as_of,
        company=found.company.name,
        dynamics=Dynamics(
            now=now,
            verified_share=verified,
            before=past,
            weeks=tuple(
                figures(week, of_stretches(calls, {number}), of_stretches(deals, {number}))
                for number, week in enumerate(stretches)
                if number and week.starts_at <= found.as_of
            ),
        ),
        investigation=Investigation(more.investigation),
        analysis=analysis,
        agents=agents,
        calls=found.named,
        names={agent.manager_id: agent.name for agent in agents},
        sales=sales,
        forms=tuple(form_result(item) for item in more.forms),
        clips=more.clips,
        basis=more.basis,
        faults=more.faults,
        consent=more.consent,
    )


def _verified_share(strata: Iterable[StratumTally]) -> SampleEstimate | None:
    """From the plan with the most judged calls: plans draw from the same calls and can't be added up."""
    plans: dict[str, list[StratumSample]] = defaultdict(list)
    for item in strata:
        values = (1.0,) * item.verified + (0.0,) * (item.judged - item.verified)
        plans[item.plan].append(StratumSample(item.draw_id, item.stratum, item.population, values))
    estimates = [SampleEstimate(plan, estimate_share(samples)) for plan, samples in sorted(plans.items())]
    best = max(estimates, key=lambda item: item.share.judged, default=None)
    return best if best is not None and best.share.value is not None else None
