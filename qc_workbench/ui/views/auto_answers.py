"""The machine's answers about one call, people's checks of them, and how far each kind can be trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from qc_workbench.detection.auto_answers import VERSION
from qc_workbench.domain.access import Action
from qc_workbench.domain.auto_answer import Agreement, Answer, AnswerCheck, AutoAnswer, Question
from qc_workbench.store.auto_answers import agreements, checks_of_call, save_check
from qc_workbench.store.calls import agent_of_call, audit_entry
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.call import CallView
from qc_workbench.workspace import Workspace


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """``check``: what a person said last; ``agreement``: of all calls, None before the first check."""

    suggested: AutoAnswer
    check: AnswerCheck | None
    agreement: Agreement | None


def answered_questions(workspace: Workspace, view: CallView) -> tuple[AnsweredQuestion, ...]:
    """Every question with its suggestion; nothing where there was no conversation or its words are not known."""
    found = view.machine_answers
    if not found:
        return ()
    checks, trusted = _checked(workspace, view.call.call_id)
    return tuple(AnsweredQuestion(item, checks.get(item.question), trusted.get(item.question)) for item in found)


def _checked(workspace: Workspace, call_id: str) -> tuple[Mapping[Question, AnswerCheck], Mapping[Question, Agreement]]:
    with workspace.store.reading() as reader:
        return checks_of_call(reader, call_id), agreements(reader, VERSION)


def write_check(
    workspace: Workspace, viewer: Viewer, call_id: str, suggested: AutoAnswer, human: Answer, at: datetime
) -> AnswerCheck:
    """Append a person's answer. Raises ``not_allowed`` for whoever may not score the call."""
    with workspace.store.reading() as reader:
        viewer.require(Action.SCORE_CALL, agent_of_call(reader, call_id))
    check = AnswerCheck(call_id, suggested.question, VERSION, suggested.answer, human, viewer.name, at)
    workspace.store.write(
        save_check(check),
        audit_entry(at, check.by, "answer_checked", call_id, question=check.question.value, answer=human.value),
    )
    return check
