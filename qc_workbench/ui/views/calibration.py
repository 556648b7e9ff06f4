"""Calibration sessions: mine, one of them as I may see it, calling new ones, and the leader's steps.

Answers reach a page through :func:`qc_workbench.review.calibrating.answers_shown` and in no other way: what is not in
a :class:`SessionView` was not to be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qc_workbench.domain.access import Action, Subject
from qc_workbench.domain.calibration import (
    AgreedScore,
    Blindness,
    CalibrationDraw,
    CalibrationSession,
    CalibrationStep,
    Given,
    Spread,
    Stage,
)
from qc_workbench.domain.call import Call
from qc_workbench.domain.coaching import Comment
from qc_workbench.domain.evaluation import Evaluation, Reply
from qc_workbench.domain.forms import Form, Text
from qc_workbench.errors import UsageError
from qc_workbench.review import calibrating, calibration_comparison
from qc_workbench.review.calibrating import CalibrationCase
from qc_workbench.review.calibration_draws import drawn
from qc_workbench.review.coaching import standing_comments
from qc_workbench.review.evaluating import standing_replies
from qc_workbench.store import calibration as store
from qc_workbench.store.browsing import calls_by_id
from qc_workbench.store.calls import audit_entry
from qc_workbench.store.calls import call as read_call
from qc_workbench.store.coaching import comments_of_calls
from qc_workbench.store.database import Reader
from qc_workbench.store.forms import form_version
from qc_workbench.store.people import accounts
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.workspace import Workspace

#: Closed sessions of one person that the room lists, the newest; the figures are made of all.
CLOSED_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class SessionLine:
    """``submitted`` of ``asked`` people have sent their answers; ``is_mine``: led by the viewer."""

    session: CalibrationSession
    stage: Stage
    call: Call | None
    title: Text
    submitted: int
    is_mine: bool
    is_opened: bool

    @property
    def asked(self) -> int:
        return len(self.session.participants)


@dataclass(frozen=True, slots=True)
class SessionList:
    lines: tuple[SessionLine, ...]
    names: Mapping[str, str]
    people: Directory

    def of(self, stage: Stage) -> tuple[SessionLine, ...]:
        return tuple(line for line in self.lines if line.stage is stage)


@dataclass(frozen=True, slots=True)
class SessionView:
    """One session as the viewer may see it. ``shown``: answers; ``late``: who of them sent theirs after the opening.

    ``waits_for``: names, for leaders only. ``agreed``: None while nothing is shown. ``unanimous``: how many
    questions one key would settle; ``version_is_old``: a newer version of the form was published since.
    """

    session: CalibrationSession
    stage: Stage
    form: Form
    call: Call | None
    people: Directory
    names: Mapping[str, str]
    is_led: bool
    is_opened: bool
    may_open: bool
    submitted: int
    waits_for: tuple[str, ...]
    shown: tuple[Given, ...]
    late: frozenset[str]
    spreads: tuple[Spread, ...]
    agreed: AgreedScore | None
    unanimous: int
    comments: tuple[Comment, ...]
    draw: CalibrationDraw | None

    def spread(self, question: str | None) -> Spread | None:
        return next((item for item in self.spreads if item.question == question), None)

    @property
    def drawn(self) -> tuple[str, ...]:
        """The calls of the draw, drawn again now."""
        return drawn(self.draw) if self.draw else ()


# Seams ---------------------------------------------------------------------------------------------------------------


def session_for(reader: Reader, call_id: str, person_id: str) -> str | None:
    """The session that an evaluation of this call is for if this person begins or goes on with one now.

    Such an evaluation has :attr:`Purpose.CALIBRATION` and is begun on the form version of :func:`form_of_session`.
    """
    for case in _cases(reader, store.sessions_of_call(reader, call_id)):
        if calibrating.is_to_score(case, person_id):
            return case.session.session_id
    return None


def form_of_session(reader: Reader, session_id: str) -> tuple[str, int] | None:
    """Code and version of the form that a session is scored on."""
    session = store.session(reader, session_id)
    return (session.form_code, session.version) if session else None


@dataclass(frozen=True, slots=True)
class QueuedCall:
    """A call that is to look like any other in a person's queue."""

    call_id: str
    since: datetime
    due: datetime


def unannounced_calls(reader: Reader, person_id: str) -> tuple[QueuedCall, ...]:
    """Calls of sessions that this person must not recognise and has still to score: the queue's part of them."""
    found = _cases(reader, store.sessions_of_person(reader, person_id, 0))
    return tuple(
        QueuedCall(case.session.call_id, case.session.called_at, case.session.due)
        for case in found
        if case.session.blindness is Blindness.UNKNOWN and calibrating.is_to_score(case, person_id)
    )


# Reading -------------------------------------------------------------------------------------------------------------


def session_list(workspace: Workspace, viewer: Viewer) -> SessionList:
    """Sessions that exist for this person, also those of others that they may lead: those to do first by their due
    date, the others newest first."""
    with workspace.store.reading() as reader:
        may_lead = viewer.may(Action.LEAD_CALIBRATION)
        found = store.sessions_of_person(reader, viewer.person_id, CLOSED_LISTED, everybodys=may_lead)
        calls = calls_by_id(reader, {session.call_id for session in found})
        staged = [(case, _stage(case, viewer, calls.get(case.session.call_id))) for case in _cases(reader, found)]
        mine = [(case, stage) for case, stage in staged if stage is not None]
        people = directory(reader, ())
        names = names_of_accounts(reader)
        forms = {key: form_version(reader, *key) for key in {_form_key(case.session) for case, _ in mine}}
    lines = [
        SessionLine(
            case.session,
            stage,
            calls.get(case.session.call_id),
            version.form.title if (version := forms[_form_key(case.session)]) else Text("—", "—"),
            len(case.submitted),
            case.session.led_by == viewer.person_id,
            case.opened_at is not None,
        )
        for case, stage in mine
    ]
    lines.sort(key=lambda line: line.session.due if line.stage is Stage.DO_NOW else line.session.called_at)
    to_do = [line for line in lines if line.stage is Stage.DO_NOW]
    return SessionList((*to_do, *(line for line in reversed(lines) if line not in to_do)), names, people)


def session_view(workspace: Workspace, viewer: Viewer, session_id: str) -> SessionView | None:
    """None where there is no such session for this person."""
    who = viewer.person_id
    with workspace.store.reading() as reader:
        case = _whole_case(reader, session_id)
        call = read_call(reader, case.session.call_id) if case else None
        stage = _stage(case, viewer, call) if case else None
        if case is None or stage is None:
            return None
        session = case.session
        version = form_version(reader, session.form_code, session.version)
        if version is None:
            return None
        is_led, agent = _is_led(case, viewer, call), _agent(viewer, call)
        shown, sees_all = calibrating.answers_shown(case, who, is_led), calibrating.sees_all(case, who, is_led)
        comments = standing_comments(comments_of_calls(reader, [session.call_id])) if sees_all else ()
        names = names_of_accounts(reader)
        people = directory(reader, ())
        draw = store.draw(reader, session.draw_id) if session.draw_id else None
    waits_for = [names.get(one, one) for one in session.participants if one not in case.submitted]
    return SessionView(
        session=session,
        stage=stage,
        form=version.form,
        call=call,
        people=people,
        names=names,
        is_led=is_led,
        is_opened=case.opened_at is not None,
        may_open=is_led and _allowed(lambda: calibrating.opened(case, viewer.account.person, session.due, agent)),
        submitted=len(case.submitted),
        waits_for=tuple(waits_for) if is_led else (),
        shown=shown,
        late=frozenset(item.reviewer for item in case.late) if sees_all else frozenset(),
        spreads=calibration_comparison.spreads(version.form, case, who, is_led),
        agreed=calibration_comparison.agreed_score(version.form, case) if sees_all else None,
        unanimous=len(calibration_comparison.unanimous(version.form, case)) if is_led and case.is_discussed else 0,
        comments=tuple(item for item in comments if item.by in session.participants),
        draw=draw,
    )


def _agent(viewer: Viewer, call: Call | None) -> Subject | None:
    return viewer.subject(call.manager_id) if call is not None else None


def _is_led(case: CalibrationCase, viewer: Viewer, call: Call | None) -> bool:
    return calibrating.leads(case, viewer.account.person, _agent(viewer, call))


def _stage(case: CalibrationCase, viewer: Viewer, call: Call | None) -> Stage | None:
    if call is not None and not viewer.may(Action.SCORE_CALL, call.manager_id):
        return None  # whoever took part and leads another team now is told no more of it
    return calibrating.stage(case, viewer.person_id, _is_led(case, viewer, call))


def names_of_accounts(reader: Reader) -> dict[str, str]:
    return {account.person.person_id: account.name for account in accounts(reader)}


def _form_key(session: CalibrationSession) -> tuple[str, int]:
    return session.form_code, session.version


def _allowed(step: Callable[[], CalibrationStep]) -> bool:
    try:
        step()
    except UsageError:
        return False
    return True


def _cases(reader: Reader, sessions: Sequence[CalibrationSession]) -> list[CalibrationCase]:
    """Sessions as far as their state goes: without agreed answers and without what was answered."""
    if not sessions:
        return []
    steps = store.steps_of_sessions(reader, [item.session_id for item in sessions], with_agreed=False)
    evaluations = store.evaluations_for_calibration(reader, {item.call_id for item in sessions})
    return [case_of(session, steps.get(session.session_id, ()), evaluations, {}) for session in sessions]


def case_of(
    session: CalibrationSession,
    steps: Sequence[CalibrationStep],
    evaluations: Sequence[Evaluation],
    replies: Mapping[str, Mapping[str, Reply]],
) -> CalibrationCase:
    """A session with the evaluations that belong to it. ``replies``: evaluation -> its answers by question."""
    closed_at = CalibrationCase(session, tuple(steps)).closed_at
    given = tuple(
        Given(item, tuple(replies.get(item.evaluation_id, {}).values()))
        for item in evaluations
        if calibrating.belongs(session, item, closed_at)
    )
    return CalibrationCase(session, tuple(steps), given)


def _whole_case(reader: Reader, session_id: str) -> CalibrationCase | None:
    session = store.session(reader, session_id)
    if session is None:
        return None
    steps = store.steps_of_sessions(reader, [session_id]).get(session_id, [])
    evaluations = store.evaluations_for_calibration(reader, [session.call_id])
    answers = store.answers_of(reader, [item.evaluation_id for item in evaluations])
    return case_of(session, steps, evaluations, {key: standing_replies(of) for key, of in answers.items()})


# The leader's steps --------------------------------------------------------------------------------------------------


def open_answers(workspace: Workspace, viewer: Viewer, session_id: str, at: datetime) -> None:
    """Show the answers now. Raises what :func:`calibrating.opened` does."""
    case, _, agent = _led(workspace, viewer, session_id)
    _write(workspace, viewer, [calibrating.opened(case, viewer.account.person, at, agent)], "calibration_opened")


def agree(
    workspace: Workspace,
    viewer: Viewer,
    session_id: str,
    question: str,
    values: tuple[str, ...] | None,
    note: str,
    at: datetime,
    cause: str | None = None,
) -> None:
    """Write down the agreed answer to a question; None takes it back. Raises what ``calibrating.agreed_on`` does."""
    case, form, agent = _led(workspace, viewer, session_id)
    reply = None if values is None else Reply(question, values, cause)
    step = calibrating.agreed_on(case, form, viewer.account.person, question, reply, note, at, agent)
    _write(workspace, viewer, [step], "calibration_agreed")


def agree_where_all_do(workspace: Workspace, viewer: Viewer, session_id: str, at: datetime) -> int:
    """Take over every answer that all gave alike; how many."""
    case, form, agent = _led(workspace, viewer, session_id)
    steps: list[CalibrationStep] = []
    for reply in calibration_comparison.unanimous(form, case):
        so_far = CalibrationCase(case.session, (*case.steps, *steps), case.given)
        steps.append(calibrating.agreed_on(so_far, form, viewer.account.person, reply.question, reply, "", at, agent))
    if steps:
        _write(workspace, viewer, steps, "calibration_agreed")
    return len(steps)


def close(workspace: Workspace, viewer: Viewer, session_id: str, at: datetime) -> None:
    case, _, agent = _led(workspace, viewer, session_id)
    _write(workspace, viewer, [calibrating.closed(case, viewer.account.person, at, agent)], "calibration_closed")


def reopen(workspace: Workspace, viewer: Viewer, session_id: str, at: datetime) -> None:
    """Undo of closing."""
    case, _, agent = _led(workspace, viewer, session_id)
    _write(workspace, viewer, [calibrating.reopened(case, viewer.account.person, at, agent)], "calibration_reopened")


def _led(workspace: Workspace, viewer: Viewer, session_id: str) -> tuple[CalibrationCase, Form, Subject | None]:
    """A session that this person leads, its form, and whose call it is.

    Raises :class:`UsageError` ``calibration_not_leader``, also where there is no such session."""
    with workspace.store.reading() as reader:
        case = _whole_case(reader, session_id)
        call = read_call(reader, case.session.call_id) if case else None
        version = form_version(reader, *_form_key(case.session)) if case else None
    if case is None or version is None or not _is_led(case, viewer, call):
        raise UsageError("calibration_not_leader")
    return case, version.form, _agent(viewer, call)


def _write(workspace: Workspace, viewer: Viewer, steps: Sequence[CalibrationStep], action: str) -> None:
    questions: Collection[str] = [step.question for step in steps if step.question]
    first = steps[0]
    entry = audit_entry(first.at, viewer.name, action, first.session_id, questions=list(questions))
    workspace.store.apply(store.written(steps, entry))
