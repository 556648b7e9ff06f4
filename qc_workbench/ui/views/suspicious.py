"""Cases to rule on: what the machine suggests, what speaks for the agent, and each agent's pattern."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from qc_workbench.domain.call import Call
from qc_workbench.domain.flag import Finding, Flag, FlagKind, Ruling, Side, Verdict
from qc_workbench.review.rulings import CaseState, case_state, rule, standing, undo
from qc_workbench.store import verdicts
from qc_workbench.store.browsing import calls_by_id, counted_by_agent
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.database import Statement, insert
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Case:
    flag: Flag
    call: Call
    ruling: Finding | None

    @property
    def state(self) -> CaseState:
        return case_state(self.flag, self.ruling)


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
    cases: tuple[Case, ...]
    people: Directory
    patterns: tuple[AgentPattern, ...]

    def in_state(self, state: CaseState) -> tuple[Case, ...]:
        return tuple(case for case in self.cases if case.state is state)


def suspicious_calls(workspace: Workspace) -> SuspiciousCalls:
    with workspace.store.reading() as reader:
        flags = [flag for flag in verdicts.flags(reader) if flag.kind is FlagKind.FAKE_EFFECTIVE]
        rulings = standing(verdicts.findings(reader))
        calls = calls_by_id(reader, {flag.call_id for flag in flags})
        counted = counted_by_agent(reader, workspace.settings.effective.counted_from_s)
        people = directory(reader, {call.client_phone for call in calls.values()})
    cases = [Case(flag, calls[flag.call_id], rulings.get(flag.flag_id)) for flag in flags if flag.call_id in calls]
    cases.sort(key=lambda case: (-case.flag.score, case.call.started_at))
    return SuspiciousCalls(tuple(cases), people, patterns(cases, counted))


def patterns(cases: Sequence[Case], counted: dict[str, int]) -> tuple[AgentPattern, ...]:
    """One line an agent with at least one case, those with most confirmed and waiting first."""
    tally: dict[str, Counter[CaseState]] = {}
    for case in cases:
        if case.flag.verdict is Verdict.FLAG:
            tally.setdefault(case.call.manager_id, Counter())[case.state] += 1
    rows = [
        AgentPattern(
            manager_id,
            counted.get(manager_id, 0),
            states[CaseState.WAITING] + states[CaseState.ASKED],
            states[CaseState.CONFIRMED],
            states[CaseState.REJECTED],
        )
        for manager_id, states in tally.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.confirmed - row.waiting, row.manager_id)))


def defence(flag: Flag) -> tuple[str, ...]:
    """Kinds of evidence that speak for the agent, in order of time."""
    return tuple(dict.fromkeys(item.kind for item in flag.evidence if item.side is Side.FOR))


def write_ruling(workspace: Workspace, flag: Flag, ruling: Ruling, by: str, at: datetime, reason: str) -> Finding:
    """Append a person's ruling on a flag (or, for ``WITHDRAWN``, the undo of the standing one) to the store."""
    with workspace.store.reading() as reader:
        earlier = verdicts.findings(reader)
    finding = (
        undo(flag.flag_id, by, at, earlier)
        if ruling is Ruling.WITHDRAWN
        else rule(flag.flag_id, ruling, by, at, reason, earlier)
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
