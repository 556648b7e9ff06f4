"""Disputes: what waits for a ruling of this person, what was ruled, how often which questions are disputed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from qc_workbench.domain.access import Action
from qc_workbench.domain.dispute import Line
from qc_workbench.review.disputes import (
    DisputeRate,
    may_rule,
    rates_by_question,
    rates_by_reviewer,
    with_undisputed,
)
from qc_workbench.store import forms, people, scored_calls
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.people import Directory, directory
from qc_workbench.ui.views.scored_calls import ScoredCase, ScoredLines, scored_cases, scored_lines, windows_of
from qc_workbench.workspace import Workspace

#: Disputes that wait and are looked through; a department that lets more of them lie sees those that wait longest.
MOST_WAITING: Final = 200
#: Settled scores of one page.
PAGE: Final = 20
#: Days whose scores the rates are of, and the most disputed scores among them that are looked through.
RATE_DAYS: Final = 90
_MOST_DISPUTED: Final = 3000


@dataclass(frozen=True, slots=True)
class WaitingCase:
    """``lines``: the questions that this person may rule on now. ``since``: since when the first of them waits."""

    case: ScoredLines
    lines: tuple[Line, ...]
    since: datetime


@dataclass(frozen=True, slots=True)
class Disputes:
    """``others``: scores that wait for somebody else (a second round by another person)."""

    waiting: tuple[WaitingCase, ...]
    others: int
    ruled: int
    people: Directory


def disputes_room(workspace: Workspace, viewer: Viewer, now: datetime) -> Disputes:
    agents = viewer.agents(Action.RULE_ON_DISPUTE)
    with workspace.store.reading() as reader:
        listed = scored_calls.disputes_waiting(reader, agents, MOST_WAITING)
        found = scored_calls.scores_with_ids(reader, [item.evaluation_id for item in listed])
        cases = scored_lines(reader, found, now, windows_of(workspace.settings))
        ruled = scored_calls.count_ruled_scores(reader, agents)
        names = directory(reader, ())
    waiting = []
    for case in cases:
        mine = rulable(case, viewer)
        if mine:
            waiting.append(WaitingCase(case, mine, min(line.moves[-1].at for line in mine)))
    waiting.sort(key=lambda item: (item.since, item.case.scored.evaluation_id))
    return Disputes(tuple(waiting), len(cases) - len(waiting), ruled, names)


def rulable(case: ScoredLines, viewer: Viewer) -> tuple[Line, ...]:
    """Questions of the score that this person may rule on now."""
    if not viewer.may(Action.RULE_ON_DISPUTE, case.scored.agent):
        return ()
    return tuple(line for line in case.lines if may_rule(line, case.scored, viewer.account.person))


def ruled_page(workspace: Workspace, viewer: Viewer, page: int, now: datetime) -> tuple[ScoredCase, ...]:
    """Page ``page`` (from 1) of the scores with a ruling, the last ruled first."""
    agents = viewer.agents(Action.RULE_ON_DISPUTE)
    with workspace.store.reading() as reader:
        ids = scored_calls.ruled_scores(reader, agents, PAGE, (page - 1) * PAGE)
        found = scored_calls.scores_with_ids(reader, ids)
        return scored_cases(reader, found, now, windows_of(workspace.settings))


@dataclass(frozen=True, slots=True)
class NamedRate:
    """``name``: the text of the question in both languages by code, or of the reviewer."""

    name: str
    rate: DisputeRate


@dataclass(frozen=True, slots=True)
class Rates:
    """Of the scores of the last :data:`RATE_DAYS` days, the most disputed first."""

    questions: tuple[NamedRate, ...]
    reviewers: tuple[NamedRate, ...]
    since: datetime


def rates(workspace: Workspace, viewer: Viewer, now: datetime, language: str) -> Rates:
    """Answers never disputed are counted by the store; only disputed scores are read."""
    agents, windows = viewer.agents(Action.RULE_ON_DISPUTE), windows_of(workspace.settings)
    since = now - timedelta(days=RATE_DAYS)
    with workspace.store.reading() as reader:
        ids = scored_calls.disputed_scores(reader, agents, since, _MOST_DISPUTED)
        cases = scored_lines(reader, scored_calls.scores_with_ids(reader, ids), now, windows)
        rest = scored_calls.undisputed_answers(reader, agents, since, now - windows.answer)
        accounts = {account.person.person_id: account.name for account in people.accounts(reader)}
        published = {version.form.code: version.form for version in reversed(forms.form_versions(reader))}
    by_question: dict[str, int] = {}
    by_reviewer: dict[str, int] = {}
    for item in rest:
        key = _key(item.form_code, item.question)
        by_question[key] = by_question.get(key, 0) + item.answers
        by_reviewer[item.reviewer] = by_reviewer.get(item.reviewer, 0) + item.answers
    lines = {case.scored.evaluation_id: _of_form(case) for case in cases}
    reviewer_of = {case.scored.evaluation_id: case.scored.reviewer for case in cases}

    def question_name(key: str) -> str:
        code, _, question = key.partition("\n")
        form = published.get(code)
        found = form.question(question) if form else None
        return found.text.of(language) if found else question

    questions = with_undisputed(rates_by_question(lines), by_question)
    reviewers = with_undisputed(rates_by_reviewer(lines, reviewer_of), by_reviewer)
    return Rates(
        tuple(NamedRate(question_name(rate.of), rate) for rate in questions),
        tuple(NamedRate(accounts.get(rate.of, rate.of), rate) for rate in reviewers),
        since,
    )


def _of_form(case: ScoredLines) -> tuple[Line, ...]:
    """Lines whose question is named together with its form: two forms may use the same code."""
    return tuple(replace(line, question=_key(case.form.code, line.question)) for line in case.lines)


def _key(form_code: str, question: str) -> str:
    return f"{form_code}\n{question}"
