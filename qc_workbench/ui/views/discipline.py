"""The room of order in the CRM: rules by agents, day by day, what is to be returned, what a rule asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from pipelines.try_order import Tried, try_rule
from qc_workbench.config_discipline import Discipline, Rule
from qc_workbench.domain.access import Action, Scope, Team
from qc_workbench.domain.crm import Deal
from qc_workbench.domain.violation import Severity, ViolationKind
from qc_workbench.sampling.trends import Span, earlier_first, first_of, next_first
from qc_workbench.store.browsing import deals_by_id
from qc_workbench.store.calls import managers
from qc_workbench.store.order import rule_text
from qc_workbench.store.order_board import LoggedDay, logged_days
from qc_workbench.store.order_history import OrderDay, order_counts, order_trend, to_lead_exchange
from qc_workbench.store.people import teams
from qc_workbench.store.scoping import Stretch
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: Periods to choose from.
PERIODS: Final = 13
_GRAVITY: Final = {Severity.CRITICAL: 0, Severity.MAJOR: 1, Severity.MINOR: 2}

#: The settings that a rule asks by, beside its own table.
PARAMETERS: Final[Mapping[ViolationKind, str]] = {
    ViolationKind.NO_NOTE: "note_within_hours",
    ViolationKind.LATE_CALLBACK: "callback_within_minutes",
    ViolationKind.OVER_OPEN_DEALS: "open_deals_at_most",
    ViolationKind.DRAGGED_TASK: "dragged_days_at_most",
    ViolationKind.STAGE_LIMIT: "stage_limits_days",
}


@dataclass(frozen=True, slots=True)
class OrderChoice:
    """A week, month or quarter, and whose order: ``agents`` None is everybody's."""

    span: Span
    first: date
    firsts: tuple[date, ...]
    teams: tuple[Team, ...]
    team: Team | None
    agents: frozenset[str] | None
    within: Stretch

    @property
    def last(self) -> date:
        return next_first(self.first, self.span) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cell:
    opened: int
    standing: int


NOTHING: Final = Cell(0, 0)


@dataclass(frozen=True, slots=True)
class OrderBoard:
    """``kinds``: rules with a breach, the gravest first; ``agents``: with a breach, those with most first."""

    kinds: tuple[ViolationKind, ...]
    agents: tuple[str, ...]
    names: Mapping[str, str]
    cells: Mapping[tuple[ViolationKind, str], Cell]
    severities: Mapping[ViolationKind, Severity]

    def name(self, agent_id: str) -> str:
        return self.names.get(agent_id, agent_id)

    def cell(self, kind: ViolationKind, agent_id: str) -> Cell:
        return self.cells.get((kind, agent_id), NOTHING)

    @property
    def opened(self) -> int:
        return sum(cell.opened for cell in self.cells.values())

    @property
    def standing(self) -> int:
        return sum(cell.standing for cell in self.cells.values())


def order_choice(
    workspace: Workspace, viewer: Viewer, now: datetime, span: Span = Span.MONTH, first: date | None = None,
    team_id: str | None = None,
) -> OrderChoice:  # fmt: skip
    """``first`` None: the newest period up to now with a breach. A period or team that is not there is not chosen."""
    zone = workspace.settings.company.zone
    seen = viewer.agents(Action.SEE_CALL)
    with workspace.store.reading() as reader:
        last = reader.value("select max(happened_at) from violations where happened_at <= ?", now)
        choices = tuple(teams(reader))
    newest = first_of(now.astimezone(zone).date(), span)
    latest = min(newest, first_of(last.astimezone(zone).date(), span)) if last else newest
    firsts = [newest]
    while len(firsts) < PERIODS or firsts[-1] > latest:
        firsts.append(earlier_first(firsts[-1], span))
    chosen = first if first in firsts else latest
    led = {team for agent, team in viewer.team_of.items() if seen is None or agent in seen}
    mine = tuple(item for item in choices if item.team_id in led)
    team = next((item for item in mine if item.team_id == team_id), None)
    agents = seen
    if team is not None:
        members = frozenset(agent for agent, name in viewer.team_of.items() if name == team.team_id)
        agents = members if seen is None else members & seen
    ends = datetime.combine(next_first(chosen, span), time(), zone)
    within = (datetime.combine(chosen, time(), zone), ends)
    return OrderChoice(span, chosen, tuple(firsts), mine, team, agents, within)


def order_board(workspace: Workspace, viewer: Viewer, choice: OrderChoice) -> OrderBoard:
    """Raises UsageError ``not_allowed``."""
    viewer.require(Action.SEE_COMPARISON)
    rules = workspace.settings.discipline.rules
    with workspace.store.reading() as reader:
        found = order_counts(reader, choice.within, choice.agents)
        names = {key: manager.name for key, manager in managers(reader).items()}
    cells = {(item.kind, item.manager_id): Cell(item.opened, item.standing) for item in found}
    by_agent: dict[str, int] = {}
    by_kind: dict[ViolationKind, int] = {}
    for (kind, agent_id), cell in cells.items():
        by_agent[agent_id] = by_agent.get(agent_id, 0) + cell.opened
        by_kind[kind] = by_kind.get(kind, 0) + cell.opened
    severities = {kind: rules[kind].severity for kind in by_kind}
    kinds = sorted(by_kind, key=lambda kind: (_GRAVITY[severities[kind]], -by_kind[kind], kind))
    agents = sorted(by_agent, key=lambda agent_id: (-by_agent[agent_id], names.get(agent_id, agent_id)))
    return OrderBoard(tuple(kinds), tuple(agents), names, cells, severities)


def trend(
    workspace: Workspace, choice: OrderChoice, now: datetime, agent_id: str | None, kind: ViolationKind | None
) -> tuple[OrderDay, ...]:
    """Every day of the period up to today; of an agent of the choice, or of all of them together."""
    company = workspace.settings.company
    last = min(choice.last, now.astimezone(company.zone).date())
    agents = choice.agents if agent_id is None else frozenset({agent_id}) & (choice.agents or {agent_id})
    with workspace.store.reading() as reader:
        return tuple(order_trend(reader, company.timezone, choice.first, last, agents, kind))


@dataclass(frozen=True, slots=True)
class Returned:
    """A deal beyond the number that its agent may hold, to be returned to the lead exchange."""

    agent_id: str
    name: str
    deal_id: str
    deal: Deal | None


def lead_exchange(workspace: Workspace, viewer: Viewer, agents: Collection[str] | None) -> tuple[Returned, ...]:
    """As of the last check; those that move least first."""
    viewer.require(Action.SEE_COMPARISON)
    with workspace.store.reading() as reader:
        found = to_lead_exchange(reader, agents)
        deals = deals_by_id(reader, {deal for listed in found.values() for deal in listed})
        names = managers(reader)
    return tuple(
        Returned(agent, names[agent].name if agent in names else agent, deal_id, deals.get(deal_id))
        for agent, listed in found.items()
        for deal_id in listed
    )


@dataclass(frozen=True, slots=True)
class Logged:
    """An agent's period; ``days`` in order."""

    agent_id: str
    name: str
    made: int
    entered: int
    without_trace: int
    days: tuple[LoggedDay, ...]


def logged_calls(workspace: Workspace, viewer: Viewer, choice: OrderChoice) -> tuple[Logged, ...]:
    """Who entered least of what they made comes first."""
    viewer.require(Action.SEE_COMPARISON)
    by_agent: dict[str, list[LoggedDay]] = {}
    with workspace.store.reading() as reader:
        for item in logged_days(reader, workspace.settings.company.timezone, choice.within, choice.agents):
            by_agent.setdefault(item.manager_id, []).append(item)
        names = managers(reader)
    found = [
        Logged(
            agent, names[agent].name if agent in names else agent, sum(day.made for day in days),
            sum(day.entered for day in days), sum(day.without_trace for day in days), tuple(days),
        )
        for agent, days in by_agent.items()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (-one.without_trace, one.entered - one.made, one.name)))


@dataclass(frozen=True, slots=True)
class RulePage:
    """``parameter``: the name of the setting that the rule asks by; ``query``: the file as it is run. ``tariff`` is
    shown to whoever may see money."""

    kind: ViolationKind
    rule: Rule
    parameter: str | None
    value: Any
    query: str
    shows_tariff: bool


def rule_page(workspace: Workspace, viewer: Viewer, kind: ViolationKind) -> RulePage:
    discipline = workspace.settings.discipline
    parameter = PARAMETERS.get(kind)
    value = getattr(discipline, parameter) if parameter else None
    shows = viewer.reach(Action.SEE_MONEY) >= Scope.TEAM
    return RulePage(kind, discipline.rules[kind], parameter, value, rule_text(kind), shows)


def tried_rule(
    workspace: Workspace, viewer: Viewer, kind: ViolationKind, value: Any, choice: OrderChoice, now: datetime
) -> tuple[tuple[str, Tried], ...]:
    """Names with what the rule finds in the period as it is and with another parameter. Nothing is written."""
    viewer.require(Action.SEE_COMPARISON)
    asked = {**workspace.settings.discipline.model_dump(), PARAMETERS[kind]: value}
    changed = Discipline.model_validate(asked)
    found = try_rule(workspace, kind, changed, now, choice.within)
    with workspace.store.reading() as reader:
        names = managers(reader)
    seen = [item for item in found if choice.agents is None or item.manager_id in choice.agents]
    return tuple(
        (names[item.manager_id].name if item.manager_id in names else item.manager_id, item) for item in seen
    )  # fmt: skip
