"""The sample company with scores: a form, submitted evaluations, comments; made the way people make them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from qc_workbench.domain.coaching import Comment, Passage
from qc_workbench.domain.evaluation import Evaluation, Purpose, Reply
from qc_workbench.domain.forms import (
    Band,
    Cause,
    Form,
    FormState,
    FormVersion,
    Kind,
    NotApplicable,
    Option,
    Question,
    Section,
    Text,
)
from qc_workbench.review import coaching as coaching_rules
from qc_workbench.review.evaluating import begun, standing_replies, step_to_undo, submitted
from qc_workbench.store import coaching, forms, scoring
from qc_workbench.store.database import insert
from qc_workbench.workspace import Workspace
from tests.ui import sample_company as company

FORM = Form(
    "talk",
    Text("Разговор с клиентом", "Talk with a client"),
    (
        Section(
            "talk",
            Text("Разговор", "Talk"),
            (
                Question(
                    "greeting",
                    Kind.YES_NO,
                    Text("Назвал своё имя и компанию?", "Gave their name and the company's?"),
                    Decimal(20),
                    causes=(
                        Cause("script", Text("Не знает скрипт", "Does not know the script")),
                        Cause("hurry", Text("Спешил", "Was in a hurry")),
                    ),
                ),
                Question(
                    "needs",
                    Kind.SCALE,
                    Text("Насколько выяснил потребность?", "How well were needs found out?"),
                    Decimal(40),
                    lowest=Decimal(1),
                    highest=Decimal(5),
                    not_applicable=NotApplicable.DROP,
                ),
                Question(
                    "step",
                    Kind.CHOICE,
                    Text("Чем закончился разговор?", "How did the talk end?"),
                    Decimal(40),
                    options=(
                        Option("agreed", Text("Договорились о шаге", "A step was agreed"), Decimal(1)),
                        Option("offered", Text("Шаг предложен", "A step was offered"), Decimal("0.5")),
                        Option("nothing", Text("Ничем", "With nothing"), Decimal(0)),
                    ),
                ),
            ),
        ),
    ),
    bands=(
        Band("low", Text("Слабо", "Weak"), Decimal(0)),
        Band("good", Text("Хорошо", "Good"), Decimal(70)),
    ),
)

#: Answers that come to 30 of 100: every question has something to argue about.
POOR = {"greeting": ("no",), "needs": ("2",), "step": ("offered",)}
GOOD = {"greeting": ("yes",), "needs": ("5",), "step": ("agreed",)}


def publish(workspace: Workspace, at: datetime, form: Form = FORM) -> FormVersion:
    workspace.store.apply(forms.new_draft(form, "Вера Главная", at))
    with workspace.store.reading() as reader:
        draft = next(item for item in forms.form_versions(reader, FormState.DRAFT) if item.form.code == form.code)
    workspace.store.apply(forms.publish(draft, "Вера Главная", at))
    with workspace.store.reading() as reader:
        found = forms.form_version(reader, form.code, draft.version)
    assert found is not None
    return found


def score(
    workspace: Workspace,
    version: FormVersion,
    call_id: str,
    at: datetime,
    given: Mapping[str, tuple[str, ...]] = POOR,
    reviewer: str = "account-q1",
    purpose: Purpose = Purpose.SCORE,
    *,
    undone: bool = False,
) -> Evaluation:
    """A submitted evaluation of a call, one saved answer after another. ``undone``: with another answer taken back and
    one cleared on the way."""
    draft = begun(call_id, version, reviewer, at - timedelta(minutes=9), purpose)
    workspace.store.apply(scoring.begin(draft))
    if undone:
        workspace.store.apply(scoring.save_reply(draft, Reply("step", ("nothing",)), f"{draft.evaluation_id}:a", at))
        workspace.store.apply(scoring.clear_reply(draft, "step", f"{draft.evaluation_id}:b", at))
    for code, values in given.items():
        cause = "script" if code == "greeting" and values == ("no",) else None
        said = "Начал сразу с цены" if cause else ""
        reply = Reply(code, values, cause, said)
        workspace.store.apply(scoring.save_reply(draft, reply, f"{draft.evaluation_id}:{code}", at))
    with workspace.store.reading() as reader:
        steps = scoring.steps_of(reader, draft.evaluation_id)
    if undone:
        workspace.store.apply(scoring.save_reply(draft, Reply("needs", ("5",)), f"{draft.evaluation_id}:c", at))
        with workspace.store.reading() as reader:
            last = step_to_undo(scoring.steps_of(reader, draft.evaluation_id))
        assert last is not None
        workspace.store.apply(scoring.undo(draft, last, f"{draft.evaluation_id}:d", at))
        with workspace.store.reading() as reader:
            steps = scoring.steps_of(reader, draft.evaluation_id)
    sent = submitted(version.form, draft, standing_replies(steps), at)
    workspace.store.apply(scoring.submit(sent, steps))
    return sent


def comment(
    workspace: Workspace,
    call_id: str,
    agent: str,
    text: str,
    at: datetime,
    *,
    seconds: tuple[float, float | None] | None = (4.5, 8.0),
    question: str | None = None,
    for_coaching: bool = True,
    duration_s: float = 30.0,
) -> Comment:
    about = coaching_rules.CommentedCall(call_id, agent, duration_s)
    passage = Passage(*seconds) if seconds else None
    made = coaching_rules.comment(
        about, text, "account-q1", at, passage=passage, for_coaching=for_coaching, question=question
    )
    workspace.store.write(insert("comments", coaching.comment_row(made)))
    return made


def scored_company(workspace: Workspace, now: datetime) -> dict[str, Evaluation]:
    """Two scores of Борис (poor), one of Алла (good, too old to dispute); comments on the first. By call."""
    version = publish(workspace, now - timedelta(days=40))
    found = {
        company.PROMISE: score(workspace, version, company.PROMISE, now - timedelta(days=1)),
        company.TALK: score(workspace, version, company.TALK, now - timedelta(days=2), reviewer="account-h1"),
        company.PADDED: score(workspace, version, company.PADDED, now - timedelta(days=20), GOOD),
    }
    comment(workspace, company.PROMISE, "m2", "Клиент сам просит перезвонить, а шаг не назначен", now, question="step")
    comment(workspace, company.PROMISE, "m2", "Спокойный тон", now, seconds=None, for_coaching=False)
    return found
