"""Disputes about scores: what waits for a ruling, what was ruled on, what was appealed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from qc_workbench.domain.dispute import Line
from qc_workbench.domain.evaluation import Evaluation, Reply
from qc_workbench.review import disputes as rules
from qc_workbench.ui.views.scored_calls import ScoredCase, make_moves, scored_case
from qc_workbench.workspace import Workspace
from tests.browser.department_people import who
from tests.browser.pictures import QC


def write_disputes(workspace: Workspace, scores: Sequence[Evaluation], now: datetime) -> None:
    """Talks that can be heard wait for a ruling; of the other last scores some are ruled on, others agreed with."""
    evaluations = {item.call_id: item for item in scores}
    for call_id, question, rounds in (
        ("talk-discount", "objection", 0), ("talk-price_only", "next_step", 3), ("talk-late_promise", "next_step", 0),
    ):  # fmt: skip
        _argue(workspace, _case(workspace, evaluations[call_id], now), question, rounds, now)
    recent = [item for item in scores if item.submitted_at and item.submitted_at > now - timedelta(days=4)]
    ruled = 0
    for item in recent:
        case = _case(workspace, item, now)
        if case.call.call_id.startswith("talk") or item.submitted_at > now - timedelta(hours=20):
            continue
        asked = next((line.question for line in case.lines if line.question in _SAID and _counter(case, line)), None)
        if asked and ruled < 9:
            ruled += 1
            _argue(workspace, case, asked, 1, now)
        person = who(workspace, case.call.manager_id, now)
        at = now - timedelta(hours=3)
        case = _case(workspace, item, now)
        make_moves(workspace, person, case, lambda it, who=person.account.person: rules.acknowledge(it, who), at)


#: Question -> what the agent says, how it is ruled, whether the agent was right.
_SAID = {
    "objection": ("Сомнения не было, клиент уточнял цену", "Клиент сказал «дорого»: это сомнение", False),
    "next_step": ("Клиент сам просил не перезванивать", "Просил «не сегодня», день можно было назвать", False),
    "client_name": ("Назвал по имени в конце разговора", "Да, на последней минуте слышно", True),
    "greeted": ("Поздоровался до начала записи", "В записи приветствия нет", False),
    "introduced": ("Имя назвал, слышно плохо", "Согласен: имя названо", True),
    "asked_before_price": ("Клиент сам назвал размеры", "Верно, спрашивать было не о чем", True),
    "no_silence": ("Искал в программе и предупредил об этом", "Да, предупредил", True),
}


def _case(workspace: Workspace, evaluation: Evaluation, now: datetime) -> ScoredCase:
    found = scored_case(workspace, evaluation.evaluation_id, now)
    assert found is not None
    return found


def _counter(case: ScoredCase, line: Line) -> Reply | None:
    """What the agent would have answered, where a plain no was given."""
    return Reply(line.question, ("yes",)) if line.original.values == ("no",) and case.is_bad(line) else None


def _argue(workspace: Workspace, case: ScoredCase, question: str, rounds: int, now: datetime) -> None:
    """``rounds``: 0 it waits, 1 it was ruled on, 3 appealed as well."""
    assert case.evaluation.submitted_at is not None
    at = case.evaluation.submitted_at + timedelta(hours=2)
    reason, ruling, is_granted = _SAID[question]
    line = next(line for line in case.lines if line.question == question)
    counter = _counter(case, line)
    assert counter is not None
    agent = who(workspace, case.call.manager_id, now)
    make_moves(workspace, agent, case, lambda it: [rules.dispute(it, agent.account.person, counter, reason)], at)
    if rounds == 0:
        return
    other = who(workspace, "q2" if case.evaluation.reviewer == "account-q1" else QC, now)
    case, at = _case(workspace, case.evaluation, now), at + timedelta(minutes=20)
    answer = counter if is_granted else line.original
    make_moves(workspace, other, case, lambda it: [rules.rule(it, other.account.person, answer, ruling)], at)
    if rounds == 3:
        case, at = _case(workspace, case.evaluation, now), at + timedelta(minutes=15)
        why = "Прошу послушать ещё раз: ответ в конце разговора"
        make_moves(workspace, agent, case, lambda it: [rules.appeal(it, agent.account.person, question, why)], at)
