"""The machine's suggestions beside the questions of a form: signed, so that a page can send one back with the answer
and nobody has to listen to the call again to know that it was ours."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from pathlib import Path

from qc_workbench.detection.auto_answers import VERSION
from qc_workbench.domain.auto_answer import Answer, AnswerCheck, AutoAnswer
from qc_workbench.domain.evaluation import Evaluation, Reply
from qc_workbench.domain.forms import Form
from qc_workbench.review import evaluating
from qc_workbench.ui.recordings import workspace_secret


def suggestion_sign(home: Path, call_id: str, machine: AutoAnswer | tuple[str, Answer]) -> str:
    """Our word for what the machine said."""
    question, said = machine if isinstance(machine, tuple) else (machine.question.value, machine.answer)
    content = "\n".join(("suggestion", call_id, VERSION, question, said.value))
    return hmac.new(workspace_secret(home), content.encode(), hashlib.sha256).hexdigest()[:32]


def check_of_reply(
    home: Path,
    evaluation: Evaluation,
    form: Form,
    reply: Reply,
    suggested: tuple[Answer, str] | None,
    now: datetime,
) -> AnswerCheck | None:
    """What the reply says about the suggestion beside it; None where there was none, or it is not our word."""
    question = form.question(reply.question)
    if suggested is None or question is None or question.auto is None:
        return None
    said, sign = suggested
    ours = suggestion_sign(home, evaluation.call_id, (question.auto.value, said))
    if not hmac.compare_digest(ours.encode(), sign.encode()):
        return None
    offered = evaluating.suggestions(form, [AutoAnswer(question.auto, said)]).get(question.code)
    return None if offered is None else evaluating.check_of(evaluation, reply, offered, VERSION, now)
