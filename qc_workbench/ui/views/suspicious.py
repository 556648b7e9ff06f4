"""Cases to rule on: what the machine suggests, what speaks for the agent, and each agent's pattern."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from qc_workbench.domain.access import Action
from qc_workbench.domain.agent_answer import AgentAnswer
from qc_workbench.domain.flag import Finding, Flag, FlagKind, Ruling, Verdict
from qc_workbench.domain.standing import NONE_DOWNGRADED, Downgraded, key_of
from qc_workbench.review.answers import answer
from qc_workbench.review.rulings import CaseState, rule, undo
from qc_workbench.review.standing import DetectorStanding
from qc_workbench.store import verdicts
from qc_workbench.store.agent_answers import answer_row
from qc_workbench.store.browsing import counted_by_agent, findings_of_flag
from qc_workbench.store.calls import agent_of_call, audit_entry
from qc_workbench.store.cases import (
    Case,
    CaseTally,
    case_of_call,
    case_of_flag,
    case_tallies,
    cases_in_state,
    place_of_case,
)
from qc_workbench.store.database import Statement, insert
from qc_workbench.store.standings import detector_standings
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

#: Cases that one page of the list holds.
PAGE = 50


@dataclass(frozen=True, slots=True)
class AgentPattern:
    """How often an agent's calls look padded. ``counted``: effective by the CRM's rule."""

    manager_id: str
    counted: int
    waiting: int
    confirmed: int
    rejected: int


@dataclass(frozen=True, slots=True)
class SuspiciousCalls:
    """All cases as numbers; the cases themselves come by pages: :func:`case_page`."""

    tallies: tuple[CaseTally, ...]
    patterns: tuple[AgentPattern, ...]
    people: Directory
    standings: tuple[DetectorStanding, ...] = ()

    @property
    def downgraded(self) -> Downgraded:
        return frozenset(item.key for item in self.standings if item.is_downgraded)

    def standing_of(self, flag: Flag) -> DetectorStanding | None:
        """How the detector stands that raised this flag."""
        return next((item for item in self.standings if item.key == key_of(flag)), None)

    def confirmed(self, manager_id: str) -> int:
        """Cases of an agent that a person confirmed."""
        return self.count(CaseState.CONFIRMED, manager_id)

    @property
    def agents(self) -> tuple[str, ...]:
        """Ids of agents with cases, in order of their names."""
        return tuple(sorted({tally.manager_id for tally in self.tallies}, key=self.people.agent))

    def count(self, state: CaseState, manager_id: str | None = None) -> int:
        return sum(
            tally.cases
            for tally in self.tallies
            if tally.state is state and (manager_id is None or tally.manager_id == manager_id)
        )


@dataclass(frozen=True, slots=True)
class CasePage:
    cases: tuple[Case, ...]
    people: Directory


def suspicious_calls(workspace: Workspace, viewer: Viewer) -> SuspiciousCalls:
    mine = viewer.agents(Action.SEE_FLAG)
    with workspace.store.reading() as reader:
        standings = detector_standings(reader, workspace.settings.detectors)
        doubted = frozenset(item.key for item in standings if item.is_downgraded)
        tallies = case_tallies(reader, FlagKind.FAKE_EFFECTIVE, doubted, mine)
        counted = counted_by_agent(reader, workspace.settings.effective.counted_from_s, mine)
        people = directory(reader, ())
    return SuspiciousCalls(tuple(tallies), patterns(tallies, counted), people, standings)


def case_page(
    workspace: Workspace,
    viewer: Viewer,
    state: CaseState,
    manager_id: str | None,
    page: int,
    downgraded: Downgraded = NONE_DOWNGRADED,
) -> CasePage:
    """Cases of a state, of one agent if given: page ``page`` (from 1) of :data:`PAGE`."""
    offset, mine = (page - 1) * PAGE, viewer.among(Action.SEE_FLAG, manager_id)
    with workspace.store.reading() as reader:
        cases = cases_in_state(reader, FlagKind.FAKE_EFFECTIVE, state, mine, PAGE, offset, downgraded)
        people = directory(reader, {case.call.client_phone for case in cases}, viewer)
    return CasePage(tuple(cases), people)


def state_of_call(workspace: Workspace, viewer: Viewer, call_id: str, downgraded: Downgraded) -> CaseState | None:
    """Where the case about this call stands; None without one, or where it is not for this person."""
    with workspace.store.reading() as reader:
        case = case_of_call(reader, call_id, FlagKind.FAKE_EFFECTIVE, downgraded)
    is_seen = case is not None and viewer.may(Action.SEE_FLAG, case.call.manager_id)
    return case.state if case and is_seen else None


def asked_case(
    workspace: Workspace,
    viewer: Viewer,
    call_id: str,
    state: CaseState,
    manager_id: str | None,
    downgraded: Downgraded = NONE_DOWNGRADED,
) -> tuple[str, int] | None:
    """The flag of this call's case and the page of the list it is on; None where it is not in the list."""
    with workspace.store.reading() as reader:
        case = case_of_call(reader, call_id, FlagKind.FAKE_EFFECTIVE, downgraded)
        if case is None or case.state is not state or manager_id not in (None, case.call.manager_id):
            return None
        mine = viewer.among(Action.SEE_FLAG, manager_id)
        return case.flag.flag_id, place_of_case(reader, case, state, mine, downgraded) // PAGE + 1


def one_case(workspace: Workspace, flag_id: str) -> Case | None:
    with workspace.store.reading() as reader:
        return case_of_flag(reader, flag_id)


def write_answer(workspace: Workspace, viewer: Viewer, flag: Flag, text: str, at: datetime) -> AgentAnswer:
    """Append what the agent says about a flag of a call of theirs.

    Raises ``not_allowed`` and what :func:`qc_workbench.review.answers.answer` does."""
    with workspace.store.reading() as reader:
        viewer.require(Action.ANSWER_FLAG, agent_of_call(reader, flag.call_id))
    given = answer(flag, text, viewer.name, at)
    entry = audit_entry(given.at, given.by, "flag_answered", flag.call_id, flag_id=flag.flag_id)
    workspace.store.write(insert("agent_answers", answer_row(given)), entry, key=f"answer:{given.answer_id}")
    return given


def patterns(tallies: Sequence[CaseTally], counted: Mapping[str, int]) -> tuple[AgentPattern, ...]:
    """One line an agent with at least one case, those with most confirmed and waiting first."""
    states: dict[str, Counter[CaseState]] = {}
    for tally in tallies:
        if tally.verdict is Verdict.FLAG:
            states.setdefault(tally.manager_id, Counter())[tally.state] += tally.cases
    rows = [
        AgentPattern(
            manager_id,
            counted.get(manager_id, 0),
            of[CaseState.WAITING] + of[CaseState.ASKED] + of[CaseState.ANSWERED],
            of[CaseState.CONFIRMED],
            of[CaseState.REJECTED],
        )
        for manager_id, of in states.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.confirmed - row.waiting, row.manager_id)))


def write_ruling(
    workspace: Workspace, viewer: Viewer, flag: Flag, ruling: Ruling, at: datetime, reason: str
) -> Finding:
    """Append a person's ruling on a flag (or, for ``WITHDRAWN``, the undo of the standing one) to the store.

    Raises ``not_allowed``."""
    with workspace.store.reading() as reader:
        viewer.require(Action.RULE_ON_FLAG, agent_of_call(reader, flag.call_id))
        earlier = findings_of_flag(reader, flag.flag_id)
    finding = (
        undo(flag.flag_id, viewer.name, at, earlier)
        if ruling is Ruling.WITHDRAWN
        else rule(flag.flag_id, ruling, viewer.name, at, reason, earlier)
    )
    workspace.store.write(*_statements(finding, flag), key=f"finding:{finding.finding_id}")
    return finding


def _statements(finding: Finding, flag: Flag) -> tuple[Statement, ...]:
    return (
        insert("findings", verdicts.finding_row(finding)),
        audit_entry(
            finding.at,
            finding.by,
            f"flag_{finding.ruling.value}",
            flag.call_id,
            flag_id=flag.flag_id,
            reason=finding.reason,
        ),
    )
