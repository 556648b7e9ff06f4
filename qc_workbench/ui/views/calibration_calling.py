"""Calling calibration sessions: on which form, for whom, about which calls."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from qc_workbench.domain.access import Account, Action, Subject
from qc_workbench.domain.calibration import Blindness, CalibrationDraw, CalibrationSession
from qc_workbench.domain.forms import FormState, FormVersion
from qc_workbench.errors import UsageError
from qc_workbench.review.calibrating import called, is_eligible
from qc_workbench.review.calibration_draws import draw, drawn
from qc_workbench.store import calibration as store
from qc_workbench.store.browsing import calls_by_id
from qc_workbench.store.calls import audit_entry, managers
from qc_workbench.store.database import Reader
from qc_workbench.store.forms import form_version, form_versions
from qc_workbench.store.people import accounts, subject_of, team_of_agents
from qc_workbench.store.scoring import is_given_to
from qc_workbench.ui.viewer import Viewer
from qc_workbench.workspace import Workspace

#: Shorter calls have little in them to agree on.
LEAST_TALK_S: Final = 30.0
#: Calls of one draw at most: a session takes an hour of everybody's time.
MOST_CALLS: Final = 10


@dataclass(frozen=True, slots=True)
class CallingChoices:
    """What a session can be made of. ``people``: who may take part in calibration, by name."""

    versions: tuple[FormVersion, ...]
    people: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Calling:
    """What the leader asks for. ``due_day``: the last day, in the company's zone."""

    form_code: str
    version: int
    participants: tuple[str, ...]
    due_day: date
    blindness: Blindness


def calling_choices(workspace: Workspace) -> CallingChoices:
    with workspace.store.reading() as reader:
        versions = form_versions(reader, FormState.PUBLISHED)
        people = _people(reader)
    return CallingChoices(tuple(versions), tuple(people))


def _people(reader: Reader) -> list[Account]:
    return [
        account
        for account in accounts(reader)
        if account.person.may_enter and Viewer(account, {}).may(Action.TAKE_PART_IN_CALIBRATION)
    ]


def call_for_drawn(
    workspace: Workspace, viewer: Viewer, asked: Calling, calls: int, days: tuple[date, date], at: datetime
) -> CalibrationDraw:
    """Draw ``calls`` of the days (both included) and call a session about each.

    Raises what :func:`called` and :func:`draw` do, and ``not_allowed``.
    """
    viewer.require(Action.LEAD_CALIBRATION)
    zone = workspace.settings.company.zone
    since, until = (datetime.combine(day, time(), zone) for day in (days[0], days[1] + timedelta(days=1)))
    with workspace.store.reading() as reader:
        version = _version(reader, asked)
        frame = store.frame(
            reader,
            since,
            until,
            agents=_agents_of_all(reader, viewer, asked.participants),
            directions=[direction.value for direction in version.form.directions],
            not_scored_by=[*asked.participants, viewer.person_id],
            least_talk_s=LEAST_TALK_S,
        )
        made = draw(frame, calls, secrets.token_hex(16), days, viewer.person_id, at)
        sessions = _sessions(reader, workspace, viewer, asked, version, drawn(made), made.draw_id, at)
    entry = audit_entry(at, viewer.name, "calibration_drawn", made.draw_id, calls=calls, frame=len(made.frame))
    workspace.store.apply(store.called(sessions, made, entry))
    return made


def call_for_chosen(
    workspace: Workspace, viewer: Viewer, asked: Calling, call_id: str, at: datetime
) -> CalibrationSession:
    """A session about one call. Raises what :func:`called` does, ``calibration_no_call``, ``calibration_call_waits``
    and ``not_allowed``."""
    viewer.require(Action.LEAD_CALIBRATION)
    with workspace.store.reading() as reader:
        version = _version(reader, asked)
        _not_in_a_queue(reader, asked, call_id.strip())
        (session,) = _sessions(reader, workspace, viewer, asked, version, [call_id.strip()], None, at)
    entry = audit_entry(at, viewer.name, "calibration_called", session.session_id, call_id=session.call_id)
    workspace.store.apply(store.called([session], None, entry))
    return session


def _not_in_a_queue(reader: Reader, asked: Calling, call_id: str) -> None:
    """One scoring can't be the call's score and a calibration: whoever has it in the queue scores it there first."""
    for account in accounts(reader):
        person = account.person
        if person.person_id in asked.participants and is_given_to(reader, call_id, person.reviewer_id):
            raise UsageError("calibration_call_waits", call=call_id, name=account.name)


def _version(reader: Reader, asked: Calling) -> FormVersion:
    version = form_version(reader, asked.form_code, asked.version)
    if version is None:
        raise UsageError("form_not_published", form=asked.form_code, version=asked.version)
    return version


def _sessions(
    reader: Reader,
    workspace: Workspace,
    viewer: Viewer,
    asked: Calling,
    version: FormVersion,
    call_ids: Sequence[str],
    draw_id: str | None,
    at: datetime,
) -> list[CalibrationSession]:
    calls, before, people = calls_by_id(reader, call_ids), store.who_scored(reader, call_ids), accounts(reader)
    # The end of the day is part of it.
    due = datetime.combine(asked.due_day, time(23, 59), workspace.settings.company.zone)
    found = []
    for call_id in call_ids:
        if call_id not in calls or not viewer.may(Action.SCORE_CALL, calls[call_id].manager_id):
            raise UsageError("calibration_no_call", call=call_id)
        session = CalibrationSession(
            "",
            call_id,
            asked.form_code,
            asked.version,
            asked.participants,
            viewer.person_id,
            asked.blindness,
            due,
            at,
            draw_id,
        )
        agent = subject_of(reader, calls[call_id].manager_id)
        found.append(called(session, version, agent, people, before.get(call_id, ())))
    return found


def _agents_of_all(reader: Reader, viewer: Viewer, participants: Sequence[str]) -> list[str]:
    """Agents whose calls everybody asked and the leader may score: never one of the people themselves, for the leader
    writes the agreed answers."""
    teams = team_of_agents(reader)
    asked = [account.person for account in accounts(reader) if account.person.person_id in participants]
    return [
        agent
        for agent in managers(reader)
        if viewer.may(Action.SCORE_CALL, agent)
        and all(is_eligible(person, Subject(agent, teams.get(agent))) for person in asked)
    ]
