"""Calibrations of the last weeks."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from qc_workbench.domain.calibration import Blindness
from qc_workbench.domain.evaluation import Evaluation, Purpose
from qc_workbench.domain.forms import FormVersion
from qc_workbench.store.forms import form_version
from qc_workbench.ui.views import calibration
from qc_workbench.workspace import Workspace
from tests.browser.department_month import answer_rows, changed, evaluation_row, replies, submission
from tests.browser.department_people import who
from tests.browser.pictures import HEAD
from tests.calibration_cases import kept, session_of


def _call_before(workspace: Workspace, at: datetime) -> str:
    """An incoming call of the week before that no plan has drawn."""
    with workspace.store.reading() as reader:
        found = reader.value(
            "select arg_max(call_id, started_at) from calls "
            "where call_id like 'm_-____-2' and talk_s > 60 and started_at < ?",
            at,
        )
    return str(found)


def write_calibrations(workspace: Workspace, version: FormVersion, scores: Sequence[Evaluation], now: datetime) -> None:
    """Six agreed on and closed, one on the table, one that two still have to score."""
    chance = random.Random(11)
    people_of = ("account-h1", "account-q1", "account-q2")
    head = who(workspace, HEAD, now)
    calls = ["", "", "", "", "", "", "talk-competitor", "talk-measure"]
    with workspace.store.reading() as reader:
        appointment = form_version(reader, "appointment", 1)
    assert appointment is not None
    for number, fixed in enumerate(calls):
        is_last = number == len(calls) - 1
        form, asked = (appointment, people_of[2:]) if is_last else (version, people_of)
        at = now - timedelta(days=7 * (len(calls) - number) - 3)
        call_id = fixed or _call_before(workspace, at)
        blank = session_of(call_id, participants=people_of, at=at, led_by="account-h1", blindness=Blindness.BLIND)
        session = kept(workspace.store, replace(blank, form_code=form.form.code))
        truth, answers = replies(form.form, 0.75, chance), []
        for place, person in enumerate(asked):
            given = changed(form.form, truth, chance, 0.3) if place else truth
            sent = submission(form, call_id, person, at + timedelta(hours=5 + place), given, Purpose.CALIBRATION)
            workspace.store.insert_many("evaluations", [evaluation_row(sent)])
            answers += answer_rows(sent, given)
        workspace.store.insert_many("evaluation_answers", answers)
        if not is_last:
            later = at + timedelta(days=1)
            calibration.agree_where_all_do(workspace, head, session.session_id, later)
            if number < len(calls) - 2:
                for reply in truth.values():
                    code, values = reply.question, reply.values
                    calibration.agree(workspace, head, session.session_id, code, values, "", later, reply.cause)
                calibration.close(workspace, head, session.session_id, later + timedelta(hours=1))
