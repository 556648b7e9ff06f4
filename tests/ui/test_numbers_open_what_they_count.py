"""A number of the team's room and the list that it opens are the same, in a company full of borders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count, product
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from qc_workbench.domain.access import AccessRole, Account, Person
from qc_workbench.domain.call import Call, Direction, Outcome
from qc_workbench.domain.commitment import CommitmentOutcome
from qc_workbench.domain.violation import Violation, ViolationKind
from qc_workbench.reporting.facts import Facts
from qc_workbench.sampling.trends import Span
from qc_workbench.store.call_lists import Talk
from qc_workbench.ui.address import span_of
from qc_workbench.ui.viewer import Viewer
from qc_workbench.ui.views.breaches import breaches
from qc_workbench.ui.views.call import call_list
from qc_workbench.ui.views.promises import Column, board, promise_page
from qc_workbench.ui.views.team import TeamChoice, counted_of_all
from qc_workbench.workspace import Workspace
from tests.property.test_tallies import MOMENTS, OCTOBER
from tests.report_cases import at, conversation, promise
from tests.whole_store import write_facts

#: Calls of the seventh are there, and still to come for whoever looks.
NOW = at(6, 13)
OWNER = Viewer(Account(Person("p1", frozenset({AccessRole.OWNER}), None, None), "p1", "Павел", NOW), {})


def pick(choices: Sequence[Any], number: int) -> Any:
    return choices[number % len(choices)]


def company() -> Facts:
    """At every border a call of each kind, each with a promise, a judgement by ear and a breach; of two agents."""
    kinds = product(MOMENTS, Direction, ("m1", "m2"), (39.9, 40.0), (Outcome.ANSWERED, Outcome.MISSED))
    calls = [
        Call(f"c{n}", moment, direction, agent, None, talk_s, outcome)
        for n, (moment, direction, agent, talk_s, outcome) in enumerate(kinds)
    ]
    return Facts(
        as_of=NOW,
        calls=tuple(calls),
        conversations={
            call.call_id: conversation(call.call_id, pick((True, True, False, None, True), n))
            for n, call in enumerate(calls)
        },
        commitments=tuple(
            promise(call.call_id, pick(tuple(CommitmentOutcome), n), OCTOBER) for n, call in enumerate(calls)
        ),
        violations=tuple(
            Violation(f"v{n}", pick(tuple(ViolationKind), n), call.manager_id, call.started_at)
            for n, call in enumerate(calls)
        ),
    )


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    home: Path = tmp_path_factory.mktemp("numbers")
    (home / "qcw.toml").write_text("", encoding="utf-8")
    made = Workspace.open(home)
    write_facts(made, company())
    return made


def length(page_of: Callable[[int], Sequence[object]]) -> int:
    """Of a list, page by page."""
    pages = (len(page_of(number)) for number in count(1))
    return sum(iter(pages.__next__, 0))


@pytest.mark.parametrize("period", Span)
def test_each_number_opens_what_it_counts(workspace: Workspace, period: Span) -> None:
    choice = TeamChoice(period, OCTOBER, (OCTOBER,), MappingProxyType({}), None, (), None, None)
    zone = workspace.settings.company.zone
    with workspace.store.reading() as reader:
        extra = counted_of_all(reader, workspace, choice, NOW)["m1"]
    assert min(extra.verified.n, extra.promises.n, extra.violations) > 0
    within = span_of(choice.span_of("m1").address).moments(zone, NOW)  # as a list reads it from its address
    assert within is not None

    found = board(workspace, OWNER, within)
    assert (found.kept("m1"), found.count(None, "m1")) == (extra.promises.n, extra.promises.of)
    listed = length(lambda page: promise_page(workspace, OWNER, found, None, "m1", page).promises)
    assert listed == extra.promises.of
    kept = promise_page(workspace, OWNER, found, Column.KEPT, "m1", 1).promises
    assert {item.commitment.outcome for item in kept} == {CommitmentOutcome.KEPT}

    def calls(talk: Talk) -> int:
        return length(lambda page: call_list(workspace, OWNER, "m1", "", page, within, talk).calls)

    assert (calls(Talk.REAL), calls(Talk.EXAMINED)) == (extra.verified.n, extra.verified.of)
    talks = call_list(workspace, OWNER, "m1", "", 1, within).talks
    assert talks == {talk: calls(talk) for talk in Talk}

    moments = choice.moments(zone)
    broken = breaches(workspace, OWNER, "m1", moments, None, 1)
    assert broken.count(None) == extra.violations
    assert length(lambda page: breaches(workspace, OWNER, "m1", moments, None, page).listed) == extra.violations
    kind, number = next(iter(broken.counts.items()))
    assert length(lambda page: breaches(workspace, OWNER, "m1", moments, kind, page).listed) == number
