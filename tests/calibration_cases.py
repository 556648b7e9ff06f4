"""Sessions with real evaluations, made through the store as the call page makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from qc_workbench.domain.access import AccessRole, Account, Person
from qc_workbench.domain.calibration import Blindness, CalibrationSession
from qc_workbench.domain.evaluation import Evaluation, Purpose, Reply
from qc_workbench.domain.forms import Cause, Form, FormVersion, Kind, NotApplicable, Question, Section, Text
from qc_workbench.review.evaluating import begun, standing_replies, submitted
from qc_workbench.store import calibration as store
from qc_workbench.store import people, scoring
from qc_workbench.store.database import Store
from qc_workbench.store.forms import form_version, form_versions, new_draft, publish

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
HEAD, QC, OTHER = "account-h1", "account-q1", "account-q2"

FORM = Form(
    "talk",
    Text("Разговор", "Conversation"),
    (
        Section(
            "all",
            Text("Всё", "All"),
            (
                Question(
                    "greeting", Kind.YES_NO, Text("Поздоровался?", "Greeted?"), Decimal(10),
                    help=Text("Назвал себя и компанию.", "Gave name and company."),
                    not_applicable=NotApplicable.DROP,
                    causes=(Cause("hurry", Text("спешил", "was in a hurry")),),
                ),
                Question(
                    "needs", Kind.SCALE, Text("Понял задачу клиента?", "Understood the need?"), Decimal(20),
                    lowest=Decimal(1), highest=Decimal(5),
                ),
                Question("next_step", Kind.YES_NO, Text("Договорился о шаге?", "Agreed a next step?"), Decimal(20)),
            ),
        ),
    ),
)  # fmt: skip


def published(store_: Store, form: Form = FORM) -> FormVersion:
    store_.apply(new_draft(form, HEAD, AT))
    with store_.reading() as reader:
        draft = next(item for item in form_versions(reader) if item.form.code == form.code)
    store_.apply(publish(draft, HEAD, AT))
    with store_.reading() as reader:
        found = form_version(reader, form.code, draft.version)
    assert found is not None
    return found


def second_reviewer(store_: Store) -> None:
    """Галина Вторая, a QC specialist beside Глеб."""
    person = Person(OTHER, frozenset({AccessRole.QC}))
    store_.apply(people.saved(Account(person, "q2", "Галина Вторая", AT, calls_a_day=30)))


def session_of(
    call_id: str,
    *,
    participants: Sequence[str] = (QC, OTHER),
    blindness: Blindness = Blindness.BLIND,
    led_by: str = HEAD,
    at: datetime = AT,
    version: int = 1,
) -> CalibrationSession:
    name = f"session-{call_id}-{at:%d%H%M}"
    due = at + timedelta(days=7)
    return CalibrationSession(name, call_id, "talk", version, tuple(sorted(participants)), led_by, blindness, due, at)


def kept(store_: Store, session: CalibrationSession) -> CalibrationSession:
    store_.apply(store.called([session], None))
    return session


def answers(**given: str) -> dict[str, Reply]:
    return {code: Reply(code, (value,)) for code, value in given.items()}


def evaluate(
    store_: Store,
    version: FormVersion,
    call_id: str,
    reviewer: str,
    given: Mapping[str, Reply],
    at: datetime,
    purpose: Purpose = Purpose.CALIBRATION,
    *,
    submit: bool = True,
) -> Evaluation:
    """Begun, answered and submitted a quarter of an hour later."""
    evaluation = begun(call_id, version, reviewer, at, purpose)
    store_.apply(scoring.begin(evaluation))
    for place, reply in enumerate(given.values()):
        token = f"{evaluation.evaluation_id}-{place}"
        store_.apply(scoring.save_reply(evaluation, reply, token, at + timedelta(seconds=place)))
    if not submit:
        return evaluation
    with store_.reading() as reader:
        steps = scoring.steps_of(reader, evaluation.evaluation_id)
    sent = submitted(version.form, evaluation, standing_replies(steps), at + timedelta(minutes=15))
    store_.apply(scoring.submit(sent, steps))
    return sent


def named(reply: Reply, **more: object) -> Reply:
    return replace(reply, **more)  # type: ignore[arg-type]
