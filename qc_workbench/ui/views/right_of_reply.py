"""The right of reply for the pages: who was asked what, until when they may answer, what they said, who may rule."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from qc_workbench.detection.working_time import WorkingTime
from qc_workbench.domain.access import Action
from qc_workbench.domain.agent_answer import AgentAnswer, FaultAnswer
from qc_workbench.domain.bonus import Fault
from qc_workbench.domain.flag import Finding, Flag, FlagKind, Ruling
from qc_workbench.review.answers import answer_to_question
from qc_workbench.review.right_of_reply import Reply, ReplyState, reply_of
from qc_workbench.review.rulings import CaseState
from qc_workbench.store import faults as fault_store
from qc_workbench.store import replies
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.cases import Case, cases_in_state
from qc_workbench.store.database import Reader, insert
from qc_workbench.store.scoping import Agents
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: Questions that a list shows; faults of one that are shown.
PAGE = 50
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Question:
    """What an agent was asked and nobody has ruled on since. ``case``: of a suspicion about a call; ``batch``: of
    breaches or promises, ``count`` of them, the first in ``faults``."""

    key: str
    agent_id: str
    kind: str
    count: int
    by: str
    reply: Reply
    answers: tuple[AgentAnswer | FaultAnswer, ...]
    case: Case | None = None
    batch: str | None = None
    faults: tuple[Fault, ...] = ()

    def state(self, now: datetime) -> ReplyState:
        return self.reply.state(now)


def suspicion_reply(workspace: Workspace, reader: Reader, flag: Flag) -> Reply:
    """Where the right of reply stands about a suspicion; a newer detection gives no second deadline."""
    findings, answers = replies.suspicion_history(reader, flag.kind, flag.call_id)
    return _reply(workspace, findings, answers)


def reply_about(workspace: Workspace, flag: Flag) -> Reply:
    with workspace.store.reading() as reader:
        return suspicion_reply(workspace, reader, flag)


def breach_reply(workspace: Workspace, fault_id: str) -> Reply:
    """Where the right of reply stands about a breach or a promise."""
    with workspace.store.reading() as reader:
        findings = [item.finding for item in fault_store.rulings_of(reader, [fault_id])]
        return _reply(workspace, findings, fault_store.answered_at(reader, [fault_id]).get(fault_id, ()))


def _reply(workspace: Workspace, findings: Sequence[Finding], answers: Sequence[datetime]) -> Reply:
    settings = workspace.settings
    return reply_of(findings, answers, settings.bonus.reply_days, WorkingTime(settings.company).reply_until)


def questions(workspace: Workspace, agents: Agents, kinds: Collection[FlagKind] = tuple(FlagKind)) -> list[Question]:
    """Open questions to these agents, whoever must answer soonest first. ``kinds`` of suspicions about calls."""
    with workspace.store.reading() as reader:
        found = [
            _about_call(workspace, reader, case)
            for kind in kinds
            for state in (CaseState.ASKED, CaseState.ANSWERED)
            for case in cases_in_state(reader, kind, state, agents, PAGE, 0)
        ]
        batches = replies.asked_batches(reader, agents)
        answers = replies.fault_answers(reader, {item.batch for item in batches})
        for item in batches:
            told = (Finding("", "", Ruling.ASKED, item.by, item.at),)
            given = answers.get(item.batch, [])
            shown = {made.fault.fault_id: made.fault for made in fault_store.rulings_of_batch(reader, item.batch)}
            found.append(
                Question(
                    item.batch, item.agent_id, item.kind, item.faults, item.by,
                    _reply(workspace, told, [each.at for each in given]), tuple(given),
                    batch=item.batch, faults=tuple(shown.values())[:SHOWN],
                )
            )  # fmt: skip
    return sorted(found, key=lambda item: (item.reply.until is None, item.reply.until, item.key))


def _about_call(workspace: Workspace, reader: Reader, case: Case) -> Question:
    asked = case.ruling
    return Question(
        case.flag.flag_id, case.call.manager_id, case.flag.kind.value, 1, asked.by if asked else "",
        suspicion_reply(workspace, reader, case.flag), case.answers, case=case,
    )  # fmt: skip


def unanswered(found: Sequence[Question], now: datetime) -> int:
    """How many questions still wait for the agent's word."""
    return sum(item.state(now) in (ReplyState.OPEN, ReplyState.NO_ANSWER) for item in found)


def asked_fault_ids(workspace: Workspace, batch: str) -> list[str]:
    with workspace.store.reading() as reader:
        return replies.asked_faults(reader, batch)


def write_fault_answer(
    workspace: Workspace, viewer: Viewer, question: Question, text: str, at: datetime
) -> FaultAnswer:
    """Append what the agent says about breaches or promises of theirs. Raises ``not_allowed`` and what
    :func:`qc_workbench.review.answers.answer_to_question` does."""
    viewer.require(Action.ANSWER_FLAG, question.agent_id)
    assert question.batch is not None
    given = answer_to_question(question.batch, question.agent_id, text, viewer.name, at)
    entry = audit_entry(
        at, viewer.name, "violations_answered", question.agent_id, kind=question.kind, batch=given.batch
    )
    row = insert("fault_answers", replies.fault_answer_row(given))
    workspace.store.write(row, entry, key=f"answer:{given.answer_id}")
    return given
