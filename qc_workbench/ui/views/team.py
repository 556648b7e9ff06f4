"""Scores of a team: each agent's estimate with its interval, the place it allows, what would make it narrower."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from qc_workbench.domain.access import Action, Team
from qc_workbench.domain.commitment import KEPT_OUTCOMES
from qc_workbench.domain.dispute import DisputeMove, ScoredCall
from qc_workbench.domain.evaluation import Evaluation
from qc_workbench.domain.forms import Form, FormState
from qc_workbench.review.evaluating import standing_replies
from qc_workbench.review.final_scores import Revised, final_result
from qc_workbench.sampling.estimates import Estimate
from qc_workbench.sampling.ranking import Place, calls_needed_of, places
from qc_workbench.sampling.scores import Peers, estimates_of
from qc_workbench.sampling.trends import Change, Span, difference, earlier_first, first_of, next_first
from qc_workbench.store import score_sheets
from qc_workbench.store.calls import managers
from qc_workbench.store.database import Reader
from qc_workbench.store.forms import form_versions
from qc_workbench.store.people import teams
from qc_workbench.store.scoping import Stretch
from qc_workbench.store.score_sheets import ScoredForm
from qc_workbench.store.tallies import call_tallies, promise_tallies, violation_tallies
from qc_workbench.ui.address import Span as CallSpan
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.agent_table import BEFORE, NOW, AgentTable
from qc_workbench.workspace import Workspace

#: Points that an interval should not reach further than, to each side.
GOAL: Final = 8.0
#: Agents of one screen.
PAGE: Final = 25
#: Periods to choose from, and weeks of the small plots where the period is shorter.
PERIODS: Final = 12
WEEKS: Final = 8


@dataclass(frozen=True, slots=True)
class TeamChoice:
    """What can be chosen and what is. ``forms``: those that calls of the period were scored on, by title.

    ``scored`` None: nothing was scored in the period; ``last_scored`` None: nothing ever was.
    """

    span: Span
    first: date
    firsts: tuple[date, ...]
    forms: Mapping[str, Form]
    scored: ScoredForm | None
    teams: tuple[Team, ...]
    team: Team | None
    last_scored: date | None

    @property
    def end(self) -> date:
        """The first day after."""
        return next_first(self.first, self.span)

    def moments(self, zone: ZoneInfo) -> Stretch:
        return datetime.combine(self.first, time(), zone), datetime.combine(self.end, time(), zone)

    def span_of(self, agent_id: str) -> CallSpan:
        """The agent's calls of the period, as the lists take them that prove a number."""
        return CallSpan(agent_id, self.first, self.end - timedelta(days=1))

    @property
    def form(self) -> Form | None:
        return None if self.scored is None else self.forms[self.scored.form_code]


@dataclass(frozen=True, slots=True)
class Part:
    """``n`` of ``of``."""

    n: int
    of: int


@dataclass(frozen=True, slots=True)
class Extra:
    """Counted of all calls of the period: heard to be conversations, promises kept, breaches of order in the CRM."""

    verified: Part
    promises: Part
    violations: int


NOTHING_MORE: Final = Extra(Part(0, 0), Part(0, 0), 0)


@dataclass(frozen=True, slots=True)
class AgentRow:
    """``place`` None: nothing of the agent was scored. ``failed``: scored calls with an auto-fail.

    ``needed``: more calls until the interval is ±:data:`GOAL`; ``weeks``: Mondays with the score of the week, None
    where nothing was scored. Both only in whole rows.
    """

    agent_id: str
    name: str
    estimate: Estimate
    place: Place[str] | None
    change: Change | None
    failed: int
    extra: Extra
    needed: int = 0
    weeks: tuple[tuple[date, float | None], ...] = ()


@dataclass(frozen=True, slots=True)
class TeamView:
    """``rows``: all agents by the places possible for them, and by name where these are the same, those without
    a score last; ``whole``: those of the page. ``team``: all their calls together."""

    choice: TeamChoice
    team: Estimate
    change: Change | None
    rows: tuple[AgentRow, ...]
    whole: tuple[AgentRow, ...]


def team_choice(
    workspace: Workspace, viewer: Viewer, now: datetime, span: Span = Span.MONTH, first: date | None = None,
    form_code: str | None = None, team_id: str | None = None,
) -> TeamChoice:  # fmt: skip
    """``first`` None: the newest period with a score. A form or team that is not there is not chosen."""
    zone = workspace.settings.company.zone
    seen = viewer.agents(Action.SEE_SCORE)
    with workspace.store.reading() as reader:
        last = score_sheets.last_scored_day(reader, zone)
        newest = first_of(now.astimezone(zone).date(), span)
        firsts = [newest]
        oldest = first_of(last, span) if last else newest
        while len(firsts) < PERIODS or firsts[-1] > oldest:
            firsts.append(earlier_first(firsts[-1], span))
        chosen = first if first in firsts else min(newest, oldest)
        found = score_sheets.scored_forms(reader, (chosen, next_first(chosen, span)), zone)
        forms = _forms(reader, {item.form_code for item in found})
        known = [item for item in found if item.form_code in forms]
        scored = next((item for item in known if item.form_code == form_code), known[0] if known else None)
        led = {team for agent, team in viewer.team_of.items() if seen is None or agent in seen}
        choices = tuple(item for item in teams(reader) if item.team_id in led)
    team = next((item for item in choices if item.team_id == team_id), None)
    return TeamChoice(span, chosen, tuple(firsts), forms, scored, choices, team, last)


def _forms(reader: Reader, codes: Iterable[str]) -> dict[str, Form]:
    """The newest version of each that ever was in use."""
    wanted = set(codes)
    if not wanted:
        return {}
    found: dict[str, Form] = {}
    for version in form_versions(reader):
        if version.form.code in wanted and version.state is not FormState.DRAFT:
            found.setdefault(version.form.code, version.form)
    return found


def team_view(
    workspace: Workspace,
    viewer: Viewer,
    now: datetime,
    choice: TeamChoice,
    page: int | None = 1,
    agent_id: str | None = None,
) -> TeamView | None:
    """None where nothing was scored. ``page``: whose rows are whole, from 1; None: everybody's. ``agent_id``:
    only this agent's is.

    Every interval leans on all agents who were scored on the form, whoever looks: colleagues lend their dispersion
    and nothing else.
    """
    if choice.scored is None or choice.form is None:
        return None
    zone, scored = workspace.settings.company.zone, choice.scored
    before = earlier_first(choice.first, choice.span)
    begin = min(before, first_of(choice.end - timedelta(days=1), Span.WEEK) - timedelta(weeks=WEEKS - 1))
    days = (begin, choice.end)
    with workspace.store.reading() as reader:
        revised = revised_results(reader, *score_sheets.ruled(reader, days, zone))
        table = AgentTable.of(
            score_sheets.score_table(
                reader,
                days,
                choice.first,
                before,
                zone,
                scored.plan,
                scored.form_code,
                [direction.value for direction in choice.form.directions],
                revised,
            )
        )
        extra = counted_of_all(reader, workspace, choice, now)
        names = managers(reader)
    mine, past = table.spreads(NOW), table.spreads(BEFORE)
    earlier = [spread for spread in past.values() if spread is not None]
    calls, was = table.calls(NOW), estimates_of(past, table.calls(BEFORE))
    seen = viewer.agents(Action.SEE_SCORE)
    shown = {
        name: each
        for name, each in estimates_of(mine, calls, earlier).items()
        if calls[name]
        and (seen is None or name in seen)
        and (choice.team is None or viewer.team_of.get(name) == choice.team.team_id)
    }
    place_of = {place.who: place for place in places(shown)}
    failed, judged = table.failed, table.judged
    rows = [
        AgentRow(
            agent_id=name,
            name=names[name].name if name in names else name,
            estimate=each,
            place=place_of.get(name),
            change=difference(each, was[name]),
            failed=failed[name],
            extra=extra.get(name, NOTHING_MORE),
        )
        for name, each in shown.items()
    ]
    rows.sort(key=lambda row: (row.place is None, _possible(row.place), row.name, row.agent_id))
    whole = slice(None) if page is None else slice((page - 1) * PAGE, page * PAGE)
    if agent_id is not None:
        at = next((number for number, row in enumerate(rows) if row.agent_id == agent_id), len(rows))
        whole = slice(at, at + 1)
    everybody = Peers.of([*earlier, *(spread for spread in mine.values() if spread is not None)])
    weeks = table.weeks([row.agent_id for row in rows[whole]])
    for number in range(len(rows))[whole]:
        name = rows[number].agent_id
        own = mine[name]
        peers = everybody if own is None else everybody.without(own)
        needed = calls_needed_of(own, judged[name], calls[name], GOAL, peers)
        rows[number] = replace(rows[number], needed=needed, weeks=weeks[name])
    team, change = table.together(list(shown))
    return TeamView(choice, team, change, tuple(rows), tuple(rows[whole]))


def _possible(place: Place[str] | None) -> tuple[int, int]:
    """The places that are possible, which is what the room shows: those who can't be told apart have the same."""
    return (0, 0) if place is None else (place.first, place.last)


def counted_of_all(reader: Reader, workspace: Workspace, choice: TeamChoice, now: datetime) -> dict[str, Extra]:
    """What is counted of all calls of the period, by agent."""
    zone, counted_from_s = workspace.settings.company.zone, workspace.settings.effective.counted_from_s
    within = choice.moments(zone)
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for call in call_tallies(reader, [within], now, counted_from_s):
        if call.counted and call.verified is not None:
            found[call.manager_id]["examined"] += call.calls
            found[call.manager_id]["verified"] += call.calls if call.verified else 0
    for made in promise_tallies(reader, within, now):
        found[made.manager_id]["promises"] += made.promises
        found[made.manager_id]["kept"] += made.promises if made.outcome in KEPT_OUTCOMES else 0
    for breach in violation_tallies(reader, within, standing=True):  # what its list shows
        found[breach.manager_id]["violations"] += breach.violations
    return {
        name: Extra(Part(n["verified"], n["examined"]), Part(n["kept"], n["promises"]), n["violations"])
        for name, n in found.items()
    }


def revised_results(
    reader: Reader, evaluations: Sequence[Evaluation], moves: Sequence[DisputeMove]
) -> dict[str, Revised]:
    """What these evaluations come to by the answers that stand after their disputes.

    Submitted answers never change and moves are only added, so a result is reckoned once for each ruling.
    """
    said: dict[str, list[DisputeMove]] = {}
    for move in moves:
        said.setdefault(move.evaluation_id, []).append(move)
    keys = {
        item.evaluation_id: (item.evaluation_id, max(m.at for m in said[item.evaluation_id])) for item in evaluations
    }
    new = [item for item in evaluations if keys[item.evaluation_id] not in _REVISED]
    if len(_REVISED) + len(new) > _MOST_REVISED:
        _REVISED.clear()
    found = {name: _REVISED[key] for name, key in keys.items() if key in _REVISED}
    forms = {(item.form.code, item.version): item.form for item in form_versions(reader)} if new else {}
    answers = score_sheets.answers_of(reader, [item.evaluation_id for item in new]) if new else {}
    for item in new:
        replies = tuple(standing_replies(answers[item.evaluation_id]).values())
        at = item.submitted_at or item.begun_at
        scored = ScoredCall(item.evaluation_id, item.call_id, "", item.reviewer, at, replies)
        result = final_result(forms[item.form_code, item.version], scored, said[item.evaluation_id])
        found[item.evaluation_id] = _REVISED[keys[item.evaluation_id]] = Revised.of(result)
    return found


#: Results by evaluation and the moment of its last move.
_REVISED: Final[dict[tuple[str, datetime], Revised]] = {}
_MOST_REVISED: Final = 20_000
