"""The month's investigation as the room shows it, and what is done in it; an agent's own letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from pipelines import investigate
from qc_workbench.domain.access import Action
from qc_workbench.domain.investigation import (
    CaseRef,
    Examination,
    Hypothesis,
    HypothesisState,
    InvestigationStep,
    MonthInvestigation,
)
from qc_workbench.domain.letter import Letter, LetterStep
from qc_workbench.domain.measure import Measure, MeasureDecision, MeasureKind
from qc_workbench.errors import UsageError
from qc_workbench.reporting.facts import month_span
from qc_workbench.review.investigating import Claim
from qc_workbench.store import investigations
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

__all__ = ["Claim", "InvestigationRoom", "decide", "do_step", "fix", "investigation", "months", "my_letters"]

#: What the whole department is done with at once.
_STEPS: Final[Mapping[InvestigationStep, Callable[[Workspace, date, str, datetime], object]]] = {
    InvestigationStep.EXAMINE: investigate.examine,
    InvestigationStep.LETTERS: investigate.prepare_letters,
    InvestigationStep.CHECK: investigate.check_again,
}


@dataclass(frozen=True, slots=True)
class InvestigationRoom:
    """A month as this viewer may see it: agents of others are left out.

    ``said``: hypothesis -> case -> what a person said of it last (None: the word was taken back). ``unconfirmed``:
    violators whom no letter may go to yet. ``addresses``: where letters of these agents went last. ``is_late``: what is
    fixed now is late; ``is_over``: nothing can be fixed any more.
    """

    month: date
    view: MonthInvestigation
    people: Directory
    said: Mapping[str, Mapping[str, bool]]
    unconfirmed: tuple[str, ...]
    addresses: Mapping[str, str]
    is_late: bool
    is_over: bool
    lock_day: int


def months(workspace: Workspace, now: datetime) -> tuple[date, ...]:
    """The present month and all that were investigated, newest first."""
    today = now.astimezone(workspace.settings.company.zone).date().replace(day=1)
    with workspace.store.reading() as reader:
        return tuple(sorted({today, *investigations.months_investigated(reader)}, reverse=True))


def investigation(workspace: Workspace, viewer: Viewer, month: date, now: datetime) -> InvestigationRoom:
    """Raises ``not_allowed``."""
    viewer.require(Action.INVESTIGATE)
    settings = workspace.settings
    view = _visible(investigate.read_investigation(workspace, month), viewer.agents(Action.SEE_FLAG))
    with workspace.store.reading() as reader:
        people = directory(reader, ())
        said = {
            item.hypothesis.hypothesis_id: investigations.words_said(
                reader, item.hypothesis.metric, _subjects(item.examination)
            )
            for item in view.hypotheses
        }
        addresses = {item.agent: investigations.last_address(reader, item.agent) for item in view.letters}
    unconfirmed = {
        figures.agent
        for item in view.hypotheses
        if item.examination is not None and item.hypothesis.withdrawn_at is None
        for figures in item.examination.violators
        if not figures.confirmed
    } - {item.agent for item in view.letters}
    today, days = now.astimezone(settings.company.zone).date(), month_span(month, settings.company)
    lock_day = settings.investigation.lock_day
    return InvestigationRoom(
        month=month,
        view=view,
        people=people,
        said=said,
        unconfirmed=tuple(sorted(unconfirmed)),
        addresses=addresses,
        is_late=today > month and (today.month, today.year) == (month.month, month.year) and today.day > lock_day,
        is_over=today > days.last_day,
        lock_day=lock_day,
    )


def _subjects(examination: Examination | None) -> list[str]:
    return [case.subject for item in (examination.agents if examination else ()) for case in item.cases]


def _visible(view: MonthInvestigation, agents: frozenset[str] | None) -> MonthInvestigation:
    """Without agents whom the viewer may not see. What the verdict counted stays: it names nobody."""
    if agents is None:
        return view
    return replace(
        view,
        hypotheses=tuple(_visible_state(item, agents) for item in view.hypotheses),
        letters=tuple(item for item in view.letters if item.agent in agents),
        checks=tuple(item for item in view.checks if item.agent in agents),
        measures=tuple(item for item in view.measures if item.agent in agents),
    )


def _visible_state(state: HypothesisState, agents: frozenset[str]) -> HypothesisState:
    def narrowed(examination: Examination) -> Examination:
        return replace(examination, agents=tuple(item for item in examination.agents if item.agent in agents))

    examination = None if state.examination is None else narrowed(state.examination)
    verdict = state.verdict
    if verdict is not None:
        checks = tuple(item for item in verdict.checks if item.agent in agents)
        verdict = replace(verdict, examination=narrowed(verdict.examination), checks=checks)
    return replace(state, examination=examination, verdict=verdict)


# What is done ----------------------------------------------------------------


def fix(workspace: Workspace, viewer: Viewer, claim: Claim, now: datetime) -> Hypothesis:
    viewer.require(Action.INVESTIGATE)
    return investigate.fix_hypothesis(workspace, claim, viewer.name, now)


def withdraw(workspace: Workspace, viewer: Viewer, hypothesis_id: str, because: str, now: datetime) -> None:
    viewer.require(Action.INVESTIGATE)
    investigate.withdraw_hypothesis(workspace, hypothesis_id, because, viewer.name, now)


def do_step(workspace: Workspace, viewer: Viewer, step: InvestigationStep, month: date, now: datetime) -> None:
    """Examine, prepare the letters or check again: of the whole department, whoever presses the key."""
    viewer.require(Action.INVESTIGATE)
    _STEPS[step](workspace, month, viewer.name, now)


def say_case(
    workspace: Workspace, viewer: Viewer, hypothesis_id: str, case: CaseRef, is_bad: bool | None, now: datetime
) -> None:
    viewer.require(Action.RULE_ON_FLAG, case.agent)
    investigate.confirm_case(workspace, hypothesis_id, case.subject, is_bad, viewer.name, now)


def edit(workspace: Workspace, viewer: Viewer, letter: Letter, subject: str, text: str, now: datetime) -> None:
    viewer.require(Action.RULE_ON_FLAG, letter.agent)
    investigate.edit_letter(workspace, letter.letter_id, subject, text, viewer.name, now)


def send(
    workspace: Workspace, viewer: Viewer, letter: Letter, how: LetterStep, now: datetime, address: str = ""
) -> None:
    viewer.require(Action.RULE_ON_FLAG, letter.agent)
    investigate.send_letter(workspace, letter.letter_id, how, viewer.name, now, address)


def take_back(workspace: Workspace, viewer: Viewer, letter: Letter, because: str, now: datetime) -> None:
    viewer.require(Action.RULE_ON_FLAG, letter.agent)
    investigate.withdraw_letter(workspace, letter.letter_id, because, viewer.name, now)


def decide(
    workspace: Workspace,
    viewer: Viewer,
    measure: Measure,
    decision: MeasureDecision,
    now: datetime,
    kind: MeasureKind | None = None,
    reason: str = "",
) -> None:
    viewer.require(Action.INVESTIGATE)
    viewer.require(Action.RULE_ON_FLAG, measure.agent)
    investigate.decide_measure(workspace, measure.measure_id, decision, viewer.name, now, kind=kind, reason=reason)


# The agent's own -------------------------------------------------------------


def my_letters(workspace: Workspace, viewer: Viewer) -> tuple[Letter, ...]:
    """Letters that were delivered to this agent, newest first; of nobody else."""
    agent = viewer.agent_id
    if agent is None:
        return ()
    with workspace.store.reading() as reader:
        return tuple(item for item in investigations.letters_of_agent(reader, agent) if item.sent_at is not None)


def unread(letters: tuple[Letter, ...]) -> int:
    return sum(item.acknowledged_at is None for item in letters)


def acknowledge(workspace: Workspace, viewer: Viewer, letter_id: str, now: datetime) -> None:
    _own(workspace, viewer, letter_id)
    investigate.acknowledge(workspace, letter_id, viewer.name, now)


def answer(workspace: Workspace, viewer: Viewer, letter_id: str, text: str, now: datetime) -> None:
    _own(workspace, viewer, letter_id)
    investigate.answer_letter(workspace, letter_id, text, viewer.name, now)


def _own(workspace: Workspace, viewer: Viewer, letter_id: str) -> None:
    """Raises ``letter_unknown`` for a letter of somebody else: whether there is one is not said."""
    if all(item.letter_id != letter_id for item in my_letters(workspace, viewer)):
        raise UsageError("letter_unknown")
    viewer.require(Action.ANSWER_FLAG, viewer.agent_id)
