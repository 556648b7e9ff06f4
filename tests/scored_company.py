"""A company whose random sample was scored: calls, frames, draws, scores, in any number of agents and days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from qc_workbench.domain.call import Call, Direction, Manager, Outcome
from qc_workbench.domain.dispute import DisputeMove, Move
from qc_workbench.domain.evaluation import Evaluation, EvaluationState, Purpose, Reply
from qc_workbench.domain.forms import Band, Cause, Critical, Form, Text
from qc_workbench.domain.sampling import Draw, FrameItem, Period, Plan, Queue, SampledCall, SampleStatus
from qc_workbench.review.scoring import score
from qc_workbench.store import calls as call_rows
from qc_workbench.store import disputes, forms, samples
from qc_workbench.store.database import Statement, insert, insert_all, to_json
from qc_workbench.workspace import Workspace
from tests.form_cases import form_of, yes_no

MONDAY = date(2026, 10, 5)
MADE = datetime(2026, 9, 1, tzinfo=UTC)

FORM = form_of(
    replace(
        yes_no("need", 50), text=Text("Узнал, что нужно", "Found out the need"),
        causes=(Cause("hurry", Text("спешил", "in a hurry")), Cause("skill", Text("не умеет", "lacks skill"))),
    ),
    replace(yes_no("greeting", 30), text=Text("Поздоровался", "Greeted")),
    replace(yes_no("truth", 20), text=Text("Не солгал", "Told no lie"), critical=Critical.FORM),
    code="talk",
    title=Text("Разговор", "Talk"),
    bands=(
        Band("low", Text("Плохо", "Poor"), Decimal(0)),
        Band("high", Text("Хорошо", "Good"), Decimal(80)),
    ),
)  # fmt: skip

#: Answers by the score they come to.
ANSWERS: dict[int, dict[str, str]] = {
    100: {"need": "yes", "greeting": "yes", "truth": "yes"},
    70: {"need": "yes", "greeting": "no", "truth": "yes"},
    50: {"need": "no", "greeting": "yes", "truth": "yes"},
    20: {"need": "no", "greeting": "no", "truth": "yes"},
    0: {"need": "yes", "greeting": "yes", "truth": "no"},
}


@dataclass(frozen=True)
class Drawn:
    """A call of a frame. ``points``: what it is scored (a key of :data:`ANSWERS`), None: it is not.

    ``minute``: of the day's work, which begins at nine (UTC)."""

    call_id: str
    agent: str
    day: date
    points: int | None = None
    is_drawn: bool = True
    status: SampleStatus = SampleStatus.DONE
    replaces: str | None = None
    minute: int = 0
    talk_s: float = 60
    phone: str | None = None

    @property
    def started_at(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, 9, tzinfo=UTC) + timedelta(minutes=self.minute)

    @property
    def stratum(self) -> str:
        return f"direction=inbound;manager_id={self.agent}"


def publish(workspace: Workspace, form: Form = FORM) -> None:
    workspace.store.apply(forms.new_draft(form, "q1", MADE))
    with workspace.store.reading() as reader:
        draft = next(item for item in forms.form_versions(reader) if item.form.code == form.code)
    workspace.store.apply(forms.publish(draft, "q1", MADE))


def employ(workspace: Workspace, names: dict[str, str]) -> None:
    rows = [call_rows.manager_row(Manager(agent, name)) for agent, name in names.items()]
    workspace.store.insert_many("managers", rows)


def draw(workspace: Workspace, drawn: list[Drawn], plan_name: str = "daily", period: Period = Period.DAILY) -> None:
    """Calls, and a draw for each day with them in its frame (of a weekly plan: for the week that the day is in)."""
    plan = Plan(plan_name, period, {"inbound": 0.3, "outbound": 0.3})
    calls = [
        Call(
            item.call_id, item.started_at, Direction.INBOUND, item.agent, item.phone, item.talk_s, Outcome.ANSWERED
        )
        for item in drawn
    ]  # fmt: skip
    workspace.store.insert_many("calls", [call_rows.call_row(call, MADE) for call in calls])
    first_of = {item.day: item.day - timedelta(days=item.day.weekday() * (period is Period.WEEKLY)) for item in drawn}
    for day in sorted(set(first_of.values())):
        of_day = [item for item in drawn if first_of[item.day] == day]
        last = day + timedelta(days=6 * (period is Period.WEEKLY))
        frame = tuple(FrameItem(item.call_id, item.started_at, item.stratum, item.agent) for item in of_day)
        draw_id = f"{plan_name}-{day}"
        named = f"{day:%G-W%V}" if period is Period.WEEKLY else day.isoformat()
        passport = Draw(draw_id, plan, day, last, "seed", "hash", frame, of_day[0].started_at, "0")
        rows = [
            SampledCall(
                draw_id, plan_name, named, item.stratum, item.call_id, 0.5, item.started_at,
                status=item.status, replaces=item.replaces,
            )
            for item in of_day
            if item.is_drawn
        ]  # fmt: skip
        workspace.store.write(
            insert("draws", samples.draw_row(passport)),
            *insert_all("sample", [samples.sampled_row(row) for row in rows]),
        )
    for item in drawn:
        if item.points is not None:
            give(workspace, item.call_id, item.points, item.started_at + timedelta(days=1))


def target(workspace: Workspace, call_id: str) -> None:
    """Put a call on the targeted queue as well."""
    row = SampledCall(
        "targeted", "targeted", "2026-10-05", "risk", call_id, 1.0, MADE, Queue.TARGETED, SampleStatus.DONE
    )
    workspace.store.insert_many("sample", [samples.sampled_row(row)])


def give(
    workspace: Workspace, call_id: str, points: int, at: datetime, purpose: Purpose = Purpose.SCORE, form: Form = FORM,
    cause: str | None = None,
) -> str:  # fmt: skip
    """A submitted evaluation, with its answers; its id."""
    replies = {code: Reply(code, (said,), cause if said == "no" else None) for code, said in ANSWERS[points].items()}
    result = score(form, replies)
    evaluation_id = f"{call_id}-{purpose.value}-{at:%m%d%H%M}"
    given = Evaluation(
        evaluation_id, call_id, form.code, 1, "q1", EvaluationState.SUBMITTED, at - timedelta(minutes=5), 300.0, None,
        at, result.score, result.band, result.has_failed, purpose,
    )  # fmt: skip
    row = {name: getattr(given, name) for name in Evaluation.__slots__}
    answers = [
        {
            "evaluation_id": evaluation_id, "place": place, "question": reply.question, "is_cleared": False,
            "given": to_json(list(reply.values)), "cause": reply.cause, "comment": "", "undoes": None,
            "saved_by": "q1", "saved_at": at,
        }
        for place, reply in enumerate(replies.values(), start=1)
    ]  # fmt: skip
    workspace.store.write(
        insert("evaluations", row | {"state": "submitted", "purpose": purpose.value}),
        *insert_all("evaluation_answers", answers),
    )
    return evaluation_id


def dispute(workspace: Workspace, evaluation_id: str, question: str, at: datetime, *, is_ruled: bool) -> None:
    """The agent says the answer is yes; ruled: it stands."""
    call_id = evaluation_id.split("-score-")[0]
    counter = Reply(question, ("yes",))
    moves = [DisputeMove(evaluation_id, call_id, question, 1, Move.DISPUTE, counter, "слышно", "m1", at)]
    if is_ruled:
        later = at + timedelta(hours=1)
        moves.append(DisputeMove(evaluation_id, call_id, question, 2, Move.RULE, counter, "да", "q2", later))
    for move in moves:
        workspace.store.apply(disputes.written([move]))


def forget_frame_counts(workspace: Workspace) -> None:
    workspace.store.write(Statement("delete from frame_counts"))
