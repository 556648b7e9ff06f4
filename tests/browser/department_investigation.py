"""The department's investigation of the month before: two hypotheses, letters, what changed, measures to decide."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from pipelines import investigate
from qc_workbench.domain.investigation import Metric
from qc_workbench.domain.letter import LetterStep
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace


def investigation_month(workspace: Workspace, now: datetime, head: Viewer, agent: Viewer) -> None:
    """Letters about low scores were shown; the agent has answered theirs."""
    last = now.astimezone(workspace.settings.company.zone).date().replace(day=1) - timedelta(days=1)
    month = last.replace(day=1)
    began = datetime.combine(month + timedelta(days=1), time(8), UTC)
    middle, ended = began + timedelta(days=13), datetime.combine(last + timedelta(days=1), time(7), UTC)
    scores = investigate.Claim(
        month, Metric.LOW_SCORES, 0.25, "Есть менеджеры, у которых больше четверти разговоров ниже 70 баллов",
        least_of=8, line=70.0,
    )  # fmt: skip
    callbacks = investigate.Claim(month, Metric.LATE_CALLBACKS, 0.2, "Пропущенным перезванивают поздно", least_of=3)
    for claim in (scores, callbacks):
        investigate.fix_hypothesis(workspace, claim, head.name, began)
    investigate.examine(workspace, month, head.name, middle)
    for letter in investigate.prepare_letters(workspace, month, head.name, middle):
        at = middle + timedelta(hours=1)
        investigate.send_letter(workspace, letter.letter_id, LetterStep.SHOWN, head.name, at)
        if letter.agent == agent.agent_id:
            text = "В двух звонках клиент спешил, остальное исправлю."
            investigate.acknowledge(workspace, letter.letter_id, agent.name, at + timedelta(hours=2))
            investigate.answer_letter(workspace, letter.letter_id, text, agent.name, at + timedelta(hours=3))
    investigate.check_again(workspace, month, head.name, ended)
