"""Calibration sessions: who may see what when, what stands, and the next step or the refusal.

    scoring ── all have submitted, or the leader opens ──> discussed ── closed <──> reopened

Blindness is one function, :func:`answers_shown`: whatever shows an answer of a session takes it from there. A session
that is unknown to its participants exists for them only after the leader has opened it (:func:`knows_of`), so that
one of several calls that is finished first gives the others not away. What is submitted after the opening is kept and
shown as late, and counts in no statistic. What a role may do is asked before (:mod:`qc_workbench.domain.access`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from qc_workbench.domain.access import Account, Action, Person, Subject, may
from qc_workbench.domain.calibration import (
    Blindness,
    CalibrationSession,
    CalibrationStep,
    Given,
    Stage,
    StepKind,
)
from qc_workbench.domain.evaluation import Evaluation, EvaluationState, Purpose, Reply
from qc_workbench.domain.forms import Form, FormState, FormVersion
from qc_workbench.errors import UsageError
from qc_workbench.review.evaluating import checked

#: With fewer there is nothing to compare.
FEWEST: Final = 2
#: Characters of a note: two pages.
LONGEST_NOTE: Final = 4000


@dataclass(frozen=True, slots=True)
class CalibrationCase:
    """A session with everything that belongs to it: the steps in order, the evaluations of its participants."""

    session: CalibrationSession
    steps: tuple[CalibrationStep, ...] = ()
    given: tuple[Given, ...] = ()

    @property
    def closed_at(self) -> datetime | None:
        at = None
        for step in self.steps:
            if step.kind in (StepKind.CLOSED, StepKind.REOPENED):
                at = step.at if step.kind is StepKind.CLOSED else None
        return at

    @property
    def opened_at(self) -> datetime | None:
        """When answers became visible to all; None while they are not. Of a session that is not blind: None."""
        by_leader = min((step.at for step in self.steps if step.kind is StepKind.OPENED), default=None)
        whole = None
        if self.session.blindness is Blindness.BLIND and self.submitted >= set(self.session.participants):
            whole = max(_sent_at(item) for item in self._submitted())
        return min((at for at in (by_leader, whole) if at is not None), default=None)

    @property
    def submitted(self) -> frozenset[str]:
        """Who has submitted."""
        return frozenset(item.reviewer for item in self._submitted())

    @property
    def in_time(self) -> tuple[Given, ...]:
        """What was submitted before the answers were shown: what statistics and the middle are made of."""
        opened = self.opened_at
        return tuple(item for item in self._submitted() if opened is None or _sent_at(item) <= opened)

    @property
    def late(self) -> tuple[Given, ...]:
        return tuple(item for item in self._submitted() if item not in self.in_time)

    @property
    def is_discussed(self) -> bool:
        """Whether answers lie on the table and may be agreed on."""
        seen = self.session.blindness is Blindness.SEEN and bool(self.submitted)
        return (self.opened_at is not None or seen) and self.closed_at is None

    def _submitted(self) -> list[Given]:
        return [item for item in self.given if item.evaluation.state is EvaluationState.SUBMITTED]


def _sent_at(item: Given) -> datetime:
    assert item.evaluation.submitted_at is not None
    return item.evaluation.submitted_at


def belongs(session: CalibrationSession, evaluation: Evaluation, closed_at: datetime | None) -> bool:
    """Whether an evaluation was made for this session."""
    return (
        evaluation.purpose is Purpose.CALIBRATION
        and evaluation.call_id == session.call_id
        and (evaluation.form_code, evaluation.version) == (session.form_code, session.version)
        and evaluation.reviewer in session.participants
        and evaluation.begun_at >= session.called_at
        and (closed_at is None or evaluation.begun_at < closed_at)
    )


# Who sees what ----------------------------------------------------------------------------------------------------


def leads(case: CalibrationCase, person: Person, agent: Subject | None) -> bool:
    """Whether this person may open, agree, close: whoever called the session; and, so that it does not wait for one
    person, everybody else who may lead calibration. All of them have to be allowed to score this ``agent``'s calls now:
    not the own ones, not those of a team that was theirs. Who takes part is measured by the agreed answers and writes
    none, unless they called it. Of a session that is unannounced so far reviewers learn nothing: only those who read
    reports lead it.
    """
    session = case.session
    if not may(person, Action.LEAD_CALIBRATION):
        return False
    if agent is not None and not may(person, Action.SCORE_CALL, agent):
        return False
    if person.person_id == session.led_by:
        return True
    if person.person_id in session.participants or agent is None:
        return False
    return session.blindness is not Blindness.UNKNOWN or case.opened_at is not None or sees_names(person)


def knows_of(case: CalibrationCase, person_id: str, is_leading: bool = False) -> bool:
    """Whether the session exists for this person at all. ``is_leading``: what :func:`leads` says of them."""
    session = case.session
    if is_leading:
        return True
    if person_id not in session.participants:
        return False
    return session.blindness is not Blindness.UNKNOWN or case.opened_at is not None


def answers_shown(case: CalibrationCase, person_id: str, is_leading: bool = False) -> tuple[Given, ...]:
    """The submitted answers that this person may see: their own; all, once the session is open."""
    if not knows_of(case, person_id, is_leading):
        return ()
    everything = (*case.in_time, *case.late)
    if sees_all(case, person_id, is_leading):
        return everything
    return tuple(item for item in everything if item.reviewer == person_id)


def sees_all(case: CalibrationCase, person_id: str, is_leading: bool = False) -> bool:
    """Whether others' and agreed answers are shown: the session is open; or it is not blind, and this person has
    submitted or leads it without scoring."""
    if not knows_of(case, person_id, is_leading):
        return False
    session = case.session
    as_they_come = person_id in case.submitted or person_id not in session.participants
    return case.opened_at is not None or (session.blindness is Blindness.SEEN and as_they_come)


def stage(case: CalibrationCase, person_id: str, is_leading: bool = False) -> Stage | None:
    """Where the session is for this person; None where it does not exist for them."""
    if not knows_of(case, person_id, is_leading):
        return None
    if case.closed_at is not None:
        return Stage.CLOSED
    if is_to_score(case, person_id):
        return Stage.DO_NOW
    others = any(item.reviewer != person_id for item in answers_shown(case, person_id, is_leading))
    return Stage.DISCUSS if case.opened_at is not None or others else Stage.WAITING


def is_to_score(case: CalibrationCase, person_id: str) -> bool:
    """Whether an evaluation of the call that this person begins now is for the session."""
    return (
        person_id in case.session.participants
        and case.opened_at is None
        and case.closed_at is None
        and person_id not in case.submitted
    )


def sees_names(person: Person) -> bool:
    """Whether reviewers are named to this person where they are compared; to others only the own row is."""
    return may(person, Action.SEE_REPORT)


# Calling a session -------------------------------------------------------------------------------------------------


def is_eligible(person: Person, agent: Subject) -> bool:
    """Whether this person may be asked to score a call of this agent for calibration."""
    return may(person, Action.TAKE_PART_IN_CALIBRATION) and may(person, Action.SCORE_CALL, agent)


def called(
    session: CalibrationSession,
    version: FormVersion,
    agent: Subject,
    people: Iterable[Account],
    scored_before: Collection[str],
) -> CalibrationSession:
    """The session with its id, if it may be called. ``scored_before``: who has scored the call.

    Raises :class:`UsageError`: ``form_not_published``, ``calibration_few``, ``calibration_not_eligible``,
    ``calibration_leader_knows`` (an unknown session whose leader takes part), ``calibration_scored_before``,
    ``calibration_due``.
    """
    names = {account.person.person_id: account for account in people}
    chosen = tuple(sorted(set(session.participants)))
    if version.state is not FormState.PUBLISHED:
        raise UsageError("form_not_published", form=version.form.code, version=version.version)
    if len(chosen) < FEWEST:
        raise UsageError("calibration_few", fewest=FEWEST, found=len(chosen))
    wrong = [one for one in chosen if one not in names or not is_eligible(names[one].person, agent)]
    if wrong:
        raise UsageError("calibration_not_eligible", names=_named(wrong, names))
    if session.blindness is Blindness.UNKNOWN and session.led_by in chosen:
        raise UsageError("calibration_leader_knows")
    before = sorted(set(scored_before) & set(chosen))
    if before and session.blindness is not Blindness.SEEN:
        raise UsageError("calibration_scored_before", names=_named(before, names))
    if session.due <= session.called_at:
        raise UsageError("calibration_due")
    content = "\n".join((session.call_id, session.form_code, str(session.version), session.called_at.isoformat()))
    session_id = hashlib.sha256(f"calibration\n{content}".encode()).hexdigest()[:32]
    return replace(session, session_id=session_id, participants=chosen)


def _named(people: Sequence[str], names: Mapping[str, Account]) -> str:
    return ", ".join(names[one].name if one in names else one for one in people)


# Steps --------------------------------------------------------------------------------------------------------------


def opened(case: CalibrationCase, who: Person, at: datetime, agent: Subject | None = None) -> CalibrationStep:
    """Show the answers now. ``agent``: whose call it is, without whom only who called the session leads it.

    A leader who takes part has to submit first: nobody scores with the others' answers.

    Raises ``calibration_not_leader``, ``calibration_not_now``, ``calibration_nothing_yet``, ``calibration_own_first``.
    """
    _only_leader(case, who, agent)
    if case.closed_at is not None or any(step.kind is StepKind.OPENED for step in case.steps):
        raise UsageError("calibration_not_now")
    if not case.submitted:
        raise UsageError("calibration_nothing_yet")
    if who.person_id in case.session.participants and who.person_id not in case.submitted:
        raise UsageError("calibration_own_first")
    return _step(case, StepKind.OPENED, who, at)


def agreed_on(
    case: CalibrationCase,
    form: Form,
    who: Person,
    question: str,
    reply: Reply | None,
    note: str,
    at: datetime,
    agent: Subject | None = None,
) -> CalibrationStep:
    """Write down the answer that all agreed on; None takes it back. Raises also what ``evaluating.checked`` does and
    ``calibration_note_too_long``."""
    _only_leader(case, who, agent)
    if not case.is_discussed or form.question(question) is None:
        raise UsageError("calibration_not_now")
    said = note.strip()
    if len(said) > LONGEST_NOTE:
        raise UsageError("calibration_note_too_long", length=len(said), most=LONGEST_NOTE)
    kept = None if reply is None else replace(checked(form, reply), comment="")
    return _step(case, StepKind.AGREED, who, at, question, kept, said)


def closed(case: CalibrationCase, who: Person, at: datetime, agent: Subject | None = None) -> CalibrationStep:
    """End the session. One that was never opened stays blind for ever."""
    _only_leader(case, who, agent)
    if case.closed_at is not None:
        raise UsageError("calibration_not_now")
    return _step(case, StepKind.CLOSED, who, at)


def reopened(case: CalibrationCase, who: Person, at: datetime, agent: Subject | None = None) -> CalibrationStep:
    _only_leader(case, who, agent)
    if case.closed_at is None:
        raise UsageError("calibration_not_now")
    return _step(case, StepKind.REOPENED, who, at)


def _only_leader(case: CalibrationCase, who: Person, agent: Subject | None) -> None:
    if not leads(case, who, agent):
        raise UsageError("calibration_not_leader")


def _step(
    case: CalibrationCase,
    kind: StepKind,
    who: Person,
    at: datetime,
    question: str | None = None,
    reply: Reply | None = None,
    note: str = "",
) -> CalibrationStep:
    return CalibrationStep(case.session.session_id, len(case.steps) + 1, kind, question, reply, note, who.person_id, at)
