"""Refusal control: lost deals to decide on, those at work again, the warm-up list, reasons true and false."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from pipelines.export_warm_up import warm_up_file
from qc_workbench.domain.access import Action
from qc_workbench.domain.call import Call, Recording, Role
from qc_workbench.domain.flag import Finding, Flag, Ruling
from qc_workbench.domain.lost_deal import DealDecision, DealFinding, DealVerdict
from qc_workbench.errors import UsageError
from qc_workbench.reporting.share import Share
from qc_workbench.review import lost_deals as rules
from qc_workbench.review.rulings import rule, standing, undo
from qc_workbench.store import calls as call_store
from qc_workbench.store import verdicts
from qc_workbench.store.browsing import calls_by_id, findings_of_flag, recordings_by_call
from qc_workbench.store.calls import agent_of_deal, audit_entry
from qc_workbench.store.database import Reader, Statement, insert
from qc_workbench.store.deal_decisions import (
    DecisionCase,
    DecisionList,
    ReasonBy,
    ReasonTally,
    cases_of_deals,
    decision_cases,
    decision_row,
    decision_tallies,
    decisions_of_deal,
    flag_of_finding,
    reason_tallies,
)
from qc_workbench.ui.i18n import Translator
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.ui.views.suspicious import write_ruling
from qc_workbench.workspace import Workspace

__all__ = [
    "DecisionList",
    "Decisions",
    "ReasonBy",
    "decide_on_deal",
    "decision_page",
    "decisions",
    "reasons",
    "rule_on_refusal",
]

#: Cards of one page.
PAGE: Final = 10
#: Reasons and agents of the statistics: the most frequent.
_REASONS: Final = 20


@dataclass(frozen=True, slots=True)
class Decisions:
    """The lists as numbers."""

    tallies: Mapping[tuple[DecisionList, DealFinding], int]

    def count(self, which: DecisionList, finding: DealFinding | None = None) -> int:
        return sum(
            deals for (listed, found), deals in self.tallies.items() if listed is which and finding in (None, found)
        )


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """``workers``: agents whom a deal may be given to, by id."""

    cases: tuple[DecisionCase, ...]
    calls: Mapping[str, Call]
    recordings: Mapping[str, Recording]
    people: Directory
    workers: Mapping[str, str]


def decisions(workspace: Workspace, viewer: Viewer) -> Decisions:
    with workspace.store.reading() as reader:
        return Decisions(decision_tallies(reader, viewer.agents(Action.SEE_FLAG)))


def decision_page(
    workspace: Workspace, viewer: Viewer, which: DecisionList, finding: DealFinding | None, page: int, now: datetime
) -> DecisionPage:
    """Page ``page`` (from 1) of a list, of one finding if given."""
    with workspace.store.reading() as reader:
        mine = viewer.agents(Action.SEE_FLAG)
        cases = decision_cases(reader, which, finding, PAGE, (page - 1) * PAGE, mine)
        calls = calls_by_id(reader, {case.lost.call_id for case in cases if case.lost and case.lost.call_id})
        recordings = recordings_by_call(reader, calls)
        people = directory(reader, {phone for case in cases for phone in case.deal.client_phones}, viewer)
        workers = _workers(reader, viewer, now)
    return DecisionPage(tuple(cases), calls, recordings, people, workers)


def _workers(reader: Reader, viewer: Viewer, now: datetime) -> dict[str, str]:
    """Agents at work now whose flags this person may rule on: nobody sends work to another's team."""
    mine = viewer.agents(Action.RULE_ON_FLAG)
    people = sorted(call_store.managers(reader).values(), key=lambda person: person.name)
    return {
        person.manager_id: person.name or person.manager_id
        for person in people
        if person.role is Role.MANAGER
        and (person.left_at is None or person.left_at > now)
        and (mine is None or person.manager_id in mine)
    }


def decide_on_deal(
    workspace: Workspace,
    viewer: Viewer,
    deal_id: str,
    verdict: DealVerdict,
    at: datetime,
    *,
    worked_by: str | None = None,
    buy_from: date | None = None,
    comment: str = "",
    flag: Flag | None = None,
) -> DealDecision:
    """Append a decision (or, for ``WITHDRAWN``, the undo of the one that stands), and with it the ruling on the
    machine's doubt about this deal where there is one without a ruling. ``flag``: the doubt that was looked at.

    Raises ``not_allowed``, ``decision_needs_agent``, ``decision_nothing_to_undo``."""
    by = viewer.name
    with workspace.store.reading() as reader:
        agent = agent_of_deal(reader, deal_id)
        viewer.require(Action.RULE_ON_FLAG, agent)
        earlier = decisions_of_deal(reader, deal_id)
        if verdict is DealVerdict.WITHDRAWN:
            decision = rules.undo_decision(deal_id, by, at, earlier)
            also = _ruling_back(reader, decision, by, at)
        else:
            if worked_by is not None and worked_by not in _workers(reader, viewer, at):
                raise UsageError("decision_needs_agent", deal=deal_id)
            doubt = flag or _doubt(reader, deal_id)
            finding_id, also = _ruling_too(reader, doubt, verdict, by, at, comment)
            decision = rules.decide(
                deal_id, verdict, by, at, earlier,
                agent_id=agent, worked_by=worked_by, buy_from=buy_from, comment=comment, finding_id=finding_id,
            )  # fmt: skip
    line = audit_entry(
        at,
        by,
        f"deal_{decision.verdict.value}",
        deal_id,
        decision_id=decision.decision_id,
        worked_by=decision.worked_by,
    )
    workspace.store.write(
        insert("refusal_decisions", decision_row(decision)), line, *also, key=f"decision:{decision.decision_id}"
    )
    return decision


def rule_on_refusal(
    workspace: Workspace,
    viewer: Viewer,
    flag: Flag,
    standing_ruling: Finding | None,
    ruling: Ruling,
    deal_id: str | None,
    at: datetime,
) -> None:
    """A ruling on a doubtful refusal heard in a call. Where its deal is known the deal is decided on with it, so that
    nobody is asked the same thing twice: back to its agent, or a genuine refusal. Raises as the two do."""
    with workspace.store.reading() as reader:
        decided = rules.standing_decision(decisions_of_deal(reader, deal_id)) if deal_id else None
        is_known = bool(deal_id) and bool(cases_of_deals(reader, [deal_id or ""]))
    if ruling is Ruling.WITHDRAWN:
        if decided and standing_ruling and decided.finding_id == standing_ruling.finding_id:
            decide_on_deal(workspace, viewer, decided.deal_id, DealVerdict.WITHDRAWN, at)
            return
    elif is_known and deal_id:
        verdict = DealVerdict.REWORK_SAME if ruling is Ruling.CONFIRMED else DealVerdict.GENUINE
        decide_on_deal(workspace, viewer, deal_id, verdict, at, flag=flag)
        return
    write_ruling(workspace, viewer, flag, ruling, at, "")


def _doubt(reader: Reader, deal_id: str) -> Flag | None:
    return next((case.flag for case in cases_of_deals(reader, [deal_id])), None)


def _ruling_too(
    reader: Reader, flag: Flag | None, verdict: DealVerdict, by: str, at: datetime, comment: str
) -> tuple[str | None, list[Statement]]:
    earlier = findings_of_flag(reader, flag.flag_id) if flag else []
    if flag is None or flag.flag_id in standing(earlier):
        return None, []
    finding = rule(flag.flag_id, rules.ruling_of(verdict), by, at, comment, earlier)
    return finding.finding_id, [
        insert("findings", verdicts.finding_row(finding)),
        audit_entry(at, by, f"flag_{finding.ruling.value}", flag.call_id, flag_id=flag.flag_id, reason=finding.reason),
    ]


def _ruling_back(reader: Reader, decision: DealDecision, by: str, at: datetime) -> list[Statement]:
    """Take the ruling back that was made with the decision, if it still stands."""
    flag_id = flag_of_finding(reader, decision.finding_id) if decision.finding_id else None
    if flag_id is None:
        return []
    earlier = findings_of_flag(reader, flag_id)
    current = standing(earlier).get(flag_id)
    if current is None or current.finding_id != decision.finding_id:
        return []
    taken_back = undo(flag_id, by, at, earlier)
    return [
        insert("findings", verdicts.finding_row(taken_back)),
        audit_entry(at, by, f"flag_{Ruling.WITHDRAWN.value}", flag_id, flag_id=flag_id, reason=""),
    ]


def warm_up_download(workspace: Workspace, viewer: Viewer, form: str, t: Translator) -> Callable[[], bytes]:
    """Makes the warm-up list as a file when it is asked for, and notes who took it."""

    def make() -> bytes:
        mine = viewer.agents(Action.EXPORT_CALLS)
        if mine is not None and not mine:
            viewer.require(Action.EXPORT_CALLS)
        now = datetime.now(UTC)
        workspace.store.write(audit_entry(now, viewer.name, "data_exported", "warm_up", format=form))
        return warm_up_file(workspace, mine, form, t, now)

    return make


@dataclass(frozen=True, slots=True)
class Reason:
    """``false``: of the decided, those that went back to work; ``none_said``: of clients reached, those who did not
    refuse. Neither is a share of all lost deals: nobody drew at random whom to decide on or call."""

    tally: ReasonTally
    name: str

    @property
    def false(self) -> Share:
        return Share(self.tally.false, self.tally.genuine + self.tally.false)

    @property
    def none_said(self) -> Share:
        return Share(self.tally.said_none, self.tally.called)


def reasons(workspace: Workspace, viewer: Viewer, by: ReasonBy) -> tuple[Reason, ...]:
    """By reason as the CRM has it ("" where none was written), or by agent; most lost deals first."""
    with workspace.store.reading() as reader:
        found = reason_tallies(reader, by, _REASONS, viewer.agents(Action.SEE_FLAG))
        people = directory(reader, ())
    return tuple(Reason(item, people.agent(item.key) if by is ReasonBy.AGENT else item.key) for item in found)
